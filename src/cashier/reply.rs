//! From an outcome to a reply: the only place where a refusal becomes a number.

use super::codes;
use super::directory::Door;
use super::wire::{Casing, Reply, Value};
use crate::operations::{Answer, OperationError};
use crate::store::StoreError;

/// What a method tells the cashier.
#[derive(Default)]
pub struct Told {
    pub status: i32,
    pub description: String,
    pub fields: Vec<(&'static str, Value)>,
    pub alerts: Vec<&'static str>,
}

/// The longest description a cashier can hold.
const LONGEST_DESCRIPTION: usize = 256;

impl Told {
    pub fn ok(fields: Vec<(&'static str, Value)>) -> Told {
        Told { description: "OK".to_owned(), fields, ..Told::default() }
    }

    pub fn failed(status: i32, description: impl Into<String>) -> Told {
        Told { status, description: description.into(), ..Told::default() }
    }

    pub fn into_reply(self, method: &str, casing: Casing) -> Reply {
        let description: String = self.description.chars().take(LONGEST_DESCRIPTION).collect();
        let mut fields =
            vec![("Status", Value::Int(i64::from(self.status))), ("Description", Value::Text(description))];
        fields.extend(self.fields);
        Reply { method: method.to_owned(), casing, fields }
    }
}

impl From<Answer> for Told {
    fn from(answer: Answer) -> Told {
        let mut fields = Vec::new();
        let ids = [
            ("ExtPayoutID", answer.payout.map(|id| id.to_string())),
            ("ExtDepositID", answer.deposit.map(|id| id.to_string())),
            ("ExtReversalID", answer.reversal.map(|id| id.to_string())),
        ];
        for (name, id) in ids {
            if let Some(id) = id {
                fields.push((name, Value::Text(id)));
            }
        }
        if answer.replayed {
            fields.push(("Replayed", Value::Int(1)));
        }
        Told {
            status: answer.refused.map_or(0, codes::number),
            description: answer.description,
            fields,
            alerts: answer.alerts,
        }
    }
}

impl From<OperationError> for Told {
    fn from(error: OperationError) -> Told {
        match error {
            OperationError::Refused(refusal) => {
                Told::failed(codes::number(refusal.code()), refusal.to_string())
            }
            OperationError::NotYet(why) => Told::failed(codes::AGAIN, why),
            OperationError::Failed(StoreError::Panicked | StoreError::Corrupt(_)) => {
                Told::failed(codes::DEFECT, "internal error; the request had no effect")
            }
            OperationError::Failed(
                StoreError::Raced
                | StoreError::Locked(_)
                | StoreError::Database(_)
                | StoreError::Unreachable(_)
                | StoreError::Full
                | StoreError::Closed
                | StoreError::NotFlushed(_),
            ) => Told::failed(codes::AGAIN, "the request could not be completed now, please repeat it"),
        }
    }
}

/// How the front end wants replies spelled; one that is not known yet gets the documented way.
pub fn casing(door: Option<&Door>) -> Casing {
    door.map_or(Casing::Pascal, |door| door.casing)
}
