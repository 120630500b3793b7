//! `tillgate rest-gateway remind` and `regenerate`: an invoice's link mailed again, or made anew.

use super::super::output::{self, Format};
use super::super::{Failed, Global};
use super::{Account, Gateway, House};
use crate::domain::ids::DepositId;
use crate::processors::rest_gateway::operations::invoice::inquire;
use crate::processors::rest_gateway::operations::invoice::regenerate::{self, Replacement};
use crate::processors::rest_gateway::operations::invoice::{InvoiceState, remind};
use crate::store::deposits::{self, Managed};
use serde_json::json;

pub const REMIND_EXAMPLES: &str = "\
Examples:
  tillgate rest-gateway remind --account rest DE-01H6ZKX8W3Q2N

Each call may send another mail.";

pub const REGENERATE_EXAMPLES: &str = "\
Examples:
  tillgate rest-gateway regenerate --account rest DE-01H6ZKX8W3Q2N --new-reference INV-7-again

The new invoice is the gateway's alone: no deposit of ours belongs to it, and what is paid at its link is booked by hand.
To have it credited, cancel the old one and make another by CreateInvoice.";

#[derive(clap::Args)]
pub struct Named {
    #[command(flatten)]
    account: Account,
    /// Our id of the deposit that is the invoice.
    #[arg(value_name = "DEPOSIT")]
    deposit: String,
}

#[derive(clap::Args)]
pub struct Regenerate {
    #[command(flatten)]
    named: Named,
    /// The new invoice's reference, behind what this account's references begin with: free among all invoices and
    /// payments there, for ever.
    #[arg(long, value_name = "TEXT")]
    new_reference: String,
}

pub fn remind(global: &Global, named: &Named) -> Result<(), Failed> {
    let invoice = Invoice::find(global, named)?;
    let client = invoice.gateway.gateway.client();
    invoice.gateway.ask(remind::send(client, &invoice.id, &invoice.return_url))?;
    match global.format {
        Format::Text => output::line(&format!("The gateway mails the link of invoice {} again.", invoice.id)),
        Format::Json => output::json(&json!({ "invoice": invoice.id, "reminded": true })),
    }
}

pub fn regenerate(global: &Global, Regenerate { named, new_reference }: &Regenerate) -> Result<(), Failed> {
    let invoice = Invoice::find(global, named)?;
    // An open one can be paid, and then there would be two to pay.
    if invoice.state == InvoiceState::Open {
        return Err(Failed::Check(
            "the invoice can still be paid; cancel it before it is made anew".to_owned(),
        ));
    }
    let prefix = invoice.gateway.gateway.client().settings().reference_prefix();
    let new_reference = &match new_reference.starts_with(&prefix) {
        true => new_reference.clone(),
        false => format!("{prefix}{new_reference}"),
    };
    let replacement = Replacement { invoice_id: &invoice.id, new_reference, return_url: &invoice.return_url };
    let made = invoice.gateway.ask(regenerate::send(invoice.gateway.gateway.client(), &replacement))?;
    let pairs =
        [("invoice", json!(made.id)), ("reference", json!(new_reference)), ("link", json!(made.link))];
    match global.format {
        Format::Text => output::properties(&pairs),
        Format::Json => output::json(&output::object(&pairs)),
    }
}

/// An invoice as we made it and as the gateway has it.
struct Invoice {
    gateway: Gateway,
    /// The gateway's number.
    id: String,
    state: InvoiceState,
    /// As it was made with: it is sent and signed again.
    return_url: String,
}

impl Invoice {
    fn find(global: &Global, Named { account, deposit }: &Named) -> Result<Invoice, Failed> {
        let id = DepositId::parse(deposit).ok_or_else(|| {
            Failed::Usage(format!("{deposit} is not an id of a deposit, such as DE-01H6ZKX8W3Q2N"))
        })?;
        let gateway = Gateway::of(global, account)?;
        let house = House::of(global)?;
        let found = house.read(|connection| deposits::find_managed(connection, id))?;
        let managed = found.map(|(_, managed)| managed).filter(|managed| managed.account == account.account);
        let managed: Managed = managed.ok_or_else(|| {
            Failed::Check(format!("{deposit} is no deposit at rest_gateway.{}", account.account))
        })?;
        let return_url = format!("{}/player/{}/success", gateway.public_url, managed.token);
        let told = gateway.ask(inquire::send(gateway.gateway.client(), &managed.reference, None))?;
        let told = told.ok_or_else(|| Failed::Check(format!("the gateway knows no invoice of {deposit}")))?;
        Ok(Invoice { gateway, id: told.id, state: told.state, return_url })
    }
}
