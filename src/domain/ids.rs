//! The names things go by: numbers inside, short texts outside.
//!
//! A number is time-ordered and made by the store under its lane's lock (`store::lanes`), so it is unique without
//! asking anyone. Outside it is written in Crockford's base 32 behind two letters: `PO-01H6ZKX8W3Q2M`.

use std::fmt;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const WIDTH: usize = 13;

/// Writes a number as thirteen base-32 digits, so that texts sort as numbers do.
fn write(prefix: &str, id: i64) -> String {
    let id = id.unsigned_abs();
    let digits = (0..WIDTH).rev().map(|place| DIGITS[(id >> (5 * place) & 31) as usize] as char);
    prefix.chars().chain(digits).collect()
}

/// Reads what [`write`] wrote; small letters are accepted.
fn read(prefix: &str, text: &str) -> Option<i64> {
    let digits = text.strip_prefix(prefix)?;
    if digits.len() != WIDTH {
        return None;
    }
    let mut id: u64 = 0;
    for digit in digits.bytes() {
        let value = DIGITS.iter().position(|&known| known == digit.to_ascii_uppercase())?;
        id = id.checked_mul(32)?.checked_add(value as u64)?;
    }
    i64::try_from(id).ok()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub i64);

        impl $name {
            pub fn parse(text: &str) -> Option<$name> {
                read($prefix, text).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&write($prefix, self.0))
            }
        }
    };
}

id!(
    /// A payout, `ExtPayoutID` on the wire.
    PayoutId, "PO-"
);
id!(
    /// A deposit, `ExtDepositID` on the wire.
    DepositId, "DE-"
);
id!(
    /// The compensating entry of a reversed payout, `ExtReversalID` on the wire.
    ReversalId, "RV-"
);
id!(
    /// One try at carrying a payout out at a processor.
    AttemptId, "AT-"
);
impl AttemptId {
    /// Letters and digits alone, which fit every processor's format.
    pub fn bare(self) -> String {
        self.to_string().replace('-', "")
    }

    /// The attempt that such a text names.
    pub fn of_bare(text: &str) -> Option<AttemptId> {
        AttemptId::parse(&format!("AT-{}", text.strip_prefix("AT")?))
    }

    /// The attempt that a processor's reference may name, whatever it begins with: an attempt keeps the beginning that
    /// it was sent with, so whoever holds it compares the whole.
    pub fn at_end_of(reference: &str) -> Option<AttemptId> {
        const LENGTH: usize = 15;
        AttemptId::of_bare(reference.get(reference.len().checked_sub(LENGTH)?..)?)
    }
}
id!(
    /// Something that one person proposed and another decides.
    ProposalId, "PR-"
);
id!(
    /// One ledger transaction.
    TransactionId, "LT-"
);

/// Joins parts into one name that no other parts can make: `/` separates, so inside a part it is escaped.
pub fn path(parts: &[&str]) -> String {
    let escaped: Vec<String> =
        parts.iter().map(|part| part.replace('%', "%25").replace('/', "%2F")).collect();
    escaped.join("/")
}

/// The parts of such a name.
pub fn parts(path: &str) -> Vec<String> {
    path.split('/').map(|part| part.replace("%2F", "/").replace("%25", "%")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_one_to_one_and_sort_alike() {
        let ids = [0, 1, 31, 32, 1 << 40, i64::MAX];
        let texts: Vec<String> = ids.iter().map(|&id| PayoutId(id).to_string()).collect();
        assert!(texts.is_sorted());
        for (id, text) in ids.iter().zip(&texts) {
            assert_eq!(PayoutId::parse(text), Some(PayoutId(*id)));
        }
        for bad in [
            "",
            "PO-",
            "DE-0000000000001",
            "PO-000000000000U",
            "PO-ZZZZZZZZZZZZZ",
            "PO-00000000000011",
            "PO-€€€€1",
        ] {
            assert_eq!(PayoutId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_attempt_is_found_at_the_end_of_a_processors_reference() {
        let id = AttemptId(1 << 40);
        let bare = id.bare();
        assert_eq!(AttemptId::of_bare(&bare), Some(id));
        assert_eq!(AttemptId::of_bare(&format!("10519-{bare}")), None);
        for prefix in ["", "10519-", "10519-b2-"] {
            assert_eq!(AttemptId::at_end_of(&format!("{prefix}{bare}")), Some(id), "{prefix}");
        }
        for other in ["", "AT", "10519-DE0000000000001", &bare[1..], &format!("{bare}x"), "é0000000000000000"]
        {
            assert_eq!(AttemptId::at_end_of(other), None, "{other}");
        }
    }

    #[test]
    fn different_parts_never_make_the_same_path() {
        assert_ne!(path(&["a/b", "c"]), path(&["a", "b/c"]));
        assert_ne!(path(&["a%2Fb"]), path(&["a/b"]));
    }
}
