//! Every operation under every fault of the gateway: nothing is credited, refunded or paid twice, nothing that was
//! paid is shown as failed, and the gateway's books are ours to the cent. [`end`] is the table of what must come of it.

use super::payouts::{begins_with, state};
use super::refunds::refund;
use super::*;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::{CARD_THREE_D, Fault};

/// What must come of an operation whose first call meets a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It is carried out once, now or when it is asked for again.
    Done,
    /// The gateway says no, and asked about it knows nothing of it: that is final.
    Refused,
    /// It never arrived and is never sent again, because a second one could not be told from the first.
    NotMade,
}

fn end(operation: &str, fault: Fault) -> End {
    let lost_on_the_way =
        matches!(fault, Fault::TimeoutBefore | Fault::ResetBefore | Fault::BadGatewayBefore);
    match (operation, fault) {
        (
            "payments" | "paywithtoken" | "repeated" | "refund" | "payout" | "invoice.generate",
            Fault::ChecksumRefused,
        ) => End::Refused,
        ("paywithtoken" | "repeated", _) if lost_on_the_way => End::NotMade,
        // Captures, cancellations and questions are asked again, whatever the first answer was.
        (_, _) => End::Done,
    }
}

/// Tells one story for each fault, one after the other on one server of each database.
async fn under_every_fault(operation: &str, story: impl AsyncFn(&Stage, Fault)) {
    for scratch in databases() {
        let stage = Stage::with(scratch, impatient).await;
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

/// Begins a deposit under a fault, for as long as it takes; its id.
async fn begun(stage: &Stage, customer: &Customer, fault: Fault, fields: Value) -> String {
    let trace = fields["TraceID"].clone();
    let reply = stage.insists_of(customer, "CreateDeposit", fields).await;
    let refused = end("payments", fault) == End::Refused;
    assert_eq!(reply["Status"], if refused { 21 } else { 0 }, "{fault:?} {reply}");
    id(&stage.call_of(customer, "GetDeposit", json!({ "TraceID": trace })).await)
}

/// Ends a deposit of 10.00 as the table says.
async fn ends_in_the_table(stage: &Stage, deposit: &str, fault: Fault, before: i64) {
    let (status, credited) = match end("payments", fault) {
        End::Done => ("Credited", 1000),
        End::Refused | End::NotMade => ("Declined", 0),
    };
    assert_eq!(stage.ends_as(deposit).await, status, "{fault:?}");
    assert_eq!(stage.balance().await - before, credited, "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_with_typed_cards() {
    under_every_fault("payments", async |stage, fault| {
        let before = stage.balance().await;
        let deposit = begun(stage, &stage.ana, fault, stage.card("10.00", CARD_APPROVED)).await;
        ends_in_the_table(stage, &deposit, fault, before).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_at_a_providers_page() {
    under_every_fault("payments", async |stage, fault| {
        let before = stage.balance().await;
        let deposit = begun(stage, &stage.ana, fault, stage.wish("RestSofort", "10.00")).await;
        if end("payments", fault) == End::Done {
            stage.customer_pays(&deposit);
        }
        ends_in_the_table(stage, &deposit, fault, before).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_by_the_banks_3d_page() {
    under_every_fault("payments", async |stage, fault| {
        let before = stage.balance().await;
        let deposit = begun(stage, &stage.ana, fault, stage.card("10.00", CARD_THREE_D)).await;
        if end("payments", fault) == End::Done {
            assert_eq!(stage.status(&deposit).await, "Pending", "{fault:?}");
            stage.customer_pays(&deposit);
        }
        ends_in_the_table(stage, &deposit, fault, before).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn preauthorizations() {
    under_every_fault("payments", async |stage, fault| {
        let before = stage.balance().await;
        let wish = and(stage.card("10.00", CARD_APPROVED), json!({ "Capture": "manual" }));
        let deposit = begun(stage, &stage.ana, fault, wish).await;
        if end("payments", fault) == End::Done {
            assert_eq!(stage.ends_as(&deposit).await, "Authorized", "{fault:?}");
            assert_eq!(stage.balance().await, before, "{fault:?}");
            let capture = json!({ "TraceID": stage.story.next_trace(), "ExtDepositID": deposit });
            assert_eq!(stage.insists("CaptureDeposit", capture).await["Status"], 0, "{fault:?}");
        }
        ends_in_the_table(stage, &deposit, fault, before).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_that_store_the_card() {
    under_every_fault("payments", async |stage, fault| {
        let cleo = stage.arrives(&format!("Cleo {fault:?}")).await;
        let wish = and(stage.card("10.00", CARD_APPROVED), json!({ "StoreCard": "true" }));
        let deposit = begun(stage, &cleo, fault, wish).await;
        stage.works().await;
        let found = stage.call_of(&cleo, "GetDeposit", json!({ "ExtDepositID": deposit })).await;
        let made = end("payments", fault) == End::Done;
        assert_eq!(found["DepositStatus"], if made { "Credited" } else { "Declined" }, "{fault:?}");
        // Only the answer brings the token: with an answer that got lost behind the payment, nothing is stored with us.
        let stored = made && (fault.is_before() || fault == Fault::Quirky);
        let charge = stage.call_of(&cleo, "ChargeStored", stage.wish("RestCard", "3.00")).await;
        assert_eq!(charge["Status"], if stored { 0 } else { 3 }, "{fault:?} {charge}");
        let ours = if made { 1000 } else { 0 } + if stored { 300 } else { 0 };
        assert_eq!(cents(&stage.story.balance(&cleo).await), ours, "{fault:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_that_begin_a_series() {
    under_every_fault("payments", async |stage, fault| {
        let before = stage.balance().await;
        let wish = and(stage.card("10.00", CARD_APPROVED), json!({ "Recurring": "initial" }));
        let deposit = begun(stage, &stage.ana, fault, wish).await;
        ends_in_the_table(stage, &deposit, fault, before).await;
        // Even where its answer got lost the series goes on: its first payment was found by our own reference.
        let next = and(stage.wish("RestCard", "3.00"), json!({ "InitialDepositID": deposit }));
        let charge = stage.call("ChargeStored", next).await;
        let made = end("payments", fault) == End::Done;
        assert_eq!(charge["Status"], if made { 0 } else { 3 }, "{fault:?} {charge}");
        assert_eq!(stage.balance().await - before, if made { 1300 } else { 0 }, "{fault:?}");
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
        let given_back = if end("refund", fault) == End::Done { 2000 } else { 0 };
        assert_eq!(stage.balance().await - before, 3000 - given_back, "{fault:?}");
        assert_eq!(stage.simulator.books().totals("EUR").refunded - refunded, given_back, "{fault:?}");
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
    let (expected, credited) = match end(operation, fault) {
        End::Done => ("Credited", cents(&amount)),
        End::Refused | End::NotMade => ("Declined", 0),
    };
    assert_eq!(count(stage, operation) - sent, u32::from(expected == "Credited"), "{fault:?}");
    assert_eq!(status, expected, "{fault:?}");
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
            if end(operation, fault) == End::Refused {
                assert_eq!(reply["Status"], 21, "{fault:?} {reply}");
                return;
            }
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

async fn payout(more: Value) {
    under_every_fault("payout", async |stage, fault| {
        let (before, paid) = (stage.balance().await, stage.simulator.books().totals("EUR").paid_out);
        let payout = begins_with(stage, and(stage.wish("RestCard", "10.00"), more.clone())).await;
        stage.works().await;
        for _ in 0..6 {
            stage.later(30).await;
        }
        let done = end("payout", fault) == End::Done;
        let (status, attempt) = state(stage, &payout).await;
        let expected = if done { ("Approved", "Succeeded") } else { ("InProgress", "Refused") };
        assert_eq!((status.as_str(), attempt.as_str()), expected, "{fault:?}");
        if !done {
            let reject = json!({ "ExtPayoutID": payout, "Status": "X", "UpdatedBy": "agent7" });
            assert_eq!(stage.call("UpdatePayout", reject).await["Status"], 0, "{fault:?}");
        }
        let left = if done { 1000 } else { 0 };
        assert_eq!(before - stage.balance().await, left, "{fault:?}");
        assert_eq!(stage.simulator.books().totals("EUR").paid_out - paid, left, "{fault:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_to_cards() {
    payout(json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_to_bank_accounts() {
    let account = json!({
        "BankTransferType": "IMPS", "BankAccountNumber": "9874563210", "BankAccountName": "Ana Kovac",
        "BankIFSC": "HDFC0000123",
    });
    payout(account).await;
}
