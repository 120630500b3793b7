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

/// A batch as it fills up, maybe in several goes: what it may hold, and whose commands it holds already.
pub struct Filling {
    most: usize,
    share: usize,
    len: usize,
    of: HashMap<u64, usize>,
}

impl Filling {
    /// At most `most` commands, at most `share` of one customer.
    pub fn new(most: usize, share: usize) -> Filling {
        Filling { most, share, len: 0, of: HashMap::new() }
    }

    pub fn is_full(&self) -> bool {
        self.len >= self.most
    }
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

    /// Waits for commands and takes what fits; `None` when the queue was closed and is empty.
    pub fn take(&self, filling: &mut Filling) -> Option<Vec<J>> {
        let mut state = self.lock();
        while state.len == 0 {
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        Some(state.fill(filling))
    }

    /// Takes what came since and still fits, without waiting.
    pub fn more(&self, filling: &mut Filling) -> Vec<J> {
        self.lock().fill(filling)
    }

    /// Waits for some that still fit, as long as they are wanted; [`Queue::wake`] tells when that may have changed.
    pub fn more_while(&self, filling: &mut Filling, wanted: impl Fn() -> bool) -> Vec<J> {
        let mut state = self.lock();
        while wanted() && !state.closed {
            if state.len > 0 {
                return state.fill(filling);
            }
            state = self.filled.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        Vec::new()
    }

    /// Whoever waits here for commands looks again at what else he waits for.
    pub fn wake(&self) {
        drop(self.lock());
        self.filled.notify_all();
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
    fn fill(&mut self, filling: &mut Filling) -> Vec<J> {
        let Filling { most, share, len, of } = filling;
        let mut batch = Vec::with_capacity(self.len.min(*most - *len));
        // Each round gives every customer one place. Who has had the share waits, in order, for the next batch.
        let mut waiting = VecDeque::new();
        while *len < *most {
            let Some(customer) = self.turns.pop_front() else { break };
            let had = of.entry(customer).or_insert(0);
            if *had >= *share {
                waiting.push_back(customer);
                continue;
            }
            let Some(line) = self.lines.get_mut(&customer) else { continue };
            let Some(job) = line.pop_front() else { continue };
            batch.push(job);
            *len += 1;
            *had += 1;
            if line.is_empty() {
                self.lines.remove(&customer);
            } else {
                self.turns.push_back(customer);
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

    fn take<J>(queue: &Queue<J>, most: usize, share: usize) -> Option<Vec<J>> {
        queue.take(&mut Filling::new(most, share))
    }

    #[test]
    fn customers_take_turns_and_keep_their_own_order() {
        let queue = queue(&[(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (3, 1), (3, 2)]);
        assert_eq!(take(&queue, 4, 9), Some(vec![(1, 1), (2, 1), (3, 1), (1, 2)]));
        assert_eq!(take(&queue, 9, 9), Some(vec![(3, 2), (1, 3), (1, 4)]));
        assert!(queue.is_empty());
    }

    #[test]
    fn a_flood_gets_no_more_than_its_share_of_a_batch() {
        let flood: Vec<(u64, u32)> = (0..50).map(|n| (1, n)).chain([(2, 0)]).collect();
        let queue = queue(&flood);
        let mut filling = Filling::new(256, 8);
        let batch = queue.take(&mut filling).expect("a batch");
        assert_eq!(batch.iter().filter(|(customer, _)| *customer == 1).count(), 8);
        assert!(batch.contains(&(2, 0)));
        // Whoever comes while the batch is made rides along; the flood has had its share.
        assert!(queue.push(3, (3, 0)).is_ok());
        assert_eq!(queue.more(&mut filling), [(3, 0)]);
        assert_eq!(queue.more(&mut filling), []);
        assert_eq!(queue.len(), 42);
        assert_eq!(take(&queue, 256, 100).map(|batch| batch.len()), Some(42));
    }

    #[test]
    fn a_full_queue_refuses_and_a_closed_one_drains() {
        let queue: Queue<u32> = Queue::new(1);
        assert!(queue.push(1, 1).is_ok());
        assert!(matches!(queue.push(1, 2), Err(Refused::Full(2))));
        queue.close();
        assert!(matches!(queue.push(1, 3), Err(Refused::Closed(3))));
        assert_eq!(take(&queue, 9, 9), Some(vec![1]));
        assert_eq!(take(&queue, 9, 9), None);
    }
}
