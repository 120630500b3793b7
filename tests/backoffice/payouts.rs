//! Payouts in the back office: found, taken away as files, worked on, by one person and by two at once.

use super::visitor::{Visitor, add_person};
use crate::support;
use crate::support::story::{self, Story};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tillgate::domain::ids::PayoutId;

const EUR: &str = "MyPhoneCards EUR";
const GBP: &str = "MyPhoneCards GBP";

/// Asks for a payout with whatever else the cashier says of it, and gives its id.
pub async fn payout(story: &Story, front_end: &str, pin: &str, amount: &str, more: Value) -> String {
    let mut call = json!({
        "FrontEndName": front_end, "PIN": pin, "TraceID": story.next_trace(), "Amount": amount, "Fee": "1.50",
        "PP": "CFT",
    });
    if let (Some(call), Some(more)) = (call.as_object_mut(), more.as_object()) {
        call.extend(more.clone());
    }
    let reply = story.call("CreatePayout", call).await;
    assert_eq!(reply["Status"], 0, "{reply}");
    reply["ExtPayoutID"].as_str().expect("an id").to_owned()
}

/// The version that the page of a payout acts on.
pub async fn seen(visitor: &mut Visitor, id: &str) -> String {
    let page = visitor.get(&format!("/office/payouts/{id}")).await.is(200);
    let found = page.body.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    found.expect("a button").to_owned()
}

/// Presses a button as it was looked at, and gives what the page says then.
pub async fn press(visitor: &mut Visitor, id: &str, seen: &str, fields: &[(&str, &str)]) -> String {
    let path = format!("/office/payouts/{id}");
    visitor.get("/office").await.is(200);
    let fields: Vec<(&str, &str)> = [("seen", seen)].into_iter().chain(fields.iter().copied()).collect();
    visitor.post(&path, &fields).await.leads_to(&path);
    let page = visitor.get(&path).await.is(200);
    let said = page.body.split("class=\"notice ").nth(1).and_then(|rest| rest.split("</div>").next());
    said.unwrap_or_default().to_owned()
}

pub async fn status(story: &Story, id: &str) -> String {
    let id = PayoutId::parse(id).expect("an id");
    let find = move |connection: &mut tillgate::store::Connection| {
        tillgate::store::payouts::find_now(connection, id)
    };
    story.running().store.read(find).await.expect("read").expect("there").status.to_string()
}

#[tokio::test]
async fn a_payout_is_worked_from_request_to_release_by_two() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        let customer = story.customer(EUR, "Lovelace", "500.00").await;
        add_person(&story, "berta", &["operator=*"]).await;
        add_person(&story, "carlo", &["approver=*"]).await;
        let id = payout(&story, EUR, "Lovelace", "100.00", json!({})).await;

        let mut berta = Visitor::signed_in(&story, "berta").await;
        let version = seen(&mut berta, &id).await;
        let said = press(&mut berta, &id, &version, &[("act", "authorize")]).await;
        assert!(said.starts_with("good"), "{said}");
        assert_eq!(status(&story, &id).await, "Authorized");
        let version = seen(&mut berta, &id).await;
        let said = press(&mut berta, &id, &version, &[("act", "start")]).await;
        assert!(said.starts_with("bad") && said.contains("Reason"), "a reason is needed: {said}");
        let said = press(&mut berta, &id, &version, &[("act", "start"), ("reason", "checked")]).await;
        assert!(said.starts_with("good"), "{said}");
        assert_eq!(story.balance(&customer).await, "398.50");

        let mut carlo = Visitor::signed_in(&story, "carlo").await;
        let version = seen(&mut carlo, &id).await;
        let approve = [("act", "approve"), ("reason", "paid by hand"), ("transaction_id", "BANK-1")];
        let said = press(&mut carlo, &id, &version, &approve).await;
        assert!(said.starts_with("good"), "{said}");
        assert_eq!(status(&story, &id).await, "Approved");
        let page = carlo.get(&format!("/office/payouts/{id}")).await.is(200);
        let page = page
            .says("BANK-1")
            .says("<span class=\"by\">carlo</span>")
            .says("<span class=\"by\">berta</span>")
            .says("paid by hand");
        page.says("CreatePayout").says("Payouts in transit of MyPhoneCards EUR");
        story.ends().await;
    }
}

#[tokio::test]
async fn whoever_acts_on_an_old_page_is_told_what_changed_and_who_changed_it() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        story.customer(EUR, "Lovelace", "500.00").await;
        add_person(&story, "berta", &["operator=*"]).await;
        add_person(&story, "dora", &["operator=*"]).await;
        let id = payout(&story, EUR, "Lovelace", "100.00", json!({})).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let mut dora = Visitor::signed_in(&story, "dora").await;
        let (hers, his) = (seen(&mut berta, &id).await, seen(&mut dora, &id).await);
        let (one, other) = tokio::join!(
            press(&mut berta, &id, &hers, &[("act", "reject"), ("reason", "a wrong name")]),
            press(&mut dora, &id, &his, &[("act", "authorize")]),
        );
        let good = [&one, &other].into_iter().filter(|said| said.starts_with("good")).count();
        assert_eq!(good, 1, "one of both: {one} / {other}");
        let (loser, winner) = if one.starts_with("good") { (&other, "berta") } else { (&one, "dora") };
        assert!(loser.contains("It has changed since you looked"), "{loser}");
        assert!(loser.contains(&format!("{winner}: ")), "{loser}");
        story.ends().await;
    }
}

#[tokio::test]
async fn above_the_limit_the_one_who_prepared_does_not_release() {
    for scratch in support::databases() {
        let mut settings = story::settings(&scratch.url);
        settings.front_ends[0].approvals.four_eyes_above = Some("50.00".to_owned());
        settings.front_ends[0].approvals.marks = vec!["G".to_owned()];
        let story = Story::with(scratch, settings).await;
        story.customer(EUR, "Lovelace", "500.00").await;
        add_person(&story, "berta", &["operator=*", "approver=*"]).await;
        add_person(&story, "carlo", &["approver=*"]).await;
        let id = payout(&story, EUR, "Lovelace", "100.00", json!({})).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let version = seen(&mut berta, &id).await;
        let start = [("act", "start"), ("reason", "checked")];
        let said = press(&mut berta, &id, &version, &start).await;
        assert!(said.contains("Marks are missing: G"), "{said}");
        let said = press(&mut berta, &id, &version, &[("act", "mark"), ("mark", "G")]).await;
        assert!(said.starts_with("good"), "{said}");
        let version = seen(&mut berta, &id).await;
        berta
            .get(&format!("/office/payouts/{id}"))
            .await
            .says("You prepared it; above the limit another person");
        // Pressing the greyed button all the same, also for several at once, does not help.
        let said = press(&mut berta, &id, &version, &start).await;
        assert!(said.contains("You prepared it"), "{said}");
        let pick = format!("{id}:{version}");
        let bulk = [("act", "start"), ("reason", "checked"), ("pick", pick.as_str())];
        berta.post("/office/payouts/bulk", &bulk).await.is(200).says("You prepared it").says("0 of 1 done");
        let mut carlo = Visitor::signed_in(&story, "carlo").await;
        let version = seen(&mut carlo, &id).await;
        let said = press(&mut carlo, &id, &version, &start).await;
        assert!(said.starts_with("good"), "{said}");
        story.ends().await;
    }
}

#[tokio::test]
async fn a_bulk_action_has_a_result_for_each_row() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        story.customer(EUR, "Lovelace", "500.00").await;
        story.customer(GBP, "Babbage", "500.00").await;
        add_person(&story, "berta", &[&format!("operator={EUR}")]).await;
        let good = payout(&story, EUR, "Lovelace", "10.00", json!({})).await;
        let stale = payout(&story, EUR, "Lovelace", "20.00", json!({})).await;
        let foreign = payout(&story, GBP, "Babbage", "30.00", json!({})).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let list = berta.get("/office/payouts").await.is(200);
        assert!(!list.body.contains("Babbage") && !list.body.contains(&foreign), "out of reach");
        let version = |id: &str| {
            let at = list.body.split(&format!("value=\"{id}:")).nth(1).expect("a box");
            at.split('"').next().expect("a version").to_owned()
        };
        let picks = [
            format!("{good}:{}", version(&good)),
            format!("{stale}:{}", version(&stale)),
            format!("{foreign}:1"),
            "PO-0000000000000:1".to_owned(),
        ];
        press(&mut berta, &stale, &version(&stale), &[("act", "claim")]).await;
        let mut fields = vec![("act", "authorize")];
        fields.extend(picks.iter().map(|pick| ("pick", pick.as_str())));
        let page = berta.post("/office/payouts/bulk", &fields).await.is(200).says("1 of 4 done");
        assert_eq!(
            page.body.matches("There is no such payout within your front ends.").count(),
            2,
            "{}",
            page.body
        );
        page.says("It has changed since you looked");
        assert_eq!(status(&story, &good).await, "Authorized");
        assert_eq!(status(&story, &stale).await, "Requested");
        assert_eq!(status(&story, &foreign).await, "Requested");
        berta.post("/office/payouts/bulk", &[("act", "authorize")]).await.is(422);
        berta.post("/office/payouts/bulk", &[("act", "edit"), ("pick", picks[0].as_str())]).await.is(422);
        story.ends().await;
    }
}

/// The ids that a list shows.
fn ids(page: &str) -> BTreeSet<String> {
    let links = page.split("data-opens=\"/office/payouts/").skip(1);
    links.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_list_is_filtered_searched_and_paged() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        story.customer(EUR, "Lovelace", "500.00").await;
        story.customer(GBP, "Babbage", "500.00").await;
        add_person(&story, "vera-2", &["viewer=*"]).await;
        let small = payout(&story, EUR, "Lovelace", "10.00", json!({"TraceID": 777_001})).await;
        let large = payout(&story, EUR, "Lovelace", "200.00", json!({})).await;
        let pounds = payout(&story, GBP, "Babbage", "30.00", json!({})).await;
        let mut vera = Visitor::signed_in(&story, "vera-2").await;
        let all: BTreeSet<String> = [&small, &large, &pounds].map(String::clone).into();
        for (query, expected) in [
            ("", all.clone()),
            ("status=Requested", all.clone()),
            ("status=Approved", BTreeSet::new()),
            ("fe=MyPhoneCards+GBP", [pounds.clone()].into()),
            ("currency=EUR&least=10.01", [large.clone()].into()),
            ("currency=EUR&most=10.00", [small.clone()].into()),
            ("debit=Taken", BTreeSet::new()),
            ("pp=CFT", all.clone()),
            ("pp=Skrill", BTreeSet::new()),
            ("age=1h", BTreeSet::new()),
            ("from=2026-11-24&until=2026-11-24", all.clone()),
            ("until=2026-11-23", BTreeSet::new()),
        ] {
            let page = vera.get(&format!("/office/payouts?{query}")).await.is(200);
            assert_eq!(ids(&page.body), expected, "{query}");
        }
        for bad in
            ["status=Paid", "currency=XXX", "least=10", "currency=EUR&least=1.001", "from=yesterday", "age=x"]
        {
            vera.get(&format!("/office/payouts?{bad}")).await.is(422);
        }
        // Two pages of two.
        let first = vera.get("/office/payouts?per=2").await.is(200);
        let next = first.body.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
        let next = next.expect("more rows").replace("&amp;", "&");
        let second = vera.get(&next).await.is(200);
        let both: BTreeSet<String> = ids(&first.body).union(&ids(&second.body)).cloned().collect();
        assert_eq!((ids(&first.body).len(), both), (2, all));
        // Any id leads to its payout.
        for found in [small.as_str(), "777001"] {
            vera.get(&format!("/office/payouts?q={found}"))
                .await
                .leads_to(&format!("/office/payouts/{small}"));
        }
        assert_eq!(ids(&vera.get("/office/payouts?q=Lovelace").await.is(200).body).len(), 2);
        assert_eq!(ids(&vera.get("/office/payouts?q=nothing").await.is(200).body).len(), 0);
        // Columns that were chosen, in their order.
        let page = vera.get("/office/payouts?cols=pin&cols=trace").await.is(200);
        assert_eq!(page.body.matches("<th scope=\"col\"").count(), 3, "id, PIN and TraceID");
        story.ends().await;
    }
}

#[tokio::test]
async fn views_are_kept_shared_and_taken_away_by_their_owner() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["operator=*"]).await;
        add_person(&story, "dora", &["operator=*"]).await;
        add_person(&story, "vera-2", &["viewer=*"]).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        berta.get("/office/payouts?status=Requested&cols=pin").await.is(200);
        let query = "status=Requested&cols=pin&after=7&csrf=x";
        let keep = |title: &'static str, shared: &'static str| {
            [("title", title), ("query", query), ("shared", shared)]
        };
        berta
            .post("/office/payouts/views", &keep("Mine", ""))
            .await
            .leads_to("/office/payouts?status=Requested&cols=pin");
        berta.post("/office/payouts/views", &keep("Ours", "1")).await.is(303);
        berta.post("/office/payouts/views", &keep(" ", "1")).await.is(422);
        berta.get("/office/payouts").await.is(200).says(">Mine").says(">Ours").says("(shared)");
        let mut dora = Visitor::signed_in(&story, "dora").await;
        let page = dora.get("/office/payouts").await.is(200);
        assert!(page.body.contains(">Ours") && !page.body.contains(">Mine"));
        assert!(!page.body.contains("/remove\""), "only her own");
        // Nobody takes away what is another's, and a viewer shares nothing.
        let page = berta.get("/office/payouts").await.is(200);
        let removes: Vec<&str> =
            page.body.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let removes: Vec<&str> = removes.into_iter().filter(|to| to.ends_with("/remove")).collect();
        assert_eq!(removes.len(), 2);
        for remove in &removes {
            dora.post(remove, &[]).await.is(303);
        }
        berta.get("/office/payouts").await.is(200).says(">Mine").says(">Ours");
        let mut vera = Visitor::signed_in(&story, "vera-2").await;
        vera.get("/office/payouts").await.is(200);
        vera.post("/office/payouts/views", &keep("Everybody's", "1")).await.is(303);
        assert!(!dora.get("/office/payouts").await.body.contains("Everybody"), "a viewer's stay hers");
        for remove in &removes {
            berta.post(remove, &[]).await.is(303);
        }
        assert!(!dora.get("/office/payouts").await.body.contains(">Ours"));
        story.ends().await;
    }
}

#[tokio::test]
async fn files_hold_what_the_filter_finds_and_no_formula() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        story.customer(EUR, "=cmd|' /C calc'!A0", "500.00").await;
        story.customer(GBP, "Babbage", "500.00").await;
        add_person(&story, "fiona-2", &[&format!("finance={EUR}")]).await;
        add_person(&story, "vera-2", &["viewer=*"]).await;
        for amount in ["10.00", "20.00", "30.00"] {
            payout(&story, EUR, "=cmd|' /C calc'!A0", amount, json!({})).await;
        }
        payout(&story, GBP, "Babbage", "40.00", json!({})).await;
        let mut fiona = Visitor::signed_in(&story, "fiona-2").await;
        let file =
            fiona.get("/office/payouts/file/csv?currency=EUR&least=15&cols=pin&cols=amount").await.is(200);
        let rows: Vec<&str> = file.body.lines().collect();
        assert_eq!(rows[0], "ExtPayoutID,PIN,Amount,Currency");
        assert_eq!(rows.len(), 3, "{rows:?}");
        assert!(rows[1..].iter().all(|row| row.contains(",'=cmd|' /C calc'!A0,")), "{rows:?}");
        assert!(rows[1].ends_with(",30.00,EUR") || rows[1].ends_with(",20.00,EUR"), "{rows:?}");
        assert!(!file.body.contains("Babbage"), "out of reach");
        assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
        assert!(
            file.headers["content-disposition"].to_str().expect("text").starts_with("attachment; filename=")
        );
        let file = fiona.get("/office/payouts/file/xlsx").await.is(200);
        assert!(file.body.starts_with("PK"), "a spreadsheet");
        fiona.get("/office/payouts/file/pdf").await.is(404);
        let mut vera = Visitor::signed_in(&story, "vera-2").await;
        vera.get("/office/payouts/file/csv").await.is(403);
        story.ends().await;
    }
}

/// Whatever a cashier sends as text stays text on every page that shows it.
#[tokio::test]
async fn no_text_of_a_cashier_becomes_a_part_of_a_page() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        let bad = "\"'><script>alert(1)</script>";
        let pin = "<b>\"'&pin";
        story
            .platform(
                "customers",
                "add-bad",
                json!({
                    "front_end": EUR, "pin": pin, "details": {
                        "first_name": bad, "last_name": bad, "email": "a@b.example", "country": "DE", "city": bad,
                        "street": bad,
                    },
                }),
            )
            .await;
        let gift = json!({ "front_end": EUR, "pin": pin, "amount": "500.00", "reason": bad });
        story.platform("adjustments", "gift-bad", gift).await;
        let more = json!({"CreatedBy": bad, "PaymentMethod": bad});
        let call = json!({
            "FrontEndName": EUR, "PIN": pin, "TraceID": story.next_trace(), "Amount": "10.00", "PP": "CFT",
        });
        let mut call = call.as_object().expect("fields").clone();
        call.extend(more.as_object().expect("fields").clone());
        let reply = story.call("CreatePayout", Value::Object(call)).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        let id = reply["ExtPayoutID"].as_str().expect("an id").to_owned();
        for (status, more) in
            [("A", json!({"UpdatedBy": bad})), ("I", json!({})), ("Y", json!({"TransactionID": bad}))]
        {
            let mut update = json!({"FrontEndName": EUR, "PIN": pin, "ExtPayoutID": id, "Status": status});
            update.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
            story.call("UpdatePayout", update).await;
        }
        add_person(&story, "berta", &["operator=*", "approver=*"]).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let version = seen(&mut berta, &id).await;
        press(&mut berta, &id, &version, &[("act", "note"), ("note", bad)]).await;
        press(&mut berta, &id, &version, &[("act", "reverse"), ("reason", bad)]).await;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &format!("{bad} again"))
            .finish();
        berta.post("/office/payouts/views", &[("title", bad), ("query", "pp=%3Cb%3E")]).await;
        for path in [
            format!("/office/payouts/{id}"),
            "/office/payouts".to_owned(),
            "/office/payouts?cols=pin&cols=method&cols=transaction&cols=created_by&cols=updated_by"
                .to_owned(),
            format!("/office/payouts?{query}"),
            format!("/office/payouts?{}", query.replace("q=", "pp=")),
        ] {
            let page = berta.get(&path).await.is(200);
            for part in ["<script>alert", "<b>\"'&pin", "\"'>"] {
                assert!(!page.body.contains(part), "{path}: {part} in {}", page.body);
            }
        }
        berta
            .get(&format!("/office/payouts/{id}"))
            .await
            .says("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
        story.ends().await;
    }
}
