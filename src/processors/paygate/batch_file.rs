//! Batch files: many payouts to stored cards in one text, and the answer, which is the same text with a status and a
//! code behind every record.
//!
//! Version 1.2 of an own merchant, `CreditEx` alone. Not here: which payouts go into a file and what an answer does to
//! them (`operations`), and the transfer of files, which is the merchant's.

use super::codes::{self, Status, Verdict};
use super::request;
use super::settings::Settings;
use super::values::{BadValue, amount, ascii, card, format, reference};
use crate::domain::customer::Instrument;
use crate::domain::money::{Currency, Money};
use crate::domain::outcome::Outcome;
use chrono::NaiveDate;
use std::collections::HashSet;

const VERSION: &str = "1.2";
/// Type, action, amount, currency, TransID, RefNr, brand, number, expiry, text.
const FIELDS: usize = 10;

/// One payout of a file.
#[derive(Clone, Debug)]
pub struct Record {
    /// The TransID, by which the answer is told.
    pub reference: String,
    pub amount: Money,
    pub instrument: Instrument,
}

/// What an answer says of one payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub line: usize,
    pub reference: String,
    pub amount: Money,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    #[error("line {line}: {problem}")]
    Line { line: usize, problem: String },
    #[error("{0}")]
    File(&'static str),
}

/// In which order a file's name is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// For the automatic transfer: phase, date, counter, merchant.
    Transfer,
    /// For the upload by hand: phase, date, merchant, counter.
    Upload,
}

/// A file's name. Phase `T`: being made; `W`: waiting; `P`: processed.
pub fn name(phase: char, date: NaiveDate, counter: u16, merchant: &str, naming: Naming) -> String {
    let date = date.format("%Y%m%d");
    match naming {
        Naming::Transfer => format!("{phase}{date}{counter:03}{merchant}.dat"),
        Naming::Upload => format!("{phase}{date}{merchant}{counter:03}.dat"),
    }
}

/// One record's line; what does not fit its format is refused and not written.
pub fn line(settings: &Settings, record: &Record) -> Result<String, BadValue> {
    let Instrument { issuer, token, brand, expiry, .. } = &record.instrument;
    if issuer != super::ROOM {
        return Err(BadValue::new("CCNr", "n16", "is another processor's token"));
    }
    if record.amount.minor() < settings.minimum_amount {
        return Err(BadValue::new("Amount", format::n(10), "is below the account's minimum_amount"));
    }
    let text = request::order_text(settings, &record.reference);
    let text = ascii::transliterate(&text).ok_or_else(|| {
        BadValue::new("OrderDesc", format::ans(127), "has a character without an ASCII form")
    })?;
    format::ans(127).check("OrderDesc", &text)?;
    // It is optional, and ours may not fit an acquirer's format.
    let ref_nr = reference::ref_nr(&record.reference, settings.acquirer).unwrap_or_default();
    let number = card::pcnr(token)?;
    format::n(16).at_least(12).check("CCNr", number)?;
    let currency = record.amount.currency();
    let fields = [
        "CC",
        "CreditEx",
        &amount::write(record.amount, &settings.digits)?,
        currency.code(),
        reference::trans_id(&record.reference)?,
        &ref_nr,
        request::brand(brand)?,
        number,
        card::expiry("CCExpiry", expiry)?,
        &text,
    ];
    if fields.iter().any(|field| field.contains([',', '\n', '\r', '"'])) {
        return Err(BadValue::new("OrderDesc", format::ans(127), "has a comma, a quote or a line break"));
    }
    Ok(fields.join(","))
}

/// The whole file around lines that [`line`] wrote.
pub fn write(settings: &Settings, date: NaiveDate, lines: &[String]) -> String {
    let sum: u64 = lines.iter().filter_map(|line| line.split(',').nth(2)?.parse::<u64>().ok()).sum();
    let mut text = format!("HEAD,{},{},{VERSION}\n", settings.merchant_id, date.format("%Y%m%d"));
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str(&format!("FOOT,{},{sum}\n", lines.len()));
    text
}

/// The TransIDs of a file of ours, answered or not.
pub fn references(settings: &Settings, text: &str) -> Result<Vec<String>, BatchError> {
    let records = records(settings, text)?;
    Ok(records.into_iter().map(|(_, fields)| fields.get(4).copied().unwrap_or_default().to_owned()).collect())
}

/// Reads an answer. One record that can't be read refuses the whole file, before anything is done because of it.
pub fn read(settings: &Settings, text: &str) -> Result<Vec<Told>, BatchError> {
    let mut seen = HashSet::new();
    let told = records(settings, text)?.into_iter().map(|(line, fields)| {
        let bad = |problem: &str| BatchError::Line { line, problem: problem.to_owned() };
        let told = answered(settings, line, &fields)?;
        if seen.insert(told.reference.clone()) { Ok(told) } else { Err(bad("the TransID was there before")) }
    });
    told.collect()
}

fn answered(settings: &Settings, line: usize, fields: &[&str]) -> Result<Told, BatchError> {
    let bad = |problem: &str| BatchError::Line { line, problem: problem.to_owned() };
    let &[_, _, minor, code, reference, ..] = fields else { return Err(bad("the record is cut off")) };
    let currency = Currency::find(code).ok_or_else(|| bad("the currency is unknown"))?;
    let minor = amount::read(minor, currency, &settings.digits).filter(|minor| *minor > 0);
    let minor = minor.ok_or_else(|| bad("the amount can't be read"))?;
    // Status and code stand last, but for the pseudo number that may follow them.
    let behind = fields.get(FIELDS..).unwrap_or_default();
    let pair =
        behind.windows(2).rev().find(|pair| Status::read(pair[0]) != Status::Other && pair[1].len() == 8);
    let &[status, code] = pair.ok_or_else(|| bad("status and code are missing: it is no answer"))? else {
        return Err(bad("status and code are missing: it is no answer"));
    };
    let reason = || codes::describe(code);
    let outcome = match codes::verdict(code, Status::read(status)) {
        // Answers of payouts bring no PayID, so what names this one there is our TransID.
        Verdict::Success => Outcome::Paid { reference: reference.to_owned() },
        Verdict::Refused(_) => Outcome::Declined { code: code.to_owned(), reason: reason() },
        Verdict::Open | Verdict::Authenticate => Outcome::Open { cause: reason() },
        Verdict::Unknown(cause) => Outcome::Unknown { cause: format!("{cause} ({code})") },
    };
    let amount = Money::from_minor(minor, currency);
    Ok(Told { line, reference: reference.to_owned(), amount, outcome })
}

/// The payouts' records with their line numbers, of a file that is whole and of this merchant.
fn records<'t>(settings: &Settings, text: &'t str) -> Result<Vec<(usize, Vec<&'t str>)>, BatchError> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_end()));
    let mut lines = lines.by_ref().filter(|(_, line)| !line.is_empty()).collect::<Vec<_>>().into_iter();
    let (_, head) = lines.next().ok_or(BatchError::File("the file is empty"))?;
    let head: Vec<&str> = head.split(',').collect();
    if head.first() != Some(&"HEAD") {
        return Err(BatchError::File("the file does not begin with HEAD"));
    }
    if head.get(1) != Some(&settings.merchant_id.as_str()) {
        return Err(BatchError::File("the file is another merchant's"));
    }
    if head.get(3) != Some(&VERSION) {
        return Err(BatchError::File("the file's version is not 1.2"));
    }
    let (_, foot) = lines.next_back().ok_or(BatchError::File("the file has no FOOT"))?;
    let records: Vec<(usize, Vec<&str>)> =
        lines.map(|(line, text)| (line, text.split(',').collect())).collect();
    let mut sum: u64 = 0;
    for (line, fields) in &records {
        let bad = |problem: &str| BatchError::Line { line: *line, problem: problem.to_owned() };
        if fields.first() != Some(&"CC") || fields.get(1) != Some(&"CreditEx") {
            return Err(bad("is no CC,CreditEx record"));
        }
        let minor = fields.get(2).and_then(|minor| minor.parse::<u64>().ok());
        sum = sum.saturating_add(minor.ok_or_else(|| bad("the amount can't be read"))?);
    }
    let foot: Vec<&str> = foot.split(',').collect();
    let whole = foot.first() == Some(&"FOOT")
        && foot.get(1).and_then(|count| count.parse().ok()) == Some(records.len())
        && foot.get(2).and_then(|sum| sum.parse().ok()) == Some(sum);
    if whole {
        Ok(records)
    } else {
        Err(BatchError::File("FOOT does not fit the records: the file is not whole"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        toml::from_str("merchant_id = 'shop'\nencryption_key = 'r5Tn8Wq2Zb6Yk3Hd'\nmac_key = 'secret'\n")
            .expect("settings")
    }

    fn record(reference: &str, minor: i64) -> Record {
        let currency = Currency::find("EUR").expect("a currency");
        let text = |text: &str| text.to_owned();
        let (issuer, masked) = (text(super::super::ROOM), text("**** 0001"));
        let (token, brand, expiry) = (text("0070570087654001"), text("VISA"), text("203012"));
        let instrument = Instrument { issuer, token, brand, expiry, masked };
        Record { reference: reference.to_owned(), amount: Money::from_minor(minor, currency), instrument }
    }

    fn file() -> String {
        let settings = settings();
        let lines: Vec<String> = [("AT1", 1_250), ("AT2", 30_000)]
            .map(|(name, minor)| line(&settings, &record(name, minor)).expect(name))
            .into();
        write(&settings, NaiveDate::from_ymd_opt(2026, 11, 25).expect("a day"), &lines)
    }

    #[test]
    fn a_file_is_written_as_the_layout_says() {
        assert_eq!(
            file(),
            "HEAD,shop,20261125,1.2\n\
             CC,CreditEx,1250,EUR,AT1,AT1,VISA,0070570087654001,203012,AT1\n\
             CC,CreditEx,30000,EUR,AT2,AT2,VISA,0070570087654001,203012,AT2\n\
             FOOT,2,31250\n"
        );
        let date = NaiveDate::from_ymd_opt(2026, 11, 25).expect("a day");
        assert_eq!(name('W', date, 7, "shop", Naming::Transfer), "W20261125007shop.dat");
        assert_eq!(name('P', date, 7, "shop", Naming::Upload), "P20261125shop007.dat");
        assert_eq!(references(&settings(), &file()), Ok(vec!["AT1".to_owned(), "AT2".to_owned()]));
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let refused = |change: &dyn Fn(&mut Settings, &mut Record)| {
            let (mut settings, mut record) = (settings(), record("AT1", 1_250));
            change(&mut settings, &mut record);
            line(&settings, &record).expect_err("refused").to_string()
        };
        assert!(refused(&|settings, _| settings.order_text = "a,b".to_owned()).contains("comma"));
        assert!(refused(&|settings, _| settings.order_text = "x".repeat(128)).contains("OrderDesc"));
        assert!(
            refused(&|_, record| record.amount = Money::from_minor(99, record.amount.currency()))
                .contains("Amount")
        );
        assert!(
            refused(&|_, record| record.instrument.token = "4111111111111111".to_owned()).contains("CCNr")
        );
        assert!(refused(&|_, record| record.instrument.issuer = "rest_gateway".to_owned()).contains("token"));
        assert!(refused(&|_, record| record.reference = "A,T".to_owned()).contains("TransID"));
    }

    #[test]
    fn an_answer_is_read_with_or_without_what_is_optional() {
        let answer = |first: &str, second: &str| {
            let text = file().replace(",203012,AT1\n", &format!(",203012,AT1{first}\r\n"));
            read(&settings(), &text.replace(",203012,AT2\n", &format!(",203012,AT2{second}\n")))
        };
        let outcomes = |told: Vec<Told>| told.into_iter().map(|told| told.outcome).collect::<Vec<_>>();
        let told = answer(",OK,00000000", ",FAILED,22060305,0070570087654001").expect("read");
        assert_eq!((told[0].amount.minor(), told[0].line), (1_250, 2));
        let read = outcomes(told);
        assert_eq!(read[0], Outcome::Paid { reference: "AT1".to_owned() });
        assert!(matches!(&read[1], Outcome::Declined { code, .. } if code == "22060305"), "{read:?}");
        let read = outcomes(answer(",PENDING,60600000", ",OK,22060305").expect("read"));
        assert!(
            matches!(read[0], Outcome::Open { .. }) && matches!(read[1], Outcome::Unknown { .. }),
            "{read:?}"
        );
        let missing = answer(",OK,00000000", "").expect_err("no answer").to_string();
        assert!(missing.starts_with("line 3: status and code are missing"), "{missing}");
    }

    #[test]
    fn a_file_that_is_not_whole_or_not_ours_is_refused() {
        let text = file();
        for (broken, word) in [
            (String::new(), "empty"),
            (text.replace("HEAD,shop", "HEAD,other"), "another merchant"),
            (text.replace(",1.2\n", ",1.3\n"), "version"),
            (text.replace("FOOT,2", "FOOT,3"), "not whole"),
            (text.replace("31250", "31251"), "not whole"),
            (text.replace("CreditEx,1250", "Sale,1250"), "line 2"),
            (text.split("FOOT").next().unwrap_or_default().to_owned(), "not whole"),
        ] {
            let refused = references(&settings(), &broken).expect_err(word).to_string();
            assert!(refused.contains(word), "{word}: {refused}");
        }
        let twice = text
            .replace(",AT2,AT2,", ",AT1,AT2,")
            .replace(",AT1\n", ",AT1,OK,00000000\n")
            .replace(",AT2\n", ",AT2,OK,00000000\n");
        assert!(read(&settings(), &twice).expect_err("twice").to_string().contains("there before"));
    }
}
