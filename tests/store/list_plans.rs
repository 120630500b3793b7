//! How both databases plan what lists ask: along an index, whatever the filter.

use super::many::{self, RARE_PROCESSOR};
use crate::support;
use crate::support::asked::{assert_indexed, scans};
use diesel::connection::{Connection as _, InstrumentationEvent};
use diesel::sql_types::{BigInt, Text};
use std::sync::{Arc, Mutex};
use tillgate::domain::debit::DebitState;
use tillgate::domain::ids::{DepositId, PayoutId};
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::store::lists::payouts::Filter;
use tillgate::store::lists::{
    Sight, accounts, audit, customers, deposit, deposits, errands, figures, health, notices, payout, payouts,
    search, today, transactions, trial, unknown,
};
use tillgate::store::statement::Bind;
use tillgate::store::{Connection, Purpose};

type Asked = Arc<Mutex<Vec<String>>>;

/// A line that notes what it is asked.
fn noting(line: &mut Connection) -> Asked {
    let asked: Asked = Arc::default();
    let note = asked.clone();
    let instrumentation = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds").next().unwrap_or_default();
            if sql.starts_with("SELECT") || sql.starts_with("WITH") {
                note.lock().expect("the list").push(sql.to_owned());
            }
        }
    };
    match line {
        Connection::Sqlite(connection) => connection.set_instrumentation(instrumentation),
        Connection::Postgres(connection) => connection.set_instrumentation(instrumentation),
    }
    asked
}

/// Everything that a page asks, once.
fn ask(line: &mut Connection) {
    let some = Sight::Only(vec!["Front 1".to_owned(), "Front 2".to_owned()]);
    let now = many::began() + chrono::Duration::days(1);
    let filters = [
        Filter::of(Sight::All),
        Filter::of(some.clone()),
        Filter { statuses: vec![PayoutStatus::Requested], oldest_first: true, ..Filter::of(Sight::All) },
        Filter {
            statuses: vec![PayoutStatus::Rejected, PayoutStatus::Authorized],
            ..Filter::of(some.clone())
        },
        Filter { processors: vec![RARE_PROCESSOR.to_owned()], ..Filter::of(Sight::All) },
        Filter { attempts: vec![AttemptState::Unknown], ..Filter::of(some.clone()) },
        Filter { debits: vec![DebitState::GivenBack], ..Filter::of(Sight::All) },
        Filter { customer: Some(1), ..Filter::of(some.clone()) },
        Filter {
            amount: (Some(1), Some(2)),
            made: (Some(many::began()), Some(now)),
            ..Filter::of(Sight::All)
        },
    ];
    for filter in filters {
        payouts::list(line, &filter, None, 50).expect("asked");
    }
    payouts::processors(line).expect("asked");
    search::payouts(line, &Sight::All, "7").expect("asked");
    search::deposits(line, &Sight::All, "7").expect("asked");
    payout::one(line, &some, PayoutId(1)).expect("asked");
    deposit::one(line, &some, DepositId(1)).expect("asked");
    deposits::list(line, &deposits::Filter::of(some.clone()), None, 50).expect("asked");
    deposits::list(line, &deposits::Filter::of(Sight::All), None, 50).expect("asked");
    customers::list(line, &some, None, 50).expect("asked");
    customers::search(line, &some, "bob@example.org").expect("asked");
    customers::one(line, &some, "Front 1", "pin2").expect("asked");
    accounts::house(line, &Sight::All).expect("asked");
    accounts::of_customers(line, &some, None, 50).expect("asked");
    accounts::statement(line, &Sight::All, "customer/Front 1/pin2", None, 50).expect("asked");
    let ledger = transactions::Filter {
        sight: some.clone(),
        kinds: vec!["adjustment".to_owned()],
        made: (None, None),
    };
    transactions::list(line, &ledger, None, 50).expect("asked");
    transactions::one(line, &some, 1).expect("asked");
    trial::Movements::default()
        .trial_balance(line, &some, many::began().date_naive(), many::began())
        .expect("asked");
    errands::due(line, Some((1, 1)), 50).expect("asked");
    errands::parked(line, 0, 50).expect("asked");
    errands::all(line, Some("pay_out"), None, 50).expect("asked");
    errands::counts(line, now).expect("asked");
    let notice = notices::Filter { reference: Some("x".to_owned()), ..notices::Filter::default() };
    notices::list(line, &notice, None, 50).expect("asked");
    let trail = audit::Filter { subject: Some("x".to_owned()), ..audit::Filter::of(some.clone()) };
    audit::list(line, &trail, None, 50).expect("asked");
    audit::list(line, &audit::Filter::of(Sight::All), None, 50).expect("asked");
    unknown::attempts(line, &some, None, 50).expect("asked");
    unknown::refunds(line, &some).expect("asked");
    unknown::deposits(line, &some).expect("asked");
    unknown::count(line, &some).expect("asked");
    today::queues(line, &some, now).expect("asked");
    today::in_transit(line, &some).expect("asked");
    health::of_accounts(line, now).expect("asked");
    let first = many::began().date_naive();
    let figures = figures::Figures::default();
    for of in [figures::Of::Payouts, figures::Of::Deposits] {
        let days = first..first + chrono::Days::new(1);
        figures.of_days(line, of, &some, days, many::began()).expect("asked");
    }
}

#[tokio::test]
async fn postgresql_goes_by_an_index_whatever_a_list_is_narrowed_to() {
    let Some(scratch) = support::postgres() else { return };
    let mut line = Connection::open(&scratch.url, Purpose::Read).expect("a line");
    let asked = noting(&mut line);
    ask(&mut line);
    let mut asked = asked.lock().expect("the list").clone();
    asked.dedup();
    let mut plans = Vec::new();
    for statement in &asked {
        let scans = scans(&scratch.url, statement);
        assert_indexed(statement, &scans);
        let text = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        plans.push(format!(
            "{}\n    {}",
            shortened(&text),
            scans.into_iter().collect::<Vec<_>>().join("\n    ")
        ));
    }
    plans.dedup();
    insta::assert_snapshot!("lists", plans.join("\n"));
}

/// A statement without its lists of columns.
fn shortened(text: &str) -> String {
    let mut short = String::new();
    for (place, part) in text.split("SELECT ").enumerate() {
        if place > 0 {
            short.push_str("SELECT ");
        }
        match part.split_once(" FROM ") {
            Some((columns, rest)) if columns.len() > 60 => {
                short.push_str("… FROM ");
                short.push_str(rest);
            }
            _ => short.push_str(part),
        }
    }
    short
}

/// On rows that look like life, where both databases know how values are spread.
#[tokio::test]
async fn no_table_is_walked_through_when_it_is_filled() {
    for scratch in support::databases() {
        many::fill(&scratch.url, 20_000, 20);
        let mut line = Connection::open(&scratch.url, Purpose::Read).expect("a line");
        let asked = noting(&mut line);
        ask(&mut line);
        let asked = asked.lock().expect("the list").clone();
        assert!(asked.len() > 40);
        for statement in asked {
            if line.is_postgres() {
                assert_indexed(&statement, &scans(&scratch.url, &statement));
                continue;
            }
            let sql = format!("EXPLAIN QUERY PLAN {statement}");
            let nulls = vec![Bind::OptInt(None); sql.matches('?').count()];
            type Step = (i64, i64, i64, String);
            let steps: Vec<Step> =
                line.load::<(BigInt, BigInt, BigInt, Text), Step>(&sql, &nulls).expect("a plan");
            for (_, _, _, step) in steps {
                // What a subquery made is scanned; so may be an index that is read in its order, or the few lanes.
                let walks = step.starts_with("SCAN ") && !step.contains(" USING ");
                let of_a_table = step.strip_prefix("SCAN ").is_some_and(|of| {
                    ["p", "a", "e", "t", "f", "g", "payouts", "deposits", "customers", "accounts", "outbox"]
                        .contains(&of)
                });
                assert!(!(walks && of_a_table), "{step} in {statement}");
            }
        }
    }
}
