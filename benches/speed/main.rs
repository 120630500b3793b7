//! How fast, and how it compares: every figure that is judged is a ratio between two things measured in turn in the
//! same run, because machines differ and are shared.
//!
//! `script/bench [--json FILE] [--rounds N] [--seconds N] [--only NAME,NAME] [--skip NAME,NAME]`
//!
//! The work is CreatePayout with the debit at Requested: payout, ledger transaction, two entries, three balances, audit
//! row and kept reply, durable before the answer. Load is closed loop over keep-alive connections on loopback.

mod cluster;
mod load;
mod measures;
mod peers;
mod pool_peer;
mod proc;
mod rows;
mod server;
mod table;

use table::Table;

pub struct Options {
    pub rounds: usize,
    pub seconds: f64,
    pub only: Vec<String>,
    pub skip: Vec<String>,
    pub json: Option<String>,
    /// Stored payouts for the growth measures.
    pub grown: u64,
}

impl Options {
    pub fn wants_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.wants(name))
    }

    pub fn wants(&self, name: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|listed| name.starts_with(listed.as_str()));
        (self.only.is_empty() || listed(&self.only)) && !listed(&self.skip)
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut options =
        Options { rounds: 3, seconds: 4.0, only: Vec::new(), skip: Vec::new(), json: None, grown: 1_000_000 };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| usage(&argument));
        match argument.as_str() {
            "--rounds" => options.rounds = value().parse().unwrap_or_else(|_| usage("--rounds")),
            "--seconds" => options.seconds = value().parse().unwrap_or_else(|_| usage("--seconds")),
            "--grown" => options.grown = value().parse().unwrap_or_else(|_| usage("--grown")),
            "--only" => options.only = value().split(',').map(str::to_owned).collect(),
            "--skip" => options.skip = value().split(',').map(str::to_owned).collect(),
            "--json" => options.json = Some(value()),
            // cargo bench passes it along.
            "--bench" => {}
            // The plain pool that we are compared with runs as a process of its own.
            "pool-peer" => return pool_peer::run(&value(), &value()),
            other => {
                usage(other);
            }
        }
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime for the load");
    let mut table = Table::default();
    runtime.block_on(measures::all(&options, &mut table));
    table.require(measures::BARRED.into_iter().filter(|name| options.wants(name)));
    table.print();
    if let Some(file) = &options.json {
        std::fs::write(file, table.json().to_string()).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    if !table.holds() {
        std::process::exit(1);
    }
}

fn usage(at: &str) -> ! {
    eprintln!(
        "{at}: script/bench [--json FILE] [--rounds N] [--seconds N] [--grown N] [--only NAMES] [--skip NAMES]"
    );
    std::process::exit(2);
}
