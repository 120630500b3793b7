//! Sums by the hour, kept in memory: a past hour is counted once, and a page counts only so many rows anew.
//!
//! An hour begins where its day begins in somebody's zone, or whole hours after that. Zones that are whole hours apart have
//! the same hours; in one that is some hours and a half away they begin at half past.

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
    kept: Arc<Mutex<BTreeMap<Bounds, Counted<T>>>>,
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

/// An hour of a day. Where clocks change by a part of an hour, the last one of that day is shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hour {
    pub day: NaiveDate,
    pub from: DateTime<Utc>,
    /// The first moment after it.
    pub until: DateTime<Utc>,
}

/// What an hour is kept by, whatever the day is called in a zone.
type Bounds = (DateTime<Utc>, DateTime<Utc>);

struct Counted<T> {
    sums: Arc<T>,
    at: DateTime<Utc>,
}

/// What was asked for, as far as it could be counted.
pub(super) struct Summed<T> {
    /// Oldest first.
    pub hours: Vec<(Hour, Arc<T>)>,
    /// False while hours are missing: who asks again gets more of them.
    pub complete: bool,
}

/// How many rows may be counted for one page.
const MOST_ROWS: i64 = 250_000;
/// As many hours as are kept: a good year.
const MOST_HOURS: usize = 10_000;

impl<T> Hours<T> {
    /// The sums of some hours, the latest counted first. `fresh_for` says how long the count of an hour of
    /// some age is good; `count` sums the rows whose ids lie in a range and says how many they were.
    pub fn sum(
        &self,
        connection: &mut Connection,
        hours: &[Hour],
        now: DateTime<Utc>,
        fresh_for: impl Fn(Duration) -> Option<Duration>,
        mut count: impl FnMut(&mut Connection, Range<i64>) -> Result<(T, i64), StoreError>,
    ) -> Result<Summed<T>, StoreError> {
        let mut summed = Summed { hours: Vec::new(), complete: true };
        let mut counted_rows = 0;
        for hour in hours.iter().rev().copied() {
            let Hour { from, until, .. } = hour;
            if from > now {
                continue;
            }
            let known = self.lock().get(&(from, until)).map(|counted| (counted.sums.clone(), counted.at));
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
            kept.insert((from, until), Counted { sums, at: now });
            while kept.len() > MOST_HOURS {
                kept.pop_first();
            }
        }
        summed.hours.reverse();
        Ok(summed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Bounds, Counted<T>>> {
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The hours of some days of a zone, oldest first.
pub(super) fn of_days(days: &Range<NaiveDate>, zone: Tz) -> Vec<Hour> {
    let mut hours = Vec::new();
    for day in days.start.iter_days().take_while(|day| *day < days.end) {
        let end = day.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, |next| midnight(next, zone));
        let mut from = midnight(day, zone);
        while from < end {
            let until = (from + Duration::hours(1)).min(end);
            hours.push(Hour { day, from, until });
            from = until;
        }
    }
    hours
}

/// When a day begins in a zone; where clocks jump over midnight, at the first moment after it.
pub fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::MIN);
    let found = zone.from_local_datetime(&local).earliest();
    let later = || zone.from_local_datetime(&(local + Duration::hours(1))).earliest();
    found.or_else(later).map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Timelike;

    #[test]
    fn the_hours_of_a_day_begin_with_it_and_end_with_it_also_when_clocks_change() {
        let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("a day");
        for (from, zone, length, minute, last) in [
            (day(11, 24), chrono_tz::UTC, 24, 0, 60),
            (day(11, 24), chrono_tz::Europe::Berlin, 24, 0, 60),
            (day(3, 29), chrono_tz::Europe::Berlin, 23, 0, 60),
            (day(10, 25), chrono_tz::Europe::Berlin, 25, 0, 60),
            (day(11, 24), chrono_tz::Asia::Kolkata, 24, 30, 60),
            (day(11, 24), chrono_tz::Asia::Kathmandu, 24, 15, 60),
            // Clocks there change by half an hour.
            (day(4, 5), chrono_tz::Australia::Lord_Howe, 25, 0, 30),
            (day(10, 4), chrono_tz::Australia::Lord_Howe, 24, 30, 30),
        ] {
            let next = from.succ_opt().expect("a day");
            let hours = of_days(&(from..next), zone);
            assert_eq!(hours.len(), length, "{from} in {zone}");
            assert!(hours.windows(2).all(|pair| pair[0].until == pair[1].from), "{from} in {zone}");
            assert!(
                hours.iter().all(|hour| hour.day == from && hour.from.minute() == minute),
                "{from} in {zone}"
            );
            let (first, end) = (hours[0].from, hours[length - 1].until);
            assert_eq!((first, end), (midnight(from, zone), midnight(next, zone)), "{from} in {zone}");
            assert_eq!((end - hours[length - 1].from).num_minutes(), last, "{from} in {zone}");
        }
    }

    #[test]
    fn zones_that_are_whole_hours_apart_share_what_was_counted() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 24).expect("a day");
        let days = day..day + chrono::Days::new(2);
        let bounds = |zone| -> Vec<Bounds> {
            of_days(&days, zone).iter().map(|hour| (hour.from, hour.until)).collect()
        };
        let (london, berlin) = (bounds(chrono_tz::Europe::London), bounds(chrono_tz::Europe::Berlin));
        assert_eq!(london[..47], berlin[1..]);
    }
}
