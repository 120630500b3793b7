//! The cookies of the back office. The session's is drawn at random, read by no script, sent by no other site; the
//! database knows its hash alone.

use crate::clock::Entropy;
use crate::operations::people::sign_in::NewSession;
use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time};
use sha2::{Digest, Sha256};

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Session,
    /// Guards the form of the sign-in, before there is a session.
    Form,
    /// What is to be said on the next page.
    Said,
    /// Light or dark.
    Theme,
}

/// The browser's time zone, which a script writes.
pub const ZONE: &str = "tillgate_zone";

/// How cookies are written in this house: over TLS alone, but for a sandbox on loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jar {
    pub secure: bool,
}

impl Jar {
    fn name(self, purpose: Purpose) -> String {
        let name = match purpose {
            Purpose::Session => "tillgate_office",
            Purpose::Form => "tillgate_form",
            Purpose::Said => "tillgate_said",
            Purpose::Theme => "tillgate_theme",
        };
        // The prefix makes browsers refuse the cookie from other hosts of the domain and over plain HTTP.
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    pub fn read(self, request: &HttpRequest, purpose: Purpose) -> Option<String> {
        request.cookie(&self.name(purpose)).map(|cookie| cookie.value().to_owned())
    }

    /// A cookie that lasts as long as the browser runs.
    pub fn write(self, purpose: Purpose, value: String) -> Cookie<'static> {
        let cookie = Cookie::build(self.name(purpose), value).path("/").http_only(true);
        cookie.secure(self.secure).same_site(SameSite::Strict).finish()
    }

    /// The same for a year.
    pub fn write_lasting(self, purpose: Purpose, value: String) -> Cookie<'static> {
        let mut cookie = self.write(purpose, value);
        cookie.set_max_age(time::Duration::days(365));
        cookie
    }

    pub fn forget(self, purpose: Purpose) -> Cookie<'static> {
        let mut cookie = self.write(purpose, String::new());
        cookie.set_max_age(time::Duration::ZERO);
        cookie
    }
}

/// A session that is about to begin: its cookie, and what the database keeps of it.
pub struct Drawn {
    pub cookie: String,
    pub session: NewSession,
}

/// 256 random bits for the cookie, as many for the forms.
pub fn draw(entropy: &Entropy) -> Drawn {
    let cookie = entropy.hex(32);
    Drawn { session: NewSession { hash: hash(&cookie), csrf: entropy.hex(32) }, cookie }
}

pub fn hash(cookie: &str) -> String {
    hex::encode(Sha256::digest(cookie.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_s_cookie_is_for_our_server_alone() {
        let cookie = Jar { secure: true }.write(Purpose::Session, "abc".to_owned()).to_string();
        assert_eq!(cookie, "__Host-tillgate_office=abc; HttpOnly; SameSite=Strict; Secure; Path=/");
        let cookie = Jar { secure: false }.write(Purpose::Session, "abc".to_owned()).to_string();
        assert_eq!(cookie, "tillgate_office=abc; HttpOnly; SameSite=Strict; Path=/");
    }

    #[test]
    fn the_database_s_hash_does_not_lead_back() {
        let drawn = draw(&Entropy::seeded(3));
        assert_eq!((drawn.cookie.len(), drawn.session.csrf.len()), (64, 64));
        assert_eq!(drawn.session.hash, hash(&drawn.cookie));
        assert_ne!(drawn.session.hash, drawn.cookie);
        assert_ne!(drawn.session.csrf, drawn.cookie);
    }
}
