//! Cards are put to a disposition: by the panel, or by a merchant who collected the PINs himself.

use super::book::{Book, Letter, Reservation};
use super::call::{Call, Refused, result_of};
use super::cards;
use super::contract::Values;
use super::xml::Node;
use chrono::{DateTime, Utc};

/// What was typed for one card.
pub struct Entry {
    pub pin: String,
    pub password: String,
}

/// Why an assignment failed: as a whole, or card by card.
#[derive(Debug)]
pub enum Rejected {
    Whole(Refused),
    Cards(Vec<(String, Refused)>),
}

pub fn one(book: &mut Book, call: &Call<'_>) -> Result<Values, Refused> {
    let entry = Entry { pin: call.word("pin").to_owned(), password: String::new() };
    match enter(book, call, &[entry]) {
        Ok(mid) => Ok(Values::default().text("mid", mid)),
        Err(Rejected::Whole(code)) => Err(code),
        Err(Rejected::Cards(refused)) => Err(refused.first().map_or(1049, |(_, code)| *code)),
    }
}

pub fn many(book: &mut Book, call: &Call<'_>) -> Result<Values, Refused> {
    if call.number("acceptingTerms") != 1 {
        return Err(10028);
    }
    let text = |node: &Node, name: &str| {
        node.child(name).map(|child| child.text.trim().to_owned()).unwrap_or_default()
    };
    let entries: Vec<Entry> = call
        .all("cards")
        .map(|node| Entry { pin: text(node, "pin"), password: text(node, "password") })
        .collect();
    match enter(book, call, &entries) {
        Ok(mid) => Ok(Values::default().text("mid", mid)),
        Err(Rejected::Whole(code)) => Err(code),
        Err(Rejected::Cards(refused)) => {
            let values = Values::default()
                .number("resultCode", result_of(1049))
                .number("errorCode", 1049)
                .text("errorMessage", "At least one PIN was rejected.");
            Ok(refused.into_iter().fold(values, |values, (pin, code)| {
                let error = Values::default().text("pin", pin).number("errorCode", i64::from(code));
                values.group("cardsError", error.text("errorMessage", format!("Card refused with {code}.")))
            }))
        }
    }
}

fn enter(book: &mut Book, call: &Call<'_>, entries: &[Entry]) -> Result<String, Rejected> {
    call.check_sub_id().map_err(Rejected::Whole)?;
    let (username, mtid) = (call.merchant.username.clone(), call.text("mtid").to_owned());
    let found = book.find(&username, &mtid).ok_or(Rejected::Whole(2002))?;
    if found.currency != call.currency {
        return Err(Rejected::Whole(2011));
    }
    if found.letter != Letter::R {
        return Err(Rejected::Whole(2003));
    }
    let amount = call.amount().map_err(Rejected::Whole)?;
    if amount != found.value {
        return Err(Rejected::Whole(2009));
    }
    let mid = found.mid.clone();
    assign(book, &username, &mtid, entries, call.now)?;
    Ok(mid)
}

/// Reserves from the cards in the order given until the amount is covered.
pub fn assign(
    book: &mut Book,
    username: &str,
    mtid: &str,
    entries: &[Entry],
    now: DateTime<Utc>,
) -> Result<(), Rejected> {
    let Book { dispositions, cards: deck, .. } = book;
    let found = dispositions.iter_mut().find(|known| known.username == username && known.mtid == mtid);
    let found = found.ok_or(Rejected::Whole(2002))?;
    if found.letter != Letter::R {
        return Err(Rejected::Whole(2003));
    }
    let mut refused = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let twice = entries[..place].iter().any(|earlier| earlier.pin == entry.pin);
        let code = match deck.get(&entry.pin) {
            None => Some(1050),
            Some(_) if twice => Some(1026),
            Some(card) if card.refusal.is_some() => card.refusal,
            Some(card) if card.password.is_some_and(|password| password != entry.password) => Some(10006),
            Some(card) if card.free == 0 => Some(10012),
            Some(_) => None,
        };
        refused.extend(code.map(|code| (entry.pin.clone(), code)));
    }
    if !refused.is_empty() {
        return Err(Rejected::Cards(refused));
    }
    let picked = || entries.iter().filter_map(|entry| deck.get(&entry.pin));
    let excluded =
        |country: &str| !found.countries.is_empty() && !found.countries.iter().any(|known| known == country);
    if picked().any(|card| card.country.is_some_and(excluded)) {
        return Err(Rejected::Whole(3006));
    }
    let together: i64 =
        picked().map(|card| cards::convert_down(card.free, card.currency, &found.currency)).sum();
    if together < found.value {
        return Err(Rejected::Whole(2004));
    }
    let mut missing = found.value;
    for entry in entries {
        let Some(card) = deck.get_mut(&entry.pin) else { continue };
        let part = missing.min(cards::convert_down(card.free, card.currency, &found.currency));
        if part == 0 {
            continue;
        }
        let from_card = cards::convert_up(part, &found.currency, card.currency).min(card.free);
        card.free -= from_card;
        card.reserved += from_card;
        missing -= part;
        found.reservations.push(Reservation {
            pin: entry.pin.clone(),
            serial: card.serial.clone(),
            card_currency: card.currency,
            card_type: card.card_type(),
            shown: from_card,
            open: part,
            open_in_card_currency: from_card,
        });
    }
    found.letter = Letter::S;
    found.disposed_at = Some(now);
    Ok(())
}
