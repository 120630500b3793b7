//! A flow as a file, for recording: in the order in which a person would write it.

use super::{Act, CUSTOMER, Call, DEPOSIT, Expect, Flow, Late, PAYOUT, Status, Step, Subject, Times};
use std::fmt::Write;
use toml::Value;

/// Writes a flow so that reading it gives the same flow.
pub fn write(flow: &Flow) -> String {
    let mut text = String::new();
    line(&mut text, "name", quoted(&flow.title()));
    if !flow.about.is_empty() {
        line(&mut text, "about", quoted(&flow.about));
    }
    for person in &flow.people {
        let own = person.role == CUSTOMER;
        text.push_str(&if own {
            "\n[given]\n".to_owned()
        } else {
            format!("\n[given.others.{}]\n", person.role)
        });
        line(&mut text, "front_end", quoted(&person.front_end));
        line(&mut text, "customer", quoted(&person.pin));
        if let Some(balance) = &person.balance {
            line(&mut text, "balance", quoted(balance));
        }
        if person.blocked {
            line(&mut text, "blocked", "true".to_owned());
        }
    }
    for written in &flow.steps {
        step(&mut text, written);
    }
    text
}

fn step(text: &mut String, step: &Step) {
    text.push_str("\n[[step]]\n");
    if let Some(say) = &step.say {
        line(text, "say", quoted(say));
    }
    match &step.act {
        Act::Call(made) => call(text, made),
        Act::Adjust(amount) => line(text, "adjust", quoted(amount)),
        Act::Block(block) => line(text, "block", block.to_string()),
    }
    if step.role != CUSTOMER {
        line(text, "by", quoted(&step.role));
    }
    match &step.act {
        Act::Call(call) => expect(text, &step.expect, call.subject.as_ref()),
        Act::Adjust(_) | Act::Block(_) => expect_balances(text, &step.expect),
    }
}

fn call(text: &mut String, call: &Call) {
    line(text, "call", quoted(&call.method));
    match &call.subject {
        Some(Subject::Payout(name)) if name != PAYOUT => line(text, "payout", quoted(name)),
        Some(Subject::Deposit(name)) if name != DEPOSIT => line(text, "deposit", quoted(name)),
        Some(Subject::Payout(_) | Subject::Deposit(_)) | None => {}
    }
    if !call.with.is_empty() {
        line(text, "with", table(&call.with));
    }
    if !call.without.is_empty() {
        line(text, "without", list(&call.without));
    }
    match call.times {
        Times::Once => {}
        Times::Repeat(times) => line(text, "repeat", times.to_string()),
        Times::Race(times) => line(text, "race", times.to_string()),
        Times::Distinct(times) => {
            line(text, "race", times.to_string());
            line(text, "distinct", "true".to_owned());
        }
    }
    if !call.versus.is_empty() {
        line(text, "versus", table(&call.versus));
    }
    match &call.late {
        None => {}
        Some(Late::SameAnswer) => line(text, "late", "true".to_owned()),
        Some(Late::Status(status)) => line(text, "late", self::status(*status)),
    }
    if !call.save.is_empty() {
        line(text, "save", table(&call.save));
    }
}

fn expect(text: &mut String, expect: &Expect, subject: Option<&Subject>) {
    if expect.statuses.is_empty() {
        line(text, "expect.status", status(expect.status));
    } else {
        let counts: Vec<String> = expect
            .statuses
            .iter()
            .map(|(status, count)| format!("{} = {count}", key(&status.to_string())))
            .collect();
        line(text, "expect.statuses", format!("{{ {} }}", counts.join(", ")));
    }
    if !expect.description.is_empty() {
        line(text, "expect.description", one_or_list(&expect.description));
    }
    if !expect.reply.is_empty() {
        line(text, "expect.reply", table(&expect.reply));
    }
    if let Some(replayed) = expect.replayed {
        line(text, "expect.replayed", replayed.to_string());
    }
    match subject {
        Some(Subject::Payout(_)) if !expect.state.is_empty() => {
            line(text, "expect.payout", one_or_list(&expect.state));
        }
        Some(Subject::Deposit(_)) if !expect.state.is_empty() => {
            line(text, "expect.deposit", one_or_list(&expect.state));
        }
        Some(Subject::Payout(_) | Subject::Deposit(_)) | None => {}
    }
    if let Some(debit) = &expect.debit {
        line(text, "expect.debit", quoted(debit));
    }
    if !expect.details.is_empty() {
        line(text, "expect.details", table(&expect.details));
    }
    expect_balances(text, expect);
    match expect.posted.as_slice() {
        [] => {}
        [single] => line(text, "expect.posted", quoted(&single.to_string())),
        several => {
            line(text, "expect.posted", list(&several.iter().map(ToString::to_string).collect::<Vec<_>>()))
        }
    }
}

fn expect_balances(text: &mut String, expect: &Expect) {
    if !expect.balances.is_empty() {
        line(text, "expect.balances", table(&expect.balances));
    }
}

fn line(text: &mut String, key: &str, value: String) {
    // Writing into a String can't fail.
    let _ = writeln!(text, "{key} = {value}");
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn key(name: &str) -> String {
    let bare =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare { name.to_owned() } else { quoted(name) }
}

fn table(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{} = {}", key(name), quoted(value))).collect();
    format!("{{ {} }}", pairs.join(", "))
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

fn one_or_list(texts: &[String]) -> String {
    match texts {
        [single] => quoted(single),
        several => list(several),
    }
}

fn status(status: Status) -> String {
    match status {
        Status::Exactly(number) => number.to_string(),
        Status::Positive | Status::Negative => quoted(&status.to_string()),
    }
}
