//! People let in from the page, with a password that is good for nothing but setting another one; and wrong old
//! passwords, which count like wrong sign-ins.

use super::visitor::{PASSWORD, Visitor, add_person};
use crate::support;
use crate::support::story::{self, Story};
use chrono::Duration;

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
    let scratch = support::sqlite();
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
