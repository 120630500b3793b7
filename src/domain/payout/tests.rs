//! Random lives of payouts against what must always hold, and the cases that the tables do not show.

use super::*;
use crate::domain::debit::{DebitEvent, DebitState};
use crate::domain::front_end::{FeeMode, Limits};
use crate::domain::ledger::Transaction;
use crate::domain::money::Currency;
use crate::domain::processor_name::{Processor, ProcessorMap, UnknownName};
use proptest::prelude::*;

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::find("EUR").expect("EUR"))
}

fn front_end(debit_event: DebitEvent, fee_mode: FeeMode) -> FrontEnd {
    FrontEnd {
        name: "F".to_owned(),
        site: String::new(),
        site_id: None,
        currency: eur(0).currency(),
        debit_event,
        fee_mode,
        edits_allowed: true,
        advisory_funds_check: false,
        reverse_in_progress: false,
        deposit_lock: false,
        customer_actors: vec!["INTERNET".to_owned()],
        payout_limits: Limits::default(),
        deposit_limits: Limits::default(),
        asks_cashier_to_end: false,
        approvals: Default::default(),
    }
}

fn mapped(route: Route) -> Mapped {
    let processor = Processor { route, ..Processor::booked("P") };
    let map = ProcessorMap::new([("P".to_owned(), processor)], UnknownName::Refuse, 25).expect("a map");
    map.look_up("P").expect("it is there")
}

fn created(front_end: &FrontEnd, available: i64, route: Route) -> Result<Change, Refusal> {
    let wanted = Wanted {
        id: PayoutId(1),
        pin: "p".to_owned(),
        trace_id: 7,
        amount: eur(12_000),
        fee: eur(250),
        processor: Some(mapped(route)),
        payment_method: None,
        bank_account: None,
        created_by: None,
    };
    Payout::create(wanted, front_end, eur(available))
}

fn to(status: PayoutStatus) -> Update {
    Update {
        to: status,
        amount: None,
        fee: None,
        processor: None,
        transaction_id: None,
        updated_by: Some("agent7".to_owned()),
        by_customer: false,
    }
}

/// What the customer's balance changes by.
fn customers_share(transactions: &[Transaction]) -> i64 {
    let postings = transactions.iter().flat_map(Transaction::postings);
    postings
        .filter(|(account, _)| account.name.starts_with("customer/"))
        .map(|(_, amount)| amount.minor())
        .sum()
}

#[test]
fn fee_modes_charge_what_they_say() {
    for (mode, debited, net) in [
        (FeeMode::OnTop, 12_250, 12_000),
        (FeeMode::Included, 12_000, 11_750),
        (FeeMode::Ignore, 12_000, 12_000),
    ] {
        let change =
            created(&front_end(DebitEvent::Requested, mode), 20_000, Route::Cashier).expect("created");
        assert_eq!(customers_share(&change.transactions), -debited, "{mode:?}");
        assert_eq!(change.payout.debit.amount, eur(net), "{mode:?}");
    }
    let included = front_end(DebitEvent::Requested, FeeMode::Included);
    let payout = Wanted { amount: eur(250), ..wanted() };
    assert!(Payout::create(payout, &included, eur(20_000)).is_err(), "a fee as large as the amount");
}

fn wanted() -> Wanted {
    Wanted {
        id: PayoutId(1),
        pin: "p".to_owned(),
        trace_id: 7,
        amount: eur(12_000),
        fee: eur(250),
        processor: None,
        payment_method: None,
        bank_account: None,
        created_by: None,
    }
}

#[test]
fn money_that_may_have_left_is_held() {
    let rules = front_end(DebitEvent::InProgress, FeeMode::OnTop);
    let payout = created(&rules, 20_000, Route::PaygateCreditex).expect("created").payout;
    let Ok(Updated::Changed(change)) = payout.update(&to(PayoutStatus::InProgress), &rules, eur(20_000))
    else {
        panic!("it goes in progress");
    };
    assert!(change.pay_out, "a routed payout gets an attempt");
    for state in AttemptState::ALL {
        let payout = Payout { attempt: Some(state), ..change.payout.clone() };
        let ended = payout.update(&to(PayoutStatus::Cancelled), &rules, eur(0));
        let approved = payout.update(&to(PayoutStatus::Approved), &rules, eur(0));
        match state {
            AttemptState::Planned => {
                assert!(matches!(ended, Ok(Updated::Changed(change)) if change.withdraw));
                assert_eq!(approved, Ok(Updated::NotYet(UNCONFIRMED)));
            }
            AttemptState::Sending | AttemptState::Unknown => {
                assert_eq!(ended, Err(Refusal::OutcomeOpen { payout: payout.id }));
                assert_eq!(approved, Ok(Updated::NotYet(UNCONFIRMED)));
            }
            AttemptState::Succeeded => {
                assert!(ended.is_err());
                assert!(matches!(approved, Ok(Updated::Changed(_))));
            }
            AttemptState::Refused => {
                assert!(matches!(ended, Ok(Updated::Changed(_))));
                assert!(approved.is_err());
            }
        }
    }
}

#[test]
fn a_customer_can_not_take_back_what_is_approved_and_debited() {
    let rules = front_end(DebitEvent::Authorized, FeeMode::OnTop);
    let payout = created(&rules, 20_000, Route::Cashier).expect("created").payout;
    let Ok(Updated::Changed(change)) = payout.update(&to(PayoutStatus::Authorized), &rules, eur(20_000))
    else {
        panic!("it is authorized");
    };
    let by_customer = Update { by_customer: true, ..to(PayoutStatus::Cancelled) };
    assert!(change.payout.update(&by_customer, &rules, eur(0)).is_err());
    assert!(change.payout.update(&to(PayoutStatus::Cancelled), &rules, eur(0)).is_ok());
    assert!(payout.update(&by_customer, &rules, eur(20_000)).is_ok(), "before that he can");
}

#[test]
fn a_repeat_of_approved_may_bring_the_processors_id_once() {
    let rules = front_end(DebitEvent::Requested, FeeMode::OnTop);
    let payout = created(&rules, 20_000, Route::Cashier).expect("created").payout;
    let Ok(Updated::Changed(change)) = payout.update(&to(PayoutStatus::Approved), &rules, eur(0)) else {
        panic!("it is approved");
    };
    let with_id = Update { transaction_id: Some("A1".to_owned()), ..to(PayoutStatus::Approved) };
    let Ok(Updated::Changed(late)) = change.payout.update(&with_id, &rules, eur(0)) else {
        panic!("the id is taken");
    };
    assert!(late.transactions.is_empty());
    assert_eq!(late.payout.transaction_id.as_deref(), Some("A1"));
    let other = Update { transaction_id: Some("B2".to_owned()), ..to(PayoutStatus::Approved) };
    assert_eq!(late.payout.update(&other, &rules, eur(0)), Ok(Updated::Repeat));
}

/// One step of a random life.
#[derive(Clone, Debug)]
enum Move {
    Update { to: usize, amount: Option<i64>, fee: Option<i64>, by_customer: bool },
    Reverse { trace_id: Option<i64> },
}

fn moves() -> impl Strategy<Value = Move> {
    let update = (0..7usize, prop::option::of(1i64..30_000), prop::option::of(0i64..500), any::<bool>())
        .prop_map(|(to, amount, fee, by_customer)| Move::Update { to, amount, fee, by_customer });
    let reverse = prop::option::of(1i64..3).prop_map(|trace_id| Move::Reverse { trace_id });
    prop_oneof![4 => update, 1 => reverse]
}

proptest! {
    /// Whatever is asked in whatever order: the customer is out of pocket exactly by what the payout holds, amounts
    /// stand still once they were taken, ended payouts stay ended, and the same wish twice does nothing the second time.
    #[test]
    fn whatever_is_asked_the_money_adds_up(
        event in 0..3usize,
        mode in 0..3usize,
        early in any::<bool>(),
        start in 12_250i64..40_000,
        life in prop::collection::vec(moves(), 0..25),
    ) {
        let mode = [FeeMode::OnTop, FeeMode::Included, FeeMode::Ignore][mode];
        let mut rules = front_end(DebitEvent::ALL[event], mode);
        rules.reverse_in_progress = early;
        let first = created(&rules, start, Route::Cashier).expect("there is enough");
        let mut payout = first.payout;
        let mut balance = start + customers_share(&first.transactions);
        for step in life {
            let change = match step {
                Move::Update { to, amount, fee, by_customer } => {
                    let update = Update {
                        to: PayoutStatus::ALL[to],
                        amount: amount.map(eur),
                        fee: fee.map(eur),
                        by_customer,
                        ..super::tests::to(PayoutStatus::Requested)
                    };
                    match payout.update(&update, &rules, eur(balance)) {
                        Ok(Updated::Changed(change)) => Some(change),
                        Ok(Updated::Repeat | Updated::Stale | Updated::NotYet(_)) | Err(_) => None,
                    }
                }
                Move::Reverse { trace_id } => {
                    match payout.reverse(ReversalId(9), trace_id, (None, None), &rules, None) {
                        Ok(Reversed::Changed(change)) => Some(change),
                        Ok(Reversed::Repeat(_)) | Err(_) => None,
                    }
                }
            };
            let Some(change) = change else { continue };
            let next = change.payout.clone();
            for transaction in &change.transactions {
                prop_assert_eq!(transaction.postings().iter().map(|(_, amount)| amount.minor()).sum::<i64>(), 0);
            }
            if payout.debit.state != DebitState::NotTaken {
                prop_assert_eq!((next.amount, next.fee), (payout.amount, payout.fee));
                prop_assert_eq!(
                    (next.debit.amount, next.debit.fee),
                    (payout.debit.amount, payout.debit.fee)
                );
            }
            prop_assert!(next.status == payout.status || payout.status.step(next.status).is_ok()
                || (early && next.status == PayoutStatus::Reversed));
            balance += customers_share(&change.transactions);
            payout = next;
            let held = if payout.debit.state == DebitState::Taken {
                payout.debit.amount.minor() + payout.debit.fee.minor()
            } else {
                0
            };
            prop_assert_eq!(balance, start - held);
            let late = payout.status == PayoutStatus::Approved;
            prop_assert!(balance >= 0 || late, "only money that has left may lead below zero");
        }
    }
}
