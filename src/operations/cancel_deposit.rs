//! A deposit that was not captured is given up: noted before the processor is told.

use super::capture_deposit::of_caller;
use super::hold::{Hold, Holder};
use super::{Answer, Call, Caller, OperationError, Rules, refusable};
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::refusal::Refusal;
use crate::operations::settle_deposit::CANCEL;
use crate::store::deposits::Managed;
use crate::store::{Tx, Wants, deposits};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    pub deposit: DepositId,
}

impl Wish {
    pub fn wants(&self, rules: &Rules) -> Wants {
        Wants::nothing().customer(&rules.front_end.name, &self.pin).deposit(self.deposit)
    }
}

#[derive(Clone, Debug)]
pub enum Begun {
    Answered(Answer),
    ToCancel(Box<(Deposit, Managed)>, Hold),
}

pub fn begin(
    tx: &mut Tx<'_>,
    wish: &Wish,
    rules: &Rules,
    caller: &Caller,
    holder: &Holder,
) -> Result<Begun, OperationError> {
    let mut to_cancel = None;
    let subject = wish.deposit.to_string();
    let call = Call { method: "CancelDeposit", subject: &subject, pin: &wish.pin };
    let answer = refusable(tx, rules, caller, &call, |tx| {
        let (deposit, managed) = of_caller(tx, rules, wish.deposit, &wish.pin)?;
        match deposit.status {
            DepositStatus::Cancelled | DepositStatus::Declined => {
                let done = Answer::done(deposit.status.name());
                return Ok(Answer { deposit: Some(deposit.id), replayed: true, ..done });
            }
            DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling => {}
            DepositStatus::Credited | DepositStatus::Reversed => {
                return Err(
                    Refusal::IllegalDepositStep { from: deposit.status.name(), to: "Cancelled" }.into()
                );
            }
        }
        if deposit.captured.is_positive() {
            return Err(Refusal::IllegalDepositStep { from: "partly captured", to: "Cancelled" }.into());
        }
        let busy = match managed.attempted.as_deref() {
            Some(CANCEL) => !holder.may_go_on(tx, deposit.id)?,
            Some(_) => true,
            None => false,
        };
        if busy {
            return Err(OperationError::NotYet("another step of this deposit is under way, please repeat"));
        }
        deposits::note_attempted(tx, deposit.id, Some(CANCEL))?;
        let hold = holder.takes(tx, deposit.id, &managed.account)?;
        to_cancel = Some(Begun::ToCancel(Box::new((deposit, managed)), hold));
        Ok(Answer::default())
    })?;
    Ok(match to_cancel.filter(|_| answer.refused.is_none()) {
        Some(begun) => begun,
        None => Begun::Answered(answer),
    })
}
