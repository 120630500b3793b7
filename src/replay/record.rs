//! Recording: what the server did, as the expectations of a new flow.

use super::cast::Seen;
use super::flow::{self, Call, Expect, Status, Times};
use super::play::Played;
use super::wire::{Encoding, Reply};
use super::{ReplayError, save};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a step's answers were, as expectations.
pub fn answers(call: &Call, replies: &[Reply]) -> Expect {
    let mut expect = Expect::default();
    let Some(first) = replies.first() else { return expect };
    if call.is_mixed() {
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        replies.iter().for_each(|reply| *counts.entry(reply.status()).or_default() += 1);
        expect.statuses = counts.into_iter().collect();
        return expect;
    }
    expect.status = Status::Exactly(first.status());
    // A reason is worth keeping, as far as it is the same in every run.
    let reason = first.text("Description");
    if first.status() != 0 && !reason.is_empty() && !reason.contains("PO-") {
        expect.description = vec![reason.to_owned()];
    }
    if call.times == Times::Once && first.is_replayed() {
        expect.replayed = Some(true);
    }
    expect
}

/// What a payout or deposit was after a step, as expectations.
pub fn state(expect: &mut Expect, before: Option<Seen>, now: Option<Seen>) {
    let was = before.unwrap_or_default();
    let Some(now) = now else {
        expect.state = vec!["none".to_owned()];
        return;
    };
    expect.state = vec![now.status().to_owned()];
    expect.debit = Some(now.text("DebitState").to_owned()).filter(|debit| !debit.is_empty());
    expect.posted = now.posted.get(was.posted.len()..).unwrap_or_default().to_vec();
    // What the step changed besides, as long as it is no name made for this run.
    let told = ["Amount", "Fee", "PP", "Processor", "TransactionID"];
    let changed = told.iter().filter(|name| now.text(name) != was.text(name));
    expect.details = changed.map(|name| ((*name).to_owned(), now.text(name).to_owned())).collect();
}

/// Writes what the server did, as it did it in the first encoding.
pub fn write(
    folder: &Path,
    played: &[Played],
    encoding: Option<Encoding>,
) -> Result<Vec<PathBuf>, ReplayError> {
    let mut files = Vec::new();
    for played in played.iter().filter(|played| Some(played.outcome.encoding) == encoding) {
        let flow = &played.recorded;
        let stem = flow.file.file_stem().unwrap_or_default().to_string_lossy();
        let variant = flow.variant.as_deref().map(|variant| format!("-{variant}")).unwrap_or_default();
        let file = folder.join(format!("{stem}{variant}.toml"));
        save(&file, &flow::write(flow))?;
        files.push(file);
    }
    Ok(files)
}
