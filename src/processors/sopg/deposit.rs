//! A deposit by disposition: create it and send the customer to the panel; later ask the state, then debit.
//!
//! A lost answer is answered by asking, as often as `ask_again_after_ms` says; what stays unknown after that is left
//! to the caller's sweep. A disposition in O counts as paid only if a debit of ours is on record, in this very call
//! or by the extra [`super::verdict::ATTEMPTED`].

use super::create_disposition::{self, NewDisposition};
use super::execute_debit::Close;
use super::panel::{self, Visit};
use super::parts::{Part, captured_before, open_before, part};
use super::processor::{DebitAnswer, DispositionState, Processor};
use super::retry::{Advice, Operation, advice};
use super::state::State;
use super::verdict::{Attempted, Verdict, verdict};
use crate::domain::money::Money;
use crate::domain::outcome::{DepositOutcome, Outcome};
use crate::domain::remark::Remark;
use crate::processors::{Capture, DepositOrder, DepositProcessor, GivenUp, Opened};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::time::Duration;

/// So many times one opening may call createDisposition under the same id.
const MOST_CREATIONS: usize = 3;

/// The order's extra that says that an earlier call may have opened it: then what is there is ours.
pub const OPENED_BEFORE: &str = "sopg_opened_before";

/// The order's extra that tells how much of it was captured before, in minor units.
pub const CAPTURED_MINOR: &str = "sopg_captured_minor";

#[async_trait]
impl DepositProcessor for Processor {
    fn completes_in_two_steps(&self) -> bool {
        true
    }

    async fn open(&self, order: &DepositOrder) -> Opened {
        if let Some(refusal) = self.unfit(order) {
            return Opened::Unfit(refusal);
        }
        let mut lost = None;
        for round in 0..MOST_CREATIONS {
            // Only then "used before" can't speak of a call of ours.
            let is_first = lost.is_none() && !order.extra.contains_key(OPENED_BEFORE);
            let error = match self.create(order).await {
                Ok(mid) => return self.redirect(order, &mid),
                Err(error) => error,
            };
            let cause = error.to_string();
            let ask_only = match advice(Operation::CreateDisposition, error.failure()) {
                Advice::Never => return Opened::Refused { code: error.code(), reason: cause },
                Advice::Again => match lost {
                    None => return Opened::NotSent { cause },
                    Some(cause) => return Opened::Unknown { cause },
                },
                Advice::AskThenDecide | Advice::SameIdAgain => false,
                Advice::AskOnly | Advice::Arrived => true,
            };
            match self.ask(order).await {
                DispositionState::NotKnown if ask_only && is_first => return Opened::Taken { cause },
                DispositionState::NotKnown if ask_only => return Opened::Unknown { cause },
                DispositionState::NotKnown => lost = Some(cause),
                DispositionState::Known(there)
                    if there.state == State::Created && there.amount == order.amount =>
                {
                    return match self.mid(order.amount.currency()).await {
                        Ok(mid) => self.redirect(order, &mid),
                        Err(error) => {
                            Opened::Unknown { cause: format!("created, but its mid is unknown: {error}") }
                        }
                    };
                }
                DispositionState::Known(there) => {
                    let cause = format!("exists in state {} over {}", there.state.letter(), there.amount);
                    return match there.amount == order.amount {
                        _ if is_first && ask_only => Opened::Taken { cause },
                        // It is ours, and has got on without this call: our page shows what comes of it.
                        true => Opened::Decided(DepositOutcome::Open { cause }),
                        false => Opened::Unknown { cause },
                    };
                }
                DispositionState::OfAnotherCurrency if is_first => return Opened::Taken { cause },
                DispositionState::OfAnotherCurrency => return Opened::Unknown { cause },
                DispositionState::Unanswered { cause } | DispositionState::Refused { cause } => {
                    return Opened::Unknown { cause };
                }
            }
            if self.pause(round).await.is_none() {
                break;
            }
        }
        Opened::Unknown { cause: lost.unwrap_or_else(|| "not created after several tries".to_owned()) }
    }

    async fn settle(&self, order: &DepositOrder) -> DepositOutcome {
        let mut attempted = Attempted::on_record(order);
        let mut may_debit = true;
        let mut trouble = String::new();
        for round in 0.. {
            match self.ask(order).await {
                DispositionState::NotKnown => return DepositOutcome::NotFound,
                DispositionState::OfAnotherCurrency => return unknown(Remark::ThereInOtherCurrency),
                DispositionState::Unanswered { cause } => trouble = cause,
                DispositionState::Refused { cause } => return DepositOutcome::Unknown { cause },
                DispositionState::Known(there) => match verdict(order.amount, &there, attempted) {
                    Verdict::Debit if may_debit && order.capture == Capture::Automatic => {
                        attempted = Attempted::Debit;
                        match self.debit(order, order.amount, Close::Now).await {
                            DebitAnswer::Done => return paid(order, order.amount),
                            DebitAnswer::NotSent { cause } | DebitAnswer::AskThenDecide { cause } => {
                                trouble = cause
                            }
                            DebitAnswer::AskOnly { reason, .. } => {
                                may_debit = false;
                                trouble = reason;
                            }
                            // It stays reserved until its window is over; only its state ends it, not our failure.
                            DebitAnswer::Refused { reason, .. } => {
                                return DepositOutcome::Unknown { cause: reason };
                            }
                        }
                    }
                    Verdict::Debit if may_debit => {
                        return DepositOutcome::Authorized { reference: mtid(order).to_owned() };
                    }
                    // Refused by the state, and yet the state is as before: the next question may tell.
                    Verdict::Debit => {}
                    Verdict::Wait if attempted == Attempted::Release => return given_up(),
                    Verdict::Wait => return waiting(),
                    Verdict::Taken => return paid(order, order.amount),
                    Verdict::Ended { code, reason } => return failed(code, reason),
                    Verdict::Review { cause } => return DepositOutcome::Unknown { cause },
                },
            }
            if self.pause(round).await.is_none() {
                break;
            }
        }
        DepositOutcome::Unknown { cause: trouble }
    }

    /// What closes a disposition is taken once; parts are told apart only by what was taken before.
    fn lingers(&self) -> Duration {
        match self.account.partial_debits {
            true => Duration::from_millis(self.account.timeout_ms),
            false => Duration::ZERO,
        }
    }

    async fn capture(&self, order: &DepositOrder, amount: Money, last: bool) -> DepositOutcome {
        let resumed = Attempted::on_record(order) == Attempted::Debit;
        if !last && !resumed && !self.account.partial_debits {
            return failed("parts", "debits in parts are not enabled for this account");
        }
        let close = if last { Close::Now } else { Close::KeepOpen };
        let mut lowered = !last || !self.account.modify;
        // What was open before our debit; only against it a part of unknown outcome can be judged.
        let mut before: Option<Money> = resumed.then(|| open_before(order));
        let mut trouble = String::new();
        for round in 0.. {
            match self.ask(order).await {
                DispositionState::NotKnown => return DepositOutcome::NotFound,
                DispositionState::OfAnotherCurrency => return unknown(Remark::ThereInOtherCurrency),
                DispositionState::Unanswered { cause } => trouble = cause,
                DispositionState::Refused { cause } => return DepositOutcome::Unknown { cause },
                DispositionState::Known(there) => match there.state {
                    State::Created => return waiting(),
                    State::Cancelled => return failed("L", Remark::CancelledOnPanel),
                    State::Expired if last || before.is_none() => return failed("X", Remark::TimeRanOut),
                    State::Expired => {
                        return unknown(Remark::PartUnanswered);
                    }
                    State::Consumed => {
                        return if last && before.is_some() {
                            paid(order, amount)
                        } else {
                            unknown(Remark::ClosedWithoutDebit)
                        };
                    }
                    State::Invalid | State::Unheard(_) => return unknown(Remark::StateNeedsPerson),
                    State::Disposed | State::Debited => {
                        match before.filter(|_| !last).map(|before| part(order, before, amount, &there)) {
                            Some(Part::Taken) => return paid(order, amount),
                            Some(Part::Untold) => {
                                return unknown(Remark::RestTellsNothing);
                            }
                            Some(Part::NotTaken) | None => {}
                        }
                        if there.amount.minus(amount).map_or(true, |rest| rest.minor() < 0) {
                            return unknown(Remark::MoreThanOpen);
                        }
                        let lower = !lowered && there.amount != amount;
                        lowered = true;
                        if let Some(cause) = self.lost_lowering(order, amount, lower).await {
                            trouble = cause;
                        } else {
                            before = Some(there.amount);
                            match self.debit(order, amount, close).await {
                                DebitAnswer::Done => return paid(order, amount),
                                DebitAnswer::NotSent { cause } | DebitAnswer::AskThenDecide { cause } => {
                                    trouble = cause
                                }
                                DebitAnswer::AskOnly { reason, .. } => trouble = reason,
                                DebitAnswer::Refused { reason, .. } => {
                                    return DepositOutcome::Unknown { cause: reason };
                                }
                            }
                        }
                    }
                },
            }
            if self.pause(round).await.is_none() {
                break;
            }
        }
        DepositOutcome::Unknown { cause: trouble }
    }

    /// There is no call that cancels: a reserve is released by a debit of nothing, and what nobody has paid yet is
    /// given up by never debiting it. The caller's record must say `release` from then on.
    async fn cancel(&self, order: &DepositOrder) -> DepositOutcome {
        let mut released = Attempted::on_record(order) == Attempted::Release;
        let mut trouble = String::new();
        for round in 0.. {
            match self.ask(order).await {
                DispositionState::NotKnown => return DepositOutcome::NotFound,
                DispositionState::OfAnotherCurrency => return unknown(Remark::ThereInOtherCurrency),
                DispositionState::Unanswered { cause } => trouble = cause,
                DispositionState::Refused { cause } => return DepositOutcome::Unknown { cause },
                DispositionState::Known(there) => match there.state {
                    State::Created => return given_up(),
                    State::Cancelled => return failed("L", Remark::CancelledOnPanel),
                    State::Expired => return failed("X", Remark::TimeRanOut),
                    State::Consumed if released => return failed("O", Remark::ReserveReleased),
                    State::Consumed => {
                        return unknown(Remark::ClosedWithoutRelease);
                    }
                    State::Invalid | State::Unheard(_) => return unknown(Remark::StateNeedsPerson),
                    State::Disposed | State::Debited => {
                        released = true;
                        match self.debit(order, Money::zero(order.amount.currency()), Close::Now).await {
                            // What was debited in parts before stays debited.
                            DebitAnswer::Done => match order.amount.minus(there.amount) {
                                Ok(taken) if taken.is_positive() => return paid(order, taken),
                                Ok(_) | Err(_) => return failed("O", Remark::ReserveReleased),
                            },
                            DebitAnswer::NotSent { cause } | DebitAnswer::AskThenDecide { cause } => {
                                trouble = cause
                            }
                            DebitAnswer::AskOnly { reason, .. } => trouble = reason,
                            DebitAnswer::Refused { reason, .. } => {
                                return DepositOutcome::Unknown { cause: reason };
                            }
                        }
                    }
                },
            }
            if self.pause(round).await.is_none() {
                break;
            }
        }
        DepositOutcome::Unknown { cause: trouble }
    }

    async fn give_up(&self, order: &DepositOrder) -> GivenUp {
        let outcome = self.cancel(order).await;
        if outcome == given_up() { GivenUp::StillPayable(outcome) } else { GivenUp::Outcome(outcome) }
    }

    async fn refund(&self, order: &DepositOrder, amount: Money, refund: &str) -> Outcome {
        self.give_back(order, amount, refund).await
    }
}

impl Processor {
    /// Lowers the reserve to what the last capture is about to take, so that the debit is of all there is and the
    /// closed disposition tells what was taken. Tried once, because the debit releases the rest as well: a refusal is
    /// passed over, and only an answer that got lost (which is given) has the state asked for before the debit.
    async fn lost_lowering(&self, order: &DepositOrder, amount: Money, lower: bool) -> Option<String> {
        if !lower {
            return None;
        }
        // The gateway counts what was debited before as part of the disposition's value.
        let value = captured_before(order).plus(amount).ok()?;
        let error = self.modify(order, value).await.err()?;
        let cause = error.to_string();
        tracing::warn!(deposit.id = %order.deposit, cause, "a reserve was not lowered");
        match advice(Operation::ModifyDispositionValue, error.failure()) {
            Advice::Never | Advice::AskOnly | Advice::Arrived => None,
            Advice::Again | Advice::AskThenDecide | Advice::SameIdAgain => Some(cause),
        }
    }

    async fn create(&self, order: &DepositOrder) -> Result<String, super::client::CallError> {
        let new = NewDisposition {
            mtid: mtid(order),
            amount: order.amount,
            ok_url: &order.urls.success,
            nok_url: &order.urls.failure,
            notify_url: &order.urls.notify,
            client_id: &self.client_id(&order.front_end, &order.pin),
            client_ip: order.customer.ip_address.as_deref(),
            restrictions: &self.restrictions(),
            shop_id: self.account.shop_id.as_deref(),
            shop_label: self.account.shop_label.as_deref(),
        };
        let mid = create_disposition::send(&self.client, &new).await?;
        self.remember_mid(order.amount.currency(), &mid);
        Ok(mid)
    }

    fn redirect(&self, order: &DepositOrder, mid: &str) -> Opened {
        let visit = Visit {
            panel: &self.account.panel,
            mid,
            mtid: mtid(order),
            amount: order.amount,
            language: &order.language,
        };
        match panel::address(&visit) {
            Ok(url) => {
                Opened::Redirect { url, reference: Some(mtid(order).to_owned()), told: BTreeMap::new() }
            }
            Err(error) => Opened::Refused { code: "amount".to_owned(), reason: format!("amount {error}") },
        }
    }
}

/// The order's name at the gateway: our reference, or the one it got instead because that was taken.
pub fn mtid(order: &DepositOrder) -> &str {
    mtid_of(&order.reference, order.processor_reference.as_deref())
}

pub fn mtid_of<'a>(reference: &'a str, at_gateway: Option<&'a str>) -> &'a str {
    at_gateway.unwrap_or(reference)
}

fn paid(order: &DepositOrder, amount: Money) -> DepositOutcome {
    DepositOutcome::Paid {
        reference: mtid(order).to_owned(),
        minor: amount.minor(),
        currency: amount.currency().code().to_owned(),
    }
}

fn waiting() -> DepositOutcome {
    DepositOutcome::Open { cause: Remark::CustomerUnpaid.into() }
}

fn given_up() -> DepositOutcome {
    failed("R", "given up before the customer paid; nothing will be debited")
}

fn failed(code: &str, reason: impl Into<String>) -> DepositOutcome {
    DepositOutcome::Failed { code: code.to_owned(), reason: reason.into() }
}

fn unknown(cause: Remark) -> DepositOutcome {
    DepositOutcome::Unknown { cause: cause.into() }
}
