//! What we are compared with: pgbench writing the same rows, a plain diesel pool, and an Express service.

use super::cluster::Cluster;
use super::server::{CUSTOMERS, free_address};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The statement that writes the same rows as the product does.
pub fn pgbench_script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/speed/create_payout.sql")
}

/// Tables by which the peers find customers and house accounts, on a database that the product has filled with
/// customers. Every client has house accounts of its own, so that pgbench does not wait on one hot row.
pub fn prepare(cluster: &Cluster, database: &str) {
    cluster.psql(database, include_str!("prepare.sql")).unwrap_or_else(|error| panic!("{error}"));
    let count = cluster.psql(database, "SELECT count(*) FROM bench_customers").expect("a count");
    assert_eq!(count, CUSTOMERS.to_string());
}

pub struct Peer {
    child: Child,
    pub address: SocketAddr,
}

impl Peer {
    /// The plain diesel pool: this benchmark's own binary in another role.
    pub async fn pool(cluster: &Cluster, database: &str) -> Peer {
        let address = free_address();
        let mut command = Command::new(std::env::current_exe().expect("our own path"));
        command.args(["pool-peer", &address.to_string(), &cluster.url(database)]);
        Peer::started(command, address).await
    }

    /// The Express service, if its packages are installed or can be.
    pub async fn express(cluster: &Cluster, database: &str) -> Option<Peer> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/express");
        if !folder.join("node_modules").exists() {
            let installed =
                Command::new("npm").args(["ci", "--silent", "--no-audit"]).current_dir(&folder).status();
            if !installed.is_ok_and(|status| status.success()) {
                eprintln!("express: npm can't install its packages, the peer is left out");
                return None;
            }
        }
        let address = free_address();
        let mut command = Command::new("node");
        command
            .arg(folder.join("server.js"))
            .env("PORT", address.port().to_string())
            .env("DATABASE_URL", cluster.url(database));
        Some(Peer::started(command, address).await)
    }

    async fn started(mut command: Command, address: SocketAddr) -> Peer {
        let child = command.stdout(Stdio::null()).spawn().expect("the peer starts");
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the peer does not listen");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Peer { child, address }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
