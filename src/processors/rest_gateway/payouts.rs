//! Payouts at the gateway, as attempts that can be asked about.

use super::gateway::RestGateway;
use super::operations::inquiry::{self, By};
use super::operations::payout::{self, PaidOut, Payout};
use super::status::{Standing, Taking};
use super::trouble::Trouble;
use crate::domain::bank_account::BankAccount;
use crate::domain::outcome::Outcome;
use crate::domain::remark::Remark;
use crate::processors::{Health, PayoutOrder, PayoutProcessor};
use async_trait::async_trait;

/// Where the gateway calls back about a payout, in the order's `extra`.
pub const NOTIFY_URL: &str = "notify_url";

/// The order's extras of a payout to a bank account or wallet.
pub fn to_bank_account(account: &BankAccount) -> Vec<(String, String)> {
    let named = |(part, text): (&str, &str)| {
        let name = match part {
            "BankTransferType" => "transferType",
            "BankAccountNumber" => "bankAccountNumber",
            "BankAccountName" => "bankAccountName",
            "BankAccountType" => "accountType",
            "BankName" => "bankName",
            "BankCode" => "bankCode",
            "BankBranchName" => "branchName",
            "BankBranchCode" => "branchCode",
            "BankIFSC" => "bankIfsc",
            _ => return None,
        };
        Some((format!("bankAccount.{name}"), text.to_owned()))
    };
    account.parts().filter_map(named).collect()
}

#[async_trait]
impl PayoutProcessor for RestGateway {
    fn reference_prefix(&self) -> String {
        self.client().settings().reference_prefix()
    }

    async fn send(&self, order: &PayoutOrder) -> Outcome {
        let wish = Payout {
            reference: &order.reference,
            amount: order.amount,
            back_to: order.deposit_reference.as_deref(),
            customer: &order.customer,
            notify_url: order.extra.get(NOTIFY_URL).map(String::as_str),
            more: &order.extra,
        };
        match payout::send(self.client(), &wish).await {
            Ok(paid_out) => told(paid_out),
            // The reference is refused if an earlier try arrived, so a rejection alone proves nothing.
            Err(Trouble::Rejected { code, reason }) if code != "unfit" => match self.inquire(order).await {
                Outcome::NotFound => Outcome::Declined { code, reason },
                Outcome::NotSent { cause } => Outcome::Unknown { cause },
                asked => asked,
            },
            Err(trouble) => trouble.into(),
        }
    }

    fn health(&self) -> Option<Health> {
        Some(self.client().health())
    }

    async fn inquire(&self, order: &PayoutOrder) -> Outcome {
        match inquiry::send(self.client(), By::Reference(&order.reference), Taking::AtOnce).await {
            Ok(None) => Outcome::NotFound,
            Ok(Some(payment)) if payment.amount != order.amount => {
                Outcome::Unknown { cause: Remark::OtherAmount.into() }
            }
            Ok(Some(payment)) => told(PaidOut {
                payment: payment.id,
                standing: payment.standing,
                code: payment.code,
                reason: payment.reason,
            }),
            // A question that got no answer settles nothing, whatever the reason.
            Err(trouble) => Outcome::Unknown { cause: trouble.to_string() },
        }
    }
}

fn told(paid_out: PaidOut) -> Outcome {
    match paid_out.standing {
        Standing::PayoutDone => Outcome::Paid { reference: paid_out.payment },
        Standing::PayoutPending | Standing::Pending => Outcome::Open { cause: Remark::NotPaidOutYet.into() },
        Standing::PayoutFailed | Standing::Failed | Standing::Cancelled => {
            Outcome::Declined { code: paid_out.code, reason: paid_out.reason }
        }
        Standing::Authorized
        | Standing::Captured
        | Standing::RefundPending
        | Standing::Refunded
        | Standing::ChargedBack => Outcome::Unknown { cause: Remark::ReferenceOfPayment.into() },
        Standing::Unknown => Outcome::Unknown { cause: Remark::PayoutStatusUnknown.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bank_account::PARTS;

    #[test]
    fn every_part_of_a_bank_account_has_a_name_there() {
        let account = BankAccount::read(|part| Some(format!("{part}!"))).expect("read").expect("an account");
        let extras = to_bank_account(&account);
        assert_eq!(extras.len(), PARTS.len());
        assert!(extras.contains(&("bankAccount.transferType".to_owned(), "BankTransferType!".to_owned())));
    }
}
