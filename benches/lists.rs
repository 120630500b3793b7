//! Lists of pages: the first page of each filter among many payouts, and an export with its memory.
//!
//! `cargo bench --bench lists -- [--database sqlite|postgres] [--payouts 1000000] [--rounds 5] [--export 100000]`.
//! PostgreSQL runs as a throwaway cluster. A small run takes seconds: `--payouts 20000 --export 5000`.

#[path = "../tests/store/many.rs"]
mod many;
#[path = "../tests/support/postgres.rs"]
#[allow(dead_code)]
mod postgres;

use many::{RARE_FRONT_END, RARE_PROCESSOR};
use std::time::Instant;
use tillgate::domain::debit::DebitState;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::store::lists::payouts::{Export, Filter, Line, list};
use tillgate::store::lists::{Cursor, Sight, figures, search, today, unknown};
use tillgate::store::{Connection, DatabaseUrl, Purpose, migrations};

struct Plan {
    databases: Vec<String>,
    payouts: i64,
    rounds: usize,
    export: usize,
}

fn plan() -> Plan {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str, default: &str| {
        let at = args.iter().position(|arg| arg == name);
        at.and_then(|at| args.get(at + 1)).map_or(default.to_owned(), Clone::clone)
    };
    let number = |name: &str, default: &str| value(name, default).parse().expect("a number");
    Plan {
        databases: value("--database", "sqlite,postgres").split(',').map(str::to_owned).collect(),
        payouts: number("--payouts", "1000000") as i64,
        rounds: number("--rounds", "5"),
        export: number("--export", "100000"),
    }
}

fn main() {
    let plan = plan();
    for database in &plan.databases {
        on(database, &plan);
    }
}

fn on(database: &str, plan: &Plan) {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = (database == "postgres").then(|| {
        postgres::Cluster::start(&["shared_buffers=256MB", "max_wal_size=4GB", "fsync=off"])
            .expect("PostgreSQL")
    });
    let url = match &cluster {
        None => DatabaseUrl::Sqlite(folder.path().join("bench.db").display().to_string()),
        Some(cluster) => DatabaseUrl::Postgres(cluster.url()),
    };
    migrations::run(&url).expect("migrated");
    let filling = Instant::now();
    // A second apart, so that a million are eleven days.
    many::fill(&url, plan.payouts, 1);
    println!("{database}: {} payouts filled in {:.0} s", plan.payouts, filling.elapsed().as_secs_f64());
    let mut line = Connection::open(&url, Purpose::Read).expect("a line");
    println!(
        "filter                           rows  searched on  first page ms  worst ms  bytes  whole search: pages, ms"
    );
    for (name, filter) in filters() {
        pages(&mut line, name, &filter, plan.rounds);
    }
    looks(&mut line, plan);
    export(&mut line, plan.export);
}

fn filters() -> Vec<(&'static str, Filter)> {
    let plain = || Filter::of(Sight::All);
    let rare = || Filter::of(Sight::Only(vec![RARE_FRONT_END.to_owned()]));
    let noon = many::began() + chrono::Duration::hours(12);
    vec![
        ("none", plain()),
        ("front end, common", Filter::of(Sight::Only(vec!["Front 1".to_owned()]))),
        ("front end, rare", rare()),
        (
            "status Requested, oldest first",
            of(plain(), |f| {
                f.statuses = vec![PayoutStatus::Requested];
                f.oldest_first = true;
            }),
        ),
        ("status Rejected", of(plain(), |f| f.statuses = vec![PayoutStatus::Rejected])),
        ("status Reversed", of(plain(), |f| f.statuses = vec![PayoutStatus::Reversed])),
        ("status Approved", of(plain(), |f| f.statuses = vec![PayoutStatus::Approved])),
        ("status Reversed, front end rare", of(rare(), |f| f.statuses = vec![PayoutStatus::Reversed])),
        ("processor, common", of(plain(), |f| f.processors = vec!["Processor 1".to_owned()])),
        ("processor, rare", of(plain(), |f| f.processors = vec![RARE_PROCESSOR.to_owned()])),
        ("amount, common", of(plain(), |f| f.amount = (Some(20_000), Some(30_000)))),
        ("amount, rare", of(plain(), |f| f.amount = (Some(10_000_000), None))),
        (
            "age: over a day, open",
            of(plain(), |f| {
                f.made = (None, Some(many::began() + chrono::Duration::days(1)));
                f.statuses =
                    vec![PayoutStatus::Requested, PayoutStatus::Authorized, PayoutStatus::InProgress];
            }),
        ),
        ("date, one hour", of(plain(), |f| f.made = (Some(noon), Some(noon + chrono::Duration::hours(1))))),
        ("debit Released", of(plain(), |f| f.debits = vec![DebitState::Released])),
        ("debit GivenBack", of(plain(), |f| f.debits = vec![DebitState::GivenBack])),
        ("debit NotTaken", of(plain(), |f| f.debits = vec![DebitState::NotTaken])),
        ("attempt Unknown", of(plain(), |f| f.attempts = vec![AttemptState::Unknown])),
        ("attempt Refused", of(plain(), |f| f.attempts = vec![AttemptState::Refused])),
        ("attempt Succeeded", of(plain(), |f| f.attempts = vec![AttemptState::Succeeded])),
        ("customer", of(plain(), |f| f.customer = Some(6))),
        ("nothing fits", of(plain(), |f| f.amount = (Some(99_000_000), None))),
    ]
}

fn of(mut filter: Filter, change: impl FnOnce(&mut Filter)) -> Filter {
    change(&mut filter);
    filter
}

/// The first page, and how long a person would search who goes on until a page is full or nothing is left.
fn pages(line: &mut Connection, name: &str, filter: &Filter, rounds: usize) {
    let mut times = Vec::new();
    let mut first = None;
    for _ in 0..rounds.max(1) {
        let began = Instant::now();
        let page = list(line, filter, None, 50).expect("a page");
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        first = Some(page);
    }
    times.sort_by(f64::total_cmp);
    let page = first.expect("a page");
    let bytes: usize = page.rows.iter().map(written).map(|row| row.len()).sum();
    let (mut found, mut searching) = (page.rows.len(), page.searching);
    let mut after: Option<Cursor> = page.next;
    let (mut steps, began) = (0, Instant::now());
    while searching && found < 50 {
        let page = list(line, filter, after, 50).expect("a page");
        (found, searching, after) = (found + page.rows.len(), page.searching, page.next);
        steps += 1;
    }
    println!(
        "{name:32} {:4}  {:11}  {:13.2}  {:8.2}  {bytes:5}  {steps:4}, {:.0}",
        page.rows.len(),
        if page.searching { "yes" } else { "no" },
        times[times.len() / 2],
        times[times.len() - 1],
        began.elapsed().as_secs_f64() * 1000.0
    );
}

/// A row as a download has it.
fn written(line: &Line) -> String {
    let payout = &line.payout;
    format!(
        "{};{};{};{};{};{};{};{};{};{}\n",
        payout.id,
        payout.front_end,
        payout.pin,
        payout.trace_id,
        payout.status,
        payout.amount,
        payout.fee,
        payout.debit.state.name(),
        payout.processor_name(),
        line.created_at
    )
}

fn looks(line: &mut Connection, plan: &Plan) {
    let now = many::began() + chrono::Duration::seconds(plan.payouts + 60);
    let time = |name: &str, began: Instant, said: String| {
        println!("{name:32} {:8.2} ms  {said}", began.elapsed().as_secs_f64() * 1000.0);
    };
    let began = Instant::now();
    let found = search::payouts(line, &Sight::All, &format!("T{}", plan.payouts / 2)).expect("found");
    time("search by TransactionID", began, format!("{} found", found.len()));
    let began = Instant::now();
    let queues = today::queues(line, &Sight::All, now).expect("queues");
    time("queues", began, format!("{:?}", queues.iter().map(|queue| queue.size.number).collect::<Vec<_>>()));
    let began = Instant::now();
    let count = unknown::count(line, &Sight::All).expect("a count");
    time("unknown outcomes", began, format!("{}", count.number));
    let kept = figures::Figures::default();
    let today = now.date_naive();
    let days = today - chrono::Days::new(13)..today + chrono::Days::new(1);
    for round in ["figures of 14 days, cold", "the same again", "and again", "and again", "and again"] {
        let began = Instant::now();
        let counted =
            kept.of_days(line, figures::Of::Payouts, &Sight::All, days.clone(), now).expect("figures");
        let rows: i64 = counted.sums.iter().map(|sum| sum.rows).sum();
        time(round, began, format!("{rows} counted, complete: {}", counted.complete));
    }
}

fn export(line: &mut Connection, most: usize) {
    let before = memory();
    let (mut rows, mut bytes, mut peak) = (0, 0, before);
    let began = Instant::now();
    let mut export = Export::of(Filter::of(Sight::All));
    while rows < most {
        let Some(part) = export.next(line).expect("a part") else { break };
        rows += part.len();
        bytes += part.iter().map(written).map(|row| row.len()).sum::<usize>();
        peak = peak.max(memory());
    }
    println!(
        "export: {rows} rows, {bytes} bytes in {:.2} s; resident {before} kB before, {peak} kB at most, {} kB after",
        began.elapsed().as_secs_f64(),
        memory()
    );
}

/// Resident memory of this process in kB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}
