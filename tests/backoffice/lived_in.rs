//! A house that has been worked in for a week: what pages look like when there is something on them.

use super::browser::{Sight, look_here, look_in, sign_in, speaks, with_browser};
use super::visitor::{Visitor, add_person};
use crate::rest_gateway::chromium::Chromium;
use crate::stories::acting::office::{
    BY_GATEWAY, BY_HAND, Case, FRONT_END, Office, approver, finance, operator,
};
use crate::stories::sopg::bench::EUROS;
use crate::support::story::Story;
use crate::support::{self, Scratch};
use serde_json::json;
use std::path::{Path, PathBuf};
use tillgate::domain::approval::Mark;
use tillgate::domain::ids::PayoutId;
use tillgate::domain::proposal::{Decision, Verdict};
use tillgate::operations::acting::act_on_payout::Act;
use tillgate::processors::sopg::simulator::{Fault, Kind, Letter};

const DAY: i64 = 86_400;

struct Lived {
    office: Office,
    /// One payout that everything has happened to, with a proposal that waits.
    full: String,
    deposit: String,
}

impl Lived {
    /// What got lost is booked by nobody yet, so the gateway's books are ahead of ours.
    async fn ends(self) {
        self.office.bench.story.ends().await;
        self.office.bench.gateway.stop().await;
    }
}

async fn lived_in(scratch: Scratch) -> Lived {
    let office = Office::with(scratch, |settings| {
        settings.backoffice.absolute_hours = 10_000;
        settings.backoffice.idle_minutes = 1_000_000;
        let approvals = &mut settings.front_ends[0].approvals;
        approvals.marks = vec!["G".to_owned(), "M".to_owned()];
        approvals.four_eyes_above = Some("300.00".to_owned());
    })
    .await;
    add_person(
        &office.bench.story,
        "berta",
        &["support=*", "operator=*", "approver=*", "finance=*", "admin=*", "auditor=*"],
    )
    .await;
    for day in 0..6 {
        a_day(&office, day).await;
        office.bench.passes(DAY);
    }
    let deposit = a_deposit(&office).await;
    let full = everything_happens(&office).await;
    Lived { office, full, deposit }
}

/// Payouts asked for, approved, rejected, reversed and left over.
async fn a_day(office: &Office, day: i64) {
    let (ann, bob) = (operator("ann"), approver("bob"));
    for (number, pin) in ["Lovelace", "Babbage", "Hopper", "Turing"].into_iter().enumerate() {
        let number = number as i64;
        let story = &office.bench.story;
        if day == 0 {
            story.customer(FRONT_END, pin, "5000.00").await;
        }
        let amount = format!("{}.{:02}", 20 + (day * 37 + number * 53) % 230, (day * 13 + number * 29) % 100);
        let call = json!({
            "FrontEndName": FRONT_END, "PIN": pin, "TraceID": story.next_trace(), "PP": if number == 2 { "Skrill" } else { BY_HAND },
            "Amount": amount, "Fee": "1.50", "CreatedBy": "INTERNET", "PaymentMethod": "bank",
        });
        let reply = story.call("CreatePayout", call).await;
        let id = PayoutId::parse(reply["ExtPayoutID"].as_str().expect("an id")).expect("ours");
        let customer =
            crate::support::story::Customer { front_end: FRONT_END.to_owned(), pin: pin.to_owned() };
        let case = Case { customer, id };
        office.bench.passes(600);
        match (day + number) % 6 {
            0 => drop(office.does(&ann, &case, Act::Claim, "").await),
            1 => drop(office.does(&bob, &case, Act::Reject, "the name is not the customer's").await),
            2 if day == 5 => drop(office.does(&ann, &case, Act::Hold, "documents are awaited").await),
            _ => {
                office.marks(&ann, &case, &[Mark::G]).await;
                office.marks(&bob, &case, &[Mark::M]).await;
                office.does(&bob, &case, Act::Start, "checked").await;
                office.bench.passes(1_800);
                let paid = Act::Approve { transaction_id: Some(format!("BANK-{day}{number}")) };
                if day < 5 || number == 0 {
                    office.does(&bob, &case, paid, "on the statement").await;
                }
                if day == 3 && number == 1 {
                    office.does(&bob, &case, Act::Reverse, "came back from the bank").await;
                }
            }
        }
    }
}

/// Paid in at the processor, told by its notice, credited.
async fn a_deposit(office: &Office) -> String {
    let bench = &office.bench;
    let paying = bench.opens(EUROS).await;
    bench.pays(&paying).await;
    assert!(bench.gateway.deliver_due().await >= 1, "a notice");
    assert_eq!(bench.settles(&paying).await, "Credited");
    // One that nobody has paid yet, and one that nobody can explain.
    bench.opens(EUROS).await;
    let odd = bench.opens(EUROS).await;
    bench.gateway.force(&odd.mtid, Letter::I);
    paying.id
}

/// Two lost payouts: one that two people disagree about, and one that waits for a second.
async fn everything_happens(office: &Office) -> String {
    let (ann, bob, cy) = (operator("ann"), finance("bob"), approver("cy"));
    let mut last = None;
    for _ in 0..2 {
        let case = office.requested(BY_GATEWAY).await;
        office.does(&ann, &case, Act::Claim, "").await;
        office
            .does(&ann, &case, Act::Note("Called the customer: the address is right.".to_owned()), "")
            .await;
        office.marks(&ann, &case, &[Mark::G]).await;
        office.marks(&cy, &case, &[Mark::M]).await;
        office.does(&ann, &case, Act::Start, "checked").await;
        office.bench.gateway.fault(Fault::new("payout", Kind::ResetAfter).skipping(1));
        office.bench.works().await;
        for seconds in [30, 120, 600] {
            office.bench.passes(seconds);
            office.bench.works().await;
        }
        let matter = office.matter(&case).await;
        let paid = || Verdict::Paid { reference: "STATEMENT-7".to_owned() };
        let made = crate::stories::acting::office::done(office.proposes(&bob, matter, paid()).await);
        office.decides(&cy, made.proposal.expect("a proposal"), Decision::Decline).await;
        office.proposes(&bob, matter, paid()).await;
        last = Some(case.id.to_string());
    }
    last.expect("the second one")
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_with_much_on_them_are_good_to_look_at_in_both_languages() {
    for (number, scratch) in support::databases().into_iter().enumerate() {
        let lived = lived_in(scratch).await;
        let story = &lived.office.bench.story;
        let paths = [
            ("/office/payouts".to_owned(), "lived-payouts", "Turing"),
            (format!("/office/payouts/{}", lived.full), "lived-payout", "STATEMENT-7"),
            ("/office/unknown".to_owned(), "lived-unknown", lived.full.as_str()),
            ("/office/proposals".to_owned(), "lived-proposals", "STATEMENT-7"),
            ("/office/errands?state=all".to_owned(), "lived-errands", "AT-"),
            ("/office/notices".to_owned(), "lived-notices", "paysafecard"),
            ("/office/deposits".to_owned(), "lived-deposits", lived.deposit.as_str()),
            (format!("/office/deposits/{}", lived.deposit), "lived-deposit", "paysafecard"),
            ("/office/today".to_owned(), "lived-today", "<svg"),
            ("/office/customers/MyPhoneCards%20EUR/Turing".to_owned(), "lived-customer", "PO-"),
            ("/office/ledger".to_owned(), "lived-ledger", "EUR"),
            ("/office/audit".to_owned(), "lived-audit", "proposal.made"),
            ("/office/people".to_owned(), "lived-people", "berta"),
        ];
        let mut berta = Visitor::signed_in(story, "berta").await;
        for (path, _, text) in &paths {
            berta.get(path).await.is(200).says(text);
        }
        // They look the same wherever they were read from.
        if number == 0 {
            with_browser(|browser| looked_at(browser, story, &paths)).await;
        }
        lived.ends().await;
    }
}

fn looked_at(browser: &mut Chromium, story: &Story, paths: &[(String, &str, &str)]) {
    sign_in(browser, story, "berta");
    for (language, sights) in LANGUAGES {
        speaks(browser, &story.base, language);
        for (path, name, text) in paths {
            look_in(browser, story, path, &format!("{name}-{language}"), sights);
            let page = browser.value("document.documentElement.outerHTML");
            assert!(page.as_str().is_some_and(|page| page.contains(text)), "`{text}` stands in {path}");
            let spoken = browser.value("document.documentElement.lang");
            assert_eq!(spoken, json!(language), "{path}");
        }
    }
}

/// What went over the wire, unfolded; a notice with what came; a person's forms.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_unfolded_is_good_to_look_at_in_both_languages() {
    // To look at: what is kept of the wire and of notices is read on both databases where those are.
    let lived = lived_in(support::sqlite()).await;
    let story = &lived.office.bench.story;
    story.running().exchanges.as_ref().expect("they are kept").is_done().await;
    add_person(story, "otta", &["operator=*"]).await;
    with_browser(|browser| {
        browser.size(1280, 900, 1.0);
        sign_in(browser, story, "berta");
        for language in ["en", "de"] {
            speaks(browser, &story.base, language);
            browser.open(&format!("{}/office/notices", story.base));
            browser.wait_for("tr[data-opens]");
            let notice = browser.value("document.querySelector('tr[data-opens]').dataset.opens");
            for (path, unfolds, name) in [
                (format!("/office/payouts/{}", lived.full), ".timeline details", "unfolded-payout"),
                (format!("/office/deposits/{}", lived.deposit), "td details", "unfolded-deposit"),
                (notice.as_str().expect("a notice").to_owned(), "", "unfolded-notice"),
                ("/office/people".to_owned(), "main details", "unfolded-people"),
            ] {
                browser.open(&format!("{}{path}", story.base));
                browser.wait_for("main h1");
                if !unfolds.is_empty() {
                    let opened = browser.value(&format!(
                        "(all => {{ all.forEach(one => one.open = true); return all.length; }})([...document.querySelectorAll('{unfolds}')])"
                    ));
                    assert!(opened.as_i64().is_some_and(|count| count > 0), "something is folded in {path}");
                }
                if name != "unfolded-people" {
                    browser.wait_for("pre.raw");
                }
                look_here(browser, &format!("{name}-{language}"));
            }
        }
    })
    .await;
    lived.ends().await;
}

const LANGUAGES: [(&str, &[Sight]); 2] = [
    ("en", &[(false, 1280, 1.0), (true, 1280, 1.0), (false, 1280, 2.0)]),
    ("de", &[(true, 1280, 1.0), (false, 1280, 2.0)]),
];

/// The pictures of the README: `script/pictures`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes docs/pictures: run it by script/pictures when pages have changed"]
async fn pictures_of_the_readme() {
    let lived = lived_in(support::sqlite()).await;
    let story = &lived.office.bench.story;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&folder).expect("a folder");
    let at = |name: &str| -> Option<PathBuf> { Some(folder.join(name)) };
    let taken = with_browser(|browser| {
        sign_in(browser, story, "berta");
        for (path, name, dark, height) in [
            ("/office/today", "today.png", false, 780),
            ("/office/payouts", "payouts.png", false, 780),
            (&*format!("/office/payouts/{}", lived.full), "payout.png", true, 640),
        ] {
            browser.dark(dark);
            browser.size(1280, height, 1.0);
            browser.open(&format!("{}{path}", story.base));
            browser.wait_for("main h1");
            browser.picture(at(name));
            let size = std::fs::metadata(folder.join(name)).expect("a picture").len();
            assert!(size < 150_000, "{name} has {size} bytes");
        }
    })
    .await;
    assert!(taken.is_some(), "chromium is missing");
    lived.ends().await;
}
