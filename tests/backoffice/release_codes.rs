//! Where money is released, a second factor is shown again: for a payout, for several, and for what another proposed.

use super::sign_in::secret_on;
use super::visitor::{PASSWORD, Visitor, add_person};
use crate::support;
use crate::support::story::{self, Story};
use chrono::Duration;
use serde_json::json;
use tillgate::backoffice::SecondFactor;
use tillgate::backoffice::totp;
use tillgate::domain::ids::PayoutId;

const EUR: &str = "MyPhoneCards EUR";
const WRONG: &str = "The code was not taken";

/// Signs in somebody who sets a second factor up, and gives its secret.
async fn with_factor(story: &Story, name: &str) -> (Visitor, Vec<u8>) {
    let mut visitor = Visitor::of(story);
    visitor.sign_in(name, PASSWORD).await.leads_to("/office/second-factor");
    let secret = secret_on(&visitor.get("/office/second-factor").await.body);
    let code = totp::code_now(&secret, story.clock.now());
    visitor.post("/office/second-factor", &[("code", &code)]).await.leads_to("/office");
    (visitor, secret)
}

async fn status(story: &Story, id: &str) -> String {
    let id = PayoutId::parse(id).expect("an id");
    let find = move |connection: &mut tillgate::store::Connection| {
        tillgate::store::payouts::find_now(connection, id)
    };
    story.running().store.read(find).await.expect("read").expect("there").status.to_string()
}

async fn version(visitor: &mut Visitor, page: &str) -> String {
    let page = visitor.get(page).await.is(200);
    let found = page.body.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    found.expect("a button").to_owned()
}

#[tokio::test]
async fn a_release_asks_for_a_code_again_when_the_last_one_is_old() {
    for scratch in support::databases() {
        let mut settings = story::settings(&scratch.url);
        settings.backoffice.second_factor = SecondFactor::Required;
        settings.backoffice.release_code_minutes = 5;
        let story = Story::with(scratch, settings).await;
        let customer = story.customer(EUR, "Lovelace", "500.00").await;
        add_person(&story, "carlo", &["approver=*", "finance=*"]).await;
        add_person(&story, "anna", &["finance=*"]).await;
        let (mut anna, _) = with_factor(&story, "anna").await;
        let (mut carlo, secret) = with_factor(&story, "carlo").await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            let wish = json!({
                "FrontEndName": EUR, "PIN": "Lovelace", "TraceID": story.next_trace(), "Amount": "10.00", "PP": "CFT",
            });
            let reply = story.call("CreatePayout", wish).await;
            ids.push(reply["ExtPayoutID"].as_str().expect("an id").to_owned());
        }
        let pages: Vec<String> = ids.iter().map(|id| format!("/office/payouts/{id}")).collect();

        // Just shown: no code is asked for.
        let seen = version(&mut carlo, &pages[0]).await;
        let page = carlo.get(&pages[0]).await.is(200);
        assert!(!page.body.contains("name=\"code\""), "the last code is fresh");
        let start = [("act", "start"), ("reason", "checked"), ("seen", seen.as_str())];
        carlo.post(&pages[0], &start).await.leads_to(&pages[0]);
        assert_eq!(status(&story, &ids[0]).await, "InProgress");

        // Old: the form has a field, without the code nothing moves, and for several neither.
        story.advance(Duration::minutes(5));
        let adjust = "/office/customers/MyPhoneCards%20EUR/Lovelace";
        anna.get(adjust).await.is(200);
        let wish = [("amount", "5.00"), ("reason", "goodwill")];
        anna.post(&format!("{adjust}/adjust"), &wish).await.leads_to(adjust);
        let seen = version(&mut carlo, &pages[1]).await;
        carlo.get(&pages[1]).await.is(200).says("name=\"code\"");
        for code in ["", "000000"] {
            let start = [("act", "start"), ("reason", "checked"), ("seen", seen.as_str()), ("code", code)];
            carlo.post(&pages[1], &start).await.leads_to(&pages[1]);
            carlo.get(&pages[1]).await.is(200).says(WRONG);
        }
        let pick = format!("{}:{seen}", ids[1]);
        let bulk = [("act", "start"), ("reason", "checked"), ("pick", pick.as_str())];
        let told = carlo.post("/office/payouts/bulk", &bulk).await.is(303).goes_to().to_owned();
        carlo.get(&told).await.is(200).says(WRONG);
        assert_eq!(status(&story, &ids[1]).await, "Requested");
        let open = carlo.get("/office/proposals").await.is(200).says("name=\"code\"");
        let id = open.body.split("/office/proposals/PR-").nth(1).and_then(|rest| rest.split('"').next());
        let decide = format!("/office/proposals/PR-{}", id.expect("a proposal"));
        let before = story.balance(&customer).await;
        let confirm = [("decision", "confirm"), ("reason", "checked")];
        carlo.post(&decide, &confirm).await.leads_to("/office/proposals");
        carlo.get("/office/proposals").await.is(200).says(WRONG);
        assert_eq!(story.balance(&customer).await, before);

        // With it: the release goes through, the next ones within the time need none, and a code is good once.
        let code = totp::code_now(&secret, story.clock.now());
        let seen = version(&mut carlo, &pages[1]).await;
        let start = [("act", "start"), ("reason", "checked"), ("seen", seen.as_str()), ("code", &code)];
        carlo.post(&pages[1], &start).await.leads_to(&pages[1]);
        assert_eq!(status(&story, &ids[1]).await, "InProgress");
        carlo.post(&decide, &confirm).await.leads_to("/office/proposals");
        assert_eq!(story.balance(&customer).await, "485.00");
        story.advance(Duration::minutes(5));
        let seen = version(&mut carlo, &pages[2]).await;
        let again = [("act", "start"), ("reason", "checked"), ("seen", seen.as_str()), ("code", &code)];
        carlo.post(&pages[2], &again).await.leads_to(&pages[2]);
        assert_eq!(status(&story, &ids[2]).await, "Requested", "a code is good once");
        // What gives money back or keeps it asks for no code.
        let reject = [("act", "reject"), ("reason", "no"), ("seen", seen.as_str())];
        carlo.post(&pages[2], &reject).await.leads_to(&pages[2]);
        assert_eq!(status(&story, &ids[2]).await, "Rejected");
        story.ends().await;
    }
}
