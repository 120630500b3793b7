//! The payout pages in a real browser: to look at, by the keyboard alone, without reloading.

use super::browser::{look, look_here, payout, picture, sign_in, speaks, with_browser};
use super::visitor::add_person;
use crate::rest_gateway::chromium::Chromium;
use crate::support::story::{self, Story};
use crate::support::{self, Scratch};
use serde_json::json;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::store::{Connection, payouts};

const EUR: &str = "MyPhoneCards EUR";

/// A house with payouts in several states, and marks that are asked for.
async fn house(scratch: Scratch) -> (Story, Vec<String>) {
    let mut settings = story::settings(&scratch.url);
    settings.front_ends[0].approvals.marks = vec!["G".to_owned(), "M".to_owned()];
    settings.front_ends[0].approvals.four_eyes_above = Some("100.00".to_owned());
    let story = Story::with(scratch, settings).await;
    add_person(&story, "berta", &["operator=*", "approver=*", "finance=*"]).await;
    story.customer(EUR, "Lovelace", "2000.00").await;
    let mut ids = Vec::new();
    for amount in ["12.00", "1340.00", "99.95", "45.00"] {
        ids.push(payout(&story, "Lovelace", amount).await);
    }
    for (id, status) in [(&ids[2], "C"), (&ids[3], "A")] {
        let call = json!({"FrontEndName": EUR, "PIN": "Lovelace", "ExtPayoutID": id, "Status": status, "UpdatedBy": "dora"});
        let reply = story.call("UpdatePayout", call).await;
        assert_eq!(reply["Status"], 0, "{reply}");
    }
    (story, ids)
}

async fn status(story: &Story, id: &str) -> PayoutStatus {
    let id = tillgate::domain::ids::PayoutId::parse(id).expect("an id");
    let find = move |connection: &mut Connection| payouts::find_now(connection, id);
    story.running().store.read(find).await.expect("read").expect("there").status
}

#[tokio::test(flavor = "multi_thread")]
async fn the_payout_pages_are_good_to_look_at() {
    // To look at: what they say is read on both databases where the payouts are.
    let (story, ids) = house(support::sqlite()).await;
    with_browser(|browser| {
        sign_in(browser, &story, "berta");
        look(browser, &story, "/office/payouts", "payouts");
        look(browser, &story, "/office/payouts?status=Approved", "payouts-none");
        look(browser, &story, &format!("/office/payouts/{}", ids[1]), "payout");
        // The forms behind the buttons are there to be looked at too.
        browser.click("details.act summary[data-key=r]");
        picture(browser, "payout-reject");
        speaks(browser, &story.base, "de");
        look(browser, &story, &format!("/office/payouts/{}", ids[1]), "payout-de");
        look(browser, &story, "/office/payouts", "payouts-de");
    })
    .await;
    story.ends().await;
}

/// What stands behind a button: an old page, a wrong amount, a question before several are approved, an unreadable filter.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_button_leads_to_is_good_to_look_at_in_both_languages() {
    // To look at: the same answers are asked for on both databases where the payouts and the viewers are.
    let (story, ids) = house(support::sqlite()).await;
    with_browser(|browser| {
        browser.size(1280, 900, 1.0);
        sign_in(browser, &story, "berta");
        for language in ["en", "de"] {
            browser.open(&format!("{}/office/me", story.base));
            browser.wait_for("[name=zone]");
            browser.value(&format!("document.querySelector('[name=language]').value = '{language}'"));
            browser.click("form[action='/office/me'] button[type=submit]");
            browser.wait_until(&format!(
                "document.documentElement.lang === '{language}' && document.querySelector('main .notice')"
            ));
            look_here(browser, &format!("saved-{language}"));
            let page = format!("{}/office/payouts/{}", story.base, ids[1]);
            for (act, change, name) in [
                ("claim", "form.querySelector('[name=seen]').value = '99'", "stale"),
                ("edit", "form.querySelector('[name=amount]').value = '1.234'", "wrong"),
            ] {
                browser.open(&page);
                browser.wait_for("details.act form");
                let sent = browser.value(&format!(
                    "(() => {{ const field = document.querySelector(`details.act input[name=act][value={act}]`);
                        const form = field.form; {change}; form.requestSubmit(); return true; }})()"
                ));
                assert_eq!(sent, json!(true), "{act} in {}", browser.text("main"));
                browser.wait_for("main .notice.bad");
                look_here(browser, &format!("{name}-{language}"));
            }
            browser.open(&format!("{}/office/payouts", story.base));
            browser.wait_for("form[data-bulk]");
            browser.click("[data-all]");
            browser.value("document.querySelector('[data-bulk]').act.value = 'approve'");
            browser.fill("form[data-bulk] [name=reason]", "on the statement of today");
            browser.click("form[data-bulk] button[type=submit]");
            browser.wait_for("form#ids");
            look_here(browser, &format!("bulk-ids-{language}"));
            browser.open(&format!("{}/office/payouts?least=1", story.base));
            browser.wait_for("main h1");
            look_here(browser, &format!("unreadable-{language}"));
        }
    })
    .await;
    story.ends().await;
}

/// Marks the page, so that a reload would be seen.
fn mark(browser: &mut Chromium) {
    browser.value("window.stayed = true");
}

fn stayed(browser: &mut Chromium) {
    assert_eq!(browser.value("window.stayed === true"), json!(true), "the page was not reloaded");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_finds_opens_and_rejects_a_payout_without_a_reload() {
    for scratch in support::databases() {
        let (story, ids) = house(scratch).await;
        let worked = with_browser(|browser| {
            browser.size(1280, 900, 1.0);
            sign_in(browser, &story, "berta");
            browser.open(&format!("{}/office/payouts?status=Requested&order=oldest", story.base));
            browser.wait_for("tr[data-opens]");
            mark(browser);
            browser.press("?");
            browser.wait_for("#keys[open]");
            browser.click("#keys button");
            browser.wait_until("!document.querySelector('#keys[open]')");
            // Down, down, up: the first row again.
            for key in ["j", "j", "k"] {
                browser.press(key);
            }
            let here = browser.value("document.querySelector('tr.here').dataset.opens");
            assert_eq!(here, json!(format!("/office/payouts/{}", ids[0])));
            browser.press("Enter");
            browser.wait_until("document.querySelector('.timeline')");
            stayed(browser);
            assert_eq!(browser.value("location.pathname"), json!(format!("/office/payouts/{}", ids[0])));
            browser.press("r");
            browser.wait_until("document.activeElement.name === 'reason'");
            for letter in "typed twice".chars() {
                browser.press(&letter.to_string());
            }
            browser.press("Enter");
            browser.wait_for(".notice.good");
            stayed(browser);
            assert_eq!(
                browser.value("document.activeElement.id"),
                json!("main"),
                "the focus is where the news is"
            );
            let said = browser.value("document.getElementById('live').textContent");
            assert!(
                said.as_str().is_some_and(|said| said.contains("Reject")),
                "screen readers hear it: {said}"
            );
            browser.press("/");
            assert_eq!(browser.value("document.activeElement.id"), json!("search"));
            let troubles = browser.troubles();
            assert!(troubles.is_empty(), "{troubles:#?}");
        })
        .await;
        if worked.is_some() {
            assert_eq!(status(&story, &ids[0]).await, PayoutStatus::Rejected);
        }
        story.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_rejected_at_once_each_with_its_result() {
    for scratch in support::databases() {
        let (story, ids) = house(scratch).await;
        let worked = with_browser(|browser| {
            browser.size(1280, 900, 1.0);
            sign_in(browser, &story, "berta");
            browser.open(&format!("{}/office/payouts", story.base));
            browser.wait_for("form[data-bulk]");
            mark(browser);
            browser.click("[data-all]");
            browser.value("document.querySelector('[data-bulk]').act.value = 'reject'");
            browser.fill("form[data-bulk] [name=reason]", "a quiet day");
            browser.click("form[data-bulk] button[type=submit]");
            browser.wait_until(
                "document.querySelector('main .notice') && document.querySelector('main td .badge')",
            );
            stayed(browser);
            picture(browser, "bulk");
            assert_eq!(browser.value("document.querySelectorAll('td .badge.good').length"), json!(3));
            assert_eq!(
                browser.value("document.querySelectorAll('td .badge.bad').length"),
                json!(1),
                "it had ended"
            );
        })
        .await;
        if worked.is_some() {
            assert_eq!(status(&story, &ids[0]).await, PayoutStatus::Rejected);
            assert_eq!(status(&story, &ids[2]).await, PayoutStatus::Cancelled);
        }
        story.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_office_speaks_german_and_tells_times_in_the_viewers_zone() {
    for scratch in support::databases() {
        let (story, ids) = house(scratch).await;
        with_browser(|browser| {
            sign_in(browser, &story, "berta");
            browser.open(&format!("{}/office/me", story.base));
            browser.wait_for("[name=zone]");
            browser.value("document.querySelector('[name=language]').value = 'de'");
            browser.fill("[name=zone]", "Asia/Kolkata");
            browser.click("form[action='/office/me'] button[type=submit]");
            browser.wait_until("document.documentElement.lang === 'de'");
            browser.open(&format!("{}/office/payouts/{}", story.base, ids[1]));
            browser.wait_for(".timeline time");
            let time = browser.value("document.querySelector('.facts time').textContent");
            assert_eq!(time, json!("24.11.2026 17:30:00"));
            let utc = browser.value("document.querySelector('.facts time').title");
            assert_eq!(utc, json!("2026-11-24 12:00:00.000000 UTC"));
            assert!(browser.text("main").contains("1.340,00\u{a0}EUR"));
            assert!(browser.text("main").contains("Angefragt"));
        })
        .await;
        story.ends().await;
    }
}
