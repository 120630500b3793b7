//! What one person proposes and another decides: what became of something unknown, or an adjustment of a balance.
//!
//! A proposal is made where its matter is shown: on a payout, a deposit or a customer. Here all of those that wait stand
//! together, and below them how the last ones ended.

use super::payouts::{act, describe};
use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::form::{Form, Weight};
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::parts::stack::{Heading, Hint, Stack};
use crate::backoffice::parts::{Badge, Cell, Choice, Table, Tone};
use crate::backoffice::route::{Access, Route, Wall, get, known, post};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::acting::Action;
use crate::domain::customer::Customer;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::{DepositId, ProposalId};
use crate::domain::money::Money;
use crate::domain::people::Right;
use crate::domain::proposal::{Decision, Matter, Proposal, ProposalState, Verdict};
use crate::operations::acting::{decide_proposal, propose_adjustment, propose_outcome};
use crate::store::lists::deposit::{self, One};
use crate::store::lists::{Sight, proposals as lists};
use crate::store::{Tx, customers, proposals};

pub const ROUTES: &[Route] = &[
    get("/office/proposals", Access::Needs(Right::SeeWork), Wall::Filtered, known!(show)),
    post("/office/proposals/{proposal}", Access::NeedsOne(DECIDING), Wall::Filtered, known!(press)),
    post(
        "/office/deposits/{deposit}/propose",
        Access::Needs(Right::SettleUnknown),
        Wall::Deposit,
        known!(propose_of_deposit),
    ),
    post(
        "/office/customers/{front_end}/{pin}/adjust",
        Access::Needs(Right::AdjustBalances),
        Wall::FrontEnd,
        known!(adjust),
    ),
];

/// Which of them a proposal takes, its matter says.
const DECIDING: &[Right] = &[Right::SettleUnknown, Right::AdjustBalances];

const MOST_OPEN: i64 = 200;
const MOST_DECIDED: i64 = 30;

async fn show(asked: Asked) -> Outcome {
    let sight = Sight::from(asked.reach(Right::SeeWork));
    let (open, decided) = asked
        .read(move |connection| {
            Ok((
                lists::open(connection, &sight, MOST_OPEN)?,
                lists::decided(connection, &sight, MOST_DECIDED)?,
            ))
        })
        .await?;
    let mut page = Stack::new();
    page.push(Hint::new(asked.say("proposals.hint")));
    if open.is_empty() {
        page.push(Hint::new(asked.say("proposals.none")));
    }
    for proposal in &open {
        section(&asked, &mut page, proposal).await?;
    }
    page.push(Heading::new(asked.say("proposals.decided")));
    page.push(table(&asked, asked.say("proposals.decided"), &decided, true).headed());
    asked.page(asked.say("proposals.title"), &page)
}

/// The proposals about one payout or deposit, on its own page.
pub async fn about(asked: &Asked, page: &mut Stack, subject: String) -> Result<(), Trouble> {
    let all = asked.read(move |connection| proposals::of_subject(connection, &subject)).await?;
    let (open, decided): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|proposal| proposal.state == ProposalState::Open);
    for proposal in &open {
        section(asked, page, proposal).await?;
    }
    if !decided.is_empty() {
        page.push(table(asked, asked.say("proposals.decided"), &decided, true));
    }
    Ok(())
}

/// One open proposal, in a table of its own so that its buttons stand right below it.
async fn section(asked: &Asked, page: &mut Stack, proposal: &Proposal) -> Result<(), Trouble> {
    let title = asked.fill("proposals.one", &[("id", &proposal.id.to_string())]);
    page.push(table(asked, &title, std::slice::from_ref(proposal), false));
    match decision(asked, proposal).await? {
        Ok(form) => page.push(form),
        Err(why) => page.push(Hint::new(why)),
    };
    Ok(())
}

fn table(asked: &Asked, title: &str, proposals: &[Proposal], decided: bool) -> Table {
    let mut table = Table::new(title, asked.say("none"))
        .column(asked.say("proposals.matter"))
        .column(asked.say("proposals.verdict"))
        .number(asked.say("list.amount"))
        .column(asked.say("customer"))
        .column(asked.say("proposals.by"))
        .column(asked.say("reason"));
    if decided {
        table = table.column(asked.say("list.status")).column(asked.say("proposals.decided_by"));
    }
    for proposal in proposals {
        let mut cells = vec![
            matter(asked, proposal),
            verdict(asked, &proposal.verdict),
            Cell::Number(asked.money(proposal.amount)),
            Cell::Several(vec![
                Cell::link(super::customers::to(&proposal.front_end, &proposal.pin), &proposal.pin),
                Cell::text(&proposal.front_end),
            ]),
            Cell::Several(vec![
                Cell::text(&proposal.proposed_by),
                Cell::When(asked.when(proposal.proposed_at.timestamp_micros())),
            ]),
            Cell::text(&proposal.reason),
        ];
        if decided {
            cells.push(Cell::Badge(Badge::proposal(proposal.state, asked.words)));
            cells.push(proposal.decided.as_ref().map_or(Cell::Empty, |decided| {
                Cell::Several(vec![
                    Cell::text(&decided.by),
                    Cell::When(asked.when(decided.at.timestamp_micros())),
                    // What overtook it, the trail says in its own words.
                    Cell::text(match proposal.state {
                        ProposalState::Overtaken => asked.say("proposals.overtaken"),
                        _ => &decided.why,
                    }),
                ])
            }));
        }
        table.row(cells);
    }
    table
}

fn matter(asked: &Asked, proposal: &Proposal) -> Cell {
    let subject = || super::customers::subject(&proposal.subject);
    match proposal.matter {
        Matter::Balance => Cell::text(asked.say("proposals.balance")),
        Matter::Attempt(_) => Cell::Several(vec![Cell::text(asked.say("proposals.payout")), subject()]),
        Matter::Refund(_) => Cell::Several(vec![Cell::text(asked.say("proposals.refund")), subject()]),
        Matter::Deposit(_) => Cell::Several(vec![Cell::text(asked.say("proposals.deposit")), subject()]),
    }
}

fn verdict(asked: &Asked, verdict: &Verdict) -> Cell {
    match verdict {
        Verdict::Paid { reference } => Cell::Several(vec![
            Cell::Badge(Badge::new(Tone::Good, "✔", asked.say("proposals.paid"))),
            Cell::Code(reference.clone()),
        ]),
        Verdict::NotPaid => Cell::Badge(Badge::new(Tone::Bad, "✖", asked.say("proposals.not_paid"))),
        Verdict::Adjust { below_zero } => {
            let badge = Cell::Badge(Badge::new(Tone::Waiting, "±", asked.say("proposals.adjust")));
            let below = Cell::text(asked.say("adjust.below_zero"));
            Cell::Several(if *below_zero { vec![badge, below] } else { vec![badge] })
        }
    }
}

/// The buttons of an open proposal, or why the viewer has none: its proposer takes it back, a second person decides.
async fn decision(asked: &Asked, proposal: &Proposal) -> Result<Result<Form, String>, Trouble> {
    let form = Form::new(asked, &format!("/office/proposals/{}", proposal.id), true);
    let right = match proposal.matter {
        Matter::Attempt(_) | Matter::Refund(_) | Matter::Deposit(_) => Right::SettleUnknown,
        Matter::Balance => Right::AdjustBalances,
    };
    if proposal.decide(Decision::Withdraw, &asked.person).is_ok() {
        let form = form.text("reason", asked.say("reason"), false);
        return Ok(Ok(form.button(
            asked.say("proposals.withdraw"),
            Weight::Plain,
            Some(("decision", Decision::Withdraw.name())),
        )));
    }
    if !asked.may(right, &proposal.front_end) {
        return Ok(Err(asked.say("why.role").to_owned()));
    }
    let mut form = form.text("reason", asked.say("reason"), true);
    if act::needs_code(asked).await? {
        form = form.code(asked.say("act.code"));
    }
    Ok(Ok(form
        .button(asked.say("proposals.confirm"), Weight::First, Some(("decision", Decision::Confirm.name())))
        .button(
            asked.say("proposals.decline"),
            Weight::Danger,
            Some(("decision", Decision::Decline.name())),
        )))
}

async fn press(asked: Asked) -> Outcome {
    let id = ProposalId::parse(asked.param("proposal")).ok_or(Trouble::NotFound)?;
    let found = asked.read(move |connection| proposals::find_now(connection, id)).await?;
    let sights = DECIDING.iter().map(|right| Sight::from(asked.reach(*right)));
    let sights: Vec<Sight> = sights.collect();
    let within = |proposal: &Proposal| sights.iter().any(|sight| sight.sees(&proposal.front_end));
    let proposal = found.filter(within).ok_or(Trouble::NotFound)?;
    let word = asked.form.text("decision");
    let decision = Decision::ALL.into_iter().find(|decision| decision.name() == word);
    let decision =
        decision.ok_or_else(|| Trouble::bad(asked.say("act.decide"), asked.say("list.unknown_act")))?;
    let told = decide(&asked, &proposal, decision).await?;
    Ok(asked.go_saying("/office/proposals", &told))
}

/// Decides, by the operation that knows who may.
pub async fn decide(asked: &Asked, proposal: &Proposal, decision: Decision) -> Result<Notice, Trouble> {
    if let Some(refused) = act::code_is_missing(asked, decision == Decision::Confirm).await? {
        return Ok(refused);
    }
    let rules = (asked.office.rules_of)(&proposal.front_end).ok_or(Trouble::NotFound)?;
    let wish = decide_proposal::Wish {
        proposal: proposal.id,
        pin: proposal.pin.clone(),
        decision,
        why: asked.form.text("reason").to_owned(),
        by: act::by(asked),
    };
    let wants = wish.wants(&rules);
    let turn = customers::name(&proposal.front_end, &proposal.pin);
    let acted =
        asked.write(&turn, wants, move |tx: &mut Tx<'_>| decide_proposal::run(tx, &wish, &rules)).await?;
    Ok(describe::told(asked, Action::DecideOutcome, &acted))
}

/// Says what became of something unknown, for a second person to decide.
pub async fn propose(asked: &Asked, matter: Matter, front_end: &str, pin: &str) -> Result<Notice, Trouble> {
    let verdict = match asked.form.text("verdict") {
        "paid" => Verdict::Paid { reference: asked.form.text("reference").to_owned() },
        "not_paid" => Verdict::NotPaid,
        _ => return Ok(Notice::bad(asked.say("act.unknown"))),
    };
    let rules = (asked.office.rules_of)(front_end).ok_or(Trouble::NotFound)?;
    let reason = asked.form.text("reason").to_owned();
    let wish = propose_outcome::Wish { matter, verdict, reason, by: act::by(asked) };
    let (wants, turn) = (wish.wants(), customers::name(front_end, pin));
    let acted =
        asked.write(&turn, wants, move |tx: &mut Tx<'_>| propose_outcome::run(tx, &wish, &rules)).await?;
    Ok(describe::told(asked, Action::ProposeOutcome, &acted))
}

/// The form to say what became of a deposit or of one of its refunds; none where nothing is open.
pub fn outcome_form(asked: &Asked, one: &One) -> Option<Form> {
    let deposit = &one.line.deposit;
    if !asked.may(Right::SettleUnknown, &deposit.front_end) {
        return None;
    }
    let mut matters = Vec::new();
    if one.line.run_by_us && may_be_open(deposit.status) {
        matters.push(Choice::new("deposit", asked.say("proposals.deposit")));
    }
    for refund in one.refunds.iter().filter(|refund| refund.state.holds_the_money()) {
        let number = refund.number.to_string();
        let text = asked.fill("unknown.refund", &[("number", &number), ("deposit", &deposit.id.to_string())]);
        matters.push(Choice::new(refund.id.to_string(), text));
    }
    if matters.is_empty() {
        return None;
    }
    let verdicts = [("paid", "proposals.paid"), ("not_paid", "proposals.not_paid")];
    let verdicts = verdicts.map(|(value, key)| Choice::new(value, asked.say(key)));
    let form = Form::new(asked, &format!("/office/deposits/{}/propose", deposit.id), false)
        .title(asked.say("unknown.propose"))
        .one("matter", asked.say("proposals.matter"), &matters)
        .one("verdict", asked.say("proposals.verdict"), &verdicts)
        .text("reference", asked.say("unknown.reference"), false)
        .text("reason", asked.say("reason"), true);
    Some(form.button(asked.say("adjust.propose"), Weight::First, None))
}

/// Whether anything of a deposit can be unknown; what is, its operation knows.
fn may_be_open(status: DepositStatus) -> bool {
    match status {
        DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling => true,
        DepositStatus::Credited
        | DepositStatus::Declined
        | DepositStatus::Cancelled
        | DepositStatus::Reversed => false,
    }
}

async fn propose_of_deposit(asked: Asked) -> Outcome {
    let id = DepositId::parse(asked.param("deposit")).ok_or(Trouble::NotFound)?;
    let sight = Sight::from(asked.reach(Right::SettleUnknown));
    let found = asked.read(move |connection| deposit::one(connection, &sight, id)).await?;
    let one = found.ok_or(Trouble::NotFound)?;
    let matter = match asked.form.text("matter") {
        "deposit" => Matter::Deposit(id),
        number => {
            let of_it = one.refunds.iter().find(|refund| refund.id.to_string() == number);
            Matter::Refund(of_it.ok_or(Trouble::NotFound)?.id)
        }
    };
    let deposit = &one.line.deposit;
    let told = propose(&asked, matter, &deposit.front_end, &deposit.pin).await?;
    Ok(asked.go_saying(&format!("/office/deposits/{id}"), &told))
}

/// The form to ask for an adjustment of a customer's balance.
pub fn adjust_form(asked: &Asked, customer: &Customer) -> Form {
    let to = super::customers::to(&customer.front_end, &customer.pin);
    let amount = asked.fill("adjust.amount", &[("currency", customer.currency.code())]);
    Form::new(asked, &format!("{to}/adjust"), false)
        .title(asked.say("adjust.title"))
        .text("amount", &amount, true)
        .text("reason", asked.say("reason"), true)
        .tick("below_zero", asked.say("adjust.below_zero"))
        .button(asked.say("adjust.propose"), Weight::First, None)
}

/// One person asks for an adjustment; a second one decides.
async fn adjust(asked: Asked) -> Outcome {
    let (front_end, pin) = (asked.param("front_end").to_owned(), asked.param("pin").to_owned());
    let rules = (asked.office.rules_of)(&front_end).ok_or(Trouble::NotFound)?;
    // A minus as it is typed or as it is printed.
    let text = asked.form.text("amount").replace('\u{2212}', "-");
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let amount = Money::parse_major(digits, rules.front_end.currency);
    let amount = amount
        .map_err(|error| Trouble::bad(asked.say("list.amount"), explain::money(asked.voice(), &error)))?;
    let minor = if text.starts_with('-') { -amount.minor() } else { amount.minor() };
    let wish = propose_adjustment::Wish {
        pin: pin.clone(),
        amount: Money::from_minor(minor, amount.currency()),
        below_zero: asked.form.text("below_zero") == "yes",
        reason: asked.form.text("reason").to_owned(),
        by: act::by(&asked),
    };
    let (wants, turn) = (wish.wants(&rules), customers::name(&front_end, &pin));
    let acted =
        asked.write(&turn, wants, move |tx: &mut Tx<'_>| propose_adjustment::run(tx, &wish, &rules)).await?;
    let told = describe::told(&asked, Action::ProposeAdjustment, &acted);
    Ok(asked.go_saying(&super::customers::to(&front_end, &pin), &told))
}
