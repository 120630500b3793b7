//! Card payments from server to server with 3-D Secure 2, and payments at a terminal.

use super::notices::Inbox;
use super::support::{CARD, EXPIRY, Story, euro};
use secrecy::SecretString;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::paygate::direct::{
    self, BrowserInfo, CredentialKind, CredentialOnFile, Direct, Initiator, Step,
};
use tillgate::processors::paygate::simulator::{Merchant, Moved};
use tillgate::processors::paygate::values::card::PanCard;
use tillgate::processors::paygate::{stationary, three_ds};
use tillgate::processors::{Capture, DepositProcessor};

const CHALLENGE: &str = "4000012892688323";
const FRICTIONLESS: &str = "4000019966199434";
const NOT_AUTHENTICATED: &str = "4000011744135012";

fn pan(number: &str) -> PanCard {
    PanCard {
        number: SecretString::from(number.to_owned()),
        security_code: Some(SecretString::from("123")),
        expiry: EXPIRY.to_owned(),
        brand: "VISA".to_owned(),
        holder: "Jürgen Großmann".to_owned(),
    }
}

fn browser() -> BrowserInfo {
    BrowserInfo {
        accept_headers: "text/html".to_owned(),
        ip_address: "192.0.2.1".to_owned(),
        java_script_enabled: true,
        java_enabled: Some(false),
        language: "de".to_owned(),
        color_depth: Some(24),
        screen_height: Some(900),
        screen_width: Some(1_600),
        time_zone_offset: Some("-60".to_owned()),
        user_agent: "a browser".to_owned(),
    }
}

fn allowed() -> Story {
    Story::with(Merchant::default(), "allow_pan = true")
}

#[tokio::test]
async fn a_challenge_leads_to_a_payment_or_to_none() {
    for (answer, ends_well) in [("yes", true), ("no", false), ("cancel", false)] {
        let (story, inbox) = (allowed(), Inbox::open());
        let order = story.deposit(1, 2_500, Capture::Manual, &inbox.url);
        let (card, browser) = (pan(CHALLENGE), browser());
        let payment = Direct {
            order: &order,
            card: &card,
            browser: Some(&browser),
            credential: None,
            scheme_reference: None,
            term_url: &order.urls.back,
        };
        let Step::Method(versioning) = direct::pay(story.paygate.client(), &payment).await else { panic!() };
        assert!(versioning.takes_part);
        assert!(matches!(story.paygate.settle(&order).await, DepositOutcome::Open { .. }));
        let fields = [("threeDSMethodData", versioning.method_data.as_str())];
        let (_, json) = story.submits(&versioning.method_url, &fields).await;
        let challenge = three_ds::challenge(&json).expect("a challenge");
        assert!(challenge.mandated);
        let (_, page) = story.submits(&challenge.acs_url, &[("creq", &challenge.creq)]).await;
        assert!(page.contains("Is it really you"), "{page}");
        let (_, json) = story.submits(&format!("{}/answer", challenge.acs_url), &[("answer", answer)]).await;
        let returned = three_ds::returned(story.paygate.client(), &json).expect("the frame's last message");
        assert_eq!(returned.trans_id, order.reference);
        assert_eq!(returned.pay_id, versioning.pay_id);

        // One notice of the authentication, one of the payment, and they are different news.
        let notices: Vec<_> = inbox.take().iter().map(|raw| story.reads(raw).unwrap()).collect();
        assert_eq!(notices.len(), 2);
        assert_ne!(notices[0].key, notices[1].key);
        assert!(notices[0].summary.starts_with("authentication"), "{}", notices[0].summary);
        let outcome = story.paygate.settle(&order).await;
        match outcome {
            DepositOutcome::Authorized { .. } => assert!(ends_well),
            DepositOutcome::Failed { .. } => assert!(!ends_well),
            other => panic!("{answer}: {other:?}"),
        }
        assert_eq!(
            story.simulator.sum(&order.reference, Moved::Authorization),
            if ends_well { 2_500 } else { 0 }
        );
    }
}

#[tokio::test]
async fn without_a_challenge_the_method_frame_is_enough() {
    for (number, ends_well, takes_part) in
        [(FRICTIONLESS, true, true), (NOT_AUTHENTICATED, false, true), (CARD, true, false)]
    {
        let (story, inbox) = (allowed(), Inbox::open());
        let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
        let (card, browser) = (pan(number), browser());
        let payment = Direct {
            order: &order,
            card: &card,
            browser: Some(&browser),
            credential: None,
            scheme_reference: None,
            term_url: &order.urls.back,
        };
        let Step::Method(versioning) = direct::pay(story.paygate.client(), &payment).await else { panic!() };
        assert_eq!(versioning.takes_part, takes_part);
        let fields = [("threeDSMethodData", versioning.method_data.as_str())];
        let (_, json) = story.submits(&versioning.method_url, &fields).await;
        assert_eq!(three_ds::challenge(&json), None);
        assert_eq!(three_ds::returned(story.paygate.client(), &json).unwrap().trans_id, order.reference);
        let outcome = story.paygate.settle(&order).await;
        assert_eq!(matches!(outcome, DepositOutcome::Paid { minor: 2_500, .. }), ends_well, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_series_goes_on_without_the_payer() {
    let (story, inbox) = (allowed(), Inbox::open());
    let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    let card = PanCard { security_code: None, ..pan(&story.simulator.store_card(CARD, EXPIRY, "VISA")) };
    let credential = CredentialOnFile {
        kind: CredentialKind::Unscheduled(Initiator::Merchant),
        initial_payment: false,
        use_case: Some("ucof"),
    };
    let payment = Direct {
        order: &order,
        card: &card,
        browser: None,
        credential: Some(&credential),
        scheme_reference: Some("scheme-1"),
        term_url: "",
    };
    let step = direct::pay(story.paygate.client(), &payment).await;
    assert!(matches!(step, Step::Decided(DepositOutcome::Paid { minor: 2_500, .. })), "{step:?}");
    assert_eq!(story.simulator.sum(&order.reference, Moved::Capture), 2_500);
}

#[tokio::test]
async fn card_numbers_are_refused_unless_the_account_allows_them() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    let (card, browser) = (pan(CARD), browser());
    let payment = Direct {
        order: &order,
        card: &card,
        browser: Some(&browser),
        credential: None,
        scheme_reference: None,
        term_url: &order.urls.back,
    };
    let step = direct::pay(story.paygate.client(), &payment).await;
    let Step::Decided(DepositOutcome::Failed { reason, .. }) = step else { panic!() };
    assert!(reason.contains("allow_pan") && !reason.contains(CARD), "{reason}");
    assert_eq!(story.paygate.settle(&order).await, DepositOutcome::NotFound);
}

#[tokio::test]
async fn a_terminal_payment_is_authorised_and_reversed() {
    let story = allowed();
    let card = pan(CARD);
    let track = SecretString::from(format!("{CARD}=3012101"));
    let payment = stationary::Payment {
        trans_id: "POS-1",
        amount: euro(2_500),
        capture: Capture::Manual,
        card: &card,
        track2: &track,
        track3: &track,
    };
    let stationary::Paid::Authorized(slip) = stationary::pay(story.paygate.client(), &payment).await else {
        panic!()
    };
    assert!(!slip.auth_code.is_empty());
    assert_eq!(story.simulator.sum("POS-1", Moved::Authorization), 2_500);
    stationary::reverse(story.paygate.client(), "POS-1", &slip).await.unwrap();
    assert_eq!(story.simulator.sum("POS-1", Moved::Reversal), 2_500);
    assert!(stationary::reverse(story.paygate.client(), "POS-1", &slip).await.is_err());
}
