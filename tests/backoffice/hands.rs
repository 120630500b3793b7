//! Hands on a page: what is seen is pressed with the mouse and typed into, and the document must stay the same.

use super::visitor::PASSWORD;
use crate::rest_gateway::chromium::Chromium;
use crate::support::story::Story;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A person in front of a browser.
pub struct Hands {
    pub browser: Chromium,
    pub base: String,
    /// Whom it is about, for what a failing test says.
    name: String,
    /// Where forms were posted to.
    posts: BTreeSet<String>,
}

impl Hands {
    /// Signs in; `None` where there is no browser.
    pub fn of(story: &Story, name: &str) -> Option<Hands> {
        let browser = Chromium::start()?;
        let mut hands =
            Hands { browser, base: story.base.clone(), name: name.to_owned(), posts: BTreeSet::new() };
        hands.browser.size(1280, 900, 1.0);
        hands.browser.open(&format!("{}/office/sign-in", hands.base));
        hands.browser.wait_for("#name");
        hands.writes("#name", name);
        hands.writes("#password", PASSWORD);
        hands.presses("main form button[type=submit]");
        hands.browser.wait_for(".who");
        Some(hands)
    }

    /// Opens an address of its own; the document that comes must stay from then on.
    pub fn opens(&mut self, path: &str) {
        self.browser.value("window.stayed = undefined");
        self.browser.open(&format!("{}{path}", self.base));
        self.browser.wait_for("main h1");
        self.browser.value("window.stayed = true");
    }

    #[track_caller]
    pub fn stayed(&mut self) {
        let stayed = self.browser.value("window.stayed === true");
        assert_eq!(stayed, json!(true), "{}: the page was loaded anew", self.name);
    }

    /// Presses what a script finds, where a person would: in its middle, unless something lies above it.
    #[track_caller]
    pub fn presses_what(&mut self, finds: &str) {
        let place = self.browser.value(&format!(
            "(() => {{ const it = {finds}; if (!it) return 'is not there';
                it.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const box = it.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
                const there = document.elementFromPoint(x, y);
                if (!there || !(it.contains(there) || there.contains(it))) return 'lies under ' + (there && there.outerHTML);
                return [x, y]; }})()"
        ));
        let (Some(x), Some(y)) = (place[0].as_f64(), place[1].as_f64()) else {
            let page = self.browser.text("main");
            panic!("{}: {finds} {place} in {page}", self.name);
        };
        self.browser.press_at(x, y);
    }

    #[track_caller]
    pub fn presses(&mut self, selector: &str) {
        self.presses_what(&format!("document.querySelector({selector:?})"));
    }

    /// Types a text in the place of what a field holds.
    #[track_caller]
    pub fn writes(&mut self, selector: &str, text: &str) {
        self.writes_into(&format!("document.querySelector({selector:?})"), text);
    }

    #[track_caller]
    fn writes_into(&mut self, finds: &str, text: &str) {
        self.presses_what(finds);
        self.browser.value(&format!("{finds}.select()"));
        self.browser.types(text);
        let holds = self.browser.value(&format!("{finds}.value"));
        assert_eq!(holds, json!(text), "{}: {finds}", self.name);
    }

    /// Does something that brings another page into this one, and waits for it.
    #[track_caller]
    pub fn turns(&mut self, work: impl FnOnce(&mut Hands)) {
        self.browser.value("document.getElementById('main').dataset.old = 'yes'");
        work(self);
        self.browser.wait_until(
            "document.getElementById('main') && !document.getElementById('main').dataset.old \
             && !document.getElementById('main').hasAttribute('aria-busy')",
        );
        self.stayed();
    }

    /// What the page says came of it: its tone and its words.
    #[track_caller]
    pub fn told(&mut self) -> (String, String) {
        let told = self.browser.value(
            "(() => { const told = document.querySelector('main .notice[role]');
                return told ? [told.className, told.textContent.trim()] : ['', document.title]; })()",
        );
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&told[0]).replace("notice ", ""), text(&told[1]))
    }

    /// Sends the form with a button or hidden field of this name and value, after filling its fields in.
    #[track_caller]
    pub fn sends(&mut self, (name, value): (&str, &str), fields: &[(&str, &str)]) {
        let finds = format!(
            "[...document.querySelectorAll('main input[type=hidden], main button')]
                .find(one => one.name === {name:?} && one.value === {value:?})"
        );
        self.fills(&finds, fields);
        self.turns(|hands| hands.presses("#the-button"));
        self.keeps_posts();
    }

    /// The same for the form of a selector.
    #[track_caller]
    pub fn sends_form(&mut self, form: &str, fields: &[(&str, &str)]) {
        self.fills(&format!("document.querySelector({form:?} + ' button[type=submit]')"), fields);
        self.turns(|hands| hands.presses("#the-button"));
        self.keeps_posts();
    }

    /// Unfolds a form, fills its fields in, and marks its button.
    #[track_caller]
    pub fn fills(&mut self, finds: &str, fields: &[(&str, &str)]) {
        let mark = format!(
            "(() => {{
                const field = {finds};
                if (!field) return 'no form';
                const form = field.form, folded = form.closest('details');
                for (const id of ['the-button', 'the-fold']) document.getElementById(id)?.removeAttribute('id');
                (field.matches('button') ? field : form.querySelector('button[type=submit]')).id = 'the-button';
                if (folded && !folded.open) {{ folded.querySelector('summary').id = 'the-fold'; return 'folded'; }}
                return 'open'; }})()"
        );
        match self.browser.value(&mark).as_str() {
            Some("open") => {}
            Some("folded") => self.presses("#the-fold"),
            other => panic!("{}: {finds}: {other:?} in {}", self.name, self.browser.text("main")),
        }
        for (field, text) in fields {
            let all = format!(
                "[...document.getElementById('the-button').form.elements].filter(one => one.name === {field:?})"
            );
            let ticked =
                format!("{all}.find(one => /^(radio|checkbox)$/.test(one.type) && one.value === {text:?})");
            let chosen = format!("{all}.find(one => one.type === 'select-one')");
            if self.browser.value(&format!("!!{ticked}")) == json!(true) {
                self.presses_what(&ticked);
            } else if self.browser.value(&format!("!!{chosen}")) == json!(true) {
                // The list of choices is the system's, not the page's.
                self.browser.value(&format!("{chosen}.value = {text:?}"));
            } else {
                self.writes_into(&format!("{all}[0]"), text);
            }
        }
    }

    fn keeps_posts(&mut self) {
        let posts = self.browser.posts();
        self.posts.extend(posts);
    }

    /// Sends a form after which the whole page is loaded: where the shell around it changes, too.
    #[track_caller]
    pub fn sends_whole(&mut self, form: &str, fields: &[(&str, &str)]) {
        self.fills(&format!("document.querySelector({form:?} + ' button[type=submit]')"), fields);
        self.presses("#the-button");
        self.browser.wait_until("document.readyState === 'complete' && !window.stayed");
        self.keeps_posts();
        self.browser.value("window.stayed = true");
    }

    /// Does something to the payout that is looked at; it must be good.
    #[track_caller]
    pub fn does(&mut self, act: &str, fields: &[(&str, &str)]) -> String {
        self.sends(("act", act), fields);
        let (tone, text) = self.told();
        assert!(tone == "good" || tone == "alarm", "{} does {act}: {tone} {text}", self.name);
        text
    }

    /// Types into the search box and follows where it leads.
    #[track_caller]
    pub fn searches(&mut self, text: &str) {
        self.browser.value("document.activeElement.blur()");
        self.browser.press("/");
        self.writes("#search", text);
        self.turns(|hands| hands.browser.press("Enter"));
    }

    pub fn path(&mut self) -> String {
        self.browser.value("location.pathname").as_str().unwrap_or_default().to_owned()
    }

    /// The words of the badges that are shown first.
    pub fn badges(&mut self) -> String {
        self.browser.text(".badges")
    }

    /// Where forms were posted to, as paths.
    pub fn posted(mut self) -> BTreeSet<String> {
        let troubles = self.browser.troubles();
        assert!(troubles.is_empty(), "{}: {troubles:#?}", self.name);
        self.keeps_posts();
        let base = self.base.clone();
        self.posts.into_iter().map(|url| url.replace(&base, "")).collect()
    }
}

/// Runs what waits for a browser on a thread that may wait.
pub fn waiting<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}
