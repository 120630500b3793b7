//! One account at the gateway, as the rest of the house sees it.

use super::client::{BuildError, Client};
use super::settings::Settings;
use crate::clock::Clock;
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

pub struct RestGateway {
    client: Client,
    /// Deposits whose refund is being sent by this process: two at once could not be told apart afterwards.
    refunding: Mutex<HashSet<String>>,
    /// When a refund of a deposit last ended without an answer.
    lost: Mutex<HashMap<String, DateTime<Utc>>>,
}

impl RestGateway {
    pub fn new(settings: Settings, clock: Clock) -> Result<RestGateway, BuildError> {
        Ok(RestGateway {
            client: Client::new(settings, clock)?,
            refunding: Mutex::default(),
            lost: Mutex::default(),
        })
    }

    /// For the operations that have no method of their own here: tokens, lists, balance, invoices.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Reserves a deposit for one refund; the place is free again when the guard is dropped.
    pub(super) fn begin_refund(&self, deposit: &str) -> Option<Refunding<'_>> {
        let mut running = self.refunding.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        running.insert(deposit.to_owned()).then(|| Refunding { gateway: self, deposit: deposit.to_owned() })
    }
    pub(super) fn lost_refund(&self, deposit: &str) -> Option<DateTime<Utc>> {
        self.lost.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(deposit).copied()
    }

    /// `None` once it is known what became of the refund.
    pub(super) fn set_lost_refund(&self, deposit: &str, at: Option<DateTime<Utc>>) {
        let mut lost = self.lost.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match at {
            Some(at) => lost.insert(deposit.to_owned(), at),
            None => lost.remove(deposit),
        };
    }
}

pub(super) struct Refunding<'a> {
    gateway: &'a RestGateway,
    deposit: String,
}

impl Drop for Refunding<'_> {
    fn drop(&mut self) {
        let running = &self.gateway.refunding;
        running.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(&self.deposit);
    }
}
