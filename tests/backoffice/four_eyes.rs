//! Every way around the second pair of eyes that one person could try.

use super::payouts::{payout, press, seen, status};
use super::visitor::{PASSWORD, Visitor, add_person};
use crate::support;
use crate::support::story::{self, Story};
use serde_json::json;

const EUR: &str = "MyPhoneCards EUR";
const WHY: (&str, &str) = ("reason", "seen by me");
const REFUSED: &str = "You prepared it";

async fn strict(scratch: support::Scratch) -> Story {
    let mut settings = story::settings(&scratch.url);
    settings.front_ends[0].approvals.four_eyes_above = Some("50.00".to_owned());
    let story = Story::with(scratch, settings).await;
    story.customer(EUR, "Lovelace", "5000.00").await;
    add_person(&story, "berta", &["operator=*", "approver=*"]).await;
    add_person(&story, "carlo", &["operator=*", "approver=*"]).await;
    add_person(&story, "adele", &["admin=*"]).await;
    story
}

type Form = [(&'static str, &'static str)];

/// Everything that prepares a payout, each a list of forms.
const PREPARING: [(&str, &[&Form]); 7] = [
    ("a mark", &[&[("act", "mark"), ("mark", "G")]]),
    ("a mark taken back", &[&[("act", "mark"), ("mark", "G")], &[("act", "unmark"), ("mark", "G")]]),
    ("an edit", &[&[("act", "edit"), ("amount", "99.00")]]),
    (
        "an edit and back",
        &[&[("act", "edit"), ("amount", "99.00")], &[("act", "edit"), ("amount", "100.00")]],
    ),
    ("a claim", &[&[("act", "claim")]]),
    ("a claim given up", &[&[("act", "claim")], &[("act", "unclaim")]]),
    ("authorizing", &[&[("act", "authorize")]]),
];

#[tokio::test]
async fn whatever_somebody_did_to_prepare_a_payout_he_does_not_release_it() {
    for scratch in support::databases() {
        let story = strict(scratch).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let mut carlo = Visitor::signed_in(&story, "carlo").await;
        for (what, forms) in PREPARING {
            let id = payout(&story, EUR, "Lovelace", "100.00", json!({})).await;
            for form in forms {
                let version = seen(&mut berta, &id).await;
                let told = press(&mut berta, &id, &version, form).await;
                assert!(told.starts_with("good"), "{what}: {told}");
            }
            let before = status(&story, &id).await;
            cant_release(&mut berta, &id, "start", what).await;
            assert_eq!(status(&story, &id).await, before, "{what}");
            // Another starts it; whoever prepared does not say either that it was paid.
            let version = seen(&mut carlo, &id).await;
            let told = press(&mut carlo, &id, &version, &[("act", "start"), WHY]).await;
            assert!(told.starts_with("good"), "{what}: {told}");
            cant_release(&mut berta, &id, "approve", what).await;
            assert_eq!(status(&story, &id).await, "InProgress", "{what}");
        }
        story.ends().await;
    }
}

/// By the page, by a form of one's own making, and among others.
async fn cant_release(person: &mut Visitor, id: &str, act: &str, what: &str) {
    let page = person.get(&format!("/office/payouts/{id}")).await.is(200);
    let greyed = page.body.split(&format!("id=\"why-{act}\"")).nth(1).and_then(|rest| rest.split('<').next());
    assert!(greyed.is_some_and(|why| why.contains(REFUSED)), "{what}: {act} is greyed: {greyed:?}");
    let version = seen(person, id).await;
    let told = press(person, id, &version, &[("act", act), WHY]).await;
    assert!(told.starts_with("bad") && told.contains(REFUSED), "{what}: {act}: {told}");
    // The last of two that a form holds, or none that was seen, changes nothing about it.
    for more in
        [vec![("act", "note"), ("act", act)], vec![("act", act), ("by", "carlo"), ("who", "operator/carlo")]]
    {
        let path = format!("/office/payouts/{id}");
        let mut fields = vec![("seen", version.as_str()), WHY, ("transaction_id", "X")];
        fields.extend(more);
        person.get("/office").await.is(200);
        person.post(&path, &fields).await.leads_to(&path);
    }
    let pick = format!("{id}:{version}");
    let bulk = [("act", act), WHY, ("pick", &*pick), ("pick", &*pick)];
    person.post("/office/payouts/bulk", &bulk).await.is(200).says(REFUSED).says("0 of 2 done");
}

#[tokio::test]
async fn another_role_another_spelling_and_another_session_are_the_same_person() {
    for scratch in support::databases() {
        let story = strict(scratch).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let mut adele = Visitor::signed_in(&story, "adele").await;
        let id = payout(&story, EUR, "Lovelace", "100.00", json!({})).await;
        let version = seen(&mut berta, &id).await;
        press(&mut berta, &id, &version, &[("act", "mark"), ("mark", "G")]).await;
        // Roles that begin afterwards do not make her another.
        for grants in ["approver=*", "approver=MyPhoneCards EUR", "operator=*, approver=*, finance=*"] {
            adele.get("/office/people").await.is(200);
            adele.post("/office/people/berta/grants", &[("grants", grants)]).await.leads_to("/office/people");
            cant_release(&mut berta, &id, "start", grants).await;
        }
        for name in ["BERTA", " berta ", "Berta"] {
            let mut again = Visitor::of(&story);
            again.sign_in(name, PASSWORD).await.leads_to("/office");
            cant_release(&mut again, &id, "start", name).await;
        }
        assert_eq!(status(&story, &id).await, "Requested");
        // At the limit itself and below it one pair of eyes will do.
        let id = payout(&story, EUR, "Lovelace", "50.00", json!({})).await;
        let version = seen(&mut berta, &id).await;
        press(&mut berta, &id, &version, &[("act", "mark"), ("mark", "G")]).await;
        let version = seen(&mut berta, &id).await;
        let told = press(&mut berta, &id, &version, &[("act", "start"), WHY]).await;
        assert!(told.starts_with("good"), "{told}");
        story.ends().await;
    }
}

/// A lower amount is what the release counts by, and once it is released it does not grow again.
#[tokio::test]
async fn nobody_makes_a_payout_small_to_release_it_and_large_again() {
    for scratch in support::databases() {
        let story = strict(scratch).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let id = payout(&story, EUR, "Lovelace", "100.00", json!({})).await;
        for (form, good) in [
            (vec![("act", "edit"), ("amount", "50.00")], true),
            (vec![("act", "start"), WHY], true),
            (vec![("act", "edit"), ("amount", "100.00")], false),
        ] {
            let version = seen(&mut berta, &id).await;
            let told = press(&mut berta, &id, &version, &form).await;
            assert_eq!(told.starts_with("good"), good, "{form:?}: {told}");
        }
        // Authorized small, made large by an edit: the amount is fixed by then.
        let id = payout(&story, EUR, "Lovelace", "40.00", json!({})).await;
        for (form, good) in
            [(vec![("act", "authorize")], true), (vec![("act", "edit"), ("amount", "100.00")], false)]
        {
            let version = seen(&mut berta, &id).await;
            let told = press(&mut berta, &id, &version, &form).await;
            assert_eq!(told.starts_with("good"), good, "{form:?}: {told}");
        }
        story.ends().await;
    }
}

/// The roles' own limits count for the page, for several at once, and for a form of one's own making.
#[tokio::test]
async fn no_role_moves_more_than_its_limit_by_any_way() {
    for scratch in support::databases() {
        let mut settings = story::settings(&scratch.url);
        settings.front_ends[0].approvals.limits = [("operator".to_owned(), "60.00".to_owned())].into();
        let story = Story::with(scratch, settings).await;
        story.customer(EUR, "Lovelace", "5000.00").await;
        add_person(&story, "oscar", &["operator=*"]).await;
        let mut oscar = Visitor::signed_in(&story, "oscar").await;
        let id = payout(&story, EUR, "Lovelace", "60.01", json!({})).await;
        for act in ["reject", "cancel"] {
            let version = seen(&mut oscar, &id).await;
            let told = press(&mut oscar, &id, &version, &[("act", act), WHY]).await;
            assert!(told.starts_with("bad") && told.contains("60.00"), "{told}");
            let pick = format!("{id}:{version}");
            let bulk = [("act", act), WHY, ("pick", &*pick)];
            oscar.post("/office/payouts/bulk", &bulk).await.is(200).says("60.00").says("0 of 1 done");
        }
        assert_eq!(status(&story, &id).await, "Requested");
        let id = payout(&story, EUR, "Lovelace", "60.00", json!({})).await;
        let version = seen(&mut oscar, &id).await;
        let told = press(&mut oscar, &id, &version, &[("act", "reject"), WHY]).await;
        assert!(told.starts_with("good"), "{told}");
        story.ends().await;
    }
}
