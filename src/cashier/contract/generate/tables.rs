//! The tables of `docs/api/`: methods with their fields, and the list of codes.

use super::group;
use crate::cashier::catalog::{AUTHENTICATION, ENVELOPE, Field, METHODS, Method};
use crate::cashier::codes::CODES;
use crate::cashier::contract::page::{kind_text, standings};
use crate::domain::debit::{DebitEvent, Effect, effect};
use crate::domain::payout::status::PayoutStatus;

const NOTE: &str =
    "<!-- Written from the catalog in src/cashier by UPDATE_SCHEMAS=1 cargo test contract. -->\n";

pub fn codes() -> String {
    let rows: String = CODES
        .iter()
        .map(|code| {
            let resend = if code.resend { "yes" } else { "no" };
            format!("| {} | {} | {} | {} | {resend} |\n", code.number, code.name, code.meaning, code.who_acts)
        })
        .collect();
    format!(
        "{NOTE}# Codes\n\nEvery reply carries a `Status`. Zero is done, a negative number is a failure of ours, a \
         positive one is a refusal and final.\nThe HTTP status is 200 in every case.\n\n\
         | Status | Name | Meaning | Who acts | Send again? |\n|---:|---|---|---|---|\n{rows}"
    )
}

/// The prose of a page with its tables written anew between their marks.
pub fn payouts(page: &str) -> String {
    between(&between(page, "steps", &steps()), "debits", &debits())
}

fn between(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- table: {name} -->\n"), "<!-- end -->\n");
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no mark of {name}"));
    let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("no end of {name}"));
    format!("{before}{begin}{table}{end}{after}")
}

fn steps() -> String {
    let rows: String = standings()
        .into_iter()
        .map(|at| format!("| {} | {} | {} | {} |\n", at.status, at.letter, at.meaning, at.next))
        .collect();
    format!("| Status | Letter | What it means | May become |\n|---|---|---|---|\n{rows}")
}

fn debits() -> String {
    let mut table = "| Debit event | Debited |".to_owned();
    table.extend(PayoutStatus::ALL.map(|status| format!(" {status} |")));
    table.push_str("\n|---|---|---|---|---|---|---|---|---|\n");
    for debited in [false, true] {
        for event in DebitEvent::ALL {
            let row = PayoutStatus::ALL.map(|to| format!(" {} |", word(effect(event, debited, to))));
            let state = if debited { "yes" } else { "no" };
            table.push_str(&format!("| {} | {state} |{}\n", event.name(), row.concat()));
        }
    }
    table
}

fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Keep => "",
        Effect::Take => "take",
        Effect::TakeLate => "take late",
        Effect::Settle => "settle",
        Effect::Release => "release",
        Effect::GiveBack => "give back",
    }
}

pub fn methods() -> String {
    let contents: String = METHODS
        .iter()
        .map(|method| {
            let name = method.name;
            format!("| [{name}](#{}) | {} | {} |\n", name.to_lowercase(), group(method), method.summary)
        })
        .collect();
    let methods: String = METHODS.iter().map(section).collect();
    format!(
        "{NOTE}# Methods\n\nAddress: `POST /cashier/{{Method}}`. Names of methods and fields are compared without \
         case, `_` and `-`.\n\n| Method | About | What it does |\n|---|---|---|\n{contents}\n\
         ## Fields of every request\n\n{}\n## Fields of every reply\n\n{}{methods}",
        table(AUTHENTICATION),
        table(ENVELOPE),
    )
}

fn section(method: &Method) -> String {
    let aliases = match method.aliases {
        [] => String::new(),
        names => format!(" Also called {}.", names.join(", ")),
    };
    let extension = if method.extension { " An extension: off by default." } else { "" };
    let reply = match method.reply {
        [] => "The reply has no further fields.\n".to_owned(),
        fields => format!("Reply:\n\n{}", table(fields)),
    };
    format!(
        "\n## {}\n\n{}{aliases}{extension}\n\nRequest:\n\n{}\n{reply}",
        method.name,
        method.summary,
        table(method.request)
    )
}

fn table(fields: &[Field]) -> String {
    let rows: String = fields
        .iter()
        .map(|field| {
            let aliases = match field.aliases {
                [] => String::new(),
                names => format!(" Also called {}.", names.join(", ")),
            };
            let kind = kind_text(field.kind);
            format!("| {} | {kind} | {} | {}{aliases} |\n", field.name, field.need.name(), field.meaning)
        })
        .collect();
    format!("| Field | Type | Need | Meaning |\n|---|---|---|---|\n{rows}")
}
