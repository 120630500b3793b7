//! What came of an action, and why one is not possible, in the viewer's language.

use crate::backoffice::call::Asked;
use crate::backoffice::parts::Badge;
use crate::backoffice::parts::notice::Notice;
use crate::domain::acting::{Action, Impossible, WrongWords};
use crate::domain::approval::letters;
use crate::domain::money::MoneyError;
use crate::domain::payout::Alert;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::refusal::Refusal;
use crate::operations::acting::{Acted, Done};

/// The key of an action's name in the words.
pub fn label(action: Action) -> &'static str {
    match action {
        Action::Note => "act.note",
        Action::Claim => "act.claim",
        Action::Unclaim => "act.unclaim",
        Action::Mark => "act.mark",
        Action::Unmark => "act.unmark",
        Action::Edit => "act.edit",
        Action::Authorize => "act.authorize",
        Action::Start => "act.start",
        Action::Approve => "act.approve",
        Action::Retry => "act.retry",
        Action::Reject => "act.reject",
        Action::Cancel => "act.cancel",
        Action::Reverse => "act.reverse",
        Action::Hold => "act.hold",
        Action::Unhold => "act.unhold",
        Action::ProposeOutcome => "act.propose_outcome",
        Action::ProposeAdjustment => "act.propose_adjustment",
        Action::DecideOutcome | Action::DecideAdjustment => "act.decide",
    }
}

/// The key of what an action has done.
fn result(action: Action) -> &'static str {
    match action {
        Action::Note => "did.note",
        Action::Claim => "did.claim",
        Action::Unclaim => "did.unclaim",
        Action::Mark => "did.mark",
        Action::Unmark => "did.unmark",
        Action::Edit => "did.edit",
        Action::Authorize => "did.authorize",
        Action::Start => "did.start",
        Action::Approve => "did.approve",
        Action::Retry => "did.retry",
        Action::Reject => "did.reject",
        Action::Cancel => "did.cancel",
        Action::Reverse => "did.reverse",
        Action::Hold => "did.hold",
        Action::Unhold => "did.unhold",
        Action::ProposeOutcome | Action::ProposeAdjustment => "did.propose",
        Action::DecideOutcome | Action::DecideAdjustment => "did.decide",
    }
}

/// What was done, in the viewer's language: an operation's own words are the trail's and the cashier's.
pub fn did(asked: &Asked, action: Action, done: &Done) -> String {
    let key = if done.cashier_asked { "did.cashier_asked" } else { result(action) };
    asked.say(key).to_owned()
}

/// What somebody should look at.
fn alert(asked: &Asked, name: &'static str) -> String {
    let alerts = [
        (Alert::DebitedLate, "alert.debited_late"),
        (Alert::ReversalDiffers, "alert.reversal_differs"),
        (Alert::UnknownProcessor, "alert.unknown_processor"),
        (Alert::ApprovedWhileHeld, "alert.approved_while_held"),
        (Alert::ApprovedUnmarked, "alert.approved_unmarked"),
    ];
    let known = alerts.into_iter().find(|(alert, _)| alert.name() == name);
    known.map_or(name, |(_, key)| asked.words.say(key)).to_owned()
}

pub fn told(asked: &Asked, action: Action, acted: &Acted) -> Notice {
    let name = asked.say(label(action));
    match acted {
        Acted::Done(done) => {
            let text = asked.fill("act.done", &[("act", name), ("what", &did(asked, action, done))]);
            let notice = if done.alerts.is_empty() { Notice::good(text) } else { Notice::alarm(text) };
            done.alerts.iter().fold(notice, |notice, name| notice.with(alert(asked, name)))
        }
        Acted::Impossible(why) => {
            Notice::bad(asked.fill("act.refused", &[("act", name), ("why", &reason(asked, why))]))
        }
    }
}

/// Why something can't be done now.
pub fn reason(asked: &Asked, why: &Impossible) -> String {
    let status = |status: PayoutStatus| Badge::payout(status, asked.words).word;
    let time = |at: chrono::DateTime<chrono::Utc>| asked.when(at.timestamp_micros()).text();
    let fill = |key: &str, values: &[(&str, &str)]| asked.fill(key, values);
    match why {
        Impossible::NotFound => asked.say("why.not_found").to_owned(),
        Impossible::Role { .. } => asked.say("why.role").to_owned(),
        Impossible::Refused(refusal) => refused(asked, refusal),
        Impossible::Words { field, wrong } => words(asked, field, *wrong),
        Impossible::There { status: at } => fill("why.there", &[("status", &status(*at))]),
        Impossible::Ended { status: at } => fill("why.ended", &[("status", &status(*at))]),
        Impossible::Ending { to } => fill("why.ending", &[("status", &status(*to))]),
        Impossible::NotYet { .. } => asked.say("why.not_yet").to_owned(),
        Impossible::Stale { news } => fill("why.stale", &[("news", news)]),
        Impossible::Held { by, why } => fill("why.held", &[("by", by), ("why", why)]),
        Impossible::NotHeld => asked.say("why.not_held").to_owned(),
        Impossible::Claimed { by, until } => fill("why.claimed", &[("by", by), ("until", &time(*until))]),
        Impossible::NotClaimed => asked.say("why.not_claimed").to_owned(),
        Impossible::MarksMissing { missing } => fill("why.marks_missing", &[("marks", &letters(missing))]),
        Impossible::Marked { mark, by } => fill("why.marked", &[("mark", mark.letter()), ("by", by)]),
        Impossible::AllMarked => asked.say("why.all_marked").to_owned(),
        Impossible::NotMarked => asked.say("why.not_marked").to_owned(),
        Impossible::PastMarks { status: at } => fill("why.past_marks", &[("status", &status(*at))]),
        Impossible::FourEyes => asked.say("why.four_eyes").to_owned(),
        Impossible::OverLimit { most } => fill("why.over_limit", &[("most", &asked.money(*most))]),
        Impossible::NothingUnknown => asked.say("why.nothing_unknown").to_owned(),
        Impossible::BeingSent => asked.say("why.being_sent").to_owned(),
        Impossible::BeingAsked => asked.say("why.being_asked").to_owned(),
        Impossible::Proposed { by } => fill("why.proposed", &[("by", by)]),
        Impossible::OwnProposal => asked.say("why.own_proposal").to_owned(),
        Impossible::OthersProposal { by } => fill("why.others_proposal", &[("by", by)]),
        Impossible::AlreadyDecided { state, by } => {
            let state = crate::backoffice::pages::proposals::state(asked, *state).word;
            fill("why.decided", &[("state", &state), ("by", by)])
        }
        Impossible::Overtaken { now } => fill("why.overtaken", &[("now", now)]),
    }
}

/// What is wrong with a text that was typed.
fn words(asked: &Asked, field: &str, wrong: WrongWords) -> String {
    let fill = |key: &str, most: &str| asked.fill(key, &[("field", named(asked, field)), ("most", most)]);
    match wrong {
        WrongWords::Empty => fill("wrong.empty", ""),
        WrongWords::Long { most } => fill("wrong.long", &most.to_string()),
        WrongWords::Control => fill("wrong.control", ""),
        WrongWords::CardNumber => fill("wrong.card_number", ""),
    }
}

/// A field of the cashier's contract in the words of the forms.
fn named<'a>(asked: &'a Asked, field: &'a str) -> &'a str {
    match field {
        "Reason" => asked.say("reason"),
        "Note" => asked.say("act.note.text"),
        "Reference" => asked.say("one.processor_reference"),
        "TransactionID" => asked.say("payouts.transaction"),
        "Amount" => asked.say("payouts.amount"),
        "Fee" => asked.say("payouts.fee"),
        "PP" => asked.say("payouts.processor"),
        other => other,
    }
}

/// An amount that can't be read.
pub fn bad_money(asked: &Asked, error: &MoneyError) -> String {
    match error {
        MoneyError::NotDecimal => asked.say("money.not_decimal").to_owned(),
        MoneyError::TooPrecise { currency } => {
            let decimals = currency.decimals().to_string();
            asked.fill("money.too_precise", &[("currency", currency.code()), ("decimals", &decimals)])
        }
        MoneyError::NotWhole => asked.say("money.not_whole").to_owned(),
        MoneyError::NotPositive => asked.say("money.not_positive").to_owned(),
        MoneyError::Overflow => asked.say("money.overflow").to_owned(),
        MoneyError::MixedCurrencies { left, right } => {
            asked.fill("money.mixed", &[("left", left.code()), ("right", right.code())])
        }
    }
}

/// What the rules of payouts and customers refuse.
fn refused(asked: &Asked, refusal: &Refusal) -> String {
    let status = |status: PayoutStatus| Badge::payout(status, asked.words).word;
    let say = |key: &str| asked.words.fill(key, &[]);
    let fill = |key: &str, values: &[(&str, &str)]| asked.fill(key, values);
    match refusal {
        Refusal::BadField { field, reason } => {
            fill("refused.field", &[("field", named(asked, field)), ("reason", reason)])
        }
        Refusal::CustomerNotFound => say("refused.customer_not_found"),
        Refusal::CustomerBlocked => say("refused.customer_blocked"),
        Refusal::CustomerNotAuthenticated => say("refused.not_authenticated"),
        Refusal::OtherFrontEnd => say("refused.other_front_end"),
        Refusal::CurrencyMismatch { expected, got } => {
            fill("refused.currency", &[("expected", expected.code()), ("got", got)])
        }
        Refusal::InsufficientFunds { available, needed } => fill(
            "refused.funds",
            &[("available", &asked.money(*available)), ("needed", &asked.money(*needed))],
        ),
        Refusal::Limit { reason } => {
            fill("refused.field", &[("field", named(asked, "Amount")), ("reason", reason)])
        }
        Refusal::ProcessorUnknown { name } => fill("refused.processor", &[("name", name)]),
        Refusal::CustomerRule { reason } => fill("refused.rule", &[("reason", reason)]),
        Refusal::PayoutNotFound => say("why.not_found"),
        Refusal::DepositNotFound => say("refused.deposit_not_found"),
        Refusal::IllegalStep { from, to, .. } => {
            fill("refused.step", &[("from", &status(*from)), ("to", &status(*to))])
        }
        Refusal::IllegalDepositStep { from, to } => fill("refused.step", &[("from", from), ("to", to)]),
        Refusal::OutcomeOpen { .. } => say("refused.open"),
        Refusal::AmountFixed { field, held, got } => fill(
            "refused.fixed",
            &[("field", named(asked, field)), ("held", &asked.money(*held)), ("got", &asked.money(*got))],
        ),
        Refusal::Conflict { field } => fill("refused.conflict", &[("field", named(asked, field))]),
        Refusal::AlreadyReversed => say("refused.reversed"),
    }
}
