//! Each measure: what is set against what, in turn, round by round.

use super::Options;
use super::cluster::Cluster;
use super::load::{self, Load, contains};
use super::peers::{self, Peer};
use super::proc::cpu_ticks;
use super::rows::Rows;
use super::server::{self, Server, Setting};
use super::table::{Bar, Table};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every figure that has a bar.
pub const BARRED: [&str; 18] = [
    "sqlite_vs_commit_per_request_64",
    "sqlite_slow_flush_64",
    "pg_vs_pgbench_best",
    "pg_vs_pgbench_64",
    "pg_vs_pgbench_1",
    "cpu_vs_pool",
    "p99_over_p50_pg_64",
    "fairness",
    "hot_vs_spread",
    "mixed_vs_create",
    "growth_pg_1m",
    "growth_sqlite_1m",
    "soap_vs_json",
    "rss_mb_pg",
    "rss_mb_sqlite",
    "express_ratio",
    "start_to_ready_seconds",
    "p99_over_p50_sqlite_64",
];

const GOOD: &str = "\"Status\":0";

static SALT: AtomicU64 = AtomicU64::new(1);

/// A number that makes the TraceIDs of one load its own.
fn salt() -> u64 {
    SALT.fetch_add(1, Ordering::SeqCst)
}

pub async fn all(options: &Options, table: &mut Table) {
    sqlite(options, table).await;
    match Cluster::start().await {
        Some(cluster) => postgres(options, table, &cluster).await,
        None => eprintln!("PostgreSQL is not there: its figures are LEFT OUT"),
    }
}

/// A server on a fresh SQLite file, and the folder that goes with it.
async fn on_sqlite(setting: Setting<'_>) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("bench.db").display());
    let server = Server::start(&Setting { url, ..setting }).await;
    server.fund().await;
    (server, folder)
}

async fn creates(server: &Server, connections: usize, options: &Options) -> Load {
    let load =
        load::run(server.address, connections, options.seconds, contains(GOOD), server::spread(salt())).await;
    assert_eq!(load.bad, 0, "every CreatePayout is done");
    load
}

async fn sqlite(options: &Options, table: &mut Table) {
    let batches = Setting::default();
    let singly = Setting { batch_most: Some(1), ..Setting::default() };

    if options.wants_any(&["sqlite_vs_commit_per_request_64", "p99_over_p50_sqlite_64"]) {
        let (mut ratios, mut rates, mut singles, mut tails) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let (server, _folder) = on_sqlite(batches.clone()).await;
            let ours = creates(&server, 64, options).await;
            drop(server);
            let (server, _folder) = on_sqlite(singly.clone()).await;
            let theirs = creates(&server, 64, options).await;
            ratios.push(ours.per_second / theirs.per_second);
            rates.push(ours.per_second);
            singles.push(theirs.per_second);
            tails.push(ours.p99_ms / ours.p50_ms);
        }
        table.add(
            "sqlite_64_per_second",
            Bar::None,
            rates,
            "durable CreatePayout/s at 64 connections".to_owned(),
        );
        table.add("sqlite_commit_per_request_per_second", Bar::None, singles, String::new());
        table.add("sqlite_vs_commit_per_request_64", Bar::AtLeast(3.0), ratios, String::new());
        table.add("p99_over_p50_sqlite_64", Bar::AtMost(5.0), tails, String::new());
    }
    if options.wants("sqlite_slow_flush_64") {
        let library = slow_flush();
        let mut ratios = Vec::new();
        for _ in 0..options.rounds {
            let (server, _folder) = on_sqlite(Setting { preload: Some(&library), ..batches.clone() }).await;
            let ours = creates(&server, 64, options).await;
            drop(server);
            let (server, _folder) = on_sqlite(Setting { preload: Some(&library), ..singly.clone() }).await;
            let theirs = creates(&server, 64, options).await;
            ratios.push(ours.per_second / theirs.per_second);
        }
        table.add("sqlite_slow_flush_64", Bar::AtLeast(15.0), ratios, "2 ms added to each flush".to_owned());
    }
    if options.wants("growth_sqlite_1m") {
        growth("growth_sqlite_1m", async |_| on_sqlite(batches.clone()).await, options, table).await;
    }
    if options.wants("rss_mb_sqlite") {
        let (server, _folder) = on_sqlite(batches.clone()).await;
        memory("rss_mb_sqlite", 192.0, &server, options, table).await;
    }
    if options.wants("start_to_ready_seconds") {
        let mut times = Vec::new();
        for _ in 0..options.rounds {
            let (server, _folder) = on_sqlite(batches.clone()).await;
            times.push(server.ready_after.as_secs_f64());
        }
        table.add("start_to_ready_seconds", Bar::AtMost(2.0), times, "with migrations, SQLite".to_owned());
    }
    if options.wants("echo_per_second") {
        let (server, _folder) = on_sqlite(batches).await;
        let load = load::run(server.address, 64, options.seconds, contains("up"), server::health()).await;
        table.add(
            "echo_per_second",
            Bar::None,
            vec![load.per_second],
            "GET /health at 64 connections".to_owned(),
        );
    }
    if options.wants("flushes_per_second") {
        table.add("flushes_per_second", Bar::None, vec![flushes()], "fdatasync of 4 KiB in a row".to_owned());
    }
}

/// How many payouts are stored where throughput is measured first, and how many calls one measure has. The measure
/// itself adds to what is stored: it is small, and every round has a database of its own.
const FEW: u64 = 10_000;
const GROWTH_CALLS: u64 = 10_000;

/// Throughput with so many stored payouts over that with few, in turn. `fresh` starts a server on an empty database
/// of that number.
async fn growth<K>(
    name: &'static str,
    fresh: impl AsyncFn(usize) -> (Server, K),
    options: &Options,
    table: &mut Table,
) {
    let calls = async |server: &Server, connections: usize, most: u64| {
        let script = server::spread(salt());
        let load = load::run_most(server.address, connections, 3_600.0, most, contains(GOOD), script).await;
        assert_eq!((load.bad, load.calls), (0, most), "every CreatePayout is done");
        load.per_second
    };
    let (grown, _kept) = fresh(0).await;
    calls(&grown, 256, options.grown).await;
    let mut ratios = Vec::new();
    for round in 1..=options.rounds {
        let (young, _kept) = fresh(round).await;
        calls(&young, 256, FEW).await;
        let few = calls(&young, 64, GROWTH_CALLS).await;
        drop(young);
        ratios.push(calls(&grown, 64, GROWTH_CALLS).await / few);
    }
    let note = format!("with {} stored payouts and more over {FEW} and more", options.grown);
    table.add(name, Bar::AtLeast(0.85), ratios, note);
}

async fn memory(name: &'static str, most: f64, server: &Server, options: &Options, table: &mut Table) {
    let seconds = (options.seconds * 15.0).min(60.0);
    let load = load::run(server.address, 256, seconds, contains(GOOD), server::spread(salt())).await;
    assert_eq!(load.bad, 0, "every CreatePayout is done");
    let note = format!("peak after {seconds:.0} s at 256 connections, {:.0}/s", load.per_second);
    table.add(name, Bar::AtMost(most), vec![server.peak_mb()], note);
}

/// Ours, and one for whom we are compared with. In a database together whoever makes the larger ids would have the
/// cheaper end of every index, and each would find the other's versions in what it remembers.
const DATABASE: &str = "bench";
const PEERS: &str = "bench_peers";

/// A server on a fresh PostgreSQL database.
async fn on_postgres(cluster: &Cluster, database: &str) -> Server {
    cluster.create(database);
    let server = Server::start(&Setting { url: cluster.url(database), ..Setting::default() }).await;
    server.fund().await;
    server
}

async fn postgres(options: &Options, table: &mut Table, cluster: &Cluster) {
    let fresh = async |number: usize| (on_postgres(cluster, &format!("{DATABASE}_{number}")).await, ());
    let server = on_postgres(cluster, DATABASE).await;
    // Filled by the product like its own, which then leaves it to the peers.
    drop(on_postgres(cluster, PEERS).await);
    peers::prepare(cluster, PEERS);
    same_work(cluster, &server, options).await;
    let script = peers::pgbench_script();
    let bench = |clients: usize| cluster.pgbench(PEERS, &script, clients, options.seconds);
    // Plans, caches and files are warm for everybody.
    creates(&server, 64, options).await;
    bench(8);

    if options.wants_any(&["pg_vs_pgbench_best", "pg_vs_pgbench_64", "pg_vs_pgbench_1", "p99_over_p50_pg_64"])
    {
        let (mut best, mut same, mut one, mut rates, mut tails) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let ours = creates(&server, 64, options).await;
            let (eight, thirty_two, sixty_four) = (bench(8), bench(32), bench(64));
            let alone = creates(&server, 1, options).await;
            let one_client = bench(1);
            best.push(ours.per_second / eight.max(thirty_two).max(sixty_four));
            same.push(ours.per_second / sixty_four);
            one.push(alone.per_second / one_client);
            rates.push(ours.per_second);
            tails.push(ours.p99_ms / ours.p50_ms);
        }
        table.add(
            "pg_64_per_second",
            Bar::None,
            rates,
            "durable CreatePayout/s at 64 connections".to_owned(),
        );
        table.add(
            "pg_vs_pgbench_best",
            Bar::AtLeast(1.5),
            best,
            "against the best of 8, 32, 64 clients".to_owned(),
        );
        table.add("pg_vs_pgbench_64", Bar::AtLeast(2.0), same, String::new());
        table.add("pg_vs_pgbench_1", Bar::AtLeast(0.7), one, String::new());
        table.add("p99_over_p50_pg_64", Bar::AtMost(4.0), tails, String::new());
    }
    if options.wants("cpu_vs_pool") {
        let peer = Peer::pool(cluster, PEERS).await;
        let (mut ratios, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let ours = cost(cluster, server.pid(), server.address, options).await;
            let theirs = cost(cluster, peer.pid(), peer.address, options).await;
            ratios.push(ours.0 / theirs.0);
            rates.push(ours.1 / theirs.1);
        }
        table.add("cpu_vs_pool", Bar::AtMost(0.2), ratios, "CPU a request, server and database".to_owned());
        table.add("pg_vs_pool_64", Bar::None, rates, "requests/s".to_owned());
    }
    if options.wants("fairness") {
        let mut ratios = Vec::new();
        for _ in 0..options.rounds {
            let on = |number| {
                load::run(
                    server.address,
                    if number == 1 { 200 } else { 1 },
                    options.seconds,
                    contains(GOOD),
                    server::hot(salt(), number),
                )
            };
            let (flood, quiet) = tokio::join!(on(1), on(2));
            assert_eq!(flood.bad + quiet.bad, 0, "every CreatePayout is done");
            ratios.push(quiet.p50_ms / flood.p50_ms);
        }
        table.add(
            "fairness",
            Bar::AtMost(0.5),
            ratios,
            "quiet customer's p50 over the flood's own".to_owned(),
        );
    }
    if options.wants("hot_vs_spread") {
        let mut ratios = Vec::new();
        for _ in 0..options.rounds {
            let spread = creates(&server, 64, options).await;
            let hot =
                load::run(server.address, 64, options.seconds, contains(GOOD), server::hot(salt(), 3)).await;
            assert_eq!(hot.bad, 0, "every CreatePayout is done");
            ratios.push(hot.per_second / spread.per_second);
        }
        table.add("hot_vs_spread", Bar::AtLeast(0.9), ratios, String::new());
    }
    if options.wants("mixed_vs_create") {
        let mut ratios = Vec::new();
        for _ in 0..options.rounds {
            let plain = creates(&server, 64, options).await;
            let lives =
                load::run(server.address, 64, options.seconds, server::lived(), server::lives(salt())).await;
            assert_eq!(lives.bad, 0, "every call of a life ends as it is to");
            ratios.push(lives.per_second / plain.per_second);
        }
        table.add(
            "mixed_vs_create",
            Bar::AtLeast(0.7),
            ratios,
            "calls/s, 5 % repeats, 5 % refusals".to_owned(),
        );
    }
    if options.wants("soap_vs_json") {
        let mut ratios = Vec::new();
        for _ in 0..options.rounds {
            let json = creates(&server, 64, options).await;
            let soap =
                load::run(server.address, 64, options.seconds, contains("<Status>0<"), server::soap(salt()))
                    .await;
            assert_eq!(soap.bad, 0, "every SOAP call is done");
            ratios.push(soap.per_second / json.per_second);
        }
        table.add("soap_vs_json", Bar::AtLeast(0.9), ratios, String::new());
    }
    if options.wants("express_ratio")
        && let Some(peer) = Peer::express(cluster, PEERS).await
    {
        let mut ratios = Vec::new();
        for _ in 0..options.rounds {
            let ours = creates(&server, 64, options).await;
            let theirs =
                load::run(peer.address, 64, options.seconds, contains(GOOD), server::spread(salt())).await;
            assert_eq!(theirs.bad, 0, "the peer does every call");
            ratios.push(ours.per_second / theirs.per_second);
        }
        table.add("express_ratio", Bar::AtLeast(4.0), ratios, String::new());
    }
    drop(server);
    cluster.drop_database(DATABASE);
    cluster.drop_database(PEERS);
    if options.wants("rss_mb_pg") {
        let (server, ()) = fresh(usize::MAX).await;
        memory("rss_mb_pg", 96.0, &server, options, table).await;
    }
    if options.wants("growth_pg_1m") {
        growth("growth_pg_1m", fresh, options, table).await;
    }
}

/// Nobody is measured who writes less than we do.
async fn same_work(cluster: &Cluster, server: &Server, options: &Options) {
    let snapshot =
        |database| Rows::of(|query| cluster.psql(database, query).unwrap_or_else(|error| panic!("{error}")));
    let once = |address| load::times(address, 1, GOOD, server::spread(salt()));
    // The first call of a process opens what is its own.
    once(server.address).await;
    let mut before = snapshot(DATABASE);
    once(server.address).await;
    let ours = snapshot(DATABASE).written_since(&before);
    before = snapshot(PEERS);

    cluster.pgbench_once(PEERS, &peers::pgbench_script());
    let mut after = snapshot(PEERS);
    ours.assert_same_work(&after.written_since(&before), "pgbench");
    before = after;

    let pool = Peer::pool(cluster, PEERS).await;
    once(pool.address).await;
    after = snapshot(PEERS);
    ours.assert_same_work(&after.written_since(&before), "the plain pool");
    before = after;

    if options.wants("express_ratio")
        && let Some(express) = Peer::express(cluster, PEERS).await
    {
        once(express.address).await;
        ours.assert_same_work(&snapshot(PEERS).written_since(&before), "Express");
    }
}

/// CPU of server and database for each request, and requests a second.
async fn cost(cluster: &Cluster, pid: u32, address: std::net::SocketAddr, options: &Options) -> (f64, f64) {
    let used = || cpu_ticks(pid) + cpu_ticks(cluster.pid());
    let before = used();
    let load = load::run(address, 64, options.seconds, contains(GOOD), server::spread(salt())).await;
    assert_eq!(load.bad, 0, "every call is done");
    ((used() - before) as f64 / load.calls as f64, load.per_second)
}

fn slow_flush() -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/speed/slow_flush.c");
    let library = std::env::temp_dir().join("tillgate-slow-flush.so");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status();
    assert!(status.is_ok_and(|status| status.success()), "cc builds the slow flush");
    library
}

/// How often a second a file can be flushed here.
fn flushes() -> f64 {
    use std::io::{Seek, SeekFrom, Write};
    let mut file = tempfile::tempfile().expect("a file");
    let page = [7u8; 4096];
    let started = std::time::Instant::now();
    let mut count = 0;
    while started.elapsed().as_secs_f64() < 1.0 {
        file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&page)).expect("written");
        file.sync_data().expect("flushed");
        count += 1;
    }
    f64::from(count) / started.elapsed().as_secs_f64()
}
