//! What makes a sandbox usable at once: demo customers with an opening balance, people of the back office whose
//! passwords everybody knows, and the processors' simulators on loopback.

use crate::backoffice::passwords;
use crate::cashier::directory::Directory;
use crate::clock::{Clock, Entropy};
use crate::config::{DemoCustomer, DemoPerson, Sandbox, Settings};
use crate::domain::customer::Details;
use crate::domain::money::Money;
use crate::domain::people::{Grant, Grants, Person};
use crate::operations::people::add_person;
use crate::operations::{Answer, Caller, OperationError, Rules, add_customer, adjust_balance};
use crate::processors::{paygate, rest_gateway, sopg};
use crate::store::{Store, Tx, Wants, people};
use secrecy::{ExposeSecret, SecretString};
use std::net::TcpListener;

pub async fn fill(store: &Store, directory: &Directory, sandbox: &Sandbox) -> Result<(), String> {
    for demo in &sandbox.customers {
        let front_ends = directory.now();
        let door =
            front_ends.find(&demo.front_end).ok_or(format!("{} is not a front end", demo.front_end))?;
        let rules = door.rules.clone();
        let balance = Money::parse_major(&demo.balance, rules.front_end.currency)
            .map_err(|error| format!("the balance of {} {error}", demo.pin))?;
        add(store, &rules, demo, balance).await.map_err(|error| format!("{}: {error}", demo.pin))?;
    }
    for demo in &sandbox.people {
        add_demo_person(store, demo).await.map_err(|error| format!("{}: {error}", demo.name))?;
    }
    Ok(())
}

/// Somebody who is there already stays as he is.
async fn add_demo_person(store: &Store, demo: &DemoPerson) -> Result<(), String> {
    let name = demo.name.clone();
    let known = store.read(move |connection| people::find_now(connection, &name)).await;
    if known.map_err(|error| error.to_string())?.is_some() {
        return Ok(());
    }
    let grants: Result<Vec<Grant>, _> = demo.roles.iter().map(|role| Grant::parse(role)).collect();
    let person = Person {
        id: 0,
        name: demo.name.clone(),
        full_name: demo.full_name.clone(),
        grants: Grants::new(grants.map_err(|error| error.to_string())?),
        disabled: false,
        demo: true,
        language: String::new(),
        zone: String::new(),
    };
    let password = passwords::hash_known_to_all(&SecretString::from(demo.password.clone()));
    let wish = add_person::Wish { person, password: password.map_err(|error| error.to_string())? };
    let caller = Caller { who: "sandbox".to_owned(), request_id: "start".to_owned() };
    let run = move |tx: &mut Tx<'_>| add_person::run(tx, &wish, &caller);
    let added = store.transact("people", Wants::nothing(), run).await;
    added.map_err(|error| error.to_string())?.map(drop).map_err(|denied| denied.to_string())
}

/// Both steps are keyed, so a restart changes nothing.
async fn add(
    store: &Store,
    rules: &Rules,
    demo: &DemoCustomer,
    balance: Money,
) -> Result<Answer, OperationError> {
    let caller = Caller { who: "sandbox".to_owned(), request_id: "start".to_owned() };
    let wish = add_customer::Wish {
        pin: demo.pin.clone(),
        blocked: false,
        details: Details {
            first_name: demo.first_name.clone(),
            last_name: demo.last_name.clone(),
            country: demo.country.clone(),
            email: demo.email.clone(),
            ..Details::default()
        },
    };
    let (wants, named, by) = (wish.wants(rules), rules.clone(), caller.clone());
    store.transact(&demo.pin, wants, move |tx| add_customer::run(tx, &wish, &named, &by)).await?;
    let wish = adjust_balance::Wish {
        pin: demo.pin.clone(),
        amount: balance,
        reason: "opening balance of the sandbox".to_owned(),
        key: format!("sandbox-opening-{}", demo.pin),
        below_zero: false,
    };
    let (wants, named) = (wish.wants(rules), rules.clone());
    store.transact(&demo.pin, wants, move |tx| adjust_balance::run(tx, &wish, &named, &caller)).await
}

/// The simulators that run beside a sandbox.
pub struct Simulators {
    pub paygate: Option<paygate::simulator::Simulator>,
    pub sopg: Option<sopg::simulator::Simulator>,
    pub rest_gateway: Option<rest_gateway::simulator::Running>,
}

/// The address of an account that goes to the simulator.
const SANDBOX: &str = "sandbox";

impl Simulators {
    /// Starts them and points the accounts there that ask for it.
    pub fn start(settings: &mut Settings, clock: &Clock, entropy: &Entropy) -> Result<Simulators, String> {
        let addresses = settings.sandbox.simulators.clone();
        Ok(Simulators {
            paygate: start_paygate(&addresses.paygate, settings, clock, entropy)?,
            sopg: start_sopg(&addresses.sopg, settings, clock)?,
            rest_gateway: start_rest_gateway(&addresses.rest_gateway, settings, clock, entropy)?,
        })
    }

    pub async fn stop(self) {
        if let Some(paygate) = self.paygate {
            paygate.stop().await;
        }
        if let Some(sopg) = self.sopg {
            sopg.stop().await;
        }
        if let Some(rest_gateway) = self.rest_gateway {
            rest_gateway.stop().await;
        }
    }
}

fn listen(address: &str) -> Result<Option<TcpListener>, String> {
    if address.is_empty() {
        return Ok(None);
    }
    let listener =
        TcpListener::bind(address).map_err(|error| format!("no simulator on {address}: {error}"))?;
    Ok(Some(listener))
}

fn start_paygate(
    address: &str,
    settings: &mut Settings,
    clock: &Clock,
    entropy: &Entropy,
) -> Result<Option<paygate::simulator::Simulator>, String> {
    let accounts: Vec<_> =
        settings.paygate.values_mut().filter(|account| account.base_url == SANDBOX).collect();
    let Some(listener) = listen(address)? else { return Ok(None) };
    let secret = |secret: &Option<secrecy::SecretString>| {
        secret.as_ref().map(|secret| secret.expose_secret().to_owned()).unwrap_or_default()
    };
    let merchants = accounts.iter().map(|account| paygate::simulator::Merchant {
        id: account.merchant_id.clone(),
        password: secret(&account.encryption_key),
        mac_password: secret(&account.mac_key),
        ..paygate::simulator::Merchant::default()
    });
    let simulator =
        paygate::simulator::Simulator::start(listener, merchants.collect(), clock.clone(), entropy.clone());
    let simulator = simulator.map_err(|error| format!("the Paygate simulator: {error}"))?;
    for account in accounts {
        account.base_url = simulator.base_url.clone();
        account.https_only = false;
    }
    simulator.deliver_by_itself();
    Ok(Some(simulator))
}

fn start_sopg(
    address: &str,
    settings: &mut Settings,
    clock: &Clock,
) -> Result<Option<sopg::simulator::Simulator>, String> {
    let Some(listener) = listen(address)? else { return Ok(None) };
    let deliver = sopg::simulator::Deliver::ByItself;
    let simulator = sopg::simulator::start(listener, clock.clone(), deliver);
    let simulator = simulator.map_err(|error| format!("the SOPG simulator: {error}"))?;
    for account in settings.sopg.accounts.values_mut().filter(|account| account.endpoint == SANDBOX) {
        account.endpoint = simulator.endpoint();
        account.panel = match account.brand {
            sopg::settings::Brand::Paysafecard => simulator.panel(),
            sopg::settings::Brand::CashTicket => simulator.cash_ticket_panel(),
        };
        account.allow_plain_http = true;
    }
    Ok(Some(simulator))
}

fn start_rest_gateway(
    address: &str,
    settings: &mut Settings,
    clock: &Clock,
    entropy: &Entropy,
) -> Result<Option<rest_gateway::simulator::Running>, String> {
    let Some(listener) = listen(address)? else { return Ok(None) };
    let setup = rest_gateway::simulator::Setup::default();
    let simulator = rest_gateway::simulator::Simulator::new(setup, clock.clone(), entropy.clone());
    let running = rest_gateway::simulator::start(listener, simulator);
    let running = running.map_err(|error| format!("the REST gateway's simulator: {error}"))?;
    for account in settings.rest_gateway.values_mut().filter(|account| account.base_url == SANDBOX) {
        account.base_url = running.base_url();
        account.invoice_base_url = Some(running.invoice_base_url());
        account.sandbox = true;
    }
    Ok(Some(running))
}
