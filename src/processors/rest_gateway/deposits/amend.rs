//! Captures and cancels. Both ask first, act only on what they were told, and ask again when the answer is not "done".

use super::super::gateway::RestGateway;
use super::super::operations::invoice::{self, InvoiceState};
use super::super::operations::{capture, reversal};
use super::super::status::Standing;
use super::locate::Located;
use super::{paid, return_url, unknown};
use crate::domain::money::Money;
use crate::domain::outcome::DepositOutcome;
use crate::domain::remark::Remark;
use crate::processors::DepositOrder;

impl RestGateway {
    pub(super) async fn capture_deposit(
        &self,
        order: &DepositOrder,
        amount: Money,
        last: bool,
    ) -> DepositOutcome {
        let payment = match self.locate(order).await {
            Ok(Located::Payment(payment)) => payment,
            Ok(Located::Invoice(_)) => return unknown(Remark::InvoiceNothingToCapture),
            Ok(Located::Nothing) => return DepositOutcome::NotFound,
            Err(trouble) => return trouble.into(),
        };
        if payment.standing != Standing::Authorized {
            return self.outcome(payment, order).await;
        }
        if !last {
            // The gateway takes one part and lets the rest go, so nothing is asked of it.
            let reason = "only one part can be captured here: send it as the last".to_owned();
            return DepositOutcome::Failed { code: "unfit".to_owned(), reason };
        }
        if amount.currency() != payment.amount.currency() {
            return unknown(Remark::CaptureOtherCurrency);
        }
        match capture::send(self.client(), &payment.id, amount).await {
            Ok(()) => paid(payment.id, amount),
            Err(trouble) => {
                tracing::info!(payment = payment.id, %trouble, "a capture was not confirmed");
                self.settle_deposit(order).await
            }
        }
    }

    pub(super) async fn cancel_deposit(&self, order: &DepositOrder) -> DepositOutcome {
        match self.locate(order).await {
            Ok(Located::Payment(payment)) if payment.standing == Standing::Authorized => {
                match reversal::send(self.client(), &payment.id).await {
                    Ok(()) => cancelled(Remark::GivenUpThere),
                    Err(trouble) => {
                        tracing::info!(payment = payment.id, %trouble, "a reversal was not confirmed");
                        self.settle_deposit(order).await
                    }
                }
            }
            // Captured, failed or still with the customer: there is nothing the gateway could give up.
            Ok(Located::Payment(payment)) => self.outcome(payment, order).await,
            Ok(Located::Invoice(invoice)) if invoice.state == InvoiceState::Open => {
                let reason = "cancelled by the merchant";
                match invoice::cancel::send(self.client(), &invoice.id, return_url(order), reason).await {
                    Ok(()) => cancelled(Remark::InvoiceCancelled),
                    // It may have been paid meanwhile.
                    Err(trouble) => {
                        tracing::info!(invoice = invoice.id, %trouble, "a cancellation was not confirmed");
                        self.settle_deposit(order).await
                    }
                }
            }
            Ok(Located::Invoice(_)) => self.settle_deposit(order).await,
            Ok(Located::Nothing) => DepositOutcome::NotFound,
            Err(trouble) => trouble.into(),
        }
    }
}

fn cancelled(reason: Remark) -> DepositOutcome {
    DepositOutcome::Failed { code: "cancelled".to_owned(), reason: reason.into() }
}
