//! Stored cards without a payment: registration, listing, deletion, and the transaction list.

use super::bench::*;
use tillgate::domain::money::Currency;
use tillgate::processors::rest_gateway::RestGateway;
use tillgate::processors::rest_gateway::operations::registration::{self, Registration, Storable};
use tillgate::processors::rest_gateway::operations::transactions::{self, Period};
use tillgate::processors::rest_gateway::operations::{token_deletion, token_listing};
use tillgate::processors::rest_gateway::simulator::{CARD_APPROVED, Fault};
use tillgate::processors::rest_gateway::trouble::Trouble;
use tillgate::processors::{DepositOrder, DepositProcessor, Opened};

async fn register(gateway: &RestGateway) -> Result<String, Trouble> {
    let (card, customer) = (card(CARD_APPROVED), ana());
    let currency = Currency::find("EUR").expect("a currency");
    let wish = Registration { means: Storable::Card(&card), customer: &customer, currency, notify_url: None };
    registration::send(gateway.client(), &wish).await
}

#[tokio::test]
async fn a_card_is_stored_listed_and_deleted() {
    let bench = Bench::begin().await;
    let client = bench.gateway.client();
    assert_eq!(token_listing::send(client, None).await, Ok(vec![]));
    let token = register(&bench.gateway).await.expect("a token");
    let listed = token_listing::send(client, None).await.expect("a list");
    let [only] = listed.as_slice() else { panic!("{listed:?}") };
    let instrument = only.instrument();
    assert_eq!((instrument.token.as_str(), instrument.expiry.as_str()), (token.as_str(), "203007"));
    assert_eq!(instrument.masked, "**** 0051");
    assert!(!format!("{only:?}").contains(&token));
    assert_eq!(token_deletion::send(client, &token).await, Ok(()));
    assert!(!token_listing::send(client, None).await.expect("a list")[0].active);
    // Deleted is deleted, however often one asks for it; unknown is not.
    assert_eq!(token_deletion::send(client, &token).await, Ok(()));
    assert!(matches!(token_deletion::send(client, "AAAAAAAA").await, Err(Trouble::Rejected { .. })));
    assert!(matches!(token_deletion::send(client, "../x").await, Err(Trouble::Rejected { .. })));
}

#[tokio::test]
async fn deletion_gets_over_every_fault() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let token = register(&bench.gateway).await.expect("a token");
        let gateway = bench.under(fault, "deletion");
        let first = token_deletion::send(gateway.client(), &token).await;
        let got_over = got_over(fault);
        assert_eq!(first.is_ok(), got_over, "{fault:?}: {first:?}");
        assert_eq!(token_deletion::send(bench.gateway.client(), &token).await, Ok(()), "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn registration_and_lists_get_over_every_fault() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let gateway = bench.under(fault, "registrations");
        let first = register(&gateway).await;
        let got_over = got_over(fault);
        assert_eq!(first.is_ok(), got_over, "{fault:?}: {first:?}");
        assert!(register(&bench.gateway).await.is_ok(), "{fault:?}");
        let may_ask_again = got_over || fault == Fault::ForbiddenAfter;
        let gateway = bench.under(fault, "getCardsAndAccounts");
        let listed = token_listing::send(gateway.client(), None).await;
        assert_eq!(listed.is_ok(), may_ask_again, "{fault:?}: {listed:?}");
        assert!(token_listing::send(bench.gateway.client(), None).await.is_ok(), "{fault:?}");
        let gateway = bench.under(fault, "getTransactionList");
        let listed = transactions::page(gateway.client(), None, None, 1).await;
        assert_eq!(listed.is_ok(), may_ask_again, "{fault:?}: {listed:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn transactions_are_listed_by_day_and_by_payment() {
    let bench = Bench::begin().await;
    let client = bench.gateway.client();
    let today = Period::around(bench.now());
    assert_eq!(transactions::page(client, Some(today), None, 1).await, Ok(vec![]));
    let first = bench.paid("ord-1", "50.00").await;
    bench.clock.advance(chrono::Duration::days(9));
    bench.paid("ord-2", "7.00").await;
    let rows = transactions::page(client, Some(today), None, 1).await.expect("rows");
    assert_eq!(rows.iter().map(|row| row.reference.as_str()).collect::<Vec<_>>(), ["ord-1"]);
    assert_eq!(rows[0].captured, Some(eur("50.00")));
    let rows = transactions::page(client, None, first.processor_reference.as_deref(), 1).await.expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!(transactions::page(client, None, None, 1).await.expect("rows").len(), 2);
}

#[tokio::test]
async fn an_account_is_stored_and_pays() {
    let bench = Bench::begin().await;
    let client = bench.gateway.client();
    let (iban, customer) = (secrecy::SecretString::from("HR1210010051863000160"), ana());
    let means = Storable::Account { iban: &iban, bic: "ZABAHR2X" };
    let currency = Currency::find("EUR").expect("a currency");
    let wish = Registration { means, customer: &customer, currency, notify_url: None };
    let token = registration::send(client, &wish).await.expect("a token");
    let listed = token_listing::send(client, None).await.expect("a list");
    let [only] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((only.brand.as_str(), only.last_four.as_str()), ("account", "0160"));
    assert_eq!(only.instrument().masked, "**** 0160");
    let order = DepositOrder { instrument: Some(instrument(&token)), ..deposit("ord-1", "15.00") };
    let opened = bench.gateway.open(&order).await;
    assert!(matches!(opened, Opened::Decided(ref outcome) if is_paid(outcome, 1500)), "{opened:?}");
    assert_eq!(bench.captured(), 1500);
}
