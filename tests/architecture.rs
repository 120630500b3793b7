//! Who may look into which room. Dependencies point inward, and each new arrow deserves a sentence in its commit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each room with the rooms it may use. `clock` is a leaf for every room but the domain.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &[]),
    // How settings are shown without their secrets: a leaf for every room that has settings.
    ("masked", &[]),
    // Who calls, as far as it can be believed: a leaf for the doors that are called from outside.
    ("peer", &[]),
    ("store", &["domain", "clock"]),
    ("operations", &["domain", "store", "clock"]),
    // Deposits that we run are opened, captured and given up at the desk.
    ("cashier", &["domain", "operations", "store", "clock", "desk", "peer"]),
    // The front ends are described once, at the cashier's door.
    ("platform", &["domain", "operations", "store", "clock", "cashier"]),
    ("processors", &["domain", "clock", "masked"]),
    // A client of any server: it shares nothing with the doors that it tests.
    ("replay", &["clock"]),
    // The only room that speaks to processors.
    ("desk", &["domain", "operations", "store", "processors", "clock"]),
    // What we tell cashiers: a client of theirs that shares nothing with the door they come by.
    ("messenger", &["domain", "clock", "masked"]),
    // Errands to cashiers go out by the messenger.
    ("worker", &["domain", "operations", "store", "desk", "messenger", "clock"]),
    ("notifications", &["domain", "operations", "store", "processors", "desk", "worker", "clock", "peer"]),
    // A browser that comes back may bring a notice, which is read as one.
    ("player", &["domain", "operations", "store", "desk", "worker", "notifications", "clock"]),
    ("backoffice", &["domain", "operations", "store", "clock", "masked"]),
];

/// Rooms that compose the others and are used by none of them.
const COMPOSERS: &[&str] = &["config", "server", "cli", "telemetry", "main"];

#[test]
fn every_room_uses_only_the_rooms_it_may() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in rust_files(&source) {
        let room = room_of(&source, &file);
        if room == "lib" || COMPOSERS.contains(&room.as_str()) {
            continue;
        }
        let allowed = ALLOWED.iter().find(|(name, _)| *name == room);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{room} is a room nobody described"));
        for used in rooms_used(&std::fs::read_to_string(&file).expect("a source file")) {
            if used != room && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} looks into {used}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What people see in their language is told apart by its kind. Only doors of programs refuse in words of their own.
#[test]
fn no_decision_refuses_in_words_that_no_page_could_translate() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in rust_files(&source) {
        let room = room_of(&source, &file);
        let decides = room == "domain" || room == "operations";
        let defined = ["reason.rs", "refusal.rs"].iter().any(|name| file.ends_with(format!("domain/{name}")));
        let text = std::fs::read_to_string(&file).expect("a source file");
        if decides && !defined && (text.contains("Refusal::bad(") || text.contains("Reason::Text")) {
            wrong.push(file.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn processors_rooms_do_not_know_each_other_and_simulators_do_not_know_their_clients() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/processors");
    let rooms = ["paygate", "sopg", "rest_gateway"];
    let mut wrong = Vec::new();
    for file in rust_files(&source) {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let room = room_of(&source, &file);
        for other in rooms.iter().filter(|other| **other != room) {
            if text.contains(&format!("processors::{other}")) {
                wrong.push(format!("{} looks into {other}", file.display()));
            }
        }
        let in_simulator =
            file.components().any(|part| part.as_os_str().to_string_lossy().starts_with("simulator"));
        let clients = ["codec", "client", "envelope", "checksum", "tree"];
        let uses = |name: &&str| {
            let paths = [format!("processors::{room}::{name}"), format!("super::super::{name}")];
            paths.iter().any(|path| text.contains(path.as_str()))
        };
        if in_simulator && let Some(client) = clients.iter().find(|name| uses(name)) {
            wrong.push(format!("{} shares {client} with its client", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_store_speaks_sql() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let told = rust_files(&source).into_iter().filter(|file| room_of(&source, file) != "store");
    let sql: Vec<PathBuf> = told
        .filter(|file| {
            let text = std::fs::read_to_string(file).expect("a source file");
            text.contains("diesel::") || text.contains("SELECT ") || text.contains("INSERT INTO ")
        })
        .collect();
    assert!(sql.is_empty(), "{sql:?}");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn room_of(source: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(source).expect("inside the source");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Every `crate::room` that a text names.
fn rooms_used(text: &str) -> BTreeSet<String> {
    text.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>())
        .filter(|room| ALLOWED.iter().any(|(name, _)| name == room) || COMPOSERS.contains(&room.as_str()))
        .collect()
}
