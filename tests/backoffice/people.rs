//! People let in from the page, with a password that is good for nothing but setting another one; and wrong old
//! passwords, which count like wrong sign-ins.

use super::visitor::{PASSWORD, Visitor, add_person};
use crate::support;
use crate::support::story::{self, Story};
use chrono::Duration;
use tillgate::backoffice::totp;
use tillgate::store::Connection;
use tillgate::store::lists::Sight;
use tillgate::store::lists::audit;

const OWN: &str = "nine slow herons at dusk";

#[tokio::test]
async fn an_administrator_lets_somebody_in_with_a_password_for_once() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["admin=*"]).await;
        add_person(&story, "part", &["admin=MyPhoneCards EUR"]).await;
        let wish = [
            ("name", "nina"),
            ("full_name", "Nina <b>Neu</b>"),
            ("grants", "viewer=MyPhoneCards EUR, support=*"),
        ];
        let mut part = Visitor::signed_in(&story, "part").await;
        part.get("/office/me").await.is(200);
        part.post("/office/people", &wish).await.is(403);
        let mut berta = Visitor::signed_in(&story, "berta").await;
        berta.get("/office/people").await.is(200).says("Let somebody in");
        berta
            .post("/office/people", &[("name", "nina"), ("full_name", "x"), ("grants", "king=*")])
            .await
            .is(422);
        berta.post("/office/people", &[("name", "Nina!"), ("full_name", "x"), ("grants", "")]).await.is(303);
        berta.get("/office/people").await.is(200).says("small letters");
        let page = berta.post("/office/people", &wish).await.is(200).says("nina may sign in");
        let shown = page.body.split("<dd><code>").nth(1).and_then(|rest| rest.split('<').next());
        let initial = shown.expect("a password").to_owned();
        berta.post("/office/people", &wish).await.leads_to("/office/people");
        let list = berta.get("/office/people").await.is(200).says("somebody has this name already");
        assert!(
            list.body.contains("Nina &lt;b&gt;Neu") || list.body.contains("Nina &#60;b"),
            "{}",
            list.body
        );
        assert!(!list.body.contains(&initial), "it is shown once");

        // With it she gets as far as her own password, and no page of anything before.
        let mut nina = Visitor::of(&story);
        nina.sign_in("nina", &initial).await.leads_to("/office");
        nina.get("/office/payouts").await.leads_to("/office/me");
        nina.get("/office/me").await.is(200).says("Set a password of your own first");
        nina.get("/office/today").await.leads_to("/office/me");
        let change = [("old", initial.as_str()), ("new", OWN), ("again", OWN)];
        nina.get("/office/me").await.is(200);
        nina.post("/office/me/password", &change).await.leads_to("/office/me");
        nina.get("/office/payouts").await.is(200);
        let mut again = Visitor::of(&story);
        again.sign_in("nina", &initial).await.is(401);
        again.sign_in("nina", OWN).await.leads_to("/office");
        again.get("/office/payouts").await.is(200);
        story.ends().await;
    }
}

#[tokio::test]
async fn wrong_old_passwords_make_the_same_pause_as_wrong_sign_ins() {
    for scratch in support::databases() {
        let mut settings = story::settings(&scratch.url);
        settings.backoffice.failures = 3;
        settings.backoffice.pause_minutes = 15;
        let story = Story::with(scratch, settings).await;
        add_person(&story, "otta", &["operator=*"]).await;
        let mut thief = Visitor::signed_in(&story, "otta").await;
        for _ in 0..3 {
            thief.get("/office/me").await.is(200);
            let guess = [("old", "not her password"), ("new", OWN), ("again", OWN)];
            thief.post("/office/me/password", &guess).await.leads_to("/office/me");
        }
        let right = [("old", PASSWORD), ("new", OWN), ("again", OWN)];
        thief.get("/office/me").await.is(200);
        thief.post("/office/me/password", &right).await.leads_to("/office/me");
        thief.get("/office/me").await.is(200).says("Too many wrong passwords");
        let mut otta = Visitor::of(&story);
        otta.sign_in("otta", OWN).await.is(401);
        otta.sign_in("otta", PASSWORD).await.is(401);
        story.advance(Duration::minutes(16));
        otta.sign_in("otta", PASSWORD).await.leads_to("/office");
        otta.get("/office/me").await.is(200);
        otta.post("/office/me/password", &right).await.leads_to("/office/me");
        let mut again = Visitor::of(&story);
        again.sign_in("otta", OWN).await.leads_to("/office");
        story.ends().await;
    }
}

/// The password that a page shows this once.
fn shown(page: &str) -> String {
    let shown = page.split("<dd><code>").nth(1).and_then(|rest| rest.split('<').next());
    shown.expect("a password").to_owned()
}

/// What the trail says of somebody: what was done and by whom, the last first.
async fn trail(story: &Story, name: &str) -> Vec<(String, String)> {
    let mut filter = audit::Filter::of(Sight::All);
    filter.subject = Some(format!("person/{name}"));
    let read = move |connection: &mut Connection| audit::list(connection, &filter, None, 50);
    let rows = story.running().store.read(read).await.expect("read").rows;
    rows.into_iter().map(|row| (row.fact.kind, row.fact.who)).collect()
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_one_that_is_good_for_once() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["admin=*"]).await;
        add_person(&story, "otta", &["operator=*"]).await;
        let mut otta = Visitor::signed_in(&story, "otta").await;
        otta.get("/office/payouts").await.is(200);
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let to = "/office/people/otta/password";
        berta.get("/office/people").await.is(200).says(&format!("action=\"{to}\""));
        let page = berta.post(to, &[]).await.is(200).says("otta is signed out everywhere").body;
        let initial = shown(&page);
        assert!(!berta.get("/office/people").await.is(200).body.contains(&initial), "it is shown once");

        otta.get("/office/payouts").await.leads_to("/office/sign-in?to=%2Foffice%2Fpayouts");
        otta.sign_in("otta", PASSWORD).await.is(401);
        otta.sign_in("otta", &initial).await.leads_to("/office");
        otta.get("/office/payouts").await.leads_to("/office/me");
        let change = [("old", initial.as_str()), ("new", OWN), ("again", OWN)];
        otta.get("/office/me").await.is(200);
        otta.post("/office/me/password", &change).await.leads_to("/office/me");
        otta.get("/office/payouts").await.is(200);
        Visitor::of(&story).sign_in("otta", &initial).await.is(401);
        let told = trail(&story, "otta").await;
        let set = told.iter().filter(|(kind, _)| kind == "person.password_set");
        assert_eq!(set.map(|(_, who)| who.as_str()).collect::<Vec<_>>(), ["operator/otta", "operator/berta"]);

        // Not for oneself, and not for nobody.
        for (name, told) in [("berta", "do this to themselves"), ("nobody", "nobody of this name")] {
            berta.get("/office/people").await.is(200);
            berta.post(&format!("/office/people/{name}/password"), &[]).await.leads_to("/office/people");
            berta.get("/office/people").await.is(200).says(told);
        }
        Visitor::of(&story).sign_in("berta", PASSWORD).await.leads_to("/office");
        story.ends().await;
    }
}

#[tokio::test]
async fn a_lost_second_factor_is_reset_by_another_and_by_nobody_for_himself() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        for (name, role) in [("berta", "admin=*"), ("otta", "operator=*")] {
            add_person(&story, name, &[role]).await;
        }
        let mut secrets = Vec::new();
        let mut signed_in = Vec::new();
        for name in ["berta", "otta"] {
            let mut visitor = Visitor::signed_in(&story, name).await;
            let page = visitor.get("/office/second-factor").await.is(200);
            let secret = super::sign_in::secret_on(&page.body);
            let code = totp::code_now(&secret, story.clock.now());
            visitor.post("/office/second-factor", &[("code", &code)]).await.leads_to("/office");
            secrets.push(secret);
            signed_in.push(visitor);
        }
        let (mut otta, mut berta) = (signed_in.remove(1), signed_in.remove(0));
        let to = "/office/people/otta/second-factor";
        berta.get("/office/people").await.is(200).says(&format!("action=\"{to}\""));
        berta.post(to, &[]).await.leads_to("/office/people");
        let page = berta.get("/office/people").await.is(200).says("sets a new second factor up").body;
        assert!(!page.contains(&format!("action=\"{to}\"")), "there is none to be reset");
        otta.get("/office").await.leads_to("/office/sign-in?to=%2Foffice");
        // The old factor is of no more use, and another one is set up.
        otta.sign_in("otta", PASSWORD).await.leads_to("/office");
        let page = otta.get("/office/second-factor").await.is(200);
        assert_ne!(super::sign_in::secret_on(&page.body), secrets[1]);
        assert_eq!(
            trail(&story, "otta").await[1],
            ("person.second_factor_reset".to_owned(), "operator/berta".to_owned())
        );

        // Whoever has taken her session over does not get past her own factor by it.
        berta.get("/office/people").await.is(200);
        berta.post("/office/people/berta/second-factor", &[]).await.leads_to("/office/people");
        berta.get("/office/people").await.is(200).says("do this to themselves");
        Visitor::of(&story).sign_in("berta", PASSWORD).await.leads_to("/office/code?to=%2Foffice");
        story.ends().await;
    }
}

#[tokio::test]
async fn nobody_alone_gets_both_halves_of_anothers_sign_in_into_his_hands() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        for (name, role) in
            [("berta", "admin=*"), ("cordula", "admin=*"), ("otta", "operator=*"), ("audrey", "auditor=*")]
        {
            add_person(&story, name, &[role]).await;
        }
        let mut otta = Visitor::signed_in(&story, "otta").await;
        enrol(&story, &mut otta).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let mut cara = Visitor::signed_in(&story, "cordula").await;
        let (password, factor) = ("/office/people/otta/password", "/office/people/otta/second-factor");
        let refused = "another administrator does it";

        // Who gave the password does not reset the factor, however often he gives it; somebody else may.
        berta.get("/office/people").await.is(200);
        let initial = shown(&berta.post(password, &[]).await.is(200).body);
        for _ in 0..2 {
            berta.get("/office/people").await.is(200);
            berta.post(factor, &[]).await.leads_to("/office/people");
            berta.get("/office/people").await.is(200).says(refused);
            berta.post(password, &[]).await.is(200);
        }
        Visitor::of(&story).sign_in("otta", &initial).await.is(401);
        cara.get("/office/people").await.is(200);
        cara.post(factor, &[]).await.leads_to("/office/people");
        // And who reset the factor does not give the password, until its owner has a factor of his own again.
        cara.get("/office/people").await.is(200).says("sets a new second factor up");
        cara.post(password, &[]).await.leads_to("/office/people");
        cara.get("/office/people").await.is(200).says(refused);
        berta.get("/office/people").await.is(200);
        let initial = shown(&berta.post(password, &[]).await.is(200).body);
        let mut otta = Visitor::of(&story);
        otta.sign_in("otta", &initial).await.leads_to("/office");
        otta.get("/office/me").await.is(200);
        let change = [("old", initial.as_str()), ("new", OWN), ("again", OWN)];
        otta.post("/office/me/password", &change).await.leads_to("/office/me");
        enrol(&story, &mut otta).await;
        cara.get("/office/people").await.is(200);
        cara.post(password, &[]).await.is(200).says("signed out everywhere");

        // Everybody who sees the trail of the house is shown it for a day.
        let mut audrey = Visitor::signed_in(&story, "audrey").await;
        let page = audrey.get("/office/today").await.is(200).says("Accounts in the last 24 hours").body;
        let rows = page.split("<tr>").filter(|row| row.contains("/office/audit?subject=person%2Fotta"));
        let did = |row: &str, what: &str, who: &str| row.contains(&format!("<td>{what}</td><td>{who}</td>"));
        let rows: Vec<&str> = rows.collect();
        assert_eq!(rows.iter().filter(|row| did(row, "Password set", "berta")).count(), 4, "{rows:?}");
        assert_eq!(
            rows.iter().filter(|row| did(row, "Second factor reset", "cordula")).count(),
            1,
            "{rows:?}"
        );
        assert!(
            !rows.iter().any(|row| row.ends_with("<td>otta</td></tr>")),
            "her own doing is no news: {rows:?}"
        );
        let mut berta = Visitor::signed_in(&story, "berta").await;
        berta.get("/office/today").await.is(200).says("Accounts in the last 24 hours");
        add_person(&story, "vroni", &["viewer=*"]).await;
        let page = Visitor::signed_in(&story, "vroni").await.get("/office/today").await.is(200).body;
        assert!(!page.contains("Accounts in the last 24 hours"), "{page}");
        story.advance(Duration::hours(25));
        let page = Visitor::signed_in(&story, "audrey").await.get("/office/today").await.is(200).body;
        assert!(!page.contains("Accounts in the last 24 hours"), "{page}");
        story.ends().await;
    }
}

/// Sets a second factor up.
async fn enrol(story: &Story, visitor: &mut Visitor) {
    let page = visitor.get("/office/second-factor").await.is(200);
    let code = totp::code_now(&super::sign_in::secret_on(&page.body), story.clock.now());
    visitor.post("/office/second-factor", &[("code", &code)]).await.leads_to("/office");
}
