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
        let [(to_deposit, told)] = deposits.as_slice() else { panic!("one of a deposit: {deposits:?}") };
        assert_eq!(*told, paying.mtid);
        fina.get(to_deposit).await.leads_to(&format!("/office/deposits/{}", paying.id));
        // Whoever sees no deposits is not led to one.
        let mut adele = Visitor::signed_in(story, "adele").await;
        let page = adele.get("/office/notices").await.is(200).says(&paying.mtid).body;
        assert_eq!((links(&page, "/office/payouts").len(), links(&page, "/office/deposits").len()), (1, 0));
        office.ends().await;
    }
}
