//! A button of one payout is pressed.

use super::describe;
use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::pages::proposals;
use crate::backoffice::pages::second_factor::typed_code;
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::acting::{Action, Weight};
use crate::domain::approval::Mark;
use crate::domain::front_end::FrontEnd;
use crate::domain::ids::{PayoutId, ProposalId};
use crate::domain::money::{Money, MoneyError};
use crate::domain::payout::{Edit, Payout};
use crate::domain::proposal::{Decision, Matter};
use crate::operations::acting::act_on_payout::{self, Act};
use crate::operations::acting::{Acted, By};
use crate::operations::people::second_factor;
use crate::operations::{OperationError, Rules};
use crate::store::people::second_factors;
use crate::store::proposals as store;
use crate::store::{Tx, Wants, attempts, customers, payouts};

/// `act` names the action, `seen` the version that was looked at.
pub async fn run(asked: Asked) -> Outcome {
    let id = PayoutId::parse(asked.param("payout")).ok_or(Trouble::NotFound)?;
    let back = format!("/office/payouts/{id}");
    let found = asked.read(move |connection| payouts::find_now(connection, id)).await?;
    let payout = found.ok_or(Trouble::NotFound)?;
    let name = asked.form.text("act");
    if let Some(decision) = Decision::ALL.into_iter().find(|decision| decision.name() == name) {
        let id = ProposalId::parse(asked.form.text("proposal")).ok_or(Trouble::NotFound)?;
        let proposal = asked.read(move |connection| store::find_now(connection, id)).await?;
        let of_it = proposal.filter(|proposal| proposal.subject == payout.id.to_string());
        let told = proposals::decide(&asked, &of_it.ok_or(Trouble::NotFound)?, decision).await?;
        return Ok(asked.go_saying(&back, &told));
    }
    let action = Action::from_name(name)
        .ok_or_else(|| Trouble::bad(asked.say("bulk.act"), asked.say("act.unknown")))?;
    if let Some(refused) = code_is_missing(&asked, action.weight() == Weight::Release).await? {
        return Ok(asked.go_saying(&back, &refused));
    }
    let rules = rules(&asked, &payout)?;
    if action == Action::ProposeOutcome {
        let attempts = asked.read(move |connection| attempts::of_payout(connection, id)).await?;
        let matter = Matter::Attempt(attempts.last().ok_or(Trouble::NotFound)?.id);
        let told = proposals::propose(&asked, matter, &payout.front_end, &payout.pin).await?;
        return Ok(asked.go_saying(&back, &told));
    }
    let act = match read(&asked, action, &rules) {
        Ok(act) => act,
        Err(notice) => return Ok(asked.go_saying(&back, &notice)),
    };
    let seen = asked.form.text("seen").parse().ok();
    let acted = perform(&asked, &payout, &rules, act, seen).await?;
    Ok(asked.go_saying(&back, &describe::told(&asked, action, &acted)))
}

pub fn rules(asked: &Asked, payout: &Payout) -> Result<Rules, Trouble> {
    (asked.office.rules_of)(&payout.front_end).ok_or(Trouble::NotFound)
}

/// Does it, by the operation that every door uses.
pub async fn perform(
    asked: &Asked,
    payout: &Payout,
    rules: &Rules,
    act: Act,
    seen: Option<i64>,
) -> Result<Acted, OperationError> {
    let wish = act_on_payout::Wish {
        payout: payout.id,
        pin: payout.pin.clone(),
        seen,
        act,
        reason: asked.form.text("reason").to_owned(),
        by: by(asked),
        attempt_key: asked.office.entropy.hex(16),
    };
    let wants = wish.wants(rules);
    let rules = rules.clone();
    let turn = customers::name(&payout.front_end, &payout.pin);
    asked.write(&turn, wants, move |tx: &mut Tx<'_>| act_on_payout::run(tx, &wish, &rules)).await
}

pub fn by(asked: &Asked) -> By {
    By { person: asked.person.clone(), request_id: asked.request_id.clone() }
}

/// Where money is released, whoever has a second factor shows it again, unless he has just done so.
pub async fn code_is_missing(asked: &Asked, releases: bool) -> Result<Option<Notice>, Trouble> {
    if !releases || !needs_code(asked).await? {
        return Ok(None);
    }
    let wrong = || Some(Notice::bad(asked.say("code.wrong")));
    let Some(code) = typed_code(asked).await? else { return Ok(wrong()) };
    let (session, caller) = (asked.session.hash.clone(), asked.caller());
    let run = move |tx: &mut Tx<'_>| second_factor::show(tx, &code, &session, &caller);
    Ok(asked.write("people", Wants::nothing(), run).await?.err().and_then(|_| wrong()))
}

/// Whether a form that releases money asks for a code.
pub async fn needs_code(asked: &Asked) -> Result<bool, Trouble> {
    let fresh = asked.office.rules.release_code.num_microseconds().unwrap_or_default();
    let now = asked.now.timestamp_micros();
    if asked.session.code_at.is_some_and(|at| now - at < fresh) {
        return Ok(false);
    }
    let user_id = asked.person.id;
    let factor = asked.read(move |connection| second_factors::find_now(connection, user_id)).await?;
    Ok(factor.is_some_and(|factor| factor.confirmed))
}

/// What the form says besides the action.
fn read(asked: &Asked, action: Action, rules: &Rules) -> Result<Act, Notice> {
    let unknown = || Notice::bad(asked.say("act.unknown"));
    let mark = || Mark::from_letter(asked.form.text("mark")).ok_or_else(unknown);
    Ok(match action {
        Action::Note => Act::Note(asked.form.text("note").to_owned()),
        Action::Claim => Act::Claim,
        Action::Unclaim => Act::Unclaim,
        Action::Mark => Act::Mark(mark()?),
        Action::Unmark => Act::Unmark(mark()?),
        Action::Edit => Act::Edit(edit(asked, rules)?),
        Action::Authorize => Act::Authorize,
        Action::Start => Act::Start,
        Action::Approve => {
            let id = asked.form.text("transaction_id");
            Act::Approve { transaction_id: (!id.is_empty()).then(|| id.to_owned()) }
        }
        Action::Retry => Act::Retry,
        Action::Reject => Act::Reject,
        Action::Cancel => Act::Cancel,
        Action::Reverse => Act::Reverse,
        Action::Hold => Act::Hold,
        Action::Unhold => Act::Unhold,
        // They are about proposals and have forms of their own.
        Action::ProposeOutcome
        | Action::ProposeAdjustment
        | Action::DecideOutcome
        | Action::DecideAdjustment => return Err(unknown()),
    })
}

fn edit(asked: &Asked, rules: &Rules) -> Result<Edit, Notice> {
    let front_end: &FrontEnd = &rules.front_end;
    let wrong = |key: &str, reason: &str| {
        Notice::bad(asked.fill("trouble.bad", &[("field", asked.say(key)), ("reason", reason)]))
    };
    let money = |name: &str, key: &str| -> Result<Option<Money>, Notice> {
        let text = asked.form.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let parsed: Result<Money, MoneyError> = Money::parse_major(text, front_end.currency);
        parsed.map(Some).map_err(|error| wrong(key, &explain::money(asked.voice(), &error)))
    };
    let name = asked.form.text("processor");
    let processor =
        match name {
            "" => None,
            name => Some(rules.processors.look_up(name).map_err(|error| {
                wrong("payouts.processor", &explain::processor_name(asked.voice(), &error))
            })?),
        };
    Ok(Edit { amount: money("amount", "payouts.amount")?, fee: money("fee", "payouts.fee")?, processor })
}
