//! Sums of whole hours, kept in memory: a past hour is counted once, and a page counts only so many rows anew.

use super::id_at;
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

/// The sums of the hours that somebody asked for. Cheap to clone; all clones share what was counted.
pub(super) struct Hours<T> {
    kept: Arc<Mutex<BTreeMap<i64, Counted<T>>>>,
}

impl<T> Clone for Hours<T> {
    fn clone(&self) -> Hours<T> {
        Hours { kept: self.kept.clone() }
    }
}

impl<T> Default for Hours<T> {
    fn default() -> Hours<T> {
        Hours { kept: Arc::default() }
    }
}

struct Counted<T> {
    sums: Arc<T>,
    at: DateTime<Utc>,
}

/// What was asked for, as far as it could be counted.
pub(super) struct Summed<T> {
    /// By hour since 1970, oldest first.
    pub hours: Vec<(i64, Arc<T>)>,
    /// False while hours are missing: who asks again gets more of them.
    pub complete: bool,
}

/// How many rows may be counted for one page.
const MOST_ROWS: i64 = 250_000;
/// As many hours as are kept: a good year.
const MOST_HOURS: usize = 10_000;

impl<T> Hours<T> {
    /// The sums of the hours in a range, the latest counted first. `fresh_for` says how long the count of an hour of
    /// some age is good; `count` sums the rows whose ids lie in a range and says how many they were.
    pub fn sum(
        &self,
        connection: &mut Connection,
        range: Range<i64>,
        now: DateTime<Utc>,
        fresh_for: impl Fn(Duration) -> Option<Duration>,
        mut count: impl FnMut(&mut Connection, Range<i64>) -> Result<(T, i64), StoreError>,
    ) -> Result<Summed<T>, StoreError> {
        let mut summed = Summed { hours: Vec::new(), complete: true };
        let mut counted_rows = 0;
        for hour in range.rev() {
            let (Some(from), Some(until)) = (begin(hour), begin(hour + 1)) else { continue };
            if from > now {
                continue;
            }
            let known = self.lock().get(&hour).map(|counted| (counted.sums.clone(), counted.at));
            if let Some((sums, at)) = &known
                && fresh_for(now - until).is_none_or(|fresh| now - *at < fresh)
            {
                summed.hours.push((hour, sums.clone()));
                continue;
            }
            if counted_rows >= MOST_ROWS {
                // An old count is better than none.
                match known {
                    Some((sums, _)) => summed.hours.push((hour, sums)),
                    None => summed.complete = false,
                }
                continue;
            }
            let (sums, rows) = count(connection, id_at(from)..id_at(until))?;
            counted_rows += rows;
            let sums = Arc::new(sums);
            summed.hours.push((hour, sums.clone()));
            let mut kept = self.lock();
            kept.insert(hour, Counted { sums, at: now });
            while kept.len() > MOST_HOURS {
                kept.pop_first();
            }
        }
        summed.hours.reverse();
        Ok(summed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, Counted<T>>> {
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn begin(hour: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(hour.checked_mul(3600)?, 0)
}

/// The hours that begin within some days of a zone.
pub(super) fn of_days(days: &Range<NaiveDate>, zone: Tz) -> Range<i64> {
    let hour = |day: NaiveDate| (midnight(day, zone).timestamp() + 3599).div_euclid(3600);
    hour(days.start)..hour(days.end)
}

/// When a day begins in a zone; where clocks jump over midnight, at the first moment after it.
fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::MIN);
    let found = zone.from_local_datetime(&local).earliest();
    let later = || zone.from_local_datetime(&(local + Duration::hours(1))).earliest();
    found.or_else(later).map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
}

/// The hour that a moment lies in.
pub(super) fn hour_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(3600)
}

/// The day of a zone that an hour begins in.
pub(super) fn day_of(hour: i64, zone: Tz) -> NaiveDate {
    begin(hour).unwrap_or_default().with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hours_of_a_day_are_those_that_begin_in_it_also_when_clocks_change() {
        let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("a day");
        for (from, zone, length) in [
            (day(11, 24), chrono_tz::UTC, 24),
            (day(11, 24), chrono_tz::Europe::Berlin, 24),
            (day(3, 29), chrono_tz::Europe::Berlin, 23),
            (day(10, 25), chrono_tz::Europe::Berlin, 25),
            (day(11, 24), chrono_tz::Asia::Kolkata, 24),
        ] {
            let hours = of_days(&(from..from.succ_opt().expect("a day")), zone);
            assert_eq!(hours.clone().count(), length, "{from} in {zone}");
            assert!(hours.clone().all(|hour| day_of(hour, zone) == from), "{from} in {zone}");
            assert!(
                day_of(hours.start - 1, zone) < from && day_of(hours.end, zone) > from,
                "{from} in {zone}"
            );
        }
    }
}
