//! `twint.aspx`: TWINT, in Swiss francs. Unless the merchant is set to sale, we capture what was confirmed.

use super::client::Client;
use super::hosted_page;
use super::request::Request;
use super::values::{BadValue, format, reference};
use crate::processors::{DepositOrder, Opened};

pub fn open(client: &Client, order: &DepositOrder) -> Result<Opened, BadValue> {
    let settings = client.settings();
    if order.amount.currency().code() != "CHF" {
        return Err(BadValue::new("Currency", format::a(3).exactly(), "is not CHF, which TWINT wants"));
    }
    let mut request = Request::new("twint.aspx", settings, &order.reference)?;
    let ref_nr = order.extra.get(super::EXTRA_REF_NR).unwrap_or(&order.reference);
    request.put("RefNr", format::ans(40), &reference::twint_ref_nr(ref_nr)?)?;
    request.money(order.amount, settings)?;
    request.words("OrderDesc", format::ans(768), &hosted_page::order_text(client, order))?;
    let given = |name: &str| order.extra.get(name).map(String::as_str);
    request.words_some("OrderDesc2", format::ans(768), given("OrderDesc2"))?;
    request.words_some("UserData", format::ans(1024), given("UserData"))?;
    request.req_id(&reference::req_id(&["open", &order.reference]))?;
    hosted_page::put_urls(&mut request, client, order)?;
    Ok(hosted_page::by_browser(client, order, request, false))
}
