//! An operation's answer, before any wire format, and how it is kept for a repeat.

use crate::domain::ids::{DepositId, PayoutId, ReversalId};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::store::replies::{self, Kept};
use crate::store::{OperationError, StoreError, Tx};
use serde_json::{Value, json};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub refused: Option<RefusalCode>,
    pub description: String,
    pub payout: Option<PayoutId>,
    pub deposit: Option<DepositId>,
    pub reversal: Option<ReversalId>,
    /// It was given before: this is a repeat.
    pub replayed: bool,
    /// What a person should look at. Not kept: an alarm sounds once.
    pub alerts: Vec<&'static str>,
}

impl Answer {
    pub fn done(description: impl Into<String>) -> Answer {
        Answer { description: description.into(), ..Answer::default() }
    }

    pub fn refused(refusal: &Refusal) -> Answer {
        Answer { refused: Some(refusal.code()), description: refusal.to_string(), ..Answer::default() }
    }

    fn keep(&self) -> String {
        let id = |id: Option<String>| id.map_or(Value::Null, Value::String);
        json!({
            "refused": self.refused.map(RefusalCode::name),
            "description": self.description,
            "payout": id(self.payout.map(|id| id.to_string())),
            "deposit": id(self.deposit.map(|id| id.to_string())),
            "reversal": id(self.reversal.map(|id| id.to_string())),
        })
        .to_string()
    }

    fn kept(text: &str) -> Result<Answer, StoreError> {
        let corrupt = || StoreError::Corrupt("a kept answer can't be read".to_owned());
        let value: Value = serde_json::from_str(text).map_err(|_| corrupt())?;
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        Ok(Answer {
            refused: match text("refused") {
                None => None,
                Some(name) => Some(RefusalCode::from_name(name).ok_or_else(corrupt)?),
            },
            description: text("description").ok_or_else(corrupt)?.to_owned(),
            payout: text("payout").and_then(PayoutId::parse),
            deposit: text("deposit").and_then(DepositId::parse),
            reversal: text("reversal").and_then(ReversalId::parse),
            replayed: true,
            alerts: Vec::new(),
        })
    }
}

/// A call under a key of the caller's own, and the content that must not differ on a repeat.
#[derive(Clone, Debug)]
pub struct Once {
    name: String,
    fingerprint: String,
    /// The field that holds the key, for the refusal.
    field: &'static str,
}

impl Once {
    pub fn new(front_end: &str, method: &str, field: &'static str, key: &str, content: &[&str]) -> Once {
        let fingerprint = crate::domain::ids::path(content);
        Once { name: replies::name(front_end, method, key), fingerprint, field }
    }

    /// The name that a batch should load beforehand.
    pub fn reply_name(&self) -> String {
        self.name.clone()
    }

    /// The kept answer of a repeat; the refusal when the content is another.
    pub fn find(&self, tx: &mut Tx<'_>) -> Result<Option<Answer>, OperationError> {
        let Some(kept) = replies::find(tx, &self.name)? else { return Ok(None) };
        if kept.fingerprint != self.fingerprint {
            return Err(Refusal::Conflict { field: self.field }.into());
        }
        Ok(Some(Answer::kept(&kept.reply)?))
    }

    /// The answer of exactly this call, if it was given before; another content's is none.
    pub fn same(&self, tx: &mut Tx<'_>) -> Result<Option<Answer>, StoreError> {
        let kept = replies::find(tx, &self.name)?.filter(|kept| kept.fingerprint == self.fingerprint);
        kept.map(|kept| Answer::kept(&kept.reply)).transpose()
    }

    /// The latest answer under this key, whatever the content was.
    pub fn latest(&self, tx: &mut Tx<'_>) -> Result<Option<Answer>, StoreError> {
        replies::find(tx, &self.name)?.map(|kept| Answer::kept(&kept.reply)).transpose()
    }

    pub fn keep(&self, tx: &mut Tx<'_>, answer: &Answer) -> Result<(), StoreError> {
        let kept = Kept { fingerprint: self.fingerprint.clone(), reply: answer.keep() };
        replies::keep(tx, self.name.clone(), kept)
    }

    /// Keeps the latest answer where other content under the same key is allowed.
    pub fn replace(&self, tx: &mut Tx<'_>, answer: &Answer) -> Result<(), StoreError> {
        let kept = Kept { fingerprint: self.fingerprint.clone(), reply: answer.keep() };
        replies::replace(tx, self.name.clone(), kept)
    }
}
