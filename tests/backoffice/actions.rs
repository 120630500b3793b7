//! Everything that can be done to a payout, with the mouse in a real browser, without ever loading the page anew.

use super::hands::{Hands, waiting};
use super::visitor::{PASSWORD, add_person};
use crate::stories::acting::office::{BY_GATEWAY, BY_HAND, Case, Office};
use crate::stories::sopg::bench::EUROS;
use crate::support::{self, Scratch};
use std::collections::BTreeSet;
use tillgate::domain::acting::Action;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::proposal::Decision;
use tillgate::processors::sopg::simulator::{Fault, Kind, Letter};
use tokio::runtime::Handle;

/// Two who may do everything at a front end that asks for a mark.
struct Shift {
    office: Office,
    berta: Hands,
    carlo: Hands,
    /// The actions that were done.
    done: BTreeSet<&'static str>,
}

impl Shift {
    async fn begins(scratch: Scratch) -> Option<Shift> {
        let office = Office::on(scratch, |approvals| approvals.marks = vec!["G".to_owned()]).await;
        for name in ["berta", "carlo"] {
            add_person(&office.bench.story, name, &["operator=*", "approver=*", "finance=*"]).await;
        }
        let story = &office.bench.story;
        let hands = waiting(|| Some((Hands::of(story, "berta")?, Hands::of(story, "carlo")?)));
        let Some((mut berta, mut carlo)) = hands else {
            office.ends().await;
            return None;
        };
        waiting(|| {
            berta.opens("/office/payouts");
            carlo.opens("/office/payouts");
        });
        Some(Shift { office, berta, carlo, done: BTreeSet::new() })
    }

    /// A payout that somebody asked for, with Berta in front of it.
    fn requested(&mut self, pp: &str) -> Case {
        let case = Handle::current().block_on(self.office.requested(pp));
        self.berta.searches(&case.id.to_string());
        assert_eq!(self.berta.path(), format!("/office/payouts/{}", case.id));
        case
    }

    #[track_caller]
    fn berta(&mut self, action: Action, fields: &[(&str, &str)]) -> String {
        self.done.insert(action.name());
        self.berta.does(action.name(), fields)
    }

    #[track_caller]
    fn is(&mut self, case: &Case, status: PayoutStatus) {
        assert_eq!(Handle::current().block_on(self.office.status(case)), status);
    }

    fn balance(&self, case: &Case) -> String {
        Handle::current().block_on(self.office.balance(case))
    }
}

const WHY: (&str, &str) = ("reason", "seen on the statement");

#[tokio::test(flavor = "multi_thread")]
async fn every_action_of_a_payout_is_done_by_hand_and_no_page_is_loaded_anew() {
    for scratch in support::databases() {
        let Some(mut shift) = Shift::begins(scratch).await else { return };
        let (office, berta, carlo) = waiting(|| {
            worked_to_the_end(&mut shift);
            turned_down(&mut shift);
            tried_again(&mut shift);
            settled_by_two(&mut shift);
            a_deposit_settled_by_two(&mut shift);
            let left: Vec<&str> =
                Action::of_a_payout().map(Action::name).filter(|name| !shift.done.contains(name)).collect();
            assert!(left.is_empty(), "nobody has done {left:?}");
            for decision in Decision::ALL {
                assert!(shift.done.contains(decision.name()), "nobody has done {}", decision.name());
            }
            (shift.office, shift.berta, shift.carlo)
        });
        let mut posted = waiting(|| berta.posted());
        posted.extend(waiting(|| carlo.posted()));
        for path in ["/office/payouts/PO-", "/office/deposits/DE-", "/office/proposals/PR-"] {
            assert!(posted.iter().any(|posted| posted.starts_with(path)), "{path} in {posted:?}");
        }
        // What one deposit was said to be worth is no matter of the gateway's books.
        office.bench.story.ends().await;
        office.bench.gateway.stop().await;
    }
}

/// Claimed, noted, changed, marked, held, released, paid by hand, and taken back.
fn worked_to_the_end(shift: &mut Shift) {
    let case = shift.requested(BY_HAND);
    let told = shift.berta(Action::Claim, &[]);
    assert!(told.contains("you work on it now"), "{told}");
    shift.berta(Action::Note, &[("note", "called the customer: all is well")]);
    assert!(shift.berta.browser.text("main").contains("called the customer: all is well"));
    // Inside the window the terms may change.
    shift.berta(Action::Edit, &[("amount", "12.00"), ("fee", "0.50"), ("processor", "Skrill")]);
    let terms = shift.berta.browser.text("section[aria-labelledby=terms]");
    for text in ["12.00", "0.50", "Skrill"] {
        assert!(terms.contains(text), "`{text}` in {terms}");
    }
    for (action, mark) in
        [(Action::Mark, "G"), (Action::Unmark, "G"), (Action::Mark, "G"), (Action::Mark, "R")]
    {
        shift.berta(action, &[("mark", mark)]);
    }
    shift.berta(Action::Unclaim, &[]);
    shift.berta(Action::Hold, &[("reason", "a call is awaited")]);
    // The greyed button says why, and it can't be pressed.
    let greyed = shift.berta.browser.text("#why-start");
    assert!(greyed.contains("a call is awaited"), "{greyed}");
    shift.berta(Action::Unhold, &[]);
    shift.berta(Action::Authorize, &[]);
    shift.is(&case, PayoutStatus::Authorized);
    // Outside the window amount and fee stay, and who pays it out may still change, which the marks must see again.
    shift.berta.sends(("act", "edit"), &[("amount", "13.00")]);
    let (tone, told) = shift.berta.told();
    assert!(tone == "bad" && told.contains("Amount"), "{tone} {told}");
    shift.berta(Action::Edit, &[("processor", "CFT")]);
    shift.berta(Action::Mark, &[("mark", "G")]);
    shift.berta(Action::Start, &[WHY]);
    shift.is(&case, PayoutStatus::InProgress);
    assert!(!shift.berta.browser.text("#why-edit").is_empty(), "now nothing is edited");
    assert_eq!(shift.balance(&case), "7.50", "20.00 without 12.00 and 0.50");
    shift.berta(Action::Approve, &[("transaction_id", "BANK-77"), WHY]);
    shift.is(&case, PayoutStatus::Approved);
    // What its bank calls it leads there, as do its other ids.
    shift.berta.searches("BANK-77");
    assert_eq!(shift.berta.path(), format!("/office/payouts/{}", case.id));
    shift.berta(Action::Reverse, &[WHY]);
    shift.is(&case, PayoutStatus::Reversed);
    assert_eq!(shift.balance(&case), "20.00");
    assert!(shift.berta.badges().contains("Reversed"));
    let page = shift.berta.browser.text("main");
    for text in [
        "Moved on: In progress → Approved",
        "berta",
        "CreatePayout",
        "seen on the statement",
        "Payouts in transit of",
    ] {
        assert!(page.contains(text), "`{text}` in {page}");
    }
}

fn turned_down(shift: &mut Shift) {
    for (action, status) in
        [(Action::Reject, PayoutStatus::Rejected), (Action::Cancel, PayoutStatus::Cancelled)]
    {
        let case = shift.requested(BY_HAND);
        shift.berta(action, &[WHY]);
        shift.is(&case, status);
        assert_eq!(shift.balance(&case), "20.00");
    }
}

/// Lost on its way, settled as not paid by two, and sent again.
fn tried_again(shift: &mut Shift) {
    let case = lost(shift, Kind::ResetBefore);
    shift.berta(Action::ProposeOutcome, &[("verdict", "not_paid"), WHY]);
    // Whoever proposed does not confirm.
    let confirm = shift.berta.browser.value("!!document.querySelector('button[value=confirm]')");
    assert_eq!(confirm, serde_json::json!(false));
    shift.carlo.searches(&case.id.to_string());
    shift.done.insert("confirm");
    shift.carlo.does("confirm", &[("reason", "not in their list either")]);
    // Berta's page is older than that: it is refused with who did what.
    shift.berta.searches(&case.id.to_string());
    assert!(shift.berta.badges().contains("Refused"), "{}", shift.berta.badges());
    shift.berta(Action::Retry, &[WHY]);
    Handle::current().block_on(shift.office.bench.works());
    shift.is(&case, PayoutStatus::Approved);
    assert_eq!(shift.office.paid_out(), 1465);
    // The processor's own id leads to it too.
    let paid = shift.office.bench.story.running();
    let id = case.id;
    let attempts = Handle::current()
        .block_on(paid.store.read(move |connection| tillgate::store::attempts::of_payout(connection, id)));
    let reference = attempts.expect("read").last().expect("an attempt").reference.clone();
    shift.carlo.searches("Nobody");
    shift.carlo.searches(&reference);
    assert_eq!(shift.carlo.path(), format!("/office/payouts/{id}"), "found by {reference}");
}

/// Proposed, taken back, proposed again and declined, proposed again and confirmed.
fn settled_by_two(shift: &mut Shift) {
    let case = lost(shift, Kind::ResetAfter);
    let paid = [("verdict", "paid"), ("reference", "STATEMENT-9"), WHY];
    shift.berta(Action::ProposeOutcome, &paid);
    shift.done.insert("withdraw");
    shift.berta.does("withdraw", &[]);
    shift.berta(Action::ProposeOutcome, &paid);
    shift.carlo.searches(&case.id.to_string());
    shift.done.insert("decline");
    shift.carlo.does("decline", &[("reason", "their list is of yesterday")]);
    shift.is(&case, PayoutStatus::InProgress);
    shift.carlo.does(Action::ProposeOutcome.name(), &paid);
    shift.berta.searches(&case.id.to_string());
    shift.berta.does("confirm", &[("reason", "now I see it")]);
    shift.is(&case, PayoutStatus::Approved);
    for state in ["Taken back", "Declined", "Confirmed"] {
        let proposals = shift.berta.browser.text("section[aria-labelledby=proposals]");
        assert!(proposals.contains(state), "{state} in {proposals}");
    }
}

/// A deposit that nobody explains: proposed on its page, decided where all proposals stand.
fn a_deposit_settled_by_two(shift: &mut Shift) {
    let bench = &shift.office.bench;
    let odd = Handle::current().block_on(async {
        let odd = bench.opens(EUROS).await;
        bench.gateway.force(&odd.mtid, Letter::I);
        bench.passes(3 * 3600);
        bench.works().await;
        odd
    });
    // Three hours later both have to sign in anew.
    for (hands, name) in [(&mut shift.berta, "berta"), (&mut shift.carlo, "carlo")] {
        hands.opens("/office/sign-in");
        hands.sends_whole("form[action='/office/sign-in']", &[("name", name), ("password", PASSWORD)]);
    }
    shift.berta.opens(&format!("/office/deposits/{}", odd.id));
    let reference = format!("S-{}", odd.mtid);
    let says =
        [("matter", "deposit"), ("verdict", "paid"), ("reference", &*reference), ("reason", "a letter")];
    let form = format!("form[action='/office/deposits/{}/propose']", odd.id);
    shift.berta.sends_form(&form, &says);
    assert_eq!(shift.berta.told().0, "good", "{:?}", shift.berta.told());
    shift.carlo.opens("/office/proposals");
    shift.carlo.sends(("decision", "confirm"), &[("reason", "I have the letter too")]);
    assert_eq!(shift.carlo.told().0, "good", "{:?}", shift.carlo.told());
    let status = Handle::current().block_on(shift.office.bench.status(&odd));
    assert_eq!(status, "Credited");
}

/// A payout whose order left and whose answer never came.
fn lost(shift: &mut Shift, kind: Kind) -> Case {
    let case = shift.requested(BY_GATEWAY);
    shift.berta(Action::Mark, &[("mark", "G")]);
    shift.berta(Action::Start, &[WHY]);
    shift.office.bench.gateway.fault(Fault::new("payout", kind).skipping(1));
    Handle::current().block_on(shift.office.bench.works());
    shift.berta.searches(&case.id.to_string());
    assert!(shift.berta.badges().contains("Unknown"), "{}", shift.berta.badges());
    case
}
