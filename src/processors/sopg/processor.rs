//! One account at the gateway, and the single steps a caller may take there.
//!
//! Before a debit the caller commits that it is about to debit, so the two halves of a settlement are apart:
//! [`Processor::ask`] and [`Processor::debit`]. What a state means for an order is [`super::verdict`].

use super::assign_cards::{self, Assigned, CardEntry};
use super::client::{CallError, Client};
use super::create_disposition::{Restriction, client_id};
use super::deposit::mtid;
use super::execute_debit::{self, Close};
use super::limits::Limit;
use super::retry::{Advice, Failure, Operation, advice};
use super::settings::{AccountSettings, Problem};
use super::state::Disposition;
use super::{mid, modify_disposition, panel, raw_state, serial_numbers};
use crate::clock::Clock;
use crate::domain::customer::Details;
use crate::domain::money::{Currency, Money};
use crate::processors::DepositOrder;
use ipnet::IpNet;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

pub struct Processor {
    pub(super) client: Client,
    pub(super) account: AccountSettings,
    pub(super) limits: BTreeMap<Currency, Limit>,
    pub(super) senders: Vec<IpNet>,
    client_id_key: SecretString,
    /// Merchant ids by currency, as the gateway told them.
    mids: Mutex<BTreeMap<Currency, String>>,
}

/// What the gateway says about an order when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DispositionState {
    Known(Disposition),
    /// It never heard of it.
    NotKnown,
    /// It knows the name, and not in our currency.
    OfAnotherCurrency,
    /// No answer that tells anything: ask again.
    Unanswered {
        cause: String,
    },
    /// It refuses to tell, and would again.
    Refused {
        cause: String,
    },
}

/// What came of a debit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DebitAnswer {
    Done,
    /// Nothing left this process.
    NotSent {
        cause: String,
    },
    /// It may have happened: ask, and debit again only if the state says so.
    AskThenDecide {
        cause: String,
    },
    /// Refused because of the state: ask what is true, and don't debit again.
    AskOnly {
        code: String,
        reason: String,
    },
    /// Refused for a reason that no repetition changes.
    Refused {
        code: String,
        reason: String,
    },
}

impl Processor {
    /// Checks the account and prepares the connection; nothing is sent. Needs rustls' provider to be installed.
    pub fn connect(account: &AccountSettings, clock: Clock) -> Result<Processor, Problem> {
        if let Some(problem) = account.problems().into_iter().next() {
            return Err(problem);
        }
        Ok(Processor {
            client: Client::new(account, clock)?,
            limits: account.limits()?,
            senders: account.senders()?,
            client_id_key: account.client_id_key()?,
            account: account.clone(),
            mids: Mutex::default(),
        })
    }

    /// Asks for state, amount and cards. Free of side effects.
    pub async fn ask(&self, order: &DepositOrder) -> DispositionState {
        known(serial_numbers::ask(&self.client, mtid(order), order.amount.currency()).await)
    }

    /// As [`Processor::ask`], without the cards.
    pub async fn ask_raw(&self, order: &DepositOrder) -> DispositionState {
        known(raw_state::ask(&self.client, mtid(order), order.amount.currency()).await)
    }

    /// Debits. Commit that you are about to, first: if this process dies in here, the money may be ours.
    pub async fn debit(&self, order: &DepositOrder, amount: Money, close: Close) -> DebitAnswer {
        let Err(error) = execute_debit::send(&self.client, mtid(order), amount, close).await else {
            return DebitAnswer::Done;
        };
        let (code, reason) = (error.code(), error.to_string());
        match advice(Operation::ExecuteDebit, error.failure()) {
            Advice::Again => DebitAnswer::NotSent { cause: reason },
            Advice::AskThenDecide | Advice::SameIdAgain => DebitAnswer::AskThenDecide { cause: reason },
            Advice::AskOnly | Advice::Arrived => DebitAnswer::AskOnly { code, reason },
            Advice::Never => DebitAnswer::Refused { code, reason },
        }
    }

    /// Lowers the reserved amount, where the account may.
    pub async fn modify(&self, order: &DepositOrder, amount: Money) -> Result<(), CallError> {
        if !self.account.modify {
            let reason = "modifying is not enabled for this account".to_owned();
            return Err(super::envelope::Unwritable { field: "amount", reason }.into());
        }
        modify_disposition::send(&self.client, mtid(order), amount).await
    }

    /// Pays with PINs that we collected ourselves, one to ten of them.
    pub async fn assign(&self, order: &DepositOrder, cards: &[CardEntry]) -> Result<Assigned, CallError> {
        let locale = panel::locale(&order.language).map(|(_, locale)| locale);
        assign_cards::send(&self.client, mtid(order), order.amount, locale, cards).await
    }

    /// The older form for a single PIN without a password.
    pub async fn assign_one(&self, order: &DepositOrder, pin: &SecretString) -> Result<(), CallError> {
        assign_cards::send_one(&self.client, mtid(order), order.amount, pin).await
    }

    /// The merchant id of a currency; asked once.
    pub async fn mid(&self, currency: Currency) -> Result<String, CallError> {
        let known = self.mids.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(&currency).cloned();
        if let Some(mid) = known {
            return Ok(mid);
        }
        let mid = mid::ask(&self.client, currency).await?;
        self.remember_mid(currency, &mid);
        Ok(mid)
    }

    pub(super) fn remember_mid(&self, currency: Currency, mid: &str) {
        let mut mids = self.mids.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        mids.insert(currency, mid.to_owned());
    }

    pub(super) fn client_id(&self, front_end: &str, pin: &str) -> String {
        client_id(&self.client_id_key, front_end, pin)
    }

    pub(super) fn restrictions(&self) -> Vec<Restriction> {
        let account = &self.account;
        let countries = account.countries.iter().cloned().map(Restriction::Country);
        let age = account.min_age.map(Restriction::MinAge);
        let kyc = account.min_kyc_level.map(Restriction::MinKycLevel);
        countries.chain(age).chain(kyc).collect()
    }

    /// Waits as configured before the question number `round`; `None` when there were enough of them.
    pub(super) async fn pause(&self, round: usize) -> Option<()> {
        let wait = *self.account.ask_again_after_ms.get(round)?;
        tokio::time::sleep(Duration::from_millis(wait)).await;
        Some(())
    }
}

/// Type and id of the customer's account at the brand: the platform knows him by his e-mail address.
pub(super) fn account_of(customer: &Details) -> Option<(&'static str, &str)> {
    customer.email.as_deref().map(|email| ("EMAIL", email))
}

/// The codes of an id that the gateway doesn't know, and of one that it knows in another currency.
const UNKNOWN_MTID: i32 = 2002;
const OTHER_CURRENCIES: [i32; 2] = [2006, 2011];

fn known(asked: Result<Disposition, CallError>) -> DispositionState {
    match asked {
        Ok(disposition) => DispositionState::Known(disposition),
        Err(error) => match error.failure() {
            Failure::Logical(UNKNOWN_MTID) => DispositionState::NotKnown,
            Failure::Logical(code) if OTHER_CURRENCIES.contains(&code) => DispositionState::OfAnotherCurrency,
            failure => match advice(Operation::GetSerialNumbers, failure) {
                Advice::Again | Advice::SameIdAgain | Advice::AskThenDecide => {
                    DispositionState::Unanswered { cause: error.to_string() }
                }
                Advice::Never | Advice::AskOnly | Advice::Arrived => {
                    DispositionState::Refused { cause: error.to_string() }
                }
            },
        },
    }
}
