//! The audit trail: who did what, when and why, and whether its chains are whole.

use super::events;
use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::facts::Facts;
use crate::backoffice::parts::stack::{Hint, Links, Stack};
use crate::backoffice::parts::{Badge, Cell, Choice, Filter as Inputs, Pager, Table, Tone};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::Outcome;
use crate::domain::deed::Deed;
use crate::domain::people::{Reach, Right};
use crate::store::audit;
use crate::store::lists::Sight;
use crate::store::lists::audit::{self as trail, Filter, Line};

pub const ROUTES: &[Route] = &[
    get("/office/audit", Access::Needs(Right::SeeAudit), Wall::Filtered, known!(list)),
    get("/office/audit/check", Access::Needs(Right::SeeAudit), Wall::House, known!(check)),
];

const ROWS: i64 = 50;

async fn list(asked: Asked) -> Outcome {
    let text = |name: &str| Some(asked.query.text(name).to_owned()).filter(|text| !text.is_empty());
    let mut filter = Filter::of(Sight::from(asked.reach(Right::SeeAudit)));
    filter.subject = text("subject");
    filter.kinds = asked.query.all("kind").map(str::to_owned).collect();
    filter.who = text("who");
    filter.request_id = text("request");
    filter.made = super::days(&asked)?;
    let after = super::after(&asked)?;
    let found = asked.read(move |connection| trail::list(connection, &filter, after, ROWS)).await?;
    let mut page = Stack::new();
    page.push(
        Inputs::new(&asked)
            .text("subject", asked.say("audit.subject"))
            .one("kind", asked.say("events.what"), deeds(&asked))
            .text("who", asked.say("events.who"))
            .text("request", asked.say("audit.request"))
            .date("from", asked.say("list.from"))
            .date("until", asked.say("list.until")),
    );
    page.push(table(&asked, &found.rows));
    if found.searching {
        page.push(Hint::new(asked.say("searching")));
    }
    page.push(Pager::new(&asked, found.next.map(|cursor| cursor.to_string()).as_deref()));
    if asked.reach(Right::SeeAudit) == Reach::All {
        let check = Links::new(asked.say("audit.chain"));
        page.push(check.link("/office/audit/check", asked.say("audit.check"), false));
    }
    asked.page(asked.say("audit.title"), &page)
}

/// Every kind of line that the trail can have, in the viewer's words.
fn deeds(asked: &Asked) -> Vec<Choice> {
    let choice = |deed: &Deed| {
        Choice::new(deed.name(), format!("{} ({deed})", explain::kind(asked.voice(), deed.name())))
    };
    Deed::ALL.iter().map(choice).collect()
}

fn table(asked: &Asked, lines: &[Line]) -> Table {
    let mut table = Table::new(asked.say("audit.title"), asked.say("events.none"))
        .column(asked.say("events.at"))
        .column(asked.say("audit.subject"))
        .column(asked.say("events.what"))
        .column(asked.say("events.moved"))
        .column(asked.say("events.who"))
        .column(asked.say("events.why"))
        .column(asked.say("events.detail"))
        .column(asked.say("audit.place"))
        .narrow();
    for line in lines {
        let first =
            [Cell::When(asked.when(line.at.timestamp_micros())), super::customers::subject(&line.subject)];
        let place = format!("{}/{} {}", line.lane, line.seq, line.hash.get(..12).unwrap_or(&line.hash));
        let last = [Cell::Several(vec![Cell::Code(line.fact.request_id.clone()), Cell::Code(place)])];
        table.row(first.into_iter().chain(events::fact_cells(asked, &line.fact)).chain(last).collect());
    }
    table
}

/// Walks every chain from its first row, as `tillgate audit verify` does.
async fn check(asked: Asked) -> Outcome {
    let verified = asked.read(audit::verify).await?;
    let whole = verified.breaches.is_empty();
    let badge = if whole {
        Badge::new(Tone::Good, "✔", asked.say("audit.whole"))
    } else {
        Badge::new(Tone::Alarm, "!", asked.say("audit.broken"))
    };
    let mut facts = Facts::new(asked.say("audit.chain"))
        .fact(asked.say("audit.result"), Cell::Badge(badge))
        .fact(asked.say("audit.lanes"), Cell::Number(verified.lanes.to_string()))
        .fact(asked.say("audit.rows"), Cell::Number(verified.rows.to_string()));
    for breach in &verified.breaches {
        facts = facts.fact(asked.say("audit.breach"), Cell::text(explain::quoted(asked.voice(), breach)));
    }
    asked.page(asked.say("audit.chain"), &Stack::new().with(facts))
}
