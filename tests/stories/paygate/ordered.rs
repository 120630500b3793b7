//! Payments that the customer agrees to first (`TxType=Order`) and that we authorise afterwards, under every fault.

use super::faults::{as_the_platform_booked, every_fault, goes_wrong, left_open};
use super::{EUR, House};
use crate::support::databases;
use chrono::Duration;
use tillgate::processors::paygate::simulator::{Fault, Moved};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_answer_what_was_agreed_is_authorised_once() {
    for scratch in databases() {
        let change = |settings: &mut tillgate::config::Settings| {
            settings.paygate.values_mut().for_each(|account| account.page.order = true);
            super::impatient(settings);
        };
        let house = House::with(scratch, change).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in every_fault() {
            let opened = house.opens(&big, "PaygateCard", "2.00", "automatic").await;
            goes_wrong(&house, "authorize.aspx", &fault);
            house.pays(&opened).await;
            house.works().await;
            house.simulator().release();
            house.after(Duration::minutes(3)).await;
            if left_open(&fault) {
                assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Pending", "{fault:?}");
                assert!(house.simulator().decide(&opened.reference, true), "{fault:?}");
            }
            house.simulator().clear_faults();
            let ends = if matches!(fault, Fault::Refuse(_)) { "Declined" } else { "Credited" };
            assert_eq!(as_the_platform_booked(&house, &big, &opened, &fault).await, ends, "{fault:?}");
            let authorized = if ends == "Credited" { 200 } else { 0 };
            assert_eq!(house.moved(&opened.reference, Moved::Authorization), authorized, "{fault:?}");
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
