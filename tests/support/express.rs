//! The Express service that we are measured against, with its packages installed beside the other files of the tests.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running one, which ends with the value.
pub struct Express {
    pub address: SocketAddr,
    child: Child,
}

/// Starts it on a database. `None`, and loudly so, where there is no Node.js; a panic with REQUIRE_INTEROP=1.
pub async fn on(url: &str) -> Option<Express> {
    let installed = tokio::task::spawn_blocking(install).await.expect("no panic");
    let folder = match installed {
        Ok(folder) => folder,
        Err(why) if std::env::var("REQUIRE_INTEROP").is_ok_and(|value| value == "1") => {
            panic!("REQUIRE_INTEROP=1, but the Express service can't be run: {why}")
        }
        Err(why) => {
            // Past the capture of the test harness: a skipped half must be seen.
            let _ = writeln!(std::io::stderr(), "\nSKIPPED WITH EXPRESS: {why}\n");
            return None;
        }
    };
    let address = super::ports::free_address();
    let mut command = Command::new("node");
    command.arg(folder.join("server.js")).env("PORT", address.port().to_string()).env("DATABASE_URL", url);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
    let express = Express { address, child };
    let began = Instant::now();
    let mut every = tokio::time::interval(Duration::from_millis(20));
    while tokio::net::TcpStream::connect(address).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not listen");
        every.tick().await;
    }
    Some(express)
}

fn install() -> Result<PathBuf, String> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/express");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("express");
    let wrong = |error: std::io::Error| error.to_string();
    std::fs::create_dir_all(&folder).map_err(wrong)?;
    let lock = |folder: &Path| std::fs::read(folder.join("package-lock.json")).unwrap_or_default();
    let is_installed = folder.join("node_modules/express").exists() && lock(&from) == lock(&folder);
    for file in ["package.json", "package-lock.json", "server.js"] {
        std::fs::copy(from.join(file), folder.join(file)).map_err(wrong)?;
    }
    if !is_installed {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
        let installed = npm.output().map_err(|error| format!("npm: {error}"))?;
        if !installed.status.success() {
            return Err(format!("npm ci: {}", String::from_utf8_lossy(&installed.stderr)));
        }
    }
    Ok(folder)
}

impl Drop for Express {
    fn drop(&mut self) {
        // Its own signal, at which it ends the processes that it started.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
