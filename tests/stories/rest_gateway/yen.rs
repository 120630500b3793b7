//! Yen have no fraction: they are sent without one, told with one, and signed in callbacks as whole numbers.

use super::*;
use crate::stories::rest_gateway::payouts::state_of;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::CARD_THREE_D;

/// What the gateway took and gave, in yen.
fn theirs(stage: &Stage) -> i64 {
    let totals = stage.simulator.books().totals("JPY");
    let hundredths = totals.captured - totals.refunded - totals.charged_back - totals.paid_out;
    assert_eq!(hundredths % 100, 0, "{totals:?}");
    hundredths / 100
}

/// Callbacks arrive, and each of them is authentic.
async fn hears_yen(stage: &Stage, least: usize) {
    let told = stage.simulator.take_callbacks();
    assert!(told.len() >= least, "{} callbacks", told.len());
    for callback in told {
        let text = String::from_utf8_lossy(&callback.body).into_owned();
        assert!(text.contains(".00\""), "amounts are told with a fraction: {text}");
        let post = stage.story.http().post(&callback.url).body(callback.body);
        assert_eq!(post.send().await.expect("an answer").text().await.expect("a text"), "OK", "{text}");
    }
    stage.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn yen_at_the_cashiers_door() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let hana = Customer { front_end: "Flows JPY".to_owned(), pin: "Hana".to_owned() };
        let new =
            json!({ "front_end": hana.front_end, "pin": hana.pin, "details": { "first_name": "Hana" } });
        stage.story.platform("customers", "add-hana", new).await;
        let balance = async || stage.story.balance(&hana).await.parse::<i64>().expect("whole yen");

        for bad in ["4800.50", "4800.5", "0.01"] {
            let refused = stage.call_of(&hana, "CreateDeposit", stage.card(bad, CARD_APPROVED)).await;
            assert_eq!(refused["Status"], 3, "{bad}: {refused}");
            assert!(refused["Description"].as_str().expect("words").contains("Amount"), "{refused}");
        }
        assert_eq!(stage.simulator.processed("payments"), 0);

        let reply = stage.call_of(&hana, "CreateDeposit", stage.card("4800", CARD_APPROVED)).await;
        assert_eq!((&reply["Status"], &reply["DepositStatus"]), (&json!(0), &json!("Credited")), "{reply}");
        let (deposit, payment) = (id(&reply), stage.payment(&id(&reply)).expect("a payment"));
        assert_eq!((payment.amount, payment.currency.as_str()), (480_000, "JPY"));
        hears_yen(&stage, 2).await;
        assert_eq!(balance().await, 4800);

        // By the bank's page, where a return and a callback are signed alike.
        let reply = stage.call_of(&hana, "CreateDeposit", stage.card("1200", CARD_THREE_D)).await;
        let payment = stage.payment(&id(&reply)).expect("a payment").id;
        let back = stage.simulator.customer_decides(payment, Decision::Pay).expect("a way back");
        let notify = format!("{}/notify/rest", stage.story.base);
        let said = stage.story.http().post(&notify).form(&back.fields).send().await.expect("an answer");
        assert_eq!(said.text().await.expect("a text"), "OK", "{:?}", back.fields);
        stage.works().await;
        hears_yen(&stage, 2).await;
        assert_eq!(balance().await, 6000);

        let held = and(stage.card("3000", CARD_APPROVED), json!({ "Capture": "manual" }));
        let held = id(&stage.call_of(&hana, "CreateDeposit", held).await);
        let capture = json!({ "TraceID": stage.story.next_trace(), "ExtDepositID": held, "Amount": "1000" });
        assert_eq!(stage.call_of(&hana, "CaptureDeposit", capture).await["Status"], 0);
        hears_yen(&stage, 2).await;
        assert_eq!(balance().await, 7000);

        let refund = json!({ "TraceID": stage.story.next_trace(), "ExtDepositID": deposit, "Amount": "800" });
        assert_eq!(stage.call_of(&hana, "RefundDeposit", refund).await["Status"], 0);
        stage.works().await;
        hears_yen(&stage, 2).await;
        assert_eq!(balance().await, 6200);

        let invoice = stage.call_of(&hana, "CreateInvoice", stage.wish("RestCard", "2500")).await;
        assert_eq!(invoice["Status"], 0, "{invoice}");
        let asked = stage.call_of(&hana, "GetInvoice", json!({ "ExtDepositID": id(&invoice) })).await;
        assert_eq!((&asked["InvoiceStatus"], &asked["Amount"]), (&json!("Open"), &json!("2500")), "{asked}");
        assert_eq!(stage.simulator.invoices().last().expect("an invoice").amount, 250_000);

        let reply = stage.call_of(&hana, "CreatePayout", stage.wish("RestCard", "900")).await;
        let payout = reply["ExtPayoutID"].as_str().expect("an id").to_owned();
        for status in ["A", "I"] {
            let fields = json!({ "ExtPayoutID": payout, "Status": status, "UpdatedBy": "agent7" });
            assert_eq!(stage.call_of(&hana, "UpdatePayout", fields).await["Status"], 0);
        }
        stage.works().await;
        let there = stage.simulator.payments().into_iter().rfind(|payment| payment.kind == "PO");
        assert_eq!(there.expect("it was paid out").paid_out, 90_000);
        hears_yen(&stage, 2).await;
        assert_eq!(state_of(&stage, &hana, &payout).await.1, "Succeeded");
        assert_eq!(balance().await, 5300);
        assert_eq!(theirs(&stage), 5300);
        assert_eq!(stage.simulator.books().totals("EUR"), Default::default());
        stage.ends().await;
    }
}
