//! The same flows in every format: forms and JSON out, JSON of two styles and XML in.

use super::bench::*;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::rest_gateway::operations::{token_listing, transactions};
use tillgate::processors::rest_gateway::simulator::{CARD_THREE_D, Decision, Style};
use tillgate::processors::{DepositOrder, DepositProcessor, Opened, PayoutProcessor};

#[tokio::test]
async fn every_format_tells_the_same_story() {
    for request in ["form", "json"] {
        for (accept, style) in [("json", Style::Mapped), ("json", Style::Arrays), ("xml", Style::Mapped)] {
            let what = format!("{request} out, {accept} in, {style:?}");
            let bench = Bench::with(&format!("request_format = '{request}'\naccept = '{accept}'\n")).await;
            bench.simulator.switch(|switches| switches.style = style);
            let order = deposit("ord-1", "50.00");
            let (opened, stored) = bench.gateway.open_and_store_card(&order, &card(CARD_THREE_D)).await;
            assert_eq!(stored.expect("a stored card").masked, "**** 0002", "{what}");
            let Opened::Form { fields, reference, .. } = opened else { panic!("{what}: {opened:?}") };
            assert_eq!(fields.len(), 1, "{what}");
            assert!(!fields[0].1.is_empty(), "{what}");
            let order = DepositOrder { processor_reference: reference, ..order };
            assert!(matches!(bench.gateway.settle(&order).await, DepositOutcome::Open { .. }), "{what}");
            let payment = bench.simulator.payment("ord-1").expect("a payment");
            assert_eq!(payment.last_name, "Kovač", "{what}");
            bench.simulator.customer_decides(payment.id, Decision::Pay);
            assert!(is_paid(&bench.gateway.settle(&order).await, 5000), "{what}");
            // Lists of one and of two.
            for length in 1..=2 {
                let tokens = token_listing::send(bench.gateway.client(), None).await.expect("a list");
                assert_eq!(tokens.len(), length, "{what}");
                let rows = transactions::page(bench.gateway.client(), None, None, 1).await.expect("rows");
                assert_eq!(rows.len(), length, "{what}");
                let next = deposit(&format!("more-{length}"), "1.00");
                bench.gateway.open_and_store_card(&next, &card(CARD_THREE_D)).await;
            }
            let sent = bench.gateway.send(&payout("pout-1", "12.50")).await;
            assert!(matches!(sent, tillgate::domain::outcome::Outcome::Paid { .. }), "{what}: {sent:?}");
            let opened = bench.gateway.open(&deposit("INV-1", "25.00")).await;
            assert!(matches!(opened, Opened::Redirect { .. }), "{what}: {opened:?}");
            assert_eq!((bench.captured(), bench.paid_out()), (5000, 1250), "{what}");
            bench.running.stop().await;
        }
    }
}
