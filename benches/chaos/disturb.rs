//! What goes wrong while the cashier works: nodes and the database are killed and paused, lines are cut, all by seed.

use super::cashier::Cashier;
use super::chance::Chance;
use super::cluster::Cluster;
use super::proxy::Proxy;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Counts of what was done, and the longest way back to the first success.
#[derive(Default)]
pub struct Damage {
    pub nodes_killed: u64,
    pub nodes_paused: u64,
    pub database_killed: u64,
    pub database_paused: u64,
    pub lines_cut: u64,
    pub slowest_return_ms: u64,
}

/// What can be hurt.
pub struct Victims {
    pub cashier: Arc<Cashier>,
    pub database: Option<(Cluster, Proxy)>,
}

/// Work must resume by itself within this time of the database's, or the only node's, return.
const RESUMES_WITHIN: Duration = Duration::from_secs(60);

/// What can be done to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disturbance {
    KillNode,
    PauseNode,
    KillDatabase,
    PauseDatabase,
    CutLines,
}

impl Damage {
    /// What was never done so far, of all that can be done where there is a database of its own or none.
    fn missing(&self, with_database: bool) -> Option<Disturbance> {
        use Disturbance::*;
        let done = [
            (self.nodes_killed, KillNode),
            (self.nodes_paused, PauseNode),
            (self.database_killed, KillDatabase),
            (self.database_paused, PauseDatabase),
            (self.lines_cut, CutLines),
        ];
        // The only node is killed, which is what there is on SQLite.
        let possible = if with_database { done.len() } else { 1 };
        done[..possible].iter().find(|(times, _)| *times == 0).map(|(_, what)| *what)
    }
}

impl Victims {
    /// Whether everything was done that can be done.
    pub fn suffered(&self, damage: &Damage) -> bool {
        let cuts = self.database.as_ref().map(|(_, proxy)| proxy.cuts());
        damage.missing(self.database.is_some()).is_none()
            && cuts.is_none_or(|cuts| cuts.before > 0 && cuts.after > 0)
    }

    /// One disturbance by chance, and a while of peace.
    pub async fn disturb(&mut self, chance: &mut Chance, damage: &mut Damage) {
        use Disturbance::*;
        let what = match (chance.below(100), &self.database) {
            (0..45, _) | (_, None) => KillNode,
            (45..65, Some(_)) => PauseNode,
            (65..78, Some(_)) => KillDatabase,
            (78..88, Some(_)) => PauseDatabase,
            (_, Some(_)) => CutLines,
        };
        self.suffer(what, chance, damage).await;
    }

    /// One that chance left out so far, if there is any.
    pub async fn disturb_otherwise(&mut self, chance: &mut Chance, damage: &mut Damage) {
        match damage.missing(self.database.is_some()) {
            Some(what) => self.suffer(what, chance, damage).await,
            // What is still missing comes from the proxy, which cuts commits while there are some.
            None => self.peace(Duration::from_millis(200)).await,
        }
    }

    async fn suffer(&mut self, what: Disturbance, chance: &mut Chance, damage: &mut Damage) {
        let nodes = self.cashier.nodes.clone();
        let number = chance.below(nodes.count());
        match (what, &mut self.database) {
            (Disturbance::KillNode, _) | (_, None) => {
                let rest = Duration::from_millis(chance.between(0, 1_500) as u64);
                if nodes.kill(number, rest) {
                    damage.nodes_killed += 1;
                    // With the only node down nothing works: its return is measured.
                    if nodes.count() == 1 {
                        tokio::time::sleep(rest).await;
                        nodes.supervise();
                        self.returns(damage).await;
                    }
                }
            }
            (Disturbance::PauseNode, Some(_)) => {
                if let Some(pid) = nodes.pause(number) {
                    damage.nodes_paused += 1;
                    // Now and then for longer than its leases last.
                    let most = if chance.percent(10) { 8_000 } else { 2_000 };
                    let pause = Duration::from_millis(chance.between(100, most) as u64);
                    self.peace(pause).await;
                    nodes.resume(number, pid);
                }
            }
            (Disturbance::KillDatabase, Some((cluster, _))) => {
                cluster.kill();
                damage.database_killed += 1;
                tokio::time::sleep(Duration::from_millis(chance.between(0, 1_500) as u64)).await;
                tokio::task::block_in_place(|| cluster.revive());
                self.returns(damage).await;
            }
            (Disturbance::PauseDatabase, Some((cluster, _))) => {
                cluster.pause();
                damage.database_paused += 1;
                tokio::time::sleep(Duration::from_millis(chance.between(100, 3_000) as u64)).await;
                cluster.resume();
                self.returns(damage).await;
            }
            (Disturbance::CutLines, Some((_, proxy))) => {
                damage.lines_cut += 1;
                proxy.cut_all();
            }
        }
        self.peace(Duration::from_millis(chance.between(200, 1_500) as u64)).await;
    }

    /// Whatever is down comes up again.
    pub async fn peace(&self, lasting: Duration) {
        let until = Instant::now() + lasting;
        loop {
            self.cashier.nodes.supervise();
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(Duration::from_millis(100))).await;
        }
    }

    /// Waits for the first command that is acknowledged from now on.
    pub async fn returns(&self, damage: &mut Damage) {
        let from = self.cashier.now_ms();
        while self.cashier.last_success_ms() <= from {
            if self.cashier.now_ms() - from > RESUMES_WITHIN.as_millis() as u64 {
                self.cashier.finds(format!("no success within {RESUMES_WITHIN:?} of the return"));
                return;
            }
            self.peace(Duration::from_millis(20)).await;
        }
        let took = self.cashier.last_success_ms() - from;
        damage.slowest_return_ms = damage.slowest_return_ms.max(took);
    }

    /// Everything is as it should be again: all nodes up and ready.
    pub async fn heal(&self) {
        if let Some((_, proxy)) = &self.database {
            proxy.cut_of_a_thousand_commits(0);
        }
        let began = Instant::now();
        for number in 0..self.cashier.nodes.count() {
            while !self.cashier.is_ready(number).await {
                self.peace(Duration::from_millis(100)).await;
                if began.elapsed() > RESUMES_WITHIN {
                    self.cashier.finds(format!("node {number} is not ready again"));
                    return;
                }
            }
        }
    }
}
