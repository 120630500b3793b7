//! An outside witness: zeep, a SOAP library built from the vendor's WSDL, drives the simulator through a whole life.

use super::world::World;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A virtual environment with zeep in it, made once; the reason why not, otherwise.
fn python() -> Result<PathBuf, String> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/interop-venv");
    let python = home.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    };
    if run(&python, &["-c", "import zeep"]).is_err() {
        run(Path::new("python3"), &["-m", "venv", home.to_str().ok_or("the path is not text")?])?;
        run(&python, &["-m", "pip", "install", "--quiet", "zeep>=4.3,<5"])?;
    }
    Ok(python)
}

#[tokio::test]
async fn a_real_soap_library_drives_the_simulator_through_a_whole_life() {
    let python = match tokio::task::spawn_blocking(python).await.unwrap() {
        Ok(python) => python,
        Err(reason) if std::env::var("REQUIRE_INTEROP").as_deref() == Ok("1") => panic!("no zeep: {reason}"),
        Err(reason) => {
            eprintln!("SKIPPED, NOT PROVEN: zeep can't be installed here: {reason}");
            return;
        }
    };
    let world = World::new();
    let script = format!("{}/tests/interop/sopg_zeep.py", env!("CARGO_MANIFEST_DIR"));
    let endpoint = world.simulator.endpoint();
    let run = move || Command::new(python).arg(script).arg(endpoint).output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("29 operations") && said.ends_with("done\n"), "{said}");
    world.simulator.look(|book| book.audit().unwrap());
}
