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
use futures_util::future::LocalBoxFuture;

/// Runs the method that a call names.
pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    // Each on its own: together they would make every call as large, on its every move, as the largest of them.
    let work: LocalBoxFuture<'_, Result<Told, OperationError>> = match call.method.name {
        "AuthCust" => Box::pin(auth_cust::run(call)),
        "GetCustomer" => Box::pin(get_customer::run(call)),
        "GetBalance" => Box::pin(get_balance::run(call)),
        "GetPayout" => Box::pin(get_payout::run(call)),
        "GetDeposit" => Box::pin(get_deposit::run(call)),
        "PrevalidateDeposit" => Box::pin(deposits::prevalidate(call)),
        "PendingDeposit" => Box::pin(deposits::record(call, News::Pending)),
        "AuthorizedDeposit" => Box::pin(deposits::record(call, News::Authorized)),
        "DeclinedDeposit" => Box::pin(deposits::record(call, News::Declined)),
        "ProcessDeposit" => Box::pin(deposits::process(call)),
        "ReverseDeposit" => Box::pin(deposits::reverse(call)),
        "CreateDeposit" => Box::pin(run_by_us::create(call)),
        "CaptureDeposit" => Box::pin(run_by_us::capture(call)),
        "CancelDeposit" => Box::pin(run_by_us::cancel(call)),
        "RefundDeposit" => Box::pin(run_by_us::refund(call)),
        "ChargeStored" => Box::pin(run_by_us::charge(call)),
        "CreateInvoice" => Box::pin(invoices::create(call)),
        "GetInvoice" => Box::pin(invoices::get(call)),
        "CancelInvoice" => Box::pin(invoices::cancel(call)),
        "CreatePayout" => Box::pin(create_payout::run(call)),
        "UpdatePayout" => Box::pin(update_payout::run(call)),
        "ReversePayout" => Box::pin(reverse_payout::run(call)),
        // The catalog and this table are compared by a test.
        _ => return Ok(Told::failed(super::codes::UNREADABLE, "Method: unknown method")),
    };
    work.await
}
