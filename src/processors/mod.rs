//! The world outside: one closed room for each kind of processor.
//!
//! A room holds its wire codec, client, notice reader, settings and simulator. It reports outcomes and never writes
//! state. Its simulator shares no builder, parser or cipher call with the client beside it.

pub mod exchange;
pub mod line;
pub mod paygate;
mod recorded;
pub mod rest_gateway;
pub mod sopg;

use crate::domain::customer::{Details, Instrument};
use crate::domain::ids::{AttemptId, DepositId, PayoutId};
use crate::domain::money::Money;
use crate::domain::outcome::{DepositOutcome, Outcome};
use crate::domain::refusal::Refusal;
use async_trait::async_trait;
use secrecy::SecretString;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Everything a processor needs to pay one attempt out. It never changes between the tries of one attempt.
#[derive(Clone, Debug)]
pub struct PayoutOrder {
    pub payout: PayoutId,
    pub attempt: AttemptId,
    /// The idempotency key of this attempt, fixed before the first byte leaves.
    pub request_id: String,
    /// Our reference at the processor (TransID, mtid, merchantTransactionId), unique over all orders.
    pub reference: String,
    pub amount: Money,
    pub front_end: String,
    pub pin: String,
    pub customer: Details,
    pub instrument: Option<Instrument>,
    /// The processor's reference of an earlier deposit, for refunds against it.
    pub deposit_reference: Option<String>,
    /// What the configuration of the processor adds to this payout.
    pub extra: BTreeMap<String, String>,
}

#[async_trait]
pub trait PayoutProcessor: Send + Sync {
    /// What our references must begin with where orders of other houses share the account's names. Fixed with an attempt
    /// when it is first sent, so it may change with the configuration.
    fn reference_prefix(&self) -> String {
        String::new()
    }
    /// Sends the payout. Never `Err`: a lost answer is an outcome, not an exception.
    async fn send(&self, order: &PayoutOrder) -> Outcome;
    /// Asks what became of an attempt. Free of side effects.
    async fn inquire(&self, order: &PayoutOrder) -> Outcome;
    /// How the client sees its processor now, where it keeps an eye on it.
    fn health(&self) -> Option<Health> {
        None
    }
}

/// Whether a client calls its processor, or leaves it alone because it did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Calls,
    LeftAlone,
}

/// When the money of an authorized deposit is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    Automatic,
    Manual,
    AfterHours(u16),
}

/// Where the customer's browser and the processor's notifications come back to.
#[derive(Clone, Debug)]
pub struct ReturnUrls {
    pub success: String,
    pub failure: String,
    pub back: String,
    pub notify: String,
}

/// Everything a processor needs to open, ask about and complete one deposit.
#[derive(Clone, Debug)]
pub struct DepositOrder {
    pub deposit: DepositId,
    /// Our reference at the processor, unique over all orders and fixed before the first call.
    pub reference: String,
    /// The processor's own reference, once it is known.
    pub processor_reference: Option<String>,
    pub amount: Money,
    pub front_end: String,
    pub pin: String,
    pub customer: Details,
    /// The payment method inside the room, for example `card`, `twint`, `paysafecard`.
    pub method: String,
    /// Two letters: de, fr, it, en.
    pub language: String,
    pub capture: Capture,
    pub urls: ReturnUrls,
    pub instrument: Option<Instrument>,
    pub extra: BTreeMap<String, String>,
}

/// The names that a processor gives to the inputs of a card form, and the brands to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardInputs {
    pub number: String,
    pub check_value: String,
    /// Year and month, YYYYMM.
    pub expiry: String,
    pub brand: String,
    pub brands: Vec<String>,
}

/// What our page needs to let the customer's bank see him: a hidden frame that posts `method_data` at once, and a
/// visible one if the bank then wants to ask him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frames {
    pub method_url: String,
    pub method_data: String,
    /// The payment's name at the 3-D server, and the protocol's version.
    pub server_trans_id: String,
    pub version: String,
    /// The processor's own address, which both frames end at.
    pub processor_url: String,
}

impl Frames {
    /// Whether our page may send the customer's browser there: to https alone, unless the processor itself is met
    /// without, as a sandbox is.
    pub fn may_show(&self, url: &str) -> bool {
        url.starts_with("https://")
            || (url.starts_with("http://") && self.processor_url.starts_with("http://"))
    }
}

/// How a processor answered the opening of a deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Send the customer's browser there.
    Redirect {
        url: String,
        reference: Option<String>,
        /// What later calls need of the answer, under the room's own names.
        told: BTreeMap<String, String>,
    },
    /// Send the customer's browser there with a POST of these fields.
    Form {
        action: String,
        fields: Vec<(String, String)>,
        reference: Option<String>,
    },
    /// Let our page show a card form. What is typed there goes from the browser straight to the processor, together
    /// with these fields, and never through us.
    CardForm {
        action: String,
        fields: Vec<(String, String)>,
        inputs: CardInputs,
    },
    /// Our page carries the frames in which the bank sees the customer; the processor goes on by itself.
    Frames {
        frames: Frames,
        reference: String,
    },
    /// It was decided at once, no browser needed.
    Decided(DepositOutcome),
    /// The same, with what later calls or the cashier need of the answer.
    DecidedWith {
        outcome: DepositOutcome,
        told: BTreeMap<String, String>,
    },
    /// The processor has it under its own reference and has not decided; no browser needed.
    Pending {
        reference: String,
    },
    Refused {
        code: String,
        reason: String,
    },
    /// Nothing was sent, because the account doesn't take such an order; the refusal names the field.
    Unfit(Refusal),
    /// The name under which it was to be opened is another order's there. Under a new one it may be opened.
    Taken {
        cause: String,
    },
    /// Nothing left this process.
    NotSent {
        cause: String,
    },
    Unknown {
        cause: String,
    },
}

/// A card as it was typed at us. It lives as long as the call does, and its `Debug` shows nothing of it.
pub struct TypedCard {
    pub number: SecretString,
    pub month: u8,
    pub year: u16,
    pub code: Option<SecretString>,
    pub holder: Option<String>,
    /// The processor's name of the brand: `VISA`, `MC`.
    pub brand: String,
    /// Have the processor store it, for later charges.
    pub store: bool,
    /// What a terminal read from the card's strip.
    pub tracks: Option<(SecretString, SecretString)>,
    /// What the customer's browser says of itself, as JSON.
    pub browser: Option<String>,
    /// Of an authentication that somebody else made, as JSON.
    pub three_ds_data: Option<SecretString>,
}

impl std::fmt::Debug for TypedCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedCard(…)")
    }
}

/// How a processor answered the wish to give a deposit up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// What has become of the deposit. Where that is Authorized, nobody knows yet: ask again.
    Outcome(DepositOutcome),
    /// Nothing is held, and its customer can still pay there: whoever gave it up has to look again.
    StillPayable(DepositOutcome),
    /// It is held there and stays so: the same wish would be refused again.
    Refused { reference: String, code: String, reason: String },
}

#[async_trait]
pub trait DepositProcessor: Send + Sync {
    /// What our references must begin with where orders of other houses share the account's names. Kept with each
    /// deposit from its beginning, so it may change with the configuration.
    fn reference_prefix(&self) -> String {
        String::new()
    }
    /// Whether the money must be fetched by a last call of ours within a window, so that the caller commits that it is
    /// about to ask. `settle` of an order with [`Capture::Manual`] then only asks, and answers Authorized when the
    /// customer has done his part.
    fn completes_in_two_steps(&self) -> bool {
        false
    }
    /// Whether cards may be typed at us for this account.
    fn takes_cards(&self) -> bool {
        false
    }
    /// Whether the account makes invoices: links that are paid when the customer likes.
    fn makes_invoices(&self) -> bool {
        false
    }
    /// What the cashier may add to a deposit, by the processor's own names.
    fn particulars(&self) -> &'static [&'static str] {
        &[]
    }
    /// Whether a charge bears our reference there, so that it can't be taken for another one.
    fn names_charges(&self) -> bool {
        false
    }
    /// What a bank's answer that came by the browser leads to; the answer is kept nowhere.
    async fn bank_answered(&self, order: &DepositOrder, _answer: &SecretString) -> DepositOutcome {
        self.settle(order).await
    }
    /// Whether a deposit waits at the processor for its customer to be shown to his bank. Where the answer that told
    /// the way there got lost, nobody can have gone it.
    async fn waits_for_the_bank(&self, _: &DepositOrder) -> bool {
        false
    }
    /// Who issued the stored instruments that this account can charge, if it can.
    fn charges(&self) -> Option<&'static str> {
        None
    }
    async fn open(&self, order: &DepositOrder) -> Opened;
    /// Opens with a card that was typed at us, and brings its token if it was to be stored.
    async fn open_with_card(&self, _: &DepositOrder, _: &TypedCard) -> (Opened, Option<Instrument>) {
        let reason = "card numbers are not taken here".to_owned();
        (Opened::Refused { code: "unfit".to_owned(), reason }, None)
    }
    /// Asks what became of a deposit, and completes it where the processor needs a last call within a window.
    async fn settle(&self, order: &DepositOrder) -> DepositOutcome;
    /// So long a capture that was sent may still be under way there, where a second one beside it would count as well.
    fn lingers(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
    /// The same of an opening with a typed card, which a second one beside it would pay again.
    fn opening_lingers(&self) -> std::time::Duration {
        self.lingers()
    }
    /// Takes `amount` of an authorized deposit; `last` says that no further part follows. `Paid` names this part, or
    /// the sum with the parts before it where the processor tells that.
    async fn capture(&self, order: &DepositOrder, amount: Money, last: bool) -> DepositOutcome;
    /// Gives up a deposit that was not captured.
    async fn cancel(&self, order: &DepositOrder) -> DepositOutcome;
    /// As [`DepositProcessor::cancel`], where a definite refusal can be told from an answer that is missing.
    async fn give_up(&self, order: &DepositOrder) -> GivenUp {
        GivenUp::Outcome(self.cancel(order).await)
    }
    /// Gives captured money back; `refund` names this refund for ever.
    async fn refund(&self, order: &DepositOrder, amount: Money, refund: &str) -> Outcome;
    /// Asks what became of a refund that was sent. Free of side effects, except in a room whose `refund` asks first
    /// and whose processor tells a repeat by itself.
    async fn inquire_refund(&self, order: &DepositOrder, amount: Money, refund: &str) -> Outcome {
        self.refund(order, amount, refund).await
    }
}

/// The accounts that orders can be given to, by their names in the configuration.
#[derive(Clone, Default)]
pub struct Registry {
    pub payouts: HashMap<String, Arc<dyn PayoutProcessor>>,
    pub deposits: HashMap<String, Arc<dyn DepositProcessor>>,
    pub notices: HashMap<String, Arc<dyn NoticeReader>>,
}

impl Registry {
    /// The same accounts, each with its exchanges written into a book.
    pub fn recorded(self, book: &exchange::Book) -> Registry {
        let payouts = self.payouts.into_iter().map(|(name, processor)| {
            let (account, book) = (Arc::from(name.as_str()), book.clone());
            let recorded: Arc<dyn PayoutProcessor> =
                Arc::new(recorded::Recorded { account, book, processor });
            (name, recorded)
        });
        let deposits = self.deposits.into_iter().map(|(name, processor)| {
            let (account, book) = (Arc::from(name.as_str()), book.clone());
            let recorded: Arc<dyn DepositProcessor> =
                Arc::new(recorded::Recorded { account, book, processor });
            (name, recorded)
        });
        Registry { payouts: payouts.collect(), deposits: deposits.collect(), notices: self.notices }
    }

    /// How each account's client sees its processor now.
    pub fn health(&self) -> impl Iterator<Item = (&str, Health)> {
        self.payouts.iter().filter_map(|(name, processor)| Some((name.as_str(), processor.health()?)))
    }

    /// Adds an account that does everything.
    pub fn add<P>(&mut self, name: &str, processor: Arc<P>)
    where
        P: PayoutProcessor + DepositProcessor + NoticeReader + 'static,
    {
        self.payouts.insert(name.to_owned(), processor.clone());
        self.deposits.insert(name.to_owned(), processor.clone());
        self.notices.insert(name.to_owned(), processor);
    }
}

/// A processor's call as it came in: nothing of it is believed yet.
#[derive(Clone, Debug)]
pub struct RawNotice {
    pub method: String,
    pub query: String,
    pub content_type: String,
    pub body: Vec<u8>,
    pub peer: Option<std::net::IpAddr>,
}

/// A notice that was read: which order it speaks of, and a key under which it is stored once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub reference: String,
    pub processor_reference: Option<String>,
    /// The same for every delivery of the same news.
    pub key: String,
    /// For people and the audit trail, without secrets or card numbers.
    pub summary: String,
    /// What people may see of a body that came encrypted; nothing where it can be read as it came.
    pub opened: String,
    /// The stored instrument it brought, if any.
    pub instrument: Option<Instrument>,
    /// What the room must know of it later, under the room's own names.
    pub told: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    #[error("the notice can't be read: {0}")]
    Unreadable(String),
    #[error("the notice is not authentic: {0}")]
    Forged(String),
}

/// Reads what a processor sends us. Whoever calls it only ever inquires because of a notice.
pub trait NoticeReader: Send + Sync {
    fn read(&self, raw: &RawNotice) -> Result<Notice, NoticeError>;
}
