//! Every operation under every fault of the gateway: nothing is credited, refunded or paid twice, nothing that was
//! paid is shown as failed, and the gateway's books are ours to the cent.

use super::payouts::{begins, state};
use super::refunds::refund;
use super::*;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::Fault;

/// Tells one story for each fault, one after the other on one server of each database.
async fn under_every_fault(operation: &str, story: impl AsyncFn(&Stage, Fault)) {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        prepare(&stage).await;
        for fault in Fault::ALL {
            println!("{operation} under {fault:?}");
            stage.simulator.plan(operation, fault);
            story(&stage, fault).await;
            stage.simulator.clear_faults();
            stage.hears().await;
        }
        stage.later(180).await;
        let references: Vec<String> =
            stage.simulator.payments().iter().map(|p| p.reference.clone()).collect();
        println!(
            "{operation}: {} payments there, {:?}",
            references.len(),
            stage.simulator.books().totals("EUR")
        );
        stage.ends().await;
    }
}

/// A deposit that stores the card and begins a series, so that everything can be charged, refunded and paid out to.
async fn prepare(stage: &Stage) {
    let more = json!({ "StoreCard": "true", "Recurring": "initial" });
    let reply = stage.call("CreateDeposit", and(stage.card("500.00", CARD_APPROVED), more)).await;
    assert_eq!(reply["DepositStatus"], "Credited", "{reply}");
}

fn count(stage: &Stage, operation: &str) -> u32 {
    stage.simulator.processed(operation)
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_with_typed_cards() {
    under_every_fault("payments", async |stage, fault| {
        let before = stage.balance().await;
        let reply = stage.insists("CreateDeposit", stage.card("10.00", CARD_APPROVED)).await;
        assert_eq!(reply["Status"], 0, "{fault:?} {reply}");
        assert_eq!(stage.ends_as(&id(&reply)).await, "Credited", "{fault:?}");
        assert_eq!(stage.balance().await - before, 1000, "{fault:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_at_a_providers_page() {
    under_every_fault("payments", async |stage, fault| {
        let before = stage.balance().await;
        let reply = stage.insists("CreateDeposit", stage.wish("RestSofort", "10.00")).await;
        assert_eq!(reply["Status"], 0, "{fault:?} {reply}");
        stage.customer_pays(&id(&reply));
        assert_eq!(stage.ends_as(&id(&reply)).await, "Credited", "{fault:?}");
        assert_eq!(stage.balance().await - before, 1000, "{fault:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inquiries() {
    under_every_fault("inquiry", async |stage, fault| {
        let before = stage.balance().await;
        let deposit = id(&stage.call("CreateDeposit", stage.wish("RestSofort", "10.00")).await);
        stage.customer_pays(&deposit);
        assert_eq!(stage.ends_as(&deposit).await, "Credited", "{fault:?}");
        assert_eq!(stage.balance().await - before, 1000, "{fault:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_ours() {
    under_every_fault("authToken", async |stage, fault| {
        stage.simulator.expire_tokens();
        let before = stage.balance().await;
        let reply = stage.insists("CreateDeposit", stage.card("10.00", CARD_APPROVED)).await;
        assert_eq!(stage.ends_as(&id(&reply)).await, "Credited", "{fault:?}");
        assert_eq!(stage.balance().await - before, 1000, "{fault:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn captures() {
    under_every_fault("capture", async |stage, fault| {
        let before = stage.balance().await;
        let manual = and(stage.card("30.00", CARD_APPROVED), json!({ "Capture": "manual" }));
        let deposit = id(&stage.call("CreateDeposit", manual).await);
        let capture =
            json!({ "TraceID": stage.story.next_trace(), "ExtDepositID": deposit, "Amount": "20.00" });
        let reply = stage.insists("CaptureDeposit", capture).await;
        assert_eq!(reply["Status"], 0, "{fault:?} {reply}");
        assert_eq!(stage.status(&deposit).await, "Credited", "{fault:?}");
        assert_eq!(stage.balance().await - before, 2000, "{fault:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_whose_caller_never_comes_back() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let manual = and(stage.card("30.00", CARD_APPROVED), json!({ "Capture": "manual" }));
        let deposit = id(&stage.call("CreateDeposit", manual).await);
        // Neither its answer gets through nor, for a while, what was captured.
        stage.simulator.plan("capture", Fault::ResetAfter);
        for _ in 0..8 {
            stage.simulator.plan("getTransactionList", Fault::BadGatewayBefore);
        }
        let capture =
            json!({ "TraceID": stage.story.next_trace(), "ExtDepositID": deposit, "Amount": "20.00" });
        assert_eq!(stage.call("CaptureDeposit", capture.clone()).await["Status"], -1);
        stage.hears().await;
        stage.simulator.clear_faults();
        for _ in 0..4 {
            stage.later(3).await;
        }
        assert_eq!(stage.status(&deposit).await, "Credited");
        assert_eq!(stage.balance().await, 2000);
        let late = stage.call("CaptureDeposit", capture).await;
        assert_eq!((&late["Status"], &late["Replayed"]), (&json!(0), &json!(1)), "{late}");
        assert_eq!(stage.simulator.processed("capture"), 1);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cancellations() {
    under_every_fault("reversal", async |stage, fault| {
        let before = stage.balance().await;
        let manual = and(stage.card("30.00", CARD_APPROVED), json!({ "Capture": "manual" }));
        let deposit = id(&stage.call("CreateDeposit", manual).await);
        let reply = stage.insists("CancelDeposit", json!({ "ExtDepositID": deposit })).await;
        assert_eq!(reply["Status"], 0, "{fault:?} {reply}");
        assert_eq!(stage.ends_as(&deposit).await, "Cancelled", "{fault:?}");
        assert_eq!(stage.payment(&deposit).expect("a payment").status, "authcancelled", "{fault:?}");
        assert_eq!(stage.balance().await, before, "{fault:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds() {
    under_every_fault("refund", async |stage, fault| {
        let before = stage.balance().await;
        let refunded = stage.simulator.books().totals("EUR").refunded;
        let deposit = stage.paid("30.00").await;
        assert_eq!(stage.insists("RefundDeposit", refund(stage, &deposit, "20.00")).await["Status"], 0);
        for _ in 0..6 {
            stage.later(30).await;
        }
        assert_eq!(stage.balance().await - before, 1000, "{fault:?}");
        assert_eq!(stage.simulator.books().totals("EUR").refunded - refunded, 2000, "{fault:?}");
        // It is settled: the next one is not held up.
        assert_eq!(
            stage.call("RefundDeposit", refund(stage, &deposit, "10.00")).await["Status"],
            0,
            "{fault:?}"
        );
        stage.works().await;
    })
    .await;
}

/// Charges are sent at most once: one that never arrived ends as declined, and is charged under a new number.
async fn charge(stage: &Stage, fault: Fault, operation: &str, more: Value) {
    let (balance, sent) = (stage.balance().await, count(stage, operation));
    // Of an amount of its own, as charges have that are to be told apart when their answers get lost.
    let amount = format!("{}.50", 10 + sent);
    let fields = and(stage.wish("RestCard", &amount), more);
    let trace = fields["TraceID"].clone();
    let _ = stage.call("ChargeStored", fields.clone()).await;
    // However often it is repeated.
    let _ = stage.call("ChargeStored", fields.clone()).await;
    let found = stage.call("GetDeposit", json!({ "TraceID": trace })).await;
    let status = stage.ends_as(&id(&found)).await;
    let made = count(stage, operation) - sent;
    assert!(made <= 1, "{fault:?}: charged {made} times");
    assert_eq!(status, if made == 1 { "Credited" } else { "Declined" }, "{fault:?}");
    let credited = if made == 1 { cents(&amount) } else { 0 };
    assert_eq!(stage.balance().await - balance, credited, "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_of_stored_cards() {
    under_every_fault("paywithtoken", async |stage, fault| {
        charge(stage, fault, "paywithtoken", json!({})).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_of_series() {
    under_every_fault("repeated", async |stage, fault| {
        let more = json!({ "Recurring": "initial" });
        let initial = stage.call("CreateDeposit", and(stage.card("1.00", CARD_APPROVED), more)).await;
        charge(stage, fault, "repeated", json!({ "InitialDepositID": id(&initial) })).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_made_and_asked_about() {
    for operation in ["invoice.generate", "invoice.invoiceTransInquiry"] {
        under_every_fault(operation, async |stage, fault| {
            let reply = stage.insists("CreateInvoice", stage.wish("RestCard", "10.00")).await;
            assert_eq!(reply["Status"], 0, "{fault:?} {reply}");
            assert!(
                reply["InvoiceURL"].as_str().expect("a link").contains("/transaction/PayInvoice"),
                "{reply}"
            );
            let asked = stage.call("GetInvoice", json!({ "ExtDepositID": id(&reply) })).await;
            assert_eq!(asked["InvoiceStatus"], "Open", "{fault:?}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_cancelled() {
    under_every_fault("invoice.cancel", async |stage, fault| {
        let reply = stage.insists("CreateInvoice", stage.wish("RestCard", "10.00")).await;
        let which = json!({ "ExtDepositID": id(&reply) });
        assert_eq!(stage.insists("CancelInvoice", which.clone()).await["Status"], 0, "{fault:?}");
        assert_eq!(stage.call("GetInvoice", which).await["InvoiceStatus"], "Cancelled", "{fault:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts() {
    under_every_fault("payout", async |stage, fault| {
        let (before, paid) = (stage.balance().await, stage.simulator.books().totals("EUR").paid_out);
        let payout = begins(stage, "10.00").await;
        stage.works().await;
        for _ in 0..6 {
            stage.later(30).await;
        }
        assert_eq!(state(stage, &payout).await.0, "Approved", "{fault:?}");
        assert_eq!(before - stage.balance().await, 1000, "{fault:?}");
        assert_eq!(stage.simulator.books().totals("EUR").paid_out - paid, 1000, "{fault:?}");
    })
    .await;
}
