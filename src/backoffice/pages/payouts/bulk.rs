//! One action on several rows. Each row is decided by itself, as it was looked at, and each has its result.

use super::act::{code_is_missing, needs_code, perform, rules};
use super::describe::{did, label};
use super::transaction_ids;
use crate::backoffice::call::Asked;
use crate::backoffice::explain::impossible;
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::parts::{Badge, Cell, Table, Tone};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::acting::{Action, Weight};
use crate::domain::ids::PayoutId;
use crate::operations::acting::Acted;
use crate::operations::acting::act_on_payout::Act;
use crate::store::payouts;
use askama::Template;

/// What can be done to several at once. The rest needs a look at each.
const ACTIONS: [Action; 8] = [
    Action::Authorize,
    Action::Start,
    Action::Approve,
    Action::Reject,
    Action::Cancel,
    Action::Hold,
    Action::Unhold,
    Action::Claim,
];

/// As many rows as a page has at most.
const MOST: usize = 200;

/// What a list's form says, so that an approval asks for ids first.
const ASK: &str = "ask";

/// An action that the list offers.
pub struct Offer {
    pub name: &'static str,
    pub label: &'static str,
}

/// The actions that one of the viewer's roles may do somewhere.
pub fn offers(asked: &Asked) -> Vec<Offer> {
    let may = |action: &Action| action.rights().iter().any(|right| asked.has(*right));
    let offered = ACTIONS.into_iter().filter(may);
    offered.map(|action| Offer { name: action.name(), label: asked.words.say(label(action)) }).collect()
}

#[derive(Template)]
#[template(path = "backoffice/payouts/bulk.html")]
struct BulkPage {
    notice: Notice,
    results: Table,
    back: String,
    back_label: &'static str,
}

pub async fn run(asked: Asked) -> Outcome {
    let wished = Action::from_name(asked.form.text("act")).filter(|action| ACTIONS.contains(action));
    let action = wished.ok_or_else(|| Trouble::bad(asked.say("bulk.act"), asked.say("act.unknown")))?;
    let picks: Vec<Picked> = asked.form.all("pick").filter_map(Picked::read).take(MOST + 1).collect();
    if picks.is_empty() || picks.len() > MOST {
        return Err(Trouble::bad(asked.say("bulk.pick"), asked.say("bulk.none")));
    }
    if let Some(refused) = code_is_missing(&asked, action.weight() == Weight::Release).await? {
        return Ok(asked.go_saying(&back(&asked), &refused));
    }
    if action == Action::Approve && asked.form.text("ids") == ASK {
        let code = needs_code(&asked).await?;
        if let Some(page) = transaction_ids::ask(&asked, &picks, &back(&asked), code).await? {
            return page;
        }
    }
    let mut table = Table::new(asked.say("bulk.caption"), asked.say("none"))
        .column(asked.say("payouts.id"))
        .column(asked.say("bulk.result"))
        .column(asked.say("bulk.why"));
    let mut done = 0;
    for Picked { id, seen } in &picks {
        let (good, why) = one(&asked, action, *id, *seen).await;
        done += usize::from(good);
        let badge = if good {
            Badge::new(Tone::Good, "✔", asked.say("bulk.done"))
        } else {
            Badge::new(Tone::Bad, "✖", asked.say("bulk.refused"))
        };
        let to = format!("/office/payouts/{id}");
        let row =
            table.row(vec![Cell::link(to.clone(), id.to_string()), Cell::Badge(badge), Cell::text(why)]);
        row.opens = Some(to);
    }
    let values = [("done", done.to_string()), ("all", picks.len().to_string())];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let text = asked.fill("bulk.told", &[("act", asked.say(label(action))), values[0], values[1]]);
    let notice = if done == picks.len() { Notice::good(text) } else { Notice::bad(text) };
    let content =
        BulkPage { notice, results: table, back: back(&asked), back_label: asked.words.say("bulk.back") };
    asked.page(asked.say("bulk.title"), &content)
}

/// `PO-…:7`, an id and the version that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    pub id: PayoutId,
    pub seen: i64,
}

impl Picked {
    fn read(text: &str) -> Option<Picked> {
        let (id, seen) = text.split_once(':')?;
        Some(Picked { id: PayoutId::parse(id)?, seen: seen.parse().ok()? })
    }

    pub fn text(&self) -> String {
        format!("{}:{}", self.id, self.seen)
    }
}

/// The list as it was filtered.
fn back(asked: &Asked) -> String {
    let query = crate::backoffice::fields::Fields::read(asked.form.raw("query").as_bytes());
    format!("/office/payouts?{}", query.query_without(&["csrf"]))
}

/// One row. What is out of reach is answered like what is not there; what the database could not do stops no other row.
async fn one(asked: &Asked, action: Action, id: PayoutId, seen: i64) -> (bool, String) {
    let found = asked.read(move |connection| payouts::find_now(connection, id)).await;
    let payout = match found {
        Ok(Some(payout)) if super::acts_on(asked, &payout.front_end) => payout,
        Ok(_) => return (false, asked.say("why.not_found").to_owned()),
        Err(_) => return (false, asked.say("trouble.store").to_owned()),
    };
    let Ok(rules) = rules(asked, &payout) else { return (false, asked.say("why.not_found").to_owned()) };
    let act = match action {
        Action::Authorize => Act::Authorize,
        Action::Start => Act::Start,
        Action::Approve => Act::Approve { transaction_id: transaction_ids::typed(asked, id) },
        Action::Reject => Act::Reject,
        Action::Cancel => Act::Cancel,
        Action::Hold => Act::Hold,
        Action::Unhold => Act::Unhold,
        _ => Act::Claim,
    };
    match perform(asked, &payout, &rules, act, Some(seen)).await {
        Ok(Acted::Done(done)) => (true, did(asked, action, &done)),
        Ok(Acted::Impossible(why)) => (false, impossible(asked.voice(), &why)),
        Err(error) => {
            tracing::warn!(payout.id = %id, %error, "a row of a bulk action could not be done");
            (false, asked.say("trouble.store").to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pick_is_an_id_and_what_was_seen_of_it() {
        let id = PayoutId(7);
        let picked = Picked { id, seen: 3 };
        assert_eq!(Picked::read(&format!("{id}:3")), Some(picked));
        assert_eq!(Picked::read(&picked.text()), Some(picked));
        for bad in ["", "PO-1", ":3", "PO-1:", "x:1"] {
            assert_eq!(Picked::read(bad), None, "{bad}");
        }
    }
}
