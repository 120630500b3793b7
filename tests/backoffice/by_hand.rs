//! The lists and the house by mouse and keyboard: filtered, searched, kept, taken away as files, and every form sent.

use super::hands::{Hands, waiting};
use super::visitor::{PASSWORD, add_person};
use crate::support::story::Story;
use crate::support::{self, Scratch};
use serde_json::json;
use std::collections::BTreeSet;
use tillgate::backoffice::route::{self, Method};
use tillgate::backoffice::totp;
use tillgate::store::Wants;
use tillgate::store::outbox::{self, Errand};

const EUR: &str = "MyPhoneCards EUR";
const EVERYTHING: [&str; 6] = ["support=*", "operator=*", "approver=*", "finance=*", "admin=*", "auditor=*"];

/// Four payouts of 10.00, 20.00 and so on, the last one asked for last, and an errand that is due some day.
async fn house(scratch: Scratch) -> (Story, Vec<String>) {
    let story = Story::on(scratch).await;
    story.customer(EUR, "Lovelace", "500.00").await;
    let mut ids = Vec::new();
    for number in 1..=4 {
        let call = json!({
            "FrontEndName": EUR, "PIN": "Lovelace", "TraceID": 770_000 + number, "Amount": format!("{number}0.00"),
            "PP": "CFT", "CreatedBy": "INTERNET",
        });
        let reply = story.call("CreatePayout", call).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        ids.push(reply["ExtPayoutID"].as_str().expect("an id").to_owned());
    }
    let errand = Errand { kind: "test".to_owned(), subject: "a test".to_owned(), payload: "{}".to_owned() };
    let due = story.clock.now() + chrono::Duration::days(9);
    let put = story
        .running()
        .store
        .transact("outbox", Wants::nothing(), move |tx| Ok(outbox::put(tx, &errand, due)?));
    put.await.expect("put");
    add_person(&story, "berta", &EVERYTHING).await;
    add_person(&story, "otto", &["operator=*"]).await;
    (story, ids)
}

/// The ids of the rows, as they stand.
fn rows(hands: &mut Hands) -> Vec<String> {
    let shown = hands.browser.value(
        "[...document.querySelectorAll('main tr[data-opens]')].map(row => row.dataset.opens.split('/').pop())",
    );
    serde_json::from_value(shown).expect("texts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_filtered_searched_and_kept_by_hand() {
    for scratch in support::databases() {
        let (story, ids) = house(scratch).await;
        waiting(|| {
            let Some(mut berta) = Hands::of(&story, "berta") else { return };
            berta.opens("/office/payouts");
            assert_eq!(rows(&mut berta), [&*ids[3], &*ids[2], &*ids[1], &*ids[0]], "the newest first");
            // A filter, typed and sent by Enter.
            berta.writes(".filter [name=currency]", "eur");
            berta.writes(".filter [name=least]", "20.01");
            berta.turns(|berta| berta.browser.press("Enter"));
            assert_eq!(rows(&mut berta), [&*ids[3], &*ids[2]]);
            // Other columns for the same rows.
            berta.presses(".folded > summary");
            for column in ["pin", "trace"] {
                berta.presses(&format!(".folded [value={column}]"));
            }
            berta.turns(|berta| berta.presses(".filter button[type=submit]"));
            let heads = berta.browser.text("main thead");
            assert!(heads.contains("TraceID") && !heads.contains("Fee"), "{heads}");
            assert_eq!(rows(&mut berta).len(), 2);
            // Kept for everybody, found by another, and taken away by whoever kept it.
            let keep = ".bar form[action='/office/payouts/views']";
            berta.sends_form(keep, &[("title", "Large ones"), ("shared", "1")]);
            assert_eq!(berta.told().0, "good");
            let Some(mut otto) = Hands::of(&story, "otto") else { return };
            otto.opens("/office/payouts");
            otto.turns(|otto| {
                otto.presses_what(
                    "[...document.querySelectorAll('.views a')].find(a => a.textContent.includes('Large ones'))",
                )
            });
            assert_eq!(rows(&mut otto), [&*ids[3], &*ids[2]]);
            assert!(otto.browser.text("main thead").contains("TraceID"), "with its columns");
            berta.sends_form(".views form", &[]);
            otto.searches("Lovelace");
            assert!(!otto.browser.text(".views").contains("Large ones"));
            // By any id that somebody may hold in hand; a customer's PIN finds all of his.
            assert_eq!(rows(&mut otto).len(), 4);
            for text in [&*ids[1], "770002"] {
                otto.searches(text);
                assert_eq!(otto.path(), format!("/office/payouts/{}", ids[1]), "{text}");
            }
            otto.searches("nobody's");
            assert_eq!(rows(&mut otto), Vec::<String>::new());
        });
        story.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_taken_away_by_a_click_and_hold_the_filtered_rows() {
    // It writes nothing; what files hold is looked at on both databases where the payouts are.
    let (story, _) = house(support::sqlite()).await;
    waiting(|| {
        let Some(mut berta) = Hands::of(&story, "berta") else { return };
        berta.opens("/office/payouts?currency=EUR&least=20.01");
        let csv = berta.browser.downloads(|browser| browser.click("a[href*='file/csv']"));
        let csv = String::from_utf8(csv).expect("UTF-8");
        let amounts: Vec<bool> =
            csv.lines().map(|line| line.contains(",40.00,") || line.contains(",30.00,")).collect();
        assert_eq!(amounts, [false, true, true], "{csv}");
        let xlsx = berta.browser.downloads(|browser| browser.click("a[href*='file/xlsx']"));
        assert!(xlsx.starts_with(b"PK"));
        berta.stayed();
    });
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_approves_on_a_page_and_picks_on_a_list() {
    for scratch in support::databases() {
        let (story, ids) = house(scratch).await;
        for id in &ids[..2] {
            let call = json!({"FrontEndName": EUR, "PIN": "Lovelace", "ExtPayoutID": id, "Status": "I", "UpdatedBy": "dora"});
            assert_eq!(story.call("UpdatePayout", call).await["Status"], 0);
        }
        waiting(|| {
            let Some(mut berta) = Hands::of(&story, "berta") else { return };
            berta.opens("/office/payouts?order=oldest");
            for key in ["j", "j", "k"] {
                berta.browser.press(key);
            }
            assert_eq!(
                berta.browser.value("document.querySelector('tr.here').dataset.opens.split('/').pop()"),
                json!(ids[0])
            );
            berta.turns(|berta| berta.browser.press("Enter"));
            berta.browser.press("a");
            berta.browser.wait_until("document.activeElement.name === 'transaction_id'");
            berta.browser.types("BANK-1");
            berta.writes("details[open] [name=reason]", "paid this morning");
            berta.turns(|berta| berta.browser.press("Enter"));
            assert_eq!(berta.told().0, "good", "{:?}", berta.told());
            // On a list the row is picked and the action chosen; what is left to type is the reason.
            berta.turns(|berta| berta.browser.click(".pages a[href='/office/payouts']"));
            for key in ["j", "j", "j", "a"] {
                berta.browser.press(key);
            }
            berta.browser.wait_until("document.activeElement.name === 'reason'");
            assert_eq!(
                berta.browser.value("document.querySelector('[data-bulk]').act.value"),
                json!("approve")
            );
            berta.browser.types("paid as well");
            berta.turns(|berta| berta.browser.press("Enter"));
            // Before several are approved, their ids are asked for; the first of them is ready to be typed.
            berta.browser.wait_until("document.activeElement.name.startsWith('id-')");
            berta.browser.types("BANK-2");
            berta.turns(|berta| berta.browser.press("Enter"));
            assert!(berta.told().1.contains("1 of 1"), "{:?}", berta.told());
            berta.browser.press("?");
            berta.browser.wait_for("#keys[open]");
            let told = berta.browser.text("#keys");
            for key in ["j", "k", "Enter", "a", "r", "/", "?"] {
                assert!(told.contains(key), "{told}");
            }
            berta.browser.press("Escape");
            assert!(berta.browser.troubles().is_empty());
        });
        story.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_pressed_twice_sends_once_and_a_lost_answer_is_told() {
    for scratch in support::databases() {
        let (story, ids) = house(scratch).await;
        waiting(|| {
            let Some(mut berta) = Hands::of(&story, "berta") else { return };
            berta.opens("/office/payouts");
            berta.searches(&ids[0]);
            berta.browser.posts();
            let note =
                "[...document.querySelectorAll('main input[name=act]')].find(one => one.value === 'note')";
            berta.fills(note, &[("note", "called twice")]);
            berta.turns(|berta| {
                berta.browser.value("document.getElementById('the-button').click(); document.getElementById('the-button').click()");
            });
            assert_eq!(berta.told().0, "good", "{:?}", berta.told());
            assert_eq!(berta.browser.posts().len(), 1, "the second press found it under way");
            berta.fills(note, &[("note", "never arrives")]);
            berta.browser.offline(true);
            berta.presses("#the-button");
            berta.browser.wait_for(".notice.bad");
            assert!(berta.told().1.contains("No answer came"), "{:?}", berta.told());
            // The form is as it was, and works once the network is back.
            berta.browser.offline(false);
            berta.turns(|berta| berta.presses("#the-button"));
            assert_eq!(berta.told().0, "good", "{:?}", berta.told());
            assert!(berta.browser.text("main").contains("never arrives"));
            berta.stayed();
        });
        story.ends().await;
    }
}

/// Where each form goes, whatever stands in the place of an id.
fn route_of(path: &str) -> Option<&'static str> {
    let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let sent = parts(path.split('?').next().unwrap_or_default());
    let fits = |known: &str| {
        let known = parts(known);
        known.len() == sent.len()
            && known.iter().zip(&sent).all(|(known, sent)| known.starts_with('{') || known == sent)
    };
    // A route that is written out is meant before one with an open place.
    let mut posts: Vec<_> = route::all().filter(|route| route.method == Method::Post).collect();
    posts.sort_by_key(|route| route.path.matches('{').count());
    posts.into_iter().map(|route| route.path).find(|known| fits(known))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_the_house_is_sent_by_hand() {
    for scratch in support::databases() {
        let (story, ids) = house(scratch).await;
        let sent = waiting(|| {
            let (mut berta, mut otto) = (Hands::of(&story, "berta")?, Hands::of(&story, "otto")?);
            on_payouts(&mut berta, &ids);
            two_people(&mut berta);
            in_the_house(&mut berta);
            about_oneself(&mut otto, &story);
            berta.opens("/office/people");
            berta.sends_form("form[action='/office/people/otto/second-factor']", &[]);
            assert_eq!(berta.told().0, "good", "{:?}", berta.told());
            let mut sent = berta.posted();
            sent.extend(otto.posted());
            Some(sent)
        });
        let Some(sent) = sent else { return story.ends().await };
        let sent: BTreeSet<_> = sent.iter().filter_map(|path| route_of(path)).collect();
        let all: BTreeSet<_> =
            route::all().filter(|route| route.method == Method::Post).map(|route| route.path).collect();
        let left: Vec<_> = all.difference(&sent).filter(|path| !ELSEWHERE.contains(path)).collect();
        assert!(left.is_empty(), "nobody has sent {left:?}");
        story.ends().await;
    }
}

/// Forms that other tests of this folder send by hand.
const ELSEWHERE: [&str; 1] = ["/office/deposits/{deposit}/propose"];

fn on_payouts(berta: &mut Hands, ids: &[String]) {
    berta.opens("/office/payouts?order=oldest");
    berta.sends_form(".bar form[action='/office/payouts/views']", &[("title", "Mine")]);
    berta.sends_form(".views form", &[]);
    berta.searches(&ids[0]);
    berta.does("claim", &[]);
    berta.searches("Lovelace");
    // Another has changed one of them since the list was looked at: each row has its own result.
    berta.browser.click("[data-all]");
    berta.sends_form("#bulk", &[("act", "reject"), ("reason", "a wrong account")]);
    let told = berta.told();
    assert!(told.1.contains("4 of 4"), "{told:?}");
    assert_eq!(berta.browser.value("document.querySelectorAll('main td .badge.good').length"), json!(4));
}

/// A balance that one proposes to change, and thinks better of.
fn two_people(berta: &mut Hands) {
    berta.opens("/office/customers/MyPhoneCards%20EUR/Lovelace");
    berta.sends_form("form[action$='/adjust']", &[("amount", "12.50"), ("reason", "goodwill")]);
    assert_eq!(berta.told().0, "good", "{:?}", berta.told());
    berta.turns(|berta| berta.browser.click(".pages a[href='/office/proposals']"));
    berta.sends(("decision", "withdraw"), &[]);
    assert_eq!(berta.told().0, "good", "{:?}", berta.told());
}

fn in_the_house(berta: &mut Hands) {
    berta.turns(|berta| berta.browser.click(".pages a[href='/office/errands']"));
    berta.sends(("change", "park"), &[("reason", "their system is down")]);
    assert_eq!(berta.told().0, "good");
    berta.turns(|berta| berta.browser.click("a[href='/office/errands?state=parked']"));
    berta.sends(("change", "retry"), &[("reason", "they are back")]);
    assert_eq!(berta.told().0, "good");
    berta.turns(|berta| berta.browser.click(".pages a[href='/office/people']"));
    let new = [("name", "new-one"), ("full_name", "New One"), ("grants", "viewer=*")];
    berta.sends_form("form[action='/office/people']", &new);
    berta.turns(|berta| berta.browser.click(".pages a[href='/office/people']"));
    assert!(berta.browser.text("main").contains("new-one"));
    let otto = "form[action='/office/people/otto/grants']";
    berta.sends_form(otto, &[("grants", "operator=MyPhoneCards EUR, viewer=*")]);
    assert_eq!(berta.told().0, "good");
    berta.sends_form("form[action='/office/people/new-one/password']", &[]);
    assert!(berta.told().1.contains("new-one is signed out everywhere"), "{:?}", berta.told());
    berta.turns(|berta| berta.browser.click(".pages a[href='/office/people']"));
    for disabled in ["yes", "no"] {
        let finds = "form[action='/office/people/otto/disabled']";
        assert_eq!(
            berta.browser.value(&format!("document.querySelector({finds:?} + ' button').value")),
            json!(disabled)
        );
        berta.sends_form(finds, &[]);
        assert_eq!(berta.told().0, "good");
    }
    // The test box of the processor map.
    berta.turns(|berta| berta.browser.click(".pages a[href='/office/processors']"));
    berta.writes("main [name=name]", "WireCard7");
    berta.turns(|berta| berta.browser.press("Enter"));
    assert!(berta.browser.text("main").contains("WireCard"));
}

/// Sets a second factor up, changes the password, leaves, and comes back with a code.
fn about_oneself(otto: &mut Hands, story: &Story) {
    // He was let out and in again, so he signs in anew.
    sign_in(otto, PASSWORD);
    otto.opens("/office/me");
    otto.sends_form("form[action='/office/me']", &[("language", "de"), ("theme", "dark")]);
    assert_eq!(otto.told(), ("good".to_owned(), "✔ Gespeichert.".to_owned()));
    for part in [".who", ".pages", "footer", "#keys"] {
        let text = otto.browser.text(part);
        assert!(
            ["Abmelden", "Auszahlungen", "Zeiten in", "Tastatur"].iter().any(|word| text.contains(word)),
            "{text}"
        );
    }
    otto.browser.wait_until(
        "document.documentElement.lang === 'de' && document.documentElement.dataset.theme === 'dark'",
    );
    let new = "seven loud geese at night";
    let password = [("old", PASSWORD), ("new", new), ("again", new)];
    otto.sends_form("form[action='/office/me/password']", &password);
    assert_eq!(otto.told().0, "good", "{:?}", otto.told());
    otto.opens("/office/second-factor");
    let secret = super::sign_in::secret_of(&otto.browser.text("#secret"));
    let code = totp::code_now(&secret, story.clock.now());
    otto.sends_form("form[action='/office/second-factor']", &[("code", &code)]);
    assert_eq!(otto.told().0, "good", "{:?}", otto.told());
    // The session is another one now, and so is the token of the form to leave by.
    otto.presses(".who form button");
    otto.browser.wait_for("#password");
    story.advance(chrono::Duration::minutes(1));
    sign_in(otto, new);
    otto.browser.wait_for("#code");
    otto.sends_whole("form[action='/office/abandon']", &[]);
    sign_in(otto, new);
    otto.browser.wait_for("#code");
    let code = totp::code_now(&secret, story.clock.now());
    otto.sends_whole("form[action='/office/code']", &[("code", &code)]);
    otto.browser.wait_for(".who");
}

fn sign_in(hands: &mut Hands, password: &str) {
    hands.opens("/office/sign-in");
    hands.sends_whole("form[action='/office/sign-in']", &[("name", "otto"), ("password", password)]);
}
