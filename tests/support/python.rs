//! Outside witnesses in Python: a virtual environment under `target/`, made once, with the packages they need.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter of the environment `home`; the reason why there is none, otherwise.
fn environment(home: &str, import: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(home);
    let python = home.join("bin/python");
    if said(&python, &["-c", import]).is_err() {
        said(Path::new("python3"), &["-m", "venv", home.to_str().ok_or("the path is not text")?])?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        said(&python, &[install.as_slice(), packages].concat())?;
    }
    Ok(python)
}

/// What a program printed, if it succeeded; what it complained of, if not.
fn said(program: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(format!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// Makes the environment and looks for the programs. Where one is missing the test is skipped, and loudly so; with
/// `REQUIRE_INTEROP=1` it fails.
pub async fn at_hand(
    home: &'static str,
    import: &'static str,
    packages: &'static [&'static str],
    programs: &'static [&'static str],
) -> Option<PathBuf> {
    let look = move || {
        for program in programs {
            said(Path::new(program), &["--version"])?;
        }
        environment(home, import, packages)
    };
    match tokio::task::spawn_blocking(look).await.expect("looking does not panic") {
        Ok(python) => Some(python),
        Err(reason) if std::env::var("REQUIRE_INTEROP").as_deref() == Ok("1") => {
            panic!("an outside witness is missing: {reason}")
        }
        Err(reason) => {
            eprintln!("SKIPPED, NOT PROVEN: an outside witness is missing: {reason}");
            None
        }
    }
}

/// Runs a script of `tests/` and gives what it printed; the test fails if the script does.
pub async fn run(python: PathBuf, script: &'static str, arguments: Vec<String>) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
    let work = move || {
        let arguments = arguments.iter().map(String::as_str);
        let all: Vec<&str> = script.to_str().into_iter().chain(arguments).collect();
        said(&python, &all)
    };
    let outcome = tokio::task::spawn_blocking(work).await.expect("running does not panic");
    outcome.unwrap_or_else(|complaint| panic!("{complaint}"))
}
