//! The store by itself: CreatePayout with the debit at Requested, from many tasks, without HTTP.
//!
//! `cargo bench --bench store -- [--database sqlite|postgres] [--tasks 1,64,256] [--seconds 4] [--customers 1000]
//! [--writers 1] [--share 64] [--flood]`. PostgreSQL runs as a throwaway cluster with its flushes on.

#[path = "../tests/store/house.rs"]
#[allow(dead_code)]
mod house;
#[path = "../tests/support/postgres.rs"]
#[allow(dead_code)]
mod postgres;

use hdrhistogram::Histogram;
use house::{House, options, payout};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tillgate::clock::Clock;
use tillgate::store::{BatchLimits, DatabaseUrl, migrations};

struct Plan {
    databases: Vec<String>,
    tasks: Vec<usize>,
    seconds: u64,
    customers: usize,
    writers: usize,
    share: usize,
    most: usize,
    flood: bool,
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
        tasks: value("--tasks", "1,8,64,256").split(',').map(|n| n.parse().expect("a number")).collect(),
        seconds: number("--seconds", "4") as u64,
        customers: number("--customers", "1000"),
        writers: number("--writers", "1"),
        share: number("--share", "64"),
        most: number("--most", "256"),
        flood: args.iter().any(|arg| arg == "--flood"),
    }
}

fn main() {
    let plan = plan();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        println!("database  tasks  commands/s   p50 ms   p99 ms  CPU µs/command (ours)");
        for database in &plan.databases {
            on(database, &plan).await;
        }
    });
}

async fn on(database: &str, plan: &Plan) {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = (database == "postgres").then(|| {
        postgres::Cluster::start(&["shared_buffers=256MB", "max_wal_size=4GB"]).expect("PostgreSQL")
    });
    let url = match &cluster {
        None => DatabaseUrl::Sqlite(folder.path().join("bench.db").display().to_string()),
        Some(cluster) => DatabaseUrl::Postgres(cluster.url()),
    };
    migrations::run(&url).expect("migrated");
    let mut options = options(&url, "bench");
    options.writers = plan.writers;
    options.batch = BatchLimits { most: plan.most, share: plan.share };
    let house = House::with(options, Clock::system());
    let mut added = tokio::task::JoinSet::new();
    for number in 0..plan.customers {
        let house = house.clone();
        added.spawn(async move { house.customer(&pin(number), 1_000_000_000_000).await });
    }
    added.join_all().await;
    let trace = Arc::new(AtomicI64::new(0));
    for &tasks in &plan.tasks {
        let spread = plan.customers;
        if plan.flood {
            flood(database, &house, &trace, tasks, plan).await;
        } else {
            let load = load(&house, &trace, tasks, plan.seconds, move |n| (n * 7919) as usize % spread).await;
            load.print(database, tasks);
        }
    }
    house.store.close();
}

/// One quiet customer while all the others' commands are of one flooding customer.
async fn flood(database: &str, house: &House, trace: &Arc<AtomicI64>, tasks: usize, plan: &Plan) {
    let flooding = load(house, trace, tasks, plan.seconds, |_| 0);
    let quiet = load(house, trace, 1, plan.seconds, |_| 1);
    let (flooding, quiet) = tokio::join!(flooding, quiet);
    flooding.print(database, tasks);
    quiet.print("  quiet", 1);
    let ratio = quiet.times.value_at_quantile(0.5) as f64 / flooding.times.value_at_quantile(0.5) as f64;
    println!("  fairness {ratio:.2}");
}

fn pin(number: usize) -> String {
    format!("pin{number}")
}

struct Load {
    times: Histogram<u64>,
    per_second: f64,
    cpu_us: f64,
}

impl Load {
    fn print(&self, database: &str, tasks: usize) {
        let ms = |quantile| self.times.value_at_quantile(quantile) as f64 / 1000.0;
        println!(
            "{database:9} {tasks:5} {:11.0} {:8.2} {:8.2} {:8.1}",
            self.per_second,
            ms(0.5),
            ms(0.99),
            self.cpu_us
        );
    }
}

async fn load(
    house: &House,
    trace: &Arc<AtomicI64>,
    tasks: usize,
    seconds: u64,
    whose: impl Fn(i64) -> usize + Copy + Send + 'static,
) -> Load {
    let (began, cpu) = (Instant::now(), cpu_us());
    let end = began + Duration::from_secs(seconds);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (house, trace) = (house.clone(), trace.clone());
        running.spawn(async move {
            let mut times: Histogram<u64> =
                Histogram::new_with_bounds(1, 60_000_000, 3).expect("a histogram");
            while Instant::now() < end {
                let number = trace.fetch_add(1, Ordering::Relaxed);
                let called = Instant::now();
                let answer = house.creates(payout(&pin(whose(number)), number, 1 + number % 5000)).await;
                assert_eq!(answer.expect("an answer").refused, None);
                times.saturating_record(called.elapsed().as_micros() as u64);
            }
            times
        });
    }
    let mut times: Histogram<u64> = Histogram::new_with_bounds(1, 60_000_000, 3).expect("a histogram");
    for one in running.join_all().await {
        times.add(one).expect("histograms of one kind");
    }
    let done = times.len() as f64;
    Load { per_second: done / began.elapsed().as_secs_f64(), cpu_us: (cpu_us() - cpu) / done, times }
}

/// User and system time of this process so far.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) * 10_000.0
}
