//! Callbacks and browser returns: their checksum is verified, and then the gateway is asked.

use super::*;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::CARD_THREE_D;

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_callback_or_return_credits_nobody() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let deposit = id(&stage.call("CreateDeposit", stage.card("20.00", CARD_THREE_D)).await);
        let payment = stage.payment(&deposit).expect("a payment").id;
        let notify = format!("{}/notify/rest", stage.story.base);
        let forged = json!({
            "paymentId": payment.to_string(), "merchantTransactionId": reference(&deposit),
            "amount": "20.00", "currency": "EUR", "transactionStatus": "Y", "status": "capturesuccess",
            "checksum": "0123456789abcdef0123456789abcdef",
        });
        let said = stage.story.http().post(&notify).body(forged.to_string()).send().await.expect("an answer");
        assert_eq!(said.text().await.expect("a text"), "IGNORED");
        stage.later(3).await;
        assert_eq!(stage.status(&deposit).await, "Pending");

        // A cancelled customer comes back signed with the word null: refused, and the inquiry decides.
        let back = stage.simulator.customer_decides(payment, Decision::Cancel).expect("a way back");
        let said = stage.story.http().post(&notify).form(&back.fields).send().await.expect("an answer");
        assert_eq!(said.text().await.expect("a text"), "IGNORED");
        let page = stage.story.http().post(&back.url).form(&back.fields).send().await.expect("a page");
        assert_eq!(page.status(), 200);
        stage.works().await;
        assert_eq!(stage.status(&deposit).await, "Declined");
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_authentic_callback_says_is_not_what_is_credited() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let deposit = id(&stage.call("CreateDeposit", stage.card("20.00", CARD_THREE_D)).await);
        let payment = stage.payment(&deposit).expect("a payment").id;
        stage.simulator.customer_decides(payment, Decision::Pay).expect("a way back");
        let callback = stage.simulator.take_callbacks().pop().expect("a callback");
        // The payment fails before the callback is read: the inquiry is believed.
        assert!(stage.simulator.set_status(payment, "authstarted"));
        for _ in 0..2 {
            let post = stage.story.http().post(&callback.url).body(callback.body.clone());
            assert_eq!(post.send().await.expect("an answer").text().await.expect("a text"), "OK");
            stage.works().await;
            assert_eq!(stage.status(&deposit).await, "Pending");
        }
        assert!(stage.simulator.set_status(payment, "capturesuccess"));
        assert_eq!(stage.ends_as(&deposit).await, "Credited");
        assert_eq!(stage.balance().await, 2000);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_of_a_charge_is_found_by_the_gateways_own_number() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let stored = and(stage.card("20.00", CARD_THREE_D), json!({ "StoreCard": "true" }));
        let first = id(&stage.call("CreateDeposit", stored).await);
        stage.customer_pays(&first);
        stage.hears().await;

        // The bank wants to see the customer: the charge is open until he has been there.
        let reply = stage.call("ChargeStored", stage.wish("RestCard", "15.00")).await;
        assert_eq!((&reply["Status"], &reply["DepositStatus"]), (&json!(0), &json!("Pending")), "{reply}");
        assert!(reply["FormAction"].is_string(), "{reply}");
        let payment = stage.simulator.payments().last().expect("a payment").id;
        stage.simulator.customer_decides(payment, Decision::Pay).expect("a way back");
        stage.hears().await;
        assert_eq!(stage.status(&id(&reply)).await, "Credited");
        assert_eq!(stage.balance().await, 3500);
        stage.ends().await;
    }
}
