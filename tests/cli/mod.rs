//! The command line as people and scripts meet it: the built program, its exit codes, its words.

mod configuration;
mod customers;
mod help;
mod people;
mod reading;
mod signals;
mod tools;

use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder of its own for one test, with a database that may not be there yet.
struct Desk {
    folder: tempfile::TempDir,
}

/// What a run of the program left.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Desk {
        Desk { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A desk with a migrated database.
    fn migrated() -> Desk {
        let desk = Desk::new();
        desk.run(&["migrate"]).ok();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[], b"")
    }

    /// Runs with `config.toml` of the project on this desk's database.
    fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)], input: &[u8]) -> Ran {
        let url = format!("sqlite://{}", self.path("tillgate.db").display());
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillgate"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("TILLGATE__DATABASE__URL", url).env("TILLGATE_CONFIG", config).env("USER", "tester");
        command.envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A program that does not read its input closes it, which is no failure of the test.
        let _ = child.stdin.take().expect("piped").write_all(input);
        let output = child.wait_with_output().expect("it ends");
        Ran {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--format", "json"]].concat()).ok();
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("JSON was printed, not {}", ran.out))
    }
}

impl Ran {
    #[track_caller]
    fn ok(self) -> Ran {
        self.ends(0)
    }

    #[track_caller]
    fn ends(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Ran {
        assert!(self.out.contains(text) || self.err.contains(text), "`{text}` is said in {self:#?}");
        self
    }
}

const EUR: &str = "MyPhoneCards EUR";

fn of<'a>(pin: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["--front-end", EUR, "--pin", pin], more].concat()
}
