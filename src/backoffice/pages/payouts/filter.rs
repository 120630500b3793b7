//! The filter of the list as it stands in the address, and the form for it.

use super::columns::Column;
use super::sight;
use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::{Badge, Choice, Filter as Form};
use crate::backoffice::trouble::Trouble;
use crate::domain::debit::DebitState;
use crate::domain::money::{Currency, Money};
use crate::domain::payout::attempt::AttemptState;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::people::Right;
use crate::store::lists::hours::midnight;
use crate::store::lists::payouts::Filter;
use chrono::{Duration, NaiveDate};

/// Ages that can be chosen, with their hours.
const AGES: [(&str, i64); 5] = [("1h", 1), ("4h", 4), ("1d", 24), ("3d", 72), ("7d", 168)];

const DEBITS: [DebitState; 4] =
    [DebitState::NotTaken, DebitState::Taken, DebitState::Released, DebitState::GivenBack];

/// Reads the filter. What can't be read is named; nothing is silently left out, or a download would hold more than was
/// asked for.
pub fn read(asked: &Asked, right: Right) -> Result<Filter, Trouble> {
    let query = &asked.query;
    let texts = |name| query.all(name).map(str::to_owned).collect::<Vec<String>>();
    let mut filter = Filter::of(sight(asked, right).narrowed(&texts("fe")));
    for word in query.all("status") {
        let status = PayoutStatus::from_word(word).ok_or_else(|| wrong(asked, "payouts.status"))?;
        filter.statuses.push(status);
    }
    for word in query.all("debit") {
        let state = DEBITS.into_iter().find(|state| state.name() == word);
        filter.debits.push(state.ok_or_else(|| wrong(asked, "payouts.debit"))?);
    }
    for word in query.all("attempt") {
        filter.attempts.push(AttemptState::from_name(word).ok_or_else(|| wrong(asked, "payouts.attempt"))?);
    }
    filter.processors = texts("pp");
    let code = query.text("currency");
    if !code.is_empty() {
        let currency = Currency::find(&code.to_uppercase());
        filter.currency = Some(currency.ok_or_else(|| wrong(asked, "payouts.currency"))?);
    }
    filter.amount = (amount(asked, "least", filter.currency)?, amount(asked, "most", filter.currency)?);
    let until = day(asked, "until")?.and_then(|day| day.succ_opt()).map(|day| midnight(day, asked.zone));
    let from = day(asked, "from")?.map(|day| midnight(day, asked.zone));
    let older = match query.text("age") {
        "" => None,
        age => {
            let hours = AGES.iter().find(|(name, _)| *name == age).map(|(_, hours)| *hours);
            Some(asked.now - Duration::hours(hours.ok_or_else(|| wrong(asked, "payouts.age"))?))
        }
    };
    filter.made = (from, until.into_iter().chain(older).min());
    filter.oldest_first = query.text("order") == "oldest";
    Ok(filter)
}

const ORDERS: [(&str, &str); 2] = [("", "payouts.newest"), ("oldest", "payouts.oldest")];

fn wrong(asked: &Asked, field: &str) -> Trouble {
    Trouble::bad(asked.say(field), asked.say("payouts.unreadable"))
}

/// Amounts need a currency: 1000 is much in one and little in another.
fn amount(asked: &Asked, name: &str, currency: Option<Currency>) -> Result<Option<i64>, Trouble> {
    let text = asked.query.text(name);
    if text.is_empty() {
        return Ok(None);
    }
    let field = asked.say("payouts.amount");
    let currency = currency.ok_or_else(|| Trouble::bad(field, asked.say("payouts.amount.currency")))?;
    let money = Money::parse_major(text, currency)
        .map_err(|error| Trouble::bad(field, explain::money(asked.voice(), &error)))?;
    Ok(Some(money.minor()))
}

fn day(asked: &Asked, name: &str) -> Result<Option<NaiveDate>, Trouble> {
    match asked.query.text(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| wrong(asked, "payouts.date")),
    }
}

/// The form above the list.
pub fn form<'a>(asked: &'a Asked, processors: Vec<String>) -> Form<'a> {
    let words = asked.words;
    let names = |names: Vec<String>| names.into_iter().map(|name| Choice::new(name.clone(), name)).collect();
    let statuses =
        PayoutStatus::ALL.map(|status| Choice::new(status.name(), Badge::payout(status, words).word));
    let debits = DEBITS.map(|state| Choice::new(state.name(), Badge::debit(state, words).word));
    let attempts =
        AttemptState::ALL.map(|state| Choice::new(state.name(), Badge::attempt(state, words).word));
    let ages = AGES.map(|(name, _)| Choice::new(name, words.fill("payouts.older", &[("age", name)])));
    let columns = Column::ALL.map(|column| Choice::new(column.name(), words.say(column.label())));
    Form::new(asked)
        .several("status", words.say("payouts.status"), statuses.to_vec())
        .one("fe", words.say("front_end"), names(asked.front_ends(Right::SeePayouts)))
        .one("pp", words.say("payouts.processor"), names(processors))
        .text("currency", words.say("payouts.currency"))
        .text("least", words.say("payouts.least"))
        .text("most", words.say("payouts.most"))
        .one("age", words.say("payouts.age"), ages.to_vec())
        .one("debit", words.say("payouts.debit"), debits.to_vec())
        .one("attempt", words.say("payouts.attempt"), attempts.to_vec())
        .date("from", words.say("payouts.from"))
        .date("until", words.say("payouts.until"))
        .one(
            "order",
            words.say("payouts.order"),
            ORDERS.map(|(name, key)| Choice::new(name, words.say(key))).to_vec(),
        )
        .folded("cols", words.say("payouts.columns"), columns.to_vec())
}
