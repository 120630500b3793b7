//! Signing in: passwords, second factors, pauses, and what nobody learns.

use super::visitor::{PASSWORD, Visitor, add_person};
use crate::support;
use crate::support::story::{self, Story};
use chrono::Duration;
use tillgate::backoffice::{SecondFactor, totp};

#[tokio::test]
async fn whoever_is_not_signed_in_is_asked_to_and_comes_back() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut berta = Visitor::of(&story);
        berta.get("/office/me").await.leads_to("/office/sign-in?to=%2Foffice%2Fme");
        berta.get("/office/sign-in?to=%2Foffice%2Fme").await.is(200).says("value=\"/office/me\"");
        let fields = [("name", "Berta"), ("password", PASSWORD), ("to", "/office/me")];
        berta.post("/office/sign-in", &fields).await.leads_to("/office/me");
        berta.get("/office/me").await.is(200).says("berta of the tests");
        story.ends().await;
    }
}

#[tokio::test]
async fn nobody_learns_who_exists() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut stranger = Visitor::of(&story);
        let mut answers = Vec::new();
        for name in ["berta", "nobody-like-this"] {
            let page = stranger.sign_in(name, "not the password").await.is(401);
            answers.push(page.body.replace(&stranger.csrf, "").replace(name, ""));
        }
        assert_eq!(answers[0], answers[1], "the same page for both");
        story.ends().await;
    }
}

#[tokio::test]
async fn failures_make_a_pause_that_ends() {
    for scratch in support::databases() {
        let mut settings = story::settings(&scratch.url);
        settings.backoffice.failures = 3;
        let story = Story::with(scratch, settings).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut berta = Visitor::of(&story);
        for _ in 0..3 {
            berta.sign_in("berta", "not the password").await.is(401);
        }
        berta.sign_in("berta", PASSWORD).await.is(401).says("pauses for a while");
        story.advance(Duration::minutes(16));
        berta.sign_in("berta", PASSWORD).await.leads_to("/office");
        story.ends().await;
    }
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        berta.get("/office").await.is(200);
        let wish =
            tillgate::operations::people::set_disabled::Wish { name: "berta".to_owned(), disabled: true };
        let caller = tillgate::operations::Caller { who: "cli".to_owned(), request_id: "x".to_owned() };
        let store = &story.running().store;
        let run = move |tx: &mut tillgate::store::Tx<'_>| {
            tillgate::operations::people::set_disabled::run(tx, &wish, &caller)
        };
        store
            .transact("people", tillgate::store::Wants::nothing(), run)
            .await
            .expect("answered")
            .expect("done");
        berta.get("/office").await.is(303);
        berta.sign_in("berta", PASSWORD).await.is(401);
        story.ends().await;
    }
}

/// The secret that the enrolment page shows.
pub fn secret_on(page: &str) -> Vec<u8> {
    let shown = page.split("id=\"secret\">").nth(1).and_then(|rest| rest.split('<').next());
    secret_of(shown.expect("a secret"))
}

/// A secret as it is shown to people: in base 32.
pub fn secret_of(shown: &str) -> Vec<u8> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = shown
        .chars()
        .filter(|c| *c != ' ')
        .map(|c| format!("{:05b}", letters.find(c).expect("a letter of base 32")))
        .collect();
    bits.as_bytes()
        .chunks_exact(8)
        .map(|bits| u8::from_str_radix(std::str::from_utf8(bits).expect("bits"), 2).expect("a byte"))
        .collect()
}

#[tokio::test]
async fn a_second_factor_is_set_up_asked_for_and_good_once() {
    for scratch in support::databases() {
        let mut settings = story::settings(&scratch.url);
        settings.backoffice.second_factor = SecondFactor::Required;
        let story = Story::with(scratch, settings).await;
        add_person(&story, "berta", &["operator=*"]).await;

        let mut berta = Visitor::of(&story);
        berta.sign_in("berta", PASSWORD).await.leads_to("/office/second-factor");
        berta.get("/office").await.leads_to("/office/second-factor");
        let page = berta.get("/office/second-factor").await.is(200);
        let secret = secret_on(&page.body);
        assert_eq!(secret.len(), totp::SECRET_BYTES);
        assert_eq!(
            secret_on(&berta.get("/office/second-factor").await.body),
            secret,
            "the same until confirmed"
        );
        let before = berta.cookies["tillgate_office"].clone();
        berta.post("/office/second-factor", &[("code", "000000")]).await.is(422);
        let code = totp::code_now(&secret, story.clock.now());
        berta.post("/office/second-factor", &[("code", &code)]).await.leads_to("/office");
        assert_ne!(berta.cookies["tillgate_office"], before, "a new session");
        berta.get("/office").await.is(200);

        // The next sign-in asks for a code, and the one that was used is of no more use.
        let mut again = Visitor::of(&story);
        again.sign_in("berta", PASSWORD).await.leads_to("/office/code?to=%2Foffice");
        again.get("/office/me").await.leads_to("/office/code");
        again.get("/office/code").await.is(200);
        again.post("/office/code", &[("code", &code)]).await.is(401);
        story.advance(Duration::seconds(30));
        let next = totp::code_now(&secret, story.clock.now());
        let half = again.cookies["tillgate_office"].clone();
        again.post("/office/code", &[("code", &next), ("to", "/office/me")]).await.leads_to("/office/me");
        assert_ne!(again.cookies["tillgate_office"], half, "a new session");
        again.get("/office/me").await.is(200);
        // The half session does not become a whole one behind its owner's back.
        let mut thief = Visitor::of(&story);
        thief.cookies.insert("tillgate_office".to_owned(), half);
        thief.get("/office/me").await.leads_to("/office/sign-in?to=%2Foffice%2Fme");
        story.ends().await;
    }
}

#[tokio::test]
async fn wrong_codes_make_a_pause_and_a_right_password_forgets_none() {
    for scratch in support::databases() {
        let mut settings = story::settings(&scratch.url);
        settings.backoffice.second_factor = SecondFactor::Required;
        settings.backoffice.failures = 4;
        let story = Story::with(scratch, settings).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut berta = Visitor::of(&story);
        berta.sign_in("berta", PASSWORD).await.leads_to("/office/second-factor");
        let secret = secret_on(&berta.get("/office/second-factor").await.body);
        let code = totp::code_now(&secret, story.clock.now());
        berta.post("/office/second-factor", &[("code", &code)]).await.leads_to("/office");

        story.advance(Duration::minutes(5));
        let mut thief = Visitor::of(&story);
        for _ in 0..2 {
            thief.sign_in("berta", PASSWORD).await.is(303);
            thief.get("/office/code").await.is(200);
            for _ in 0..2 {
                thief.post("/office/code", &[("code", "123123")]).await.is(401);
            }
        }
        let right = totp::code_now(&secret, story.clock.now());
        thief.post("/office/code", &[("code", &right)]).await.is(401);
        thief.sign_in("berta", PASSWORD).await.is(401).says("pauses for a while");
        story.ends().await;
    }
}

#[tokio::test]
async fn people_of_a_sandbox_are_let_in_by_a_sandbox_alone() {
    for scratch in support::databases() {
        let settings = story::settings(&scratch.url);
        let mut story = Story::with(scratch, settings.clone()).await;
        let mut olga = Visitor::of(&story);
        olga.get("/office/sign-in").await.is(200).says("<dt>olga</dt>");
        let demo = settings.sandbox.people.iter().find(|person| person.name == "olga").expect("olga").clone();
        olga.sign_in("olga", &demo.password).await.leads_to("/office");
        no_sandbox(story.settings());
        story.starts_again().await;
        let mut olga = Visitor::of(&story);
        let page = olga.get("/office/sign-in").await.is(200);
        assert!(!page.body.contains("olga"), "nobody is offered");
        assert!(olga.cookies.contains_key("__Host-tillgate_form"), "{:?}", olga.cookies);
        olga.sign_in("olga", &demo.password).await.is(401);
        story.ends().await;
    }
}

/// A house with secrets of its own and without processors.
fn no_sandbox(settings: &mut tillgate::config::Settings) {
    let secret = |text: &str| Some(secrecy::SecretString::from(format!("{text}, long enough")));
    settings.sandbox.enabled = false;
    settings.paygate.clear();
    settings.rest_gateway.clear();
    settings.sopg.accounts.clear();
    settings.processors.map.clear();
    settings.backoffice.sealing_key = secret("sealing key");
    for front_end in &mut settings.front_ends {
        front_end.auth.pass_code = secret("pass code");
    }
    for key in &mut settings.platform.keys {
        key.key = secret("key");
    }
}
