//! Cards typed at the cashier, the gateway's own page, providers' pages, captures and cancellations.

use super::*;
use crate::support::{databases, stored};
use tillgate::processors::rest_gateway::simulator::{
    CARD_CRASH, CARD_DECLINED, CARD_PENDING, CARD_SILENT, CARD_THREE_D,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_card_is_paid_at_once_and_credited_once() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let fields = stage.card("50.00", CARD_APPROVED);
        let reply = stage.call("CreateDeposit", fields.clone()).await;
        assert_eq!((&reply["Status"], &reply["DepositStatus"]), (&json!(0), &json!("Credited")), "{reply}");
        assert_eq!(stage.balance().await, 5000);

        let again = stage.call("CreateDeposit", fields).await;
        assert_eq!((&again["Replayed"], &again["ExtDepositID"]), (&json!(1), &reply["ExtDepositID"]));
        stage.hears().await;
        stage.later(200).await;
        assert_eq!(stage.balance().await, 5000);
        assert_eq!(stage.simulator.processed("payments"), 1);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_test_card_ends_as_the_gateway_says() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        for (number, ends, credited) in [
            (CARD_DECLINED, "Declined", 0),
            // Paid there, though the answer never came or was an error page.
            (CARD_SILENT, "Credited", 1000),
            (CARD_CRASH, "Credited", 1000),
        ] {
            let before = stage.balance().await;
            let reply = stage.insists("CreateDeposit", stage.card("10.00", number)).await;
            assert_eq!(reply["Status"], 0, "{number} {reply}");
            assert_eq!(stage.ends_as(&id(&reply)).await, ends, "{number}");
            assert_eq!(stage.balance().await - before, credited, "{number}");
        }
        let pending = id(&stage.call("CreateDeposit", stage.card("10.00", CARD_PENDING)).await);
        assert_eq!(stage.status(&pending).await, "Pending");
        let payment = stage.payment(&pending).expect("a payment").id;
        assert!(stage.simulator.set_status(payment, "somethingnew"));
        stage.later(10).await;
        assert_eq!(stage.status(&pending).await, "Pending", "an unknown word is not a failure");
        assert!(stage.simulator.set_status(payment, "authfailed"));
        assert_eq!(stage.ends_as(&pending).await, "Declined");
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_are_typed_at_us_only_where_that_is_allowed_and_are_kept_nowhere() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let stage = Stage::with(scratch, |settings| {
            settings.rest_gateway.get_mut("rest").expect("an account").allow_pan = false;
        })
        .await;
        let reply = stage.call("CreateDeposit", stage.card("50.00", CARD_APPROVED)).await;
        assert_eq!(
            (&reply["Status"], &reply["Description"]),
            (&json!(3), &json!("CardNumber is not taken here"))
        );
        let elsewhere = and(stage.card("50.00", "4000-0000"), json!({}));
        let reply = stage.call("CreateDeposit", elsewhere).await.to_string();
        assert!(reply.contains("CardNumber must be") && !reply.contains("4000-0000"), "{reply}");
        assert_eq!(stage.simulator.processed("payments"), 0);
        stage.ends().await;
        if let tillgate::store::DatabaseUrl::Sqlite(path) = url {
            let folder = std::path::Path::new(&path).parent().expect("a folder").to_owned();
            for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let bytes = std::fs::read(file.path()).expect("a file");
                let number = CARD_APPROVED.as_bytes();
                assert!(!bytes.windows(number.len()).any(|window| window == number));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_and_charged_card_leaves_no_number_in_the_database() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let stage = Stage::on(scratch).await;
        let reply = stage
            .call("CreateDeposit", and(stage.card("50.00", CARD_THREE_D), json!({ "StoreCard": "true" })))
            .await;
        stage.customer_pays(&id(&reply));
        stage.hears().await;
        assert_eq!(stage.status(&id(&reply)).await, "Credited");
        let bytes = stored(&url);
        for secret in [CARD_THREE_D.as_bytes(), b"k9QmZ2vT7xLw4RbN8sYpD3hJ6fGcA1eU"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
        assert!(bytes.len() > 10_000, "the database was read");
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_d_goes_by_our_page_and_the_inquiry_decides() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let mut before = 0;
        for (decision, ends, adds) in [
            (Decision::Pay, "Credited", 2000),
            (Decision::Fail, "Declined", 0),
            (Decision::Cancel, "Declined", 0),
        ] {
            let reply = stage.call("CreateDeposit", stage.card("20.00", CARD_THREE_D)).await;
            let deposit = id(&reply);
            assert!(reply["RedirectURL"].as_str().expect("a page").starts_with(&stage.story.base), "{reply}");
            assert!(reply["FormAction"].as_str().expect("a form").ends_with("/acs/challenge"), "{reply}");
            assert!(reply["FormFields"].as_str().expect("fields").starts_with("creq="), "{reply}");
            assert_eq!(stage.status(&deposit).await, "Pending");
            let payment = stage.payment(&deposit).expect("a payment").id;
            let back = stage.simulator.customer_decides(payment, decision).expect("a way back");
            // The browser comes back; what it brings only hurries us.
            let page = stage.story.http().post(&back.url).form(&back.fields).send().await.expect("a page");
            assert_eq!(page.status(), 200);
            assert_eq!(page.url().query(), None, "the page is read without what was brought");
            stage.works().await;
            assert_eq!(stage.status(&deposit).await, ends, "{decision:?}");
            before += adds;
            assert_eq!(stage.balance().await, before);
            stage.hears().await;
            assert_eq!(stage.balance().await, before);
        }
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_page_ends_paid_failed_or_cancelled() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        for (decision, ends) in
            [(Decision::Pay, "Credited"), (Decision::Fail, "Declined"), (Decision::Cancel, "Declined")]
        {
            let reply = stage.call("CreateDeposit", stage.wish("RestSofort", "12.34")).await;
            assert!(reply["RedirectURL"].as_str().expect("a page").contains("/provider?session="), "{reply}");
            let payment = stage.payment(&id(&reply)).expect("a payment").id;
            stage.simulator.customer_decides(payment, decision).expect("a way back");
            stage.hears().await;
            assert_eq!(stage.status(&id(&reply)).await, ends);
        }
        assert_eq!(stage.balance().await, 1234);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_is_captured_once_in_whole_or_in_part() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let manual = json!({ "Capture": "manual" });
        for (part, credited) in [(None, 5000), (Some("20.00"), 2000)] {
            let before = stage.balance().await;
            let reply =
                stage.call("CreateDeposit", and(stage.card("50.00", CARD_APPROVED), manual.clone())).await;
            assert_eq!(reply["DepositStatus"], "Authorized", "{reply}");
            assert_eq!(stage.balance().await, before);
            let deposit = id(&reply);
            let capture = |amount: Option<&str>, last: &str| {
                let mut fields =
                    json!({ "TraceID": stage.story.next_trace(), "ExtDepositID": deposit, "Final": last });
                if let Some(amount) = amount {
                    fields["Amount"] = json!(amount);
                }
                fields
            };
            // A part that is not the last is no capture here, and another may follow.
            let refused = stage.call("CaptureDeposit", capture(Some("10.00"), "false")).await;
            assert_eq!(refused["Status"], 21, "{refused}");
            let too_much = stage.call("CaptureDeposit", capture(Some("50.01"), "true")).await;
            assert_eq!(too_much["Status"], 3, "{too_much}");
            let fields = capture(part, "true");
            assert_eq!(stage.call("CaptureDeposit", fields.clone()).await["Status"], 0);
            assert_eq!(stage.call("CaptureDeposit", fields).await["Replayed"], 1);
            stage.hears().await;
            assert_eq!(stage.status(&deposit).await, "Credited");
            assert_eq!(stage.balance().await - before, credited);
        }
        let hours = and(stage.card("50.00", CARD_APPROVED), json!({ "Capture": "24" }));
        let refused = stage.call("CreateDeposit", hours).await;
        assert_ne!(refused["DepositStatus"], "Authorized", "{refused}");
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_authorization_or_page_takes_no_money() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let held = and(stage.card("50.00", CARD_APPROVED), json!({ "Capture": "manual" }));
        let page = stage.wish("RestCard", "30.00");
        for fields in [held, page] {
            let deposit = id(&stage.call("CreateDeposit", fields).await);
            let cancel = json!({ "ExtDepositID": deposit });
            let reply = stage.call("CancelDeposit", cancel.clone()).await;
            assert_eq!(reply["Status"], 0, "{reply}");
            assert_eq!(stage.status(&deposit).await, "Cancelled");
            assert_eq!(stage.call("CancelDeposit", cancel).await["Status"], 0);
            stage.hears().await;
        }
        let paid = stage.paid("5.00").await;
        assert_eq!(stage.call("CancelDeposit", json!({ "ExtDepositID": paid })).await["Status"], 31);
        stage.ends().await;
    }
}
