//! Processes that end with us, however we end.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A folder and the processes that live on it; both are gone when the last of it is dropped.
#[derive(Clone)]
pub struct Guard(Arc<Shell>);

struct Shell {
    folder: PathBuf,
    input: Mutex<Option<ChildStdin>>,
    shell: Mutex<Child>,
}

impl Guard {
    pub fn new() -> Guard {
        let folder = tempfile::Builder::new().prefix("tillgate-chaos-").tempdir().expect("a folder").keep();
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("guard.sh"), "guard"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("a shell");
        let input = Mutex::new(shell.stdin.take());
        Guard(Arc::new(Shell { folder, input, shell: Mutex::new(shell) }))
    }

    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Starts a process that must not outlive us.
    pub fn spawn(&self, command: &mut Command) -> Child {
        let child = command.stdin(Stdio::null()).process_group(0).spawn().expect("a process starts");
        self.tell('+', child.id());
        child
    }

    /// The process has ended and was waited for: its number may soon be somebody else's.
    pub fn ended(&self, child: &Child) {
        self.tell('-', child.id());
    }

    fn tell(&self, sign: char, pid: u32) {
        let mut input = self.0.input.lock().expect("nobody panics here");
        let input = input.as_mut().expect("open until the end");
        writeln!(input, "{sign}{pid}").expect("the shell listens");
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop(self.input.lock().expect("nobody panics here").take());
        let _ = self.shell.lock().expect("nobody panics here").wait();
    }
}

/// Sends a signal to a process of ours.
pub fn signal(name: &str, pid: u32) {
    let _ = Command::new("kill").args([format!("-{name}"), pid.to_string()]).stderr(Stdio::null()).status();
}
