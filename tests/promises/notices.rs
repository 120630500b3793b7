//! P8: whatever becomes of a processor's notice, the deposit ends alike.

use crate::support::story::{Story, settings};
use crate::support::{self, databases};
use chrono::Duration;
use serde_json::json;
use tillgate::processors::paygate::simulator::{NoticeFault, Simulator};

const CARD: &str = "CardNumber=4111111111111111&CardExpirationMonth=12&CardExpirationYear=2030&CcBrand=VISA";

#[tokio::test]
async fn p8_a_notice_that_comes_never_once_or_often_early_or_late_makes_the_same_deposit() {
    for scratch in databases() {
        let mut settings = settings(&scratch.url);
        settings.worker.enabled = false;
        let story = Story::with(scratch, settings).await;
        let fates = [
            None,
            Some(NoticeFault::Lost),
            Some(NoticeFault::Duplicated),
            Some(NoticeFault::Late(45)),
            Some(NoticeFault::Reordered),
            Some(NoticeFault::Forged),
            Some(NoticeFault::ForeignMerchant),
        ];
        for (number, fate) in fates.into_iter().enumerate() {
            for browser_returns in [true, false] {
                let pin = format!("P{number}{browser_returns}");
                let customer = story.customer("MyPhoneCards EUR", &pin, "5.00").await;
                let call = json!({
                    "FrontEndName": customer.front_end, "PIN": pin, "TraceID": story.next_trace(), "PP": "PaygateCard",
                    "Amount": "25.00",
                });
                let opened = story.call("CreateDeposit", call).await;
                assert_eq!(opened["Status"], 0, "{opened}");
                let reference = opened["ExtDepositID"].as_str().expect("an id").replace('-', "");
                if let Some(fate) = fate {
                    simulator(&story).next_notice(&reference, fate);
                }
                pays(&story, opened["RedirectURL"].as_str().expect("a page"), browser_returns).await;
                // Early and late, and more often than it has news.
                for minutes in [0, 1, 10, 50, 60] {
                    story.advance(Duration::minutes(minutes));
                    simulator(&story).deliver().await;
                    story.running().worker.run_once().await;
                }
                assert_eq!(story.balance(&customer).await, "30.00", "{fate:?}, browser {browser_returns}");
            }
        }
        story.ends().await;
    }
}

fn simulator(story: &Story) -> &Simulator {
    let simulators = story.running().simulators.as_ref().expect("a sandbox");
    simulators.paygate.as_ref().expect("Paygate's simulator")
}

/// The customer pays at the hosted page, and his browser comes back or does not.
async fn pays(story: &Story, page: &str, browser_returns: bool) {
    let shown = story.http().get(page).send().await.expect("the page").text().await.expect("text");
    let action = shown.split("action='").nth(1).and_then(|rest| rest.split('\'').next());
    let action = action.unwrap_or_else(|| panic!("no form: {shown}"));
    let base = page.split('/').take(3).collect::<Vec<_>>().join("/");
    let policy = if browser_returns {
        reqwest::redirect::Policy::limited(5)
    } else {
        reqwest::redirect::Policy::none()
    };
    let browser = support::client().redirect(policy).build().expect("a browser");
    let form =
        browser.post(format!("{base}{action}")).header("content-type", "application/x-www-form-urlencoded");
    form.body(CARD).send().await.expect("it is paid");
}
