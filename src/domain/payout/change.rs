//! What a decision writes: the payout as it will be, the ledger transactions, and what must follow.

use super::status::PayoutStatus;
use super::{Debit, Payout};
use crate::domain::debit::DebitState;
use crate::domain::front_end::{FeeMode, FrontEnd};
use crate::domain::ledger::{Account, Kind, Transaction};
use crate::domain::money::{Money, MoneyError};
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;

/// A decision: the payout as it will be, and everything that must be written with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub payout: Payout,
    pub from: Option<PayoutStatus>,
    pub transactions: Vec<Transaction>,
    /// Give the payout to its processor: an attempt is to be planned.
    pub pay_out: bool,
    /// A planned attempt is withdrawn, nothing of it has left.
    pub withdraw: bool,
    /// Its cashier was being asked to end it, and needs to be asked no more.
    pub ended_asked: bool,
    pub alerts: Vec<Alert>,
}

/// Something a person should look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alert {
    /// Approved arrived for a payout that was never debited.
    DebitedLate,
    /// A reversal named other amounts than the ledger holds; the ledger's were used.
    ReversalDiffers,
    UnknownProcessor,
    /// The cashier reports as paid what people of ours held back.
    ApprovedWhileHeld,
    /// The same for what did not have its marks.
    ApprovedUnmarked,
}

impl Alert {
    pub fn name(self) -> &'static str {
        match self {
            Alert::DebitedLate => "debited_late",
            Alert::ReversalDiffers => "reversal_differs",
            Alert::UnknownProcessor => "unknown_processor",
            Alert::ApprovedWhileHeld => "approved_while_held",
            Alert::ApprovedUnmarked => "approved_unmarked",
        }
    }
}

/// The amounts of a debit under a fee mode.
pub(super) fn charge(amount: Money, fee: Money, mode: FeeMode) -> Result<(Money, Money), Refusal> {
    match mode {
        FeeMode::OnTop => Ok((amount, fee)),
        FeeMode::Ignore => Ok((amount, Money::zero(amount.currency()))),
        FeeMode::Included => {
            let net = amount.minus(fee).and_then(Money::positive);
            net.map(|net| (net, fee)).map_err(|_| Refusal::field("Fee", Reason::NotSmaller))
        }
    }
}

pub(super) fn too_large(error: MoneyError) -> Refusal {
    Refusal::money("Amount", error)
}

pub(super) fn enough(available: Money, needed: Money) -> Result<(), Refusal> {
    if available.minor() < needed.minor() {
        return Err(Refusal::InsufficientFunds { available, needed });
    }
    Ok(())
}

impl Change {
    pub(super) fn of(payout: Payout, from: Option<PayoutStatus>) -> Change {
        Change {
            payout,
            from,
            transactions: Vec::new(),
            pay_out: false,
            withdraw: false,
            ended_asked: false,
            alerts: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, front_end: &FrontEnd, available: Money) -> Result<(), Refusal> {
        let (net, fee) = charge(self.payout.amount, self.payout.fee, front_end.fee_mode)?;
        enough(available, net.plus(fee).map_err(too_large)?)?;
        self.debit(front_end)
    }

    pub(super) fn debit(&mut self, front_end: &FrontEnd) -> Result<(), Refusal> {
        let (net, fee) = charge(self.payout.amount, self.payout.fee, front_end.fee_mode)?;
        self.payout.debit = Debit { state: DebitState::Taken, amount: net, fee };
        let accounts = Accounts::of(&self.payout);
        self.transact(Kind::PayoutDebited, |t| {
            t.moving(net, accounts.customer.clone(), accounts.transit)?.moving(
                fee,
                accounts.customer,
                accounts.fees,
            )
        })
    }

    pub(super) fn settle(&mut self) -> Result<(), Refusal> {
        let amount = self.payout.debit.amount;
        let accounts = Accounts::of(&self.payout);
        self.transact(Kind::PayoutSettled, |t| t.moving(amount, accounts.transit, accounts.processor))
    }

    /// The exact opposite of the debit.
    pub(super) fn release(&mut self) -> Result<(), Refusal> {
        let Debit { amount, fee, .. } = self.payout.debit;
        let accounts = Accounts::of(&self.payout);
        self.payout.debit.state = DebitState::Released;
        self.transact(Kind::PayoutReleased, |t| {
            t.moving(amount, accounts.transit, accounts.customer.clone())?.moving(
                fee,
                accounts.fees,
                accounts.customer,
            )
        })
    }

    pub(super) fn give_back(&mut self, from_transit: bool) -> Result<(), Refusal> {
        let Debit { amount, fee, .. } = self.payout.debit;
        let accounts = Accounts::of(&self.payout);
        let source = if from_transit { accounts.transit } else { accounts.processor };
        self.payout.debit.state = DebitState::GivenBack;
        self.transact(Kind::PayoutReversed, |t| {
            t.moving(amount, source, accounts.customer.clone())?.moving(fee, accounts.fees, accounts.customer)
        })
    }

    fn transact(
        &mut self,
        kind: Kind,
        entries: impl FnOnce(Transaction) -> Result<Transaction, MoneyError>,
    ) -> Result<(), Refusal> {
        let transaction = Transaction::new(kind, self.payout.id, &self.payout.front_end);
        self.transactions.push(entries(transaction).map_err(too_large)?);
        Ok(())
    }
}

struct Accounts {
    customer: Account,
    transit: Account,
    fees: Account,
    processor: Account,
}

impl Accounts {
    fn of(payout: &Payout) -> Accounts {
        let currency = payout.amount.currency();
        Accounts {
            customer: Account::customer(&payout.front_end, &payout.pin, currency),
            transit: Account::payouts_in_transit(&payout.front_end, currency),
            fees: Account::fees(&payout.front_end, currency),
            processor: Account::processor(payout.processor_name(), currency),
        }
    }
}
