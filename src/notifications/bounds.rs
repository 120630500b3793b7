//! How much is kept of what anybody may send us. Some processors don't sign their notices, so whoever knows the address
//! can make them up; what fits no order of ours is kept for people to look at, but only so much of it.

use crate::domain::ids::path;
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Notices without an order, of one sender to one account, in an hour.
pub const OF_ONE_SENDER: u32 = 60;
/// The same of all senders together: a sender with many addresses is none the better for it.
pub const OF_ALL_SENDERS: u32 = 600;
/// Different notices of one order, for ever. Processors tell far fewer.
pub const OF_ONE_ORDER: usize = 50;

/// What fitted no order in the running hour, in this process.
#[derive(Default)]
pub struct Bounds {
    /// By account alone, and by account and sender.
    windows: Mutex<HashMap<String, Window>>,
}

struct Window {
    since: DateTime<Utc>,
    kept: u32,
    refused: u32,
}

impl Bounds {
    /// Whether one more notice that fits no order may be kept. The first that may not is told of in the log, the
    /// others are only counted.
    pub fn admit(&self, account: &str, sender: Option<IpAddr>, now: DateTime<Utc>) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|_, window| now - window.since < Duration::hours(1));
        let sender = sender.map_or_else(|| "unknown".to_owned(), network);
        let of_sender = path(&[account, &sender]);
        for (name, most) in [(account, OF_ALL_SENDERS), (of_sender.as_str(), OF_ONE_SENDER)] {
            let Some(window) = windows.get_mut(name).filter(|window| window.kept >= most) else { continue };
            window.refused += 1;
            if window.refused == 1 {
                tracing::warn!(account, sender, most, "notices that fit no order are not kept any more");
            }
            return false;
        }
        // Senders are remembered only as long as the account has room, so their number is bounded, too.
        for name in [account.to_owned(), of_sender] {
            windows.entry(name).or_insert(Window { since: now, kept: 0, refused: 0 }).kept += 1;
        }
        true
    }
}

/// A sender by his address, or by his network where one customer is given more addresses than we could count.
fn network(sender: IpAddr) -> String {
    match sender.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sender_has_his_share_and_all_together_have_theirs() {
        let (bounds, now) = (Bounds::default(), DateTime::<Utc>::UNIX_EPOCH);
        let admitted = |account: &str, sender: &str, tries: u32, now| {
            let sender = Some(sender.parse().expect("an address"));
            (0..tries).filter(|_| bounds.admit(account, sender, now)).count() as u32
        };
        assert_eq!(admitted("paysafecard", "192.0.2.1", 100, now), OF_ONE_SENDER);
        assert_eq!(admitted("paysafecard", "192.0.2.2", 1, now), 1);
        // The addresses of one network are one sender, and another account is another matter.
        assert_eq!(admitted("paysafecard", "2001:db8::1", 60, now), OF_ONE_SENDER);
        assert_eq!(admitted("paysafecard", "2001:db8::2", 60, now), 0);
        assert_eq!(admitted("cash_ticket", "192.0.2.1", 100, now), OF_ONE_SENDER);
        let others: u32 =
            (1..=100).map(|n| admitted("paysafecard", &format!("198.51.100.{n}"), 60, now)).sum();
        assert_eq!(others, OF_ALL_SENDERS - 2 * OF_ONE_SENDER - 1);
        let later = now + Duration::hours(1);
        assert_eq!(admitted("paysafecard", "192.0.2.1", 100, later), OF_ONE_SENDER);
    }
}
