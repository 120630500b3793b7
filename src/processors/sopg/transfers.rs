//! Money that goes back or out: refunds of a disposition and payouts to an account at the brand.
//!
//! Both are validated before they are executed, and never executed blindly twice: a lost answer is followed by the
//! same call under the same id, where a refusal with 3164 says that the first one had arrived.

use super::client::CallError;
use super::deposit::mtid;
use super::payout::{self, PayoutRequest};
use super::payout_state;
use super::processor::{Processor, account_of};
use super::refund::{self, RefundOrder};
use super::retry::{Advice, Operation, advice};
use super::verdict::{ATTEMPTED, Attempted};
use crate::domain::money::Money;
use crate::domain::outcome::Outcome;
use crate::domain::remark::Remark;
use crate::processors::{DepositOrder, Health, PayoutOrder, PayoutProcessor};
use async_trait::async_trait;

impl Processor {
    /// Refunds under the id `rtid`. With an earlier try on record a refusal proves nothing: the first may be why.
    pub(super) async fn give_back(&self, order: &DepositOrder, amount: Money, rtid: &str) -> Outcome {
        let again = Attempted::on_record(order) == Attempted::Refund;
        let client_id = self.client_id(&order.front_end, &order.pin);
        let request = RefundOrder {
            rtid,
            mtid: mtid(order),
            amount,
            customer: account_of(&order.customer),
            client_id: &client_id,
            utc_offset: &self.account.utc_offset,
        };
        if let Err(error) = refund::validate(&self.client, &request).await {
            return match advice(Operation::Refund, error.failure()) {
                Advice::Arrived => Outcome::Paid { reference: rtid.to_owned() },
                // A validation moves nothing, so nothing that matters was sent.
                Advice::Again | Advice::SameIdAgain if !again => {
                    Outcome::NotSent { cause: error.to_string() }
                }
                Advice::Never if !again => declined(&error),
                Advice::Again
                | Advice::SameIdAgain
                | Advice::Never
                | Advice::AskThenDecide
                | Advice::AskOnly => Outcome::Unknown { cause: error.to_string() },
            };
        }
        let mut lost = again;
        for round in 0.. {
            let Err(error) = refund::execute(&self.client, &request).await else {
                return Outcome::Paid { reference: rtid.to_owned() };
            };
            let cause = error.to_string();
            match advice(Operation::Refund, error.failure()) {
                Advice::Arrived => return Outcome::Paid { reference: rtid.to_owned() },
                Advice::Never if !lost => return declined(&error),
                Advice::Never => return Outcome::Unknown { cause },
                Advice::Again if !lost => return Outcome::NotSent { cause },
                Advice::Again | Advice::SameIdAgain | Advice::AskThenDecide | Advice::AskOnly => lost = true,
            }
            if self.pause(round).await.is_none() {
                return Outcome::Unknown { cause };
            }
        }
        unreachable!("the loop ends when there is no pause left")
    }

    fn payout<'a>(&'a self, order: &'a PayoutOrder, client_id: &'a str) -> Option<PayoutRequest<'a>> {
        let customer = &order.customer;
        Some(PayoutRequest {
            ptid: &order.reference,
            amount: order.amount,
            customer: account_of(customer)?,
            client_id,
            client_ip: customer.ip_address.as_deref(),
            shop_id: self.account.shop_id.as_deref(),
            shop_label: self.account.shop_label.as_deref(),
            utc_offset: &self.account.utc_offset,
            first_name: customer.first_name.as_deref(),
            last_name: customer.last_name.as_deref(),
            born: customer.born,
        })
    }
}

#[async_trait]
impl PayoutProcessor for Processor {
    async fn send(&self, order: &PayoutOrder) -> Outcome {
        let client_id = self.client_id(&order.front_end, &order.pin);
        let Some(request) = self.payout(order, &client_id) else { return no_account() };
        // With an earlier try on record a refusal proves nothing: it may be that one's doing.
        let again = order.extra.contains_key(ATTEMPTED);
        if let Err(error) = payout::validate(&self.client, &request).await {
            return match advice(Operation::Payout, error.failure()) {
                Advice::Never if again => Outcome::Unknown { cause: error.to_string() },
                Advice::Never => declined(&error),
                // A validation moves nothing, so nothing that matters was sent.
                Advice::Again | Advice::SameIdAgain | Advice::AskThenDecide | Advice::AskOnly => {
                    Outcome::NotSent { cause: error.to_string() }
                }
                Advice::Arrived => Outcome::Unknown { cause: error.to_string() },
            };
        }
        let Err(error) = payout::execute(&self.client, &request).await else {
            return Outcome::Paid { reference: order.reference.clone() };
        };
        match advice(Operation::Payout, error.failure()) {
            Advice::Never if again => Outcome::Unknown { cause: error.to_string() },
            Advice::Never => declined(&error),
            Advice::Again => Outcome::NotSent { cause: error.to_string() },
            Advice::SameIdAgain | Advice::AskThenDecide | Advice::AskOnly | Advice::Arrived => {
                Outcome::Unknown { cause: error.to_string() }
            }
        }
    }

    fn health(&self) -> Option<Health> {
        Some(self.client.line().health())
    }

    /// The gateway can't be asked about one payout. A validation under the same id tells whether the id was used,
    /// and the totals tell whether that can have been a payment.
    async fn inquire(&self, order: &PayoutOrder) -> Outcome {
        let client_id = self.client_id(&order.front_end, &order.pin);
        let Some(request) = self.payout(order, &client_id) else {
            return Outcome::Unknown { cause: "the order names no account to ask about".to_owned() };
        };
        match payout::validate(&self.client, &request).await {
            Ok(()) => Outcome::NotFound,
            Err(error) => match advice(Operation::Payout, error.failure()) {
                Advice::Arrived => self.arrived(order).await,
                // Any other refusal may come from a check that stands before the one of the id.
                Advice::Never
                | Advice::Again
                | Advice::SameIdAgain
                | Advice::AskThenDecide
                | Advice::AskOnly => Outcome::Unknown { cause: error.to_string() },
            },
        }
    }
}

impl Processor {
    async fn arrived(&self, order: &PayoutOrder) -> Outcome {
        if !self.account.used_payout_id_is_paid {
            return Outcome::Unknown { cause: Remark::ArrivedUndecided.into() };
        }
        let totals = match payout_state::ask(&self.client).await {
            Ok(totals) => totals,
            Err(error) => {
                return Outcome::Unknown { cause: format!("the payout arrived; its totals: {error}") };
            }
        };
        let currency = order.amount.currency();
        let total = totals.iter().map(|row| row.total_paid_out).find(|total| total.currency() == currency);
        match total {
            Some(total) if total.minor() >= order.amount.minor() => {
                Outcome::Paid { reference: order.reference.clone() }
            }
            Some(_) | None => {
                let cause = "the payout arrived, but the totals don't hold it: needs a person";
                Outcome::Unknown { cause: cause.to_owned() }
            }
        }
    }
}

fn declined(error: &CallError) -> Outcome {
    Outcome::Declined { code: error.code(), reason: error.to_string() }
}

fn no_account() -> Outcome {
    let reason = "the customer has no e-mail address, which names the account to pay to";
    Outcome::Declined { code: "email".to_owned(), reason: reason.to_owned() }
}
