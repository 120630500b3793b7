//! P7: real processes, killed with signal 9. A longer run of the same is `script/chaos`.

use super::chaos::cashier::Cashier;
use super::chaos::chance::Chance;
use super::chaos::cluster::Cluster;
use super::chaos::disturb::{Damage, Victims};
use super::chaos::guard::Guard;
use super::chaos::nodes::{Nodes, Setup, free_port};
use super::chaos::proxy::Proxy;
use super::chaos::races::{self, Tally};
use super::chaos::verify::verify;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

pub fn setup(guard: &Guard, url: String, checks_url: String) -> Setup {
    Setup {
        binary: env!("CARGO_BIN_EXE_tillgate").into(),
        guard: guard.clone(),
        url,
        checks_url,
        first_port: free_port(),
        log_level: "error",
        wait_seconds: 60,
        more: String::new(),
    }
}

pub fn on_sqlite(guard: &Guard) -> Setup {
    let url = format!("sqlite://{}", guard.folder().join("tillgate.db").display());
    setup(guard, url.clone(), url)
}

/// Clients that race until told that it is over.
fn clients(cashier: &Arc<Cashier>, over: &Arc<AtomicBool>) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    for seed in 0..4 {
        let (cashier, over) = (cashier.clone(), over.clone());
        clients.spawn(async move {
            let (mut chance, tally) = (Chance::of(seed), Tally::default());
            while !over.load(Ordering::Relaxed) {
                races::run(&cashier, &mut chance, &tally).await;
            }
        });
    }
    clients
}

/// Nothing that was acknowledged is missing or answered differently, and nobody had to come.
async fn ends(victims: Victims, over: Arc<AtomicBool>, mut clients: JoinSet<()>) {
    over.store(true, Ordering::Relaxed);
    victims.heal().await;
    while let Some(client) = clients.join_next().await {
        client.expect("a client");
    }
    let verified = verify(&victims.cashier).await;
    assert!(verified.repeated > 0 && verified.customers > 0);
    let findings = victims.cashier.findings.lock().expect("nobody panics here");
    assert!(findings.is_empty(), "{findings:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p7_work_resumes_by_itself_after_every_kill_of_the_only_node() {
    let guard = Guard::new();
    let mut victims = Victims { cashier: Cashier::new(Nodes::start(on_sqlite(&guard), 1)), database: None };
    victims.heal().await;
    let over = Arc::new(AtomicBool::new(false));
    let clients = clients(&victims.cashier, &over);
    let (mut chance, mut damage) = (Chance::of(7), Damage::default());
    // Each waits for the first success after the return, for a minute at most.
    for _ in 0..4 {
        victims.disturb(&mut chance, &mut damage).await;
    }
    assert_eq!(damage.nodes_killed, 4);
    ends(victims, over, clients).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p7_work_resumes_by_itself_after_the_database_and_a_node_were_killed() {
    let cluster = Cluster::start();
    let proxy = Proxy::start(cluster.socket(), 7);
    let guard = Guard::new();
    let url = format!("postgres://tillgate@{}/postgres", proxy.address);
    let nodes = Nodes::start(setup(&guard, url, cluster.url()), 2);
    let mut victims = Victims { cashier: Cashier::new(nodes), database: Some((cluster, proxy)) };
    victims.heal().await;
    let over = Arc::new(AtomicBool::new(false));
    let clients = clients(&victims.cashier, &over);
    let mut damage = Damage::default();
    for node in 0..2 {
        victims.peace(Duration::from_millis(300)).await;
        if let Some((cluster, _)) = &mut victims.database {
            cluster.kill();
            tokio::task::block_in_place(|| cluster.revive());
        }
        victims.returns(&mut damage).await;
        assert!(victims.cashier.nodes.kill(node, Duration::ZERO));
        victims.returns(&mut damage).await;
    }
    ends(victims, over, clients).await;
}
