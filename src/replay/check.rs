//! What was expected against what came: answers, states, postings and balances.

use super::cast::{Cast, Seen};
use super::flow::{Call, Posted, Status, Step, Times};
use super::wire::{Reply, same_name};
use std::fmt;

/// One thing that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    pub what: String,
    pub expected: Vec<String>,
    pub got: Vec<String>,
}

impl Difference {
    pub fn new(what: impl Into<String>, expected: impl Into<String>, got: impl Into<String>) -> Difference {
        Difference { what: what.into(), expected: vec![expected.into()], got: vec![got.into()] }
    }
}

/// As a diff: `-` was expected, `+` came.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.what)?;
        let shown = |line: &str| if line.is_empty() { "(nothing)".to_owned() } else { line.to_owned() };
        let only = |these: &[String], others: &[String]| {
            these.iter().filter(|line| !others.contains(line)).map(|line| shown(line)).collect::<Vec<_>>()
        };
        for line in only(&self.expected, &self.got) {
            writeln!(f, "  - {line}")?;
        }
        for line in only(&self.got, &self.expected) {
            writeln!(f, "  + {line}")?;
        }
        Ok(())
    }
}

/// The texts of the identifiers that a repeat must bring back.
const IDS: [&str; 3] = ["ExtPayoutID", "ExtReversalID", "ExtDepositID"];

/// Judges the answers to a step's calls. `ours`: whether the server keeps to our own additions as well.
pub fn answers(
    step: &Step,
    call: &Call,
    replies: &[Reply],
    ours: bool,
    cast: &mut Cast<'_>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let Some(first) = replies.first() else { return found };
    let expect = &step.expect;

    if expect.statuses.is_empty() {
        let wrong = replies.iter().find(|reply| !fits(expect.status, reply, ours));
        if let Some(wrong) = wrong {
            let got = format!("{} ({})", wrong.text("Status"), wrong.text("Description"));
            found.push(Difference::new("Status", expect.status.to_string(), got));
        }
    } else {
        found.extend(counts(&expect.statuses, replies, ours));
    }
    for part in &expect.description {
        // Words of ours in a server that is not ours would be an accident.
        if ours && !first.text("Description").contains(part.as_str()) {
            found.push(Difference::new("Description", format!("… {part} …"), first.text("Description")));
        }
    }
    for (name, value) in expect.reply.iter().filter(|_| ours) {
        match cast.fill(value, &step.role) {
            Ok(expected) if expected == first.text(name) => {}
            Ok(expected) => found.push(Difference::new(name, expected, first.text(name))),
            Err(problem) => found.push(Difference::new(name, value, problem)),
        }
    }
    if let Some(replayed) =
        expect.replayed.filter(|_| ours && first.is_replayed() != expect.replayed.unwrap_or_default())
    {
        let mark = |replayed: bool| if replayed { "1" } else { "" };
        found.push(Difference::new("Replayed", mark(replayed), mark(first.is_replayed())));
    }
    let opened = call.method.eq_ignore_ascii_case("CreatePayout") && first.status() == 0;
    if opened && first.text("ExtPayoutID").is_empty() {
        found.push(Difference::new("ExtPayoutID", "the new payout's id", ""));
    }
    match call.times {
        Times::Once | Times::Distinct(_) => {}
        Times::Race(_) if call.is_mixed() => {}
        Times::Repeat(_) => {
            for (index, again) in replies.iter().enumerate().skip(1) {
                found.extend(repeat(first, again, ours, &format!("call {} of {}", index + 1, replies.len())));
            }
        }
        Times::Race(_) => found.extend(race(replies, ours, expect.replayed == Some(true))),
    }
    found
}

fn fits(status: Status, reply: &Reply, ours: bool) -> bool {
    if ours { status.fits(reply.status()) } else { status.fits_in_sign(reply.status()) }
}

fn counts(expected: &[(i64, usize)], replies: &[Reply], ours: bool) -> Option<Difference> {
    let lines = |counts: &[(i64, usize)]| {
        let mut counts = counts.to_vec();
        counts.sort_unstable();
        counts.iter().map(|(status, count)| format!("{count} × Status {status}")).collect::<Vec<_>>()
    };
    let kind = |status: i64| if ours { status } else { status.signum() };
    let mut got: Vec<(i64, usize)> = Vec::new();
    let mut wanted: Vec<(i64, usize)> = Vec::new();
    let add = |counts: &mut Vec<(i64, usize)>, status: i64, more: usize| match counts
        .iter_mut()
        .find(|(known, _)| *known == status)
    {
        Some((_, count)) => *count += more,
        None => counts.push((status, more)),
    };
    replies.iter().for_each(|reply| add(&mut got, kind(reply.status()), 1));
    expected.iter().for_each(|(status, count)| add(&mut wanted, kind(*status), *count));
    let (expected, got) = (lines(&wanted), lines(&got));
    (expected != got).then(|| Difference { what: "Status of the race".to_owned(), expected, got })
}

/// Judges a repeat: the same answer, marked as one.
pub fn repeat(first: &Reply, again: &Reply, ours: bool, which: &str) -> Option<Difference> {
    let told = |reply: &Reply| -> Vec<String> {
        let content = reply.content().into_iter();
        let kept =
            content.filter(|(name, _)| ours || name == "Status" || IDS.iter().any(|id| same_name(id, name)));
        kept.map(|(name, value)| format!("{name}={value}")).collect()
    };
    let (mut expected, mut got) = (told(first), told(again));
    if ours && first.status() == 0 {
        expected.push("Replayed=1".to_owned());
        got.push(if again.is_replayed() { "Replayed=1" } else { "Replayed=" }.to_owned());
    }
    (expected != got).then(|| Difference { what: format!("the answer to {which}"), expected, got })
}

/// Judges a race of one call against itself: one of them did it, and all say the same.
fn race(replies: &[Reply], ours: bool, was_done: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    let Some(first) = replies.first() else { return found };
    let unmarked = |reply: &Reply| Reply {
        fields: reply
            .content()
            .into_iter()
            .filter(|(name, _)| ours || IDS.iter().any(|id| same_name(id, name)))
            .collect(),
    };
    let odd = replies.iter().find(|reply| unmarked(reply) != unmarked(first));
    if let Some(odd) = odd {
        let lines = |reply: &Reply| {
            unmarked(reply).fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        found.push(Difference {
            what: "the answers of the race".to_owned(),
            expected: lines(first),
            got: lines(odd),
        });
    }
    let doers = replies.iter().filter(|reply| reply.status() == 0 && !reply.is_replayed()).count();
    let due = usize::from(!was_done && first.status() == 0);
    if ours && doers != due {
        let told = |count: usize| format!("{count} of {}", replies.len());
        found.push(Difference::new("calls of the race that are no repeat", told(due), told(doers)));
    }
    found
}

/// Judges a payout or deposit after a step; `before` is what it was.
pub fn state(step: &Step, before: Option<&Seen>, now: Option<&Seen>, refused: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    let expect = &step.expect;
    let nothing = Seen::default();
    let (was, is) = (before.unwrap_or(&nothing), now.unwrap_or(&nothing));

    if refused {
        found.extend(unchanged(was, is));
    }
    found.extend(described(step, now));
    found.extend(postings(&expect.posted, was, is));
    found
}

/// What the flow says of a payout or deposit as it stands.
pub fn described(step: &Step, now: Option<&Seen>) -> Vec<Difference> {
    let mut found = Vec::new();
    let expect = &step.expect;
    let nothing = Seen::default();
    let is = now.unwrap_or(&nothing);
    let status = now.map_or("none", |seen| seen.status());
    if !expect.state.is_empty() && !expect.state.iter().any(|state| state == status) {
        found.push(Difference::new("its status", expect.state.join(" or "), status));
    }
    if let Some(debit) = expect.debit.as_deref().filter(|debit| *debit != is.text("DebitState")) {
        found.push(Difference::new("DebitState", debit, is.text("DebitState")));
    }
    for (name, value) in &expect.details {
        if is.text(name) != value {
            found.push(Difference::new(name, value, is.text(name)));
        }
    }
    found
}

/// A refused call leaves everything as it was.
pub fn unchanged(was: &Seen, is: &Seen) -> Vec<Difference> {
    let mut found = Vec::new();
    if is.fields.is_empty() && !was.fields.is_empty() {
        found.push(Difference::new("its status, which had to stay", was.status(), "none"));
    }
    for (name, value) in &is.fields {
        if was.text(name) != value {
            found.push(Difference::new(format!("{name}, which had to stay"), was.text(name), value));
        }
    }
    found
}

fn postings(expected: &[Posted], was: &Seen, is: &Seen) -> Vec<Difference> {
    let mut found = Vec::new();
    if !is.posted.starts_with(&was.posted) {
        let (expected, got) = (lines(&was.posted), lines(&is.posted));
        found.push(Difference { what: "postings that had been made".to_owned(), expected, got });
        return found;
    }
    let new = &is.posted[was.posted.len()..];
    let (expected, got) = (lines(expected), lines(new));
    if expected != got {
        found.push(Difference { what: "postings of this step".to_owned(), expected, got });
    }
    for posted in new.iter().filter(|posted| posted.sum().is_none_or(|sum| !sum.is_zero())) {
        found.push(Difference::new("a ledger transaction", "sums to zero", posted.to_string()));
    }
    found
}

/// One line a transaction; the order of its entries says nothing.
fn lines(transactions: &[Posted]) -> Vec<String> {
    let sorted = |posted: &Posted| {
        let mut posted = posted.clone();
        posted.entries.sort();
        posted.to_string()
    };
    transactions.iter().map(sorted).collect()
}

impl Seen {
    pub fn status(&self) -> &str {
        let payout = self.text("PayoutStatus");
        if payout.is_empty() { self.text("DepositStatus") } else { payout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(fields: &[(&str, &str)]) -> Reply {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Reply { fields: fields.iter().map(owned).collect() }
    }

    fn seen(status: &str, posted: &[&str]) -> Seen {
        let posted = posted.iter().map(|line| Posted::parse(line).expect("a line")).collect();
        Seen { fields: vec![("PayoutStatus".to_owned(), status.to_owned())], posted }
    }

    #[test]
    fn a_repeat_says_the_same_and_is_marked() {
        let first = reply(&[("Status", "0"), ("ExtPayoutID", "PO-1")]);
        let marked = reply(&[("Status", "0"), ("ExtPayoutID", "PO-1"), ("Replayed", "1")]);
        let other = reply(&[("Status", "0"), ("ExtPayoutID", "PO-2"), ("Replayed", "1")]);
        assert_eq!(repeat(&first, &marked, true, "call 2"), None);
        assert!(repeat(&first, &first, true, "call 2").is_some());
        assert!(repeat(&first, &other, true, "call 2").is_some());
        // Another server's repeat needs no mark and may word it otherwise.
        let worded = reply(&[("Status", "0"), ("Description", "again"), ("ExtPayoutID", "PO-1")]);
        assert_eq!(repeat(&first, &worded, false, "call 2"), None);
        assert!(repeat(&first, &other, false, "call 2").is_some());
    }

    #[test]
    fn in_a_race_one_call_does_it() {
        let done = reply(&[("Status", "0"), ("ExtPayoutID", "PO-1")]);
        let again = reply(&[("Status", "0"), ("ExtPayoutID", "PO-1"), ("Replayed", "1")]);
        let second = reply(&[("Status", "0"), ("ExtPayoutID", "PO-2")]);
        assert_eq!(race(&[again.clone(), done.clone(), again.clone()], true, false), []);
        assert_eq!(race(&[done.clone(), done.clone()], true, false).len(), 1);
        assert_eq!(race(&[done.clone(), second.clone()], true, false).len(), 2);
        assert_eq!(race(&[done.clone(), second], false, false).len(), 1);
        assert_eq!(race(&[again.clone(), again], true, true), []);
    }

    #[test]
    fn a_race_is_counted_by_status_or_by_sign() {
        let replies = [reply(&[("Status", "0")]), reply(&[("Status", "20")]), reply(&[("Status", "31")])];
        assert_eq!(counts(&[(31, 1), (0, 1), (20, 1)], &replies, true), None);
        let told = counts(&[(0, 1), (20, 2)], &replies, true).expect("a difference").to_string();
        assert_eq!(told, "Status of the race\n  - 2 × Status 20\n  + 1 × Status 20\n  + 1 × Status 31\n");
        assert_eq!(counts(&[(0, 1), (20, 2)], &replies, false), None);
    }

    #[test]
    fn postings_are_what_the_step_added_and_nothing_else() {
        let debit = "payout_debited: customer -1.00, payouts_in_transit 1.00";
        let turned = "payout_debited: payouts_in_transit 1.00, customer -1.00";
        let (none, one) = (seen("Requested", &[]), seen("InProgress", &[debit]));
        let expected = [Posted::parse(turned).expect("a line")];
        assert_eq!(postings(&expected, &none, &one), []);
        assert_eq!(postings(&[], &one, &one), []);
        let told = postings(&[], &none, &one);
        assert_eq!(told[0].to_string(), format!("postings of this step\n  + {debit}\n"));
        assert_eq!(postings(&[], &one, &none)[0].what, "postings that had been made");
    }

    #[test]
    fn a_refused_call_must_leave_everything_alone() {
        let (requested, moved) = (seen("Requested", &[]), seen("InProgress", &[]));
        assert_eq!(unchanged(&requested, &requested), []);
        assert_eq!(unchanged(&requested, &moved)[0].what, "PayoutStatus, which had to stay");
        assert_eq!(unchanged(&Seen::default(), &requested).len(), 1);
        assert_eq!(unchanged(&requested, &Seen::default()).len(), 1);
    }
}
