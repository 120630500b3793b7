//! What takes two people, over HTTP: who proposes can't confirm, from whatever page he tries; a second person can, once.

use super::visitor::{Page, Visitor, add_person};
use crate::stories::acting::office::{self, Office};
use crate::support;
use crate::support::story::Story;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::processors::sopg::simulator::{Fault, Kind, Letter};

const EUR: &str = "MyPhoneCards EUR";
const GBP: &str = "MyPhoneCards GBP";
const CONFIRM: [(&str, &str); 2] = [("decision", "confirm"), ("reason", "seen the statement")];

/// The first open proposal that a page has a form for.
fn proposal_on(page: &Page) -> String {
    let found = page.body.split("/office/proposals/PR-").nth(1).and_then(|rest| rest.split('"').next());
    format!("/office/proposals/PR-{}", found.expect("a form of a proposal"))
}

/// Posts a form and gives what the page says that it leads to.
async fn says(visitor: &mut Visitor, path: &str, fields: &[(&str, &str)], back: &str) -> String {
    visitor.get("/office").await.is(200);
    visitor.post(path, fields).await.leads_to(back);
    let page = visitor.get(back).await.is(200);
    let said = page.body.split("class=\"notice ").nth(1).and_then(|rest| rest.split("</div>").next());
    said.unwrap_or_default().to_owned()
}

async fn people(story: &Story) -> [Visitor; 5] {
    let there = format!("finance={GBP}");
    for (name, grant) in [
        ("anna", "finance=*"),
        ("bert", "finance=*"),
        ("otto", "operator=*"),
        ("carl", "viewer=*"),
        ("gwen", there.as_str()),
    ] {
        add_person(story, name, &[grant]).await;
    }
    let mut visitors = Vec::new();
    for name in ["anna", "bert", "otto", "carl", "gwen"] {
        visitors.push(Visitor::signed_in(story, name).await);
    }
    visitors.try_into().unwrap_or_else(|_| panic!("five"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_balance_is_adjusted_by_two_people_and_never_by_one() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        let customer = story.customer(EUR, "Lovelace", "100.00").await;
        let page = "/office/customers/MyPhoneCards%20EUR/Lovelace";
        let adjust = format!("{page}/adjust");
        let [mut anna, mut bert, mut otto, mut carl, mut gwen] = people(&story).await;

        anna.get(page).await.is(200).says("Propose an adjustment");
        let wish = [("amount", "-25.00"), ("reason", "paid twice")];
        for (amount, why) in [("0.00", "must"), ("1.234", "Amount"), ("x", "Amount")] {
            let page = anna.post(&adjust, &[("amount", amount), ("reason", "a reason")]).await;
            let told = if page.status == 303 { anna.get(page.goes_to()).await.body } else { page.body };
            assert!(told.contains(why), "{amount}: {told}");
        }
        let said = says(&mut anna, &adjust, &[("amount", "-25.00"), ("reason", "")], page).await;
        assert!(said.starts_with("bad"), "a reason is needed: {said}");
        let said = says(&mut anna, &adjust, &wish, page).await;
        assert!(said.starts_with("good"), "{said}");
        assert_eq!(story.balance(&customer).await, "100.00", "nothing happens by a proposal");

        // Who proposed sees no button to confirm, and pressing it all the same is refused.
        let open = anna.get("/office/proposals").await.is(200).says("paid twice").says("anna").says("25.00");
        assert!(open.body.contains("Take back") && !open.body.contains("value=\"confirm\""), "{}", open.body);
        let decide = proposal_on(&open);
        let said = says(&mut anna, &decide, &CONFIRM, "/office/proposals").await;
        assert!(said.contains("another person confirms"), "{said}");

        // Roles without the right, front ends out of reach: neither proposes nor decides.
        for visitor in [&mut otto, &mut carl] {
            visitor.get("/office").await.is(200);
            visitor.post(&decide, &CONFIRM).await.is(403);
            visitor.post(&adjust, &wish).await.is(403);
        }
        let hidden = otto.get("/office/proposals").await.is(200).says("paid twice");
        assert!(!hidden.body.contains("value=\"confirm\""), "{}", hidden.body);
        let hidden = gwen.get("/office/proposals").await.is(200);
        assert!(!hidden.body.contains("paid twice"), "{}", hidden.body);
        gwen.post(&decide, &CONFIRM).await.is(404);
        gwen.post(&adjust, &wish).await.is(404);
        assert_eq!(story.balance(&customer).await, "100.00");

        // Two seconds at once: it is applied once.
        add_person(&story, "cleo", &["finance=*"]).await;
        let mut cleo = Visitor::signed_in(&story, "cleo").await;
        bert.get("/office/proposals").await.is(200).says("value=\"confirm\"");
        cleo.get("/office/proposals").await.is(200);
        let (one, other) = tokio::join!(
            says(&mut bert, &decide, &CONFIRM, "/office/proposals"),
            says(&mut cleo, &decide, &CONFIRM, "/office/proposals")
        );
        let good = [&one, &other].into_iter().filter(|said| said.starts_with("good")).count();
        assert_eq!(good, 1, "{one} / {other}");
        assert_eq!(story.balance(&customer).await, "75.00");
        for word in ["confirm", "decline", "withdraw"] {
            let late = [("decision", word), ("reason", "late")];
            let said = says(&mut anna, &decide, &late, "/office/proposals").await;
            assert!(said.contains("decided already"), "{word}: {said}");
        }
        assert_eq!(story.balance(&customer).await, "75.00");
        anna.get("/office/proposals").await.is(200).says("No proposal waits").says("Confirmed");
        story.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_payout_of_unknown_outcome_is_settled_by_two_and_a_stale_proposal_by_nobody() {
    for scratch in support::databases() {
        let office = Office::with(scratch, |settings| {
            settings.sopg.accounts.values_mut().for_each(|account| account.used_payout_id_is_paid = true);
        })
        .await;
        let story = &office.bench.story;
        let [mut anna, mut bert, mut otto, _, mut gwen] = people(story).await;
        let case = office.unknown(false).await;
        let page = format!("/office/payouts/{}", case.id);
        let propose = [("act", "propose_outcome"), ("verdict", "not_paid"), ("reason", "the statement")];
        otto.get(&page).await.is(200);
        let said = says(&mut otto, &page, &propose, &page).await;
        assert!(said.contains("roles do not allow"), "{said}");
        gwen.get("/office").await.is(200);
        gwen.post(&page, &propose).await.is(404);
        let said = says(&mut anna, &page, &propose, &page).await;
        assert!(said.starts_with("good"), "{said}");
        let said = says(&mut bert, &page, &propose, &page).await;
        assert!(said.contains("anna has proposed an outcome"), "{said}");

        // From the list of proposals as from the payout's page: not by the one who proposed.
        let decide = proposal_on(&anna.get("/office/proposals").await.is(200).says(&case.id.to_string()));
        let id = decide.rsplit('/').next().expect("an id").to_owned();
        let by_page = [("act", "confirm"), ("proposal", id.as_str()), ("reason", "myself")];
        for (path, fields, back) in
            [(&decide, &CONFIRM[..], "/office/proposals"), (&page, &by_page[..], page.as_str())]
        {
            let said = says(&mut anna, path, fields, back).await;
            assert!(said.contains("another person confirms"), "{said}");
        }
        // A proposal is not decided on the page of another payout.
        let other = office.requested(office::BY_HAND).await;
        bert.get("/office").await.is(200);
        bert.post(&format!("/office/payouts/{}", other.id), &by_page).await.is(404);
        let said = says(&mut bert, &decide, &CONFIRM, "/office/proposals").await;
        assert!(said.starts_with("good"), "{said}");
        let seen = office.sees(&office::finance("bert"), &case).await.expect("seen");
        assert_eq!(seen.payout.attempt, Some(AttemptState::Refused));
        assert_eq!(office.paid_out(), 0);

        // An inquiry that is faster: the proposal is overtaken, and its form on an old page does nothing.
        let case = office.unknown(true).await;
        let page = format!("/office/payouts/{}", case.id);
        let said = says(&mut anna, &page, &propose, &page).await;
        assert!(said.starts_with("good"), "{said}");
        let stale = proposal_on(&bert.get("/office/proposals").await.is(200));
        office.hours_pass().await;
        assert_eq!(office.status(&case).await, PayoutStatus::Approved, "the inquiry");
        // Hours have passed: everybody signs in again.
        let mut bert = Visitor::signed_in(story, "bert").await;
        let said = says(&mut bert, &stale, &CONFIRM, "/office/proposals").await;
        assert!(said.contains("decided already"), "{said}");
        assert_eq!(office.status(&case).await, PayoutStatus::Approved);
        office.ends().await;
    }
}

#[tokio::test]
async fn a_refund_and_a_deposit_of_unknown_outcome_are_settled_by_two() {
    for scratch in support::databases() {
        let office = Office::on(scratch, office::plain).await;
        let bench = &office.bench;
        // A deposit that nobody explains.
        let odd = bench.opens(crate::stories::sopg::bench::EUROS).await;
        bench.gateway.force(&odd.mtid, Letter::I);
        bench.passes(3 * 3600);
        bench.works().await;
        assert_eq!(bench.status(&odd).await, "Pending");
        // A refund whose answer was lost.
        let paid = bench.opens(crate::stories::sopg::bench::EUROS).await;
        bench.pays(&paid).await;
        bench.gateway.deliver_due().await;
        assert_eq!(bench.settles(&paid).await, "Credited");
        let fields = serde_json::json!({ "TraceID": bench.story.next_trace() });
        assert_eq!(bench.call(&paid, "RefundDeposit", fields).await["Status"], 0);
        bench.gateway.fault(Fault::new("refund", Kind::ResetAfter).skipping(1).times(9));
        bench.works().await;
        bench.clears_faults().await;

        let [mut anna, mut bert, mut otto, _, mut gwen] = people(&bench.story).await;
        let of_refund = format!("/office/deposits/{}", paid.id);
        let page = anna.get(&of_refund).await.is(200).says("Say what became of it");
        let refund = page.body.split("name=\"matter\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1));
        let refund = refund.and_then(|rest| rest.split('"').next()).expect("a refund").to_owned();
        let of_deposit = format!("/office/deposits/{}", odd.id);
        let reference = format!("S-{}", odd.mtid);
        for (page, matter, reference) in
            [(&of_refund, refund.as_str(), "R-1"), (&of_deposit, "deposit", reference.as_str())]
        {
            let path = format!("{page}/propose");
            let wish =
                [("matter", matter), ("verdict", "paid"), ("reference", reference), ("reason", "a letter")];
            otto.get("/office").await.is(200);
            otto.post(&path, &wish).await.is(403);
            gwen.get("/office").await.is(200);
            gwen.post(&path, &wish).await.is(404);
            let said = says(&mut anna, &path, &wish, page).await;
            assert!(said.starts_with("good"), "{said}");
            let decide = proposal_on(&bert.get("/office/proposals").await.is(200));
            assert_eq!(decide, proposal_on(&bert.get(page).await.is(200)), "on its own page too");
            let said = says(&mut anna, &decide, &CONFIRM, "/office/proposals").await;
            assert!(said.contains("another person confirms"), "{said}");
            let said = says(&mut bert, &decide, &CONFIRM, "/office/proposals").await;
            assert!(said.starts_with("good"), "{said}");
        }
        // A refund is not settled on the page of another deposit.
        anna.get("/office").await.is(200);
        let foreign = [("matter", refund.as_str()), ("verdict", "not_paid"), ("reason", "x")];
        anna.post(&format!("{of_deposit}/propose"), &foreign).await.is(404);
        assert_eq!(bench.story.balance(&paid.customer).await, "0.00", "paid back");
        assert_eq!(bench.status(&odd).await, "Credited");
        office.bench.story.ends().await;
        office.bench.gateway.stop().await;
    }
}
