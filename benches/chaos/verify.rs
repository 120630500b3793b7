//! Afterwards: nothing that was acknowledged is missing, nothing was done twice, no call is answered differently.

use super::cashier::{Acknowledged, Cashier, lasting, major};
use futures_util::stream::{self, StreamExt};
use serde_json::json;
use std::sync::Arc;

/// Repeats every call that was ever acknowledged, compares every balance, and runs the product's own checks.
pub async fn verify(cashier: &Arc<Cashier>) -> Verified {
    let record: Vec<Acknowledged> = cashier.record.lock().expect("nobody panics here").clone();
    let repeated = record.len();
    stream::iter(record)
        .for_each_concurrent(16, |call| async move {
            let again = cashier.asks(call.method, &call.fields).await;
            let same = if call.method == "UpdatePayout" && call.answer["Status"] != 0 {
                // A refused update names the payout's status, which may have moved on since.
                again["Status"] == call.answer["Status"]
            } else {
                lasting(&again) == lasting(&call.answer)
            };
            if !same {
                let Acknowledged { method, fields, answer } = call;
                cashier.finds(format!("{method} {fields} was answered {answer}, on repeat {again}"));
            }
        })
        .await;
    let books = cashier.books.lock().expect("nobody panics here").clone();
    let customers = books.len();
    stream::iter(books)
        .for_each_concurrent(16, |(pin, cents)| async move {
            let reply = cashier.asks("GetBalance", &json!({ "PIN": pin })).await;
            if reply["Balance"] != major(cents) {
                let held = &reply["Balance"];
                cashier.finds(format!("{pin} owns {held}; by what was acknowledged it is {}", major(cents)));
            }
        })
        .await;
    for tool in [["ledger", "check"], ["audit", "verify"]] {
        let output = cashier.nodes.tool(&tool);
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            cashier.finds(format!("tillgate {} fails: {said}", tool.join(" ")));
        }
    }
    Verified { repeated, customers }
}

pub struct Verified {
    pub repeated: usize,
    pub customers: usize,
}
