//! A PostgreSQL server that can be killed, paused and started again on the same data.

use super::guard::{Guard, signal};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const NOBODY: u32 = 65534;

pub struct Cluster {
    guard: Guard,
    bin: PathBuf,
    server: Child,
}

impl Cluster {
    pub fn start() -> Cluster {
        let bin = programs().expect("PostgreSQL's programs in PG_BIN_DIR or /usr/lib/postgresql");
        let guard = Guard::new();
        if is_root() {
            // PostgreSQL refuses to run as root.
            std::os::unix::fs::chown(guard.folder(), Some(NOBODY), Some(NOBODY))
                .expect("a folder for nobody");
        }
        let mut init = Command::new(bin.join("initdb"));
        init.arg("-D").arg(guard.folder().join("data"));
        init.args(["-A", "trust", "-U", "tillgate", "-E", "UTF8", "--locale=C", "--no-sync"]);
        let made = lowered(&mut init).stdout(Stdio::null()).current_dir(guard.folder()).status();
        assert!(made.expect("initdb runs").success(), "initdb failed");
        let server = serve(&guard, &bin);
        let mut cluster = Cluster { guard, bin, server };
        cluster.wait();
        cluster
    }

    /// Its socket, which is not reachable from elsewhere.
    pub fn socket(&self) -> PathBuf {
        self.guard.folder().join(".s.PGSQL.5432")
    }

    pub fn url(&self) -> String {
        format!("postgres://tillgate@/postgres?host={}", self.guard.folder().display())
    }

    /// SIGKILL: no last words, no checkpoint.
    pub fn kill(&mut self) {
        self.server.kill().expect("it can be killed");
        self.server.wait().expect("it ends");
        self.guard.ended(&self.server);
    }

    /// Starts it again and waits until it answers.
    pub fn revive(&mut self) {
        self.server = serve(&self.guard, &self.bin);
        self.wait();
    }

    /// Stops every process of the server where it stands, and lets them go on.
    pub fn pause(&self) {
        self.family().into_iter().for_each(|pid| signal("STOP", pid));
    }

    pub fn resume(&self) {
        self.family().into_iter().rev().for_each(|pid| signal("CONT", pid));
    }

    fn family(&self) -> Vec<u32> {
        let parent = self.server.id();
        let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
        let children = children.unwrap_or_default();
        std::iter::once(parent)
            .chain(children.split_whitespace().filter_map(|pid| pid.parse().ok()))
            .collect()
    }

    fn wait(&mut self) {
        let began = Instant::now();
        loop {
            let mut asks = Command::new(self.bin.join("pg_isready"));
            asks.arg("-q").arg("-h").arg(self.guard.folder());
            if asks.status().is_ok_and(|status| status.success()) {
                return;
            }
            // The processes of a killed server hold its memory until they notice: then the new one gives up at once.
            if self.server.try_wait().expect("it can be asked").is_some() {
                self.guard.ended(&self.server);
                self.server = serve(&self.guard, &self.bin);
            }
            assert!(began.elapsed() < Duration::from_secs(60), "PostgreSQL does not come back");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn serve(guard: &Guard, bin: &std::path::Path) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(guard.folder().join("log"));
    let log = log.expect("a log");
    let mut command = Command::new(bin.join("postgres"));
    command.arg("-D").arg(guard.folder().join("data")).arg("-k").arg(guard.folder());
    command.args(["-c", "listen_addresses=", "-c", "max_connections=200"]);
    command.stdout(log.try_clone().expect("a log")).stderr(log);
    guard.spawn(lowered(&mut command).current_dir(guard.folder()))
}

fn lowered(command: &mut Command) -> &mut Command {
    if is_root() { command.uid(NOBODY).gid(NOBODY) } else { command }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn programs() -> Option<PathBuf> {
    if let Ok(told) = std::env::var("PG_BIN_DIR") {
        return Some(PathBuf::from(told));
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).max_by_key(version);
    newest.map(|path| path.join("bin")).filter(|bin| bin.join("postgres").is_file())
}
