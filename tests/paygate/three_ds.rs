//! Card payments from server to server with 3-D Secure, charges of cards on file, and payments at a terminal.

use super::bank::{self, Form};
use super::notices::Inbox;
use super::support::{CARD, EXPIRY, Story};
use secrecy::SecretString;
use tillgate::domain::customer::Instrument;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::paygate::simulator::{Fault, Merchant, Moved, Script};
use tillgate::processors::paygate::{TERMINAL, TOLD_XID, three_ds};
use tillgate::processors::{Capture, DepositOrder, DepositProcessor, Frames, GivenUp, Opened, TypedCard};

const CHALLENGE: &str = "4000012892688323";
const FRICTIONLESS: &str = "4000019966199434";
const NOT_AUTHENTICATED: &str = "4000011744135012";
const PROTOCOL_ERROR: &str = "4000017873485953";
const FIRST_VERSION: &str = "4012001037141112";
const BROWSER: &str = r#"{"acceptHeaders":"text/html","ipAddress":"192.0.2.1","javaScriptEnabled":true,
    "javaEnabled":false,"language":"de","colorDepth":24,"screenHeight":900,"screenWidth":1600,
    "timeZoneOffset":"-60","userAgent":"a browser"}"#;

fn typed(number: &str) -> TypedCard {
    let track = || SecretString::from(format!("{number}=3012101"));
    TypedCard {
        number: SecretString::from(number.to_owned()),
        month: 12,
        year: 2030,
        code: Some(SecretString::from("123")),
        holder: Some("Jürgen Großmann".to_owned()),
        brand: "VISA".to_owned(),
        store: false,
        tracks: Some((track(), track())),
        browser: Some(BROWSER.to_owned()),
        three_ds_data: None,
    }
}

fn allowed() -> Story {
    Story::with(Merchant::default(), "allow_pan = true\ncharge_stored = true")
}

async fn frames(story: &Story, order: &DepositOrder, number: &str) -> (Frames, String) {
    match story.paygate.open_with_card(order, &typed(number)).await.0 {
        Opened::Frames { frames, reference } => (frames, reference),
        other => panic!("{other:?}"),
    }
}

fn method_form(frames: &Frames) -> Form {
    let field = ("threeDSMethodData".to_owned(), frames.method_data.clone());
    Form { action: frames.method_url.clone(), fields: vec![field] }
}

#[tokio::test]
async fn a_challenge_leads_to_a_payment_or_to_none() {
    for (answer, ends_well) in [("yes", true), ("no", false), ("cancel", false)] {
        let (story, inbox) = (allowed(), Inbox::open());
        let order = story.deposit(1, 2_500, Capture::Manual, &inbox.url);
        let (frames, pay_id) = frames(&story, &order, CHALLENGE).await;
        assert_eq!(frames.version, "2.2.0");
        assert!(matches!(story.paygate.settle(&order).await, DepositOutcome::Open { .. }));
        bank::method(&story.browser, &method_form(&frames)).await;

        // The notice of the authentication tells where the bank asks.
        let notice = story.reads(inbox.take().last().expect("a notice")).expect("read");
        assert!(notice.summary.starts_with("authentication"), "{}", notice.summary);
        assert_eq!(notice.processor_reference.as_deref(), Some(pay_id.as_str()));
        let asks = &notice.told;
        let creq = three_ds::creq(&frames.server_trans_id, &asks[three_ds::ACS_TRANS_ID], &frames.version);
        let form = Form { action: asks[three_ds::ACS_URL].clone(), fields: vec![("creq".to_owned(), creq)] };
        bank::challenge(&story.browser, &story.simulator.base_url, &form, answer).await;
        let payment = story.reads(inbox.take().last().expect("a notice")).expect("read");
        assert_ne!(payment.key, notice.key);
        match story.paygate.settle(&order).await {
            DepositOutcome::Authorized { .. } => assert!(ends_well),
            DepositOutcome::Failed { .. } => assert!(!ends_well),
            other => panic!("{answer}: {other:?}"),
        }
        let authorized = story.simulator.sum(&order.reference, Moved::Authorization);
        assert_eq!(authorized, if ends_well { 2_500 } else { 0 });
    }
}

#[tokio::test]
async fn without_a_challenge_the_method_frame_is_enough() {
    for (number, ends_well) in
        [(FRICTIONLESS, true), (NOT_AUTHENTICATED, false), (PROTOCOL_ERROR, false), (CARD, true)]
    {
        let (story, inbox) = (allowed(), Inbox::open());
        let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
        let (frames, _) = frames(&story, &order, number).await;
        bank::method(&story.browser, &method_form(&frames)).await;
        let told: Vec<_> = inbox.take().iter().map(|raw| story.reads(raw).unwrap().told).collect();
        assert!(told.iter().all(|told| !told.contains_key(three_ds::ACS_URL)), "{told:?}");
        let outcome = story.paygate.settle(&order).await;
        assert_eq!(matches!(outcome, DepositOutcome::Paid { minor: 2_500, .. }), ends_well, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_card_of_the_first_version_takes_the_older_way() {
    for (answer, ends_well) in [("yes", true), ("no", false)] {
        let (story, inbox) = (allowed(), Inbox::open());
        let mut order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
        let (opened, _) = story.paygate.open_with_card(&order, &typed(FIRST_VERSION)).await;
        let Opened::Form { action, fields, reference } = opened else { panic!("{opened:?}") };
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["PaReq", "TermUrl", "MD"]);
        order.processor_reference = reference;
        let base = &story.simulator.base_url;
        let back = bank::first_version(&story.browser, base, &Form { action, fields }, answer).await;
        assert!(back.action.contains("/bank?PayID="), "{}", back.action);
        let pa_res = back.fields.iter().find(|(name, _)| name == "PaRes").expect("PaRes").1.clone();
        // The answer comes twice, and once somebody else's comes with it.
        for text in [&pa_res, &pa_res, &"forged".to_owned()] {
            let outcome = story.paygate.bank_answered(&order, &SecretString::from(text.clone())).await;
            assert_eq!(
                matches!(outcome, DepositOutcome::Paid { minor: 2_500, .. }),
                ends_well,
                "{outcome:?}"
            );
        }
        let captured = story.simulator.sum(&order.reference, Moved::Capture);
        assert_eq!(captured, if ends_well { 2_500 } else { 0 });
    }
}

#[tokio::test]
async fn what_a_call_says_of_the_payment() {
    let more = "allow_pan = true\nbilling_descriptor = 'Till'\n\
                three_ds_policy = { challengePreference = 'requestChallenge' }";
    let (story, inbox) = (Story::with(Merchant::default(), more), Inbox::open());
    let mut order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    for (name, text) in [
        ("recurring", "initial"),
        ("recurring_days", "28"),
        ("recurring_until", "2030-12-31"),
        ("accountInfo", r#"{"accountIdentifier":"a-1"}"#),
        ("UserData", "ours"),
        ("RefNr", "REF7"),
    ] {
        order.extra.insert(name.to_owned(), text.to_owned());
    }
    let card =
        TypedCard { three_ds_data: Some(SecretString::from(r#"{"eci":"05"}"#)), ..typed(FRICTIONLESS) };
    let (opened, _) = story.paygate.open_with_card(&order, &card).await;
    assert!(matches!(opened, Opened::Frames { .. }), "{opened:?}");
    let asked = |name: &str| story.simulator.asked(&order.reference, name);
    assert_eq!(
        asked("credentialOnFile"),
        r#"{"type":{"recurring":{"recurringFrequency":28,"recurringExpiryDate":"2030-12-31"}},"initialPayment":true}"#
    );
    assert_eq!(asked("threeDSPolicy"), r#"{"challengePreference":"requestChallenge"}"#);
    assert_eq!(asked("threeDSData"), r#"{"eci":"05"}"#);
    assert_eq!(asked("accountInfo"), r#"{"accountIdentifier":"a-1"}"#);
    assert!(
        asked("billingAddress").contains(r#""country":{"countryA3":"DEU"}"#),
        "{}",
        asked("billingAddress")
    );
    assert!(asked("billToCustomer").contains("big@example.com"));
    assert!(asked("browserInfo").contains(r#""screenWidth":1600"#), "{}", asked("browserInfo"));
    assert_eq!([asked("UserData"), asked("RefNr"), asked("BillingDescriptor")], ["ours", "REF7", "Till"]);
    assert!(asked("TermURL").ends_with("/bank"), "{}", asked("TermURL"));

    order.extra.remove("recurring_until");
    let (opened, _) = story.paygate.open_with_card(&order, &card).await;
    assert!(
        matches!(&opened, Opened::Refused { reason, .. } if reason.contains("credentialOnFile")),
        "{opened:?}"
    );
}

/// All that its manual lists: from the account, the cashier, and the customer's record.
#[tokio::test]
async fn american_express_gets_its_own_parameters() {
    let more =
        "allow_pan = true\nacquirer = 'capn'\npayment_extra = { ContractID = '12345678', AmountAuth = '1' }";
    let (story, inbox) = (Story::with(Merchant::default(), more), Inbox::open());
    let mut order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    order.reference = "DE0000000000001".to_owned();
    order.customer.street = Some("Domplatz 1".to_owned());
    order.customer.postal_code = Some("50667".to_owned());
    for (name, text) in [
        ("AmountAuth", "2500"),
        ("Phone", "2211234567"),
        ("sdFirstName", "Ann"),
        ("sdLastName", "Groß"),
        ("sdStreet", "Ring 2"),
        ("sdZip", "50667"),
        ("sdCountryCode", "276"),
        ("sdPhone", "221765"),
    ] {
        order.extra.insert(name.to_owned(), text.to_owned());
    }
    let (opened, _) = story.paygate.open_with_card(&order, &typed(FRICTIONLESS)).await;
    assert!(matches!(opened, Opened::Frames { .. }), "{opened:?}");
    for (name, said) in [
        ("RefNr", "DE0000000000001"),
        ("OrderDesc", order.reference.as_str()),
        // What the cashier says wins.
        ("AmountAuth", "2500"),
        ("ContractID", "12345678"),
        ("FirstName", "Juergen"),
        ("LastName", "Grossmann"),
        ("AddrStreet", "Domplatz 1"),
        ("AddrZIP", "50667"),
        ("eMail", "big@example.com"),
        ("Phone", "2211234567"),
        ("sdFirstName", "Ann"),
        ("sdLastName", "Gross"),
        ("sdStreet", "Ring 2"),
        ("sdZip", "50667"),
        ("sdCountryCode", "276"),
        ("sdPhone", "221765"),
    ] {
        assert_eq!(story.simulator.asked(&order.reference, name), said, "{name}");
    }
    order.reference = "DE0000000000002".to_owned();
    order.extra.insert("sdCountryCode".to_owned(), "DE".to_owned());
    let (opened, _) = story.paygate.open_with_card(&order, &typed(FRICTIONLESS)).await;
    assert!(
        matches!(&opened, Opened::Refused { reason, .. } if reason.contains("sdCountryCode")),
        "{opened:?}"
    );
}

#[tokio::test]
async fn what_is_on_file_is_charged_without_the_payer() {
    let (story, inbox) = (allowed(), Inbox::open());
    let mut order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    order.instrument = Some(Instrument {
        issuer: "paygate".to_owned(),
        token: story.simulator.store_card(CARD, EXPIRY, "VISA"),
        brand: "VISA".to_owned(),
        expiry: EXPIRY.to_owned(),
        masked: String::new(),
    });
    let opened = story.paygate.open(&order).await;
    assert!(matches!(opened, Opened::Decided(DepositOutcome::Paid { minor: 2_500, .. })), "{opened:?}");
    assert_eq!(story.simulator.sum(&order.reference, Moved::Capture), 2_500);
    let asked = |name: &str| story.simulator.asked(&order.reference, name);
    assert_eq!(asked("credentialOnFile"), r#"{"type":{"unscheduled":"MIT"},"initialPayment":false}"#);
    assert_eq!([asked("browserInfo"), asked("TermURL"), asked("URLNotify")], ["", "", ""]);
}

#[tokio::test]
async fn card_numbers_are_refused_unless_the_account_allows_them() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    assert!(!story.paygate.takes_cards() && story.paygate.charges().is_none());
    for method in ["card", TERMINAL] {
        let mut order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
        order.method = method.to_owned();
        let (opened, _) = story.paygate.open_with_card(&order, &typed(CARD)).await;
        let Opened::Refused { reason, .. } = opened else { panic!("{opened:?}") };
        assert!(reason.contains("allow_pan") && !reason.contains(CARD), "{reason}");
        assert_eq!(story.paygate.settle(&order).await, DepositOutcome::NotFound);
    }
    // What is missing or wrong is named.
    let story = allowed();
    let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    for (card, named) in [
        (TypedCard { browser: None, ..typed(CARD) }, "browserInfo"),
        (TypedCard { browser: Some("{\"x\":1}".to_owned()), ..typed(CARD) }, "browserInfo"),
        (TypedCard { holder: Some("x".to_owned()), ..typed(CARD) }, "cardholderName"),
        (TypedCard { brand: "Gold".to_owned(), ..typed(CARD) }, "CCBrand"),
        (typed("4111111111111112"), "CCNr"),
    ] {
        let (opened, _) = story.paygate.open_with_card(&order, &card).await;
        assert!(matches!(&opened, Opened::Refused { reason, .. } if reason.contains(named)), "{opened:?}");
    }
    let mut order = order;
    order.method = TERMINAL.to_owned();
    let (opened, _) = story.paygate.open_with_card(&order, &TypedCard { tracks: None, ..typed(CARD) }).await;
    assert!(matches!(&opened, Opened::Refused { reason, .. } if reason.contains("Track2")), "{opened:?}");
}

#[tokio::test]
async fn a_payment_at_a_terminal_is_authorised_and_reversed() {
    let (story, inbox) = (allowed(), Inbox::open());
    let mut order = story.deposit(1, 2_500, Capture::Manual, &inbox.url);
    order.method = TERMINAL.to_owned();
    let (opened, _) = story.paygate.open_with_card(&order, &typed(CARD)).await;
    let Opened::DecidedWith { outcome: DepositOutcome::Authorized { .. }, told } = opened else {
        panic!("{opened:?}")
    };
    assert!(!told["AuthCode"].is_empty() && !told["TID"].is_empty() && told[TOLD_XID].len() == 32);
    assert_eq!(story.simulator.sum(&order.reference, Moved::Authorization), 2_500);
    order.extra.extend(told);
    for _ in 0..2 {
        let given_up = story.paygate.give_up(&order).await;
        assert!(matches!(given_up, GivenUp::Outcome(DepositOutcome::Failed { .. })), "{given_up:?}");
        assert_eq!(story.simulator.sum(&order.reference, Moved::Reversal), 2_500);
    }
}

/// What the platform refuses to reverse is at least not renewed, and that may fail without changing the answer.
#[tokio::test]
async fn an_authorisation_that_stays_is_not_renewed() {
    for lost in
        [None, Some(Fault::DropBefore), Some(Fault::DropAfter), Some(Fault::Refuse("22060075".to_owned()))]
    {
        let (story, inbox) = (allowed(), Inbox::open());
        let mut order = story.deposit(1, 2_500, Capture::Manual, &inbox.url);
        order.method = TERMINAL.to_owned();
        story.paygate.open_with_card(&order, &typed(CARD)).await;
        let script = |endpoint: &str, fault: Fault, times| Script {
            endpoint: Some(endpoint.to_owned()),
            trans_id: Some(order.reference.clone()),
            times,
            call: Some(fault),
            notice: None,
        };
        story.simulator.script(script("reverse.aspx", Fault::Refuse("22060305".to_owned()), 2));
        if let Some(fault) = lost.clone() {
            story.simulator.script(script("cancelAuth.aspx", fault, 1));
        }
        let stopped =
            || story.simulator.payment("sandbox_shop", &order.reference).expect("a payment").renewal_stopped;
        assert!(!stopped());
        let given_up = story.paygate.give_up(&order).await;
        assert!(matches!(&given_up, GivenUp::Refused { code, .. } if code == "22060305"), "{given_up:?}");
        assert_eq!(stopped(), matches!(lost, None | Some(Fault::DropAfter)), "{lost:?}");
        // It moves no money, so it is simply called again with the next wish to give up.
        story.paygate.give_up(&order).await;
        assert!(stopped(), "{lost:?}");
        assert_eq!(story.simulator.sum(&order.reference, Moved::Reversal), 0);
    }
}
