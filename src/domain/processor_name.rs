//! The processors' names: what the cashier says, what the platform calls it, and how a payout goes out through it.

use std::collections::HashMap;

/// How a payout through a processor is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// The cashier or a person does it; we book it.
    Cashier,
    PaygateCreditex,
    PaygateBatch,
    PaygateCredit,
    RestGatewayPayout,
    SopgPayout,
}

impl Route {
    pub const ALL: [Route; 6] = [
        Route::Cashier,
        Route::PaygateCreditex,
        Route::PaygateBatch,
        Route::PaygateCredit,
        Route::RestGatewayPayout,
        Route::SopgPayout,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Route::Cashier => "cashier",
            Route::PaygateCreditex => "paygate_creditex",
            Route::PaygateBatch => "paygate_batch",
            Route::PaygateCredit => "paygate_credit",
            Route::RestGatewayPayout => "rest_gateway_payout",
            Route::SopgPayout => "sopg_payout",
        }
    }

    /// Whether a payout of this route can go to a bank account that the cashier names.
    pub fn pays_to_bank_accounts(self) -> bool {
        match self {
            Route::Cashier | Route::RestGatewayPayout => true,
            Route::PaygateCreditex | Route::PaygateBatch | Route::PaygateCredit | Route::SopgPayout => false,
        }
    }

    /// Whose stored instrument a payout of this route goes to.
    pub fn instrument_issuer(self) -> Option<&'static str> {
        match self {
            Route::PaygateCreditex | Route::PaygateBatch => Some("paygate"),
            Route::RestGatewayPayout => Some("rest_gateway"),
            Route::Cashier | Route::PaygateCredit | Route::SopgPayout => None,
        }
    }
}

/// One line of the processor map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processor {
    /// The platform's name, which the ledger account bears.
    pub name: String,
    pub route: Route,
    /// The processor account in the configuration that carries it out; the platform's name when absent.
    pub account: Option<String>,
    /// The payment method inside the processor's room for deposits that we run.
    pub method: Option<String>,
    /// A payout that the processor has paid approves itself, without the cashier.
    pub approve_when_paid: bool,
}

/// What to do with a name that no line of the map covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownName {
    Refuse,
    /// Accept, book under the platform name `parked`, raise an alert.
    Park,
    /// Accept and book under the cashier's own name.
    Pass,
}

/// The map from the cashier's names to ours. Exact beats family beats default; names compare without case.
#[derive(Clone, Debug)]
pub struct ProcessorMap {
    exact: HashMap<String, Processor>,
    families: Vec<(Family, Processor)>,
    /// The line `*`: what every other name means.
    default: Option<Processor>,
    pub unknown: UnknownName,
    /// The longest name a cashier may send.
    pub longest: usize,
}

/// `WireCard[1-99]`: a base name with an account number behind it, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Family {
    base: String,
    first: u32,
    last: u32,
}

/// A name that was looked up: what the cashier said and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    pub cashier_name: String,
    pub processor: Processor,
    /// No line of the map named it.
    pub unknown: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("is longer than {longest} characters")]
    TooLong { longest: usize },
    #[error("is not in the processor map")]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("`{0}` is not a name or a family such as `WireCard[1-99]`")]
    Malformed(String),
    #[error("`{0}` stands twice in the map")]
    Twice(String),
}

impl ProcessorMap {
    pub fn new(
        lines: impl IntoIterator<Item = (String, Processor)>,
        unknown: UnknownName,
        longest: usize,
    ) -> Result<ProcessorMap, PatternError> {
        let mut map =
            ProcessorMap { exact: HashMap::new(), families: Vec::new(), default: None, unknown, longest };
        for (pattern, processor) in lines {
            map.insert(pattern, processor)?;
        }
        Ok(map)
    }

    fn insert(&mut self, pattern: String, processor: Processor) -> Result<(), PatternError> {
        if pattern == "*" {
            return match self.default.replace(processor) {
                Some(_) => Err(PatternError::Twice(pattern)),
                None => Ok(()),
            };
        }
        if !pattern.contains('[') {
            let key = pattern.to_lowercase();
            if pattern.trim().is_empty() {
                return Err(PatternError::Malformed(pattern));
            }
            return match self.exact.insert(key, processor) {
                Some(_) => Err(PatternError::Twice(pattern)),
                None => Ok(()),
            };
        }
        let family = Family::parse(&pattern).ok_or_else(|| PatternError::Malformed(pattern.clone()))?;
        if self.families.iter().any(|(known, _)| known.overlaps(&family)) {
            return Err(PatternError::Twice(pattern));
        }
        self.families.push((family, processor));
        Ok(())
    }

    /// The lines of the map as people read them: exact names, then families, then every other name.
    pub fn lines(&self) -> Vec<(String, &Processor)> {
        let mut exact: Vec<_> =
            self.exact.iter().map(|(name, processor)| (name.clone(), processor)).collect();
        exact.sort_by(|(one, _), (other, _)| one.cmp(other));
        let families = self.families.iter();
        let mut families: Vec<_> = families
            .map(|(family, processor)| {
                (format!("{}[{}-{}]", family.base, family.first, family.last), processor)
            })
            .collect();
        families.sort_by(|(one, _), (other, _)| one.cmp(other));
        exact.extend(families);
        exact.extend(self.default.iter().map(|processor| ("*".to_owned(), processor)));
        exact
    }

    pub fn look_up(&self, name: &str) -> Result<Mapped, NameError> {
        if name.chars().count() > self.longest {
            return Err(NameError::TooLong { longest: self.longest });
        }
        let key = name.to_lowercase();
        let known = self.exact.get(&key).or_else(|| {
            self.families.iter().find(|(family, _)| family.covers(&key)).map(|(_, processor)| processor)
        });
        let (processor, unknown) = match (known.or(self.default.as_ref()), self.unknown) {
            (Some(processor), _) => (processor.clone(), false),
            (None, UnknownName::Refuse) => return Err(NameError::Unknown),
            (None, UnknownName::Park) => (Processor::booked("parked"), true),
            (None, UnknownName::Pass) => (Processor::booked(name), true),
        };
        Ok(Mapped { cashier_name: name.to_owned(), processor, unknown })
    }
}

impl Processor {
    /// A processor that somebody else carries out and we book.
    pub fn booked(name: &str) -> Processor {
        Processor {
            name: name.to_owned(),
            route: Route::Cashier,
            account: None,
            method: None,
            approve_when_paid: false,
        }
    }
}

impl Family {
    fn parse(pattern: &str) -> Option<Family> {
        let (base, range) = pattern.strip_suffix(']')?.split_once('[')?;
        let (first, last) = range.split_once('-')?;
        let family =
            Family { base: base.to_lowercase(), first: first.parse().ok()?, last: last.parse().ok()? };
        (!base.trim().is_empty() && 1 <= family.first && family.first <= family.last && family.last <= 99)
            .then_some(family)
    }

    /// The bare base name belongs to its family as well.
    fn covers(&self, name: &str) -> bool {
        let Some(number) = name.strip_prefix(self.base.as_str()) else { return false };
        if number.is_empty() {
            return true;
        }
        let plain = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
        plain && number.parse().is_ok_and(|n: u32| (self.first..=self.last).contains(&n))
    }

    fn overlaps(&self, other: &Family) -> bool {
        self.base == other.base && self.first <= other.last && other.first <= self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(unknown: UnknownName) -> ProcessorMap {
        let lines = [("WireCard[1-99]", "family"), ("WireCard8", "exact"), ("CFT", "cft")];
        let lines = lines.map(|(pattern, name)| (pattern.to_owned(), Processor::booked(name)));
        ProcessorMap::new(lines, unknown, 25).expect("a good map")
    }

    fn name(map: &ProcessorMap, cashier: &str) -> Result<String, NameError> {
        map.look_up(cashier).map(|mapped| mapped.processor.name)
    }

    #[test]
    fn exact_beats_family_beats_the_rule_for_unknown_names() {
        let refuse = map(UnknownName::Refuse);
        assert_eq!(name(&refuse, "WireCard8").as_deref(), Ok("exact"));
        assert_eq!(name(&refuse, "wirecard8").as_deref(), Ok("exact"));
        assert_eq!(name(&refuse, "WireCard9").as_deref(), Ok("family"));
        assert_eq!(name(&refuse, "WireCard").as_deref(), Ok("family"));
        for unknown in ["WireCard0", "WireCard08", "WireCard100", "WireCardX", "Skrill", ""] {
            assert_eq!(name(&refuse, unknown), Err(NameError::Unknown), "{unknown}");
        }
        assert_eq!(name(&map(UnknownName::Park), "Skrill").as_deref(), Ok("parked"));
        assert_eq!(name(&map(UnknownName::Pass), "Skrill").as_deref(), Ok("Skrill"));
        assert_eq!(name(&refuse, &"x".repeat(26)), Err(NameError::TooLong { longest: 25 }));
    }

    #[test]
    fn the_default_line_takes_every_other_name() {
        let lines =
            [("CFT", "cft"), ("*", "default")].map(|(p, name)| (p.to_owned(), Processor::booked(name)));
        let map = ProcessorMap::new(lines, UnknownName::Refuse, 25).expect("a good map");
        assert_eq!(name(&map, "CFT").as_deref(), Ok("cft"));
        assert_eq!(name(&map, "Skrill").as_deref(), Ok("default"));
    }

    #[test]
    fn a_map_is_read_back_in_the_order_in_which_it_is_looked_up() {
        let lines = [("*", "default"), ("B[1-9]", "b"), ("zeta", "z"), ("A[1-9]", "a"), ("CFT", "cft")];
        let lines = lines.map(|(pattern, name)| (pattern.to_owned(), Processor::booked(name)));
        let map = ProcessorMap::new(lines, UnknownName::Refuse, 25).expect("a good map");
        let read: Vec<String> =
            map.lines().into_iter().map(|(pattern, line)| format!("{pattern} {}", line.name)).collect();
        assert_eq!(read, ["cft cft", "zeta z", "a[1-9] a", "b[1-9] b", "* default"]);
    }

    #[test]
    fn a_bad_map_is_refused() {
        for pattern in ["[1-9]", "A[0-9]", "A[9-1]", "A[1-100]", "A[x]", " "] {
            let line = [(pattern.to_owned(), Processor::booked("x"))];
            assert!(ProcessorMap::new(line, UnknownName::Refuse, 25).is_err(), "{pattern}");
        }
        let twice = ["A[1-9]", "a[5-20]"].map(|p| (p.to_owned(), Processor::booked("x")));
        assert!(ProcessorMap::new(twice, UnknownName::Refuse, 25).is_err());
    }
}
