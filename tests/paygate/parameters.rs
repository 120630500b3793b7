//! Every parameter that the platform's manuals list for a request: whether we can send it, and whether anything does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Requests that no call of the cashier's and no errand leads to, and why.
const WITHOUT_A_DOOR: &[(&str, &str)] =
    &[("RefNrChange", "the settlement reference is given with the payment and not changed")];

/// Parameters of requests that are made, which nothing writes.
const NEVER_WRITTEN: &[&str] = &[
    "payssl.Custom",
    "paynow.Custom",
    "twint.Custom",
    "payssl.Plain",
    "paynow.Plain",
    "twint.Plain",
    "payssl.accVerify",
    "paynow.accVerify",
    "direct.accVerify",
];

/// How the client is called for each request that has a function of its own.
const CALLS: &[(&str, &str)] = &[
    ("direct", "direct::pay("),
    ("stationary", "stationary::pay("),
    ("stationary_rev", "stationary::reversal("),
    ("cancelAuth", "cancel_auth::stop_renewal("),
    ("authorize", "authorize::send("),
    ("capture", "capture::send("),
    ("credit", "credit::send("),
    ("creditex", "creditex::send("),
    ("reverse", "reverse::authorization("),
    ("inquire", "inquire::ask("),
    ("payssl", "hosted_page::open("),
    ("paynow", "paynow::open("),
    ("twint", "twint::open("),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What the client's files say, without the simulator and without tests.
fn client() -> String {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/processors/paygate"), &mut files);
    // What a code means, what came in, and what people read name parameters, and write none.
    let elsewhere = ["simulator", "codes", "debug.rs", "notification.rs", "answer.rs"];
    let files = files
        .into_iter()
        .filter(|file| !file.components().any(|part| elsewhere.iter().any(|name| part.as_os_str() == *name)));
    let text = files.map(|file| {
        let text = std::fs::read_to_string(file).expect("a source file");
        text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
    });
    text.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_parameters_that_can_not_be_reached_are_these_and_no_others() {
    let data = include_str!("../data/paygate/parameters.json");
    let requests: BTreeMap<String, Vec<String>> = serde_json::from_str(data).expect("the list");
    let (client, mut all, mut unreachable) = (client(), 0, BTreeMap::new());
    for (request, names) in &requests {
        all += names.len();
        if WITHOUT_A_DOOR.iter().any(|(without, _)| without == request) {
            unreachable.insert(request.as_str(), names.len());
            continue;
        }
        let lower = client.to_lowercase();
        let missing = names.iter().filter(|name| !lower.contains(&format!("\"{}\"", name.to_lowercase())));
        let missing: BTreeSet<String> = missing.map(|name| format!("{request}.{name}")).collect();
        let expected = NEVER_WRITTEN.iter().filter(|name| name.starts_with(&format!("{request}.")));
        assert_eq!(missing, expected.map(|name| (*name).to_owned()).collect(), "{request}");
        if !missing.is_empty() {
            unreachable.insert(request.as_str(), missing.len());
        }
    }
    println!("{all} parameters, not reachable: {unreachable:?}");
    assert_eq!((all, unreachable.values().sum::<usize>()), (312, 12));
    for (request, why) in WITHOUT_A_DOOR {
        assert!(requests.contains_key(*request) && !why.is_empty());
    }
}

#[test]
fn a_request_has_a_door_exactly_if_somebody_calls_it() {
    let client = client();
    for (request, call) in CALLS {
        let without = WITHOUT_A_DOOR.iter().any(|(name, _)| name == request);
        assert_eq!(client.contains(call), !without, "{request}: {call}");
    }
    assert!(!client.contains("\"RefNrChange.aspx\""), "RefNrChange has a client: describe its door");
}
