//! One's own settings: how pages look, and the password.

use crate::backoffice::call::{Asked, Theme};
use crate::backoffice::cookies::Purpose;
use crate::backoffice::parts::Choice;
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::parts::raw::CsrfField;
use crate::backoffice::passwords::{self, PasswordError};
use crate::backoffice::route::{Access, Route, Wall, get, known, post};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::backoffice::words::{LANGUAGES, Words};
use crate::operations::people::{mistype_password, set_password, set_preferences};
use crate::store::people;
use crate::store::{Tx, Wants};
use askama::Template;
use secrecy::SecretString;

pub const ROUTES: &[Route] = &[
    get("/office/me", Access::SignedIn, Wall::Nothing, known!(show)),
    post("/office/me", Access::SignedIn, Wall::Nothing, known!(save)),
    post("/office/me/password", Access::SignedIn, Wall::Nothing, known!(change_password)),
];

#[derive(Template)]
#[template(path = "backoffice/me.html")]
struct MePage {
    words: &'static Words,
    csrf: CsrfField,
    languages: Vec<Choice>,
    language: String,
    zone: String,
    themes: Vec<Choice>,
    theme: &'static str,
}

async fn show(asked: Asked) -> Outcome {
    let languages = [("", asked.say("me.language.browser")), ("en", "English"), ("de", "Deutsch")];
    let themes = [
        (Theme::Auto, asked.say("me.theme.auto")),
        (Theme::Light, asked.say("me.theme.light")),
        (Theme::Dark, asked.say("me.theme.dark")),
    ];
    let content = MePage {
        words: asked.words,
        csrf: asked.csrf_field(),
        languages: languages.map(|(value, text)| Choice::new(value, text)).to_vec(),
        language: asked.person.language.clone(),
        zone: asked.person.zone.clone(),
        themes: themes.map(|(theme, text)| Choice::new(theme.name(), text)).to_vec(),
        theme: asked.theme.name(),
    };
    asked.page(asked.say("me.title"), &content)
}

async fn save(asked: Asked) -> Outcome {
    let zone = asked.form.text("zone").to_owned();
    if !zone.is_empty() && zone.parse::<chrono_tz::Tz>().is_err() {
        return Err(Trouble::bad(asked.say("me.zone"), asked.say("me.zone.unknown")));
    }
    let language = asked.form.text("language");
    let language = LANGUAGES.into_iter().find(|known| *known == language).unwrap_or("").to_owned();
    let spoken = if language.is_empty() { asked.words } else { Words::of(&language) };
    let wish = set_preferences::Wish { user_id: asked.person.id, language, zone };
    let run = move |tx: &mut Tx<'_>| set_preferences::run(tx, &wish);
    if asked.write("people", Wants::nothing(), run).await?.is_err() {
        return Err(Trouble::NotFound);
    }
    let theme = Theme::from_name(asked.form.text("theme"));
    let mut response = asked.go_saying("/office/me", &Notice::good(spoken.say("said.saved")));
    let _ = response.add_cookie(&asked.office.jar.write_lasting(Purpose::Theme, theme.name().to_owned()));
    Ok(response)
}

async fn change_password(asked: Asked) -> Outcome {
    let back = |notice: Notice| Ok(asked.go_saying("/office/me", &notice));
    let new = asked.form.raw("new");
    if new != asked.form.raw("again") {
        return back(Notice::bad(asked.say("me.password.differ")));
    }
    if let Err(error) = passwords::check(new, &asked.person.name) {
        return back(Notice::bad(asked.say(weakness(error))));
    }
    let (new, old) = (SecretString::from(new.to_owned()), asked.form.raw("old"));
    let old = SecretString::from(old.chars().take(passwords::LONGEST).collect::<String>());
    let name = asked.person.name.clone();
    let account = asked.read(move |connection| people::find_now(connection, &name)).await?;
    let locked = account.as_ref().and_then(|account| account.locked_until);
    if locked.is_some_and(|until| asked.now.timestamp_micros() < until) {
        return back(Notice::bad(asked.say("me.password.paused")));
    }
    let hash = account.map(|account| account.password);
    let fits = asked.office.passwords.fits(old, hash.as_deref()).await;
    let Some(instead_of) = hash.filter(|_| fits) else {
        let (name, lock_out) = (asked.person.name.clone(), asked.office.rules.lock_out);
        let (wish, caller) = (mistype_password::Wish { name, lock_out }, asked.caller());
        let run = move |tx: &mut Tx<'_>| mistype_password::run(tx, &wish, &caller);
        let _ = asked.write("people", Wants::nothing(), run).await?;
        return back(Notice::bad(asked.say("me.password.wrong")));
    };
    let wish = set_password::Wish {
        name: asked.person.name.clone(),
        password: asked.office.passwords.hash(new).await?,
        instead_of: Some(instead_of),
        but_session: Some(asked.session.hash.clone()),
    };
    let caller = asked.caller();
    let run = move |tx: &mut Tx<'_>| set_password::run(tx, &wish, &caller);
    match asked.write("people", Wants::nothing(), run).await? {
        Ok(()) => back(Notice::good(asked.say("me.password.done"))),
        Err(_) => back(Notice::bad(asked.say("me.password.wrong"))),
    }
}

/// The words for what is wrong with a password.
fn weakness(error: PasswordError) -> &'static str {
    match error {
        PasswordError::Short => "me.password.short",
        PasswordError::Long => "me.password.long",
        PasswordError::HoldsName => "me.password.holds_name",
        PasswordError::Simple => "me.password.simple",
        PasswordError::Hashing => "trouble.store",
    }
}
