//! Hundreds of bad requests, as data. Each is answered with HTTP 200 in its own encoding, with its Status and the name
//! of what was wrong; none leaves a trace in the ledger, a secret in a log, or memory behind.

pub mod cases;
mod world;

use crate::support::databases;
use cases::{Case, Names};
use serde_json::json;
use std::collections::HashSet;
use world::{PASS, World};

/// What no reply, log or audit row may repeat.
const SECRETS: [&str; 3] = ["s3cret", "S3CRET", "4111111111111111"];

const LEAST: usize = 400;
/// What three rounds may leave behind: the database's own cache, not a share of each request.
const MOST_GROWTH: u64 = 24 << 20;

#[tokio::test]
async fn bad_requests_are_refused_by_name_and_change_nothing() {
    for scratch in databases() {
        let world = World::begin(scratch);
        let names = prepare(&world).await;
        let cases = cases::all(&names);
        let distinct: HashSet<_> = cases
            .iter()
            .map(|case| (&case.http, &case.path, &case.content_type, &case.soap_action, &case.body))
            .collect();
        let named: HashSet<_> = cases.iter().map(|case| &case.name).collect();
        assert_eq!(named.len(), cases.len(), "every request has a name of its own");
        assert_eq!(distinct.len(), cases.len(), "no request is there twice");
        assert!(distinct.len() >= LEAST, "{} are too few", distinct.len());
        println!("{} distinct bad requests", distinct.len());

        let before = world.books();
        let mut wrong = round(&world, &cases).await;
        let resident = world.resident();
        for _ in 0..2 {
            wrong.extend(round(&world, &cases).await);
        }
        let growth = world.resident().saturating_sub(resident);
        println!("resident memory: {resident} bytes after a round, {growth} more after three");
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
        assert_eq!(world.books(), before, "the ledger is unchanged");
        assert!(growth < MOST_GROWTH, "{growth} bytes more after the same requests again");

        let log = world.log();
        assert!(log.contains("cashier call"), "the log is a log");
        for secret in SECRETS {
            let line = log.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "a secret is in the log: {line:?}");
            assert_eq!(world.recorded(secret), 0, "{secret} is in the audit trail");
        }
        world.proves(["ledger", "check"]);
        world.proves(["audit", "verify"]);
    }
}

/// Payouts and deposits that the requests are about.
async fn prepare(world: &World) -> Names {
    world.customer("Other", false).await;
    world.customer("Blocked", true).await;
    let id = |reply: serde_json::Value, name: &str| reply[name].as_str().expect("an id").to_owned();
    let payout = |pin: &'static str, trace: i64| json!({ "PIN": pin, "TraceID": trace, "PP": "CFT", "Amount": "10.00", "Fee": "0.50" });
    let deposit = |pin: &'static str, trace: i64| json!({ "PIN": pin, "TraceID": trace, "PP": "VISA", "Amount": "25.00" });
    let requested = id(world.call("CreatePayout", payout("Bigdaddy", 500_001)).await, "ExtPayoutID");
    let approved = id(world.call("CreatePayout", payout("Bigdaddy", 500_002)).await, "ExtPayoutID");
    for status in ["A", "I", "Y"] {
        world
            .call("UpdatePayout", json!({ "PIN": "Bigdaddy", "ExtPayoutID": approved, "Status": status }))
            .await;
    }
    let credited = id(world.call("ProcessDeposit", deposit("Bigdaddy", 500_003)).await, "ExtDepositID");
    world.call("ProcessDeposit", deposit("Other", 500_004)).await;
    let others = id(world.call("CreatePayout", payout("Other", 500_005)).await, "ExtPayoutID");
    let mut abroad = payout("NeverDull", 500_006);
    abroad["FrontEndName"] = json!("MyPhoneCards USD");
    abroad["WSPassCode"] = json!("sandbox");
    let foreign = id(world.call("CreatePayout", abroad).await, "ExtPayoutID");
    Names::from([
        ("pass", PASS.to_owned()),
        ("payout", requested),
        ("approved", approved),
        ("deposit", credited),
        ("others", others),
        ("foreign", foreign),
    ])
}

/// Sends all and gives what was wrong with the replies.
async fn round(world: &World, cases: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let reply = world.send(case).await;
        let mut complain = |what: String| wrong.push(format!("{}: {what}; {}", case.name, reply.text));
        if reply.http_status != 200 {
            complain(format!("HTTP {}", reply.http_status));
        }
        if let Some(secret) = SECRETS.iter().find(|secret| reply.text.contains(**secret)) {
            complain(format!("repeats {secret}"));
        }
        match reply.read(case.answered) {
            Err(what) => complain(what),
            Ok((status, _)) if status != case.status => {
                complain(format!("Status is {status}, {} was expected", case.status));
            }
            Ok((_, description)) if !description.contains(&case.says) => {
                complain(format!("Description does not name {}", case.says));
            }
            Ok((_, description)) if description.chars().count() > 256 => complain("is too long".to_owned()),
            Ok(_) => {}
        }
    }
    wrong
}
