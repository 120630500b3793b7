//! What came of an action, in the viewer's language.

use crate::backoffice::call::Asked;
use crate::backoffice::explain::impossible;
use crate::backoffice::parts::notice::Notice;
use crate::domain::acting::Action;
use crate::domain::payout::Alert;
use crate::operations::acting::{Acted, Done};

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

/// The key of what an action has done.
fn result(action: Action) -> &'static str {
    match action {
        Action::Note => "did.note",
        Action::Claim => "did.claim",
        Action::Unclaim => "did.unclaim",
        Action::Mark => "did.mark",
        Action::Unmark => "did.unmark",
        Action::Edit => "did.edit",
        Action::Authorize => "did.authorize",
        Action::Start => "did.start",
        Action::Approve => "did.approve",
        Action::Retry => "did.retry",
        Action::Reject => "did.reject",
        Action::Cancel => "did.cancel",
        Action::Reverse => "did.reverse",
        Action::Hold => "did.hold",
        Action::Unhold => "did.unhold",
        Action::ProposeOutcome | Action::ProposeAdjustment => "did.propose",
        Action::DecideOutcome | Action::DecideAdjustment => "did.decide",
    }
}

/// What was done, in the viewer's language: an operation's own words are the trail's and the cashier's.
pub fn did(asked: &Asked, action: Action, done: &Done) -> String {
    let key = if done.cashier_asked { "did.cashier_asked" } else { result(action) };
    asked.say(key).to_owned()
}

/// What somebody should look at.
fn alert(asked: &Asked, name: &'static str) -> String {
    let alerts = [
        (Alert::DebitedLate, "alert.debited_late"),
        (Alert::ReversalDiffers, "alert.reversal_differs"),
        (Alert::UnknownProcessor, "alert.unknown_processor"),
        (Alert::ApprovedWhileHeld, "alert.approved_while_held"),
        (Alert::ApprovedUnmarked, "alert.approved_unmarked"),
    ];
    let known = alerts.into_iter().find(|(alert, _)| alert.name() == name);
    known.map_or(name, |(_, key)| asked.words.say(key)).to_owned()
}

pub fn told(asked: &Asked, action: Action, acted: &Acted) -> Notice {
    let name = asked.say(label(action));
    match acted {
        Acted::Done(done) => {
            let text = asked.fill("act.done", &[("act", name), ("what", &did(asked, action, done))]);
            let notice = if done.alerts.is_empty() { Notice::good(text) } else { Notice::alarm(text) };
            done.alerts.iter().fold(notice, |notice, name| notice.with(alert(asked, name)))
        }
        Acted::Impossible(why) => {
            Notice::bad(asked.fill("act.refused", &[("act", name), ("why", &impossible(asked.voice(), why))]))
        }
    }
}
