//! One call that passed the schema: who calls, and the checks every operation shares.

use super::book::{Book, Merchant};
use super::contract::Values;
use super::number::{self, Amount, Cents};
use super::xml::Node;
use super::{assign, dispositions, transfers};
use chrono::{DateTime, Utc};

/// Refused with this errorCode; the resultCode follows from it.
pub type Refused = i32;

pub struct Call<'a> {
    pub request: &'a Node,
    pub merchant: Merchant,
    pub now: DateTime<Utc>,
    /// Card lists with four fields a card.
    pub four_fields: bool,
    /// Where okUrl and the others may be shown to the panel.
    pub currency: String,
}

/// What became of a call, and whether a notification is due.
pub struct Done {
    pub values: Values,
    pub assigned: Option<String>,
}

impl Call<'_> {
    pub fn text(&self, name: &str) -> &str {
        self.request.child(name).map(|child| child.text.as_str()).unwrap_or_default()
    }

    pub fn word(&self, name: &str) -> &str {
        self.text(name).trim()
    }

    pub fn number(&self, name: &str) -> i64 {
        let word = self.word(name);
        word.strip_prefix('+').unwrap_or(word).parse().unwrap_or(-1)
    }

    pub fn flag(&self, name: &str) -> bool {
        matches!(self.word(name), "true" | "1")
    }

    pub fn all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node> {
        self.request.children.iter().filter(move |child| child.name == name)
    }

    /// The amount, with the codes of the decimal rules: 11 negative, 8 too many decimals.
    pub fn amount(&self) -> Result<Cents, Refused> {
        match number::read(self.word("amount")) {
            Amount::Cents(cents) => Ok(cents),
            Amount::Negative => Err(11),
            Amount::TooManyDecimals => Err(8),
            Amount::TooLarge => Err(2027),
        }
    }

    /// A reporting criterion that was sent must be one of the merchant's.
    pub fn check_sub_id(&self) -> Result<(), Refused> {
        let known =
            |sub_id: &str| sub_id.is_empty() || self.merchant.sub_ids.iter().any(|known| known == sub_id);
        if self.all("subId").all(|node| known(&node.text)) { Ok(()) } else { Err(3014) }
    }
}

/// Runs an operation: credentials, permission, merchant, currency, then its own rules.
pub fn run(book: &mut Book, request: &Node, now: DateTime<Utc>, four_fields: bool) -> Done {
    book.expire(now);
    let text = |name: &str| request.child(name).map(|child| child.text.as_str()).unwrap_or_default();
    let merchant = book.merchants.iter().find(|known| known.username == text("username"));
    let outcome = match merchant.filter(|known| known.password == text("password")).cloned() {
        None => Err(10008),
        Some(merchant) => {
            let call = Call { request, now, four_fields, currency: text("currency").to_owned(), merchant };
            enter(book, &call)
        }
    };
    let (values, codes, assigned) = match outcome {
        Ok(values) => {
            let assigns =
                request.name == "assignCardToDisposition" || request.name == "assignCardsToDisposition";
            let failed = values.0.iter().any(|(name, _)| *name == "errorCode");
            let assigned = (assigns && !failed).then(|| text("mtid").to_owned());
            (values, if failed { None } else { Some((0, 0)) }, assigned)
        }
        Err(error) => (refusal_text(&request.name, error), Some((result_of(error), error)), None),
    };
    let mut values = echo(request, values);
    if let Some((result, error)) = codes {
        values = values.number("resultCode", result).number("errorCode", i64::from(error));
    }
    Done { values, assigned }
}

fn enter(book: &mut Book, call: &Call<'_>) -> Result<Values, Refused> {
    let operation = call.request.name.as_str();
    if call.merchant.forbidden.contains(operation) {
        return Err(10014);
    }
    if !call.merchant.active {
        return Err(3001);
    }
    match operation {
        "createDisposition" => dispositions::create(book, call),
        "getSerialNumbers" => dispositions::query(book, call, true),
        "getDispositionRawState" => dispositions::query(book, call, false),
        "modifyDispositionValue" => dispositions::modify(book, call),
        "executeDebit" => dispositions::debit(book, call),
        "assignCardToDisposition" => assign::one(book, call),
        "assignCardsToDisposition" => assign::many(book, call),
        "getMid" => dispositions::mid(call),
        "refund" => transfers::refund(book, call),
        "payout" => transfers::payout(book, call),
        "getPayoutState" => Ok(transfers::state(book, call)),
        // The other operations of the contract belong to other classes of partners.
        _ => Err(10014),
    }
}

/// The resultCode that goes with a code: technical ones are 2, everything else is 1.
pub fn result_of(error: Refused) -> i64 {
    match error {
        0 => 0,
        4001 | 4004..=4008 | 4010..=4014 | 5001 | 5002 | 10003..=10005 | 10007 => 2,
        _ => 1,
    }
}

fn refusal_text(operation: &str, error: Refused) -> Values {
    match operation {
        "refund" | "payout" | "getPayoutState" => {
            Values::default().text("errorCodeDescription", format!("Refused with {error}"))
        }
        _ => Values::default(),
    }
}

/// Repeats the fields of the request that answers carry, unless the operation has set them.
fn echo(request: &Node, mut values: Values) -> Values {
    let has = |values: &Values, name: &str| values.0.iter().any(|(known, _)| *known == name);
    for (from, to) in
        [("mtid", "mtid"), ("rtid", "rtid"), ("ptid", "ptid"), ("currency", "requestedCurrency")]
    {
        if let (Some(node), false) = (request.child(from), has(&values, to)) {
            values = values.text(to, node.text.clone());
        }
    }
    for node in request.children.iter().filter(|child| child.name == "subId") {
        values = values.text("subId", node.text.clone());
    }
    if let Some(Amount::Cents(cents)) = request.child("amount").map(|node| number::read(node.text.trim())) {
        values = values.amount("requestedAmount", cents);
    }
    if let Some(node) = request.child("validationOnly") {
        values = values.flag("validationOnly", matches!(node.text.trim(), "true" | "1"));
    }
    values
}
