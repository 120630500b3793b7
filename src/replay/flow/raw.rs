//! A flow file as it stands: every key there is, before anything is chosen or checked.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Table, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    pub name: String,
    #[serde(default)]
    pub about: String,
    /// One name, and the values it takes: one flow for each.
    #[serde(default)]
    pub over: BTreeMap<String, Vec<String>>,
    pub given: Given,
    #[serde(default)]
    pub step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    pub front_end: Option<Value>,
    pub debit_event: Option<Value>,
    pub fee_mode: Option<Value>,
    pub currency: Option<Value>,
    pub customer: Option<String>,
    pub balance: Option<Value>,
    #[serde(default)]
    pub blocked: bool,
    /// Further customers, by the name that steps use for them.
    #[serde(default)]
    pub others: BTreeMap<String, Other>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    pub front_end: Option<Value>,
    pub customer: Option<String>,
    pub balance: Option<Value>,
    #[serde(default)]
    pub blocked: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub say: Option<String>,
    pub call: Option<String>,
    pub adjust: Option<Value>,
    pub block: Option<bool>,
    /// Whose step it is, when it is not `customer`'s.
    pub by: Option<String>,
    pub payout: Option<String>,
    pub deposit: Option<String>,
    #[serde(default, rename = "with")]
    pub fields: Table,
    #[serde(default)]
    pub without: Vec<String>,
    /// The values of `over` for which the step is made.
    #[serde(default)]
    pub only: Vec<String>,
    pub repeat: Option<usize>,
    pub race: Option<usize>,
    #[serde(default)]
    pub distinct: bool,
    /// What every other call of a race says instead.
    #[serde(default)]
    pub versus: Table,
    pub late: Option<Value>,
    #[serde(default)]
    pub save: BTreeMap<String, String>,
    #[serde(default)]
    pub expect: Expect,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub status: Option<Value>,
    pub statuses: Option<Table>,
    pub description: Option<Value>,
    #[serde(default)]
    pub reply: Table,
    pub replayed: Option<Value>,
    pub payout: Option<Value>,
    pub deposit: Option<Value>,
    pub debit: Option<Value>,
    #[serde(default)]
    pub details: Table,
    pub balance: Option<Value>,
    #[serde(default)]
    pub balances: Table,
    pub posted: Option<Value>,
}
