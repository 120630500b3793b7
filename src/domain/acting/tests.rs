//! The tables of roles and of situations, printed, and what must hold for every person and payout.

use super::*;
use crate::domain::approval::{Approvals, Claim, Given};
use crate::domain::debit::{DebitEvent, DebitState};
use crate::domain::front_end::{FeeMode, Limits};
use crate::domain::ids::PayoutId;
use crate::domain::money::Currency;
use crate::domain::payout::{Debit, Hold, Named};
use crate::domain::people::{Grant, Grants, Role};
use crate::domain::processor_name::Route;
use chrono::Duration;
use std::collections::{BTreeMap, BTreeSet};

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::find("EUR").expect("EUR"))
}

fn noon() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::hours(12)
}

fn person(name: &str, roles: &[Role]) -> Person {
    at("*", name, roles)
}

fn at(front_end: &str, name: &str, roles: &[Role]) -> Person {
    let grants = roles.iter().map(|role| Grant { role: *role, front_end: front_end.to_owned() });
    Person {
        id: 1,
        name: name.to_owned(),
        full_name: name.to_owned(),
        grants: Grants::new(grants),
        disabled: false,
        demo: false,
        language: String::new(),
        zone: String::new(),
    }
}

/// Everybody's roles at once, so that only the payout decides.
fn all_roles() -> Person {
    person("ann", &Role::ALL)
}

fn front_end(approvals: Approvals) -> FrontEnd {
    FrontEnd {
        name: "F".to_owned(),
        site: String::new(),
        site_id: None,
        currency: eur(0).currency(),
        debit_event: DebitEvent::InProgress,
        fee_mode: FeeMode::OnTop,
        edits_allowed: true,
        advisory_funds_check: false,
        reverse_in_progress: false,
        deposit_lock: false,
        customer_actors: Vec::new(),
        asks_cashier_to_end: false,
        payout_limits: Limits::default(),
        deposit_limits: Limits::default(),
        approvals,
    }
}

fn payout(status: PayoutStatus, attempt: Option<AttemptState>) -> Payout {
    let taken = matches!(status, PayoutStatus::InProgress | PayoutStatus::Approved);
    let state = if taken { DebitState::Taken } else { DebitState::NotTaken };
    let route = if attempt.is_some() { Route::PaygateCreditex } else { Route::Cashier };
    Payout {
        id: PayoutId(1),
        front_end: "F".to_owned(),
        pin: "p".to_owned(),
        trace_id: 7,
        status,
        amount: eur(12_000),
        fee: eur(250),
        debit: Debit { state, amount: eur(12_000), fee: eur(250) },
        asked: Some(Named { cashier: "P".to_owned(), platform: "P".to_owned(), route }),
        used: None,
        payment_method: None,
        transaction_id: None,
        created_by: None,
        updated_by: None,
        reversal: None,
        attempt,
        hold: None,
        ending: None,
        bank_account: None,
    }
}

fn verdict(
    action: Action,
    payout: &Payout,
    handling: &Handling,
    approvals: &Approvals,
    who: &Person,
) -> Result<(), Impossible> {
    let front_end = front_end(approvals.clone());
    let at = Situation {
        payout,
        handling,
        front_end: &front_end,
        available: eur(100_000),
        proposed_by: None,
        now: noon(),
    };
    check(action, &at, who)
}

/// One row a role, one column an action, in the order of `Action::ALL`.
#[test]
fn the_table_of_roles() {
    let mut table = String::new();
    for role in Role::ALL {
        let row: String = Action::ALL
            .into_iter()
            .map(|action| if action.is_allowed_to(role) { '>' } else { '!' })
            .collect();
        table.push_str(&format!("{row} {}\n", role.name()));
    }
    println!("{table}");
    // note claim unclaim mark unmark edit authorize start approve retry reject cancel reverse hold unhold
    // propose-outcome propose-adjustment decide-outcome decide-adjustment
    let expected = "\
!!!!!!!!!!!!!!!!!!! viewer
>>>!!!!!!!!!!!!!!!! support
>>>>>>>>!>>>!>!!!!! operator
>>>>>!>>>>>>>>>>!>! approver
>>>>>!!!!!!!>>>>>>> finance
!!!!!!!!!!!!!!!!!!! admin
!!!!!!!!!!!!!!!!!!! auditor
";
    assert_eq!(table, expected);
}

/// One row a payout, one column an action on it, for somebody of every role.
#[test]
fn the_table_of_payouts() {
    use AttemptState::*;
    use PayoutStatus::*;
    let rows = [
        (Requested, None),
        (Authorized, None),
        (InProgress, None),
        (InProgress, Some(Planned)),
        (InProgress, Some(Sending)),
        (InProgress, Some(Unknown)),
        (InProgress, Some(Refused)),
        (InProgress, Some(Succeeded)),
        (Approved, None),
        (Rejected, None),
        (Cancelled, None),
        (Reversed, None),
    ];
    let mut table = String::new();
    for (status, attempt) in rows {
        let payout = payout(status, attempt);
        let row: String = Action::of_a_payout()
            .map(|action| {
                let verdict =
                    verdict(action, &payout, &Handling::default(), &Approvals::default(), &all_roles());
                if verdict.is_ok() { '>' } else { '!' }
            })
            .collect();
        let attempt = attempt.map_or("", AttemptState::name);
        table.push_str(format!("{row} {status} {attempt}").trim_end());
        table.push('\n');
    }
    println!("{table}");
    // note claim unclaim mark unmark edit authorize start approve retry reject cancel reverse hold unhold propose
    let expected = "\
>>!>!>>>>!>>!>!! Requested
>>!>!>!>>!>>!>!! Authorized
>>!!!!!!>!>>!>!! InProgress
>>!!!!!!!!>>!>!! InProgress Planned
>>!!!!!!!!!!!>!! InProgress Sending
>>!!!!!!!!!!!>!> InProgress Unknown
>>!!!!!!!>>>!>!! InProgress Refused
>>!!!!!!>!!!!>!! InProgress Succeeded
>!!!!!!!!!!!>!!! Approved
>!!!!!!!!!!!!!!! Rejected
>!!!!!!!!!!!!!!! Cancelled
>!!!!!!!!!!!!!!! Reversed
";
    assert_eq!(table, expected);
}

/// What stands in the way of each action where marks, eyes, claims and holds are asked for.
#[test]
fn the_table_of_what_is_in_the_way() {
    let approvals = Approvals {
        marks: BTreeSet::from([Mark::G, Mark::M]),
        four_eyes_above: Some(10_000),
        ..Approvals::default()
    };
    let given = |mark, by: &str| Given { mark, by: by.to_owned(), at: noon() };
    let claim = |by: &str| Some(Claim { by: by.to_owned(), until: noon() + Duration::minutes(1) });
    let marked = vec![given(Mark::G, "bob"), given(Mark::M, "cy")];
    let by = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let bare = Handling::default();
    let half = Handling { marks: vec![given(Mark::G, "bob")], ..bare.clone() };
    let ready = Handling { marks: marked.clone(), prepared_by: by(&["bob", "cy"]), ..bare.clone() };
    let own = Handling { prepared_by: by(&["bob", "ANN"]), ..ready.clone() };
    let others = Handling { claim: claim("bob"), ..ready.clone() };
    let mine = Handling { claim: claim("ann"), ..ready.clone() };
    let over = Handling { claim: Some(Claim { by: "bob".to_owned(), until: noon() }), ..ready.clone() };
    let free = payout(PayoutStatus::Authorized, None);
    let held = Payout { hold: Some(Hold { by: "bob".to_owned(), why: "fraud?".to_owned() }), ..free.clone() };
    let small = Payout { amount: eur(10_000), ..free.clone() };
    let rows = [
        ("bare", &free, &bare),
        ("half", &free, &half),
        ("ready", &free, &ready),
        ("own", &free, &own),
        ("own, small", &small, &own),
        ("claimed", &free, &others),
        ("claimed, small", &small, &others),
        ("mine", &free, &mine),
        ("claim over", &small, &over),
        ("held", &held, &ready),
    ];
    let columns =
        [Action::Mark, Action::Edit, Action::Start, Action::Approve, Action::Reject, Action::Unhold];
    let mut table = String::new();
    for (name, payout, handling) in rows {
        let row: Vec<String> = columns
            .into_iter()
            .map(|action| {
                let verdict = verdict(action, payout, handling, &approvals, &all_roles());
                format!("{:<13}", verdict.map_or_else(|no| no.code(), |()| "yes"))
            })
            .collect();
        table.push_str(format!("{name:<15}{}", row.join(" ")).trim_end());
        table.push('\n');
    }
    println!("{table}");
    // mark edit start approve reject unhold
    let expected = "\
bare           yes           yes           marks_missing marks_missing yes           not_held
half           yes           yes           marks_missing marks_missing yes           not_held
ready          yes           yes           yes           yes           yes           not_held
own            yes           yes           four_eyes     four_eyes     yes           not_held
own, small     yes           yes           yes           yes           yes           not_held
claimed        yes           claimed       yes           yes           claimed       not_held
claimed, small yes           claimed       claimed       claimed       claimed       not_held
mine           yes           yes           yes           yes           yes           not_held
claim over     yes           yes           yes           yes           yes           not_held
held           yes           yes           held          held          yes           yes
";
    assert_eq!(table, expected);
}

#[test]
fn limits_are_those_of_the_highest_role_that_may_do_it() {
    let approvals = Approvals {
        limits: BTreeMap::from([(Role::Operator, 5_000), (Role::Approver, 12_000), (Role::Admin, 1)]),
        ..Approvals::default()
    };
    let payout = payout(PayoutStatus::Authorized, None);
    let said = |roles: &[Role]| {
        verdict(Action::Start, &payout, &Handling::default(), &approvals, &person("ann", roles))
            .map_err(|no| no.code())
    };
    assert_eq!(said(&[Role::Operator]), Err("over_limit"));
    assert_eq!(said(&[Role::Operator, Role::Approver]), Ok(()));
    // Finance has no limit and no say in this.
    assert_eq!(said(&[Role::Operator, Role::Finance]), Err("over_limit"));
    assert_eq!(said(&[Role::Finance]), Err("role"));
    assert_eq!(said(&[]), Err("not_found"));
}

#[test]
fn another_front_ends_payout_is_not_there() {
    let payout = payout(PayoutStatus::Authorized, None);
    let gone = Person { disabled: true, ..all_roles() };
    for who in [at("G", "ann", &Role::ALL), gone] {
        for action in Action::of_a_payout() {
            let said = verdict(action, &payout, &Handling::default(), &Approvals::default(), &who);
            assert_eq!(said, Err(Impossible::NotFound), "{}", action.name());
        }
    }
}

#[test]
fn a_reason_is_asked_for_wherever_money_goes_out_or_back() {
    for action in Action::ALL {
        let money = matches!(action.weight(), Weight::Release | Weight::GiveBack | Weight::Two);
        assert!(!money || action.needs_reason(), "{}", action.name());
        assert_eq!(Action::from_name(action.name()), Some(action));
    }
    assert!(words("Reason", "  ", 200).is_err());
    assert!(words("Reason", &"x".repeat(201), 200).is_err());
    assert!(words("Reason", "card 4111 1111 1111 1111", 200).is_err());
    assert!(words("Reason", "the customer called", 200).is_ok());
}

mod proposals {
    use super::*;
    use crate::domain::ids::{AttemptId, ProposalId};
    use crate::domain::proposal::{Decided, Decision, Matter, Proposal, ProposalState, Verdict};

    /// One row a state, one column a decision: by the proposer under another spelling, and by somebody else.
    #[test]
    fn the_table_of_decisions() {
        let mut table = String::new();
        for state in ProposalState::ALL {
            let proposal = Proposal {
                id: ProposalId(1),
                matter: Matter::Attempt(AttemptId(1)),
                front_end: "F".to_owned(),
                pin: "p".to_owned(),
                subject: String::new(),
                verdict: Verdict::NotPaid,
                amount: eur(1),
                reason: "statement".to_owned(),
                proposed_by: "Ann".to_owned(),
                proposed_at: noon(),
                stood: String::new(),
                state,
                decided: Some(Decided { by: "bob".to_owned(), why: String::new(), at: noon() }),
            };
            for who in ["ann", "bob"] {
                let said = Decision::ALL.map(|decision| {
                    let person = person(who, &[Role::Finance]);
                    proposal.decide(decision, &person).map_or_else(|no| no.code(), ProposalState::name)
                });
                table.push_str(&format!("{:<9} {who} {}\n", state.name(), said.join(" ")));
            }
        }
        println!("{table}");
        let expected = "\
Open      ann own_proposal own_proposal Withdrawn
Open      bob Confirmed Declined others_proposal
Confirmed ann decided decided decided
Confirmed bob decided decided decided
Declined  ann decided decided decided
Declined  bob decided decided decided
Withdrawn ann decided decided decided
Withdrawn bob decided decided decided
Overtaken ann decided decided decided
Overtaken bob decided decided decided
";
        assert_eq!(table, expected);
    }
}
