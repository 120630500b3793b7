//! Notifications: posted when due by the clock, and again on the platform's schedule until answered with 200.

use super::faults::NoticeFault;
use super::world::World;
use chrono::{DateTime, Duration, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// Eight further attempts over 21 hours and 36 minutes; minutes after the attempt before.
const RETRIES: [i64; 8] = [1, 5, 15, 45, 90, 180, 360, 600];

/// One notification on its way.
#[derive(Clone, Debug)]
pub struct Letter {
    pub url: String,
    pub by_get: bool,
    pub body: String,
    pub trans_id: String,
    pub due: DateTime<Utc>,
    pub attempt: usize,
    /// Waits until another letter of the same order was delivered.
    pub held: bool,
}

impl World {
    /// Puts a notification into the post, with whatever fault is scripted for it.
    pub fn post(&mut self, letter: Letter, forge: impl Fn(NoticeFault) -> String) {
        let mut letter = letter;
        match self.faults.for_notice(&letter.trans_id) {
            None => {}
            Some(NoticeFault::Lost) => return,
            Some(NoticeFault::Duplicated) => self.letters.push(letter.clone()),
            Some(NoticeFault::Late(minutes)) => letter.due += Duration::minutes(minutes),
            Some(NoticeFault::Reordered) => letter.held = true,
            Some(fault @ (NoticeFault::Forged | NoticeFault::ForeignMerchant)) => letter.body = forge(fault),
        }
        self.letters.push(letter);
    }

    fn due_letter(&mut self) -> Option<Letter> {
        let now = self.clock.now();
        let at = self.letters.iter().position(|letter| !letter.held && letter.due <= now)?;
        Some(self.letters.remove(at))
    }

    fn answered(&mut self, letter: Letter, good: bool) {
        if good {
            let waiting = self.letters.iter_mut().filter(|other| other.trans_id == letter.trans_id);
            waiting.for_each(|other| other.held = false);
            return;
        }
        if let Some(&minutes) = RETRIES.get(letter.attempt) {
            let due = self.clock.now() + Duration::minutes(minutes);
            self.letters.push(Letter { due, attempt: letter.attempt + 1, ..letter });
        }
    }
}

/// Delivers everything that is due now; returns how many were answered with 200.
pub async fn deliver_due(world: &Arc<Mutex<World>>, http: &reqwest::Client) -> usize {
    let mut delivered = 0;
    loop {
        let letter = {
            let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
            world.tick();
            world.due_letter()
        };
        let Some(letter) = letter else { return delivered };
        let request = if letter.by_get {
            http.get(format!("{}?{}", letter.url, letter.body))
        } else {
            http.post(&letter.url)
                .header("Content-Type", "application/x-www-form-urlencoded; charset=iso-8859-1")
                .body(letter.body.clone())
        };
        let good = matches!(request.send().await, Ok(answer) if answer.status().as_u16() == 200);
        delivered += usize::from(good);
        world.lock().unwrap_or_else(PoisonError::into_inner).answered(letter, good);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_retries_take_the_documented_time() {
        assert_eq!(RETRIES.iter().sum::<i64>(), 21 * 60 + 36);
    }
}
