//! The simulator's own books: merchants, dispositions, cards, refunds and payouts, and the rules of time.

use super::cards::{self, Card};
use super::number::Cents;
use chrono::{DateTime, Duration, Utc};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
pub struct Merchant {
    pub username: String,
    pub password: String,
    /// Merchant ids by currency.
    pub mids: BTreeMap<String, String>,
    pub sub_ids: Vec<String>,
    pub active: bool,
    /// Business type "intangible": modifying is refused with 2020.
    pub intangible: bool,
    /// Operations refused with 10014.
    pub forbidden: BTreeSet<String>,
    pub window_created: Duration,
    pub window_disposed: Duration,
    pub daily_payout_limit: Cents,
}

impl Merchant {
    /// An account with a EUR and a GBP merchant id and everything enabled.
    pub fn new(number: u32, username: &str, password: &str, window_disposed: Duration) -> Merchant {
        let mid = |place: u32| format!("{}", 1_000_001_234 + number * 100 + place);
        Merchant {
            username: username.to_owned(),
            password: password.to_owned(),
            mids: BTreeMap::from([("EUR".to_owned(), mid(0)), ("GBP".to_owned(), mid(1))]),
            sub_ids: vec!["shop1".to_owned()],
            active: true,
            intangible: false,
            forbidden: BTreeSet::new(),
            window_created: Duration::minutes(30),
            window_disposed,
            daily_payout_limit: 1_000_000,
        }
    }
}

/// The letters of section "states" of the vendor's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    R,
    S,
    E,
    O,
    L,
    X,
    I,
}

impl Letter {
    pub fn text(self) -> &'static str {
        match self {
            Letter::R => "R",
            Letter::S => "S",
            Letter::E => "E",
            Letter::O => "O",
            Letter::L => "L",
            Letter::X => "X",
            Letter::I => "I",
        }
    }

    pub fn parse(text: &str) -> Option<Letter> {
        [Letter::R, Letter::S, Letter::E, Letter::O, Letter::L, Letter::X, Letter::I]
            .into_iter()
            .find(|letter| letter.text() == text)
    }
}

/// A part of a disposition that one card holds ready, in both currencies.
#[derive(Clone, Debug)]
pub struct Reservation {
    pub pin: String,
    pub serial: String,
    pub card_currency: &'static str,
    pub card_type: String,
    /// What was reserved, for the card list.
    pub shown: Cents,
    pub open: Cents,
    pub open_in_card_currency: Cents,
}

#[derive(Clone, Debug)]
pub struct Disposition {
    pub username: String,
    pub mtid: String,
    pub sub_id: String,
    pub mid: String,
    pub currency: String,
    /// The amount as created or modified.
    pub value: Cents,
    pub debited: Cents,
    pub refunded: Cents,
    pub letter: Letter,
    /// It was in S or E before it expired.
    pub was_disposed: bool,
    pub created_at: DateTime<Utc>,
    pub disposed_at: Option<DateTime<Utc>>,
    pub consumed_at: Option<DateTime<Utc>>,
    pub ok_url: String,
    pub nok_url: String,
    pub pn_url: String,
    pub client_id: String,
    pub countries: Vec<String>,
    pub reservations: Vec<Reservation>,
}

impl Disposition {
    /// What a query shows: the open rest while it is partly debited, else the whole.
    pub fn shown_amount(&self) -> Cents {
        match self.letter {
            Letter::E => self.value - self.debited,
            Letter::R | Letter::S | Letter::O | Letter::L | Letter::X | Letter::I => self.value,
        }
    }

    /// The card list, `serial;amount` or `serial;currency;amount;type;`.
    pub fn serials(&self, four_fields: bool) -> Option<String> {
        let amount = |cents: Cents| format!("{}.{:02}", cents / 100, cents % 100);
        let line = |part: &Reservation| match four_fields {
            true => {
                format!("{};{};{};{};", part.serial, part.card_currency, amount(part.shown), part.card_type)
            }
            false => format!("{};{}", part.serial, amount(part.shown)),
        };
        let lines: Vec<String> = self.reservations.iter().map(line).collect();
        if lines.is_empty() { None } else { Some(lines.join(if four_fields { "" } else { ";" })) }
    }
}

#[derive(Clone, Debug)]
pub struct Transfer {
    pub username: String,
    pub id: String,
    pub currency: String,
    pub amount: Cents,
    pub paid: bool,
    pub at: DateTime<Utc>,
    pub account: String,
}

#[derive(Default)]
pub struct Book {
    pub merchants: Vec<Merchant>,
    pub dispositions: Vec<Disposition>,
    pub cards: BTreeMap<String, Card>,
    pub refunds: Vec<Transfer>,
    pub payouts: Vec<Transfer>,
    /// Which pseudonym was paid to which account.
    pub ties: BTreeMap<String, String>,
    /// The vendor's test system never expires anything.
    pub never_expires: bool,
}

impl Book {
    pub fn fresh(merchants: Vec<Merchant>) -> Book {
        Book { merchants, cards: cards::deck(), ..Book::default() }
    }

    pub fn find(&mut self, username: &str, mtid: &str) -> Option<&mut Disposition> {
        self.dispositions.iter_mut().find(|known| known.username == username && known.mtid == mtid)
    }

    /// Lets time pass: what ran out of its window becomes X and gives its reserve back.
    pub fn expire(&mut self, now: DateTime<Utc>) {
        if self.never_expires {
            return;
        }
        for disposition in &mut self.dispositions {
            let Some(merchant) = self.merchants.iter().find(|known| known.username == disposition.username)
            else {
                continue;
            };
            let over = match (disposition.letter, disposition.disposed_at) {
                (Letter::R, _) => now >= disposition.created_at + merchant.window_created,
                (Letter::S | Letter::E, Some(since)) => now >= since + merchant.window_disposed,
                (Letter::S | Letter::E, None) | (Letter::O | Letter::L | Letter::X | Letter::I, _) => false,
            };
            if over {
                disposition.was_disposed = disposition.letter != Letter::R;
                disposition.letter = Letter::X;
                release(&mut self.cards, disposition);
            }
        }
    }

    /// Puts a disposition into a state by force and gives back what that state doesn't hold.
    pub fn force(&mut self, mtid: &str, letter: Letter, now: DateTime<Utc>) -> bool {
        let Some(disposition) = self.dispositions.iter_mut().find(|known| known.mtid == mtid) else {
            return false;
        };
        disposition.letter = letter;
        match letter {
            Letter::S | Letter::E => disposition.disposed_at = Some(now),
            Letter::R | Letter::O | Letter::L | Letter::X | Letter::I => {
                release(&mut self.cards, disposition)
            }
        }
        true
    }

    /// Takes `amount` from the reserve; with `close` the rest goes back to the cards.
    pub fn debit(&mut self, username: &str, mtid: &str, amount: Cents, close: bool, now: DateTime<Utc>) {
        let Some(disposition) =
            self.dispositions.iter_mut().find(|known| known.username == username && known.mtid == mtid)
        else {
            return;
        };
        take(&mut self.cards, disposition, amount, |card, part| {
            card.reserved -= part;
            card.spent += part;
        });
        disposition.debited += amount;
        disposition.letter = Letter::E;
        if close {
            disposition.letter = Letter::O;
            disposition.consumed_at = Some(now);
            release(&mut self.cards, disposition);
        }
    }

    /// Lowers the amount; what is reserved beyond it goes back.
    pub fn lower(&mut self, username: &str, mtid: &str, amount: Cents) {
        let Some(disposition) =
            self.dispositions.iter_mut().find(|known| known.username == username && known.mtid == mtid)
        else {
            return;
        };
        let excess = disposition.value - amount;
        disposition.reservations.reverse();
        take(&mut self.cards, disposition, excess, |card, part| {
            card.reserved -= part;
            card.free += part;
        });
        disposition.reservations.reverse();
        disposition.value = amount;
    }

    /// Adds everything up: each card's money is where it must be, and dispositions hold what cards have reserved.
    pub fn audit(&self) -> Result<(), String> {
        for (pin, card) in &self.cards {
            let open = self.dispositions.iter().flat_map(|disposition| &disposition.reservations);
            let open: Cents =
                open.filter(|part| part.pin == *pin).map(|part| part.open_in_card_currency).sum();
            if card.free + card.reserved + card.spent != card.issued || card.free < 0 || open != card.reserved
            {
                return Err(format!("card {} does not add up", card.serial));
            }
        }
        for known in &self.dispositions {
            let open: Cents = known.reservations.iter().map(|part| part.open).sum();
            let holds = matches!(known.letter, Letter::S | Letter::E);
            let wanted =
                if holds && !known.reservations.is_empty() { known.value - known.debited } else { 0 };
            if open != wanted || known.debited > known.value || known.refunded > known.debited {
                return Err(format!("disposition {} does not add up", known.mtid));
            }
        }
        Ok(())
    }

    /// What was debited in a currency, less what was refunded.
    pub fn taken(&self, currency: &str) -> Cents {
        let ours = self.dispositions.iter().filter(|known| known.currency == currency);
        ours.map(|known| known.debited - known.refunded).sum()
    }

    pub fn paid_out(&self, username: &str, currency: &str) -> Cents {
        let ours =
            self.payouts.iter().filter(|payout| payout.username == username && payout.currency == currency);
        ours.filter(|payout| payout.paid).map(|payout| payout.amount).sum()
    }
}

/// Gives everything that is still reserved back to the cards.
fn release(cards: &mut BTreeMap<String, Card>, disposition: &mut Disposition) {
    let open = disposition.reservations.iter().map(|part| part.open).sum();
    take(cards, disposition, open, |card, part| {
        card.reserved -= part;
        card.free += part;
    });
}

/// Takes `amount` out of the reservations in their order and tells each card its part in its own currency.
fn take(
    cards: &mut BTreeMap<String, Card>,
    disposition: &mut Disposition,
    mut amount: Cents,
    tell: impl Fn(&mut Card, Cents),
) {
    for reservation in &mut disposition.reservations {
        let part = amount.min(reservation.open);
        let in_card_currency = if part == reservation.open {
            reservation.open_in_card_currency
        } else {
            let converted = cards::convert_up(part, &disposition.currency, reservation.card_currency);
            converted.min(reservation.open_in_card_currency)
        };
        reservation.open -= part;
        reservation.open_in_card_currency -= in_card_currency;
        amount -= part;
        if let Some(card) = cards.get_mut(&reservation.pin) {
            tell(card, in_card_currency);
        }
    }
}
