//! The readable page of the API: one HTML document that needs nothing else.

use super::samples::{SHOWN, reply, request};
use super::{DEFAULT_BASE, FILES};
use crate::cashier::catalog::{AUTHENTICATION, ENVELOPE, Field, Kind, METHODS, Method, Need};
use crate::cashier::codes::{CODES, Code};
use crate::cashier::wire::Encoding;
use crate::domain::payout::status::{PayoutStatus, Step};
use askama::Template;

pub fn render(namespace: &str) -> Result<String, askama::Error> {
    let files = FILES.iter().map(|file| file.name).collect();
    let page = Page {
        base: DEFAULT_BASE,
        version: env!("CARGO_PKG_VERSION"),
        namespace,
        files,
        encodings: SHOWN.map(|(_, name)| name),
        authentication: asked(AUTHENTICATION),
        envelope: told(ENVELOPE),
        groups: vec![
            group("Customers", namespace, |name| !name.contains("Deposit") && !name.contains("Payout")),
            group("Deposits", namespace, |name| name.contains("Deposit")),
            group("Payouts", namespace, |name| name.contains("Payout")),
        ],
        codes: CODES,
        standings: standings(),
    };
    page.render()
}

#[derive(Template)]
#[template(path = "cashier/docs.html")]
struct Page<'a> {
    base: &'static str,
    version: &'static str,
    namespace: &'a str,
    files: Vec<&'static str>,
    encodings: [&'static str; 4],
    authentication: Vec<Row>,
    envelope: Vec<Row>,
    groups: Vec<Group>,
    codes: &'static [Code],
    standings: Vec<Standing>,
}

/// Where a payout can stand, for people.
pub struct Standing {
    pub status: &'static str,
    /// The letter that brings it, in the table a front end has unless it is told otherwise.
    pub letter: &'static str,
    pub meaning: &'static str,
    pub next: String,
}

pub fn standings() -> Vec<Standing> {
    let standing = |at: PayoutStatus| {
        let next = PayoutStatus::ALL.into_iter().filter(|to| at.step(*to) == Ok(Step::Advance));
        let next: Vec<&str> = next.map(PayoutStatus::name).collect();
        let next = if next.is_empty() { "nothing".to_owned() } else { next.join(", ") };
        let (letter, meaning) = explained(at);
        Standing { status: at.name(), letter, meaning, next }
    };
    PayoutStatus::ALL.map(standing).into()
}

fn explained(status: PayoutStatus) -> (&'static str, &'static str) {
    match status {
        PayoutStatus::Requested => ("R", "CreatePayout was taken."),
        PayoutStatus::Authorized => ("A", "An operator approved it. Amount and fee are fixed."),
        PayoutStatus::InProgress => ("I", "It is being carried out at the processor."),
        PayoutStatus::Approved => ("Y", "The money has left. Processor and TransactionID are final."),
        PayoutStatus::Rejected => {
            ("X", "An operator or the processor refused it. What was debited is released.")
        }
        PayoutStatus::Cancelled => ("C", "It was withdrawn. What was debited is released."),
        PayoutStatus::Reversed => ("", "It never arrived: amount and fee were given back by ReversePayout."),
    }
}

struct Group {
    name: &'static str,
    methods: Vec<Section>,
}

struct Section {
    method: &'static Method,
    id: String,
    request: Vec<Row>,
    reply: Vec<Row>,
    /// What must be put into the example before it works.
    note: Option<&'static str>,
    examples: Vec<Example>,
}

struct Row {
    field: &'static Field,
    kind: String,
    need: &'static str,
    /// To be seen at once.
    stands_out: bool,
}

struct Example {
    encoding: &'static str,
    call: String,
    reply: String,
}

fn group(name: &'static str, namespace: &str, holds: impl Fn(&str) -> bool) -> Group {
    let methods = METHODS.iter().filter(|method| holds(method.name));
    Group { name, methods: methods.map(|method| section(method, namespace)).collect() }
}

fn section(method: &'static Method, namespace: &str) -> Section {
    let examples = SHOWN.map(|(encoding, name)| Example {
        encoding: name,
        call: call(method, encoding, namespace),
        reply: reply(method, encoding, namespace),
    });
    Section {
        method,
        id: method.name.to_lowercase(),
        request: asked(method.request),
        reply: told(method.reply),
        note: note(method),
        examples: examples.into(),
    }
}

fn note(method: &Method) -> Option<&'static str> {
    if method.extension {
        return Some("The demo front ends have it switched off: name it in their extensions first.");
    }
    method.request.iter().filter(|field| field.need == Need::Required).find_map(|field| match field.name {
        "ExtPayoutID" => Some("Put in the ExtPayoutID of your own payout, from the reply to CreatePayout."),
        "ExtDepositID" => {
            Some("Put in the ExtDepositID of your own deposit, from the reply to CreateDeposit.")
        }
        "Token" => Some(
            "Put in a token that the platform issued, by POST /platform/v1/login-tokens. It is good once.",
        ),
        _ => None,
    })
}

fn asked(fields: &'static [Field]) -> Vec<Row> {
    let row = |field: &'static Field| Row {
        field,
        kind: kind_text(field.kind),
        need: field.need.name(),
        stands_out: field.need == Need::Required,
    };
    fields.iter().map(row).collect()
}

fn told(fields: &'static [Field]) -> Vec<Row> {
    let need = |field: &Field| match field.need {
        Need::Required => "always",
        Need::Recommended | Need::Optional => "if any",
    };
    let row = |field: &'static Field| Row {
        field,
        kind: kind_text(field.kind),
        need: need(field),
        stands_out: false,
    };
    fields.iter().map(row).collect()
}

/// A command that can be pasted into a shell.
fn call(method: &Method, encoding: Encoding, namespace: &str) -> String {
    let body = request(method, encoding, namespace).replace('\'', "'\\''");
    let url = format!("{DEFAULT_BASE}/cashier/{}", method.name);
    let head = match encoding {
        Encoding::Form => return format!("curl {url} \\\n  -d '{body}'"),
        Encoding::Json => "-H 'Content-Type: application/json'".to_owned(),
        Encoding::Xml => "-H 'Content-Type: application/xml'".to_owned(),
        Encoding::Soap11 => {
            let action = format!("-H 'SOAPAction: \"{namespace}#{}\"'", method.name);
            // SOAP names its method in the body: the address of the service is enough.
            return format!(
                "curl {DEFAULT_BASE}/cashier \\\n  -H 'Content-Type: text/xml' \\\n  {action} \\\n  -d '{body}'"
            );
        }
        Encoding::Soap12 => "-H 'Content-Type: application/soap+xml'".to_owned(),
    };
    format!("curl {url} \\\n  {head} \\\n  -d '{body}'")
}

/// A field's type in words.
pub fn kind_text(kind: Kind) -> String {
    match kind {
        Kind::Text { max: 1 } => "one letter".to_owned(),
        Kind::Text { max } => format!("text, up to {max}"),
        Kind::Int { least: 1, most: i64::MAX } => "number, 1 or more".to_owned(),
        Kind::Int { least: 0, most } if most > 100_000 => "number, 0 or more".to_owned(),
        Kind::Int { least, most } if least == most => format!("number, {least}"),
        Kind::Int { least, most } => format!("number, {least} to {most}"),
        Kind::Amount => "amount, more than 0".to_owned(),
        Kind::Fee => "amount, 0 or more".to_owned(),
        Kind::Balance => "amount, may be negative".to_owned(),
        Kind::Code => "number of the list".to_owned(),
        Kind::Currency => "3 letters, ISO 4217".to_owned(),
        Kind::StatusLetter => "letter or word".to_owned(),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::Date => "date, MM/DD/YYYY".to_owned(),
    }
}
