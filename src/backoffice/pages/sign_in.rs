//! Signing in and out. Whatever is wrong is answered by one sentence, after the same work.

use crate::backoffice::call::{Asked, Call};
use crate::backoffice::cookies::Purpose;
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::parts::raw::CsrfField;
use crate::backoffice::route::{Access, Route, Wall, get, known, open, post};
use crate::backoffice::trouble::Outcome;
use crate::backoffice::words::Words;
use crate::backoffice::{DemoPerson, passwords};
use crate::operations::Caller;
use crate::operations::people::{sign_in, sign_out};
use crate::store::people;
use crate::store::people::sessions::Stage;
use crate::store::{Tx, Wants};
use actix_web::http::StatusCode;
use askama::Template;
use secrecy::SecretString;

pub const ROUTES: &[Route] = &[
    get("/office/sign-in", Access::Open, Wall::Nothing, open!(form)),
    post("/office/sign-in", Access::Open, Wall::Nothing, open!(enter)),
    post("/office/sign-out", Access::SignedIn, Wall::Nothing, known!(leave)),
];

#[derive(Template)]
#[template(path = "backoffice/sign_in.html")]
struct SignInPage<'a> {
    words: &'static Words,
    csrf: CsrfField,
    name: &'a str,
    to: &'a str,
    notice: Option<Notice>,
    demo: &'a [DemoPerson],
}

async fn form(call: Call) -> Outcome {
    let to = call.query.text("to").to_owned();
    page(call, "", &to, None)
}

/// The form bears a token of its own, drawn anew each time, so that nobody is signed in as somebody else by a form from
/// elsewhere.
fn page(mut call: Call, name: &str, to: &str, notice: Option<Notice>) -> Outcome {
    call.csrf = call.office.entropy.hex(32);
    let status = if notice.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    let content = SignInPage {
        words: call.words,
        csrf: call.csrf_field(),
        name,
        to,
        notice,
        demo: &call.office.demo_people,
    };
    let mut response = call.bare_page(status, call.say("sign_in"), &content)?;
    let _ = response.add_cookie(&call.office.jar.write(Purpose::Form, call.csrf.clone()));
    Ok(response)
}

async fn enter(call: Call) -> Outcome {
    let name = call.form.text("name").to_lowercase();
    let typed: String = call.form.raw("password").chars().take(passwords::LONGEST).collect();
    let password = SecretString::from(typed);
    let known = name.clone();
    let account = call.read(move |connection| people::find_now(connection, &known)).await?;
    let hash = account.map(|account| account.password);
    let fits = call.office.passwords.fits(password, hash.as_deref()).await;
    let drawn = call.draw();
    let wish = sign_in::Wish {
        name: name.clone(),
        fitted: hash.filter(|_| fits),
        session: drawn.session,
        lock_out: call.office.rules.lock_out,
        second_factor_required: call.office.rules.second_factor_required,
        sandbox: call.office.rules.sandbox,
    };
    let caller = Caller { who: format!("operator/{name}"), request_id: call.request_id.clone() };
    let run = move |tx: &mut Tx<'_>| sign_in::run(tx, &wish, &caller);
    let to = call.form.text("to").to_owned();
    match call.write("people", Wants::nothing(), run).await? {
        Ok(stage) => {
            let to = match stage {
                Stage::Code => with_return("/office/code", &to),
                Stage::Enrolment => "/office/second-factor".to_owned(),
                Stage::Full => inside(&to).to_owned(),
            };
            let mut response = call.go(&to);
            let _ = response.add_cookie(&call.office.jar.write(Purpose::Session, drawn.cookie));
            let _ = response.add_cookie(&call.office.jar.forget(Purpose::Form));
            Ok(response)
        }
        Err(_) => {
            metrics::counter!("tillgate_office_sign_ins_failed_total").increment(1);
            let notice = Notice::bad(call.say("sign_in.wrong"));
            page(call, &name, &to, Some(notice))
        }
    }
}

/// Where to go after signing in: to a page of ours, whatever the address says.
pub fn inside(to: &str) -> &str {
    let ours = (to == "/office" || to.starts_with("/office/"))
        && to.chars().all(|c| !c.is_control() && c != '\\')
        && !to.starts_with("/office/sign-");
    if ours { to } else { "/office" }
}

pub fn with_return(path: &str, to: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", inside(to)).finish();
    format!("{path}?{query}")
}

pub async fn leave(asked: Asked) -> Outcome {
    let (hash, caller) = (asked.session.hash.clone(), asked.caller());
    asked.write("people", Wants::nothing(), move |tx| sign_out::run(tx, &hash, &caller)).await?;
    let mut response = asked.go("/office/sign-in");
    let _ = response.add_cookie(&asked.office.jar.forget(Purpose::Session));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (to, goes) in [
            ("/office/payouts?status=Requested", "/office/payouts?status=Requested"),
            ("/office", "/office"),
            ("https://example.com", "/office"),
            ("//example.com", "/office"),
            ("/office\\@example.com", "/office"),
            ("/office/\r\nx: y", "/office"),
            ("/officer", "/office"),
            ("/office/sign-out", "/office"),
            ("", "/office"),
        ] {
            assert_eq!(inside(to), goes, "{to}");
        }
    }
}
