//! Sessions: they end by themselves, belong to one browser, and take no forms from elsewhere.

use super::visitor::{PASSWORD, Visitor, add_person};
use crate::support;
use crate::support::story::Story;
use chrono::Duration;

const COOKIE: &str = "tillgate_office";

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_a_day_s_work() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        for _ in 0..10 {
            story.advance(Duration::minutes(29));
            berta.get("/office").await.is(200);
        }
        story.advance(Duration::minutes(31));
        berta.get("/office").await.is(303);

        let mut berta = Visitor::signed_in(&story, "berta").await;
        for _ in 0..24 {
            story.advance(Duration::minutes(29));
            berta.get("/office").await.is(200);
        }
        // Twelve hours are over, however busy she was.
        story.advance(Duration::minutes(29));
        berta.get("/office").await.is(303);
        story.ends().await;
    }
}

#[tokio::test]
async fn a_session_that_somebody_planted_does_not_become_a_person_s() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut berta = Visitor::of(&story);
        let planted = "ab".repeat(32);
        berta.cookies.insert(COOKIE.to_owned(), planted.clone());
        berta.sign_in("berta", PASSWORD).await.leads_to("/office");
        assert_ne!(berta.cookies[COOKIE], planted, "a new one is drawn");
        let mut thief = Visitor::of(&story);
        thief.cookies.insert(COOKIE.to_owned(), planted);
        thief.get("/office").await.is(303);
        story.ends().await;
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_not_only_the_cookie() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        berta.get("/office").await.is(200);
        let cookie = berta.cookies[COOKIE].clone();
        berta.post("/office/sign-out", &[]).await.leads_to("/office/sign-in");
        assert!(!berta.cookies.contains_key(COOKIE));
        berta.cookies.insert(COOKIE.to_owned(), cookie);
        berta.get("/office").await.is(303);
        story.ends().await;
    }
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut here = Visitor::signed_in(&story, "berta").await;
        let mut there = Visitor::signed_in(&story, "berta").await;
        here.get("/office/me").await.is(200);
        let new = "seven loud geese at night";
        let wrong = [("old", "not the password"), ("new", new), ("again", new)];
        here.post("/office/me/password", &wrong).await.leads_to("/office/me");
        here.get("/office/me").await.says("was wrong");
        there.get("/office").await.is(200);
        let right = [("old", PASSWORD), ("new", new), ("again", new)];
        here.post("/office/me/password", &right).await.leads_to("/office/me");
        here.get("/office/me").await.is(200).says("The password is changed");
        there.get("/office").await.is(303);
        there.sign_in("berta", PASSWORD).await.is(401);
        there.sign_in("berta", new).await.leads_to("/office");
        story.ends().await;
    }
}

#[tokio::test]
async fn forms_from_elsewhere_do_nothing() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        add_person(&story, "boris", &["operator=*"]).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let mut boris = Visitor::signed_in(&story, "boris").await;
        berta.get("/office").await.is(200);
        boris.get("/office").await.is(200);
        let (bertas, boriss) = (berta.csrf.clone(), boris.csrf.clone());
        assert_ne!(bertas, boriss);
        for fields in [vec![], vec![("csrf", "")], vec![("csrf", "ab")], vec![("csrf", boriss.as_str())]] {
            berta.post_raw("/office/sign-out", &fields, &[]).await.is(403).says("Nothing was done");
        }
        let good = [("csrf", bertas.as_str())];
        for origin in ["https://example.com", "null"] {
            berta.post_raw("/office/sign-out", &good, &[("origin", origin)]).await.is(403);
        }
        berta.get("/office").await.is(200);
        let origin = story.base.clone();
        berta.post_raw("/office/sign-out", &good, &[("origin", &origin)]).await.leads_to("/office/sign-in");

        // The sign-in's own form has a token too, so nobody is signed in as somebody else.
        let mut stranger = Visitor::of(&story);
        let fields = [("name", "berta"), ("password", PASSWORD)];
        stranger.post_raw("/office/sign-in", &fields, &[]).await.is(403);
        stranger.get("/office/sign-in").await.is(200);
        stranger.post_raw("/office/sign-in", &fields, &[]).await.is(403);
        story.ends().await;
    }
}

#[tokio::test]
async fn every_answer_bears_the_headers() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        for path in
            ["/office", "/office/nowhere", "/office/sign-in", "/office/static/office.css", "/office/people"]
        {
            let page = berta.get(path).await;
            let header =
                |name: &str| page.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
            let policy = header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
                "{path}: {policy}"
            );
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(header("x-frame-options"), "DENY", "{path}");
            let kept =
                if path.contains("static") { "public, max-age=31536000, immutable" } else { "no-store" };
            assert_eq!(header("cache-control"), kept, "{path}");
            assert!(
                !page.body.contains("<style") && !page.body.contains(" style="),
                "{path}: nothing inline"
            );
            assert!(
                !page.body.contains("<script>") && !page.body.contains(" onclick="),
                "{path}: nothing inline"
            );
        }
        let mut stranger = Visitor::of(&story);
        let page = stranger.get("/office/sign-in").await;
        let cookie = page.headers["set-cookie"].to_str().expect("text");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        story.ends().await;
    }
}
