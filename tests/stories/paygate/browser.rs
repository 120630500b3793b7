//! A real browser from the address that CreateDeposit answers to our result page.

use super::direct::{FIRST_VERSION, FRICTIONLESS, allow, card};
use super::{CHALLENGED, CHECK_VALUE, CHF, EUR, House};
use crate::rest_gateway::chromium::Chromium;
use crate::support::story::Customer;
use crate::support::{Scratch, databases};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What the customer does, in order.
#[derive(Clone)]
enum Step {
    Fill(&'static str, &'static str),
    Click(&'static str),
    /// In the frame of our page.
    ClickInFrame(&'static str),
    /// The bank's page in the frame has arrived when it has this element.
    Appears(&'static str),
    Picture(&'static str),
    /// Comes to the waiting page while nothing is decided, and goes back to the page that he began at.
    LooksAhead,
}

use Step::{Appears, Click, ClickInFrame, Fill, LooksAhead, Picture};

/// Where the pictures are left for people to look at.
fn pictures() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("paygate-pages");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

async fn house(scratch: Scratch, paynow: bool) -> House {
    let change = |settings: &mut tillgate::config::Settings| {
        settings.worker.enabled = true;
        settings.paygate.values_mut().for_each(|account| account.page.paynow = paynow);
    };
    House::with(scratch, change).await
}

/// Opens a deposit in a language, walks, and gives what our result page says at the end.
async fn walks(
    house: &House,
    customer: &Customer,
    pp: &str,
    language: &str,
    steps: Vec<Step>,
) -> Option<String> {
    let fields =
        json!({ "TraceID": house.story.next_trace(), "PP": pp, "Amount": "12.00", "Language": language });
    walks_on(house, customer, fields, steps).await
}

async fn walks_on(house: &House, customer: &Customer, fields: Value, steps: Vec<Step>) -> Option<String> {
    let reply = house.call("CreateDeposit", customer, fields.clone()).await;
    assert_eq!(reply["Status"], 0, "{reply}");
    let start = reply["RedirectURL"].as_str().expect("an address").to_owned();
    let language = fields["Language"].as_str().expect("a language").to_owned();
    // The browser is driven with blocking reads, beside the runtime that serves its pages.
    let walked = tokio::task::spawn_blocking(move || {
        let mut browser = Chromium::start()?;
        browser.open(&start);
        for step in steps {
            match step {
                Fill(selector, value) => browser.fill(selector, value),
                Click(selector) => browser.click(selector),
                ClickInFrame(selector) => browser.click_in_frame(selector),
                Appears(selector) => browser.wait_for(selector),
                Picture(name) => {
                    browser.wait_for("h1");
                    browser.picture(Some(pictures().join(format!("{name}.png"))));
                }
                LooksAhead => {
                    browser.open(&format!("{start}/success"));
                    browser.wait_for("#wait");
                    browser.picture(Some(pictures().join(format!("pending-{language}.png"))));
                    browser.open(&start);
                }
            }
        }
        // The waiting page goes on by itself once the deposit is decided.
        browser.wait_for("[role=status]:not(#wait):not(#step)");
        browser.picture(Some(pictures().join(format!("result-{language}.png"))));
        let forbidden: Vec<String> =
            browser.troubles().into_iter().filter(|trouble| trouble.contains("Content Security")).collect();
        assert_eq!(forbidden, Vec::<String>::new());
        Some(browser.text("body"))
    });
    walked.await.expect("he arrives")
}

fn hosted_form() -> Vec<Step> {
    vec![
        Fill("[name=CardHolder]", "Big Daddy"),
        Fill("[name=CardNumber]", CHALLENGED),
        Fill("[name=CardExpirationMonth]", "12"),
        Fill("[name=CardExpirationYear]", "2030"),
        Fill("[name=Cccvc]", CHECK_VALUE),
        Picture("payssl"),
        Click("#pay"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_the_hosted_form_and_the_banks_challenge() {
    for scratch in databases() {
        let house = house(scratch, false).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let mut steps = hosted_form();
        steps.extend([Click("#confirm")]);
        if let Some(text) = walks(&house, &big, "PaygateCard", "de", steps).await {
            assert!(text.contains("Ihre Zahlung ist eingegangen") && text.contains("12.00 EUR"), "{text}");
            assert_eq!(house.story.balance(&big).await, "12.50");
            let mut steps = hosted_form();
            steps.extend([Picture("challenge"), Click("#refuse")]);
            let text = walks(&house, &big, "PaygateCard", "fr", steps).await.expect("a browser");
            assert!(text.contains("Le paiement n'a pas abouti"), "{text}");
            assert_eq!(house.story.balance(&big).await, "12.50");
            house.books_agree("Paygate", "EUR").await;
        }
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_twint() {
    for scratch in databases() {
        let house = house(scratch, false).await;
        let big = house.story.customer(CHF, "Big", "0.50").await;
        let steps = vec![Picture("twint"), Click("#confirm")];
        if let Some(text) = walks(&house, &big, "TWINT", "it", steps).await {
            assert!(text.contains("Il pagamento è arrivato"), "{text}");
            assert_eq!(house.story.balance(&big).await, "12.50");
            house.books_agree("Paygate TWINT", "CHF").await;
        }
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_the_card_form_of_our_own_page() {
    for scratch in databases() {
        let house = house(scratch, true).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let typed = |number: &'static str| {
            vec![
                Fill("#number", number),
                Fill("#expiry", "203012"),
                Fill("#check", CHECK_VALUE),
                Fill("#brand", "VISA"),
                Picture("paynow"),
                Click("#pay"),
            ]
        };
        if let Some(text) = walks(&house, &big, "PaygateCard", "en", typed(super::CARD)).await {
            assert!(text.contains("Your payment has arrived"), "{text}");
            let mut steps = typed(CHALLENGED);
            steps.push(Click("#confirm"));
            let text = walks(&house, &big, "PaygateCard", "de", steps).await.expect("a browser");
            assert!(text.contains("Ihre Zahlung ist eingegangen"), "{text}");
            let text = walks(&house, &big, "PaygateCard", "en", typed(super::NOT_AUTHENTICATED))
                .await
                .expect("a browser");
            assert!(text.contains("The payment was not made"), "{text}");
            assert_eq!(house.story.balance(&big).await, "24.50");
            house.books_agree("Paygate", "EUR").await;
        }
        house.ends().await;
    }
}

/// The page works without a browser's script too, and may send the form nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn our_card_form_goes_to_the_platform_alone_and_bears_no_card_of_ours() {
    for scratch in databases() {
        let house = house(scratch, true).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let opened = house.opens(&big, "PaygateCard", "12.00", "automatic").await;
        assert!(opened.url.starts_with(&house.story.base), "{}", opened.url);
        let page = house.story.http().get(&opened.url).send().await.expect("a page");
        let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
        let base = &house.simulator().base_url;
        assert!(
            policy.contains(&format!("form-action {base} 'self'")) && policy.contains("default-src 'none'"),
            "{policy}"
        );
        let text = page.text().await.expect("text");
        assert!(
            text.contains(&format!("action=\"{base}/paynow.aspx\"")) && text.contains("name=\"CCNr\""),
            "{text}"
        );
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_the_frames_of_the_bank() {
    let change = |settings: &mut tillgate::config::Settings| {
        settings.worker.enabled = true;
        allow(settings);
    };
    for scratch in databases() {
        let house = House::with(scratch, change).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let fields = |number: &str| card(&house, "PaygateCard", number, "12.00", json!({ "Language": "de" }));
        let challenged = |answer: &'static str, picture: &'static str| {
            let bank = [Appears("iframe.challenge"), LooksAhead, Appears("iframe.challenge")];
            bank.into_iter().chain([Picture(picture), ClickInFrame(answer)]).collect()
        };
        let steps = challenged("#confirm", "direct-challenge");
        if let Some(text) = walks_on(&house, &big, fields(CHALLENGED), steps).await {
            assert!(text.contains("Ihre Zahlung ist eingegangen"), "{text}");
            assert_eq!(house.story.balance(&big).await, "12.50");
            let steps = challenged("#refuse", "direct-refused");
            let text = walks_on(&house, &big, fields(CHALLENGED), steps).await.expect("a browser");
            assert!(text.contains("Die Zahlung kam nicht zustande"), "{text}");
            // The hidden frame alone, and the older way through the whole window.
            let text = walks_on(&house, &big, fields(FRICTIONLESS), vec![]).await.expect("a browser");
            assert!(text.contains("Ihre Zahlung ist eingegangen"), "{text}");
            let steps = vec![Appears("#confirm"), Picture("first-version"), Click("#confirm")];
            let text = walks_on(&house, &big, fields(FIRST_VERSION), steps).await.expect("a browser");
            assert!(text.contains("Ihre Zahlung ist eingegangen"), "{text}");
            assert_eq!(house.story.balance(&big).await, "36.50");
            house.books_agree("Paygate", "EUR").await;
        }
        house.ends().await;
    }
}
