//! What processors told us, and where the page leads from there.

use super::visitor::{Visitor, add_person};
use crate::stories::acting::office::{BY_GATEWAY, Office, operator, plain};
use crate::stories::sopg::bench::EUROS;
use crate::support;
use tillgate::operations::acting::act_on_payout::Act;
use tillgate::store::{Connection, attempts};

/// The links of the page's rows, with what they say.
fn links(page: &str, to: &str) -> Vec<(String, String)> {
    let begins = format!("<a href=\"{to}?q=");
    let found = page.split(&begins).skip(1);
    let read = found.filter_map(|rest| rest.split_once("\">"));
    read.map(|(query, rest)| {
        (format!("{to}?q={query}"), rest.split('<').next().unwrap_or_default().to_owned())
    })
    .collect()
}

/// The pages of the notices in a list.
fn notices(page: &str) -> Vec<&str> {
    let found = page.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    found.filter(|to| to.starts_with("/office/notices/")).collect()
}

#[tokio::test]
async fn a_notice_leads_to_the_payout_or_the_deposit_that_it_speaks_of() {
    for scratch in support::databases() {
        let office = Office::on(scratch, plain).await;
        let (bench, ann) = (&office.bench, operator("ann"));
        let story = &bench.story;
        add_person(story, "fina", &["finance=*"]).await;
        add_person(story, "adele", &["admin=*"]).await;

        // A payout that its processor carries out, and a notice of it under the reference that it got there.
        let case = office.requested(BY_GATEWAY).await;
        office.does(&ann, &case, Act::Start, "checked").await;
        bench.works().await;
        let id = case.id;
        let read = move |connection: &mut Connection| attempts::of_payout(connection, id);
        let attempt = story.running().store.read(read).await.expect("read").pop().expect("an attempt");
        let reference = attempt.id.bare();
        let body =
            format!("mtid={reference}&eventType=ASSIGN_CARDS&serialNumbers=1%3BEUR%3B5.00%3BAT00002%3B");
        let request = bench.browser.post(format!("{}/notify/paysafecard", story.base)).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(request.send().await.expect("an answer").status(), 200);
        // A deposit that a customer pays, and the notice of that.
        let paying = bench.opens(EUROS).await;
        bench.pays(&paying).await;
        assert!(bench.gateway.deliver_due().await >= 1, "a notice");
        assert_eq!(bench.settles(&paying).await, "Credited");

        let mut fina = Visitor::signed_in(story, "fina").await;
        let page = fina.get("/office/notices").await.is(200).body;
        let (payouts, deposits) = (links(&page, "/office/payouts"), links(&page, "/office/deposits"));
        let [(to_payout, told)] = payouts.as_slice() else { panic!("one of a payout: {payouts:?}") };
        assert_eq!(*told, reference);
        fina.get(to_payout).await.leads_to(&format!("/office/payouts/{id}"));
        // Its page and the payout's timeline show what came, masked, to whoever may see what goes over the wire.
        let unmatched = "mtid=nobody-knows-it&eventType=ASSIGN_CARDS&serialNumbers=4711%3BEUR%3B5.00%3BAT00002%3B\
            &note=4111111111111111&password=geese&name=<script>";
        let request = bench.browser.post(format!("{}/notify/paysafecard", story.base)).body(unmatched);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(request.send().await.expect("an answer").status(), 200);
        story.running().exchanges.as_ref().expect("they are kept").is_done().await;
        add_person(story, "otta", &["operator=*"]).await;
        let mut otta = Visitor::signed_in(story, "otta").await;
        let page = fina.get("/office/notices?reference=nobody-knows-it").await.is(200).body;
        let [to] = notices(&page)[..] else { panic!("one: {page}") };
        let seen = fina
            .get(to)
            .await
            .is(200)
            .says("&amp;note=************1111&amp;password=***&amp;name=&lt;script&gt;");
        assert!(!seen.body.contains("4111111111111111") && !seen.body.contains("4711%3B"), "{}", seen.body);
        let unseen = otta.get(to).await.is(200).says("nobody-knows-it");
        assert!(!unseen.body.contains("class=\"raw\""), "{}", unseen.body);
        let body = format!("mtid={reference}&#38;eventType=ASSIGN_CARDS&#38;serialNumbers=***");
        fina.get(&format!("/office/payouts/{id}")).await.is(200).says("What came").says(&body);
        fina.get(&format!("/office/deposits/{}", paying.id))
            .await
            .is(200)
            .says("What came")
            .says("serialNumbers=***");
        let page = otta.get(&format!("/office/payouts/{id}")).await.is(200).body;
        assert!(!page.contains("What came"), "{page}");
        assert_eq!(fina.get("/office/notices/1").await.status, 404);
        let [(to_deposit, told)] = deposits.as_slice() else { panic!("one of a deposit: {deposits:?}") };
        assert_eq!(*told, paying.mtid);
        fina.get(to_deposit).await.leads_to(&format!("/office/deposits/{}", paying.id));
        // Whoever sees no deposits is not led to one.
        let mut adele = Visitor::signed_in(story, "adele").await;
        let page = adele.get("/office/notices").await.is(200).says(&paying.mtid).body;
        assert_eq!((links(&page, "/office/payouts").len(), links(&page, "/office/deposits").len()), (1, 0));
        // The notice stays when the days of its body are over.
        story.advance(chrono::Duration::days(91));
        story.running().housekeeper.run_once().await.expect("kept house");
        let mut fina = Visitor::signed_in(story, "fina").await;
        let page = fina.get(to).await.is(200).says("nobody-knows-it").says("not kept any more").body;
        assert!(!page.contains("class=\"raw\""), "{page}");
        office.ends().await;
    }
}
