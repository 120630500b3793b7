//! One step of a flow file, checked: what it does, and what is expected of it.

use super::one_of::OneOf;
use super::posted::Posted;
use super::{
    Act, CUSTOMER, Call, DEPOSIT, Expect, Late, PAYOUT, Person, Step, Subject, Times, raw, template,
};
use toml::{Table, Value};

/// How many calls one step may make.
const MOST_CALLS: usize = 200;

/// What earlier steps have made, so that a step can name it.
pub struct Known<'a> {
    pub people: &'a [Person],
    pub saved: Vec<String>,
    /// Payouts and deposits, by their names.
    pub subjects: Vec<String>,
}

/// Which key is wrong, and how.
type Wrong = (String, String);

fn wrong<T>(key: &str, problem: impl Into<String>) -> Result<T, Wrong> {
    Err((key.to_owned(), problem.into()))
}

/// Reads a step; `None` when it is not made in this one of the file's flows.
pub fn read(
    number: usize,
    raw: &raw::Step,
    one: &OneOf<'_>,
    known: &mut Known<'_>,
    values: Option<&Vec<String>>,
) -> Result<Option<Step>, Wrong> {
    let unknown = raw.only.iter().find(|only| !values.is_some_and(|values| values.contains(only)));
    if let Some(unknown) = unknown {
        return wrong("only", format!("`{unknown}` is not a value of `over`"));
    }
    let chosen = one.chosen.map(|(_, value)| value).unwrap_or_default();
    if !raw.only.is_empty() && !raw.only.iter().any(|only| only == chosen) {
        return Ok(None);
    }
    let role = raw.by.clone().unwrap_or_else(|| CUSTOMER.to_owned());
    if !known.people.iter().any(|person| person.role == role) {
        return wrong("by", format!("`{role}` is not in given.others"));
    }
    let act = match (&raw.call, &raw.adjust, raw.block) {
        (Some(method), None, None) => Act::Call(call(method, raw, one, known)?),
        (None, Some(amount), None) => Act::Adjust(decimal("adjust", one.text(amount))?),
        (None, None, Some(block)) => Act::Block(block),
        _ => return wrong("call", "a step has one of `call`, `adjust` and `block`"),
    };
    if !matches!(act, Act::Call(_)) && is_about_a_call(raw) {
        return wrong("call", "a step without a call can expect balances only");
    }
    let expect = expect(raw, one, known, &role, &act)?;
    Ok(Some(Step { number, say: raw.say.as_deref().map(|say| one.put(say)), role, act, expect }))
}

fn is_about_a_call(raw: &raw::Step) -> bool {
    let expect = &raw.expect;
    raw.payout.is_some()
        || raw.deposit.is_some()
        || !raw.fields.is_empty()
        || !raw.without.is_empty()
        || raw.repeat.is_some()
        || raw.race.is_some()
        || !raw.versus.is_empty()
        || raw.late.is_some()
        || !raw.save.is_empty()
        || expect.status.is_some()
        || expect.statuses.is_some()
        || expect.description.is_some()
        || !expect.reply.is_empty()
        || expect.payout.is_some()
        || expect.deposit.is_some()
        || expect.debit.is_some()
        || expect.posted.is_some()
}

fn call(method: &str, raw: &raw::Step, one: &OneOf<'_>, known: &mut Known<'_>) -> Result<Call, Wrong> {
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return wrong("call", "must be the name of a method, such as `CreatePayout`");
    }
    let subject = subject(method, raw)?;
    let with = fields("with", &raw.fields, one, known)?;
    let versus = fields("versus", &raw.versus, one, known)?;
    let times = match (raw.repeat, raw.race, raw.distinct) {
        (None, None, false) => Times::Once,
        (Some(times), None, false) => Times::Repeat(bounded("repeat", times)?),
        (None, Some(times), false) => Times::Race(bounded("race", times)?),
        (None, Some(times), true) => Times::Distinct(bounded("race", times)?),
        (_, None, true) => return wrong("distinct", "belongs to a `race`"),
        (Some(_), Some(_), _) => return wrong("repeat", "a step can't both repeat and race"),
    };
    if !versus.is_empty() && !matches!(times, Times::Race(times) if times % 2 == 0) {
        return wrong("versus", "belongs to a `race` of an even number of calls that are not `distinct`");
    }
    if matches!(times, Times::Distinct(_)) && subject.is_none() {
        return wrong("distinct", format!("{method} is about no payout or deposit"));
    }
    let late = match &raw.late {
        None | Some(Value::Boolean(false)) => None,
        Some(_) if times != Times::Once => {
            return wrong("late", "a step that repeats or races can't be late");
        }
        Some(Value::Boolean(true)) => Some(Late::SameAnswer),
        Some(other) => match one.status(other) {
            Ok(status) => Some(Late::Status(status)),
            Err(problem) => return wrong("late", format!("{problem}, or true for the same answer")),
        },
    };
    known.subjects.extend(subject.as_ref().map(|subject| subject.name().to_owned()));
    known.saved.extend(raw.save.keys().cloned());
    let save = raw.save.iter().map(|(name, field)| (name.clone(), field.clone())).collect();
    Ok(Call {
        method: method.to_owned(),
        subject,
        with,
        without: raw.without.clone(),
        times,
        versus,
        late,
        save,
    })
}

fn bounded(key: &str, times: usize) -> Result<usize, Wrong> {
    if (2..=MOST_CALLS).contains(&times) {
        return Ok(times);
    }
    wrong(key, format!("must be from 2 to {MOST_CALLS}"))
}

/// The payout or deposit that a method is about, under the name that the step gives or the usual one.
fn subject(method: &str, raw: &raw::Step) -> Result<Option<Subject>, Wrong> {
    let about = method.to_ascii_lowercase();
    let named = |name: &Option<String>, usual: &str| name.clone().unwrap_or_else(|| usual.to_owned());
    match (&raw.payout, &raw.deposit) {
        (Some(_), Some(_)) => wrong("deposit", "a step is about a payout or about a deposit"),
        (name, None) if about.contains("payout") => Ok(Some(Subject::Payout(named(name, PAYOUT)))),
        (None, name) if about.contains("deposit") => Ok(Some(Subject::Deposit(named(name, DEPOSIT)))),
        (Some(_), None) => wrong("payout", format!("{method} is not about a payout")),
        (None, Some(_)) => wrong("deposit", format!("{method} is not about a deposit")),
        (None, None) => Ok(None),
    }
}

fn expect(
    raw: &raw::Step,
    one: &OneOf<'_>,
    known: &Known<'_>,
    role: &str,
    act: &Act,
) -> Result<Expect, Wrong> {
    let raw = &raw.expect;
    let mut expect = Expect::default();
    if let Some(status) = &raw.status {
        expect.status = at("expect.status", one.status(status))?;
    }
    let mixed = matches!(act, Act::Call(call) if call.is_mixed());
    if let Some(statuses) = &raw.statuses {
        if !mixed || raw.status.is_some() {
            let problem = "is for a race of calls that differ, in the place of `status`";
            return wrong("expect.statuses", problem);
        }
        for (status, count) in statuses {
            let status = status.parse::<i64>().ok();
            let count = count.as_integer().and_then(|count| usize::try_from(count).ok());
            match (status, count) {
                (Some(status), Some(count)) => expect.statuses.push((status, count)),
                _ => {
                    return wrong(
                        "expect.statuses",
                        "must say how many calls get which Status: `{ 0 = 1, 20 = 9 }`",
                    );
                }
            }
        }
    }
    let texts = |key: &str, value: &Option<Value>| match value {
        Some(value) => at(&format!("expect.{key}"), one.texts(value)),
        None => Ok(Vec::new()),
    };
    expect.description = texts("description", &raw.description)?;
    expect.reply = table("expect.reply", &raw.reply, one)?;
    for (name, value) in &expect.reply {
        names("expect.reply", name, value, known)?;
    }
    if let Some(replayed) = &raw.replayed {
        expect.replayed = Some(at("expect.replayed", one.flag(replayed))?);
    }
    let subject = match act {
        Act::Call(Call { subject, .. }) => subject.as_ref(),
        Act::Adjust(_) | Act::Block(_) => None,
    };
    for (key, value, fits) in [
        ("payout", &raw.payout, matches!(subject, Some(Subject::Payout(_)))),
        ("deposit", &raw.deposit, matches!(subject, Some(Subject::Deposit(_)))),
    ] {
        if value.is_some() && !fits {
            return wrong(&format!("expect.{key}"), format!("the step is not about a {key}"));
        }
        expect.state.extend(texts(key, value)?);
    }
    if let Some(debit) = &raw.debit {
        expect.debit = Some(at("expect.debit", one.text(debit))?);
    }
    expect.details = table("expect.details", &raw.details, one)?;
    if let Some(balance) = &raw.balance {
        expect.balances.push((role.to_owned(), decimal("expect.balance", one.text(balance))?));
    }
    for (other, balance) in table("expect.balances", &raw.balances, one)? {
        if !known.people.iter().any(|person| person.role == other) {
            return wrong("expect.balances", format!("`{other}` is not in given.others"));
        }
        expect.balances.push((other, decimal("expect.balances", Ok(balance))?));
    }
    if mixed && raw.posted.is_some() {
        return wrong("expect.posted", "can't be told for a race of calls that differ; use `balance`");
    }
    for line in texts("posted", &raw.posted)? {
        expect.posted.push(at(
            "expect.posted",
            Posted::parse(&line).map_err(|problem| format!("`{line}` {problem}")),
        )?);
    }
    Ok(expect)
}

fn at<T>(key: &str, read: Result<T, String>) -> Result<T, Wrong> {
    read.map_err(|problem| (key.to_owned(), problem))
}

fn decimal(key: &str, text: Result<String, String>) -> Result<String, Wrong> {
    let text = at(key, text)?;
    match text.parse::<rust_decimal::Decimal>() {
        Ok(_) => Ok(text),
        Err(_) => wrong(key, format!("`{text}` is not a decimal number such as \"120.00\"")),
    }
}

fn table(key: &str, table: &Table, one: &OneOf<'_>) -> Result<Vec<(String, String)>, Wrong> {
    let pair = |(name, value): (&String, &Value)| {
        let text = one.text(value).map_err(|problem| (format!("{key}.{name}"), problem))?;
        Ok((name.clone(), text))
    };
    table.iter().map(pair).collect()
}

/// Fields of a request.
fn fields(
    key: &str,
    raw: &Table,
    one: &OneOf<'_>,
    known: &Known<'_>,
) -> Result<Vec<(String, String)>, Wrong> {
    let fields = table(key, raw, one)?;
    fields.iter().try_for_each(|(name, value)| names(key, name, value, known))?;
    Ok(fields)
}

/// A text may only mention what is there.
fn names(key: &str, field: &str, text: &str, known: &Known<'_>) -> Result<(), Wrong> {
    let key = format!("{key}.{field}");
    for name in at(&key, template::names(text))? {
        let found = match name.split_once('.') {
            None if matches!(name, "pin" | "front_end") => true,
            None => known.saved.iter().any(|saved| saved == name),
            Some(("pin" | "front_end", role)) => known.people.iter().any(|person| person.role == role),
            // A number may be made up in advance, an id comes from the service.
            Some(("trace", _)) => true,
            Some(("id", subject)) => known.subjects.iter().any(|known| known == subject),
            Some(_) => false,
        };
        if !found {
            return wrong(
                &key,
                format!(
                    "`{{{name}}}` is nothing that the flow has by then (pin, front_end, pin.OTHER, trace.NAME, \
                     id.NAME, or a name that a step has saved)"
                ),
            );
        }
    }
    Ok(())
}
