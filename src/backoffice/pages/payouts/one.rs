//! One payout: where it stands, what can be done now, what happened.

use super::act::needs_code;
use super::describe::label;
use super::{sight, timeline};
use crate::backoffice::call::Asked;
use crate::backoffice::explain::{self, impossible};
use crate::backoffice::parts::raw::{CsrfField, Facts};
use crate::backoffice::parts::when::age;
use crate::backoffice::parts::{Badge, Cell, Table, Tone};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::backoffice::words::Words;
use crate::domain::acting::{Action, Impossible, Weight};
use crate::domain::approval::{Handling, Mark};
use crate::domain::ids::PayoutId;
use crate::domain::payout::{Named, Payout};
use crate::domain::people::Right;
use crate::domain::proposal::{Proposal, ProposalState, Verdict};
use crate::operations::acting::look_at_payout::{self, Seen};
use crate::store::attempts::Attempt;
use crate::store::lists::payout::{self as lists, One};
use askama::Template;

#[derive(Template)]
#[template(path = "backoffice/payouts/one.html")]
struct OnePage {
    words: &'static Words,
    csrf: CsrfField,
    /// Where the forms go.
    to: String,
    version: i64,
    badges: Vec<Badge>,
    held: Option<String>,
    terms: Facts,
    customer: Facts,
    people: Facts,
    marks: Vec<MarkShown>,
    buttons: Vec<Button>,
    /// Whether a release asks for a code.
    code: bool,
    amount: String,
    fee: String,
    processor: String,
    attempts: Option<Table>,
    proposals: Vec<ProposalShown>,
    notes: Vec<timeline::Note>,
    timeline: Vec<timeline::Shown>,
    cut: bool,
}

/// One of the four letters.
struct MarkShown {
    letter: &'static str,
    needed: bool,
    given: Option<String>,
}

/// An action, possible or not.
struct Button {
    name: &'static str,
    label: &'static str,
    key: &'static str,
    class: &'static str,
    reason: bool,
    release: bool,
    /// What the form asks for besides.
    fields: &'static str,
    impossible: Option<String>,
}

struct ProposalShown {
    id: String,
    text: String,
    reason: String,
    open: bool,
    own: bool,
    state: Badge,
}

pub async fn show(asked: Asked) -> Outcome {
    let id = PayoutId::parse(asked.param("payout")).ok_or(Trouble::NotFound)?;
    let sight = sight(&asked, Right::SeePayouts);
    let one =
        asked.read(move |connection| lists::one(connection, &sight, id)).await?.ok_or(Trouble::NotFound)?;
    let mut one = one;
    super::exchanges_of(&asked, &one.line.payout.front_end, id.to_string(), &mut one.timeline).await?;
    let person = asked.person.clone();
    let (rules_of, now) = (asked.office.rules_of.clone(), asked.now);
    let seen = asked
        .read(move |connection| look_at_payout::run(connection, id, &person, |name| rules_of(name), now))
        .await?
        .ok_or(Trouble::NotFound)?;
    let code = needs_code(&asked).await?;
    let rules = (asked.office.rules_of)(&seen.payout.front_end).ok_or(Trouble::NotFound)?;
    let payout = &seen.payout;
    let needed = &rules.front_end.approvals.marks;
    let content = OnePage {
        words: asked.words,
        csrf: asked.csrf_field(),
        to: format!("/office/payouts/{id}"),
        version: seen.version,
        badges: badges(&asked, payout),
        held: payout.hold.as_ref().map(|hold| {
            asked.fill(
                "one.held",
                &[
                    ("by", &explain::doer(asked.voice(), &hold.by)),
                    ("why", &explain::said(asked.voice(), &hold.why)),
                ],
            )
        }),
        terms: terms(&asked, &one, payout),
        customer: customer(&asked, &one),
        people: people(&asked, payout, &seen.handling),
        marks: Mark::ALL
            .into_iter()
            .map(|mark| MarkShown {
                letter: mark.letter(),
                needed: needed.contains(&mark),
                given: seen.handling.given(mark).map(|given| given.by.clone()),
            })
            .collect(),
        buttons: buttons(&asked, &seen),
        code,
        amount: payout.amount.major(),
        fee: payout.fee.major(),
        processor: payout
            .used
            .as_ref()
            .or(payout.asked.as_ref())
            .map(|named| named.cashier.clone())
            .unwrap_or_default(),
        attempts: attempts(&asked, &seen.attempts),
        proposals: seen.proposals.iter().map(|proposal| proposal_shown(&asked, proposal)).collect(),
        notes: seen.notes.iter().map(|note| timeline::note(&asked, note)).collect(),
        timeline: one.timeline.iter().rev().map(|event| timeline::shown(&asked, event)).collect(),
        cut: one.cut,
    };
    asked.page(&asked.fill("one.title", &[("id", &id.to_string())]), &content)
}

fn badges(asked: &Asked, payout: &Payout) -> Vec<Badge> {
    let mut badges =
        vec![Badge::payout(payout.status, asked.words), Badge::debit(payout.debit.state, asked.words)];
    badges.extend(payout.attempt.map(|state| Badge::attempt(state, asked.words)));
    badges.extend(payout.hold.as_ref().map(|_| Badge::held(asked.words)));
    badges
}

fn terms(asked: &Asked, one: &One, payout: &Payout) -> Facts {
    let named = |named: &Option<Named>| match named {
        None => Cell::Empty,
        Some(named) if named.cashier == named.platform => {
            Cell::text(format!("{} ({})", named.platform, named.route.name()))
        }
        Some(named) => Cell::text(format!("{} → {} ({})", named.cashier, named.platform, named.route.name())),
    };
    let made = one.line.created_at.timestamp_micros();
    let waits = age(asked.now.timestamp_micros() - made);
    let instrument =
        one.instrument.as_ref().map(|one| format!("{} {} {}", one.brand, one.masked, one.expiry));
    Facts::default()
        .with(asked.say("payouts.amount"), Cell::Number(asked.money(payout.amount)))
        .with(asked.say("payouts.fee"), Cell::Number(asked.money(payout.fee)))
        .with(asked.say("one.debited"), Cell::Number(asked.money(payout.debit.amount)))
        .with(asked.say("one.debited_fee"), Cell::Number(asked.money(payout.debit.fee)))
        .with(asked.say("one.asked"), named(&payout.asked))
        .with(asked.say("one.used"), named(&payout.used))
        .with(asked.say("one.instrument"), Cell::maybe(instrument))
        .with(asked.say("payouts.method"), Cell::maybe(payout.payment_method.clone()))
        .with(asked.say("payouts.transaction"), Cell::maybe(payout.transaction_id.clone()))
        .with(asked.say("payouts.trace"), Cell::Code(payout.trace_id.to_string()))
        .with(
            asked.say("payouts.created"),
            Cell::Several(vec![Cell::When(asked.when(made)), Cell::text(format!("({waits})"))]),
        )
        .with(asked.say("payouts.updated"), Cell::When(asked.when(one.line.updated_at.timestamp_micros())))
}

fn customer(asked: &Asked, one: &One) -> Facts {
    let customer = &one.customer;
    let details = &customer.details;
    let name: Vec<&str> =
        [&details.first_name, &details.last_name].into_iter().filter_map(|name| name.as_deref()).collect();
    let state = if customer.blocked {
        Cell::Badge(Badge::new(Tone::Bad, "⊘", asked.say("one.blocked")))
    } else {
        Cell::Empty
    };
    Facts::default()
        .with(asked.say("front_end"), Cell::text(&customer.front_end))
        .with(asked.say("payouts.pin"), Cell::Code(customer.pin.clone()))
        .with(asked.say("one.name"), Cell::text(name.join(" ")))
        .with(asked.say("one.country"), Cell::maybe(details.country.clone()))
        .with(asked.say("one.email"), Cell::maybe(details.email.clone()))
        .with(asked.say("one.state"), state)
        .with(asked.say("one.balance"), Cell::Number(asked.money(one.balance)))
}

fn people(asked: &Asked, payout: &Payout, handling: &Handling) -> Facts {
    let claim = handling.claim_at(asked.now).map(|claim| {
        let until = asked.when(claim.until.timestamp_micros()).text();
        asked.fill("one.claimed", &[("by", &claim.by), ("until", &until)])
    });
    Facts::default()
        .with(
            asked.say("payouts.created_by"),
            Cell::maybe(payout.created_by.as_deref().map(|who| explain::doer(asked.voice(), who))),
        )
        .with(
            asked.say("payouts.updated_by"),
            Cell::maybe(payout.updated_by.as_deref().map(|who| explain::doer(asked.voice(), who))),
        )
        .with(asked.say("one.prepared_by"), Cell::text(handling.prepared_by.join(", ")))
        .with(asked.say("one.worked_on"), Cell::maybe(claim))
}

/// The order in which the buttons stand: on with it, back with it, what helps on the way, and the rest.
const ORDER: [Action; 16] = [
    Action::Authorize,
    Action::Start,
    Action::Approve,
    Action::Retry,
    Action::Reject,
    Action::Cancel,
    Action::Reverse,
    Action::Mark,
    Action::Unmark,
    Action::Claim,
    Action::Unclaim,
    Action::Hold,
    Action::Unhold,
    Action::Edit,
    Action::ProposeOutcome,
    Action::Note,
];

fn buttons(asked: &Asked, seen: &Seen) -> Vec<Button> {
    let shown = |why: &Result<(), Impossible>| !matches!(why, Err(Impossible::NotFound));
    let mut actions: Vec<_> = seen.actions.iter().filter(|(_, why)| shown(why)).collect();
    actions.sort_by_key(|(action, _)| ORDER.iter().position(|known| known == action));
    let both = actions.into_iter();
    both.map(|(action, why)| Button {
        name: action.name(),
        label: asked.words.say(label(*action)),
        key: match action {
            Action::Approve => "a",
            Action::Reject => "r",
            _ => "",
        },
        class: match action.weight() {
            Weight::Release => "first",
            Weight::GiveBack => "danger",
            Weight::Talk | Weight::Prepare | Weight::Guard | Weight::Two => "",
        },
        reason: action.needs_reason(),
        release: action.weight() == Weight::Release,
        fields: match action {
            Action::Edit => "edit",
            Action::Note => "note",
            Action::Approve => "approve",
            Action::Mark => "mark",
            Action::Unmark => "unmark",
            Action::ProposeOutcome => "outcome",
            _ => "",
        },
        impossible: why.as_ref().err().map(|why| impossible(asked.voice(), why)),
    })
    .collect()
}

fn attempts(asked: &Asked, attempts: &[Attempt]) -> Option<Table> {
    if attempts.is_empty() {
        return None;
    }
    let mut table = Table::new(asked.say("one.attempts"), asked.say("none"))
        .headed()
        .number(asked.say("one.number"))
        .column(asked.say("payouts.attempt"))
        .column(asked.say("one.account"))
        .column(asked.say("one.references"))
        .column(asked.say("one.answer"))
        .column(asked.say("one.sent"))
        .number(asked.say("one.inquiries"));
    for attempt in attempts {
        let reason = attempt.reason.as_deref().map(|reason| explain::said(asked.voice(), reason));
        let answer: Vec<String> = attempt.code.clone().into_iter().chain(reason).collect();
        let sent = attempt.sent_at.map_or(Cell::Empty, |at| Cell::When(asked.when(at.timestamp_micros())));
        table.row(vec![
            Cell::Number(attempt.number.to_string()),
            Cell::Badge(Badge::attempt(attempt.state, asked.words)),
            Cell::text(format!("{} ({})", attempt.account, attempt.route)),
            Cell::Several(
                std::iter::once(attempt.reference.clone())
                    .chain(attempt.processor_reference.clone())
                    .map(Cell::Code)
                    .collect(),
            ),
            Cell::text(answer.join(": ")),
            sent,
            Cell::Number(attempt.inquiries.to_string()),
        ]);
    }
    Some(table)
}

fn proposal_shown(asked: &Asked, proposal: &Proposal) -> ProposalShown {
    let what = match &proposal.verdict {
        Verdict::Paid { reference } => asked.fill("one.proposed_paid", &[("reference", reference)]),
        Verdict::NotPaid => asked.say("one.proposed_not_paid").to_owned(),
        Verdict::Adjust { .. } => asked.say("act.propose_adjustment").to_owned(),
    };
    let at = asked.when(proposal.proposed_at.timestamp_micros()).text();
    ProposalShown {
        id: proposal.id.to_string(),
        text: asked.fill("one.proposal", &[("by", &proposal.proposed_by), ("at", &at), ("what", &what)]),
        reason: proposal.reason.clone(),
        open: proposal.state == ProposalState::Open,
        own: proposal.proposed_by == asked.person.name,
        state: Badge::proposal(proposal.state, asked.words),
    }
}
