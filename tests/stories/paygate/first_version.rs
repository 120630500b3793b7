//! Cards whose bank knows only 3-D Secure 1: the whole window goes to the bank, and its answer comes back by the browser.

use super::direct::{FIRST_VERSION, allowing, allowing_impatiently, card, opened};
use super::faults::{as_the_platform_booked, every_fault, goes_wrong, left_open};
use super::{EUR, House, Opened};
use crate::paygate::bank::{self, Form};
use crate::support::databases;
use serde_json::json;
use tillgate::processors::paygate::simulator::{Fault, Moved};

/// The bank's answer, on its way back to our page.
async fn answer_of_the_bank(house: &House, deposit: &Opened, answer: &str) -> Form {
    let (form, _) = house.framed(deposit).await;
    bank::first_version(&house.browser, &house.simulator().base_url, &form, answer).await
}

/// The customer goes to his bank if he is shown the way, and comes back.
async fn passes(house: &House, deposit: &Opened) {
    if deposit.url.contains("/player/") && !deposit.url.ends_with("/success") {
        let back = answer_of_the_bank(house, deposit, "yes").await;
        bank::posts(&house.browser, &back).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_of_the_first_version_takes_the_whole_window() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let simulator = house.simulator().base_url.clone();
        for (answer, ends, owns) in [("yes", "Credited", "12.50"), ("no", "Declined", "12.50")] {
            let fields = card(&house, "PaygateCard", FIRST_VERSION, "12.00", json!({}));
            let reply = house.call("CreateDeposit", &big, fields.clone()).await;
            assert!(reply["FormAction"].as_str().is_some_and(|to| to.ends_with("/bank/pareq")), "{reply}");
            let deposit = opened(&fields, &reply);
            // The bank is told the address that the platform completed, and the page may post to the bank alone.
            let (form, policy) = house.framed(&deposit).await;
            let bank = simulator.replace("127.0.0.1", "localhost");
            assert!(policy.contains(&format!("form-action {bank} 'self';")), "{policy}");
            let term_url = &form.fields.iter().find(|(name, _)| name == "TermUrl").expect("TermUrl").1;
            assert!(term_url.contains("/bank?PayID=") && term_url.contains(&deposit.reference), "{term_url}");
            let back = answer_of_the_bank(&house, &deposit, answer).await;
            assert_eq!(&back.action, term_url);
            // What is no answer of his bank changes nothing, before his own comes and after; he sends it twice.
            let forged = Form { fields: vec![("PaRes".to_owned(), "bm8geWVz".to_owned())], ..back.clone() };
            for form in [&forged, &back, &forged, &back] {
                bank::posts(&house.browser, form).await;
            }
            house.works().await;
            assert_eq!(house.deposit(&big, &deposit).await["DepositStatus"], ends);
            assert_eq!(house.story.balance(&big).await, owns);
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_the_opening_he_pays_once_or_not_at_all() {
    for scratch in databases() {
        let house = allowing_impatiently(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in every_fault() {
            goes_wrong(&house, "direct.aspx", &fault);
            let fields = card(&house, "PaygateCard", FIRST_VERSION, "2.00", json!({}));
            let made = house.opens_typed(&big, fields).await;
            house.simulator().release();
            passes(&house, &made).await;
            house.works().await;
            if left_open(&fault) {
                assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Pending", "{fault:?}");
                house.simulator().decide(&made.reference, true);
            }
            house.simulator().clear_faults();
            let ends = if matches!(fault, Fault::Refuse(_)) { "Declined" } else { "Credited" };
            assert_eq!(as_the_platform_booked(&house, &big, &made, &fault).await, ends, "{fault:?}");
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

/// Nobody but the call that brings it has the bank's answer: it is handed on until the platform has taken it.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_the_banks_answer_he_pays_once_or_not_at_all() {
    for scratch in databases() {
        let house = allowing_impatiently(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in every_fault() {
            let fields = card(&house, "PaygateCard", FIRST_VERSION, "2.00", json!({}));
            let made = house.opens_typed(&big, fields).await;
            let back = answer_of_the_bank(&house, &made, "yes").await;
            goes_wrong(&house, "direct3d.aspx", &fault);
            bank::posts(&house.browser, &back).await;
            house.simulator().release();
            house.works().await;
            if left_open(&fault) {
                assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Pending", "{fault:?}");
                assert_eq!(house.moved(&made.reference, Moved::Authorization), 0, "{fault:?}");
                assert!(house.simulator().decide(&made.reference, true), "{fault:?}");
            }
            house.simulator().clear_faults();
            let ends = if matches!(fault, Fault::Refuse(_)) { "Cancelled" } else { "Credited" };
            assert_eq!(as_the_platform_booked(&house, &big, &made, &fault).await, ends, "{fault:?}");
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
