//! The pages, a file each, with their routes.

pub mod audit;
pub mod customers;
pub mod deposits;
pub mod errands;
pub mod events;
pub mod home;
pub mod ledger;
pub mod me;
pub mod notices;
pub mod payouts;
pub mod people;
pub mod proposals;
pub mod second_factor;
pub mod setup;
pub mod sign_in;
pub mod today;
pub mod unknown;

use crate::backoffice::call::Asked;
use crate::backoffice::parts::pager::AFTER;
use crate::backoffice::trouble::Trouble;
use crate::store::lists::Cursor;
use crate::store::lists::hours::midnight;
use chrono::{DateTime, NaiveDate, Utc};

/// The cursor in the address of a list.
fn after(asked: &Asked) -> Result<Option<Cursor>, Trouble> {
    match asked.query.text(AFTER) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Trouble::NotFound),
    }
}

/// From the first moment or later, and before the second.
type Stretch = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// The days `from` and `until` of an address, both included, as they begin and end where the viewer is.
fn days(asked: &Asked) -> Result<Stretch, Trouble> {
    let day = |name: &str, key: &str| match asked.query.text(name) {
        "" => Ok(None),
        text => {
            let day: Result<NaiveDate, _> = text.parse();
            day.map(Some).map_err(|_| Trouble::bad(asked.say(key), asked.say("list.unreadable")))
        }
    };
    let begins = |day: NaiveDate| midnight(day, asked.zone);
    let until = day("until", "list.until")?.and_then(|day| day.succ_opt());
    Ok((day("from", "list.from")?.map(begins), until.map(begins)))
}
