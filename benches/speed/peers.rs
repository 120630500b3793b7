//! What we are compared with: pgbench writing the same rows, a plain diesel pool, and an Express service.

use super::cluster::Cluster;
use super::server::{CUSTOMERS, FRONT_END, free_address};
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
    let sql = format!(
        "CREATE SEQUENCE bench_ids CACHE 100;
         CREATE TABLE bench_customers (number int PRIMARY KEY, customer_id bigint, account_id bigint, pin text);
         INSERT INTO bench_customers
           SELECT row_number() OVER (ORDER BY c.id), c.id, a.id, c.pin FROM customers c
           JOIN accounts a ON a.name = 'customer/' || c.name || '#0' WHERE c.front_end = '{FRONT_END}';
         CREATE TABLE bench_house (client int PRIMARY KEY, lane bigint, transit_id bigint, fees_id bigint);
         INSERT INTO lanes SELECT 600 + i, 'bench/' || i, 0, 0, '', 0 FROM generate_series(0, 63) i;
         INSERT INTO accounts SELECT 6000000000000000000 + i, 'payouts_in_transit/{FRONT_END}#' || (600 + i), 0,
           'payouts_in_transit/{FRONT_END}', 600 + i, 'payouts_in_transit', 'EUR', 0 FROM generate_series(0, 63) i;
         INSERT INTO accounts SELECT 6100000000000000000 + i, 'fees/{FRONT_END}#' || (600 + i), 0,
           'fees/{FRONT_END}', 600 + i, 'fees', 'EUR', 0 FROM generate_series(0, 63) i;
         INSERT INTO bench_house SELECT i, 600 + i, 6000000000000000000 + i, 6100000000000000000 + i
           FROM generate_series(0, 63) i"
    );
    cluster.psql(database, &sql).unwrap_or_else(|error| panic!("{error}"));
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
