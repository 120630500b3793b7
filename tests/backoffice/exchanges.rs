//! What went over the wire: kept masked, shown to some, gone after its days, and never in the way of a payment.

use super::visitor::{Visitor, add_person};
use crate::stories::acting::office::{self, Office};
use crate::stories::rest_gateway::Stage;
use crate::support::databases;
use crate::support::story::{self, Story};
use chrono::Duration;
use serde_json::json;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::operations::acting::act_on_payout::Act;
use tillgate::processors::rest_gateway::simulator::CARD_APPROVED;
use tillgate::store::exchanges::{self, Exchange};
use tillgate::store::{Connection, Purpose};
use tillgate::telemetry;

async fn kept(story: &Story, subject: &str) -> Vec<Exchange> {
    story.running().exchanges.as_ref().expect("they are kept").is_done().await;
    let subject = subject.to_owned();
    let read = move |connection: &mut Connection| exchanges::of_subject(connection, &subject, 1_000);
    story.running().store.read(read).await.expect("read")
}

#[tokio::test]
async fn a_payout_shows_its_exchanges_to_those_who_may_see_them() {
    for scratch in databases() {
        let office = Office::on(scratch, office::plain).await;
        let story = &office.bench.story;
        let case = office.unknown(true).await;
        let all = kept(story, &case.id.to_string()).await;
        let orders: Vec<&Exchange> = all.iter().filter(|one| one.action == "payout").collect();
        assert!(orders.iter().any(|one| one.status == Some(200)), "the validation is answered: {all:?}");
        assert!(orders.iter().any(|one| one.failure.is_some()), "the order's answer was lost: {all:?}");
        for one in &orders {
            assert!(
                one.sent.contains("<urn:password>***<") || one.sent.contains("password>***<"),
                "{}",
                one.sent
            );
            assert!(one.attempt.as_ref().is_some_and(|attempt| attempt.starts_with("AT-")), "{one:?}");
            assert_eq!(one.account, "paysafecard");
        }

        for (name, grant, sees) in [
            ("fin", "finance=*", true),
            ("aud", "auditor=*", true),
            ("adele", "admin=*", true),
            ("otta", "operator=*", false),
            ("appo", "approver=*", false),
            ("there", "finance=MyPhoneCards GBP", false),
        ] {
            add_person(story, name, &[grant, "viewer=*"]).await;
            let mut visitor = Visitor::signed_in(story, name).await;
            let page = visitor.get(&format!("/office/payouts/{}", case.id)).await.is(200);
            assert_eq!(page.body.contains("Exchange with the processor"), sees, "{name}");
            assert_eq!(page.body.contains("class=\"raw\""), sees, "{name}");
        }
        office.bench.story.ends().await;
        office.bench.gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_card_and_our_keys_stand_in_no_exchange() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let reply = stage.call("CreateDeposit", stage.card("50.00", CARD_APPROVED)).await;
        let id = reply["ExtDepositID"].as_str().expect("an id").to_owned();
        let all = kept(&stage.story, &id).await;
        assert!(all.iter().any(|one| one.sent.contains("card.") && one.status == Some(200)), "{all:?}");
        let text = format!("{all:?}");
        for secret in [CARD_APPROVED, "745&", "\"745\"", &CARD_APPROVED[..12]] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        add_person(&stage.story, "fin", &["finance=*"]).await;
        let mut fin = Visitor::signed_in(&stage.story, "fin").await;
        let page = fin.get(&format!("/office/deposits/{id}")).await.is(200).says("class=\"raw\"");
        assert!(!page.body.contains(CARD_APPROVED), "{}", page.body);
        add_person(&stage.story, "otta", &["operator=*"]).await;
        let mut otta = Visitor::signed_in(&stage.story, "otta").await;
        let page = otta.get(&format!("/office/deposits/{id}")).await.is(200);
        assert!(!page.body.contains("class=\"raw\""), "{}", page.body);
        stage.ends().await;
    }
}

#[tokio::test]
async fn a_record_that_can_t_be_kept_is_counted_and_stops_no_payout() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let office = Office::on(scratch, office::plain).await;
        let mut vandal = Connection::open(&url, Purpose::Write).expect("a line");
        vandal.batch("DROP TABLE exchanges").expect("dropped");
        drop(vandal);
        let before = dropped();
        let case = office.requested(office::BY_GATEWAY).await;
        office.does(&office::operator("otto"), &case, Act::Start, "checked").await;
        office.bench.works().await;
        office.bench.story.running().exchanges.as_ref().expect("kept").is_done().await;
        assert_eq!(office.status(&case).await, PayoutStatus::Approved);
        assert_eq!(office.paid_out(), 1465);
        assert!(dropped() > before, "{} were dropped", dropped() - before);
        office.ends().await;
    }
}

fn dropped() -> u64 {
    let text = telemetry::metrics().render();
    let line = text.lines().find(|line| line.starts_with("tillgate_exchanges_dropped_total "));
    line.and_then(|line| line.rsplit(' ').next()).and_then(|count| count.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn exchanges_and_dead_sessions_go_when_their_days_are_over() {
    for scratch in databases() {
        let office = Office::with(scratch, |settings| {
            settings.worker.keep_exchanges_days = 7;
            settings.worker.keep_sessions_days = 2;
        })
        .await;
        let story = &office.bench.story;
        let case = office.unknown(true).await;
        add_person(story, "fin", &["finance=*"]).await;
        let mut fin = Visitor::signed_in(story, "fin").await;
        assert!(!kept(story, &case.id.to_string()).await.is_empty());
        let sessions = |story: &Story| {
            let store = story.running().store.clone();
            async move {
                let sql = "SELECT COUNT(*) FROM sessions";
                let read = move |connection: &mut Connection| {
                    connection.load::<diesel::sql_types::BigInt, i64>(sql, &[])
                };
                store.read(read).await.expect("read")[0]
            }
        };
        let keeper = story.running().housekeeper.clone();
        story.advance(Duration::minutes(20));
        keeper.run_once().await.expect("kept house");
        fin.get("/office/me").await.is(200);
        assert_eq!(sessions(story).await, 1, "a session that lives stays");
        story.advance(Duration::days(3));
        assert_eq!(keeper.run_once().await.expect("kept house").sessions, 1);
        assert_eq!(sessions(story).await, 0);
        assert!(!kept(story, &case.id.to_string()).await.is_empty(), "not yet a week old");
        story.advance(Duration::days(5));
        let purged = keeper.run_once().await.expect("kept house");
        assert!(purged.exchanges > 0, "{purged:?}");
        assert!(kept(story, &case.id.to_string()).await.is_empty());
        office.bench.story.ends().await;
        office.bench.gateway.stop().await;
    }
}

#[tokio::test]
async fn nothing_is_kept_where_nothing_is_to_be_kept() {
    for scratch in databases() {
        let office = Office::with(scratch, |settings| settings.worker.keep_exchanges_days = 0).await;
        let story = &office.bench.story;
        let case = office.unknown(true).await;
        assert!(story.running().exchanges.is_none());
        let subject = case.id.to_string();
        let read = move |connection: &mut Connection| exchanges::of_subject(connection, &subject, 10);
        assert_eq!(story.running().store.read(read).await.expect("read"), []);
        office.bench.story.ends().await;
        office.bench.gateway.stop().await;
    }
}

/// A processor that does not answer is left alone after some failures, and the page of the day says so.
#[tokio::test]
async fn the_day_s_page_shows_whom_our_client_leaves_alone() {
    for scratch in databases() {
        let mut settings = story::settings(&scratch.url);
        settings.worker.enabled = false;
        let simulators = &mut settings.sandbox.simulators;
        for address in [&mut simulators.paygate, &mut simulators.sopg, &mut simulators.rest_gateway] {
            address.clear();
        }
        // Nobody listens there.
        let nowhere = format!("http://{}", crate::support::ports::free_address());
        let paygate = settings.paygate.get_mut("paygate").expect("an account");
        (paygate.base_url, paygate.https_only, paygate.limits.breaker_failures) = (nowhere.clone(), false, 1);
        for account in settings.sopg.accounts.values_mut() {
            (account.endpoint, account.panel, account.allow_plain_http) =
                (nowhere.clone(), nowhere.clone(), true);
            account.limits.breaker_failures = 1;
        }
        let rest = settings.rest_gateway.get_mut("rest").expect("an account");
        (rest.base_url, rest.sandbox, rest.limits.breaker_failures) = (nowhere, true, 1);
        let story = Story::with(scratch, settings).await;
        let customer = story.customer("MyPhoneCards EUR", "Lovelace", "100.00").await;
        add_person(&story, "fin", &["finance=*"]).await;
        let mut fin = Visitor::signed_in(&story, "fin").await;
        let page = fin.get("/office/today").await.is(200);
        assert!(!page.body.contains("Left alone"), "{}", page.body);
        for (number, pp) in ["TWINT", "paysafecard", "RestSofort"].into_iter().enumerate() {
            let call = json!({
                "FrontEndName": customer.front_end, "PIN": customer.pin, "TraceID": story.next_trace(), "Amount": "10.00",
                "PP": pp, "Currency": "EUR", "Language": "de",
            });
            let reply = story.call("CreateDeposit", call).await;
            story.running().worker.run_once().await;
            let page = fin.get("/office/today").await.is(200);
            assert_eq!(page.body.matches("Left alone").count(), number + 1, "{pp} {reply}: {}", page.body);
        }
        add_person(&story, "part", &["finance=MyPhoneCards EUR"]).await;
        let mut part = Visitor::signed_in(&story, "part").await;
        let page = part.get("/office/today").await.is(200);
        assert!(!page.body.contains("Left alone"), "accounts are the whole house's");
        story.ends().await;
    }
}
