//! One file a method, or a family that differs in a word: parameters → wish → operation → answer.

mod auth_cust;
mod create_payout;
mod deposits;
mod get_balance;
mod get_customer;
mod get_deposit;
mod get_payout;
mod invoices;
mod reverse_payout;
mod run_by_us;
mod typed_card;
mod update_payout;

use super::call::Call;
use super::reply::Told;
use crate::operations::OperationError;
use crate::operations::record_deposit::News;

/// Runs the method that a call names.
pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    match call.method.name {
        "AuthCust" => auth_cust::run(call).await,
        "GetCustomer" => get_customer::run(call).await,
        "GetBalance" => get_balance::run(call).await,
        "GetPayout" => get_payout::run(call).await,
        "GetDeposit" => get_deposit::run(call).await,
        "PrevalidateDeposit" => deposits::prevalidate(call).await,
        "PendingDeposit" => deposits::record(call, News::Pending).await,
        "AuthorizedDeposit" => deposits::record(call, News::Authorized).await,
        "DeclinedDeposit" => deposits::record(call, News::Declined).await,
        "ProcessDeposit" => deposits::process(call).await,
        "ReverseDeposit" => deposits::reverse(call).await,
        "CreateDeposit" => run_by_us::create(call).await,
        "CaptureDeposit" => run_by_us::capture(call).await,
        "CancelDeposit" => run_by_us::cancel(call).await,
        "RefundDeposit" => run_by_us::refund(call).await,
        "ChargeStored" => run_by_us::charge(call).await,
        "CreateInvoice" => invoices::create(call).await,
        "GetInvoice" => invoices::get(call).await,
        "CancelInvoice" => invoices::cancel(call).await,
        "CreatePayout" => create_payout::run(call).await,
        "UpdatePayout" => update_payout::run(call).await,
        "ReversePayout" => reverse_payout::run(call).await,
        // The catalog and this table are compared by a test.
        _ => Ok(Told::failed(super::codes::UNREADABLE, "Method: unknown method")),
    }
}
