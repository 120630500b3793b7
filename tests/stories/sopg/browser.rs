//! A real browser: from the cashier's redirect through the panel and back to our page, which waits and then tells.

use super::bench::*;
use crate::rest_gateway::chromium::Chromium;
use crate::support::databases;
use std::path::PathBuf;

/// Where pictures of the pages go, when somebody wants to look at them.
fn picture(name: &str) -> Option<PathBuf> {
    std::env::var_os("TILLGATE_PICTURES").map(|folder| PathBuf::from(folder).join(name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_customer_clicks_his_way_through_the_panel_and_is_told_when_it_is_paid() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| settings.worker.enabled = true).await;
        bench.tells_nobody();
        for till in [TILLS[0], TILLS[3]] {
            let paying = bench.opens(till).await;
            let (panel, card) = (paying.panel.clone(), till.card);
            // The browser is driven with blocking reads, beside the runtime that serves its pages.
            let walked = tokio::task::spawn_blocking(move || {
                let mut browser = Chromium::start()?;
                browser.open(&panel);
                browser.wait_for("#pin1");
                browser.fill("#pin1", "1234");
                browser.click("#pay");
                browser.wait_for("[role=alert]");
                browser.fill("#pin1", card);
                browser.picture(picture(&format!("panel-{}.png", till.currency)));
                browser.click("#pay");
                // Our page waits, and shows itself anew when the deposit is decided.
                browser.wait_for("[role=status]:not(#wait)");
                browser.picture(picture(&format!("result-{}.png", till.currency)));
                Some(browser.text("[role=status]"))
            });
            let Some(told) = walked.await.expect("the customer arrives") else { continue };
            assert!(told.contains(till.amount) && told.contains(till.currency), "{told}");
            bench.is_credited_once(&paying, "by a browser").await;

            let given_up = bench.opens(till).await;
            let panel = given_up.panel.clone();
            let walked = tokio::task::spawn_blocking(move || {
                let mut browser = Chromium::start()?;
                browser.open(&panel);
                browser.click("#cancel");
                browser.wait_for("[role=status]:not(#wait)");
                Some(browser.text("[role=status] h1"))
            });
            assert!(walked.await.expect("the customer arrives").is_some());
            bench.has_nothing(&given_up, "Declined", "cancelled").await;
        }
        bench.ends().await;
    }
}
