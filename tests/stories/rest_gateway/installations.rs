//! References that nobody else has: of other merchants, of other installations of this one, and over a change of name.

use super::payouts::{begins, state};
use super::*;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::Fault;

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_an_older_name_are_found_and_hurried_as_ever() {
    for scratch in databases() {
        let mut stage = Stage::on(scratch).await;
        stage.paid("50.00").await;
        let opened = id(&stage.call("CreateDeposit", stage.wish("RestSofort", "10.00")).await);
        assert!(stage.payment(&opened).expect("a payment").reference.starts_with("10519-DE"));
        stage.simulator.plan("payout", Fault::ResetAfter);
        let payout = begins(&stage, "30.00").await;
        stage.works().await;
        assert_eq!(state(&stage, &payout).await.1, "Unknown");
        // Planned under the old name, but not sent.
        let later = begins(&stage, "5.00").await;

        let account = stage.story.settings().rest_gateway.get_mut("rest").expect("an account");
        account.installation = Some("north2".to_owned());
        stage.story.starts_again().await;
        stage.customer_pays(&opened);
        // Each callback is authentic, and hurries its own order.
        for callback in stage.simulator.take_callbacks() {
            let url = format!("{}/notify/rest", stage.story.base);
            let post = stage.story.http().post(&url).body(callback.body);
            assert_eq!(post.send().await.expect("an answer").text().await.expect("a text"), "OK");
        }
        stage.works().await;
        assert_eq!(stage.status(&opened).await, "Credited");
        stage.later(3).await;
        assert_eq!(state(&stage, &payout).await, ("Approved".to_owned(), "Succeeded".to_owned()));
        assert_eq!(state(&stage, &later).await, ("Approved".to_owned(), "Succeeded".to_owned()));
        assert_eq!(stage.simulator.processed("payout"), 2);

        let new = stage.call("CreateDeposit", stage.card("7.00", CARD_APPROVED)).await;
        assert_eq!(new["DepositStatus"], "Credited", "{new}");
        let payments = stage.simulator.payments();
        let named =
            |start: &str| payments.iter().filter(|payment| payment.reference.starts_with(start)).count();
        assert_eq!((named("10519-DE"), named("10519-AT")), (2, 1));
        assert_eq!((named("10519-north2-DE"), named("10519-north2-AT")), (1, 1));
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_under_a_name_that_was_not_sent_is_nobodys() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        stage.paid("50.00").await;
        stage.simulator.plan("payout", Fault::ResetAfter);
        let payout = begins(&stage, "30.00").await;
        stage.works().await;
        let there =
            stage.simulator.payments().into_iter().rfind(|payment| payment.kind == "PO").expect("it arrived");
        let mut told = stage.simulator.take_callbacks().into_iter();
        let callback = told.rfind(|callback| callback.payment == there.id).expect("a callback");
        let bare = there.reference.trim_start_matches("10519-").to_owned();
        // The same news, rightly signed, of another installation's order: it has the same id.
        let signer = tillgate::processors::rest_gateway::checksum::Signer::new(
            "10519",
            secrecy::SecretString::from(Setup::default().secure_key),
        );
        for (payment, other) in [("700001", format!("10519-south-{bare}")), ("700002", bare)] {
            let mut body: Value = serde_json::from_slice(&callback.body).expect("JSON");
            (body["paymentId"], body["merchantTransactionId"]) = (json!(payment), json!(other));
            let text = |name: &str| body[name].as_str().expect("a text").to_owned();
            let checksum = signer.sign(tillgate::processors::rest_gateway::checksum::Signed::Callback {
                payment: &text("paymentId"),
                reference: &other,
                amount: &text("amount"),
                status: &text("transactionStatus"),
            });
            body["checksum"] = json!(checksum);
            let post = stage.story.http().post(&callback.url).body(body.to_string());
            assert_eq!(post.send().await.expect("an answer").text().await.expect("a text"), "OK");
            stage.works().await;
            assert_eq!(state(&stage, &payout).await.1, "Unknown", "{other} hurried it");
        }
        let post = stage.story.http().post(&callback.url).body(callback.body);
        assert_eq!(post.send().await.expect("an answer").text().await.expect("a text"), "OK");
        stage.works().await;
        assert_eq!(state(&stage, &payout).await.1, "Succeeded");
        stage.ends().await;
    }
}

/// Two houses of one merchant, begun at the same moment, give the same ids to different orders.
#[tokio::test(flavor = "multi_thread")]
async fn two_installations_of_one_merchant_do_not_meet() {
    for (north, south) in databases().into_iter().zip(databases()) {
        let first = Stage::with(north, |settings| {
            settings.rest_gateway.get_mut("rest").expect("an account").installation =
                Some("north".to_owned());
        })
        .await;
        let (base, invoices) = (first.gateway.base_url(), first.gateway.invoice_base_url());
        let second = Stage::with(south, |settings| {
            let account = settings.rest_gateway.get_mut("rest").expect("an account");
            account.installation = Some("south".to_owned());
            (account.base_url, account.invoice_base_url) = (base, Some(invoices));
        })
        .await;
        let mut ids = Vec::new();
        for (stage, amount) in [(&first, "10.00"), (&second, "20.00")] {
            let reply = stage.call("CreateDeposit", stage.card(amount, CARD_APPROVED)).await;
            assert_eq!(reply["DepositStatus"], "Credited", "{reply}");
            ids.push(id(&reply));
        }
        assert_eq!(ids[0], ids[1], "the test is about equal ids");
        assert_eq!((first.balance().await, second.balance().await), (1000, 2000));
        assert_eq!(first.simulator.books().totals("EUR").captured, 3000);
        let mut references: Vec<String> =
            first.simulator.payments().into_iter().map(|payment| payment.reference).collect();
        references.sort();
        let bare = ids[0].replace('-', "");
        assert_eq!(references, [format!("10519-north-{bare}"), format!("10519-south-{bare}")]);
        for stage in [first, second] {
            stage.story.ends().await;
            stage.gateway.stop().await;
        }
    }
}
