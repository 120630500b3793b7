//! A flow: who is there at the beginning, and what is called, step by step, with what is expected of it.
//!
//! One file holds one flow. A file that says `over` holds one flow for each value, and whatever it expects may be
//! given for each value on its own.

mod load;
mod one_of;
mod posted;
mod raw;
mod step;
mod template;
mod write;

pub use load::{Trouble, load};
pub use posted::{Posted, read_postings, total};
pub use template::{fill, names};
pub use write::write;

use std::path::PathBuf;

#[derive(Clone, PartialEq, Debug)]
pub struct Flow {
    pub file: PathBuf,
    pub name: String,
    pub about: String,
    /// Which of the file's flows this is, for a file that says `over`.
    pub variant: Option<String>,
    pub people: Vec<Person>,
    pub steps: Vec<Step>,
}

/// The customer whom a flow is about unless a step says otherwise.
pub const CUSTOMER: &str = "customer";
/// What a step's payout or deposit is called unless it says otherwise.
pub const PAYOUT: &str = "payout";
pub const DEPOSIT: &str = "deposit";

#[derive(Clone, PartialEq, Debug)]
pub struct Person {
    /// What the flow calls him: `customer`, or a name of the flow's own.
    pub role: String,
    pub front_end: String,
    /// What his PIN begins with; the rest is made for each run.
    pub pin: String,
    pub balance: Option<String>,
    pub blocked: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    pub number: usize,
    pub say: Option<String>,
    /// Whose step it is.
    pub role: String,
    pub act: Act,
    pub expect: Expect,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Act {
    /// The cashier calls the web service.
    Call(Call),
    /// The platform changes a balance for reasons of its own.
    Adjust(String),
    /// The platform blocks a customer, or lets him act again.
    Block(bool),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    pub method: String,
    /// The payout or deposit it is about, by the flow's name for it.
    pub subject: Option<Subject>,
    /// Fields as they are sent, besides those that every call of this method has.
    pub with: Vec<(String, String)>,
    /// Fields of those that are left out.
    pub without: Vec<String>,
    pub times: Times,
    /// In a race, what every other call says instead: two wishes that can't both come true.
    pub versus: Vec<(String, String)>,
    pub late: Option<Late>,
    /// What is kept of the reply: our name and the reply's field.
    pub save: Vec<(String, String)>,
}

impl Call {
    /// Whether its calls may be answered differently, so that only their numbers can be told.
    pub fn is_mixed(&self) -> bool {
        matches!(self.times, Times::Distinct(_)) || !self.versus.is_empty()
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Subject {
    Payout(String),
    Deposit(String),
}

impl Subject {
    pub fn name(&self) -> &str {
        match self {
            Subject::Payout(name) | Subject::Deposit(name) => name,
        }
    }

    /// One of the many that a race of distinct calls makes.
    pub fn numbered(&self, number: usize) -> Subject {
        let numbered = |name: &str| format!("{name}#{number}");
        match self {
            Subject::Payout(name) => Subject::Payout(numbered(name)),
            Subject::Deposit(name) => Subject::Deposit(numbered(name)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Times {
    Once,
    /// The same call this many times, one after the other: the same answer.
    Repeat(usize),
    /// The same call this many times at once: one effect.
    Race(usize),
    /// As many calls at once, each about a payout or deposit of its own.
    Distinct(usize),
}

/// The call is sent once more when the flow is over.
#[derive(Clone, PartialEq, Debug)]
pub enum Late {
    /// It is answered as it was.
    SameAnswer,
    Status(Status),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Exactly(i64),
    Positive,
    Negative,
}

impl Status {
    pub fn fits(self, status: i64) -> bool {
        match self {
            Status::Exactly(number) => number == status,
            Status::Positive => 0 < status,
            Status::Negative => status < 0,
        }
    }

    /// What the sources fix is the sign; the numbers are this service's own.
    pub fn fits_in_sign(self, status: i64) -> bool {
        match self {
            Status::Exactly(number) => number.signum() == status.signum(),
            Status::Positive | Status::Negative => self.fits(status),
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Status::Exactly(number) => write!(f, "{number}"),
            Status::Positive => f.write_str("positive"),
            Status::Negative => f.write_str("negative"),
        }
    }
}

/// What must be true after a step. What is absent is not looked at, but for `posted`: unless told, nothing is.
#[derive(Clone, PartialEq, Debug)]
pub struct Expect {
    pub status: Status,
    /// How many of a race's calls get which status.
    pub statuses: Vec<(i64, usize)>,
    /// Parts of the Description.
    pub description: Vec<String>,
    /// Fields of the reply; an empty text means that the field is absent or empty.
    pub reply: Vec<(String, String)>,
    pub replayed: Option<bool>,
    /// The status of the payout or deposit; several where either will do.
    pub state: Vec<String>,
    pub debit: Option<String>,
    /// Fields of `GetPayout` or `GetDeposit`.
    pub details: Vec<(String, String)>,
    /// Balances, by role.
    pub balances: Vec<(String, String)>,
    /// What this step wrote into the ledger.
    pub posted: Vec<Posted>,
}

impl Default for Expect {
    fn default() -> Expect {
        Expect {
            status: Status::Exactly(0),
            statuses: Vec::new(),
            description: Vec::new(),
            reply: Vec::new(),
            replayed: None,
            state: Vec::new(),
            debit: None,
            details: Vec::new(),
            balances: Vec::new(),
            posted: Vec::new(),
        }
    }
}

impl Flow {
    /// `Processed (Requested)`.
    pub fn title(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{} ({variant})", self.name),
            None => self.name.clone(),
        }
    }
}

impl Step {
    /// `step 3, UpdatePayout: The operators approve it`.
    pub fn title(&self) -> String {
        let act = match &self.act {
            Act::Call(call) => call.method.as_str(),
            Act::Adjust(_) => "adjust",
            Act::Block(_) => "block",
        };
        let say = self.say.as_deref().map(|say| format!(": {say}")).unwrap_or_default();
        format!("step {}, {act}{say}", self.number)
    }
}
