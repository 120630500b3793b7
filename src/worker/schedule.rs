//! When to ask again.

use chrono::Duration;

/// From this inquiry on a person is told that an outcome is unknown.
pub const ALARM_AFTER: i64 = 2;

/// After so many inquiries that told nothing: 30 s, 2 min, 10 min, 1 h, then hourly.
pub fn inquiry(inquiries: i64) -> Duration {
    match inquiries {
        ..=1 => Duration::seconds(30),
        2 => Duration::minutes(2),
        3 => Duration::minutes(10),
        _ => Duration::hours(1),
    }
}

/// The same for a payout that its processor says it does not know, which may be believed in `left` and must be heard
/// again: nobody waits for longer than that.
pub fn next_inquiry(inquiries: i64, left: Option<Duration>) -> Duration {
    let usual = inquiry(inquiries);
    left.map_or(usual, |left| usual.min(left.max(inquiry(1))))
}

/// What never arrived is sent again.
pub const RESENT: Duration = Duration::seconds(5);

/// When a cashier that gave no answer is asked again; nobody waits for longer than a day.
pub fn tell(tries: i64) -> Option<Duration> {
    match tries {
        ..=1 => Some(Duration::seconds(15)),
        2 => Some(Duration::minutes(1)),
        3 => Some(Duration::minutes(5)),
        4..=7 => Some(Duration::minutes(30)),
        8..=28 => Some(Duration::hours(1)),
        _ => None,
    }
}

/// After so many tries that failed on our own side or before anything left.
pub fn after_trouble(tries: i64) -> Duration {
    match tries {
        ..=1 => Duration::seconds(5),
        2 => Duration::seconds(15),
        3 => Duration::minutes(1),
        4 => Duration::minutes(5),
        _ => Duration::minutes(15),
    }
}

/// Where the money must be fetched inside a window. The shortest window is a minute, so that even a customer of whom
/// no notice and no browser tells is found in time.
pub const WITHIN_A_WINDOW: Duration = Duration::seconds(20);

/// A deposit that was given up and can still be paid.
pub const DAILY: Duration = Duration::days(1);

/// A deposit whose customer may still be at the processor's page.
pub fn deposit(tries: i64) -> Duration {
    match tries {
        ..=5 => Duration::seconds(30),
        6..=15 => Duration::minutes(2),
        _ => Duration::minutes(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_there_is_asked_for_again_when_that_may_be_believed() {
        let seconds = Duration::seconds;
        for (inquiries, left, next) in [
            (4, None, 3600),
            (4, Some(450), 450),
            (4, Some(2), 30),
            (4, Some(-90), 30),
            (2, Some(570), 120),
            (1, Some(-90), 30),
        ] {
            assert_eq!(next_inquiry(inquiries, left.map(seconds)), seconds(next), "{inquiries} {left:?}");
        }
    }
}
