//! A real browser from the address that the cashier was given, through the gateway's pages, to our result page.

use super::*;
use crate::rest_gateway::chromium::Chromium;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::CARD_THREE_D;

/// The whole server at work, and the words of the page that the customer ends at.
async fn walk(stage: &Stage, start: String, clicks: Vec<&'static str>) -> Option<String> {
    // The browser is driven with blocking reads, beside the runtime that serves its pages.
    let walked = tokio::task::spawn_blocking(move || {
        let mut browser = Chromium::start()?;
        browser.open(&start);
        for selector in clicks {
            browser.click(selector);
        }
        Some(browser.text("[role=status]:not(#wait)"))
    });
    let text = walked.await.expect("the customer arrives");
    if text.is_some() {
        stage.simulator.deliver().await;
    }
    text
}

fn at_work(settings: &mut Settings) {
    settings.worker.enabled = true;
}

#[tokio::test(flavor = "multi_thread")]
async fn through_the_banks_page_to_our_result() {
    for scratch in databases() {
        let stage = Stage::with(scratch, at_work).await;
        for (click, words, status) in [
            ("#confirm", "credited", "Credited"),
            ("#refuse", "not made", "Declined"),
            ("#cancel", "not made", "Declined"),
        ] {
            let reply = stage.call("CreateDeposit", stage.card("20.00", CARD_THREE_D)).await;
            let start = reply["RedirectURL"].as_str().expect("a page").to_owned();
            let Some(text) = walk(&stage, start, vec![click]).await else { return stage.ends().await };
            assert!(text.contains(words) && text.contains("20.00"), "{text}");
            assert_eq!(stage.status(&id(&reply)).await, status);
        }
        assert_eq!(stage.balance().await, 2000);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn through_an_invoice_link_to_our_result() {
    for scratch in databases() {
        let stage = Stage::with(scratch, at_work).await;
        let reply = stage.call("CreateDeposit", stage.wish("RestCard", "30.00")).await;
        let start = reply["RedirectURL"].as_str().expect("a page").to_owned();
        let Some(text) = walk(&stage, start, vec!["#pay"]).await else { return stage.ends().await };
        assert!(text.contains("credited") && text.contains("30.00"), "{text}");

        let invoice = stage.call("CreateInvoice", stage.wish("RestCard", "12.00")).await;
        let link = invoice["InvoiceURL"].as_str().expect("a link").to_owned();
        walk(&stage, link, vec!["#pay"]).await.expect("a browser");
        let asked = stage.call("GetInvoice", json!({ "ExtDepositID": id(&invoice) })).await;
        assert_eq!(asked["InvoiceStatus"], "Paid");
        assert_eq!(stage.balance().await, 4200);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_providers_page_to_our_result() {
    for scratch in databases() {
        let stage = Stage::with(scratch, at_work).await;
        let reply = stage.call("CreateDeposit", stage.wish("RestSofort", "11.00")).await;
        let start = reply["RedirectURL"].as_str().expect("a page").to_owned();
        let Some(text) = walk(&stage, start, vec!["#pay"]).await else { return stage.ends().await };
        assert!(text.contains("credited") && text.contains("11.00"), "{text}");
        stage.ends().await;
    }
}
