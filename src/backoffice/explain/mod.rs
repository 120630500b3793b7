//! Why something was not done, in the viewer's language. What the rooms behind say for programs and the trail is never
//! shown here: each of their errors is looked at by its kind, and has its own words.

mod refusal;
#[cfg(test)]
mod tests;
mod trail;

pub use refusal::{grant, money, processor_name, refused};
pub use trail::{account, attempted, booked, code, details, doer, kind, quoted, said, state, task, why};

use super::parts::Badge;
use super::voice::Voice;
use crate::domain::acting::news::Moved;
use crate::domain::acting::{Impossible, WrongWords};
use crate::domain::approval::letters;
use crate::domain::payout::status::PayoutStatus;
use chrono::{DateTime, Utc};
use refusal::named;
use trail::news;

/// Why something can't be done now.
pub fn impossible(voice: Voice, why: &Impossible) -> String {
    let status = |status: PayoutStatus| Badge::payout(status, voice.words).word;
    let time = |at: DateTime<Utc>| voice.when(at.timestamp_micros()).text();
    let say = |key: &str| voice.fill(key, &[]);
    let fill = |key: &str, values: &[(&str, &str)]| voice.fill(key, values);
    match why {
        Impossible::NotFound => say("why.not_found"),
        Impossible::Role { .. } => say("why.role"),
        Impossible::Refused(refusal) => refused(voice, refusal),
        Impossible::Words { field, wrong } => words(voice, field, *wrong),
        Impossible::There { status: at } => fill("why.there", &[("status", &status(*at))]),
        Impossible::Ended { status: at } => fill("why.ended", &[("status", &status(*at))]),
        Impossible::Ending { to } => fill("why.ending", &[("status", &status(*to))]),
        Impossible::NotYet { .. } => say("why.not_yet"),
        Impossible::Stale { news: None } => say("why.stale_somehow"),
        Impossible::Stale { news: Some(last) } => fill("why.stale", &[("news", &news(voice, last))]),
        Impossible::Held { by, why } => {
            fill("why.held", &[("by", &doer(voice, by)), ("why", &said(voice, why))])
        }
        Impossible::NotHeld => say("why.not_held"),
        Impossible::Claimed { by, until } => fill("why.claimed", &[("by", by), ("until", &time(*until))]),
        Impossible::NotClaimed => say("why.not_claimed"),
        Impossible::MarksMissing { missing } => fill("why.marks_missing", &[("marks", &letters(missing))]),
        Impossible::Marked { mark, by } => fill("why.marked", &[("mark", mark.letter()), ("by", by)]),
        Impossible::AllMarked => say("why.all_marked"),
        Impossible::NotMarked => say("why.not_marked"),
        Impossible::PastMarks { status: at } => fill("why.past_marks", &[("status", &status(*at))]),
        Impossible::FourEyes => say("why.four_eyes"),
        Impossible::OverLimit { most } => fill("why.over_limit", &[("most", &voice.money(*most))]),
        Impossible::NothingUnknown => say("why.nothing_unknown"),
        Impossible::BeingSent => say("why.being_sent"),
        Impossible::BeingAsked => say("why.being_asked"),
        Impossible::Proposed { by } => fill("why.proposed", &[("by", by)]),
        Impossible::OwnProposal => say("why.own_proposal"),
        Impossible::OthersProposal { by } => fill("why.others_proposal", &[("by", by)]),
        Impossible::AlreadyDecided { state, by } => {
            let state = Badge::proposal(*state, voice.words).word;
            fill("why.decided", &[("state", &state), ("by", by)])
        }
        Impossible::Overtaken { now: Moved::Anew { .. } } => say("why.overtaken_anew"),
        Impossible::Overtaken { now: Moved::On(now) } => {
            fill("why.overtaken", &[("now", &impossible(voice, now))])
        }
    }
}

/// What is wrong with a text that was typed.
fn words(voice: Voice, field: &str, wrong: WrongWords) -> String {
    let fill = |key: &str, most: &str| voice.fill(key, &[("field", named(voice, field)), ("most", most)]);
    match wrong {
        WrongWords::Empty => fill("wrong.empty", ""),
        WrongWords::Long { most } => fill("wrong.long", &most.to_string()),
        WrongWords::Control => fill("wrong.control", ""),
        WrongWords::CardNumber => fill("wrong.card_number", ""),
    }
}
