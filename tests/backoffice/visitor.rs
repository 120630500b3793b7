//! Somebody with a browser, as far as HTTP goes: keeps cookies, brings forms back, follows nothing by itself.

use crate::support::{self, story::Story};
use reqwest::header::{LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use std::collections::BTreeMap;
use tillgate::backoffice::passwords;
use tillgate::domain::people::{Grant, Grants, Person};
use tillgate::operations::Caller;
use tillgate::operations::people::add_person;
use tillgate::store::Wants;

pub const PASSWORD: &str = "six quiet geese at noon";

pub struct Visitor {
    base: String,
    http: reqwest::Client,
    pub cookies: BTreeMap<String, String>,
    /// The token of the last page's forms.
    pub csrf: String,
}

/// An answer that was read to its end.
pub struct Page {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Page {
    pub fn goes_to(&self) -> &str {
        self.headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("")
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Page {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Page {
        assert!(self.body.contains(text), "`{text}` stands in {}", self.body);
        self
    }

    #[track_caller]
    pub fn leads_to(self, path: &str) -> Page {
        assert_eq!((self.status.as_u16(), self.goes_to()), (303, path), "{}", self.body);
        self
    }
}

impl Visitor {
    pub fn of(story: &Story) -> Visitor {
        Visitor::at(&story.base)
    }

    /// The same at another node.
    pub fn at(base: &str) -> Visitor {
        let http = support::client().redirect(reqwest::redirect::Policy::none());
        Visitor {
            base: base.to_owned(),
            http: http.build().expect("a client"),
            cookies: BTreeMap::new(),
            csrf: String::new(),
        }
    }

    /// Somebody who is signed in already.
    pub async fn signed_in(story: &Story, name: &str) -> Visitor {
        let mut visitor = Visitor::of(story);
        visitor.sign_in(name, PASSWORD).await.leads_to("/office");
        visitor
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        self.get("/office/sign-in").await.is(200);
        self.post("/office/sign-in", &[("name", name), ("password", password)]).await
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None, &[]).await
    }

    /// Posts a form with the token of the last page.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf.clone();
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.post_raw(path, &fields, &[]).await
    }

    /// Posts exactly these fields.
    pub async fn post_raw(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, Some(form), headers).await
    }

    /// A file as it comes.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.get(format!("{}{path}", self.base)).header("cookie", cookies.join("; "));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().await.expect("a body").to_vec()
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        form: Option<String>,
        headers: &[(&str, &str)],
    ) -> Page {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.header("cookie", cookies.join("; "));
        if let Some(form) = form {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().expect("text").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a name and a value");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = response.text().await.expect("a body");
        if let Some((_, rest)) = body.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().expect("a token").to_owned();
        }
        Page { status, headers, body }
    }
}

/// Adds somebody with [`PASSWORD`], as the command line does.
pub async fn add_person(story: &Story, name: &str, grants: &[&str]) {
    let person = Person {
        id: 0,
        name: name.to_owned(),
        full_name: format!("{name} of the tests"),
        grants: Grants::new(grants.iter().map(|grant| Grant::parse(grant).expect("a grant"))),
        disabled: false,
        demo: false,
        language: "en".to_owned(),
        zone: String::new(),
    };
    let password = passwords::hash_known_to_all(&SecretString::from(PASSWORD.to_owned())).expect("hashed");
    let wish = add_person::Wish { person, password };
    let caller = Caller { who: "cli/tester".to_owned(), request_id: "test".to_owned() };
    let added = story
        .running()
        .store
        .transact("people", Wants::nothing(), move |tx| add_person::run(tx, &wish, &caller))
        .await;
    added.expect("answered").expect("added");
}
