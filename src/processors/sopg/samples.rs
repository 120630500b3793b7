//! For the tests of this room: a client whose credentials are those of the recorded requests, and a comparison.

use super::client::Client;
use super::envelope::Request;
use super::settings;
use super::tree::{self, Element};
use crate::domain::money::{Currency, Money};

pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new(&settings::tests::account(), crate::clock::Clock::system()).unwrap()
}

pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::find("EUR").unwrap())
}

/// Equal as XML: namespaces, names, order and texts; only the blanks between elements may differ.
pub fn equals(request: Request, recorded: &str) {
    let ours = tree::read(request.finish().unwrap().as_bytes()).unwrap();
    assert_eq!(tidy(ours), tidy(tree::read(recorded.as_bytes()).unwrap()));
}

fn tidy(mut element: Element) -> Element {
    if !element.children.is_empty() {
        element.text.clear();
    }
    element.children = element.children.into_iter().map(tidy).collect();
    element
}
