//! One kill in the middle of everything: captures in parts, lowerings, releases, refunds and payouts, each held in the
//! validation or in the execution, before it arrived and before its answer. A server that is started a minute later brings
//! each to one effect, whether the cashier repeats his call or nobody does.

use super::bench::{self, EUROS};
use super::program::Program;
use crate::support::databases;
use crate::support::story::Story;
use chrono::{Duration, Utc};
use serde_json::{Value, json};
use tillgate::clock::Clock;
use tillgate::processors::sopg::simulator::{Fault, Kind};

/// What is under way when the program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    FirstPart,
    SecondPart,
    LastPart,
    /// The reserve is being lowered before the last debit.
    Lowering,
    Release,
    RefundValidation,
    RefundExecution,
    PayoutValidation,
    PayoutExecution,
}

const STEPS: [Step; 9] = [
    Step::FirstPart,
    Step::SecondPart,
    Step::LastPart,
    Step::Lowering,
    Step::Release,
    Step::RefundValidation,
    Step::RefundExecution,
    Step::PayoutValidation,
    Step::PayoutExecution,
];

impl Step {
    /// The call at the gateway that is held, and how many of its kind pass before it.
    fn held(self) -> (&'static str, u32) {
        match self {
            Step::FirstPart | Step::SecondPart | Step::LastPart | Step::Release => ("executeDebit", 0),
            Step::Lowering => ("modifyDispositionValue", 0),
            Step::RefundValidation => ("refund", 0),
            Step::RefundExecution => ("refund", 1),
            Step::PayoutValidation => ("payout", 0),
            Step::PayoutExecution => ("payout", 1),
        }
    }

    fn is_capture(self) -> bool {
        matches!(self, Step::FirstPart | Step::SecondPart | Step::LastPart | Step::Lowering)
    }

    fn is_payout(self) -> bool {
        matches!(self, Step::PayoutValidation | Step::PayoutExecution)
    }

    /// The deposit's status in the end, and what the gateway took, gave back and paid out, in cents.
    fn expected(self) -> (&'static str, i64, i64, i64) {
        match self {
            Step::FirstPart => ("Authorized", 200, 0, 0),
            Step::SecondPart => ("Authorized", 350, 0, 0),
            Step::LastPart | Step::Lowering => ("Credited", 200, 0, 0),
            Step::Release => ("Cancelled", 0, 0, 0),
            Step::RefundValidation | Step::RefundExecution => ("Credited", 500, 300, 0),
            Step::PayoutValidation | Step::PayoutExecution => ("Approved", 0, 0, 400),
        }
    }
}

/// Something under way.
struct Case {
    step: Step,
    kind: Kind,
    /// The cashier says again what he had no answer to.
    repeats: bool,
    id: String,
    method: &'static str,
    fields: Value,
}

async fn prepared(program: &Program, step: Step, kind: Kind, repeats: bool, number: i64) -> Case {
    let trace = 1_000 + 10 * number;
    let case = |id: &str, method, fields| Case { step, kind, repeats, id: id.to_owned(), method, fields };
    if step.is_payout() {
        let wish = json!({ "TraceID": trace, "PP": "paysafecard", "Amount": "4.00" });
        let reply = program.call("CreatePayout", wish).await;
        let id = reply["ExtPayoutID"].as_str().expect("an id");
        let update = json!({ "ExtPayoutID": id, "Status": "A" });
        assert_eq!(program.call("UpdatePayout", update).await["Status"], 0);
        return case(id, "UpdatePayout", json!({ "ExtPayoutID": id, "Status": "I" }));
    }
    let refund = matches!(step, Step::RefundValidation | Step::RefundExecution);
    let capture = if refund { "automatic" } else { "manual" };
    let wish = json!({ "TraceID": trace, "PP": "paysafecard", "Amount": "5.00", "Capture": capture });
    let opened = program.call("CreateDeposit", wish).await;
    program.pays(opened["RedirectURL"].as_str().expect("a way to pay")).await;
    let id = opened["ExtDepositID"].as_str().expect("an id");
    program.stands_at(id, if refund { "Credited" } else { "Authorized" }).await;
    let part = |number: i64, amount: &str, last: bool| {
        json!({
            "ExtDepositID": id, "TraceID": trace + number, "Amount": amount, "Final": last.to_string(),
        })
    };
    match step {
        Step::FirstPart => case(id, "CaptureDeposit", part(1, "2.00", false)),
        Step::SecondPart => {
            let first = program.call("CaptureDeposit", part(1, "2.00", false)).await;
            assert_eq!(first["Status"], 0, "{first}");
            case(id, "CaptureDeposit", part(2, "1.50", false))
        }
        Step::LastPart | Step::Lowering => case(id, "CaptureDeposit", part(1, "2.00", true)),
        Step::Release => case(id, "CancelDeposit", json!({ "ExtDepositID": id })),
        Step::RefundValidation | Step::RefundExecution => {
            case(id, "RefundDeposit", json!({ "ExtDepositID": id, "TraceID": trace + 1, "Amount": "3.00" }))
        }
        Step::PayoutValidation | Step::PayoutExecution => unreachable!("has no deposit"),
    }
}

fn of_whom(fields: &Value) -> Value {
    let mut fields = fields.clone();
    fields["FrontEndName"] = json!(EUROS.front_end);
    fields["PIN"] = json!("Bigdaddy");
    fields
}

async fn stands(story: &Story, case: &Case) -> String {
    let (method, field, status) = match case.step.is_payout() {
        true => ("GetPayout", "ExtPayoutID", "PayoutStatus"),
        false => ("GetDeposit", "ExtDepositID", "DepositStatus"),
    };
    let mut fields = json!({});
    fields[field] = json!(case.id);
    let reply = story.call(method, of_whom(&fields)).await;
    reply[status].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_everything_each_thing_happens_once() {
    for scratch in databases() {
        let mut program = Program::with_lease(scratch, 30);
        program.starts().await;
        let mut cases = Vec::new();
        for step in STEPS {
            for kind in [Kind::HoldBefore, Kind::HoldAfter] {
                for repeats in [false, true] {
                    let number = cases.len() as i64;
                    cases.push(prepared(&program, step, kind.clone(), repeats, number).await);
                }
            }
        }
        // All are begun, one after the other, and none of them ends.
        let (calls, base) = (crate::support::client().build().expect("a client"), program.base());
        for case in &cases {
            let (operation, skip) = case.step.held();
            let before = program.gateway.calls(operation);
            program.gateway.fault(Fault::new(operation, case.kind.clone()).skipping(skip));
            let mut fields = of_whom(&case.fields);
            fields["WSPassCode"] = json!("sandbox");
            let request = calls.post(format!("{base}/cashier/{}", case.method)).body(fields.to_string());
            tokio::spawn(request.header("content-type", "application/json").send());
            let held = async || program.gateway.calls(operation) > before + skip as usize;
            program.until(&format!("{:?} is held", case.step), held).await;
        }
        program.is_killed();
        let clear = format!("{}/control/faults", program.gateway.base());
        program.http.delete(clear).send().await.expect("cleared");

        // A minute later another server goes on with the same database.
        let (gateway, scratch) = program.leaves();
        let mut settings = bench::settings(&scratch, &gateway);
        for account in settings.sopg.accounts.values_mut() {
            account.modify = true;
            account.used_payout_id_is_paid = true;
        }
        let clock = Clock::frozen_at(Utc::now() + Duration::seconds(60));
        let story = Story::at(scratch, settings, clock).await;
        for case in cases.iter().filter(|case| case.repeats) {
            let reply = story.call(case.method, of_whom(&case.fields)).await;
            assert_eq!(reply["Status"], 0, "{:?} {:?}: {reply}", case.step, case.kind);
        }
        story.running().worker.run_once().await;
        for case in cases.iter().filter(|case| !case.step.is_payout()) {
            let what = format!("{:?} {:?}, repeats: {}", case.step, case.kind, case.repeats);
            assert_eq!(stands(&story, case).await, case.step.expected().0, "{what}: within a minute");
        }
        // That a payout is not known there is believed later.
        for _ in 0..8 {
            story.advance(Duration::minutes(4));
            story.running().worker.run_once().await;
        }
        let (mut taken, mut paid_out) = (0, 0);
        for case in &cases {
            let what = format!("{:?} {:?}, repeats: {}", case.step, case.kind, case.repeats);
            let (status, debited, refunded, paid) = case.step.expected();
            assert_eq!(stands(&story, case).await, status, "{what}");
            if !case.step.is_payout() {
                let mtid = case.id.replace('-', "");
                let there = gateway.look(|book| {
                    let known = book.dispositions.iter().find(|known| known.mtid == mtid);
                    known.map(|known| (known.debited, known.refunded)).expect("it is there")
                });
                assert_eq!(there, (debited, refunded), "{what}");
            }
            // Whoever repeats a call that was carried out gets its answer, and nothing happens again.
            if case.step.is_capture() {
                let again = story.call(case.method, of_whom(&case.fields)).await;
                assert_eq!((&again["Status"], &again["Replayed"]), (&json!(0), &json!(1)), "{what}: {again}");
            }
            taken += debited - refunded;
            paid_out += paid;
        }
        let theirs = gateway.look(|book| {
            book.audit().expect("the gateway's books add up");
            (book.taken("EUR"), book.paid_out("psc_demo_shop_test", "EUR"))
        });
        assert_eq!(theirs, (taken, paid_out));
        let bigdaddy = crate::support::story::Customer {
            front_end: EUROS.front_end.to_owned(),
            pin: "Bigdaddy".to_owned(),
        };
        let owns = 100_000 + taken - paid_out;
        let balance = story.balance(&bigdaddy).await;
        assert_eq!(balance, format!("{}.{:02}", owns / 100, owns % 100));
        println!("{} things under way", cases.len());
        story.ends().await;
        gateway.stop().await;
    }
}
