//! The cashier's web service on paper: every method, its request and its reply, field by field.
//!
//! Lives here: names, types, lengths, needs and meanings, as plain static tables, and the checks that follow from
//! them alone. The schemas, the OpenAPI document and the readable page are made from these tables, and the door checks
//! requests by them, so that what is promised and what is done can't differ.
//! Does not: what a method does (`cashier::methods`), or whether an amount suits its currency (`domain::money`).

mod fields;
mod methods;

pub use fields::{AUTHENTICATION, ENVELOPE};
pub use methods::METHODS;

use super::codes::CODES;
use super::wire::{Fields, canonical};
use crate::domain::refusal::Refusal;
use std::collections::HashMap;
use std::iter;
use std::sync::LazyLock;

/// One method of the web service.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    pub name: &'static str,
    /// Other names that call the same method.
    pub aliases: &'static [&'static str],
    pub summary: &'static str,
    /// What the call asks, without the fields of [`AUTHENTICATION`], which every method takes.
    pub request: &'static [Field],
    /// What is answered besides the fields of [`ENVELOPE`], which every reply may carry. A required one is there
    /// whenever Status is 0.
    pub reply: &'static [Field],
    /// Names of which at least one must be sent; empty when there is no such choice.
    pub one_of: &'static [&'static str],
    /// Off unless the configuration turns it on.
    pub extension: bool,
}

/// One field of a request or a reply.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    /// Other names under which the field is taken.
    pub aliases: &'static [&'static str],
    pub kind: Kind,
    pub need: Need,
    pub example: &'static str,
    pub meaning: &'static str,
}

/// What a field's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text of at most so many characters.
    Text { max: usize },
    /// A whole number, digits only. In JSON it is answered as a number if every reader holds it exactly.
    Int { least: i64, most: i64 },
    /// More than zero; at most as many decimals as its currency has.
    Amount,
    /// Zero or more.
    Fee,
    /// An amount that may be negative. Only in replies.
    Balance,
    /// One of the numbers of [`codes`](super::codes). Only in replies.
    Code,
    /// Three letters of ISO 4217.
    Currency,
    /// The letter of a payout's status in the front end's table, or the status as a word.
    StatusLetter,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `MM/DD/YYYY`.
    Date,
}

/// The longest text that can name a status, with room for the spaces and hyphens that are ignored in it.
pub const LONGEST_STATUS: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Required,
    Recommended,
    Optional,
}

impl Need {
    pub fn name(self) -> &'static str {
        match self {
            Need::Required => "required",
            Need::Recommended => "recommended",
            Need::Optional => "optional",
        }
    }
}

/// Finds a method by its name or an alias, without regard to case, `_` and `-`.
pub fn method(name: &str) -> Option<&'static Method> {
    static BY_NAME: LazyLock<HashMap<String, &'static Method>> = LazyLock::new(|| {
        let names = |method: &'static Method| iter::once(&method.name).chain(method.aliases);
        METHODS.iter().flat_map(|method| names(method).map(move |name| (canonical(name), method))).collect()
    });
    BY_NAME.get(&canonical(name)).copied()
}

impl Method {
    /// Every field of a request: the method's own, then those of authentication.
    pub fn request_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.request.iter().chain(AUTHENTICATION)
    }

    /// Every field of a reply, in the order of sending.
    pub fn reply_fields(&self) -> impl Iterator<Item = &'static Field> {
        ENVELOPE.iter().chain(self.reply)
    }

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        let wanted = canonical(name);
        self.request.iter().find(|field| canonical(field.name) == wanted)
    }

    /// The first thing that is wrong with a request, as far as the tables can tell: a required field that is missing,
    /// a choice that was not made, a value of the wrong length or shape.
    pub fn check(&self, fields: &Fields) -> Result<(), Refusal> {
        for field in self.request {
            match fields.get(field.name) {
                Some(value) => field.kind.check(value).map_err(|reason| Refusal::bad(field.name, reason))?,
                None if field.need == Need::Required => return Err(Refusal::bad(field.name, "is missing")),
                None => {}
            }
        }
        let chosen = self.one_of.iter().any(|name| fields.get(name).is_some());
        match self.one_of {
            [first, others @ ..] if !chosen => {
                let reason = others.iter().map(|name| format!(" or {name}")).collect::<String>();
                Err(Refusal::bad(first, reason.trim_start().to_owned() + " must be sent"))
            }
            _ => Ok(()),
        }
    }
}

impl Kind {
    /// Says what is wrong with a value, as the end of a sentence that begins with the field's name.
    ///
    /// Amounts pass: only with a currency can they be read.
    pub fn check(self, value: &str) -> Result<(), String> {
        let held = |holds: bool, reason: &str| if holds { Ok(()) } else { Err(reason.to_owned()) };
        match self {
            Kind::Text { max } if value.len() <= max || value.chars().count() <= max => Ok(()),
            Kind::Text { max } => Err(format!("is longer than {max} characters")),
            Kind::Int { least, most } => {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                held(digits, "must be a whole number, digits only")?;
                let inside = value.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number));
                if inside { Ok(()) } else { Err(format!("must be between {least} and {most}")) }
            }
            Kind::Amount | Kind::Fee | Kind::Balance => Ok(()),
            Kind::Code => {
                let listed = CODES.iter().any(|code| value.parse() == Ok(code.number));
                held(listed, "must be a number of the list of codes")
            }
            Kind::Currency => {
                let letters = value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
                held(letters, "must be three letters of ISO 4217")
            }
            Kind::StatusLetter => held(
                value.chars().count() <= LONGEST_STATUS,
                "must be the letter or the word of a payout's status",
            ),
            Kind::Word(words) if words.contains(&value) => Ok(()),
            Kind::Word(words) => Err(format!("must be one of {}", words.join(", "))),
            Kind::Date => {
                let date = chrono::NaiveDate::parse_from_str(value, "%m/%d/%Y");
                held(value.len() == 10 && date.is_ok(), "must be a date written MM/DD/YYYY")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire;
    use super::*;
    use crate::domain::debit::DebitState;
    use crate::domain::deposit::status::DepositStatus;
    use crate::domain::payout::attempt::AttemptState;
    use crate::domain::payout::status::PayoutStatus;

    fn check(name: &str, body: &str) -> Result<(), String> {
        let request = wire::decode(None, None, Some(name), body.as_bytes()).unwrap();
        method(name).unwrap().check(&request.fields).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn methods_are_found_by_any_spelling_and_alias() {
        for name in ["CreatePayout", "create_payout", "CREATE-PAYOUT"] {
            assert_eq!(method(name).map(|method| method.name), Some("CreatePayout"));
        }
        assert_eq!(method("RejectedDeposit").map(|method| method.name), Some("DeclinedDeposit"));
        assert!(method("CreatePayouts").is_none());
    }

    #[test]
    fn no_two_methods_share_a_name() {
        let names = METHODS.iter().flat_map(|method| iter::once(&method.name).chain(method.aliases));
        let mut names: Vec<String> = names.map(|name| canonical(name)).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn no_name_is_used_twice_in_a_message_and_every_choice_is_among_its_fields() {
        for method in METHODS {
            let requests = method.request_fields().flat_map(|field| [&[field.name], field.aliases].concat());
            let replies = method.reply_fields().map(|field| field.name);
            for mut names in [requests.map(canonical).collect::<Vec<_>>(), replies.map(canonical).collect()] {
                let count = names.len();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), count, "{}", method.name);
            }
            for name in method.one_of {
                assert!(method.field(name).is_some_and(|field| field.need != Need::Required));
            }
        }
    }

    #[test]
    fn every_example_keeps_its_own_rule() {
        for field in METHODS.iter().flat_map(|method| method.request_fields().chain(method.reply_fields())) {
            assert_eq!(field.kind.check(field.example), Ok(()), "{}", field.name);
            assert!(field.meaning.ends_with('.'), "{}", field.name);
        }
    }

    #[test]
    fn the_words_of_replies_are_the_domain_s() {
        let words = |name: &str, field: &str| {
            let field = method(name).unwrap().reply.iter().find(|known| known.name == field).unwrap();
            match field.kind {
                Kind::Word(words) => words.to_vec(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(words("GetPayout", "PayoutStatus"), PayoutStatus::ALL.map(PayoutStatus::name));
        assert_eq!(words("GetPayout", "AttemptState"), AttemptState::ALL.map(AttemptState::name));
        assert_eq!(words("GetDeposit", "DepositStatus"), DepositStatus::ALL.map(DepositStatus::name));
        use DebitState::*;
        let debit_states = [NotTaken, Taken, Released, GivenBack].map(DebitState::name);
        assert_eq!(words("GetPayout", "DebitState"), debit_states);
    }

    #[test]
    fn the_first_fault_is_named() {
        let complete = "PIN=Bigdaddy&FrontEndName=MyPhoneCards+EUR&TraceID=1&Amount=5";
        assert_eq!(check("CreatePayout", complete), Ok(()));
        assert_eq!(check("CreatePayout", "FrontEndName=x"), Err("PIN is missing".into()));
        assert_eq!(check("CreatePayout", "PIN=&FrontEndName=x"), Err("PIN is missing".into()));
        let long = complete.replace("Bigdaddy", &"é".repeat(51));
        assert_eq!(check("CreatePayout", &long), Err("PIN is longer than 50 characters".into()));
        assert_eq!(check("CreatePayout", &long.replacen("é", "", 1)), Ok(()));
        for bad in ["-1", "+1", "1.0", "1e3", "x", "１"] {
            let call = complete.replace("TraceID=1", &format!("TraceID={}", bad.replace('+', "%2B")));
            assert_eq!(
                check("CreatePayout", &call),
                Err("TraceID must be a whole number, digits only".into())
            );
        }
        for bad in ["0", "9223372036854775808"] {
            let call = complete.replace("TraceID=1", &format!("TraceID={bad}"));
            assert!(check("CreatePayout", &call).unwrap_err().starts_with("TraceID must be between 1 and"));
        }
        assert_eq!(
            check("CreatePayout", &format!("{complete}&Currency=EURO")),
            Err("Currency must be three letters of ISO 4217".into())
        );
    }

    #[test]
    fn one_of_two_ids_is_enough_and_none_is_not() {
        let who = "PIN=Bigdaddy&FrontEndName=MyPhoneCards+EUR";
        assert_eq!(check("GetPayout", who), Err("ExtPayoutID or TraceID must be sent".into()));
        assert_eq!(check("GetPayout", &format!("{who}&TraceID=1")), Ok(()));
        assert_eq!(check("GetPayout", &format!("{who}&ext_payout_id=PO-1")), Ok(()));
    }

    #[test]
    fn dates_are_american_and_real() {
        assert_eq!(Kind::Date.check("04/23/1984"), Ok(()));
        for bad in ["23/04/1984", "4/23/1984", "1984-04-23", "02/30/1984", ""] {
            assert!(Kind::Date.check(bad).is_err(), "{bad}");
        }
    }
}
