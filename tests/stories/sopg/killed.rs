//! The built program, killed with signal 9 at each step of a deposit, a refund and a payout, and started again.

use super::bench::EUROS;
use super::program::Program;
use crate::support::databases;
use serde_json::json;
use tillgate::processors::sopg::simulator::{Fault, Kind};

fn hold(operation: &str, skip: u32, kind: Kind) -> Fault {
    Fault::new(operation, kind).skipping(skip)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_a_deposit_is_opened_once_debited_once_and_credited_once() {
    for scratch in databases() {
        let mut program = Program::new(scratch);
        program.starts().await;
        let mut trace = 100;
        let mut taken = 0;
        for fault in [
            hold("createDisposition", 0, Kind::HoldBefore),
            hold("createDisposition", 0, Kind::HoldAfter),
            hold("getSerialNumbers", 0, Kind::HoldBefore),
            hold("getSerialNumbers", 1, Kind::HoldBefore),
            hold("executeDebit", 0, Kind::HoldBefore),
            hold("executeDebit", 0, Kind::HoldAfter),
        ] {
            trace += 1;
            let what = format!("{fault:?}");
            let wish = json!({ "TraceID": trace, "PP": "paysafecard", "Amount": "5.00" });
            let opening = fault.operation.as_deref() == Some("createDisposition");
            let opened = if opening {
                program
                    .dies_in(fault.clone(), async |program| program.call("CreateDeposit", wish.clone()).await)
                    .await
            } else {
                program.call("CreateDeposit", wish).await
            };
            assert_eq!(opened["Status"], 0, "{what}: {opened}");
            let panel = opened["RedirectURL"].as_str().expect("a way to pay").to_owned();
            if opening {
                program.pays(&panel).await;
            } else {
                let request =
                    program.http.post(&panel).header("content-type", "application/x-www-form-urlencoded");
                let response = request.body("pin1=0000000000000015&pay=1").send().await.expect("the panel");
                let back = response.headers()["location"].to_str().expect("an address").to_owned();
                program
                    .dies_in(fault, async |program| {
                        let _ = program.http.get(&back).send().await;
                    })
                    .await;
            }
            program.stands_at(opened["ExtDepositID"].as_str().expect("an id"), "Credited").await;
            taken += 500;
            assert_eq!(program.gateway.look(|book| book.taken("EUR")), taken, "{what}");
            assert_eq!(program.balance().await, format!("10{:02}.00", taken / 100), "{what}");
        }
        let known = program.gateway.look(|book| book.dispositions.len());
        assert_eq!(known, 6, "each was opened once");
        program.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_money_goes_back_or_out_it_goes_once() {
    for scratch in databases() {
        let mut program = Program::new(scratch);
        program.starts().await;
        for (round, kind) in [Kind::HoldBefore, Kind::HoldAfter].into_iter().enumerate() {
            let trace = 200 + 10 * round;
            let wish = json!({ "TraceID": trace, "PP": "paysafecard", "Amount": "5.00" });
            let opened = program.call("CreateDeposit", wish).await;
            program.pays(opened["RedirectURL"].as_str().expect("a way to pay")).await;
            let id = opened["ExtDepositID"].as_str().expect("an id").to_owned();
            program.stands_at(&id, "Credited").await;
            let back = json!({ "ExtDepositID": id, "TraceID": trace + 1 });
            program
                .dies_in(hold("refund", 1, kind.clone()), async |program| {
                    assert_eq!(program.call("RefundDeposit", back.clone()).await["Status"], 0);
                })
                .await;
            let refunds = round + 1;
            program
                .until("it is refunded", async || {
                    program.gateway.look(|book| book.refunds.len()) == refunds
                        && program.gateway.calls("refund") >= 3
                })
                .await;

            let wish = json!({ "TraceID": trace + 2, "PP": "paysafecard", "Amount": "14.65" });
            let payout = program.call("CreatePayout", wish).await;
            let id = payout["ExtPayoutID"].as_str().expect("an id").to_owned();
            let update = json!({ "ExtPayoutID": id, "Status": "A" });
            assert_eq!(program.call("UpdatePayout", update).await["Status"], 0);
            program
                .dies_in(hold("payout", 1, kind.clone()), async |program| {
                    let update = json!({ "ExtPayoutID": id, "Status": "I" });
                    assert_eq!(program.call("UpdatePayout", update).await["Status"], 0);
                })
                .await;
            program
                .until("it is approved", async || {
                    let reply = program.tries("GetPayout", EUROS, &json!({ "ExtPayoutID": id })).await;
                    reply.is_some_and(|reply| reply["PayoutStatus"] == "Approved")
                })
                .await;
            let paid_out = program.gateway.look(|book| book.paid_out("psc_demo_shop_test", "EUR"));
            assert_eq!(paid_out, 1465 * (round as i64 + 1), "{kind:?}");
            assert_eq!(program.gateway.look(|book| book.taken("EUR")), 0, "{kind:?}");
            let cents = 100_000 - 1465 * (round as i64 + 1);
            assert_eq!(program.balance().await, format!("{}.{:02}", cents / 100, cents % 100), "{kind:?}");
        }
        program.ends().await;
    }
}
