//! Real processes under real violence: nodes and database are killed with SIGKILL and paused, lines are cut before and
//! after COMMIT, processors lose answers, and clients race each other all the while. Afterwards the client's record and
//! the processor's books are held against the house's.
//!
//! `script/chaos [--seconds N] [--seed S] [--nodes N] [--races N] [--clients N] [--only postgres|sqlite|payouts]`.
//! Every scene lasts for that many seconds, and on until so many races are run, every kind of race and of damage among
//! them; when those do not come about within `PATIENCE` more, it is a finding. The seed draws the plan; the machine's
//! own timing is not in its hand.
//!
//! The server is any `tillgate` (`--binary`): nothing is shared with it but HTTP, the command line, and the books.
//!
//! That it can fail was tried with servers broken by hand, 14 seconds each: one that takes a lost connection for a commit
//! (30 findings), one that does not compare versions when it writes on PostgreSQL (5: two payouts for the money of one,
//! a payout approved and cancelled), one that keeps no refused CreatePayout (5: another answer on repeat).

mod cashier;
#[path = "../../tests/simulation/chance.rs"]
#[expect(dead_code, reason = "the simulation draws in more ways")]
mod chance;
mod cluster;
mod disturb;
mod guard;
mod nodes;
mod payouts;
#[path = "../../tests/support/ports.rs"]
mod ports;
mod proxy;
mod races;
mod verify;

use cashier::Cashier;
use chance::Chance;
use cluster::Cluster;
use disturb::{Damage, Victims};
use guard::Guard;
use nodes::{Nodes, Setup, free_port};
use payouts::Paygate;
use proxy::Proxy;
use races::Tally;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a scene goes on for what did not happen in its time.
const PATIENCE: Duration = Duration::from_secs(120);

struct Plan {
    seconds: u64,
    seed: u64,
    nodes: usize,
    races: u64,
    clients: usize,
    only: Option<String>,
    binary: PathBuf,
}

impl Plan {
    fn read() -> Plan {
        let args: Vec<String> = std::env::args().collect();
        let value = |name: &str| {
            let at = args.iter().position(|arg| arg == name)?;
            Some(args.get(at + 1).unwrap_or_else(|| panic!("{name} wants a value")).clone())
        };
        let number = |name: &str, default: u64| {
            value(name)
                .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} wants a number")))
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        Plan {
            seconds: number("--seconds", 30),
            seed: number("--seed", since.as_secs()),
            nodes: number("--nodes", 2).max(1) as usize,
            races: number("--races", 0),
            clients: number("--clients", 12) as usize,
            only: value("--only"),
            binary: value("--binary").map_or(PathBuf::from(env!("CARGO_BIN_EXE_tillgate")), PathBuf::from),
        }
    }

    fn wants(&self, scene: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == scene)
    }
}

fn main() {
    let plan = Plan::read();
    println!("chaos: --seed {} --seconds {} --nodes {}", plan.seed, plan.seconds, plan.nodes);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let findings = runtime.expect("a runtime").block_on(async {
        let mut findings = 0;
        if plan.wants("postgres") {
            findings += races_on_postgres(&plan).await;
        }
        if plan.wants("sqlite") {
            findings += races_on_sqlite(&plan).await;
        }
        if plan.wants("payouts") {
            findings += payouts_on_postgres(&plan).await;
        }
        findings
    });
    if findings > 0 {
        println!("chaos: FAILED with {findings} finding(s), --seed {}", plan.seed);
        std::process::exit(1);
    }
    println!("chaos: OK, --seed {}", plan.seed);
}

/// Out of a thousand commits so many are cut off.
const CUTS: u64 = 15;

fn on_postgres(plan: &Plan, seed: u64, first_port: u16, more: String) -> (Victims, Guard) {
    let cluster = Cluster::start();
    let proxy = Proxy::start(cluster.socket(), seed);
    proxy.cut_of_a_thousand_commits(CUTS);
    let guard = Guard::new();
    let setup = Setup {
        binary: plan.binary.clone(),
        guard: guard.clone(),
        url: format!("postgres://tillgate@{}/postgres", proxy.address),
        checks_url: cluster.url(),
        first_port,
        log_level: "error",
        wait_seconds: 60,
        more,
    };
    let cashier = Cashier::new(Nodes::start(setup, plan.nodes));
    (Victims { cashier, database: Some((cluster, proxy)) }, guard)
}

async fn races_on_postgres(plan: &Plan) -> usize {
    let (victims, _guard) = on_postgres(plan, plan.seed, free_port(), String::new());
    let name = format!("{} nodes on one PostgreSQL", plan.nodes);
    race(&name, plan, victims, plan.seed).await
}

async fn races_on_sqlite(plan: &Plan) -> usize {
    let guard = Guard::new();
    let url = format!("sqlite://{}", guard.folder().join("tillgate.db").display());
    let setup = Setup {
        binary: plan.binary.clone(),
        guard: guard.clone(),
        checks_url: url.clone(),
        url,
        first_port: free_port(),
        log_level: "error",
        wait_seconds: 60,
        more: String::new(),
    };
    let victims = Victims { cashier: Cashier::new(Nodes::start(setup, 1)), database: None };
    race("one node on SQLite", plan, victims, plan.seed ^ 1).await
}

/// Clients race while everything is disturbed, until time is over and enough has happened.
async fn race(name: &str, plan: &Plan, mut victims: Victims, seed: u64) -> usize {
    let (cashier, tally) = (victims.cashier.clone(), Arc::new(Tally::default()));
    let over = Arc::new(AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..plan.clients {
        let (cashier, tally, over) = (cashier.clone(), tally.clone(), over.clone());
        let mut chance = Chance::of(seed.wrapping_mul(1_000).wrapping_add(client as u64));
        clients.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                races::run(&cashier, &mut chance, &tally).await;
            }
        });
    }
    let (mut chance, mut damage) = (Chance::of(seed), Damage::default());
    let until = Instant::now() + Duration::from_secs(plan.seconds);
    // The races that were asked for take as long as they do; only what chance left out is waited for in vain.
    while Instant::now() < until || tally.total() < plan.races {
        victims.disturb(&mut chance, &mut damage).await;
    }
    let ends = Instant::now() + PATIENCE;
    while !(tally.has_all_kinds() && victims.suffered(&damage)) && Instant::now() < ends {
        victims.disturb_otherwise(&mut chance, &mut damage).await;
    }
    if !(tally.has_all_kinds() && victims.suffered(&damage)) {
        cashier.finds("not every kind of race and of damage came about".to_owned());
    }
    over.store(true, Ordering::Relaxed);
    victims.heal().await;
    while let Some(client) = clients.join_next().await {
        if client.is_err() {
            cashier.finds("a client gave up".to_owned());
        }
    }
    let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "{name}: {} races ({} identical, {} contradictory, {} for the last funds, {} approved and cancelled at once, \
         {} deposits)",
        tally.total(),
        count(&tally.identical),
        count(&tally.contradictory),
        count(&tally.last_funds),
        count(&tally.lives),
        count(&tally.deposits),
    );
    closes(&victims, &damage).await
}

async fn payouts_on_postgres(plan: &Plan) -> usize {
    let (port, tills) = (free_port(), Guard::new());
    let paygate = Paygate::start(&plan.binary, &tills, port);
    // Notices and browsers come to the first node. When it is dead, the processor is asked later.
    let first_port = free_port();
    let account = Paygate::account(port, &format!("http://127.0.0.1:{first_port}"));
    let seed = plan.seed ^ 2;
    let (mut victims, _guard) = on_postgres(plan, seed, first_port, account);
    let mut damage = Damage::default();
    let cashier = victims.cashier.clone();
    let paid = payouts::run(&mut victims, &paygate, &mut Chance::of(seed), plan.seconds, &mut damage).await;
    println!(
        "payouts through Paygate's simulator, {} nodes on one PostgreSQL: {} payouts, each paid once by the \
         processor's books; the last was settled {} s after the peace",
        plan.nodes,
        paid.payouts,
        paid.settled_after.as_secs()
    );
    if paid.payouts == 0 || damage.nodes_killed == 0 {
        cashier.finds("nothing was paid, or no node was killed".to_owned());
    }
    closes(&victims, &damage).await
}

/// Verifies, says what was done, and how many findings there are.
async fn closes(victims: &Victims, damage: &Damage) -> usize {
    let cashier = &victims.cashier;
    let verified = verify::verify(cashier).await;
    let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "  nodes killed {}, paused {}, gave up by themselves {}; database killed {}, paused {}; slowest first success \
         after a return {} ms",
        damage.nodes_killed,
        damage.nodes_paused,
        count(&cashier.nodes.gave_up),
        damage.database_killed,
        damage.database_paused,
        damage.slowest_return_ms,
    );
    if let Some((_, proxy)) = &victims.database {
        let cuts = proxy.cuts();
        println!(
            "  lines cut before COMMIT {}, after it {}, during it {}, at any time {}; {} commits seen",
            cuts.before, cuts.after, cuts.during, cuts.idle, cuts.commits
        );
    }
    println!(
        "  {} calls, {} answered \"not yet\", {} not answered; {} acknowledged calls repeated, {} balances compared",
        count(&cashier.calls),
        count(&cashier.not_yet),
        count(&cashier.unanswered),
        verified.repeated,
        verified.customers,
    );
    let findings = cashier.findings.lock().expect("nobody panics here").len();
    println!("  ledger check and audit verify ran; findings: {findings}");
    if findings > 0 {
        let complaints = cashier.nodes.complaints();
        let lines: Vec<&str> = complaints.lines().collect();
        eprintln!("the nodes' last words:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"));
    }
    findings
}
