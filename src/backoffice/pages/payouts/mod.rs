//! Payouts: the list with its filter, views and files, one payout with its timeline, and the buttons.

pub mod act;
mod bulk;
mod columns;
pub mod describe;
mod export;
mod filter;
mod list;
mod one;
pub mod timeline;
mod transaction_ids;
mod views;

use crate::backoffice::call::Asked;
use crate::backoffice::route::{Access, Route, Wall, get, known, post};
use crate::domain::people::{Reach, Right};
use crate::store::lists::Sight;
use crate::store::lists::payout::{Event, notices_of, with_bodies, with_exchanges};
use crate::store::{Connection, StoreError, exchanges};

pub const ROUTES: &[Route] = &[
    get("/office/payouts", Access::Needs(Right::SeePayouts), Wall::Filtered, known!(list::show)),
    get("/office/payouts/file/{kind}", Access::Needs(Right::Export), Wall::Filtered, known!(export::send)),
    post("/office/payouts/views", Access::Needs(Right::SeePayouts), Wall::Filtered, known!(views::keep)),
    post(
        "/office/payouts/views/{view}/remove",
        Access::Needs(Right::SeePayouts),
        Wall::Filtered,
        known!(views::remove),
    ),
    post("/office/payouts/bulk", Access::NeedsOne(ACTING), Wall::Filtered, known!(bulk::run)),
    get("/office/payouts/{payout}", Access::Needs(Right::SeePayouts), Wall::Payout, known!(one::show)),
    post("/office/payouts/{payout}", Access::NeedsOne(ACTING), Wall::Payout, known!(act::run)),
];

/// Every right that has a button of a payout; which button, each action says itself.
const ACTING: &[Right] = &[
    Right::Annotate,
    Right::PreparePayouts,
    Right::RefusePayouts,
    Right::ReleasePayouts,
    Right::ReversePayouts,
    Right::RetryAttempts,
    Right::SettleUnknown,
];

/// What a right lets somebody see.
pub fn sight(asked: &Asked, right: Right) -> Sight {
    match asked.reach(right) {
        Reach::All => Sight::All,
        Reach::Only(names) => Sight::Only(names.into_iter().collect()),
    }
}

/// Puts what went over the wire into a timeline, for whoever may see it.
pub async fn exchanges_of(
    asked: &Asked,
    front_end: &str,
    subject: String,
    timeline: &mut Vec<Event>,
) -> Result<(), StoreError> {
    if asked.may(Right::SeeExchanges, front_end) {
        let read =
            move |connection: &mut Connection| exchanges::of_subject(connection, &subject, MOST_EXCHANGES);
        with_exchanges(timeline, asked.read(read).await?);
        let notices = notices_of(timeline);
        with_bodies(timeline, asked.read(move |connection| exchanges::bodies(connection, &notices)).await?);
    }
    Ok(())
}

const MOST_EXCHANGES: i64 = 100;

/// Whether somebody has any button of a front end's payouts.
pub fn acts_on(asked: &Asked, front_end: &str) -> bool {
    ACTING.iter().any(|right| asked.may(*right, front_end))
}
