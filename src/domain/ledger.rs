//! Double entry. Every entry moves a positive amount from one account to another, so a transaction sums to zero by
//! construction: there is no way to write down money that appears or vanishes.

use super::ids::path;
use super::money::{Currency, Money, MoneyError};

/// An account's name. Each account holds one currency.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Account {
    pub kind: AccountKind,
    pub name: String,
    pub currency: Currency,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AccountKind {
    Customer,
    PayoutsInTransit,
    Fees,
    Processor,
    Adjustments,
    Suspense,
}

impl AccountKind {
    pub const ALL: [AccountKind; 6] = {
        use AccountKind::*;
        [Customer, PayoutsInTransit, Fees, Processor, Adjustments, Suspense]
    };

    pub fn from_name(name: &str) -> Option<AccountKind> {
        AccountKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            AccountKind::Customer => "customer",
            AccountKind::PayoutsInTransit => "payouts_in_transit",
            AccountKind::Fees => "fees",
            AccountKind::Processor => "processor",
            AccountKind::Adjustments => "adjustments",
            AccountKind::Suspense => "suspense",
        }
    }
}

impl Account {
    pub fn customer(front_end: &str, pin: &str, currency: Currency) -> Account {
        Account::new(AccountKind::Customer, &[front_end, pin], currency)
    }

    pub fn payouts_in_transit(front_end: &str, currency: Currency) -> Account {
        Account::new(AccountKind::PayoutsInTransit, &[front_end], currency)
    }

    pub fn fees(front_end: &str, currency: Currency) -> Account {
        Account::new(AccountKind::Fees, &[front_end], currency)
    }

    pub fn adjustments(front_end: &str, currency: Currency) -> Account {
        Account::new(AccountKind::Adjustments, &[front_end], currency)
    }

    /// A processor is shared by front ends of several currencies, so its accounts carry the currency in their name.
    pub fn processor(name: &str, currency: Currency) -> Account {
        Account::new(AccountKind::Processor, &[name, currency.code()], currency)
    }

    pub fn suspense(processor: &str, currency: Currency) -> Account {
        Account::new(AccountKind::Suspense, &[processor, currency.code()], currency)
    }

    fn new(kind: AccountKind, owner: &[&str], currency: Currency) -> Account {
        let parts: Vec<&str> = std::iter::once(kind.name()).chain(owner.iter().copied()).collect();
        Account { kind, name: path(&parts), currency }
    }
}

/// A positive amount that goes from one account to another of the same currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    from: Account,
    to: Account,
    amount: Money,
}

impl Entry {
    pub fn from(&self) -> &Account {
        &self.from
    }

    pub fn to(&self) -> &Account {
        &self.to
    }

    pub fn amount(&self) -> Money {
        self.amount
    }
}

/// Why a ledger transaction exists. With its subject it names a thing that can happen only once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    PayoutDebited,
    PayoutSettled,
    PayoutReleased,
    PayoutReversed,
    DepositCredited,
    DepositReversed,
    DepositRefunded,
    /// A refund that the processor refused after all.
    DepositRefundReturned,
    Adjustment,
    Suspense,
}

impl Kind {
    pub const ALL: [Kind; 10] = {
        use Kind::*;
        [
            PayoutDebited,
            PayoutSettled,
            PayoutReleased,
            PayoutReversed,
            DepositCredited,
            DepositReversed,
            DepositRefunded,
            DepositRefundReturned,
            Adjustment,
            Suspense,
        ]
    };

    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::PayoutDebited => "payout_debited",
            Kind::PayoutSettled => "payout_settled",
            Kind::PayoutReleased => "payout_released",
            Kind::PayoutReversed => "payout_reversed",
            Kind::DepositCredited => "deposit_credited",
            Kind::DepositReversed => "deposit_reversed",
            Kind::DepositRefunded => "deposit_refunded",
            Kind::DepositRefundReturned => "deposit_refund_returned",
            Kind::Adjustment => "adjustment",
            Kind::Suspense => "suspense",
        }
    }
}

/// A set of entries that are written together or not at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    pub kind: Kind,
    /// The payout, deposit or adjustment it belongs to, in its outside spelling.
    pub subject: String,
    pub front_end: String,
    entries: Vec<Entry>,
}

impl Transaction {
    pub fn new(kind: Kind, subject: impl ToString, front_end: &str) -> Transaction {
        Transaction {
            kind,
            subject: subject.to_string(),
            front_end: front_end.to_owned(),
            entries: Vec::new(),
        }
    }

    /// Adds an entry; a zero amount adds nothing, a negative one or a foreign currency can't be written.
    pub fn moving(mut self, amount: Money, from: Account, to: Account) -> Result<Transaction, MoneyError> {
        if amount.is_zero() {
            return Ok(self);
        }
        let amount = amount.positive()?;
        for account in [&from, &to] {
            if account.currency != amount.currency() {
                return Err(MoneyError::MixedCurrencies { left: account.currency, right: amount.currency() });
            }
        }
        self.entries.push(Entry { from, to, amount });
        Ok(self)
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The same seen account by account, in the order of first mention: what each account's balance changes by.
    pub fn postings(&self) -> Vec<(Account, Money)> {
        let mut postings: Vec<(Account, i64)> = Vec::new();
        let mut add =
            |account: &Account, minor: i64| match postings.iter_mut().find(|(known, _)| known == account) {
                Some((_, sum)) => *sum += minor,
                None => postings.push((account.clone(), minor)),
            };
        for entry in &self.entries {
            add(&entry.from, -entry.amount.minor());
            add(&entry.to, entry.amount.minor());
        }
        postings
            .into_iter()
            .map(|(account, minor)| {
                let money = Money::from_minor(minor, account.currency);
                (account, money)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::find("EUR").expect("EUR"))
    }

    #[test]
    fn entries_are_positive_and_in_one_currency() {
        let e = eur(1).currency();
        let usd = Currency::find("USD").expect("USD");
        let new = || Transaction::new(Kind::Adjustment, "x", "F");
        assert!(new().moving(eur(-1), Account::fees("F", e), Account::adjustments("F", e)).is_err());
        assert!(new().moving(eur(1), Account::fees("F", e), Account::adjustments("F", usd)).is_err());
        let nothing =
            new().moving(eur(0), Account::fees("F", e), Account::adjustments("F", e)).expect("zero");
        assert!(nothing.entries().is_empty());
    }

    proptest! {
        #[test]
        fn postings_always_sum_to_zero(amounts in prop::collection::vec((1i64..1_000_000, 0usize..4, 0usize..4), 0..9)) {
            let e = eur(1).currency();
            let accounts = [
                Account::customer("F", "p", e),
                Account::fees("F", e),
                Account::payouts_in_transit("F", e),
                Account::processor("P", e),
            ];
            let mut transaction = Transaction::new(Kind::Adjustment, "x", "F");
            for (minor, from, to) in amounts {
                transaction = transaction.moving(eur(minor), accounts[from].clone(), accounts[to].clone()).expect("entry");
            }
            prop_assert_eq!(transaction.postings().iter().map(|(_, m)| m.minor()).sum::<i64>(), 0);
        }
    }
}
