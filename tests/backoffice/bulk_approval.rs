//! Several are approved at once, each with the id that it has at its processor.

use super::visitor::{Visitor, add_person};
use crate::stories::acting::office::{BY_GATEWAY, BY_HAND, Office, operator};
use crate::support;
use tillgate::domain::ids::PayoutId;
use tillgate::operations::acting::act_on_payout::Act;
use tillgate::store::{Connection, payouts};

async fn transaction_id(office: &Office, id: PayoutId) -> (String, Option<String>) {
    let read = move |connection: &mut Connection| payouts::find_now(connection, id);
    let found = office.bench.story.running().store.read(read).await.expect("read").expect("there");
    (found.status.to_string(), found.transaction_id)
}

/// The values of the list's boxes.
fn picks(page: &str) -> Vec<String> {
    let boxes = page.split("name=\"pick\" form=\"bulk\" value=\"").skip(1);
    boxes.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn an_approval_of_several_asks_for_each_id_that_no_processor_of_ours_has_told() {
    for scratch in support::databases() {
        let office = Office::with(scratch, |settings| {
            // People approve, and not the gateway's answer.
            settings.processors.map.get_mut(BY_GATEWAY).expect("mapped").confirm = Default::default();
        })
        .await;
        let (story, ann) = (&office.bench.story, operator("ann"));
        let typed = office.requested(BY_HAND).await;
        let left_out = office.requested(BY_HAND).await;
        let told = office.requested(BY_GATEWAY).await;
        for case in [&typed, &left_out, &told] {
            office.does(&ann, case, Act::Start, "checked").await;
        }
        office.bench.works().await;
        add_person(story, "carlo", &["approver=*"]).await;
        let mut carlo = Visitor::signed_in(story, "carlo").await;
        let list = carlo.get("/office/payouts").await.is(200).says("name=\"ids\" value=\"ask\"").body;
        let picks = picks(&list);
        assert_eq!(picks.len(), 3, "{list}");

        let mut fields =
            vec![("act", "approve"), ("reason", "on the statement"), ("ids", "ask"), ("query", "")];
        fields.extend(picks.iter().map(|pick| ("pick", pick.as_str())));
        let page = carlo.post("/office/payouts/bulk", &fields).await.is(200).says("on the statement").body;
        for case in [&typed, &left_out] {
            assert!(page.contains(&format!("name=\"id-{}\"", case.id)), "{page}");
        }
        assert!(!page.contains(&format!("name=\"id-{}\"", told.id)), "{page}");
        assert!(page.contains("told by its processor"), "{page}");
        for case in [&typed, &left_out, &told] {
            assert_eq!(transaction_id(&office, case.id).await.0, "InProgress", "nothing is done by asking");
        }
        // What was typed is looked at like any other text.
        let name = format!("id-{}", typed.id);
        let mut fields: Vec<_> = fields.into_iter().filter(|(name, _)| *name != "ids").collect();
        fields.push((&name, "BANK\u{7}77"));
        carlo
            .post("/office/payouts/bulk", &fields)
            .await
            .is(200)
            .says("2 of 3 done")
            .says("control character");
        fields.retain(|(field, value)| {
            *field != name && (*field != "pick" || value.starts_with(&typed.id.to_string()))
        });
        fields.push((&name, "BANK-77"));
        carlo.post("/office/payouts/bulk", &fields).await.is(200).says("1 of 1 done");
        assert_eq!(
            transaction_id(&office, typed.id).await,
            ("Approved".to_owned(), Some("BANK-77".to_owned()))
        );
        assert_eq!(transaction_id(&office, left_out.id).await, ("Approved".to_owned(), None));
        let (status, id) = transaction_id(&office, told.id).await;
        assert!(status == "Approved" && id.is_some(), "{status} {id:?}");
        office.ends().await;
    }
}

#[tokio::test]
async fn where_every_id_is_known_nobody_is_asked_for_one() {
    for scratch in support::databases() {
        let office = Office::with(scratch, |settings| {
            settings.processors.map.get_mut(BY_GATEWAY).expect("mapped").confirm = Default::default();
        })
        .await;
        let (story, ann) = (&office.bench.story, operator("ann"));
        let told = office.requested(BY_GATEWAY).await;
        office.does(&ann, &told, Act::Start, "checked").await;
        office.bench.works().await;
        add_person(story, "carlo", &["approver=*"]).await;
        let mut carlo = Visitor::signed_in(story, "carlo").await;
        let picks = picks(&carlo.get("/office/payouts").await.is(200).body);
        let fields = [
            ("act", "approve"),
            ("reason", "on the statement"),
            ("ids", "ask"),
            ("query", ""),
            ("pick", &*picks[0]),
        ];
        carlo.post("/office/payouts/bulk", &fields).await.is(200).says("1 of 1 done");
        office.ends().await;
    }
}
