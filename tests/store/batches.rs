//! Commands in batches: each sees what the ones before it did, and none is hurt by another.

use super::house::{House, payout};
use crate::support::on_both;

#[tokio::test]
async fn a_hundred_payouts_at_once_are_each_debited_once() {
    on_both(|url| async move {
        let house = House::open(&url, "one");
        house.customer("Bigdaddy", 100_000).await;
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..200 {
            let house = house.clone();
            calls.spawn(async move { house.creates(payout("Bigdaddy", number / 2, 1250)).await });
        }
        let (mut done, mut replayed, mut refused) = (0, 0, 0);
        for answer in calls.join_all().await {
            let answer = answer.expect("answered");
            match (answer.refused, answer.replayed) {
                (Some(_), _) => refused += 1,
                (None, true) => replayed += 1,
                (None, false) => done += 1,
            }
        }
        // 1000.00 pays for eighty payouts of 12.50.
        assert_eq!((done, replayed, refused), (80, 80, 40));
        house.closes_sound().await;
    })
    .await;
}
