//! What the rules of payouts, customers and names refuse.

use crate::backoffice::parts::Badge;
use crate::backoffice::voice::Voice;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::money::MoneyError;
use crate::domain::payout::obstacle::Obstacle;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::people::GrantError;
use crate::domain::processor_name::NameError;
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;

pub fn refused(voice: Voice, refusal: &Refusal) -> String {
    let status = |status: PayoutStatus| Badge::payout(status, voice.words).word;
    let say = |key: &str| voice.fill(key, &[]);
    let fill = |key: &str, values: &[(&str, &str)]| voice.fill(key, values);
    let of_field = |field: &str, why: &Reason| {
        fill("refused.field", &[("field", named(voice, field)), ("reason", &reason(voice, why))])
    };
    match refusal {
        Refusal::BadField { field, reason } => of_field(field, reason),
        Refusal::Limit { reason } => of_field("Amount", reason),
        Refusal::CustomerRule { reason: why } => fill("refused.rule", &[("reason", &reason(voice, why))]),
        Refusal::CustomerNotFound => say("refused.customer_not_found"),
        Refusal::CustomerBlocked => say("refused.customer_blocked"),
        Refusal::CustomerNotAuthenticated => say("refused.not_authenticated"),
        Refusal::OtherFrontEnd => say("refused.other_front_end"),
        Refusal::CurrencyMismatch { expected, got } => {
            fill("refused.currency", &[("expected", expected.code()), ("got", got)])
        }
        Refusal::InsufficientFunds { available, needed } => fill(
            "refused.funds",
            &[("available", &voice.money(*available)), ("needed", &voice.money(*needed))],
        ),
        Refusal::ProcessorUnknown { name } => fill("refused.processor", &[("name", name)]),
        Refusal::PayoutNotFound => say("why.not_found"),
        Refusal::DepositNotFound => say("refused.deposit_not_found"),
        Refusal::IllegalStep { why: Some(why), .. } => say(obstacle(*why)),
        Refusal::IllegalStep { from, to, why: None } => {
            fill("refused.step", &[("from", &status(*from)), ("to", &status(*to))])
        }
        Refusal::IllegalDepositStep { from, to } => {
            let status = |name: &str| match DepositStatus::from_name(name) {
                Some(status) => Badge::deposit(status, voice.words).word,
                // The one step that is no status.
                None => say("deposits.refunded"),
            };
            fill("refused.step", &[("from", &status(from)), ("to", &status(to))])
        }
        Refusal::OutcomeOpen { .. } => say("refused.open"),
        Refusal::AmountFixed { field, held, got } => fill(
            "refused.fixed",
            &[("field", named(voice, field)), ("held", &voice.money(*held)), ("got", &voice.money(*got))],
        ),
        Refusal::Conflict { field } => fill("refused.conflict", &[("field", named(voice, field))]),
        Refusal::AlreadyReversed => say("refused.reversed"),
    }
}

fn reason(voice: Voice, reason: &Reason) -> String {
    let key = match reason {
        Reason::Money(error) => return money(voice, error),
        Reason::Processor(said) => return voice.fill("reason.processor", &[("said", said)]),
        // What a door tells a program; no operation behind a page says it, which the rooms' test holds.
        Reason::Text(_) => "reason.text",
        Reason::Zero => "reason.zero",
        Reason::NotSmaller => "reason.not_smaller",
        Reason::BelowLimit => "reason.below_limit",
        Reason::AboveLimit => "reason.above_limit",
        Reason::NoEdits => "reason.no_edits",
        Reason::TooLateToEdit => "reason.too_late_to_edit",
        Reason::NothingChanged => "reason.nothing_changed",
        Reason::MoreThanAuthorized => "reason.more_than_authorized",
        Reason::MoreThanCaptured => "reason.more_than_captured",
        Reason::MoreThanNotGivenBack => "reason.more_than_left",
        Reason::OpenPayouts => "reason.open_payouts",
        Reason::Unnamed => "reason.unnamed",
        Reason::Prepared => "reason.prepared",
        Reason::NeedsApprovals => "reason.needs_approvals",
        Reason::AnothersPayment => "reason.anothers_payment",
        Reason::WithoutTransferType => "reason.without_transfer_type",
        Reason::CardNumber => "reason.card_number",
    };
    voice.fill(key, &[])
}

fn obstacle(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::OwnMethod => "obstacle.own_method",
        Obstacle::NotDebited => "obstacle.not_debited",
        Obstacle::ApproveFirst => "obstacle.approve_first",
        Obstacle::NotInProgress => "obstacle.not_in_progress",
        Obstacle::Held => "obstacle.held",
        Obstacle::AboutToBeSent => "obstacle.about_to_be_sent",
        Obstacle::PaidAlready | Obstacle::PaidOut => "obstacle.paid_out",
        Obstacle::NotOurs => "obstacle.not_ours",
        Obstacle::NothingHeld => "obstacle.nothing_held",
        Obstacle::RefusedThere => "obstacle.refused_there",
        Obstacle::NotPaidOut => "obstacle.not_paid_out",
        Obstacle::OperatorsAlone => "obstacle.operators_alone",
        Obstacle::NotByCustomer => "obstacle.not_by_customer",
    }
}

/// A field of the cashier's contract in the words of the forms.
pub(super) fn named(voice: Voice, field: &str) -> &str {
    let key = match field {
        "Reason" => "reason",
        "Note" => "act.note.text",
        "Reference" => "one.processor_reference",
        "TransactionID" => "payouts.transaction",
        "Amount" => "payouts.amount",
        "Fee" => "payouts.fee",
        "PP" => "payouts.processor",
        "UpdatedBy" => "payouts.updated_by",
        "Payout" => "list.payout",
        "Amount, Fee and PP" | "Amount, Fee or PP" => "one.terms",
        other => return other,
    };
    voice.words.say(key)
}

/// An amount that can't be read.
pub fn money(voice: Voice, error: &MoneyError) -> String {
    match error {
        MoneyError::NotDecimal => voice.fill("money.not_decimal", &[]),
        MoneyError::TooPrecise { currency } => {
            let decimals = currency.decimals().to_string();
            voice.fill("money.too_precise", &[("currency", currency.code()), ("decimals", &decimals)])
        }
        MoneyError::NotWhole => voice.fill("money.not_whole", &[]),
        MoneyError::NotPositive => voice.fill("money.not_positive", &[]),
        MoneyError::Overflow => voice.fill("money.overflow", &[]),
        MoneyError::MixedCurrencies { left, right } => {
            voice.fill("money.mixed", &[("left", left.code()), ("right", right.code())])
        }
    }
}

/// A processor's name that can't be taken.
pub fn processor_name(voice: Voice, error: &NameError) -> String {
    match error {
        NameError::TooLong { longest } => voice.fill("wrong_name.long", &[("longest", &longest.to_string())]),
        NameError::Unknown => voice.fill("wrong_name.unknown", &[]),
    }
}

/// A role that can't be read.
pub fn grant(voice: Voice, error: &GrantError) -> String {
    match error {
        GrantError::Role(text) => {
            let roles = crate::domain::people::Role::names();
            voice.fill("wrong_grant.role", &[("text", text), ("roles", &roles)])
        }
        GrantError::FrontEnd(text) => voice.fill("wrong_grant.front_end", &[("text", text)]),
    }
}
