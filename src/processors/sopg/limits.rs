//! The amounts that an account takes in each of its currencies, and what else of an order it can't take: said before
//! anything is sent, by the name of the field.

use super::processor::Processor;
use super::settings::{Brand, Problem};
use crate::domain::money::{Currency, Money};
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::processors::{Capture, DepositOrder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The amounts taken in one currency, in major units. Without `most` it is the vendor's 1000.00 EUR; for other
/// currencies, of which the vendor says "the equivalent" and no figure, `most` must be given.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    pub least: Option<String>,
    pub most: Option<String>,
}

/// The amounts taken in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub least: Money,
    pub most: Money,
}

/// The most that the vendor takes at once, in euros.
const CEILING_IN_EURO: i64 = 100_000;

pub fn read(
    brand: Brand,
    currencies: &BTreeMap<String, LimitSettings>,
) -> Result<BTreeMap<Currency, Limit>, Problem> {
    if currencies.is_empty() {
        return Err(Problem::new("currencies", "must name at least one currency"));
    }
    currencies.iter().map(|(code, settings)| one(brand, code, settings)).collect()
}

fn one(brand: Brand, code: &str, settings: &LimitSettings) -> Result<(Currency, Limit), Problem> {
    let wrong = |reason: String| Problem::new("currencies", reason);
    let currency = Currency::find(code)
        .filter(|_| brand.currencies().contains(&code))
        .ok_or_else(|| wrong(format!("{code} is not sold by {}", brand.name())))?;
    let amount = |text: &String| {
        let money = Money::parse_major(text, currency).and_then(Money::positive);
        money.map_err(|error| wrong(format!("{code}: {text} {error}")))
    };
    let ceiling = (code == "EUR").then(|| Money::from_minor(CEILING_IN_EURO, currency));
    let most = settings.most.as_ref().map(amount).transpose()?;
    let most = most.or(ceiling).ok_or_else(|| wrong(format!("{code}: most is missing")))?;
    if let Some(ceiling) = ceiling.filter(|ceiling| most.minor() > ceiling.minor()) {
        return Err(wrong(format!("{code}: most is above {ceiling}, which the gateway doesn't take")));
    }
    let least = settings.least.as_ref().map(amount).transpose()?;
    let least = least.unwrap_or(Money::from_minor(1, currency));
    if least.minor() > most.minor() {
        return Err(wrong(format!("{code}: least is above most, {most}")));
    }
    Ok((currency, Limit { least, most }))
}

impl Processor {
    /// What this account can't take.
    pub(super) fn unfit(&self, order: &DepositOrder) -> Option<Refusal> {
        let (amount, brand) = (order.amount, self.account.brand.name());
        let Some(limit) = self.limits.get(&amount.currency()) else {
            let reason = format!("{} is not taken by this account of {brand}", amount.currency());
            return Some(Refusal::bad("Currency", reason));
        };
        if amount.minor() < limit.least.minor() {
            let reason = format!("{amount} is below {}, the least that {brand} takes here", limit.least);
            return Some(Refusal::Limit { reason: Reason::Text(reason) });
        }
        if amount.minor() > limit.most.minor() {
            let reason = format!("{amount} is above {}, the most that {brand} takes here", limit.most);
            return Some(Refusal::Limit { reason: Reason::Text(reason) });
        }
        if let Capture::AfterHours(_) = order.capture {
            let reason = "must be automatic or manual: the reserve lasts for minutes, not for hours";
            return Some(Refusal::bad("Capture", reason));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_currency_has_a_least_and_a_most_that_fit_each_other() {
        for (code, least, most, expected) in [
            ("EUR", None, None, Ok((1, 100_000))),
            ("EUR", Some("5"), Some("250.50"), Ok((500, 25_050))),
            (
                "EUR",
                None,
                Some("1000.01"),
                Err("EUR: most is above 1000.00 EUR, which the gateway doesn't take"),
            ),
            ("GBP", None, Some("850.00"), Ok((1, 85_000))),
            ("GBP", None, None, Err("GBP: most is missing")),
            ("PLN", Some("10.00"), Some("9.99"), Err("PLN: least is above most, 9.99 PLN")),
        ] {
            for brand in [Brand::Paysafecard, Brand::CashTicket] {
                let [least, most] = [least, most].map(|text| text.map(str::to_owned));
                let currencies = BTreeMap::from([(code.to_owned(), LimitSettings { least, most })]);
                let limits = read(brand, &currencies);
                let limit = limits.map(|limits| limits[&Currency::find(code).unwrap()]);
                let limit = limit.map(|limit| (limit.least.minor(), limit.most.minor()));
                assert_eq!(
                    limit.map_err(|problem| problem.reason),
                    expected.map_err(str::to_owned),
                    "{code}"
                );
            }
        }
    }

    #[test]
    fn a_brand_takes_only_its_own_currencies() {
        let most = Some("900000.00".to_owned());
        let pesos = BTreeMap::from([("ARS".to_owned(), LimitSettings { least: None, most })]);
        assert!(read(Brand::Paysafecard, &pesos).is_ok());
        let problem = read(Brand::CashTicket, &pesos).unwrap_err();
        assert_eq!(problem.to_string(), "currencies ARS is not sold by Cash-Ticket");
        assert_eq!(read(Brand::CashTicket, &BTreeMap::new()).unwrap_err().key, "currencies");
    }
}
