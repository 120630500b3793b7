//! `assignCardToDisposition` and `assignCardsToDisposition`: the panel's work done by us, for merchants whom the
//! vendor allows to collect PINs themselves. A PIN is a secret: it is in no error and no Debug output.

use super::client::{CallError, Client};
use super::create_disposition::mtid;
use super::envelope::{Answer, Request, Unwritable};
use super::retry::{Failure, Operation};
use crate::domain::money::Money;
use secrecy::{ExposeSecret, SecretString};

/// As many as fit one payment.
pub const MOST_CARDS: usize = 10;

#[derive(Clone, Debug)]
pub struct CardEntry {
    pub pin: SecretString,
    pub password: Option<SecretString>,
}

/// How the assignment ended; cards are named by their place in the list, never by their PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assigned {
    Done,
    /// At least one card was refused; nothing is reserved.
    CardsRefused(Vec<CardRefusal>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRefusal {
    /// Counted from zero; `None` when the answer names a PIN that we did not send.
    pub place: Option<usize>,
    pub code: i32,
}

pub async fn send_one(
    client: &Client,
    mtid: &str,
    amount: Money,
    pin: &SecretString,
) -> Result<(), CallError> {
    client.call(one(client, mtid, amount, pin)?).await.map(drop)
}

pub async fn send(
    client: &Client,
    mtid: &str,
    amount: Money,
    locale: Option<&str>,
    cards: &[CardEntry],
) -> Result<Assigned, CallError> {
    let (answer, codes) = client.exchange(many(client, mtid, amount, locale, cards)?).await?;
    match Failure::check(codes) {
        Ok(()) => Ok(Assigned::Done),
        Err(Failure::Logical(1049)) => Ok(Assigned::CardsRefused(refusals(&answer, cards))),
        Err(_) => Err(CallError::Refused(codes)),
    }
}

fn one(client: &Client, reference: &str, amount: Money, pin: &SecretString) -> Result<Request, Unwritable> {
    let request = client.request(Operation::AssignCardToDisposition).text("mtid", mtid(reference)?);
    let request = request.text("subId", client.sub_id()).amount("amount", amount);
    Ok(request.text("currency", amount.currency().code()).text("pin", pin.expose_secret()))
}

fn many(
    client: &Client,
    reference: &str,
    amount: Money,
    locale: Option<&str>,
    cards: &[CardEntry],
) -> Result<Request, Unwritable> {
    if cards.is_empty() || cards.len() > MOST_CARDS {
        return Err(Unwritable { field: "cards", reason: format!("must be one to {MOST_CARDS}") });
    }
    let request = client.request(Operation::AssignCardsToDisposition).text("mtid", mtid(reference)?);
    let request = request.text("subId", client.sub_id()).amount("amount", amount);
    let request = request.text("currency", amount.currency().code()).maybe("locale", locale);
    let request = request.text("acceptingTerms", "1");
    Ok(cards.iter().fold(request, |request, card| {
        request.group("cards", |group| {
            let password = card.password.as_ref().map(ExposeSecret::expose_secret);
            group.text("pin", card.pin.expose_secret()).maybe("password", password)
        })
    }))
}

fn refusals(answer: &Answer, cards: &[CardEntry]) -> Vec<CardRefusal> {
    let refusal = |error: Answer| {
        let pin = error.word("pin").unwrap_or_default();
        let place = cards.iter().position(|card| card.pin.expose_secret() == pin);
        CardRefusal { place, code: error.number("errorCode").unwrap_or(1049) }
    };
    answer.groups("cardsError").into_iter().map(refusal).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{envelope, samples};
    use super::*;

    fn cards() -> Vec<CardEntry> {
        let card = |pin: &str, password: Option<&str>| CardEntry {
            pin: pin.into(),
            password: password.map(Into::into),
        };
        vec![card("0000000000000011", None), card("0000000000000012", Some("card-pw"))]
    }

    #[test]
    fn the_request_is_the_recorded_one() {
        let request =
            many(&samples::client(), "ord-2024-000017", samples::eur(2490), Some("de_at"), &cards()).unwrap();
        samples::equals(
            request,
            include_str!("../../../tests/data/sopg/assignCardsToDisposition.request.xml"),
        );
    }

    #[test]
    fn one_to_ten_cards_fit_and_no_more() {
        let client = samples::client();
        let with = |count| {
            let cards = vec![cards().remove(0); count];
            many(&client, "m", samples::eur(1), None, &cards).is_ok()
        };
        assert!(!with(0) && with(1) && with(10) && !with(11));
    }

    #[test]
    fn a_refused_card_is_named_by_its_place() {
        let bytes =
            include_bytes!("../../../tests/data/sopg/assignCardsToDisposition.response.1049_bad_pin.xml");
        let answer = envelope::read("assignCardsToDisposition", bytes).unwrap();
        assert_eq!(refusals(&answer, &cards()), [CardRefusal { place: Some(1), code: 1050 }]);
        assert!(!format!("{:?}", cards()).contains("000000"));
    }
}
