//! Invoices: the gateway's payment page.

use super::bench::*;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::rest_gateway::operations::invoice::{
    InvoiceState, cancel, generate, inquire, regenerate, remind,
};
use tillgate::processors::rest_gateway::simulator::{
    CARD_APPROVED, CARD_DECLINED, CARD_THREE_D, Decision, Fault,
};
use tillgate::processors::rest_gateway::trouble::Trouble;
use tillgate::processors::{DepositProcessor, Opened};

const RETURN: &str = "https://shop.example/return";

/// What a browser would send from the page behind a link.
async fn pay(link: &str, number: &str) -> String {
    let page = reqwest::get(link).await.expect("a page").text().await.expect("text");
    assert!(page.contains("card.number"), "{page}");
    let url = reqwest::Url::parse(link).expect("a link");
    let mut fields: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("card.number", number),
        ("card.expiryMonth", "12"),
        ("card.expiryYear", "2039"),
        ("card.cvv", "745"),
        ("customer.givenName", "Ana"),
    ] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let mut target = url.clone();
    target.set_query(None);
    let sent = reqwest::Client::new().post(target).form(&fields).send().await;
    sent.expect("a page").text().await.expect("text")
}

#[tokio::test]
async fn a_card_deposit_is_paid_on_the_gateways_page() {
    let bench = Bench::begin().await;
    let order = deposit("DE-01H6ZKX8W3Q2M", "25.00");
    let Opened::Redirect { url, reference: None, .. } = bench.gateway.open(&order).await else {
        panic!("no page");
    };
    assert!(matches!(bench.gateway.settle(&order).await, DepositOutcome::Open { .. }));
    // A declined card ends nothing: the customer may try another.
    assert!(pay(&url, CARD_DECLINED).await.contains("declined"));
    let outcome = bench.gateway.settle(&order).await;
    assert!(matches!(outcome, DepositOutcome::Open { .. }), "{outcome:?}");
    assert!(pay(&url, CARD_APPROVED).await.contains(RETURN));
    assert!(is_paid(&bench.gateway.settle(&order).await, 2500));
    assert_eq!(bench.captured(), 2500);
    // The link is spent.
    assert_eq!(reqwest::get(&url).await.expect("a page").status().as_u16(), 410);
}

#[tokio::test]
async fn the_page_may_lead_to_the_bank() {
    let bench = Bench::begin().await;
    let order = deposit("ord-1", "25.00");
    let Opened::Redirect { url, .. } = bench.gateway.open(&order).await else { panic!("no page") };
    assert!(pay(&url, CARD_THREE_D).await.contains("/acs/challenge"));
    assert!(matches!(bench.gateway.settle(&order).await, DepositOutcome::Open { .. }));
    let id = bench.simulator.payment("ord-1").expect("a payment").id;
    bench.simulator.customer_decides(id, Decision::Pay);
    assert!(is_paid(&bench.gateway.settle(&order).await, 2500));
    assert_eq!(bench.captured(), 2500);
}

#[tokio::test]
async fn a_deposit_on_the_page_can_be_cancelled_until_it_is_paid() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let order = deposit("ord-1", "25.00");
        let Opened::Redirect { url, .. } = bench.gateway.open(&order).await else { panic!("no page") };
        let gateway = bench.under(fault, "invoice.cancel");
        let outcome = gateway.cancel(&order).await;
        bench.met(fault).await;
        let undone = fault.is_before() && !got_over(fault);
        if undone {
            assert!(matches!(outcome, DepositOutcome::Open { .. }), "{fault:?}: {outcome:?}");
        } else {
            assert!(is_cancelled(&outcome), "{fault:?}: {outcome:?}");
        }
        assert!(is_cancelled(&bench.gateway.cancel(&order).await), "{fault:?}");
        assert_eq!(reqwest::get(&url).await.expect("a page").status().as_u16(), 410);
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_paid_invoice_is_not_cancelled() {
    let bench = Bench::begin().await;
    let order = deposit("ord-1", "25.00");
    let Opened::Redirect { url, .. } = bench.gateway.open(&order).await else { panic!("no page") };
    pay(&url, CARD_APPROVED).await;
    assert!(is_paid(&bench.gateway.cancel(&order).await, 2500));
    assert_eq!(bench.captured(), 2500);
}

#[tokio::test]
async fn an_unpaid_invoice_expires() {
    let bench = Bench::begin().await;
    let order = deposit("ord-1", "25.00");
    assert!(matches!(bench.gateway.open(&order).await, Opened::Redirect { .. }));
    bench.clock.advance(chrono::Duration::hours(49));
    let outcome = bench.gateway.settle(&order).await;
    assert!(matches!(outcome, DepositOutcome::Failed { ref code, .. } if code == "expired"), "{outcome:?}");
}

#[tokio::test]
async fn invoices_are_reminded_of_replaced_and_cancelled() {
    let bench = Bench::begin().await;
    let client = bench.gateway.client();
    let mut customer = ana();
    customer.email = None;
    let wish = generate::NewInvoice {
        reference: "INV-24-0007",
        amount: eur("250.00"),
        return_url: RETURN,
        customer: &customer,
        description: Some("Order 7"),
    };
    let made = generate::send(client, &wish).await.expect("an invoice");
    assert!(!format!("{made:?}").contains("ct="));
    assert_eq!(remind::send(client, &made.id, RETURN).await, Ok(()));
    assert_eq!(bench.simulator.invoices()[0].reminders, 1);
    let wish =
        regenerate::Replacement { invoice_id: &made.id, new_reference: "INV-24-0008", return_url: RETURN };
    let new = regenerate::send(client, &wish).await.expect("a new invoice");
    let state = async |reference| {
        let found = inquire::send(client, reference, None).await.expect("an answer");
        found.map(|invoice| invoice.state)
    };
    assert_eq!(state("INV-24-0007").await, Some(InvoiceState::Replaced));
    assert_eq!(state("INV-24-0008").await, Some(InvoiceState::Open));
    assert_eq!(state("INV-24-0009").await, None);
    assert_eq!(cancel::send(client, &new.id, RETURN, "not wanted").await, Ok(()));
    assert_eq!(state("INV-24-0008").await, Some(InvoiceState::Cancelled));
    assert!(matches!(cancel::send(client, &new.id, RETURN, "again").await, Err(Trouble::Rejected { .. })));
    assert!(matches!(remind::send(client, &new.id, RETURN).await, Err(Trouble::Rejected { .. })));
}

#[tokio::test]
async fn a_lost_replacement_or_reminder_is_unknown_and_not_repeated() {
    for fault in [Fault::ResetAfter, Fault::BadGatewayAfter, Fault::HalfAnswer, Fault::Garbage] {
        let bench = Bench::begin().await;
        let client = bench.gateway.client();
        let mut customer = ana();
        customer.email = None;
        let wish = generate::NewInvoice {
            reference: "INV-1",
            amount: eur("250.00"),
            return_url: RETURN,
            customer: &customer,
            description: None,
        };
        let made = generate::send(client, &wish).await.expect("an invoice");
        bench.simulator.plan("invoice.remind", fault);
        let lost = remind::send(client, &made.id, RETURN).await;
        assert!(matches!(lost, Err(Trouble::Unknown(_))), "{fault:?}: {lost:?}");
        assert_eq!(bench.simulator.invoices()[0].reminders, 1, "{fault:?}");
        bench.simulator.plan("invoice.regenerate", fault);
        let wish =
            regenerate::Replacement { invoice_id: &made.id, new_reference: "INV-2", return_url: RETURN };
        let lost = regenerate::send(client, &wish).await;
        assert!(matches!(lost, Err(Trouble::Unknown(_))), "{fault:?}: {lost:?}");
        // The new invoice is found by its name, with its link.
        let found = inquire::send(client, "INV-2", None).await.expect("an answer").expect("an invoice");
        assert!(found.link.is_some(), "{fault:?}");
        bench.running.stop().await;
    }
}
