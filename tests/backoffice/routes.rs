//! Every route of the table, asked by everybody: by nobody, by each role, and by each role of another front end.

use super::visitor::{Visitor, add_person};
use crate::stories::acting::office::{Office, done, finance};
use crate::support::{self, Scratch};
use serde_json::json;
use tillgate::backoffice::route::{self, Access, Method, Route, Wall};
use tillgate::domain::people::Role;
use tillgate::domain::proposal::Verdict;
use tillgate::store::lists::{Sight, transactions};
use tillgate::store::{Connection, deposits};

const OURS: &str = "MyPhoneCards EUR";
const THEIRS: &str = "MyPhoneCards GBP";
/// Customers whose PINs stand in no page of another front end.
const OUR_PIN: &str = "pin-within-reach";

/// For a list: what is asked for besides its path, and what only somebody within reach is shown then. A list that is not
/// here is not known to be filtered, and the test says so.
fn witness<'a>(path: &str, things: &'a Things) -> (&'static str, &'a str) {
    match path {
        "/office/payouts" | "/office/deposits" | "/office/customers" | "/office/ledger/customers" => {
            ("", OUR_PIN)
        }
        "/office/payouts/file/{kind}" => ("?cols=pin", OUR_PIN),
        "/office/audit" => ("?kind=payout.created", &things.payout),
        "/office/unknown" | "/office/proposals" => ("", &things.unknown),
        "/office/today" => ("", "20.03"),
        "/office/front-ends" | "/office/ledger/accounts" => ("", OURS),
        "/office/ledger/transactions" => ("?kind=adjustment", OURS),
        "/office/ledger/transactions/{transaction}" => ("", OUR_PIN),
        "/office/ledger/account" => ("?account=customer%2FMyPhoneCards+EUR%2Fpin-within-reach", "480.07"),
        // What was given to our customers, all together.
        "/office/ledger" => ("", "500.07"),
        other => panic!("{other} is filtered by its handler: say here what shows that it is"),
    }
}

struct Things {
    payout: String,
    deposit: String,
    /// A payout whose outcome nobody knows.
    unknown: String,
    transaction: String,
}

/// A house that waits for its gateway as long as a busy machine takes, so that what gets lost is what is meant to be lost.
async fn patient(scratch: Scratch) -> Office {
    Office::with(scratch, |settings| {
        for account in settings.sopg.accounts.values_mut() {
            (account.connect_timeout_ms, account.timeout_ms) = (60_000, 60_000);
        }
    })
    .await
}

/// A payout, a deposit and what else a list may show of our front end.
async fn things(office: &Office) -> Things {
    let lost = office.unknown(false).await;
    done(office.proposes(&finance("bob"), office.matter(&lost).await, Verdict::NotPaid).await);
    let unknown = lost.id.to_string();
    let story = &office.bench.story;
    let customer = story.customer(OURS, OUR_PIN, "480.07").await;
    let call = |amount: &str| {
        json!({
            "FrontEndName": customer.front_end, "PIN": customer.pin, "TraceID": story.next_trace(),
            "Amount": amount, "PP": "CFT",
        })
    };
    let payout = story.call("CreatePayout", call("20.03")).await;
    assert_eq!(payout["Status"], 0, "{payout}");
    let wish = call("30.00");
    let trace = wish["TraceID"].as_i64().expect("a number");
    let deposit = story.call("PendingDeposit", wish).await;
    assert_eq!(deposit["Status"], 0, "{deposit}");
    let find = move |connection: &mut Connection| deposits::find_by_trace(connection, OURS, trace);
    let deposit = story.running().store.read(find).await.expect("read").expect("there");
    let payout = payout["ExtPayoutID"].as_str().expect("an id").to_owned();
    let filter =
        transactions::Filter { sight: Sight::All, kinds: vec!["adjustment".to_owned()], made: (None, None) };
    let newest = move |connection: &mut Connection| transactions::list(connection, &filter, None, 1);
    let newest = story.running().store.read(newest).await.expect("read").rows;
    let transaction = newest.first().expect("ours was booked last").id.to_string();
    Things { payout, deposit: deposit.id.to_string(), unknown, transaction }
}

fn path(route: &Route, things: &Things) -> String {
    let filled = route.path.replace("{payout}", &things.payout).replace("{deposit}", &things.deposit);
    let filled = filled.replace("{front_end}", "MyPhoneCards%20EUR").replace("{pin}", OUR_PIN);
    let filled = filled.replace("{kind}", "csv").replace("{transaction}", &things.transaction);
    let mut parts = filled.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| path + "/" + part)
}

async fn ask(visitor: &mut Visitor, route: &Route, things: &Things) -> super::visitor::Page {
    match route.method {
        Method::Get => {
            let asked = if route.wall == Wall::Filtered { witness(route.path, things).0 } else { "" };
            visitor.get(&(path(route, things) + asked)).await
        }
        Method::Post => visitor.post(&path(route, things), &[]).await,
    }
}

#[tokio::test]
async fn nobody_gets_past_the_sign_in() {
    for scratch in support::databases() {
        let office = patient(scratch).await;
        let things = things(&office).await;
        let story = &office.bench.story;
        let mut stranger = Visitor::of(story);
        for route in route::all().filter(|route| route.access != Access::Open) {
            let page = ask(&mut stranger, route, &things).await;
            assert_eq!(page.status.as_u16(), 303, "{}", route.path);
            assert!(page.goes_to().starts_with("/office/sign-in?to="), "{}: {}", route.path, page.goes_to());
            assert!(page.body.is_empty(), "{}", route.path);
        }
        office.ends().await;
    }
}

#[tokio::test]
async fn every_role_gets_as_far_as_its_rights_and_its_front_ends() {
    for scratch in support::databases() {
        let office = patient(scratch).await;
        let things = things(&office).await;
        let story = &office.bench.story;
        for role in Role::ALL {
            for (place, front_end, reach) in
                [("here", OURS, Reach::Ours), ("there", THEIRS, Reach::Theirs), ("all", "*", Reach::All)]
            {
                let who = format!("{place}-{}", role.name());
                add_person(story, &who, &[&format!("{}={front_end}", role.name())]).await;
                let mut visitor = Visitor::signed_in(story, &who).await;
                for route in route::all().filter(|route| !route.access.rights().is_empty()) {
                    visitor.get("/office").await.is(200);
                    gets_as_far(&mut visitor, role, reach, route, &things).await;
                }
            }
        }
        office.ends().await;
    }
}

/// Somebody with one role, within or out of reach of the things, asks a route.
async fn gets_as_far(visitor: &mut Visitor, role: Role, reach: Reach, route: &Route, things: &Things) {
    let name = format!("{} of {role:?}", route.path);
    let filtered = route.wall == Wall::Filtered && route.method == Method::Get;
    let shown = filtered.then(|| witness(route.path, things).1);
    let page = ask(visitor, route, things).await;
    let status = page.status.as_u16();
    if !route.access.rights().iter().any(|right| role.has(*right)) {
        assert_eq!(status, 403, "{name}: the right is missing");
        return;
    }
    match (route.wall, reach) {
        (Wall::House, Reach::Ours | Reach::Theirs) => assert_eq!(status, 403, "{name}"),
        (Wall::Payout | Wall::Deposit | Wall::FrontEnd, Reach::Theirs) => {
            assert_eq!(status, 404, "{name}: out of reach is not there");
        }
        (_, Reach::Theirs) => {
            assert!(status < 500, "{name}: {status}");
            assert!(!page.body.contains(OUR_PIN), "{name}: {}", page.body);
            if let Some(text) = shown {
                assert!(!page.body.contains(text), "{name} shows {text}: {}", page.body);
            }
        }
        (_, Reach::Ours | Reach::All) => {
            assert!(status < 500 && status != 403, "{name}: {status} {}", page.body);
            if let Some(text) = shown {
                assert!(page.body.contains(text), "{name} does not show {text}: {}", page.body);
            }
        }
    }
    if route.method == Method::Post {
        let page = visitor.post_raw(&path(route, things), &[], &[]).await;
        let refused = [403, 404].contains(&page.status.as_u16());
        assert!(refused, "{name}: a form without a token");
    }
}

#[derive(Clone, Copy)]
enum Reach {
    Ours,
    Theirs,
    All,
}
