//! What came of an action, and why one is not possible, in the viewer's language.

use crate::backoffice::call::Asked;
use crate::backoffice::parts::Badge;
use crate::backoffice::parts::notice::Notice;
use crate::domain::acting::{Action, Impossible};
use crate::domain::approval::letters;
use crate::domain::payout::status::PayoutStatus;
use crate::operations::acting::Acted;

/// The key of an action's name in the words.
pub fn label(action: Action) -> &'static str {
    match action {
        Action::Note => "act.note",
        Action::Claim => "act.claim",
        Action::Unclaim => "act.unclaim",
        Action::Mark => "act.mark",
        Action::Unmark => "act.unmark",
        Action::Edit => "act.edit",
        Action::Authorize => "act.authorize",
        Action::Start => "act.start",
        Action::Approve => "act.approve",
        Action::Retry => "act.retry",
        Action::Reject => "act.reject",
        Action::Cancel => "act.cancel",
        Action::Reverse => "act.reverse",
        Action::Hold => "act.hold",
        Action::Unhold => "act.unhold",
        Action::ProposeOutcome => "act.propose_outcome",
        Action::ProposeAdjustment => "act.propose_adjustment",
        Action::DecideOutcome | Action::DecideAdjustment => "act.decide",
    }
}

pub fn told(asked: &Asked, action: Action, acted: &Acted) -> Notice {
    let name = asked.say(label(action));
    match acted {
        Acted::Done(done) => {
            let text = asked.fill("act.done", &[("act", name), ("what", &done.description)]);
            let notice = if done.alerts.is_empty() { Notice::good(text) } else { Notice::alarm(text) };
            done.alerts.iter().fold(notice, |notice, alert| notice.with(*alert))
        }
        Acted::Impossible(why) => {
            Notice::bad(asked.fill("act.refused", &[("act", name), ("why", &reason(asked, why))]))
        }
    }
}

/// Why something can't be done now. What the payout's own rules say stays as the cashier hears it.
pub fn reason(asked: &Asked, why: &Impossible) -> String {
    let status = |status: PayoutStatus| Badge::payout(status, asked.words).word;
    let time = |at: chrono::DateTime<chrono::Utc>| asked.when(at.timestamp_micros()).text();
    let fill = |key: &str, values: &[(&str, &str)]| asked.fill(key, values);
    match why {
        Impossible::NotFound => asked.say("why.not_found").to_owned(),
        Impossible::Role { .. } => asked.say("why.role").to_owned(),
        Impossible::Refused(refusal) => refusal.to_string(),
        Impossible::There { status: at } => fill("why.there", &[("status", &status(*at))]),
        Impossible::Ended { status: at } => fill("why.ended", &[("status", &status(*at))]),
        Impossible::Ending { to } => fill("why.ending", &[("status", &status(*to))]),
        Impossible::NotYet { why } => (*why).to_owned(),
        Impossible::Stale { news } => fill("why.stale", &[("news", news)]),
        Impossible::Held { by, why } => fill("why.held", &[("by", by), ("why", why)]),
        Impossible::NotHeld => asked.say("why.not_held").to_owned(),
        Impossible::Claimed { by, until } => fill("why.claimed", &[("by", by), ("until", &time(*until))]),
        Impossible::NotClaimed => asked.say("why.not_claimed").to_owned(),
        Impossible::MarksMissing { missing } => fill("why.marks_missing", &[("marks", &letters(missing))]),
        Impossible::Marked { mark, by } => fill("why.marked", &[("mark", mark.letter()), ("by", by)]),
        Impossible::AllMarked => asked.say("why.all_marked").to_owned(),
        Impossible::NotMarked => asked.say("why.not_marked").to_owned(),
        Impossible::PastMarks { status: at } => fill("why.past_marks", &[("status", &status(*at))]),
        Impossible::FourEyes => asked.say("why.four_eyes").to_owned(),
        Impossible::OverLimit { most } => fill("why.over_limit", &[("most", &asked.money(*most))]),
        Impossible::NothingUnknown => asked.say("why.nothing_unknown").to_owned(),
        Impossible::BeingSent => asked.say("why.being_sent").to_owned(),
        Impossible::BeingAsked => asked.say("why.being_asked").to_owned(),
        Impossible::Proposed { by } => fill("why.proposed", &[("by", by)]),
        Impossible::OwnProposal => asked.say("why.own_proposal").to_owned(),
        Impossible::OthersProposal { by } => fill("why.others_proposal", &[("by", by)]),
        Impossible::AlreadyDecided { state, by } => {
            fill("why.decided", &[("state", state.name()), ("by", by)])
        }
        Impossible::Overtaken { now } => fill("why.overtaken", &[("now", now)]),
    }
}
