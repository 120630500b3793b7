//! The pages a customer sees, made to be clicked by people and by browsers under test.

use super::cents;
use super::customer::Return;
use super::outgoing::escape;
use super::world::{CARD_APPROVED, InvoiceRow, Payment};

const STYLE: &str = "body{font:16px sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}\
label{display:block;margin:.6rem 0}button{font:inherit;padding:.5rem 1rem;margin:.3rem .3rem 0 0}\
.note{background:#fff3cd;padding:.5rem}";

fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style></head><body>\
         <p class=\"note\">Sandbox: no real money moves here.</p><h1>{title}</h1>{body}</body></html>"
    )
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value))
}

fn sum(payment: &Payment) -> String {
    escape(&format!("{} {}", cents::write(payment.amount), payment.currency))
}

/// The bank asks whether it is really the cardholder.
pub(super) fn challenge(payment: &Payment) -> String {
    let last_four = payment.card.as_ref().map(|card| card.last_four.as_str()).unwrap_or_default();
    let body = format!(
        "<p>Confirm the payment of <strong>{}</strong> with your card ending in {}.</p>\
         <form method=\"post\" action=\"/acs/decision\">{}\
         <button id=\"confirm\" name=\"decision\" value=\"pay\">Confirm</button>\
         <button id=\"refuse\" name=\"decision\" value=\"fail\">Refuse</button>\
         <button id=\"cancel\" name=\"decision\" value=\"cancel\">Cancel</button></form>",
        sum(payment),
        escape(last_four),
        hidden("session", &payment.session)
    );
    page("Your bank", &body)
}

/// A bank's or wallet's own page.
pub(super) fn provider(payment: &Payment) -> String {
    let body = format!(
        "<p>Pay <strong>{}</strong>.</p><form method=\"post\" action=\"/provider/decision\">{}\
         <button id=\"pay\" name=\"decision\" value=\"pay\">Pay</button>\
         <button id=\"fail\" name=\"decision\" value=\"fail\">Fail</button>\
         <button id=\"cancel\" name=\"decision\" value=\"cancel\">Cancel</button></form>",
        sum(payment),
        hidden("session", &payment.session)
    );
    page(&payment.brand, &body)
}

pub(super) fn invoice(row: &InvoiceRow, problem: Option<&str>) -> String {
    let problem = problem.map(|text| format!("<p id=\"problem\" role=\"alert\">{}</p>", escape(text)));
    let field = |label: &str, name: &str, value: &str| {
        format!("<label>{label} <input name=\"{name}\" value=\"{}\"></label>", escape(value))
    };
    let body = format!(
        "<p>{}</p><p>Amount: <strong>{} {}</strong></p>{}\
         <form method=\"post\" action=\"/transaction/PayInvoice\">{}{}{}{}{}{}{}{}\
         <button id=\"pay\">Pay</button></form>",
        escape(&row.description),
        cents::write(row.amount),
        escape(&row.currency),
        problem.unwrap_or_default(),
        hidden("inv", &row.id.to_string()),
        hidden("ct", &row.pass),
        field("First name", "customer.givenName", &row.name),
        field("Last name", "customer.surname", ""),
        field("Card number", "card.number", CARD_APPROVED),
        field("Month", "card.expiryMonth", "12"),
        field("Year", "card.expiryYear", "2039"),
        field("Security code", "card.cvv", "745"),
    );
    page(&format!("Invoice {}", row.reference), &body)
}

/// The form that takes the browser back to the merchant by itself, with a button for those without scripts.
pub(super) fn back(way: &Return) -> String {
    let fields: String = way.fields.iter().map(|(name, value)| hidden(name, value)).collect();
    let body = format!(
        "<form id=\"back\" method=\"{}\" action=\"{}\">{fields}<button>Continue</button></form>\
         <script>document.getElementById('back').submit()</script>",
        if way.by_get { "get" } else { "post" },
        escape(&way.url)
    );
    page("Back to the merchant", &body)
}

/// A payment page's way to the bank.
pub(super) fn to_challenge(payment: &Payment) -> String {
    let body = format!(
        "<form id=\"bank\" method=\"post\" action=\"/acs/challenge\">{}<button>Continue</button></form>\
         <script>document.getElementById('bank').submit()</script>",
        hidden("creq", &payment.session)
    );
    page("To your bank", &body)
}

pub(super) fn gone() -> String {
    page("Not available", "<p id=\"gone\">There is nothing to pay or confirm here any more.</p>")
}
