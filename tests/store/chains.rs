//! The audit trail: whatever is changed, dropped or cut off behind the product's back is seen.

use super::house::{House, options};
use crate::support::on_both;
use chrono::Duration;
use tillgate::clock::Clock;
use tillgate::store::{Connection, DatabaseUrl, Purpose, audit};

/// Two nodes that both did something, the right one last and after its clock moved on.
async fn anchored(url: &DatabaseUrl) -> House {
    let clock = Clock::frozen_at("2026-11-24T12:00:00Z".parse().expect("a time"));
    let mut one_writer = options(url, "left");
    one_writer.writers = 1;
    let left = House::with(one_writer.clone(), clock.clone());
    one_writer.node = "right".to_owned();
    let right = House::with(one_writer, clock.clone());
    left.customer("Bigdaddy", 1000).await;
    right.customer("Mom", 1000).await;
    left.pays("Bigdaddy", 1, 10).await;
    assert!(clock.advance(Duration::minutes(2)));
    right.pays("Mom", 2, 10).await;
    left.store.close();
    right
}

/// Does what the triggers forbid, as somebody with the database's password would.
fn forge(url: &DatabaseUrl, sql: &str) {
    let mut forger = Connection::open(url, Purpose::Write).expect("the forger's line");
    let open = match url {
        DatabaseUrl::Sqlite(_) => "DROP TRIGGER audit_kept; DROP TRIGGER audit_stays;",
        DatabaseUrl::Postgres(_) => "ALTER TABLE audit DISABLE TRIGGER ALL;",
    };
    forger.batch(open).expect("the triggers are off");
    forger.batch(sql).expect("forged");
}

async fn breaches(house: &House) -> Vec<String> {
    house.store.read(audit::verify).await.expect("verified").breaches
}

#[tokio::test]
async fn a_changed_row_breaks_its_chain() {
    on_both(|url| async move {
        let house = anchored(&url).await;
        assert_eq!(breaches(&house).await, Vec::<String>::new());
        forge(&url, "UPDATE audit SET who = 'somebody else' WHERE lane = 1 AND seq = 2");
        assert_eq!(breaches(&house).await, ["lane 1 row 2: the chain is broken"]);
        house.store.close();
    })
    .await;
}

#[tokio::test]
async fn a_lane_that_was_cut_off_is_missed_by_another() {
    on_both(|url| async move {
        let house = anchored(&url).await;
        let lanes = house.store.read(audit::lanes).await.expect("lanes");
        assert_eq!(lanes.len(), 2);
        let last = lanes[0].head_seq;
        // The chain itself stays whole, and so does the head that is kept beside it.
        forge(
            &url,
            &format!(
                "DELETE FROM audit WHERE lane = 1 AND seq = {last};
                 UPDATE lanes SET head_seq = {last} - 1,
                     head_hash = (SELECT hash FROM audit WHERE lane = 1 AND seq = {last} - 1) WHERE id = 1"
            ),
        );
        let found = breaches(&house).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(&format!("anchors lane 1 at row {last}")), "{found:?}");
        house.store.close();
    })
    .await;
}

#[tokio::test]
async fn the_database_itself_keeps_what_was_written() {
    on_both(|url| async move {
        let house = House::open(&url, "one");
        house.customer("Bigdaddy", 1000).await;
        let id = house.pays("Bigdaddy", 1, 10).await.payout.expect("a payout");
        house
            .updates("Bigdaddy", id, tillgate::domain::payout::status::PayoutStatus::Cancelled)
            .await
            .expect("done");
        for sql in [
            "UPDATE audit SET why = ''",
            "DELETE FROM audit",
            "UPDATE ledger_entries SET amount = amount + 1",
            "DELETE FROM ledger_entries",
            "UPDATE ledger_transactions SET at = 0",
            "DELETE FROM ledger_transactions",
            "UPDATE payouts SET status = 'Approved'",
        ] {
            let mut clerk = Connection::open(&url, Purpose::Write).expect("a line");
            assert!(clerk.batch(sql).is_err(), "{sql}");
        }
        house.closes_sound().await;
    })
    .await;
}
