//! Postings, as a flow writes them and as the service reports them.
//!
//! A flow writes one line a ledger transaction, with the flow's own accounts by their short names:
//! `payout_debited: customer -122.50, payouts_in_transit 120.00, fees 2.50`.

use rust_decimal::Decimal;
use std::fmt;
use std::str::FromStr;

/// One ledger transaction: why, and what each account's balance changed by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posted {
    pub kind: String,
    pub entries: Vec<(String, String)>,
}

impl Posted {
    /// Reads a flow's line. A line that makes or loses money is a mistake of the flow.
    pub fn parse(line: &str) -> Result<Posted, String> {
        let (kind, entries) = line.split_once(':').ok_or("must be `kind: account amount, account amount`")?;
        let entries: Vec<(String, String)> = entries.split(',').map(entry).collect::<Result<_, String>>()?;
        let posted = Posted { kind: kind.trim().to_owned(), entries };
        match posted.sum() {
            Some(sum) if sum.is_zero() => Ok(posted),
            Some(sum) => Err(format!("does not sum to zero but to {sum}")),
            None => Err("has an amount that is no decimal number".to_owned()),
        }
    }

    /// What all entries come to: nothing, if the books balance.
    pub fn sum(&self) -> Option<Decimal> {
        self.entries
            .iter()
            .try_fold(Decimal::ZERO, |sum, (_, amount)| sum.checked_add(Decimal::from_str(amount).ok()?))
    }
}

fn entry(text: &str) -> Result<(String, String), String> {
    let (account, amount) =
        text.trim().rsplit_once(' ').ok_or("must be `kind: account amount, account amount`")?;
    let amount = amount.strip_prefix('+').unwrap_or(amount);
    Ok((account.trim().to_owned(), amount.to_owned()))
}

impl fmt::Display for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<String> =
            self.entries.iter().map(|(account, amount)| format!("{account} {amount}")).collect();
        write!(f, "{}: {}", self.kind, entries.join(", "))
    }
}

/// Reads the `Postings` of a payout or deposit, whose accounts get short names where they are its owner's.
pub fn read_postings(text: &str, front_end: &str, pin: &str) -> Result<Vec<Posted>, String> {
    let mut transactions: Vec<Posted> = Vec::new();
    for posting in text.split(';').map(str::trim).filter(|posting| !posting.is_empty()) {
        let unreadable = || format!("Postings has `{posting}`, which is not `kind account amount`");
        let (kind, rest) = posting.split_once(' ').ok_or_else(unreadable)?;
        let (account, amount) = rest.rsplit_once(' ').ok_or_else(unreadable)?;
        let entry = (short(account, front_end, pin), amount.to_owned());
        // A payout or deposit has one transaction of a kind.
        match transactions.iter_mut().find(|known| known.kind == kind) {
            Some(transaction) => transaction.entries.push(entry),
            None => transactions.push(Posted { kind: kind.to_owned(), entries: vec![entry] }),
        }
    }
    Ok(transactions)
}

fn short(account: &str, front_end: &str, pin: &str) -> String {
    let part = |text: &str| text.replace('%', "%25").replace('/', "%2F");
    let (front_end, pin) = (part(front_end), part(pin));
    if account == format!("customer/{front_end}/{pin}") {
        return "customer".to_owned();
    }
    for own in ["payouts_in_transit", "fees", "adjustments"] {
        if account == format!("{own}/{front_end}") {
            return own.to_owned();
        }
    }
    account.to_owned()
}

/// What an account's balance changed by over several transactions.
pub fn total<'a>(transactions: impl IntoIterator<Item = &'a Posted>, account: &str) -> Option<Decimal> {
    let entries = transactions.into_iter().flat_map(|posted| &posted.entries);
    entries
        .filter(|(name, _)| name == account)
        .try_fold(Decimal::ZERO, |sum, (_, amount)| sum.checked_add(Decimal::from_str(amount).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_must_balance() {
        let line = "payout_debited: customer -122.50, payouts_in_transit +120.00, fees 2.50";
        let posted = Posted::parse(line).expect("a line");
        assert_eq!(posted.to_string(), line.replace('+', ""));
        for (line, problem) in [
            ("x: customer -1.00, fees 2.00", "sum to zero but to 1.00"),
            ("customer -1.00", "must be `kind"),
            ("x: customer one, fees -1", "no decimal"),
            ("x: customer", "must be `kind"),
        ] {
            assert!(Posted::parse(line).unwrap_err().contains(problem), "{line}");
        }
    }

    #[test]
    fn the_service_s_postings_are_gathered_by_transaction() {
        let text = "payout_debited customer/Shop EUR/B.1 -122.50; payout_debited payouts_in_transit/Shop EUR 120.00; \
                    payout_debited fees/Shop EUR 2.50; payout_settled payouts_in_transit/Shop EUR -120.00; \
                    payout_settled processor/cft/EUR 120.00";
        let posted = read_postings(text, "Shop EUR", "B.1").expect("postings");
        let lines: Vec<String> = posted.iter().map(Posted::to_string).collect();
        assert_eq!(
            lines,
            [
                "payout_debited: customer -122.50, payouts_in_transit 120.00, fees 2.50",
                "payout_settled: payouts_in_transit -120.00, processor/cft/EUR 120.00",
            ]
        );
        assert_eq!(total(&posted, "customer"), Some(Decimal::from_str("-122.50").expect("a number")));
        assert_eq!(total(&posted, "nobody"), Some(Decimal::ZERO));
        assert!(read_postings("nonsense", "Shop EUR", "B.1").is_err());
        assert_eq!(read_postings("", "Shop EUR", "B.1"), Ok(Vec::new()));
    }

    #[test]
    fn odd_names_are_recognised_in_their_escaped_form() {
        let text = "k customer/a%2Fb/100%25 1; k fees/a%2Fb -1";
        let posted = read_postings(text, "a/b", "100%").expect("postings");
        assert_eq!(posted[0].to_string(), "k: customer 1, fees -1");
    }
}
