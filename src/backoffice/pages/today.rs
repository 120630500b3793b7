//! The state of the day: what waits where and since when, what nobody knows of, how much money is on its way, and how
//! the last two weeks went.

use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::chart::{Bar, Bars};
use crate::backoffice::parts::facts::{Facts, Sheets};
use crate::backoffice::parts::stack::{Heading, Hint, Links, Stack};
use crate::backoffice::parts::when::age;
use crate::backoffice::parts::{Badge, Cell, Table, Tone};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::Outcome;
use crate::domain::deed::Deed;
use crate::domain::money::{Currency, Money};
use crate::domain::payout::status::PayoutStatus;
use crate::domain::people::person::OPERATOR;
use crate::domain::people::{Reach, Right};
use crate::store::lists::audit as trail;
use crate::store::lists::errands::{self, Count, Counts};
use crate::store::lists::figures::{Days, Of};
use crate::store::lists::health::{self, Account};
use crate::store::lists::today::{self, AGES, InTransit, Queue};
use crate::store::lists::{Sight, unknown};
use crate::store::{Connection, StoreError};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub const ROUTES: &[Route] =
    &[get("/office/today", Access::Needs(Right::SeePayouts), Wall::Filtered, known!(show))];

const DAYS: u64 = 14;
/// The processors that a chart tells apart; the others are one part.
const MOST_PARTS: usize = 5;

struct Seen {
    queues: Vec<Queue>,
    unknown: Count,
    in_transit: Vec<InTransit>,
    days: Days,
    errands: Option<Counts>,
    health: Vec<Account>,
    /// What was done to other people's accounts lately, for who sees the trail of the whole house.
    accounts: Vec<trail::Line>,
    /// Whether somebody sees every front end.
    all: bool,
}

async fn show(asked: Asked) -> Outcome {
    let sight = Sight::from(asked.reach(Right::SeePayouts));
    let sees_work = asked.reach(Right::SeeWork) == Reach::All;
    let sees_trail = asked.reach(Right::SeeAudit) == Reach::All;
    let (now, figures) = (asked.now, asked.office.figures.clone());
    let zone = asked.zone;
    let today = now.with_timezone(&zone).date_naive();
    let days = today - chrono::Days::new(DAYS - 1)..today + chrono::Days::new(1);
    let seen = asked
        .read(move |connection| {
            Ok(Seen {
                queues: today::queues(connection, &sight, now)?,
                unknown: unknown::count(connection, &sight)?,
                in_transit: today::in_transit(connection, &sight)?,
                days: figures.of_days_in(connection, Of::Payouts, &sight, days, zone, now)?,
                errands: if sees_work { Some(errands::counts(connection, now)?) } else { None },
                // Accounts are shared by front ends, so their numbers are for who sees all of them.
                health: if sight == Sight::All { health::of_accounts(connection, now)? } else { Vec::new() },
                accounts: if sees_trail { accounts_touched(connection, now)? } else { Vec::new() },
                all: sight == Sight::All,
            })
        })
        .await?;
    let mut page = Stack::new();
    page.push(queues(&asked, &seen.queues));
    page.push(Sheets::new().with(attention(&asked, &seen)).with(in_transit(&asked, &seen.in_transit)));
    let watched = if seen.all { (asked.office.left_alone)() } else { HashMap::new() };
    if !seen.accounts.is_empty() {
        page.push(accounts(&asked, &seen.accounts)).push(Hint::new(asked.say("today.accounts.hint")));
    }
    if !(seen.health.is_empty() && watched.is_empty()) {
        page.push(processors(&asked, &seen.health, &watched));
    }
    page.push(Heading::new(asked.say("today.charts")));
    if !seen.days.complete {
        page.push(Hint::new(asked.say("today.incomplete")));
    }
    let currencies: BTreeSet<String> =
        seen.days.sums.iter().map(|sum| sum.amount.currency().code().to_owned()).collect();
    let wanted = asked.query.text("currency");
    // Amounts of two currencies have no sum: one is shown at a time.
    let currency = currencies.get(wanted).or_else(|| currencies.first()).map(String::as_str);
    if currencies.len() > 1 {
        let links = currencies.iter().fold(Links::new(asked.say("today.currency")), |links, code| {
            links.link(
                format!("/office/today?currency={code}"),
                code.clone(),
                Some(code.as_str()) == currency,
            )
        });
        page.push(links);
    }
    let mut charts = Sheets::new();
    if let Some(currency) = currency.and_then(Currency::find) {
        charts = charts.with(volume(&asked, &seen.days, currency));
    }
    let charts = charts.with(ends(&asked, &seen.days)).with(standing(&asked, &seen.queues));
    page.push(charts);
    page.push(rates(&asked, &seen.days));
    asked.page(asked.say("today.title"), &page)
}

fn count(count: Count) -> String {
    if count.more { format!("> {}", count.number) } else { count.number.to_string() }
}

fn queues(asked: &Asked, queues: &[Queue]) -> Table {
    let mut table = Table::new(asked.say("today.queues"), asked.say("today.queues.none"))
        .column(asked.say("list.status"))
        .number(asked.say("today.waiting"))
        .column(asked.say("today.oldest"))
        .column(asked.say("today.since"));
    for queue in queues {
        let to = format!("/office/payouts?status={}&order=oldest", queue.status.name());
        let since = queue.oldest.map(|oldest| age((asked.now - oldest).num_microseconds().unwrap_or(0)));
        let row = table.row(vec![
            Cell::Several(vec![
                Cell::Badge(Badge::payout(queue.status, asked.words)),
                Cell::link(to.clone(), asked.say("today.look")),
            ]),
            Cell::Number(count(queue.size)),
            Cell::maybe(since),
            queue.oldest.map_or(Cell::Empty, |oldest| Cell::When(asked.when(oldest.timestamp_micros()))),
        ]);
        row.opens = Some(to);
    }
    table
}

/// What somebody should look at, with the way there.
fn attention(asked: &Asked, seen: &Seen) -> Facts {
    let told = |number: Count, to: &str| {
        let tone = if number.number > 0 { Tone::Alarm } else { Tone::Good };
        let shape = if number.number > 0 { "!" } else { "✔" };
        Cell::Several(vec![
            Cell::Badge(Badge::new(tone, shape, count(number))),
            Cell::link(to, asked.say("today.look")),
        ])
    };
    let mut facts = Facts::new(asked.say("today.attention"));
    facts = facts.fact(
        asked.say("today.unknown"),
        told(seen.unknown, "/office/payouts?attempt=Unknown&attempt=Sending&order=oldest"),
    );
    if let Some(errands) = &seen.errands {
        facts = facts.fact(asked.say("today.parked"), told(errands.parked, "/office/errands?state=parked"));
        facts = facts.fact(
            asked.say("today.due"),
            Cell::Several(vec![
                Cell::text(count(errands.due)),
                errands.due_since.map_or(Cell::Empty, |since| {
                    let waits = age((asked.now - since).num_microseconds().unwrap_or(0));
                    Cell::text(asked.fill("today.due.since", &[("age", &waits)]))
                }),
                Cell::link("/office/errands", asked.say("today.look")),
            ]),
        );
    }
    facts
}

fn in_transit(asked: &Asked, held: &[InTransit]) -> Facts {
    let mut sums: BTreeMap<String, Money> = BTreeMap::new();
    for one in held {
        let sum = sums
            .entry(one.held.currency().code().to_owned())
            .or_insert(Money::from_minor(0, one.held.currency()));
        // A sum that would overflow stays where it was: every line beside it is right.
        *sum = sum.plus(one.held).unwrap_or(*sum);
    }
    let mut facts = Facts::new(asked.say("today.in_transit"));
    for one in held {
        facts = facts.fact(one.front_end.clone(), Cell::Number(asked.money(one.held)));
    }
    if held.len() > sums.len() {
        for sum in sums.into_values() {
            facts = facts.fact(asked.say("today.together"), Cell::Number(asked.money(sum)));
        }
    }
    if held.is_empty() {
        facts = facts.fact(asked.say("today.in_transit.none"), Cell::text("–"));
    }
    facts
}

/// The most changes of accounts that the page shows; the trail has them all.
const MOST_ACCOUNTS: i64 = 20;

/// What one person did to the account of another in the last 24 hours.
fn accounts_touched(connection: &mut Connection, now: DateTime<Utc>) -> Result<Vec<trail::Line>, StoreError> {
    let mut filter = trail::Filter::of(Sight::All);
    let deeds =
        [Deed::PersonAdded, Deed::PersonGrantsSet, Deed::PersonPasswordSet, Deed::PersonSecondFactorReset];
    filter.kinds = deeds.map(|deed| deed.name().to_owned()).to_vec();
    filter.made = (Some(now - Duration::hours(24)), None);
    let own =
        |line: &trail::Line| line.subject.strip_prefix("person/") == line.fact.who.strip_prefix(OPERATOR);
    let lines = trail::list(connection, &filter, None, MOST_ACCOUNTS)?.rows;
    Ok(lines.into_iter().filter(|line| !own(line)).collect())
}

fn accounts(asked: &Asked, lines: &[trail::Line]) -> Table {
    let mut table = Table::new(asked.say("today.accounts"), asked.say("events.none"))
        .column(asked.say("events.at"))
        .column(asked.say("today.accounts.whom"))
        .column(asked.say("events.what"))
        .column(asked.say("events.who"));
    for line in lines {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("subject", &line.subject).finish();
        let whom = line.subject.strip_prefix("person/").unwrap_or(&line.subject);
        table.row(vec![
            Cell::When(asked.when(line.at.timestamp_micros())),
            Cell::link(format!("/office/audit?{query}"), whom),
            Cell::text(explain::kind(asked.voice(), &line.fact.kind)),
            Cell::text(explain::doer(asked.voice(), &line.fact.who)),
        ]);
    }
    table
}

/// What became of what was sent, and whether this node calls the processor or leaves it alone for not answering.
fn processors(asked: &Asked, accounts: &[Account], watched: &HashMap<String, bool>) -> Table {
    let mut accounts = accounts.to_vec();
    let unheard = watched.keys().filter(|name| accounts.iter().all(|one| one.account != **name));
    let unheard: Vec<Account> =
        unheard.map(|name| Account { account: name.clone(), ..Account::default() }).collect();
    accounts.extend(unheard);
    accounts.sort_by(|one, other| one.account.cmp(&other.account));

    let mut table = Table::new(asked.say("today.health"), asked.say("today.health.none"))
        .column(asked.say("today.account"))
        .column(asked.say("today.state"))
        .column(asked.say("today.client"))
        .number(asked.say("today.good"))
        .number(asked.say("today.refused"))
        .number(asked.say("today.unsettled"))
        .column(asked.say("today.last_good"));
    for account in &accounts {
        let client = match watched.get(&account.account) {
            Some(true) => Cell::Badge(Badge::new(Tone::Alarm, "‖", asked.say("today.client.left_alone"))),
            Some(false) => Cell::Badge(Badge::new(Tone::Good, "▶", asked.say("today.client.calls"))),
            None => Cell::Empty,
        };
        let badge = match (account.unsettled > 0, account.good > 0, account.refused > 0) {
            (true, _, _) => Badge::new(Tone::Alarm, "!", asked.say("today.state.unsettled")),
            (false, true, _) => Badge::new(Tone::Good, "✔", asked.say("today.state.good")),
            (false, false, true) => Badge::new(Tone::Bad, "✖", asked.say("today.state.bad")),
            (false, false, false) => Badge::new(Tone::Quiet, "◌", asked.say("today.state.quiet")),
        };
        table.row(vec![
            Cell::text(&account.account),
            Cell::Badge(badge),
            client,
            Cell::Number(account.good.to_string()),
            Cell::Number(account.refused.to_string()),
            Cell::Number(account.unsettled.to_string()),
            account.last_good.map_or(Cell::Empty, |at| Cell::When(asked.when(at.timestamp_micros()))),
        ]);
    }
    table
}

fn days(asked: &Asked) -> Vec<NaiveDate> {
    let today = asked.now.with_timezone(&asked.zone).date_naive();
    (0..DAYS).rev().map(|back| today - chrono::Days::new(back)).collect()
}

fn day(asked: &Asked, day: NaiveDate) -> String {
    day.format(if asked.words.language == "de" { "%d.%m." } else { "%d %b" }).to_string()
}

/// What came in by day and processor, in one currency.
fn volume(asked: &Asked, figures: &Days, currency: Currency) -> Bars {
    let of = || figures.sums.iter().filter(|sum| sum.amount.currency() == currency);
    let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
    for sum in of() {
        let total = totals.entry(&sum.processor).or_default();
        *total = total.saturating_add(sum.amount.minor());
    }
    let mut largest: Vec<(&str, i64)> = totals.into_iter().collect();
    largest.sort_by_key(|(name, total)| (std::cmp::Reverse(*total), *name));
    let named: Vec<&str> = largest.iter().take(MOST_PARTS).map(|(name, _)| *name).collect();
    let rest = largest.len() > named.len();
    let bars = days(asked).into_iter().map(|date| {
        let mut minors = vec![0_i64; named.len() + usize::from(rest)];
        for sum in of().filter(|sum| sum.day == date) {
            let part = named.iter().position(|name| *name == sum.processor).unwrap_or(named.len());
            minors[part] = minors[part].saturating_add(sum.amount.minor());
        }
        // The height of a bar is a picture; what is written beside it is exact.
        let value = |minor: i64| (minor as f64, asked.money(Money::from_minor(minor, currency)));
        Bar { label: day(asked, date), values: minors.into_iter().map(value).collect() }
    });
    let bars = bars.collect();
    let total: i64 = largest.iter().map(|(_, total)| *total).fold(0, i64::saturating_add);
    let unnamed = asked.say("today.unassigned");
    let mut parts: Vec<String> =
        named.iter().map(|name| if name.is_empty() { unnamed } else { name }.to_owned()).collect();
    parts.extend(rest.then(|| asked.say("today.others").to_owned()));
    let sum = asked.money(Money::from_minor(total, currency));
    chart(asked, asked.fill("today.volume", &[("currency", currency.code())]), sum, parts, bars)
}

fn chart(asked: &Asked, title: String, gist: String, parts: Vec<String>, bars: Vec<Bar>) -> Bars {
    Bars {
        title,
        gist: asked.fill("today.gist", &[("sum", &gist)]),
        parts,
        looks: Vec::new(),
        bars,
        header: asked.say("today.day").to_owned(),
        numbers: asked.say("today.numbers").to_owned(),
        empty: asked.say("today.nothing").to_owned(),
    }
}

/// What became of the payouts of each day.
fn ends(asked: &Asked, figures: &Days) -> Bars {
    let open = [PayoutStatus::Requested, PayoutStatus::Authorized, PayoutStatus::InProgress];
    let groups: [(&str, &[PayoutStatus]); 4] = [
        ("payout.approved", &[PayoutStatus::Approved]),
        ("today.open", &open),
        ("today.failed", &[PayoutStatus::Rejected, PayoutStatus::Cancelled]),
        ("payout.reversed", &[PayoutStatus::Reversed]),
    ];
    let bars = days(asked).into_iter().map(|date| {
        let rows = |statuses: &[PayoutStatus]| rows(figures, date, statuses);
        let values = groups.iter().map(|(_, statuses)| {
            let rows = rows(statuses);
            (rows as f64, rows.to_string())
        });
        Bar { label: day(asked, date), values: values.collect() }
    });
    let bars = bars.collect();
    let parts = groups.iter().map(|(key, _)| asked.say(key).to_owned()).collect();
    let all: i64 = figures.sums.iter().map(|sum| sum.rows).sum();
    let mut chart = chart(asked, asked.say("today.ends").to_owned(), all.to_string(), parts, bars);
    // Green for what was paid, amber for what was not.
    chart.looks = vec![2, 0, 1, 3];
    chart
}

fn rows(figures: &Days, date: NaiveDate, statuses: &[PayoutStatus]) -> i64 {
    let fits = |status: &str| statuses.iter().any(|known| known.name() == status);
    figures.sums.iter().filter(|sum| sum.day == date && fits(&sum.status)).map(|sum| sum.rows).sum()
}

/// How long open payouts have stood where they are.
fn standing(asked: &Asked, queues: &[Queue]) -> Bars {
    let mut labels: Vec<String> =
        AGES.iter().map(|minutes| format!("< {}", age(minutes * 60_000_000))).collect();
    labels.push(format!("> {}", age(AGES[AGES.len() - 1] * 60_000_000)));
    let bars = labels.into_iter().enumerate().map(|(class, label)| {
        let values = queues.iter().map(|queue| {
            let rows = queue.standing[class];
            (rows as f64, rows.to_string())
        });
        Bar { label, values: values.collect() }
    });
    let bars = bars.collect();
    let parts = queues.iter().map(|queue| Badge::payout(queue.status, asked.words).word).collect();
    let all: i64 = queues.iter().map(|queue| queue.size.number).sum();
    let mut chart = chart(asked, asked.say("today.standing").to_owned(), all.to_string(), parts, bars);
    chart.header = asked.say("today.unchanged").to_owned();
    chart
}

/// Approval and failure of each day's payouts that have ended, and how long the approved ones took.
fn rates(asked: &Asked, figures: &Days) -> Table {
    let mut table = Table::new(asked.say("today.rates"), asked.say("today.nothing"))
        .column(asked.say("today.day"))
        .number(asked.say("today.made"))
        .number(asked.say("today.approval"))
        .number(asked.say("today.failure"))
        .number(asked.say("today.took"));
    for date in days(asked).into_iter().rev() {
        let of = |statuses: &[PayoutStatus]| rows(figures, date, statuses);
        let (all, approved) = (of(&PayoutStatus::ALL), of(&[PayoutStatus::Approved]));
        let failed = of(&[PayoutStatus::Rejected, PayoutStatus::Cancelled]);
        let ended = approved + failed + of(&[PayoutStatus::Reversed]);
        if all == 0 {
            continue;
        }
        let took: Duration = figures
            .sums
            .iter()
            .filter(|sum| sum.day == date && sum.status == PayoutStatus::Approved.name())
            .fold(Duration::zero(), |took, sum| took + sum.took);
        let mean = took.num_microseconds().and_then(|micros| micros.checked_div(approved));
        table.row(vec![
            Cell::text(day(asked, date)),
            Cell::Number(all.to_string()),
            Cell::Number(percent(asked, approved, ended)),
            Cell::Number(percent(asked, failed, ended)),
            Cell::Number(mean.map(age).unwrap_or_default()),
        ]);
    }
    table
}

/// In tenths of a percent, rounded down; nothing where there is nothing to divide by.
fn percent(asked: &Asked, part: i64, whole: i64) -> String {
    let Some(tenths) = (part * 1000).checked_div(whole) else { return String::new() };
    let point = if asked.words.language == "de" { ',' } else { '.' };
    format!("{}{point}{}\u{a0}%", tenths / 10, tenths % 10)
}
