//! The second factor: the code at the sign-in, and setting one up.

use super::sign_in::{inside, leave, with_return};
use crate::backoffice::call::Asked;
use crate::backoffice::cookies::{Drawn, Purpose};
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::parts::raw::{CsrfField, QrCode};
use crate::backoffice::route::{Access, Route, Wall, get, known, post};
use crate::backoffice::trouble::Outcome;
use crate::backoffice::words::Words;
use crate::backoffice::{qr, totp};
use crate::operations::people::Denied;
use crate::operations::people::second_factor::{self, Code};
use crate::store::people::second_factors;
use crate::store::people::sessions::Stage;
use crate::store::{Tx, Wants};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

pub const ROUTES: &[Route] = &[
    get("/office/code", Access::Code, Wall::Nothing, known!(ask)),
    post("/office/code", Access::Code, Wall::Nothing, known!(take)),
    post("/office/abandon", Access::Code, Wall::Nothing, known!(leave)),
    get("/office/second-factor", Access::Enrolment, Wall::Nothing, known!(show)),
    post("/office/second-factor", Access::Enrolment, Wall::Nothing, known!(confirm)),
];

#[derive(Template)]
#[template(path = "backoffice/code.html")]
struct CodePage<'a> {
    words: &'static Words,
    csrf: CsrfField,
    to: &'a str,
    notice: Option<Notice>,
}

async fn ask(asked: Asked) -> Outcome {
    let to = asked.query.text("to").to_owned();
    code_page(&asked, &to, None)
}

fn code_page(asked: &Asked, to: &str, notice: Option<Notice>) -> Outcome {
    let status = if notice.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    let content = CodePage { words: asked.words, csrf: asked.csrf_field(), to, notice };
    // Not signed in yet: none of the shell's pages.
    asked.bare_page(status, asked.say("code.title"), &content)
}

async fn take(asked: Asked) -> Outcome {
    let Some(code) = typed_code(&asked).await? else {
        return code_page(&asked, asked.form.text("to"), Some(Notice::bad(asked.say("code.wrong"))));
    };
    let Drawn { cookie, session } = asked.draw();
    let (from, caller) = (asked.session.hash.clone(), asked.caller());
    let run = move |tx: &mut Tx<'_>| second_factor::sign_in(tx, &code, &from, &session, &caller);
    match asked.write("people", Wants::nothing(), run).await? {
        Ok(()) => Ok(signed_in(&asked, inside(asked.form.text("to")), cookie, None)),
        Err(_) => code_page(&asked, asked.form.text("to"), Some(Notice::bad(asked.say("code.wrong")))),
    }
}

/// The code in the form's `code`, checked against the factor of who asks. `None` when there is no factor to check it
/// with; a wrong code is a [`Code`] without a step, which the operation counts.
pub async fn typed_code(asked: &Asked) -> Result<Option<Code>, crate::backoffice::Trouble> {
    let user_id = asked.person.id;
    let factor = asked.read(move |connection| second_factors::find_now(connection, user_id)).await?;
    let Some((factor, seal)) = factor.zip(asked.office.seal.as_ref()) else { return Ok(None) };
    let Some(secret) = seal.open(user_id, &factor.secret) else {
        if !factor.secret.is_empty() {
            tracing::error!(person = asked.person.name, "a second factor does not open with the sealing key");
        }
        return Ok(None);
    };
    let step = totp::step_of(&secret, asked.form.text("code"), asked.now);
    Ok(Some(Code { user_id, secret: factor.secret, step, lock_out: asked.office.rules.lock_out }))
}

/// The session goes on under a new cookie: one that somebody knew before signing in is of no more use.
fn signed_in(asked: &Asked, to: &str, cookie: String, notice: Option<&Notice>) -> HttpResponse {
    let mut response = match notice {
        None => asked.go(to),
        Some(notice) => asked.go_saying(to, notice),
    };
    let _ = response.add_cookie(&asked.office.jar.write(Purpose::Session, cookie));
    response
}

#[derive(Template)]
#[template(path = "backoffice/enrol.html")]
struct EnrolPage {
    words: &'static Words,
    csrf: CsrfField,
    state: EnrolState,
    notice: Option<Notice>,
    /// The whole page is loaded after it: it is a part of the sign-in, and the shell's pages come by it.
    whole: bool,
}

enum EnrolState {
    Impossible,
    Already,
    Open { secret: String, uri: String, picture: Option<QrCode> },
}

async fn show(asked: Asked) -> Outcome {
    enrol_page(&asked, None).await
}

/// A secret is drawn when the page is first looked at, and is the same until it is confirmed.
async fn enrol_page(asked: &Asked, notice: Option<Notice>) -> Outcome {
    let status = if notice.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let state = enrol_state(asked).await?;
    let whole = asked.session.stage != Stage::Full;
    let content = EnrolPage { words: asked.words, csrf: asked.csrf_field(), state, notice, whole };
    let title = asked.say("enrol.title");
    if whole { asked.bare_page(status, title, &content) } else { asked.page_with(status, title, &content) }
}

async fn enrol_state(asked: &Asked) -> Result<EnrolState, crate::backoffice::Trouble> {
    let Some(seal) = &asked.office.seal else { return Ok(EnrolState::Impossible) };
    let user_id = asked.person.id;
    let factor = asked.read(move |connection| second_factors::find_now(connection, user_id)).await?;
    if factor.as_ref().is_some_and(|factor| factor.confirmed) {
        return Ok(EnrolState::Already);
    }
    let open = |secret: &[u8]| {
        let uri = totp::uri("Tillgate", &asked.person.name, secret);
        let picture = qr::svg(&uri, asked.say("enrol.picture")).map(QrCode);
        EnrolState::Open { secret: in_fours(&totp::base32(secret)), uri, picture }
    };
    if let Some(secret) = factor.and_then(|factor| seal.open(user_id, &factor.secret)) {
        return Ok(open(&secret));
    }
    let mut secret = zeroize::Zeroizing::new([0; totp::SECRET_BYTES]);
    asked.office.entropy.fill(secret.as_mut());
    let Some(sealed) = seal.seal(&asked.office.entropy, user_id, secret.as_ref()) else {
        return Ok(EnrolState::Impossible);
    };
    let run = move |tx: &mut Tx<'_>| second_factor::begin(tx, user_id, &sealed);
    match asked.write("people", Wants::nothing(), run).await? {
        Ok(()) => Ok(open(secret.as_ref())),
        Err(_) => Ok(EnrolState::Already),
    }
}

/// `ABCD EFGH`: as people can type it.
fn in_fours(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

async fn confirm(asked: Asked) -> Outcome {
    let Some(code) = typed_code(&asked).await? else { return enrol_page(&asked, None).await };
    let Drawn { cookie, session } = asked.draw();
    let (from, caller) = (asked.session.hash.clone(), asked.caller());
    let run = move |tx: &mut Tx<'_>| second_factor::confirm(tx, &code, &from, &session, &caller);
    match asked.write("people", Wants::nothing(), run).await? {
        Ok(()) => {
            let notice = Notice::good(asked.say("enrol.done"));
            Ok(signed_in(&asked, "/office", cookie, Some(&notice)))
        }
        Err(Denied::Wrong) => enrol_page(&asked, Some(Notice::bad(asked.say("code.wrong")))).await,
        Err(_) => Ok(asked.go(&with_return("/office/second-factor", ""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_shown_in_fours() {
        assert_eq!(in_fours("ABCDEFGHI"), "ABCD EFGH I");
    }
}
