//! `tillgate customer adjust`.

use super::super::house::{House, transact};
use super::super::output::{self, Format};
use super::super::{Failed, Global};
use super::Who;
use crate::operations::{Caller, Rules, adjust_balance};
use crate::platform::requests::{signed_amount, text};
use crate::store::Tx;
use serde_json::json;

pub const EXAMPLES: &str = "\
Examples:
  tillgate customer adjust --front-end 'MyPhoneCards EUR' --pin Bigdaddy --amount 50.00 --reason 'goodwill' --key g-1
  tillgate customer adjust --front-end 'MyPhoneCards EUR' --pin Bigdaddy --amount=-12.50 --reason 'wrong bonus' --key w-7

The key is yours: the same adjustment under the same key is made once, however often the command is run, and another
one under it is refused.";

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    /// Major units; a minus takes from the customer.
    #[arg(long, allow_hyphen_values = true)]
    amount: String,
    /// Why, for the audit trail.
    #[arg(long)]
    reason: String,
    /// Names this adjustment.
    #[arg(long)]
    key: String,
    /// Take even what the customer does not have.
    #[arg(long)]
    below_zero: bool,
}

pub fn run(global: &Global, house: &House, args: Args) -> Result<(), Failed> {
    text("pin", &args.who.pin, 50)?;
    text("reason", &args.reason, 200)?;
    text("key", &args.key, 100)?;
    let rules = house.rules(&args.who.front_end)?;
    let wish = adjust_balance::Wish {
        pin: args.who.pin,
        amount: signed_amount(&args.amount, rules.front_end.currency)?,
        reason: args.reason,
        // Keys of the command line never meet those of the platform's API keys, which have names of their own.
        key: format!("cli//{}", args.key),
        below_zero: args.below_zero,
    };
    let caller = house.caller();
    let answer = house.write(|store| async move {
        let (pin, wants) = (wish.pin.clone(), wish.wants(&rules));
        let run =
            move |tx: &mut Tx<'_>, rules: &Rules, by: &Caller| adjust_balance::run(tx, &wish, rules, by);
        transact(&store, &rules, &caller, &pin, wants, run).await
    })?;
    match global.format {
        Format::Text => {
            let before = if answer.replayed { " (made before, not again)" } else { "" };
            output::line(&format!("{}{before}.", answer.description))
        }
        Format::Json => output::json(&json!({ "result": answer.description, "replayed": answer.replayed })),
    }
}
