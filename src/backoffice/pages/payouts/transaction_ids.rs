//! Several are approved at once: before that, the id that each has at its processor is asked for, since reconciliation goes
//! by it. What a processor of ours has paid has told its id already.

use super::bulk::Picked;
use crate::backoffice::call::Asked;
use crate::backoffice::pages::customers;
use crate::backoffice::parts::form::{Form, Weight};
use crate::backoffice::parts::stack::{Hint, Links, Stack};
use crate::backoffice::parts::{Cell, Table};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::acting::Action;
use crate::domain::ids::PayoutId;
use crate::domain::payout::Payout;
use crate::store::{Connection, attempts, payouts};

/// As long as the cashier's field.
const LONGEST: usize = 50;
const FORM: &str = "ids";

/// What was typed for a payout.
pub fn typed(asked: &Asked, id: PayoutId) -> Option<String> {
    let text = asked.form.text(&name(id));
    (!text.is_empty()).then(|| text.to_owned())
}

fn name(id: PayoutId) -> String {
    format!("id-{id}")
}

/// A picked payout with the id that its processor has told.
struct Known {
    payout: Payout,
    told: Option<String>,
}

/// The page that asks, unless every id is known.
pub async fn ask(
    asked: &Asked,
    picks: &[Picked],
    back: &str,
    code: bool,
) -> Result<Option<Outcome>, Trouble> {
    let ids: Vec<PayoutId> = picks.iter().map(|pick| pick.id).collect();
    let read = move |connection: &mut Connection| {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(payout) = payouts::find_now(connection, id)? else { continue };
            let last = attempts::of_payout(connection, id)?.pop();
            found.push(Known { payout, told: last.and_then(|attempt| attempt.processor_reference) });
        }
        Ok(found)
    };
    let found = asked.read(read).await?;
    let within = found.iter().filter(|known| super::acts_on(asked, &known.payout.front_end));
    let shown: Vec<&Known> = within.collect();
    if shown.iter().all(|known| known.told.is_some()) {
        return Ok(None);
    }
    let mut form = Form::new(asked, "/office/payouts/bulk", false)
        .called(FORM)
        .hidden("act", Action::Approve.name())
        .hidden("query", asked.form.raw("query"));
    for pick in picks {
        form = form.hidden("pick", &pick.text());
    }
    form = form.text_with("reason", asked.say("act.reason"), asked.form.text("reason"));
    if code {
        form = form.code(asked.say("act.code"));
    }
    let form = form.button(asked.say("act.approve"), Weight::First, None);
    let mut page = Stack::new();
    page.push(Hint::new(asked.say("bulk.ids.hint"))).push(table(asked, &shown)).push(form);
    page.push(Links::new(asked.say("bulk.back")).link(back, asked.say("bulk.back"), false));
    Ok(Some(asked.page(asked.say("bulk.ids"), &page)))
}

fn table(asked: &Asked, shown: &[&Known]) -> Table {
    let mut table = Table::new(asked.say("bulk.ids.caption"), asked.say("none"))
        .column(asked.say("payouts.id"))
        .column(asked.say("payouts.pin"))
        .number(asked.say("payouts.amount"))
        .column(asked.say("payouts.processor"))
        .column(asked.say("payouts.transaction"));
    let mut first = true;
    for Known { payout, told } in shown {
        let id = payout.id.to_string();
        let label = format!("{}: {id}", asked.say("payouts.transaction"));
        table.row(vec![
            Cell::link(format!("/office/payouts/{id}"), &id),
            Cell::link(customers::to(&payout.front_end, &payout.pin), &payout.pin),
            Cell::Number(asked.money(payout.amount)),
            Cell::text(payout.processor_name()),
            match told {
                Some(told) => {
                    Cell::Several(vec![Cell::Code(told.clone()), Cell::text(asked.say("bulk.ids.told"))])
                }
                None => Cell::Typed {
                    form: FORM,
                    name: name(payout.id),
                    label,
                    longest: LONGEST,
                    first: std::mem::take(&mut first),
                },
            },
        ]);
    }
    table
}
