//! Two people and one payout, at the same moment, at one node and at two.

use super::payouts::{payout, seen, status};
use super::visitor::{Visitor, add_person};
use crate::support;
use crate::support::story::Story;
use serde_json::json;
use std::sync::Arc;
use tillgate::domain::ids::PayoutId;
use tillgate::store::{Connection, DatabaseUrl};
use tokio::sync::Barrier;

const EUR: &str = "MyPhoneCards EUR";
const WHY: (&str, &str) = ("reason", "seen by me");

/// What each of two does, and the status that it leads to.
type Wish = (&'static [(&'static str, &'static str)], &'static str);

const REJECT: Wish = (&[("act", "reject"), WHY], "Rejected");
const CANCEL: Wish = (&[("act", "cancel"), WHY], "Cancelled");
const AUTHORIZE: Wish = (&[("act", "authorize")], "Authorized");
const START: Wish = (&[("act", "start"), WHY], "InProgress");
const EDIT: Wish = (&[("act", "edit"), ("amount", "11.00")], "Requested");
const CLAIM: Wish = (&[("act", "claim")], "Requested");
const MARK: Wish = (&[("act", "mark"), ("mark", "G")], "Requested");

const PAIRS: [(Wish, Wish); 9] = [
    (REJECT, AUTHORIZE),
    (START, CANCEL),
    (START, REJECT),
    (EDIT, START),
    (EDIT, EDIT),
    (CLAIM, CLAIM),
    (MARK, REJECT),
    (START, START),
    (CANCEL, REJECT),
];

/// Waits for the other, presses, and reads what the page says then.
async fn presses(
    mut visitor: Visitor,
    id: String,
    version: String,
    wish: Wish,
    start: Arc<Barrier>,
) -> (Visitor, String) {
    let path = format!("/office/payouts/{id}");
    let fields: Vec<_> = [("seen", version.as_str())].into_iter().chain(wish.0.iter().copied()).collect();
    start.wait().await;
    visitor.post(&path, &fields).await.leads_to(&path);
    let page = visitor.get(&path).await.is(200);
    let told = page.body.split("class=\"notice ").nth(1).and_then(|rest| rest.split("</div>").next());
    let told = told.unwrap_or_default().to_owned();
    (visitor, told)
}

async fn people(story: &Story, other_base: &str) -> (Visitor, Visitor) {
    for name in ["berta", "dora"] {
        add_person(story, name, &["operator=*", "approver=*"]).await;
    }
    let mut berta = Visitor::signed_in(story, "berta").await;
    let mut dora = Visitor::at(other_base);
    dora.sign_in("dora", super::visitor::PASSWORD).await.leads_to("/office");
    berta.get("/office").await.is(200);
    dora.get("/office").await.is(200);
    (berta, dora)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_act_at_the_same_moment_one_is_told_what_the_other_did() {
    for scratch in support::databases() {
        let several = matches!(scratch.url, DatabaseUrl::Postgres(_));
        let story = Story::on(scratch).await;
        // Where there can be two nodes, each works at his own.
        let other = if several { Some(story.second_node().await) } else { None };
        let base = other.as_ref().map_or(story.base.clone(), |node| format!("http://{}", node.address));
        let (mut berta, mut dora) = people(&story, &base).await;
        story.customer(EUR, "Lovelace", "5000.00").await;
        for round in 0..2 {
            for (hers, theirs) in PAIRS {
                let id = payout(&story, EUR, "Lovelace", "10.00", json!({})).await;
                let version = seen(&mut berta, &id).await;
                assert_eq!(seen(&mut dora, &id).await, version, "both see the same");
                let start = Arc::new(Barrier::new(2));
                let one = presses(berta, id.clone(), version.clone(), hers, start.clone());
                let two = presses(dora, id.clone(), version, theirs, start);
                let (one, two) = (tokio::spawn(one), tokio::spawn(two));
                let (told, other_told);
                (berta, told) = one.await.expect("no panic");
                (dora, other_told) = two.await.expect("no panic");
                let what = format!("round {round}, {hers:?} and {theirs:?}: {told} / {other_told}");
                let (winner, led, loser) = match (told.starts_with("good"), other_told.starts_with("good")) {
                    (true, false) => ("berta", hers.1, &other_told),
                    (false, true) => ("dora", theirs.1, &told),
                    (true, true) | (false, false) => panic!("one of both: {what}"),
                };
                assert_eq!(status(&story, &id).await, led, "{what}");
                assert!(loser.contains("It has changed since you looked"), "{what}");
                assert!(loser.contains(&format!("since you looked: {winner}: ")), "who, and what: {what}");
                if led != "Requested" {
                    let led = if led == "InProgress" { "In progress" } else { led };
                    assert!(loser.contains(led), "what it is now: {what}");
                }
                assert_eq!(acted(&story, &id).await, 1, "on record once: {what}");
            }
        }
        if let Some(node) = other {
            node.stop().await;
        }
        story.ends().await;
    }
}

/// How many things people have done to a payout.
async fn acted(story: &Story, id: &str) -> usize {
    let subject = PayoutId::parse(id).expect("an id").to_string();
    let rows =
        move |connection: &mut Connection| tillgate::store::audit::of_subject(connection, &subject, 50);
    let rows = story.running().store.read(rows).await.expect("read");
    let by_people = |row: &&tillgate::store::audit::AuditRow| row.who.starts_with("operator/");
    rows.iter().filter(by_people).filter(|row| row.kind != "action.refused").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_of_a_bulk_action_are_lost_one_by_one_to_whoever_is_faster() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        let (mut berta, mut dora) = people(&story, &story.base).await;
        story.customer(EUR, "Lovelace", "5000.00").await;
        let mut picks = Vec::new();
        for _ in 0..8 {
            let id = payout(&story, EUR, "Lovelace", "10.00", json!({})).await;
            let version = seen(&mut berta, &id).await;
            picks.push((id, version));
        }
        let (start, backwards) = (Arc::new(Barrier::new(2)), picks.iter().rev().cloned().collect::<Vec<_>>());
        let (hers, theirs) = (start.clone(), start);
        let rejecting = async {
            let values: Vec<String> = picks.iter().map(|(id, version)| format!("{id}:{version}")).collect();
            let mut fields = vec![("act", "reject"), WHY];
            fields.extend(values.iter().map(|value| ("pick", value.as_str())));
            hers.wait().await;
            berta.post("/office/payouts/bulk", &fields).await.is(200)
        };
        let authorizing = async {
            theirs.wait().await;
            for (id, version) in &backwards {
                let path = format!("/office/payouts/{id}");
                dora.post(&path, &[("act", "authorize"), ("seen", version)]).await.leads_to(&path);
            }
        };
        let (page, ()) = tokio::join!(rejecting, authorizing);
        let mut rejected = 0;
        for (id, _) in &picks {
            let row = page.body.split(&format!("data-opens=\"/office/payouts/{id}\"")).nth(1);
            let row = row.and_then(|rest| rest.split("</tr>").next()).expect("a result for each");
            match status(&story, id).await.as_str() {
                "Rejected" => {
                    rejected += 1;
                    assert!(row.contains("badge good"), "{row}");
                }
                "Authorized" => assert!(row.contains("since you looked: dora: "), "who was faster: {row}"),
                other => panic!("{other}"),
            }
            assert_eq!(acted(&story, id).await, 1, "one of both: {row}");
        }
        assert!(page.body.contains(&format!("{rejected} of 8 done")), "{}", page.body);
        story.ends().await;
    }
}
