//! Cards typed at the cashier: to the platform from server to server, with the bank in frames of our own page, and
//! charges of what is on file.

use super::{CARD, CHALLENGED, CHECK_VALUE, EUR, House, NOT_AUTHENTICATED, Opened};
use crate::paygate::bank::{self, Form};
use crate::support::story::Customer;
use crate::support::{Scratch, databases};
use chrono::Duration;
use serde_json::{Value, json};
use tillgate::config::Settings;
use tillgate::processors::paygate::simulator::{Fault, Moved, NoticeFault, Script};
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

fn opened(fields: &Value, reply: &Value) -> Opened {
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
            let (asked, _) = house.framed(&deposit).await;
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
async fn a_bank_of_the_first_version_takes_the_whole_window() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for (answer, ends, owns) in [("yes", "Credited", "12.50"), ("no", "Declined", "12.50")] {
            let fields = card(&house, "PaygateCard", FIRST_VERSION, "12.00", json!({}));
            let reply = house.call("CreateDeposit", &big, fields.clone()).await;
            assert!(reply["FormAction"].as_str().is_some_and(|to| to.ends_with("/bank/pareq")), "{reply}");
            let deposit = opened(&fields, &reply);
            let (form, _) = house.framed(&deposit).await;
            let platform = house.simulator().base_url.clone();
            let back = bank::first_version(&house.browser, &platform, &form, answer).await;
            assert!(back.action.starts_with(&house.story.base) && back.action.ends_with("/bank"));
            // He sends it twice, and once something else.
            let forged = Form { fields: vec![("PaRes".to_owned(), "bm8geWVz".to_owned())], ..back.clone() };
            for form in [&back, &forged, &back] {
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

/// Every way in which an answer to `direct.aspx` can go wrong.
pub fn faults() -> Vec<Fault> {
    vec![
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::HangBefore,
        Fault::HangAfter,
        Fault::ProcessLate,
        Fault::HalfAnswer,
        Fault::ShortData,
        Fault::Page { status: 502, processed: true },
        Fault::Page { status: 502, processed: false },
        Fault::Status(500),
        Fault::WrongMac,
        Fault::ForeignMerchant,
        Fault::ForeignOrder,
        Fault::Clear,
        Fault::Contradiction,
        Fault::OpenForever,
        Fault::OpenSilently,
        Fault::Refuse("22060305".to_owned()),
        Fault::BookedBut("22060305".to_owned()),
    ]
}

/// The next call to an endpoint goes wrong, whatever its order.
pub fn goes_wrong(house: &House, endpoint: &str, fault: &Fault) {
    house.simulator().script(Script {
        endpoint: Some(endpoint.to_owned()),
        trans_id: None,
        times: 1,
        call: Some(fault.clone()),
        notice: None,
    });
}

/// What was captured is credited, and nothing else; nothing that was captured is shown as failed.
pub async fn as_the_platform_booked(house: &House, customer: &Customer, made: &Opened, what: &str) {
    for _ in 0..4 {
        house.after(Duration::minutes(61)).await;
    }
    let captured = house.moved(&made.reference, Moved::Capture);
    let deposit = house.deposit(customer, made).await;
    assert_eq!(deposit["DepositStatus"] == "Credited", captured > 0, "{what}: {captured} {deposit}");
    assert!(captured <= 200, "{what}: taken twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_answer_a_typed_card_pays_once_or_not_at_all() {
    for scratch in databases() {
        let house = allowing_impatiently(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in faults() {
            goes_wrong(&house, "direct.aspx", &fault);
            let fields = card(&house, "PaygateCard", FRICTIONLESS, "2.00", json!({}));
            let made = house.opens_typed(&big, fields).await;
            house.simulator().release();
            house.passes(&made, "yes").await;
            house.works().await;
            if matches!(fault, Fault::OpenForever | Fault::OpenSilently) {
                assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Pending", "{fault:?}");
                house.simulator().decide(&made.reference, true);
            }
            house.simulator().clear_faults();
            as_the_platform_booked(&house, &big, &made, &format!("{fault:?}")).await;
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
        for fault in faults() {
            goes_wrong(&house, "direct.aspx", &fault);
            let fields =
                json!({ "TraceID": house.story.next_trace(), "PP": "PaygateCard", "Amount": "2.00" });
            let made = house.tries("ChargeStored", &big, fields).await;
            if matches!(fault, Fault::OpenForever | Fault::OpenSilently) {
                assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Pending", "{fault:?}");
                house.simulator().decide(&made.reference, true);
            }
            as_the_platform_booked(&house, &big, &made, &format!("{fault:?}")).await;
        }
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
            as_the_platform_booked(&house, &big, &made, &format!("{fault:?}")).await;
            assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Credited", "{fault:?}");
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
