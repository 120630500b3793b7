//! The commands that wait for a writer: bounded, and fair between customers.
//!
//! Commands of one customer keep their order. When a batch is filled, customers take turns, and none gets more than
//! its share of a batch while it floods us; so the others wait for a short batch and not for the whole flood.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard};

pub struct Queue<J> {
    state: Mutex<State<J>>,
    filled: Condvar,
    capacity: usize,
}

struct State<J> {
    lines: HashMap<u64, VecDeque<J>>,
    /// Whose turn it is: every customer with waiting commands, once.
    turns: VecDeque<u64>,
    len: usize,
    closed: bool,
}

/// Why a command was not taken; it comes back with it.
pub enum Refused<J> {
    Full(J),
    Closed(J),
}

impl<J> Queue<J> {
    pub fn new(capacity: usize) -> Queue<J> {
        let state = State { lines: HashMap::new(), turns: VecDeque::new(), len: 0, closed: false };
        Queue { state: Mutex::new(state), filled: Condvar::new(), capacity }
    }

    pub fn push(&self, customer: u64, job: J) -> Result<(), Refused<J>> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Closed(job));
        }
        if state.len >= self.capacity {
            return Err(Refused::Full(job));
        }
        let State { lines, turns, len, .. } = &mut *state;
        let line = lines.entry(customer).or_insert_with(|| {
            turns.push_back(customer);
            VecDeque::new()
        });
        line.push_back(job);
        *len += 1;
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for commands and takes at most `most` of them, at most `share` of one customer; `None` when the queue
    /// was closed and is empty.
    pub fn take(&self, most: usize, share: usize) -> Option<Vec<J>> {
        let mut state = self.lock();
        while state.len == 0 {
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        Some(state.fill(most, share))
    }

    pub fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    pub fn len(&self) -> usize {
        self.lock().len
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<J> State<J> {
    fn fill(&mut self, most: usize, share: usize) -> Vec<J> {
        let mut batch = Vec::with_capacity(most.min(self.len));
        // Each round gives every customer one place. Who has had the share waits, in order, for the next batch.
        let mut waiting = VecDeque::new();
        let mut taken: HashMap<u64, usize> = HashMap::new();
        while batch.len() < most {
            let Some(customer) = self.turns.pop_front() else { break };
            let Some(line) = self.lines.get_mut(&customer) else { continue };
            let Some(job) = line.pop_front() else { continue };
            batch.push(job);
            let had = taken.entry(customer).or_insert(0);
            *had += 1;
            if line.is_empty() {
                self.lines.remove(&customer);
            } else if *had < share {
                self.turns.push_back(customer);
            } else {
                waiting.push_back(customer);
            }
        }
        self.turns.extend(waiting);
        self.len -= batch.len();
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(jobs: &[(u64, u32)]) -> Queue<(u64, u32)> {
        let queue = Queue::new(100);
        for &(customer, number) in jobs {
            assert!(queue.push(customer, (customer, number)).is_ok());
        }
        queue
    }

    #[test]
    fn customers_take_turns_and_keep_their_own_order() {
        let queue = queue(&[(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (3, 1), (3, 2)]);
        assert_eq!(queue.take(4, 9), Some(vec![(1, 1), (2, 1), (3, 1), (1, 2)]));
        assert_eq!(queue.take(9, 9), Some(vec![(3, 2), (1, 3), (1, 4)]));
        assert!(queue.is_empty());
    }

    #[test]
    fn a_flood_gets_no_more_than_its_share_of_a_batch() {
        let flood: Vec<(u64, u32)> = (0..50).map(|n| (1, n)).chain([(2, 0)]).collect();
        let queue = queue(&flood);
        let batch = queue.take(256, 8).expect("a batch");
        assert_eq!(batch.iter().filter(|(customer, _)| *customer == 1).count(), 8);
        assert!(batch.contains(&(2, 0)));
        assert_eq!(queue.len(), 42);
    }

    #[test]
    fn a_full_queue_refuses_and_a_closed_one_drains() {
        let queue: Queue<u32> = Queue::new(1);
        assert!(queue.push(1, 1).is_ok());
        assert!(matches!(queue.push(1, 2), Err(Refused::Full(2))));
        queue.close();
        assert!(matches!(queue.push(1, 3), Err(Refused::Closed(3))));
        assert_eq!(queue.take(9, 9), Some(vec![1]));
        assert_eq!(queue.take(9, 9), None);
    }
}
