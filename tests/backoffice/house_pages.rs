//! The pages that show the house: today, deposits, customers, ledger, unknown outcomes, outbox, notices, processor map,
//! front ends, people and the audit trail.

use super::browser::{look, sign_in, with_browser};
use super::visitor::{Visitor, add_person};
use crate::support;
use crate::support::story::{Customer, Story};
use serde_json::{Value, json};
use tillgate::backoffice::route::{self, Access, Method};

const EUR: &str = "MyPhoneCards EUR";
const GBP: &str = "MyPhoneCards GBP";

async fn call(story: &Story, method: &str, customer: &Customer, more: Value) -> Value {
    let mut fields = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
    if let (Some(fields), Some(more)) = (fields.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    let reply = story.call(method, fields).await;
    assert_eq!(reply["Status"], 0, "{method}: {reply}");
    reply
}

async fn payout(story: &Story, customer: &Customer, amount: &str) -> String {
    let wish = json!({ "TraceID": story.next_trace(), "Amount": amount, "Fee": "1.50", "PP": "CFT" });
    let reply = call(story, "CreatePayout", customer, wish).await;
    reply["ExtPayoutID"].as_str().expect("an id").to_owned()
}

/// A customer with a credited deposit, a payout that was rejected and one that waits.
async fn life(story: &Story) -> Customer {
    let customer = story.customer(EUR, "Lovelace", "2000.00").await;
    let deposit = json!({
        "TraceID": story.next_trace(), "Amount": "75.00", "PP": "CFT", "TransactionID": "T-75", "PaymentMethod": "card",
    });
    call(story, "ProcessDeposit", &customer, deposit).await;
    let rejected = payout(story, &customer, "12.00").await;
    let to = json!({ "ExtPayoutID": rejected, "Status": "Rejected" });
    call(story, "UpdatePayout", &customer, to).await;
    payout(story, &customer, "340.00").await;
    customer
}

const PAGES: [(&str, &str); 17] = [
    ("/office/today", "today"),
    ("/office/deposits", "deposits"),
    ("/office/customers", "customers"),
    ("/office/customers/MyPhoneCards%20EUR/Lovelace", "customer"),
    ("/office/ledger", "ledger"),
    ("/office/ledger/accounts", "ledger-accounts"),
    ("/office/ledger/customers", "ledger-customers"),
    ("/office/ledger/transactions", "ledger-transactions"),
    ("/office/unknown", "unknown"),
    ("/office/proposals", "proposals"),
    ("/office/people", "people"),
    ("/office/errands?state=all", "errands"),
    ("/office/notices", "notices"),
    ("/office/processors?name=WireCard7", "processors"),
    ("/office/front-ends", "front-ends"),
    ("/office/audit", "audit"),
    ("/office/audit/check", "audit-check"),
];

const EVERYTHING: [&str; 6] = ["viewer=*", "support=*", "operator=*", "finance=*", "admin=*", "auditor=*"];

#[tokio::test]
async fn pages_show_what_there_is() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        life(&story).await;
        add_person(&story, "berta", &EVERYTHING).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        for (path, texts) in [
            ("/office/today", vec!["352.00", "<svg class=\"bars\"", "<td class=\"number\">2</td>"]),
            ("/office/deposits", vec!["75.00", "T-75", "Lovelace"]),
            ("/office/customers", vec!["Lovelace"]),
            (
                "/office/customers/MyPhoneCards%20EUR/Lovelace",
                vec!["2,000.00", "75.00", "Deposit credited", "Processor CFT, EUR"],
            ),
            ("/office/ledger", vec!["Adjustments", "Processors", "Sum", "0.00"]),
            ("/office/ledger/accounts", vec!["Adjustments of MyPhoneCards EUR", "Processor CFT, EUR"]),
            ("/office/ledger/customers", vec!["Customer Lovelace, MyPhoneCards EUR"]),
            (
                "/office/ledger/account?account=customer%2FMyPhoneCards+EUR%2FLovelace",
                vec!["2,000.00", "Adjustment<", "its name is customer/MyPhoneCards EUR/Lovelace"],
            ),
            ("/office/ledger/transactions?kind=deposit_credited", vec!["<td>Deposit credited</td>", "DE-"]),
            ("/office/processors?name=CFT", vec!["CFT"]),
            ("/office/front-ends", vec![EUR, GBP]),
            ("/office/audit?kind=payout.created", vec!["payout.created", "340.00 EUR"]),
            ("/office/audit/check", vec!["Whole"]),
        ] {
            let page = berta.get(path).await.is(200);
            for text in texts {
                assert!(page.body.contains(text), "`{text}` stands in {path}: {}", page.body);
            }
        }
        let found = berta.get("/office/deposits?q=T-75").await.is(303).goes_to().to_owned();
        berta.get(&found).await.is(200).says("75.00");
        // One customer is found by a part of the PIN, and leads to his page.
        berta.get("/office/customers?q=Love").await.leads_to("/office/customers/MyPhoneCards%20EUR/Lovelace");
        let list = berta.get("/office/deposits").await.is(200).body;
        let id =
            list.split("/office/deposits/DE-").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
        berta
            .get(&format!("/office/deposits/DE-{id}"))
            .await
            .is(200)
            .says("Credited")
            .says("Deposit credited");
        story.ends().await;
    }
}

/// Marks that would do something if any page took text for HTML.
const EVIL: &str = "\"'><img src=x onerror=pwned()><script>pwned()</script>";

#[tokio::test]
async fn whatever_the_cashier_and_the_platform_send_stays_text() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        let evil = |longest: usize| -> String { EVIL.chars().take(longest).collect() };
        let details = json!({
            "front_end": EUR, "pin": "evil", "first_name": EVIL, "last_name": EVIL, "street": EVIL, "city": EVIL,
            "province": EVIL, "postal_code": evil(12), "phone": evil(12), "email": "\"<b>\"@example.org",
        });
        let told = story
            .http()
            .post(format!("{}/platform/v1/customers", story.base))
            .bearer_auth("sandbox-platform-key");
        let told = told.header("idempotency-key", "evil").header("content-type", "application/json");
        let told = told.body(details.to_string()).send().await.expect("an answer");
        // Should the platform's door refuse one of them, the others are what the pages must bear.
        let plain = !told.status().is_success();
        let customer = story.customer(EUR, if plain { "plain" } else { "evil" }, "500.00").await;
        let mut sent = 0;
        let fields = ["PaymentMethod", "CreatedBy", "PP", "TransactionID", "UpdatedBy"];
        for (method, field) in ["PendingDeposit", "ProcessDeposit", "CreatePayout"]
            .into_iter()
            .flat_map(|method| fields.map(|field| (method, field)))
        {
            for longest in [EVIL.len(), 25, 20] {
                let mut wish = json!({
                    "FrontEndName": EUR, "PIN": customer.pin, "TraceID": story.next_trace(), "Amount": "1.00", "PP": "CFT",
                    "TransactionID": "T1",
                });
                wish[field] = json!(evil(longest));
                let reply = story.call(method, wish).await;
                sent += usize::from(reply["Status"] == 0);
            }
        }
        assert!(sent > 5, "some of it was taken: {sent}");
        let open = payout(&story, &customer, "2.00").await;
        for (field, value) in [("UpdatedBy", EVIL), ("TransactionID", EVIL), ("UpdatedBy", "<img src=x>")] {
            let mut wish = json!({ "FrontEndName": EUR, "PIN": customer.pin, "ExtPayoutID": open, "Status": "Approved" });
            wish[field] = json!(value);
            story.call("UpdatePayout", wish).await;
        }
        add_person(&story, "berta", &EVERYTHING).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let mut seen = 0;
        for route in route::all().filter(|route| route.method == Method::Get) {
            let Access::Needs(_) = route.access else { continue };
            let path = route.path.replace("{payout}", &open).replace("{front_end}", "MyPhoneCards%20EUR");
            let path = path.replace("{pin}", &customer.pin).replace("{kind}", "csv");
            if path.contains('{') {
                continue;
            }
            let page = berta.get(&path).await;
            if page
                .headers
                .get("content-type")
                .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("html")))
            {
                assert!(
                    !page.body.contains("<img") && !page.body.contains("<script>"),
                    "{path}: {}",
                    page.body
                );
                seen += usize::from(page.body.contains("&lt;img"));
            }
        }
        assert!(seen >= 2, "the marks are shown as text somewhere: {seen}");
        // What is named by an id that only the lists know.
        let list = berta.get("/office/deposits").await.is(200).body;
        let ids = list.split("href=\"/office/deposits/DE-").skip(1).filter_map(|rest| rest.split('"').next());
        for id in ids.map(str::to_owned).collect::<Vec<_>>() {
            let page = berta.get(&format!("/office/deposits/DE-{id}")).await.is(200);
            assert!(!page.body.contains("<img") && !page.body.contains("<script>"), "{}", page.body);
        }
        story.ends().await;
    }
}

#[tokio::test]
async fn an_errand_is_given_up_and_done_again_on_record() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        let customer = life(&story).await;
        let errand = tillgate::store::outbox::Errand {
            kind: "test".to_owned(),
            subject: "a test".to_owned(),
            payload: "{}".to_owned(),
        };
        let due = story.clock.now() + chrono::Duration::days(9);
        let put = story.running().store.transact("outbox", tillgate::store::Wants::nothing(), move |tx| {
            Ok(tillgate::store::outbox::put(tx, &errand, due)?)
        });
        put.await.expect("put");
        add_person(&story, "berta", &["admin=*"]).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        let list = berta.get("/office/errands").await.is(200).says("a test").body;
        let id = list.split("action=\"/office/errands/").nth(1).and_then(|rest| rest.split('"').next());
        let path = format!("/office/errands/{}", id.expect("an id"));
        berta.post(&path, &[("change", "park")]).await.is(422);
        berta
            .post(&path, &[("change", "park"), ("reason", "wait for them")])
            .await
            .leads_to("/office/errands");
        berta.get("/office/errands?state=parked").await.is(200).says("a test").says("wait for them");
        berta
            .post(&path, &[("change", "retry"), ("reason", "they are back")])
            .await
            .leads_to("/office/errands");
        add_person(&story, "otto", &["auditor=*"]).await;
        let mut otto = Visitor::signed_in(&story, "otto").await;
        for (kind, reason) in [("outbox.parked", "wait for them"), ("outbox.retried", "they are back")] {
            otto.get(&format!("/office/audit?kind={kind}")).await.is(200).says(reason).says("berta");
        }
        assert_eq!(customer.pin, "Lovelace");
        story.ends().await;
    }
}

#[tokio::test]
async fn an_administrator_disables_others_and_never_himself() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        add_person(&story, "berta", &["admin=*"]).await;
        add_person(&story, "otto", &["viewer=*"]).await;
        let mut otto = Visitor::signed_in(&story, "otto").await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        berta.get("/office/people").await.is(200).says("otto");
        berta.post("/office/people/berta/disabled", &[("disabled", "yes")]).await.leads_to("/office/people");
        berta.get("/office/people").await.is(200);
        berta
            .post("/office/people/otto/grants", &[("grants", "operator=MyPhoneCards EUR")])
            .await
            .leads_to("/office/people");
        berta.get("/office/people").await.is(200).says("operator=MyPhoneCards EUR");
        berta.post("/office/people/otto/grants", &[("grants", "king=*")]).await.is(422);
        berta.post("/office/people/otto/disabled", &[("disabled", "yes")]).await.leads_to("/office/people");
        assert_eq!(otto.get("/office").await.status.as_u16(), 303, "otto is out");
        story.ends().await;
    }
}

#[tokio::test]
async fn no_page_says_a_key_instead_of_its_words() {
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        life(&story).await;
        add_person(&story, "berta", &EVERYTHING).await;
        let mut berta = Visitor::signed_in(&story, "berta").await;
        for language in ["de", "en"] {
            berta.get("/office/me").await.is(200);
            berta.post("/office/me", &[("language", language), ("zone", ""), ("theme", "auto")]).await;
            for (path, name) in PAGES {
                let page = berta.get(path).await.is(200);
                assert!(page.body.contains(&format!("<html lang=\"{language}\"")), "{name}");
                for opening in [
                    "<th scope=\"col\">",
                    "<th scope=\"col\" class=\"number\">",
                    "<dt>",
                    "<h2>",
                    "<h1>",
                    "<label>",
                ] {
                    for text in page.body.split(opening).skip(1).filter_map(|rest| rest.split('<').next()) {
                        let key = text.contains('.')
                            && text.bytes().all(|c| c.is_ascii_lowercase() || b"._".contains(&c));
                        assert!(!key, "{name} says `{text}` in {language}");
                    }
                }
            }
        }
        story.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_house_is_good_to_look_at() {
    // To look at: what the pages say is read above, on both databases.
    let story = Story::on(support::sqlite()).await;
    life(&story).await;
    add_person(&story, "berta", &EVERYTHING).await;
    with_browser(|browser| {
        sign_in(browser, &story, "berta");
        for (path, name) in PAGES {
            look(browser, &story, path, name);
        }
    })
    .await;
    story.ends().await;
}
