//! Cards typed at the cashier: to the platform from server to server, with the bank in frames of our own page, and
//! charges of what is on file.

use super::faults::{as_the_platform_booked, every_fault, goes_wrong, left_open};
use super::{CARD, CHALLENGED, CHECK_VALUE, EUR, House, NOT_AUTHENTICATED, Opened};
use crate::paygate::bank::{self, Form};
use crate::support::story::Customer;
use crate::support::{Scratch, databases};
use chrono::Duration;
use futures_util::future::select_all;
use serde_json::{Value, json};
use tillgate::config::Settings;
use tillgate::processors::paygate::simulator::{Fault, Moved, NoticeFault};
use tillgate::store::DatabaseUrl;

pub const FRICTIONLESS: &str = "4000019966199434";
pub const PROTOCOL_ERROR: &str = "4000017873485953";
pub const FIRST_VERSION: &str = "4012001037141112";
pub const BROWSER: &str = r#"{"acceptHeaders":"text/html","ipAddress":"192.0.2.1","javaScriptEnabled":true,"language":"de","userAgent":"a browser"}"#;

pub fn allow(settings: &mut Settings) {
    for account in settings.paygate.values_mut() {
        account.allow_pan = true;
        account.charge_stored = true;
    }
}

pub async fn allowing(scratch: Scratch) -> House {
    House::with(scratch, allow).await
}

/// As [`House::impatient`].
pub async fn allowing_impatiently(scratch: Scratch) -> House {
    House::with(scratch, |settings| {
        allow(settings);
        super::impatient(settings);
    })
    .await
}

pub fn card(house: &House, pp: &str, number: &str, amount: &str, more: Value) -> Value {
    let mut fields = json!({
        "TraceID": house.story.next_trace(), "PP": pp, "Amount": amount, "CardNumber": number,
        "CardExpiry": "12/2030", "CardCode": CHECK_VALUE, "CardHolder": "Big Daddy", "CardBrand": "VISA",
        "BrowserInfo": BROWSER,
    });
    for (name, value) in more.as_object().expect("fields") {
        fields[name] = value.clone();
    }
    fields
}

impl House {
    /// Opens with a typed card, again and again until there is a definite answer.
    pub async fn opens_typed(&self, customer: &Customer, fields: Value) -> Opened {
        for _ in 0..20 {
            let reply = self.call("CreateDeposit", customer, fields.clone()).await;
            if reply["Status"] != -1 {
                assert_eq!(reply["Status"], 0, "{reply}");
                return opened(&fields, &reply);
            }
            self.simulator().release();
            self.after(Duration::minutes(1)).await;
        }
        panic!("no answer to {}", fields["TraceID"]);
    }

    /// Asks for what is sent at most once, some times over, whether or not there is an answer in the end.
    pub async fn tries(&self, method: &str, customer: &Customer, fields: Value) -> Opened {
        for _ in 0..4 {
            if self.call(method, customer, fields.clone()).await["Status"] != -1 {
                break;
            }
            self.simulator().release();
            self.after(Duration::minutes(1)).await;
        }
        self.simulator().clear_faults();
        self.simulator().release();
        let found = self.call("GetDeposit", customer, json!({ "TraceID": fields["TraceID"] })).await;
        opened(&fields, &found)
    }

    /// The form that our page posts into its frame, and the page's policy.
    pub async fn framed(&self, opened: &Opened) -> (Form, String) {
        let page = self.story.http().get(&opened.url).send().await.expect("a page");
        let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
        (bank::form_of(&page.text().await.expect("text"), &self.story.base), policy)
    }

    pub async fn step(&self, opened: &Opened) -> Value {
        let state = self.story.http().get(format!("{}/state", opened.url)).send().await.expect("a state");
        serde_json::from_str(&state.text().await.expect("text")).expect("JSON")
    }

    /// The bank looks at the browser, asks if it likes, and gets `answer`.
    pub async fn passes(&self, opened: &Opened, answer: &str) {
        if !opened.url.contains("/player/") || opened.url.ends_with("/success") {
            return;
        }
        let (method, _) = self.framed(opened).await;
        bank::method(&self.browser, &method).await;
        if self.step(opened).await["step"] == "challenge" {
            let (asked, _) = self.framed(opened).await;
            bank::challenge(&self.browser, &self.simulator().base_url, &asked, answer).await;
        }
    }
}

/// A customer with a name, which a charge of his card must say.
async fn named(house: &House) -> Customer {
    let details = json!({ "first_name": "Big", "last_name": "Daddy", "country": "DE" });
    let body = json!({ "front_end": EUR, "pin": "Big", "details": details });
    house.story.platform("customers", "add-named", body).await;
    let opening = json!({ "front_end": EUR, "pin": "Big", "amount": "0.50", "reason": "opening balance" });
    house.story.platform("adjustments", "open-named", opening).await;
    Customer { front_end: EUR.to_owned(), pin: "Big".to_owned() }
}

fn charge(house: &House) -> Value {
    json!({ "TraceID": house.story.next_trace(), "PP": "PaygateCard", "Amount": "2.00" })
}

pub fn opened(fields: &Value, reply: &Value) -> Opened {
    let id = reply["ExtDepositID"].as_str().expect("an id").to_owned();
    let url = reply["RedirectURL"].as_str().unwrap_or_default().to_owned();
    Opened { trace: fields["TraceID"].as_i64().expect("a number"), url, reference: id.replace('-', ""), id }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_asks_in_a_frame_and_decides() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let simulator = house.simulator().base_url.clone();
        let mut owned = "0.50";
        for (answer, ends, owns) in
            [("no", "Declined", "0.50"), ("cancel", "Declined", "0.50"), ("yes", "Credited", "12.50")]
        {
            let fields = card(&house, "PaygateCard", CHALLENGED, "12.00", json!({ "Language": "fr" }));
            let deposit = house.opens_typed(&big, fields.clone()).await;
            assert!(deposit.url.starts_with(&format!("{}/player/", house.story.base)), "{}", deposit.url);
            assert_eq!(house.deposit(&big, &deposit).await["DepositStatus"], "Pending");
            let again = house.call("CreateDeposit", &big, fields).await;
            assert_eq!((&again["Replayed"], &again["RedirectURL"]), (&json!(1), &json!(deposit.url)));

            // Only the bank may be posted to, and only it and the platform may stand in the frame.
            let (method, policy) = house.framed(&deposit).await;
            assert!(policy.contains(&format!("form-action {simulator}; frame-src {simulator} {simulator}")));
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
            assert_eq!(method.fields[0].0, "threeDSMethodData");
            assert_eq!(house.step(&deposit).await, json!({ "open": true, "step": "method" }));
            bank::method(&house.browser, &method).await;
            assert_eq!(house.step(&deposit).await, json!({ "open": true, "step": "challenge" }));
            house.after(Duration::minutes(2)).await;
            assert_eq!(house.deposit(&big, &deposit).await["DepositStatus"], "Pending");
            assert_eq!(house.story.balance(&big).await, owned);
            // The bank that asks is named by the policy of this one page, as the platform told where it is.
            let (asked, policy) = house.framed(&deposit).await;
            let bank = simulator.replace("127.0.0.1", "localhost");
            assert!(asked.action.starts_with(&bank), "{}", asked.action);
            assert!(
                policy.contains(&format!("form-action {bank}; frame-src {bank} {simulator};")),
                "{policy}"
            );
            assert_eq!(asked.fields[0].0, "creq");
            bank::challenge(&house.browser, &simulator, &asked, answer).await;
            house.works().await;
            assert_eq!(house.deposit(&big, &deposit).await["DepositStatus"], ends);
            assert_eq!(house.story.balance(&big).await, owns);
            owned = owns;
            // The page shows how it ended, and asks nobody any more.
            let page = house.visits(&deposit.url).await;
            assert!(!page.contains("<iframe") && !page.contains("creq"), "{page}");
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
        if let DatabaseUrl::Sqlite(path) = url {
            for file in [path.clone(), format!("{path}-wal")] {
                let bytes = std::fs::read(file).unwrap_or_default();
                assert!(!bytes.windows(16).any(|window| window == CHALLENGED.as_bytes()));
            }
        }
    }
}

/// The platform's news of where the bank is may come again and say otherwise; the page goes on naming the first.
#[tokio::test(flavor = "multi_thread")]
async fn the_bank_that_asks_is_the_one_that_was_told_first() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for elsewhere in ["http://elsewhere.example", "https://elsewhere.example"] {
            let fields = card(&house, "PaygateCard", CHALLENGED, "2.00", json!({}));
            let deposit = house.opens_typed(&big, fields).await;
            let (method, _) = house.framed(&deposit).await;
            bank::method(&house.browser, &method).await;
            house.hears_of(&deposit, 1).await;
            let (asked, policy) = house.framed(&deposit).await;

            house.simulator().bank_is_at(Some(elsewhere));
            bank::method(&house.browser, &method).await;
            house.hears_of(&deposit, 2).await;
            house.simulator().bank_is_at(None);
            let (asked_again, policy_again) = house.framed(&deposit).await;
            assert_eq!((&asked_again.action, &policy_again), (&asked.action, &policy), "{elsewhere}");
            assert!(!policy_again.contains("elsewhere"), "{policy_again}");
            assert_eq!(house.step(&deposit).await["step"], "challenge");

            bank::challenge(&house.browser, &house.simulator().base_url, &asked_again, "yes").await;
            house.works().await;
            assert_eq!(house.deposit(&big, &deposit).await["DepositStatus"], "Credited", "{elsewhere}");
        }
        assert_eq!(house.story.balance(&big).await, "4.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

/// The same where it is elsewhere from the beginning: a page that names an address out of the way is no page of ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_bank_whose_address_is_no_plain_one_is_not_shown() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for elsewhere in
            ["ftp://elsewhere.example", "http://elsewhere.example;script-src *", "javascript:alert(1)"]
        {
            let fields = card(&house, "PaygateCard", CHALLENGED, "2.00", json!({}));
            let deposit = house.opens_typed(&big, fields).await;
            let (method, _) = house.framed(&deposit).await;
            house.simulator().bank_is_at(Some(elsewhere));
            bank::method(&house.browser, &method).await;
            house.hears_of(&deposit, 1).await;
            house.simulator().bank_is_at(None);
            let page = house.story.http().get(&deposit.url).send().await.expect("a page");
            let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
            let page = page.text().await.expect("text");
            for text in [&policy, &page] {
                assert!(!text.contains("elsewhere") && !text.contains("alert"), "{elsewhere}: {text}");
            }
            assert!(!page.contains("creq"), "{elsewhere}: {page}");
        }
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn banks_that_ask_nothing_and_banks_that_refuse() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for (number, ends) in [
            (FRICTIONLESS, "Credited"),
            (CARD, "Credited"),
            (NOT_AUTHENTICATED, "Declined"),
            (PROTOCOL_ERROR, "Declined"),
        ] {
            let fields = card(&house, "PaygateCard", number, "2.00", json!({}));
            let deposit = house.opens_typed(&big, fields).await;
            house.passes(&deposit, "yes").await;
            house.works().await;
            assert_eq!(house.deposit(&big, &deposit).await["DepositStatus"], ends, "{number}");
        }
        assert_eq!(house.story.balance(&big).await, "4.50");
        // A customer who never came back to the bank has paid nothing.
        let fields = card(&house, "PaygateCard", CHALLENGED, "2.00", json!({}));
        let left = house.opens_typed(&big, fields).await;
        house.after(Duration::hours(3)).await;
        house.after(Duration::hours(3)).await;
        let status = house.deposit(&big, &left).await["DepositStatus"].clone();
        assert_ne!(status, "Credited");
        assert_eq!(house.story.balance(&big).await, "4.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_cards_and_charges_are_off_until_an_account_allows_them() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for pp in ["PaygateCard", "PaygateTerminal"] {
            let fields = card(&house, pp, FRICTIONLESS, "2.00", json!({}));
            let reply = house.call("CreateDeposit", &big, fields).await;
            assert_eq!(reply["Description"], "CardNumber is not taken here");
        }
        house.paid_in(&big, "2.00").await;
        let charge = json!({ "TraceID": house.story.next_trace(), "PP": "PaygateCard", "Amount": "2.00" });
        let reply = house.call("ChargeStored", &big, charge).await;
        assert_eq!(reply["Description"], "PP can't charge what is stored");
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_field_is_named_and_no_card_number_is_repeated() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for (more, named) in [
            (json!({ "BrowserInfo": "nothing" }), "browserInfo"),
            (json!({ "BrowserInfo": null }), "browserInfo"),
            (json!({ "CardHolder": "x" }), "cardholderName"),
            (json!({ "CardTrack2": "1" }), "CardTrack3"),
            (json!({ "PaymentData": "[]" }), "PaymentData"),
            (json!({ "PaymentData": json!({ "Amount": "1" }).to_string() }), "PaymentData"),
            (json!({ "PaymentData": json!({ "UserData": 1 }).to_string() }), "PaymentData"),
            (json!({ "PaymentData": json!({ "UserData": CARD }).to_string() }), "PaymentData"),
            (json!({ "Recurring": "initial", "RecurringDays": 28 }), "RecurringUntil"),
            (
                json!({ "Recurring": "initial", "RecurringDays": 28, "RecurringUntil": "soon" }),
                "RecurringUntil",
            ),
        ] {
            let reply = house
                .call("CreateDeposit", &big, card(&house, "PaygateCard", FRICTIONLESS, "2.00", more.clone()))
                .await;
            assert!(reply["Status"].as_i64() > Some(0), "{more} {reply}");
            let text = reply.to_string();
            assert!(text.contains(named) && !text.contains(FRICTIONLESS) && !text.contains(CARD), "{text}");
        }
        assert!(house.simulator().movements().is_empty());
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_is_begun_with_the_customer_and_goes_on_without_him() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = named(&house).await;
        let more = json!({
            "Recurring": "initial", "RecurringDays": 28, "RecurringUntil": "2030-12-31",
            "PaymentData": json!({ "threeDSPolicy": { "challengePreference": "mandateChallenge" } }).to_string(),
        });
        let initial = house.opens_typed(&big, card(&house, "PaygateCard", CHALLENGED, "2.00", more)).await;
        let asked = |reference: &str, name: &str| house.simulator().asked(reference, name);
        assert!(asked(&initial.reference, "credentialOnFile").contains("\"initialPayment\":true"));
        assert!(asked(&initial.reference, "threeDSPolicy").contains("mandateChallenge"));
        let charge = |series: Option<&str>| {
            let trace = house.story.next_trace();
            json!({ "TraceID": trace, "PP": "PaygateCard", "Amount": "3.00", "InitialDepositID": series })
        };
        let early = house.call("ChargeStored", &big, charge(Some(&initial.id))).await;
        assert!(early["Status"].as_i64() > Some(0), "{early}");
        house.passes(&initial, "yes").await;
        house.works().await;
        assert_eq!(house.story.balance(&big).await, "2.50");

        for (series, scheme) in [(Some(initial.id.as_str()), true), (None, false)] {
            let fields = charge(series);
            let reply = house.call("ChargeStored", &big, fields.clone()).await;
            assert_eq!(
                (&reply["Status"], &reply["DepositStatus"]),
                (&json!(0), &json!("Credited")),
                "{reply}"
            );
            let again = house.call("ChargeStored", &big, fields.clone()).await;
            assert_eq!((&again["Replayed"], &again["ExtDepositID"]), (&json!(1), &reply["ExtDepositID"]));
            let made = opened(&fields, &reply);
            let credential = asked(&made.reference, "credentialOnFile");
            assert!(credential.contains("\"initialPayment\":false"), "{credential}");
            assert_eq!(credential.contains("\"recurringFrequency\":28"), scheme, "{credential}");
            assert_eq!(credential.contains("\"MIT\""), !scheme, "{credential}");
            assert_eq!(!asked(&made.reference, "schemeReferenceID").is_empty(), scheme);
            assert!(!asked(&made.reference, "card").contains(CHALLENGED));
        }
        assert_eq!(house.story.balance(&big).await, "8.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_answer_a_typed_card_pays_once_or_not_at_all() {
    for scratch in databases() {
        let house = allowing_impatiently(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in every_fault() {
            goes_wrong(&house, "direct.aspx", &fault);
            let fields = card(&house, "PaygateCard", FRICTIONLESS, "2.00", json!({}));
            let made = house.opens_typed(&big, fields).await;
            house.simulator().release();
            house.passes(&made, "yes").await;
            house.works().await;
            if left_open(&fault) {
                assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Pending", "{fault:?}");
                house.simulator().decide(&made.reference, true);
            }
            house.simulator().clear_faults();
            // Whose answer got lost is shown the way to his bank by the repeat.
            let ends = if matches!(fault, Fault::Refuse(_)) { "Declined" } else { "Credited" };
            assert_eq!(as_the_platform_booked(&house, &big, &made, &fault).await, ends, "{fault:?}");
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

/// Of two calls at once one alone reaches the platform, which might carry both out.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_waits_while_a_typed_card_is_at_the_platform() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in [Fault::HangBefore, Fault::HangAfter] {
            goes_wrong(&house, "direct.aspx", &fault);
            let fields = card(&house, "PaygateCard", FRICTIONLESS, "2.00", json!({}));
            let call = || Box::pin(house.call("CreateDeposit", &big, fields.clone()));
            let (sent_back, _, mut at_the_platform) = select_all([call(), call()]).await;
            assert_eq!(sent_back["Status"], -1, "{fault:?}: {sent_back}");
            // Again and again, since it may be on its way still.
            let releases = async {
                loop {
                    house.simulator().release();
                    tokio::task::yield_now().await;
                }
            };
            let answer = tokio::select! {
                answer = at_the_platform.remove(0) => answer,
                () = releases => unreachable!("it goes on"),
            };
            assert!(answer["Status"] == 0 || answer["Status"] == -1, "{fault:?}: {answer}");
            let made = house.opens_typed(&big, fields.clone()).await;
            house.passes(&made, "yes").await;
            house.works().await;
            house.simulator().clear_faults();
            assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Credited", "{fault:?}");
            assert_eq!(house.moved(&made.reference, Moved::Capture), 200, "{fault:?}");
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_answer_a_charge_is_made_once_or_not_at_all() {
    for scratch in databases() {
        let house = allowing_impatiently(scratch).await;
        let big = named(&house).await;
        house.paid_in(&big, "2.00").await;
        for fault in every_fault() {
            goes_wrong(&house, "direct.aspx", &fault);
            let made = house.tries("ChargeStored", &big, charge(&house)).await;
            if left_open(&fault) {
                assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Pending", "{fault:?}");
                house.simulator().decide(&made.reference, true);
            }
            as_the_platform_booked(&house, &big, &made, &fault).await;
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

/// Whoever called is gone, and nobody repeats anything: the sweep alone finds out what became of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_asks_about_again_is_settled_by_the_sweep() {
    for scratch in databases() {
        let house = allowing_impatiently(scratch).await;
        let big = named(&house).await;
        house.paid_in(&big, "2.00").await;
        for fault in every_fault() {
            for method in ["ChargeStored", "CreateDeposit"] {
                goes_wrong(&house, "direct.aspx", &fault);
                let fields = match method {
                    "ChargeStored" => charge(&house),
                    _ => card(&house, "PaygateCard", FRICTIONLESS, "2.00", json!({})),
                };
                house.call(method, &big, fields.clone()).await;
                house.simulator().release();
                house.simulator().clear_faults();
                let found = house.call("GetDeposit", &big, json!({ "TraceID": fields["TraceID"] })).await;
                let made = opened(&fields, &found);
                if left_open(&fault) {
                    assert!(house.simulator().decide(&made.reference, true), "{fault:?}");
                }
                let what = format!("{method} {fault:?}");
                let ends = as_the_platform_booked(&house, &big, &made, &fault).await;
                // Nobody showed himself to his bank, so a deposit that needed it is given up in the end.
                let paid = house.moved(&made.reference, Moved::Capture) > 0;
                assert!(paid || ["Declined", "Cancelled"].contains(&ends.as_str()), "{what}: {ends}");
            }
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

/// Of a charge nobody can be asked, whatever becomes of the news.
#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_the_bank_wants_to_ask_about_is_over() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = named(&house).await;
        house.paid_in(&big, "2.00").await;
        let calls = house.call("ChargeStored", &big, charge(&house)).await;
        assert_eq!(calls["DepositStatus"], "Credited", "{calls}");
        for (lost, answered) in [(None, 0), (Some(Fault::DropAfter), -1), (Some(Fault::WrongMac), -1)] {
            goes_wrong(&house, "direct.aspx", &Fault::AskPayer);
            if let Some(fault) = &lost {
                goes_wrong(&house, "inquire24.aspx", fault);
            }
            let fields = charge(&house);
            let reply = house.call("ChargeStored", &big, fields.clone()).await;
            assert_eq!(reply["Status"], answered, "{lost:?}: {reply}");
            let found = house.call("GetDeposit", &big, json!({ "TraceID": fields["TraceID"] })).await;
            let made = opened(&fields, &found);
            house.after(Duration::minutes(1)).await;
            assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Declined", "{lost:?}");
            let again = house.call("ChargeStored", &big, fields).await;
            assert_eq!(
                (&again["Status"], &again["DepositStatus"]),
                (&json!(0), &json!("Declined")),
                "{again}"
            );
            assert_eq!(house.moved(&made.reference, Moved::Authorization), 0);
        }
        assert_eq!(house.story.balance(&big).await, "4.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_of_typed_cards_may_go_wrong_in_every_way() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in [
            NoticeFault::Lost,
            NoticeFault::Duplicated,
            NoticeFault::Late(10),
            NoticeFault::Reordered,
            NoticeFault::Forged,
            NoticeFault::ForeignMerchant,
        ] {
            let made =
                house.opens_typed(&big, card(&house, "PaygateCard", FRICTIONLESS, "2.00", json!({}))).await;
            for _ in 0..2 {
                house.simulator().next_notice(&made.reference, fault);
            }
            house.passes(&made, "yes").await;
            house.works().await;
            house.after(Duration::minutes(11)).await;
            house.simulator().deliver().await;
            house.simulator().clear_faults();
            assert_eq!(as_the_platform_booked(&house, &big, &made, &fault).await, "Credited", "{fault:?}");
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
