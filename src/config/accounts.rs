//! The processors' accounts, each built by its room from its own settings.

use super::build::Problem;
use super::settings::Settings;
use crate::clock::{Clock, Entropy};
use crate::desk::lease_of_step;
use crate::processors::paygate::Paygate;
use crate::processors::rest_gateway::{self, RestGateway};
use crate::processors::{Registry, sopg};
use chrono::Duration;
use std::sync::Arc;

/// Builds every account, or names what is wrong with each.
pub fn processors(settings: &Settings, clock: &Clock, entropy: &Entropy) -> Result<Registry, Vec<Problem>> {
    // Clients need a crypto provider; one that is there already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut registry = Registry::default();
    let mut problems = Vec::new();
    let mut wrong = |key: String, reason: String| problems.push(Problem { key, reason });
    for (name, account) in &settings.paygate {
        match Paygate::new(account.clone(), clock.clone(), entropy.clone()) {
            Ok(paygate) => registry.add(name, Arc::new(paygate)),
            Err(error) => wrong(format!("paygate.{name}"), error.to_string()),
        }
    }
    for (name, account) in &settings.sopg.accounts {
        match sopg::Processor::connect(account, clock.clone()) {
            Ok(processor) => registry.add(name, Arc::new(processor)),
            Err(problem) => wrong(format!("sopg.accounts.{name}.{}", problem.key), problem.reason),
        }
    }
    for (name, account) in &settings.rest_gateway {
        match RestGateway::new(account.clone(), clock.clone()) {
            Ok(gateway) => registry.add(name, Arc::new(gateway)),
            // What is wrong with its keys is told below, all of it.
            Err(_) if wrong_keys(account).next().is_some() => {}
            Err(error) => wrong(format!("rest_gateway.{name}"), error.to_string()),
        }
    }
    problems.extend(routes(settings));
    if problems.is_empty() { Ok(registry) } else { Err(problems) }
}

/// Renewals must not be missed because a commit took a second.
const SHORTEST_LEASE: u64 = 5;
const LONGEST_LEASE: u64 = 45;

/// What is wrong with a REST gateway's keys, but for the sandbox's address, which is only known when it has one.
fn wrong_keys(
    account: &rest_gateway::Settings,
) -> impl Iterator<Item = rest_gateway::settings::SettingsError> {
    let nowhere = account.base_url == "sandbox";
    account.problems().into_iter().filter(move |problem| !(nowhere && problem.key.ends_with("base_url")))
}

/// A killed node's work goes on within this time, as is promised.
const PROMISED: Duration = Duration::seconds(60);

/// What is not wrong and what somebody should know of: accounts whose calls may take so long that a step of a killed
/// node is taken up later than is promised.
pub fn remarks(settings: &Settings) -> Vec<Problem> {
    let lease = Duration::seconds(settings.worker.lease_seconds as i64);
    let mut remarks = Vec::new();
    let mut look = |key: String, what: &str, call_ms: u64| {
        let held = lease_of_step(lease, std::time::Duration::from_millis(call_ms));
        if held > PROMISED {
            let reason = format!(
                "is so long that {what} of a killed node are taken up only {} s after its end, and not within {} s",
                held.num_seconds(),
                PROMISED.num_seconds(),
            );
            remarks.push(Problem { key, reason });
        }
    };
    for (name, account) in &settings.paygate {
        let steps = "captures and releases";
        look(format!("paygate.{name}.limits.read_timeout_ms"), steps, account.limits.read_timeout_ms);
    }
    for (name, account) in &settings.sopg.accounts {
        if account.partial_debits {
            look(format!("sopg.accounts.{name}.timeout_ms"), "captures and releases", account.timeout_ms);
        }
    }
    for (name, account) in &settings.rest_gateway {
        if account.allow_pan {
            let openings = "openings with typed cards";
            look(format!("rest_gateway.{name}.payment_timeout_ms"), openings, account.payment_timeout_ms);
        }
    }
    remarks
}

/// What is wrong between the processor map, the accounts and the worker's times, and with a REST gateway's keys; nothing is
/// built for it.
pub fn routes(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |key: String, reason: String| problems.push(Problem { key, reason });
    let worker = &settings.worker;
    // It is renewed while an errand is carried out, so it need not be as long as a call. A sandbox may choose it short.
    let least = if settings.sandbox.enabled { 1 } else { SHORTEST_LEASE };
    if !(least..=LONGEST_LEASE).contains(&worker.lease_seconds) {
        let reason = format!(
            "must be between {least} and {LONGEST_LEASE}: what a killed node had in hand waits so long, and is to go on \
             within a minute"
        );
        wrong("worker.lease_seconds".to_owned(), reason);
    }
    for (name, account) in &settings.paygate {
        let longest = account.limits.queue_timeout_ms.saturating_add(account.limits.total_timeout_ms);
        // A grace that ends early could pay twice: what is still under way there is not known there.
        if worker.not_found_grace_seconds.saturating_mul(1000) <= longest {
            let reason = format!("must be longer than the longest call at paygate.{name}, {longest} ms");
            wrong("worker.not_found_grace_seconds".to_owned(), reason);
        }
    }
    for (name, account) in &settings.rest_gateway {
        for problem in wrong_keys(account) {
            wrong(format!("rest_gateway.{name}.{}", problem.key), problem.problem);
        }
    }
    let accounts = || {
        let sopg = settings.sopg.accounts.keys();
        settings.paygate.keys().chain(sopg).chain(settings.rest_gateway.keys())
    };
    for (name, mapping) in &settings.processors.map {
        let key = format!("processors.map.\"{name}\".account");
        let room = match mapping.route.as_str() {
            "paygate_creditex" | "paygate_credit" | "paygate_batch" => {
                Some(settings.paygate.keys().collect::<Vec<_>>())
            }
            "rest_gateway_payout" => Some(settings.rest_gateway.keys().collect()),
            "sopg_payout" => Some(settings.sopg.accounts.keys().collect()),
            _ => None,
        };
        match &mapping.account {
            Some(account) if room.is_some_and(|room| !room.contains(&account)) => {
                wrong(key, format!("{account} is not an account that can carry out {}", mapping.route));
            }
            Some(account) if !accounts().any(|known| known == account) => {
                wrong(key, format!("{account} is not a processor account"));
            }
            None if mapping.route != "cashier" => {
                wrong(key, format!("route {} needs an account", mapping.route))
            }
            _ => {}
        }
    }
    problems
}
