//! The name of a deposit is another order's at the gateway: it gets a new one, and everything goes by that.

use super::bench::*;
use crate::support::databases;
use serde_json::json;
use tillgate::domain::ids::DepositId;
use tillgate::operations::{Caller, open_deposit};
use tillgate::processors::sopg::simulator::Kind;
use tillgate::store::Wants;

const TAKEN: Kind = Kind::CodesBefore { result: 1, error: 2001 };

#[tokio::test]
async fn a_deposit_whose_name_is_taken_is_opened_paid_and_refunded_under_a_new_one() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        for till in TILLS {
            for times in [1, 2] {
                let what = format!("{till:?} {times}");
                bench.fails("createDisposition", TAKEN, times);
                let paying = bench.opens(till).await;
                assert_eq!(paying.mtid, format!("{}U{times}", paying.id.replace('-', "")), "{what}");
                let again = bench.create(till, &paying.customer, paying.trace, json!({})).await;
                assert_eq!(again["RedirectURL"], paying.panel.as_str(), "{what}");
                bench.pays(&paying).await;
                // The notification names it as the gateway does.
                assert_eq!(bench.gateway.deliver_due().await, 1);
                assert!(bench.works().await >= 1, "{what}");
                bench.is_credited_once(&paying, &what).await;
                let back = json!({ "TraceID": bench.story.next_trace() });
                assert_eq!(bench.call(&paying, "RefundDeposit", back).await["Status"], 0, "{what}");
                bench.works().await;
                assert_eq!(bench.deposit(&paying).await["RefundedAmount"], till.amount, "{what}");
                bench.books_agree().await;
            }
        }
        bench.ends().await;
    }
}

/// Names are not tried for ever, and what was opened keeps its name.
#[tokio::test]
async fn a_name_is_given_up_only_before_anybody_was_sent_to_it() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let (customer, trace) = (bench.customer(EUROS).await, bench.story.next_trace());
        bench.fails("createDisposition", TAKEN, 3);
        let reply = bench.create(EUROS, &customer, trace, json!({})).await;
        assert_eq!((&reply["Status"], bench.gateway.calls("createDisposition")), (&json!(-1), 3), "{reply}");
        let reply = bench.create(EUROS, &customer, trace, json!({})).await;
        assert_eq!(reply["Status"], 0, "{reply}");

        let paying = bench.opens(EUROS).await;
        let id = DepositId::parse(&paying.id).expect("an id");
        let (taken, store) = (paying.mtid.clone(), bench.story.running().store.clone());
        let caller = Caller { who: "test".to_owned(), request_id: String::new() };
        let renamed = store.transact("test", Wants::nothing().deposit(id), move |tx| {
            open_deposit::rename(tx, id, &taken, &caller)
        });
        assert_eq!(renamed.await.expect("decided"), None, "its customer was sent there");
        bench.pays(&paying).await;
        assert_eq!(bench.settles(&paying).await, "Credited");
        bench.is_credited_once(&paying, "under its name").await;
        bench.ends().await;
    }
}
