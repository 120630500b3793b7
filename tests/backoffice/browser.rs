//! A real browser: every page in both colours and at two sizes, looked at by an accessibility engine; the keyboard; an
//! action without reloading. With `TILLGATE_PICTURES` set to a folder, a picture of each is kept there.

use super::visitor::{PASSWORD, add_person};
use crate::rest_gateway::chromium::Chromium;
use crate::support;
use crate::support::story::Story;
use serde_json::{Value, json};
use std::path::PathBuf;

const EUR: &str = "MyPhoneCards EUR";
/// The accessibility engine axe-core, as its makers publish it (MPL-2.0).
const AXE: &str = include_str!("axe.min.js");

pub async fn payout(story: &Story, pin: &str, amount: &str) -> String {
    let call = json!({
        "FrontEndName": EUR, "PIN": pin, "TraceID": story.next_trace(), "Amount": amount, "Fee": "1.50",
        "PP": "CFT", "CreatedBy": "INTERNET",
    });
    let reply = story.call("CreatePayout", call).await;
    assert_eq!(reply["Status"], 0, "{reply}");
    reply["ExtPayoutID"].as_str().expect("an id").to_owned()
}

pub fn sign_in(browser: &mut Chromium, story: &Story, name: &str) {
    browser.open(&format!("{}/office/sign-in", story.base));
    browser.fill("#name", name);
    browser.fill("#password", PASSWORD);
    browser.click("main form button[type=submit]");
    browser.wait_for(".who");
}

pub fn picture(browser: &mut Chromium, name: &str) {
    let folder = std::env::var_os("TILLGATE_PICTURES").map(PathBuf::from);
    browser.whole_picture(folder.map(|folder| folder.join(format!("{name}.png"))));
}

/// What the engine finds against WCAG 2.2 A and AA.
fn complaints(browser: &mut Chromium) -> Vec<String> {
    browser.value(AXE);
    let tags = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']";
    let found = browser.value(&format!(
        "axe.run(document, {{runOnly: {tags}}}).then(r => JSON.stringify(r.violations.map(v => \
         v.id + ': ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join(' | '))))"
    ));
    let found: Value = serde_json::from_str(found.as_str().expect("the engine ran")).expect("JSON");
    found.as_array().expect("a list").iter().map(|one| one.as_str().unwrap_or("").to_owned()).collect()
}

/// Dark or light, the width, and how much it is enlarged.
pub type Sight = (bool, u32, f64);

/// Looks at a page in both colours, at two sizes and enlarged; nothing goes wrong in it and nothing is cut off.
pub fn look(browser: &mut Chromium, story: &Story, path: &str, name: &str) {
    let sights =
        [(false, 1280, 1.0), (true, 1280, 1.0), (false, 1920, 1.0), (true, 1920, 1.0), (false, 1280, 2.0)];
    look_in(browser, story, path, name, &sights);
}

pub fn look_in(browser: &mut Chromium, story: &Story, path: &str, name: &str, sights: &[Sight]) {
    for &(dark, width, zoom) in sights {
        browser.dark(dark);
        browser.size(width, 900, zoom);
        browser.open(&format!("{}{path}", story.base));
        browser.wait_for("main h1");
        let colour = if dark { "dark" } else { "light" };
        picture(browser, &format!("{name}-{colour}-{width}-{zoom}"));
        let found = complaints(browser);
        assert!(found.is_empty(), "{name} {colour} {width} {zoom}: {found:#?}");
        let wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1";
        assert_eq!(browser.value(wide), json!(false), "{name} at {width} x{zoom} scrolls sideways");
    }
    browser.dark(false);
    browser.size(1280, 900, 1.0);
    // A page that is not there is one of those that are looked at.
    let mut troubles = browser.troubles();
    troubles.retain(|trouble| !trouble.contains("status of 404"));
    assert!(troubles.is_empty(), "{name}: {troubles:#?}");
}

/// Looks at the page that is there, however one came to it.
pub fn look_here(browser: &mut Chromium, name: &str) {
    for (dark, colour) in [(false, "light"), (true, "dark")] {
        browser.dark(dark);
        picture(browser, &format!("{name}-{colour}"));
        let found = complaints(browser);
        assert!(found.is_empty(), "{name} {colour}: {found:#?}");
    }
    browser.dark(false);
    let wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1";
    assert_eq!(browser.value(wide), json!(false), "{name} scrolls sideways");
}

/// Changes the language of whoever is signed in.
pub fn speaks(browser: &mut Chromium, base: &str, language: &str) {
    browser.open(&format!("{base}/office/me"));
    browser.wait_for("[name=zone]");
    browser.value(&format!("document.querySelector('[name=language]').value = '{language}'"));
    browser.click("form[action='/office/me'] button[type=submit]");
    browser.wait_until(&format!(
        "document.readyState === 'complete' && document.documentElement.lang === '{language}'"
    ));
}

/// Blocking a thread of its own: the pipe to the browser is not asynchronous.
pub async fn with_browser<T: Send>(work: impl FnOnce(&mut Chromium) -> T + Send) -> Option<T> {
    tokio::task::block_in_place(|| Chromium::start().map(|mut browser| work(&mut browser)))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_good_to_look_at() {
    // To look at: what these pages say is read on both databases where people sign in and are let in.
    let story = Story::on(support::sqlite()).await;
    add_person(&story, "berta", &["operator=*", "viewer=*", "admin=*"]).await;
    with_browser(|browser| {
        look(browser, &story, "/office/sign-in", "sign-in");
        sign_in(browser, &story, "berta");
        look(browser, &story, "/office", "home");
        look(browser, &story, "/office/me", "me");
        look(browser, &story, "/office/second-factor", "second-factor");
        look(browser, &story, "/office/people", "people");
        look(browser, &story, "/office/nowhere", "nowhere");
    })
    .await;
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_s_help_opens_and_closes() {
    // Nothing that is stored has a part in it.
    let story = Story::on(support::sqlite()).await;
    add_person(&story, "berta", &["viewer=*"]).await;
    with_browser(|browser| {
        sign_in(browser, &story, "berta");
        browser.press("?");
        browser.wait_for("#keys[open]");
        browser.press("/");
        assert_eq!(
            browser.value("document.activeElement.id === 'search'"),
            json!(false),
            "the help is in front"
        );
        browser.click("#keys button");
        browser.wait_until("!document.querySelector('#keys[open]')");
        browser.press("/");
        browser.wait_until("document.activeElement.id === 'search'");
        let troubles = browser.troubles();
        assert!(troubles.is_empty(), "{troubles:#?}");
    })
    .await;
    story.ends().await;
}
