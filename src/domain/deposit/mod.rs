//! A deposit: its state, and the decisions that check, record, credit and take it back.

pub mod status;

use super::front_end::FrontEnd;
use super::ids::DepositId;
use super::ledger::{Account, Kind, Transaction};
use super::money::{Money, MoneyError};
use super::payout::Named;
use super::reason::Reason;
use super::refusal::Refusal;
use status::DepositStatus;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deposit {
    pub id: DepositId,
    pub front_end: String,
    pub pin: String,
    pub trace_id: i64,
    pub status: DepositStatus,
    /// What the customer wants to pay in; what is credited, once it is.
    pub amount: Money,
    /// What the processor reserved, where that is less than was asked: no more can be captured.
    pub reserved: Option<Money>,
    pub captured: Money,
    pub refunded: Money,
    pub processor: Option<Named>,
    pub payment_method: Option<String>,
    pub transaction_id: Option<String>,
    pub created_by: Option<String>,
}

/// A decision about a deposit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub deposit: Deposit,
    pub from: Option<DepositStatus>,
    pub transactions: Vec<Transaction>,
}

/// Whether this customer may pay this amount in: the check of `PrevalidateDeposit` and `PendingDeposit`.
pub fn check(amount: Money, front_end: &FrontEnd, open_payouts: bool) -> Result<(), Refusal> {
    front_end.deposit_limits.check(amount.minor()).map_err(|reason| Refusal::Limit { reason })?;
    if front_end.deposit_lock && open_payouts {
        return Err(Refusal::CustomerRule { reason: Reason::OpenPayouts });
    }
    Ok(())
}

impl Deposit {
    /// Moves to a status that touches no money. Later news never leads back.
    pub fn note(&self, to: DepositStatus) -> Option<Change> {
        self.status.may_become(to).then(|| {
            let deposit = Deposit { status: to, ..self.clone() };
            Change { deposit, from: Some(self.status), transactions: Vec::new() }
        })
    }

    /// Credits what the processor paid. The amount is the one the cashier or our own row says, never a browser's.
    pub fn credit(&self, amount: Money) -> Result<Change, Refusal> {
        self.step(DepositStatus::Credited)?;
        let deposit = Deposit { status: DepositStatus::Credited, amount, captured: amount, ..self.clone() };
        let transaction = deposit.transaction(Kind::DepositCredited, deposit.id.to_string(), |t, a| {
            t.moving(amount, a.processor, a.customer)
        })?;
        Ok(Change { deposit, from: Some(self.status), transactions: vec![transaction] })
    }

    /// All that can be captured of it, with what was.
    pub fn capturable(&self) -> Money {
        self.reserved.unwrap_or(self.amount)
    }

    /// Credits one part of what the processor captured; the last part ends the deposit at Credited.
    pub fn credit_part(&self, amount: Money, last: bool) -> Result<Change, Refusal> {
        self.step(DepositStatus::Credited)?;
        let captured = self.captured.plus(amount).map_err(|e| Refusal::money("Amount", e))?;
        if captured.minor() > self.capturable().minor() {
            return Err(Refusal::field("Amount", Reason::MoreThanAuthorized));
        }
        let ended = last || captured == self.capturable();
        let status = if ended { DepositStatus::Credited } else { DepositStatus::Authorized };
        let deposit = Deposit { status, captured, ..self.clone() };
        // The first part bears the deposit's own name; later ones say where they begin.
        let subject = match self.captured.minor() {
            0 => self.id.to_string(),
            before => format!("{}/{before}", self.id),
        };
        let transaction = deposit
            .transaction(Kind::DepositCredited, subject, |t, a| t.moving(amount, a.processor, a.customer))?;
        Ok(Change { deposit, from: Some(self.status), transactions: vec![transaction] })
    }

    /// Money came that is not what we asked for: it waits in suspense for a person, and the customer gets nothing yet.
    pub fn suspend(&self, amount: Money) -> Result<Transaction, Refusal> {
        let processor = self.processor.as_ref().map_or("unassigned", |named| &named.platform);
        let suspense = Account::suspense(processor, amount.currency());
        let source = Account::processor(processor, amount.currency());
        Transaction::new(Kind::Suspense, self.id, &self.front_end)
            .moving(amount, source, suspense)
            .map_err(|e| Refusal::money("Amount", e))
    }

    /// Takes a refund from the customer, before the processor is asked to make it.
    pub fn refund(&self, amount: Money, number: i64, available: Money) -> Result<Change, Refusal> {
        if self.status != DepositStatus::Credited {
            return Err(Refusal::IllegalDepositStep { from: self.status.name(), to: "refunded" });
        }
        let refunded = self.refunded.plus(amount).map_err(|e| Refusal::money("Amount", e))?;
        if refunded.minor() > self.captured.minor() {
            return Err(Refusal::field("Amount", Reason::MoreThanCaptured));
        }
        if available.minor() < amount.minor() {
            return Err(Refusal::InsufficientFunds { available, needed: amount });
        }
        let deposit = Deposit { refunded, ..self.clone() };
        let subject = format!("{}/refund-{number}", self.id);
        let transaction = deposit
            .transaction(Kind::DepositRefunded, subject, |t, a| t.moving(amount, a.customer, a.processor))?;
        Ok(Change { deposit, from: Some(self.status), transactions: vec![transaction] })
    }

    /// The processor refused a refund: the exact opposite of taking it.
    pub fn return_refund(&self, amount: Money, number: i64) -> Result<Change, Refusal> {
        let refunded = self.refunded.minus(amount).map_err(|e| Refusal::money("Amount", e))?;
        let deposit = Deposit { refunded, ..self.clone() };
        let subject = format!("{}/refund-{number}", self.id);
        let transaction = deposit.transaction(Kind::DepositRefundReturned, subject, |t, a| {
            t.moving(amount, a.processor, a.customer)
        })?;
        Ok(Change { deposit, from: Some(self.status), transactions: vec![transaction] })
    }

    /// The processor took the whole credited amount back; the balance may go below zero.
    pub fn reverse(&self) -> Result<Change, Refusal> {
        self.step(DepositStatus::Reversed)?;
        let left = self.captured.minus(self.refunded).map_err(|e| Refusal::money("Amount", e))?;
        let deposit = Deposit { status: DepositStatus::Reversed, ..self.clone() };
        let transaction = deposit.transaction(Kind::DepositReversed, deposit.id.to_string(), |t, a| {
            t.moving(left, a.customer, a.processor)
        })?;
        Ok(Change { deposit, from: Some(self.status), transactions: vec![transaction] })
    }

    fn step(&self, to: DepositStatus) -> Result<(), Refusal> {
        if self.status.may_become(to) {
            return Ok(());
        }
        Err(Refusal::IllegalDepositStep { from: self.status.name(), to: to.name() })
    }

    pub fn transaction(
        &self,
        kind: Kind,
        subject: String,
        entries: impl FnOnce(Transaction, Accounts) -> Result<Transaction, MoneyError>,
    ) -> Result<Transaction, Refusal> {
        let currency = self.amount.currency();
        let processor = self.processor.as_ref().map_or("unassigned", |named| &named.platform);
        let accounts = Accounts {
            customer: Account::customer(&self.front_end, &self.pin, currency),
            processor: Account::processor(processor, currency),
        };
        entries(Transaction::new(kind, subject, &self.front_end), accounts)
            .map_err(|e| Refusal::money("Amount", e))
    }
}

/// The two sides of every deposit.
pub struct Accounts {
    pub customer: Account,
    pub processor: Account,
}
