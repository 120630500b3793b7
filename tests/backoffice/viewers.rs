//! What differs by who looks: the language in which an action's result is told, and the zone in which days begin.

use super::visitor::{Visitor, add_person};
use crate::support;
use crate::support::story::Story;
use chrono::{Duration, NaiveDate};
use serde_json::json;
use std::collections::BTreeMap;
use tillgate::store::Connection;
use tillgate::store::lists::Sight;
use tillgate::store::lists::figures::{Figures, Of};

const EUR: &str = "MyPhoneCards EUR";

async fn payout(story: &Story, amount: &str) -> String {
    let wish = json!({
        "FrontEndName": EUR, "PIN": "Lovelace", "TraceID": story.next_trace(), "Amount": amount, "PP": "CFT",
    });
    let reply = story.call("CreatePayout", wish).await;
    assert_eq!(reply["Status"], 0, "{reply}");
    reply["ExtPayoutID"].as_str().expect("an id").to_owned()
}

/// Presses a button of a page and gives what is said then.
async fn press(visitor: &mut Visitor, path: &str, fields: &[(&str, &str)]) -> String {
    let page = visitor.get(path).await.is(200);
    let seen = page.body.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let seen = seen.unwrap_or_default().to_owned();
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("seen", seen.as_str())]).collect();
    visitor.post(path, &fields).await.is(303);
    let page = visitor.get(path).await.is(200);
    let said = page.body.split("class=\"notice ").nth(1).and_then(|rest| rest.split("</div>").next());
    said.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn results_and_refusals_are_told_in_german_to_who_reads_german() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        story.customer(EUR, "Lovelace", "500.00").await;
        add_person(&story, "otta", &["operator=*", "finance=*"]).await;
        let mut otta = Visitor::signed_in(&story, "otta").await;
        otta.get("/office/me").await.is(200);
        otta.post("/office/me", &[("language", "de"), ("zone", ""), ("theme", "auto")]).await.is(303);
        let (first, second) = (payout(&story, "400.00").await, payout(&story, "200.00").await);
        let (first, second) = (format!("/office/payouts/{first}"), format!("/office/payouts/{second}"));
        for (path, fields, said) in [
            (&first, &[("act", "claim")][..], "Sie arbeiten jetzt daran"),
            (&first, &[("act", "note"), ("note", "gesehen")], "notiert"),
            (&first, &[("act", "note"), ("note", " ")], "darf nicht leer sein"),
            (&first, &[("act", "note"), ("note", "4111 1111 1111 1111")], "nach einer Kartennummer aussieht"),
            (&first, &[("act", "start"), ("reason", "")], "darf nicht leer sein"),
            (&first, &[("act", "edit"), ("amount", "1.234")], "mehr Nachkommastellen"),
            (&first, &[("act", "authorize")], "sie ist autorisiert"),
            (&first, &[("act", "start"), ("reason", "geprüft")], "sie ist gestartet"),
            (&second, &[("act", "start"), ("reason", "geprüft")], "Zu wenig Guthaben: 100,00"),
            (&second, &[("act", "reject"), ("reason", "doppelt")], "sie ist abgelehnt"),
            (&second, &[("act", "reverse"), ("reason", "doppelt")], "führt kein Schritt"),
        ] {
            let told = press(&mut otta, path, fields).await;
            assert!(told.contains(said), "{fields:?}: {told}");
        }
        let customer = "/office/customers/MyPhoneCards%20EUR/Lovelace";
        otta.get(customer).await.is(200);
        let wish = [("amount", "5.00"), ("reason", "Kulanz")];
        otta.post(&format!("{customer}/adjust"), &wish).await.leads_to(customer);
        otta.get(customer).await.is(200).says("vorgeschlagen; jemand anderes entscheidet");
        story.ends().await;
    }
}

#[tokio::test]
async fn whoever_is_late_or_wrong_is_told_in_german_by_whom_and_why() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        story.customer(EUR, "Lovelace", "500.00").await;
        add_person(&story, "otta", &["operator=*", "admin=*"]).await;
        add_person(&story, "anna", &["operator=*"]).await;
        let mut otta = Visitor::signed_in(&story, "otta").await;
        otta.get("/office/me").await.is(200);
        otta.post("/office/me", &[("language", "de"), ("zone", ""), ("theme", "auto")]).await.is(303);
        let path = format!("/office/payouts/{}", payout(&story, "20.00").await);
        let page = otta.get(&path).await.is(200).body;
        let seen = page.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let seen = seen.expect("a version").to_owned();
        let mut anna = Visitor::signed_in(&story, "anna").await;
        press(&mut anna, &path, &[("act", "authorize")]).await;
        otta.post(&path, &[("act", "claim"), ("seen", &seen)]).await.leads_to(&path);
        let told = "Sie hat sich geändert, seit Sie hinsahen: anna: Weitergeführt, Angefragt → Autorisiert.";
        otta.get(&path).await.is(200).says(told);
        for (fields, said) in [
            (&[("act", "edit"), ("amount", "21.00")][..], "Betrag kann sich nicht mehr ändern"),
            (&[("act", "edit"), ("amount", "20.00")], "Bedingungen müssen anders sein als bisher"),
            (&[("act", "edit"), ("processor", "nobody's processor's name")], "Prozessor: "),
            (&[("act", "approve"), ("reason", "x")], "Ihre Rollen erlauben es nicht"),
        ] {
            let told = press(&mut otta, &path, fields).await;
            assert!(told.contains(said), "{fields:?}: {told}");
        }
        for (path, said) in [
            ("/office/payouts?currency=EUR&least=1.234", "Betrag: hat mehr Nachkommastellen"),
            ("/office/payouts?least=1", "Betrag: braucht"),
            ("/office/deposits?from=gestern", "ist nicht lesbar"),
        ] {
            otta.get(path).await.is(422).says(said);
        }
        otta.get("/office/people").await.is(200);
        for (grants, said) in [("king=*", "ist keine Rolle; es gibt"), ("viewer", "nennt kein Frontend")] {
            otta.post("/office/people/anna/grants", &[("grants", grants)]).await.is(422).says(said);
        }
        story.ends().await;
    }
}

#[tokio::test]
async fn the_trial_balance_says_that_its_days_are_those_of_utc() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        story.customer(EUR, "Lovelace", "500.00").await;
        add_person(&story, "fina", &["finance=*"]).await;
        let mut fina = Visitor::signed_in(&story, "fina").await;
        fina.get("/office/me").await.is(200);
        let zone = [("language", "en"), ("zone", "Asia/Kolkata"), ("theme", "auto")];
        fina.post("/office/me", &zone).await.is(303);
        // Half past midnight in Kolkata: there it is the 25th, and the books are still at the 24th.
        story.advance(Duration::hours(7));
        let mut fina = Visitor::signed_in(&story, "fina").await;
        let page = fina.get("/office/ledger").await.is(200).says("Trial balance of 24 Nov 2026 (UTC)");
        page.says("In Asia/Kolkata this day begins 24 Nov 2026 05:30:00 and ends 25 Nov 2026 05:30:00.");
        story.ends().await;
    }
}

#[tokio::test]
async fn charts_count_days_as_they_begin_where_the_viewer_is() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        story.customer(EUR, "Lovelace", "500.00").await;
        payout(&story, "10.00").await;
        // A quarter past midnight in Kolkata, half past in Kathmandu.
        story.advance(Duration::minutes(6 * 60 + 45));
        payout(&story, "15.00").await;
        // 23:30 in London, half past midnight in Berlin.
        story.advance(Duration::minutes(4 * 60 + 45));
        payout(&story, "20.00").await;
        let now = story.clock.now();
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
        for (zone, expected) in [
            (chrono_tz::UTC, vec![(day(24), 3)]),
            (chrono_tz::Europe::Berlin, vec![(day(24), 2), (day(25), 1)]),
            (chrono_tz::America::New_York, vec![(day(24), 3)]),
            (chrono_tz::Asia::Kolkata, vec![(day(24), 1), (day(25), 2)]),
            (chrono_tz::Asia::Kathmandu, vec![(day(24), 1), (day(25), 2)]),
            (chrono_tz::Pacific::Auckland, vec![(day(25), 3)]),
        ] {
            let read = move |connection: &mut Connection| {
                let days = day(20)..day(27);
                Figures::default().of_days_in(connection, Of::Payouts, &Sight::All, days, zone, now)
            };
            let days = story.running().store.read(read).await.expect("figures");
            let mut rows: BTreeMap<NaiveDate, i64> = BTreeMap::new();
            for sum in days.sums {
                *rows.entry(sum.day).or_default() += sum.rows;
            }
            assert_eq!(rows.into_iter().collect::<Vec<_>>(), expected, "{zone}");
        }
        add_person(&story, "viola", &["viewer=*"]).await;
        let mut viola = Visitor::signed_in(&story, "viola").await;
        let page = viola.get("/office/today").await.is(200);
        assert!(page.body.contains("24 Nov") && !page.body.contains(">25 Nov"), "{}", page.body);
        let zone = [("language", "en"), ("zone", "Europe/Berlin"), ("theme", "auto")];
        viola.get("/office/me").await.is(200);
        viola.post("/office/me", &zone).await.is(303);
        viola.get("/office/today").await.is(200).says("25 Nov");
        story.ends().await;
    }
}
