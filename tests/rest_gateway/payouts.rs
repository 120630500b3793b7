//! Payouts: at once, slow, refused, back to a card.

use super::bench::*;
use tillgate::domain::money::Currency;
use tillgate::domain::outcome::Outcome;
use tillgate::processors::rest_gateway::operations::balance;
use tillgate::processors::rest_gateway::simulator::ACCOUNT_DECLINED;
use tillgate::processors::{PayoutOrder, PayoutProcessor};

fn with(order: PayoutOrder, name: &str, value: &str) -> PayoutOrder {
    let mut order = order;
    order.extra.insert(name.to_owned(), value.to_owned());
    order
}

#[tokio::test]
async fn a_bank_transfer_is_open_until_the_bank_has_decided() {
    for (paid, cents) in [(true, 1250), (false, 0)] {
        let bench = Bench::begin().await;
        let order = with(payout("pout-1", "12.50"), "bankAccount.transferType", "BT");
        assert!(matches!(bench.gateway.send(&order).await, Outcome::Open { .. }));
        assert!(matches!(bench.gateway.inquire(&order).await, Outcome::Open { .. }));
        assert!(bench.simulator.finish_payout("pout-1", paid));
        let outcome = bench.gateway.inquire(&order).await;
        if paid {
            assert!(matches!(outcome, Outcome::Paid { .. }), "{outcome:?}");
        } else {
            assert!(matches!(outcome, Outcome::Declined { .. }), "{outcome:?}");
        }
        assert_eq!(bench.paid_out(), cents);
    }
}

#[tokio::test]
async fn a_refused_account_declines() {
    let bench = Bench::begin().await;
    let order = with(payout("pout-1", "12.50"), "bankAccount.bankAccountNumber", ACCOUNT_DECLINED);
    assert!(matches!(bench.gateway.send(&order).await, Outcome::Declined { .. }));
    assert!(matches!(bench.gateway.inquire(&order).await, Outcome::Declined { .. }));
    assert_eq!(bench.paid_out(), 0);
}

#[tokio::test]
async fn money_goes_back_to_the_card_of_a_deposit() {
    let bench = Bench::begin().await;
    let deposit = bench.paid("ord-1", "50.00").await;
    let mut order = payout("pout-1", "30.00");
    order.extra.clear();
    let nowhere = bench.gateway.send(&order).await;
    assert!(matches!(nowhere, Outcome::Declined { .. }), "{nowhere:?}");
    assert_eq!(bench.simulator.processed("payout"), 0);
    order.deposit_reference = deposit.processor_reference;
    let outcome = bench.gateway.send(&order).await;
    assert!(matches!(outcome, Outcome::Paid { .. }), "{outcome:?}");
    assert_eq!(bench.paid_out(), 3000);
}

#[tokio::test]
async fn too_low_a_balance_declines_and_the_balance_is_told() {
    let bench = Bench::begin().await;
    bench.simulator.set_payout_balance("EUR", 1000);
    let currency = Currency::find("EUR").expect("a currency");
    let told = balance::send(bench.gateway.client(), currency).await.expect("a balance");
    assert_eq!(told.for_payouts, eur("10.00"));
    let outcome = bench.gateway.send(&payout("pout-1", "10.01")).await;
    assert!(matches!(outcome, Outcome::Declined { .. }), "{outcome:?}");
    assert_eq!(bench.paid_out(), 0);
    assert_eq!(bench.gateway.inquire(&payout("pout-1", "10.01")).await, Outcome::NotFound);
}

#[tokio::test]
async fn a_payout_under_a_payments_name_is_not_taken_for_paid() {
    let bench = Bench::begin().await;
    bench.paid("ord-1", "12.50").await;
    let outcome = bench.gateway.send(&payout("ord-1", "12.50")).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(bench.paid_out(), 0);
}

#[tokio::test]
async fn another_amount_under_the_same_name_is_unknown() {
    let bench = Bench::begin().await;
    assert!(matches!(bench.gateway.send(&payout("pout-1", "12.50")).await, Outcome::Paid { .. }));
    let outcome = bench.gateway.send(&payout("pout-1", "12.51")).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(bench.paid_out(), 1250);
}
