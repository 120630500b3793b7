//! P6: who, when, why, from, to and request id, in a chain that shows every change.

use crate::support::databases;
use crate::support::story::Story;
use serde_json::json;
use tillgate::store::{Connection, Purpose, audit};

#[tokio::test]
async fn p6_every_change_has_its_row_in_the_chain_and_none_can_be_overwritten() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let story = Story::on(scratch).await;
        let customer = story.customer("Flows EUR Requested", "Bigdaddy", "200.00").await;
        let about = |mut fields: serde_json::Value| {
            fields["FrontEndName"] = json!(customer.front_end);
            fields["PIN"] = json!(customer.pin);
            fields
        };
        let call = json!({ "TraceID": 1, "PP": "CFT", "Amount": "120.00", "CreatedBy": "INTERNET" });
        let created = story.call("CreatePayout", about(call)).await;
        let id = created["ExtPayoutID"].as_str().expect("an id").to_owned();
        for status in ["A", "I", "Y"] {
            let call = json!({ "ExtPayoutID": id, "Status": status, "UpdatedBy": "agent7" });
            assert_eq!(story.call("UpdatePayout", about(call)).await["Status"], 0);
        }
        let call = json!({ "ExtPayoutID": id, "TraceID": 2, "UpdatedBy": "agent8" });
        assert_eq!(story.call("ReversePayout", about(call)).await["Status"], 0);

        let subject = id.clone();
        let rows =
            story.running().store.read(move |connection| audit::of_subject(connection, &subject, 100)).await;
        let rows = rows.expect("read");
        let steps: Vec<_> = rows
            .iter()
            .map(|row| (row.from_state.as_str(), row.to_state.as_str(), row.who.as_str()))
            .collect();
        let expected = [
            ("", "Requested", "INTERNET"),
            ("Requested", "Authorized", "agent7"),
            ("Authorized", "InProgress", "agent7"),
            ("InProgress", "Approved", "agent7"),
            ("Approved", "Reversed", "agent8"),
        ];
        assert_eq!(steps, expected);
        for row in &rows {
            assert!(row.at > 0 && !row.request_id.is_empty() && !row.kind.is_empty(), "row {}", row.seq);
        }

        let mut forger = Connection::open(&url, Purpose::Write).expect("a connection of somebody else's");
        for forged in
            ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "UPDATE ledger_entries SET amount = 1"]
        {
            assert!(forger.batch(forged).is_err(), "{forged}");
        }
        drop(forger);
        story.ends().await;
    }
}
