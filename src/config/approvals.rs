//! A front end's approvals, from its keys.

use super::build::Problem;
use super::settings;
use crate::domain::approval::{Approvals, Mark};
use crate::domain::money::{Currency, Money};
use crate::domain::people::Role;
use chrono::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// The longest claim: a person who went home must not keep a payout until tomorrow.
const LONGEST_CLAIM: u32 = 480;

pub fn build(
    approvals: &settings::Approvals,
    at: &str,
    currency: Currency,
) -> Result<Approvals, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut wrong = |key: String, reason: String| problems.push(Problem { key, reason });
    let mut marks = BTreeSet::new();
    for (index, letter) in approvals.marks.iter().enumerate() {
        match Mark::from_letter(letter) {
            Some(mark) if marks.insert(mark) => {}
            Some(_) => wrong(format!("{at}.marks[{index}]"), format!("{letter} is there twice")),
            None => wrong(format!("{at}.marks[{index}]"), "is none of G, R, A, M".to_owned()),
        }
    }
    let mut amount = |key: String, text: &str| match Money::parse_major(text, currency) {
        Ok(amount) => Some(amount.minor()),
        Err(error) => {
            wrong(key, error.to_string());
            None
        }
    };
    let above = approvals.four_eyes_above.as_deref();
    let four_eyes_above = above.and_then(|text| amount(format!("{at}.four_eyes_above"), text));
    let mut limits = BTreeMap::new();
    let mut strangers = Vec::new();
    for (name, most) in &approvals.limits {
        let key = format!("{at}.limits.{name}");
        match Role::from_name(name) {
            Some(role) => limits.extend(amount(key, most).map(|most| (role, most))),
            None => strangers.push(key),
        }
    }
    for key in strangers {
        wrong(key, format!("is no role; there are {}", Role::names()));
    }
    if !(1..=LONGEST_CLAIM).contains(&approvals.claim_minutes) {
        wrong(format!("{at}.claim_minutes"), format!("must be from 1 to {LONGEST_CLAIM}"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let claim = Duration::minutes(i64::from(approvals.claim_minutes));
    Ok(Approvals { marks, four_eyes_above, limits, claim })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_named_by_its_key() {
        let wrong = settings::Approvals {
            marks: vec!["G".to_owned(), "g".to_owned(), "X".to_owned()],
            four_eyes_above: Some("-1".to_owned()),
            limits: BTreeMap::from([
                ("boss".to_owned(), "1.00".to_owned()),
                ("operator".to_owned(), "1.001".to_owned()),
            ]),
            claim_minutes: 0,
        };
        let problems = build(&wrong, "a", Currency::find("EUR").expect("EUR")).expect_err("problems");
        let mut keys: Vec<String> = problems.into_iter().map(|problem| problem.key).collect();
        keys.sort();
        let expected = [
            "a.claim_minutes",
            "a.four_eyes_above",
            "a.limits.boss",
            "a.limits.operator",
            "a.marks[1]",
            "a.marks[2]",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn amounts_are_of_the_front_ends_currency() {
        let right = settings::Approvals {
            marks: vec!["m".to_owned()],
            four_eyes_above: Some("1000".to_owned()),
            limits: BTreeMap::from([("approver".to_owned(), "5000".to_owned())]),
            claim_minutes: 30,
        };
        let built = build(&right, "a", Currency::find("JPY").expect("JPY")).expect("approvals");
        assert_eq!(built.marks, BTreeSet::from([Mark::M]));
        assert_eq!(built.four_eyes_above, Some(1000));
        assert_eq!(built.limits, BTreeMap::from([(Role::Approver, 5000)]));
        assert_eq!(built.claim, Duration::minutes(30));
    }
}
