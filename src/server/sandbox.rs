//! What makes a sandbox usable at once: demo customers with an opening balance.

use crate::cashier::directory::Directory;
use crate::config::{DemoCustomer, Sandbox};
use crate::domain::customer::Details;
use crate::domain::money::Money;
use crate::operations::{Answer, Caller, OperationError, Rules, add_customer, adjust_balance};
use crate::store::Store;

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
    Ok(())
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
