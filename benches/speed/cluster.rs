//! A throwaway PostgreSQL with a real disk flush, run by the same script as the tests'.

use super::server::CUSTOMERS;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Cluster {
    child: Child,
    folder: PathBuf,
    programs: PathBuf,
}

/// Whom the server runs as when we are root: it refuses to be root itself.
const NOBODY: u32 = 65534;

impl Cluster {
    pub async fn start() -> Option<Cluster> {
        use std::os::unix::process::CommandExt;
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("tillgate-bench-").tempdir().ok()?.keep();
        let mut command = Command::new("sh");
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/cluster.sh"))
            .args([&folder, &programs])
            .args(["-c", "shared_buffers=512MB", "-c", "max_wal_size=8GB", "-c", "max_connections=200"])
            .stdin(Stdio::piped());
        if std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0).ok()? {
            std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).ok()?;
            command.uid(NOBODY).gid(NOBODY);
        }
        let child = command.spawn().ok()?;
        let cluster = Cluster { child, folder, programs };
        for _ in 0..300 {
            if cluster.psql("postgres", "SELECT 1").is_ok() {
                return Some(cluster);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://tillgate@/{database}?host={}", self.folder.display())
    }

    pub fn create(&self, database: &str) {
        self.psql("postgres", &format!("CREATE DATABASE {database}"))
            .unwrap_or_else(|error| panic!("{error}"));
    }

    pub fn drop_database(&self, database: &str) {
        self.psql("postgres", &format!("DROP DATABASE {database} WITH (FORCE)"))
            .unwrap_or_else(|error| panic!("{error}"));
    }

    pub fn psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let output = Command::new(self.programs.join("psql"))
            .args(["-h", &self.folder.display().to_string(), "-U", "tillgate", "-d", database])
            .args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Transactions a second of a script at so many clients.
    pub fn pgbench(&self, database: &str, script: &Path, clients: usize, seconds: f64) -> f64 {
        let time = (seconds.ceil() as u64).to_string();
        self.run_pgbench(database, script, &["-c", &clients.to_string(), "-j", "2", "-T", &time])
    }

    /// Runs a script once.
    pub fn pgbench_once(&self, database: &str, script: &Path) {
        self.run_pgbench(database, script, &["-c", "1", "-t", "1"]);
    }

    fn run_pgbench(&self, database: &str, script: &Path, how: &[&str]) -> f64 {
        let output = Command::new(self.programs.join("pgbench"))
            .args(["-h", &self.folder.display().to_string(), "-U", "tillgate", "-n", "-M", "prepared"])
            .args(["-D", &format!("customers={CUSTOMERS}")])
            .args(how)
            .arg("-f")
            .arg(script)
            .arg(database)
            .output()
            .expect("pgbench runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let tps = text
            .lines()
            .find(|line| line.starts_with("tps"))
            .and_then(|line| line.split('=').nth(1)?.split_whitespace().next()?.parse().ok());
        tps.unwrap_or_else(|| panic!("pgbench said {text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// The process whose descendants are the server's.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Its standard input closes, which ends it and removes the folder.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").exists() && folder.join("pgbench").exists())
        .collect();
    found.sort();
    found.pop()
}
