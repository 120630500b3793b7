//! Walks everything that can be said to be wrong, in German, and finds no English in it.

use super::*;
use crate::backoffice::words::Words;
use crate::domain::acting::Action;
use crate::domain::acting::news::News;
use crate::domain::approval::Mark;
use crate::domain::deed::Deed;
use crate::domain::ids::{PayoutId, path};
use crate::domain::ledger::{AccountKind, Kind};
use crate::domain::money::{Currency, Money, MoneyError};
use crate::domain::payout::obstacle::Obstacle;
use crate::domain::people::GrantError;
use crate::domain::processor_name::NameError;
use crate::domain::proposal::ProposalState;
use crate::domain::reason::Reason;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::remark::Remark;
use crate::store::lists::payout::Fact;
use crate::store::outbox::Task;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn voice(language: &str) -> Voice {
    Voice { words: Words::of(language), zone: chrono_tz::Europe::Berlin }
}

fn euros(minor: i64) -> Money {
    Money::from_minor(minor, Currency::find("EUR").expect("a currency"))
}

fn anna() -> String {
    "anna".to_owned()
}

fn money_errors() -> Vec<MoneyError> {
    let currency = euros(0).currency();
    vec![
        MoneyError::NotDecimal,
        MoneyError::TooPrecise { currency },
        MoneyError::NotWhole,
        MoneyError::NotPositive,
        MoneyError::Overflow,
        MoneyError::MixedCurrencies { left: currency, right: currency },
    ]
}

/// What a match can tell apart; a new kind does not compile until it has a number here, and is missed until it is listed.
fn number_of_reason(reason: &Reason) -> usize {
    match reason {
        Reason::Money(_) => 0,
        Reason::Zero => 1,
        Reason::NotSmaller => 2,
        Reason::BelowLimit => 3,
        Reason::AboveLimit => 4,
        Reason::NoEdits => 5,
        Reason::TooLateToEdit => 6,
        Reason::NothingChanged => 7,
        Reason::MoreThanAuthorized => 8,
        Reason::MoreThanCaptured => 9,
        Reason::MoreThanNotGivenBack => 10,
        Reason::OpenPayouts => 11,
        Reason::Unnamed => 12,
        Reason::Prepared => 13,
        Reason::NeedsApprovals => 14,
        Reason::AnothersPayment => 15,
        Reason::Processor(_) => 16,
        Reason::WithoutTransferType => 17,
        Reason::CardNumber => 18,
        Reason::Text(_) => 19,
    }
}

fn reasons() -> Vec<Reason> {
    let plain = [
        Reason::Zero,
        Reason::NotSmaller,
        Reason::BelowLimit,
        Reason::AboveLimit,
        Reason::NoEdits,
        Reason::TooLateToEdit,
        Reason::NothingChanged,
        Reason::MoreThanAuthorized,
        Reason::MoreThanCaptured,
        Reason::MoreThanNotGivenBack,
        Reason::OpenPayouts,
        Reason::Unnamed,
        Reason::Prepared,
        Reason::NeedsApprovals,
        Reason::AnothersPayment,
        Reason::Processor("4711".to_owned()),
        Reason::WithoutTransferType,
        Reason::CardNumber,
        Reason::Text("must be told to a program only".to_owned()),
    ];
    let all: Vec<Reason> = money_errors().into_iter().map(Reason::Money).chain(plain).collect();
    covers(all.iter().map(number_of_reason));
    all
}

/// Every number from zero on is there.
fn covers(numbers: impl Iterator<Item = usize>) {
    let numbers: BTreeSet<usize> = numbers.collect();
    assert!(numbers.iter().copied().eq(0..numbers.len()), "one is not listed: {numbers:?}");
}

fn number_of_refusal(refusal: &Refusal) -> usize {
    match refusal {
        Refusal::BadField { .. } => 0,
        Refusal::CustomerNotFound => 1,
        Refusal::CustomerBlocked => 2,
        Refusal::CustomerNotAuthenticated => 3,
        Refusal::OtherFrontEnd => 4,
        Refusal::CurrencyMismatch { .. } => 5,
        Refusal::InsufficientFunds { .. } => 6,
        Refusal::Limit { .. } => 7,
        Refusal::ProcessorUnknown { .. } => 8,
        Refusal::CustomerRule { .. } => 9,
        Refusal::PayoutNotFound => 10,
        Refusal::DepositNotFound => 11,
        Refusal::IllegalStep { .. } => 12,
        Refusal::IllegalDepositStep { .. } => 13,
        Refusal::OutcomeOpen { .. } => 14,
        Refusal::AmountFixed { .. } => 15,
        Refusal::Conflict { .. } => 16,
        Refusal::AlreadyReversed => 17,
    }
}

/// The fields that operations behind pages name.
const FIELDS: [&str; 9] = [
    "Reason",
    "Note",
    "Reference",
    "Amount",
    "Fee",
    "UpdatedBy",
    "Payout",
    "Amount, Fee and PP",
    "Amount, Fee or PP",
];

fn refusals() -> Vec<Refusal> {
    let (from, to) = (PayoutStatus::Authorized, PayoutStatus::Reversed);
    let field = "Fee";
    let mut all = vec![
        Refusal::CustomerNotFound,
        Refusal::CustomerBlocked,
        Refusal::CustomerNotAuthenticated,
        Refusal::OtherFrontEnd,
        Refusal::CurrencyMismatch { expected: euros(0).currency(), got: "USD".to_owned() },
        Refusal::InsufficientFunds { available: euros(1), needed: euros(2) },
        Refusal::ProcessorUnknown { name: "X9".to_owned() },
        Refusal::PayoutNotFound,
        Refusal::DepositNotFound,
        Refusal::IllegalStep { from, to, why: None },
        Refusal::IllegalDepositStep { from: "Pending", to: "refunded" },
        Refusal::IllegalDepositStep { from: "Declined", to: "Credited" },
        Refusal::OutcomeOpen { payout: PayoutId(7) },
        Refusal::AmountFixed { field, held: euros(1), got: euros(2) },
        Refusal::Conflict { field },
        Refusal::AlreadyReversed,
    ];
    for field in FIELDS {
        all.push(Refusal::field(field, Reason::Zero));
    }
    for reason in reasons() {
        all.push(Refusal::field(field, reason.clone()));
        all.push(Refusal::Limit { reason: reason.clone() });
        all.push(Refusal::CustomerRule { reason });
    }
    all.extend(Obstacle::ALL.map(|why| Refusal::IllegalStep { from, to, why: Some(why) }));
    covers(all.iter().map(number_of_refusal));
    all
}

fn number_of(impossible: &Impossible) -> usize {
    match impossible {
        Impossible::NotFound => 0,
        Impossible::Role { .. } => 1,
        Impossible::Refused(_) => 2,
        Impossible::Words { .. } => 3,
        Impossible::There { .. } => 4,
        Impossible::Ended { .. } => 5,
        Impossible::NotYet { .. } => 6,
        Impossible::Stale { .. } => 7,
        Impossible::Ending { .. } => 8,
        Impossible::Held { .. } => 9,
        Impossible::NotHeld => 10,
        Impossible::Claimed { .. } => 11,
        Impossible::NotClaimed => 12,
        Impossible::MarksMissing { .. } => 13,
        Impossible::Marked { .. } => 14,
        Impossible::AllMarked => 15,
        Impossible::NotMarked => 16,
        Impossible::PastMarks { .. } => 17,
        Impossible::FourEyes => 18,
        Impossible::OverLimit { .. } => 19,
        Impossible::NothingUnknown => 20,
        Impossible::BeingSent => 21,
        Impossible::BeingAsked => 22,
        Impossible::Proposed { .. } => 23,
        Impossible::OwnProposal => 24,
        Impossible::OthersProposal { .. } => 25,
        Impossible::AlreadyDecided { .. } => 26,
        Impossible::Overtaken { .. } => 27,
    }
}

/// Kinds of facts that are a payout's last change, with what moved by them.
const CHANGES: [(&str, &str, &str); 20] = [
    ("payout.created", "", "Requested"),
    ("payout.updated", "Requested", "Authorized"),
    ("payout.edited", "Requested", "Requested"),
    ("payout.reversed", "Approved", "Reversed"),
    ("payout.retried", "InProgress", "InProgress"),
    ("payout.attempt", "Sending", "Unknown"),
    ("payout.attempt_contradicted", "Succeeded", "Refused"),
    ("payout.claimed", "Requested", "Requested"),
    ("payout.unclaimed", "Requested", "Requested"),
    ("payout.marked", "Requested", "Requested"),
    ("payout.unmarked", "Requested", "Requested"),
    ("payout.held", "InProgress", "InProgress"),
    ("payout.unheld", "InProgress", "InProgress"),
    ("payout.end_asked", "Requested", "Rejected"),
    ("payout.end_promised", "Requested", "Cancelled"),
    ("payout.end_refused", "Requested", "Rejected"),
    ("proposal.made", "", "Open"),
    ("proposal.decided", "Open", "Withdrawn"),
    ("notice.received", "", ""),
    ("payout.updated", "InProgress", "Approved"),
];

fn impossibles() -> Vec<Impossible> {
    let status = PayoutStatus::InProgress;
    let at = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let (mark, by) = (Mark::ALL[0], anna());
    let mut all = vec![
        Impossible::NotFound,
        Impossible::There { status },
        Impossible::Ended { status: PayoutStatus::Rejected },
        Impossible::NotYet { why: "the processor has not confirmed the payout yet, please repeat" },
        Impossible::Stale { news: None },
        Impossible::Ending { to: PayoutStatus::Cancelled },
        Impossible::Held { by: anna(), why: "geprüft".to_owned() },
        Impossible::NotHeld,
        Impossible::Claimed { by: anna(), until: at },
        Impossible::NotClaimed,
        Impossible::MarksMissing { missing: Mark::ALL.to_vec() },
        Impossible::Marked { mark, by },
        Impossible::AllMarked,
        Impossible::NotMarked,
        Impossible::PastMarks { status },
        Impossible::FourEyes,
        Impossible::OverLimit { most: euros(100) },
        Impossible::NothingUnknown,
        Impossible::BeingSent,
        Impossible::BeingAsked,
        Impossible::Proposed { by: anna() },
        Impossible::OwnProposal,
        Impossible::OthersProposal { by: anna() },
        Impossible::Overtaken { now: Moved::Anew { stood: "sent 2026".to_owned() } },
        Impossible::Overtaken { now: Moved::On(Box::new(Impossible::NothingUnknown)) },
    ];
    all.extend(Action::ALL.map(|action| Impossible::Role { action }));
    all.extend(refusals().into_iter().map(Impossible::Refused));
    for wrong in
        [WrongWords::Empty, WrongWords::Long { most: 9 }, WrongWords::Control, WrongWords::CardNumber]
    {
        all.extend(["Reason", "Note", "Reference"].map(|field| Impossible::Words { field, wrong }));
    }
    for state in ProposalState::ALL {
        all.push(Impossible::AlreadyDecided { state, by: anna() });
    }
    for (kind, from, to) in CHANGES {
        for who in ["operator/anna", "cashier", "worker", "", "processor/x1"] {
            let [who, kind, from, to] = [who, kind, from, to].map(str::to_owned);
            all.push(Impossible::Stale { news: Some(News { who, kind, from, to }) });
        }
    }
    covers(all.iter().map(number_of));
    all
}

/// Everything that a page may have to explain, in one language.
fn explained(voice: Voice) -> Vec<String> {
    let mut said: Vec<String> = impossibles().iter().map(|why| impossible(voice, why)).collect();
    said.extend(money_errors().iter().map(|error| money(voice, error)));
    let names = [NameError::TooLong { longest: 25 }, NameError::Unknown];
    said.extend(names.iter().map(|error| processor_name(voice, error)));
    said.push(grant(voice, &GrantError::FrontEnd("x".to_owned())));
    said
}

/// Words that English can hardly do without and German does not have.
const ENGLISH: &[&str] = &[
    "are",
    "nothing",
    "nobody",
    "missing",
    "given",
    "the",
    "is",
    "it",
    "its",
    "not",
    "must",
    "may",
    "than",
    "of",
    "be",
    "by",
    "and",
    "has",
    "have",
    "you",
    "your",
    "there",
    "already",
    "before",
    "above",
    "below",
    "more",
    "what",
    "who",
    "can't",
    "never",
    "only",
    "another",
    "amount",
    "fee",
    "payout",
    "deposit",
    "customer",
    "processor",
    "limit",
    "reason",
    "note",
    "reference",
    "no",
    "somebody",
    "house",
    "cashier",
    "now",
    "to",
    "with",
    "changed",
    "requested",
    "authorized",
    "rejected",
    "approved",
    "cancelled",
    "reversed",
    "sent",
    "unknown",
    "paid",
    "open",
    "withdrawn",
    "proposal",
    "refused",
    "yet",
    "again",
];

#[test]
fn nothing_that_a_page_explains_in_german_is_english() {
    let (german, english) = (explained(voice("de")), explained(voice("en")));
    for (german, english) in german.iter().zip(&english) {
        let lower = german.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphabetic() && c != '\'');
        let left: Vec<&str> = words.filter(|word| ENGLISH.contains(word)).collect();
        assert!(left.is_empty(), "{left:?} in `{german}`");
        assert_ne!(german, english);
        assert!(!german.contains(['{', '}', '_']), "{german}");
        assert!(!english.contains(['{', '}', '_']), "{english}");
    }
    // The list of English words is of use: nearly every English text has one of them.
    let found = english.iter().filter(|text| {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphabetic() && c != '\'').any(|word| ENGLISH.contains(&word))
    });
    let found = found.count();
    assert!(found * 20 >= english.len() * 19, "{found} of {}", english.len());
}

#[test]
fn a_stale_page_says_who_did_what_in_the_viewers_words() {
    let [who, kind, from, to] =
        ["operator/anna", "payout.updated", "Requested", "Authorized"].map(str::to_owned);
    let why = Impossible::Stale { news: Some(News { who, kind, from, to }) };
    assert_eq!(
        impossible(voice("de"), &why),
        "Sie hat sich geändert, seit Sie hinsahen: anna: Weitergeführt, Angefragt → Autorisiert. Bitte noch einmal ansehen."
    );
}

fn fact(kind: &str, why: &str, detail: Value) -> Fact {
    let [kind, why, who, from, to, request_id] =
        [kind, why, "worker", "Requested", "", ""].map(str::to_owned);
    Fact { kind, who, why, from, to, request_id, detail }
}

/// Everything that the trail, errands and the books can say of themselves, in one language.
fn told(voice: Voice) -> Vec<String> {
    let mut told: Vec<String> = Deed::ALL.iter().map(|deed| kind(voice, deed.name())).collect();
    told.extend(Kind::ALL.map(|kind| booked(voice, kind)));
    told.extend(Task::ALL.map(|one| task(voice, one.name())));
    told.extend(
        ["capture 7 1000", "charge", "debit", "cancel", "release", "suspense"]
            .map(|step| attempted(voice, step)),
    );
    told.extend(AccountKind::ALL.map(|kind| account(voice, &path(&[kind.name(), "X/1"]))));
    for remark in Remark::ALL {
        told.push(said(voice, remark.text()));
        told.push(said(voice, &format!("{remark} (code 21000068)")));
        told.push(said(voice, &format!("4711: {remark}")));
    }
    for code in
        RefusalCode::ALL.map(RefusalCode::name).into_iter().chain(impossibles().iter().map(Impossible::code))
    {
        let fact = fact(Deed::ActionRefused.name(), "the wording", json!({ "code": code }));
        told.push(why(voice, &fact));
    }
    let values = [
        ("verdict", vec!["paid", "not_paid", "adjust"]),
        ("matter", vec!["attempt", "refund", "deposit", "balance"]),
        ("wanted", vec!["Rejected", "Cancelled"]),
        ("action", Action::ALL.map(Action::name).to_vec()),
        ("postings", vec!["fees/X"]),
    ];
    for (name, value) in
        values.iter().flat_map(|(name, values)| values.iter().map(move |value| (*name, *value)))
    {
        let detail = if name == "postings" { json!([format!("{value}: 1.00 EUR")]) } else { json!(value) };
        let told_details = details(voice, &fact(Deed::PayoutCreated.name(), "", json!({ name: detail })));
        told.extend(told_details.into_iter().map(|(name, text)| format!("{name}: {text}")));
    }
    told
}

#[test]
fn nothing_that_the_trail_tells_in_german_is_english() {
    let (german, english) = (told(voice("de")), told(voice("en")));
    for (german, english) in german.iter().zip(&english) {
        let lower = german.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphabetic() && c != '\'');
        assert_eq!(words.find(|word| ENGLISH.contains(word)), None, "{german}");
        assert_ne!(german, english);
        for text in [german, english] {
            assert!(!text.contains(['{', '}', '_']) && !text.contains('"'), "{text}");
        }
        // No text of a key that has none.
        for prefix in ["fact.", "code.", "task.", "account.", "remark.", "detail."] {
            assert!(!german.starts_with(prefix), "{german}");
        }
    }
}

/// What operations put among the details of a fact, by the calls in their texts.
#[test]
fn every_detail_of_the_trail_has_a_name_in_the_viewers_words() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![root.join("store/anchors.rs"), root.join("backoffice/pages/payouts/export.rs")];
    let mut folders = vec![root.join("operations"), root.join("notifications")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a text");
        let calls = text.split(".with(\"").skip(1).filter_map(|rest| rest.split('"').next());
        names.extend(calls.map(str::to_owned));
    }
    assert!(names.len() > 20, "the calls are found: {names:?}");
    for name in names {
        for language in ["de", "en"] {
            let key = format!("detail.{name}");
            assert_ne!(voice(language).say(&key), key, "{language}");
        }
    }
}

#[test]
fn what_others_said_is_quoted_and_what_we_say_ourselves_is_told() {
    let voice = voice("de");
    assert_eq!(said(voice, ""), "");
    assert_eq!(said(voice, "Card expired"), "„Card expired“");
    assert_eq!(said(voice, "2060: Card expired"), "„2060: Card expired“");
    assert_eq!(said(voice, "the outcome is not known"), "Der Ausgang ist nicht bekannt");
    assert_eq!(
        said(voice, "the code is not known (code 21000068)"),
        "Der Code ist nicht bekannt (Code 21000068)"
    );
    assert_eq!(
        said(voice, "its cashier does not end it: 3 too late"),
        "Ihre Kasse beendet sie nicht: „3 too late“"
    );
    assert_eq!(
        said(voice, "NOT-FOUND: the customer never came to the processor"),
        "NOT-FOUND: Der Kunde kam nie beim Prozessor an"
    );
    let refused = fact("call.refused", "Amount must be greater than zero", json!({ "code": "bad_field" }));
    assert_eq!(why(voice, &refused), "Ein Feld ist falsch");
    let wording = ("Wortlaut".to_owned(), "„Amount must be greater than zero“".to_owned());
    assert_eq!(details(voice, &refused).last(), Some(&wording));
    assert_eq!(account(voice, "customer/Casino A%2FB/47/11"), "Kunde Casino A/B, 47, 11");
    assert_eq!(account(voice, "customer/Casino EUR/4711"), "Kunde 4711, Casino EUR");
    assert_eq!(doer(voice, "platform/shop"), "shop der Plattform");
}
