//! What the gateway's error codes mean, in our words, and whose trouble each one is.

use Class::*;

/// Whose trouble a code is; only `Technical` ones may go away by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Our request was wrong.
    Program,
    /// The account or contract doesn't allow it.
    Contract,
    /// The transaction is in another state.
    State,
    /// The customer's card or account.
    Card,
    Technical,
    Information,
    /// Not in the vendor's list.
    Unlisted,
}

/// Ranges in ascending order, so that a test can see that none overlaps.
const CODES: &[(i32, i32, Class, &str)] = &[
    (1, 3, Program, "a field is missing, empty or not numeric"),
    (4, 13, Program, "a decimal field is malformed"),
    (14, 14, Program, "too many objects in one request"),
    (15, 17, Program, "challenge question or answer is wrong"),
    (20, 21, Program, "challenge question is wrong"),
    (50, 51, Program, "merchant id is empty or too long"),
    (55, 55, Program, "transaction id is empty"),
    (56, 56, Program, "transaction id is too long"),
    (60, 60, Program, "cancel address is empty"),
    (65, 65, Program, "success address is empty"),
    (75, 77, Program, "serial number is invalid"),
    (80, 96, Program, "a state or type is invalid"),
    (120, 120, Program, "close flag must be 0 or 1"),
    (125, 126, Program, "currency is empty or not three letters"),
    (140, 141, Program, "currency name is empty or too long"),
    (601, 603, Information, "information"),
    (1004, 1007, Card, "card is in another state, misplaced, unassigned or unknown"),
    (1008, 1008, Card, "access denied"),
    (1009, 1012, Card, "card can't be used"),
    (1015, 1015, Card, "access denied after repeated violations"),
    (1020, 1035, Card, "card can't be used"),
    (1046, 1046, Card, "no credit left on the card"),
    (1049, 1049, Card, "at least one PIN is invalid"),
    (1050, 1050, Card, "card is unknown"),
    (2001, 2001, State, "transaction id was used before"),
    (2002, 2002, State, "transaction is unknown"),
    (2003, 2003, State, "transaction is in another state"),
    (2004, 2004, Card, "the cards don't cover the amount"),
    (2006, 2006, Program, "currency doesn't fit the transaction"),
    (2007, 2008, Card, "amount is invalid for the card"),
    (2009, 2009, Program, "amount is invalid for the transaction"),
    (2010, 2010, Program, "more than is reserved"),
    (2011, 2011, Program, "currency differs from the transaction's"),
    (2012, 2012, Card, "payment failed"),
    (2013, 2014, State, "no such transaction or disposition"),
    (2015, 2015, Card, "payment failed"),
    (2016, 2016, State, "no such merchant"),
    (2017, 2017, State, "transaction is in another state"),
    (2018, 2019, State, "partial debit is unknown or out of sequence"),
    (2020, 2020, Contract, "business type forbids modifying"),
    (2021, 2021, Program, "below the minimum amount"),
    (2022, 2022, State, "no card is assigned"),
    (2023, 2024, Contract, "business type forbids it"),
    (2025, 2027, Program, "amount is invalid"),
    (2028, 2028, Contract, "business type is invalid"),
    (2029, 2029, Program, "amount must be above zero"),
    (2039, 2039, Program, "restrictions are invalid"),
    (2044, 2044, Program, "customer details flag is invalid"),
    (2601, 2602, Information, "information"),
    (2623, 2624, Program, "shop id or label is too long"),
    (3001, 3001, Contract, "merchant is not active"),
    (3002, 3002, Contract, "currency is not enabled for the merchant"),
    (3003, 3003, Contract, "merchant is unknown"),
    (3006, 3006, Card, "card type is not accepted"),
    (3007, 3007, State, "the time for the debit is over"),
    (3012, 3012, State, "the time for the payment is over"),
    (3013, 3013, Contract, "merchant exists"),
    (3014, 3015, Contract, "reporting criterion is unknown or inactive"),
    (3017, 3017, Program, "customer pseudonym is missing"),
    (3019, 3019, Program, "customer pseudonym is not acceptable"),
    (3037, 3037, Program, "expiry is out of range"),
    (3100, 3100, Contract, "product is not available"),
    (3103, 3103, State, "duplicate order"),
    (3106, 3106, Program, "amount is malformed"),
    (3150, 3150, Program, "a mandatory parameter is missing"),
    (3151, 3151, Program, "currency is invalid"),
    (3157, 3157, Program, "customer id type is not supported"),
    (3160, 3160, Card, "customer is invalid"),
    (3161, 3161, Contract, "merchant is not enabled for this"),
    (3162, 3162, Card, "customer account was not found"),
    (3163, 3163, Program, "a parameter is invalid"),
    (3164, 3164, State, "this id was used before"),
    (3165, 3165, Program, "amount is invalid"),
    (3166, 3166, Contract, "merchant limit is reached"),
    (3167, 3167, Card, "customer's balance limit is reached"),
    (3168, 3168, Card, "customer's registration is incomplete"),
    (3169, 3169, State, "id equals that of a payment"),
    (3170, 3170, Card, "customer's top-up limit is reached"),
    (3171, 3171, Program, "below the merchant's minimum"),
    (3172, 3172, Card, "customer's payout limit is reached"),
    (3179, 3179, State, "more than was paid"),
    (3180, 3180, State, "the payment is not completed"),
    (3181, 3181, Program, "customer pseudonym differs from the payment's"),
    (3182, 3182, Contract, "no merchant is set up for this"),
    (3184, 3184, State, "the payment was not found"),
    (3185, 3185, Card, "the payment came from no account and none was given"),
    (3193, 3193, Card, "customer is not active"),
    (3194, 3194, Card, "customer's yearly limit is reached"),
    (3195, 3195, Card, "customer details don't match the account"),
    (3197, 3197, Card, "pseudonym is tied to other accounts"),
    (3198, 3198, Card, "account is tied to other pseudonyms"),
    (3199, 3199, Card, "blocked for security reasons"),
    (3901, 3902, Contract, "feature is unknown or not permitted"),
    (4001, 4001, Technical, "transport failed"),
    (4002, 4002, Program, "invalid function"),
    (4003, 4003, Program, "above the maximum amount"),
    (4004, 4008, Technical, "transport failed"),
    (4010, 4014, Technical, "transport failed"),
    (5001, 5002, Technical, "technical error"),
    (10003, 10005, Technical, "technical error"),
    (10006, 10006, Card, "PIN validation failed"),
    (10007, 10007, Technical, "unexpected error"),
    (10008, 10008, Contract, "user name or password is wrong"),
    (10010, 10010, State, "too late to cancel"),
    (10011, 10012, Card, "balance is insufficient"),
    (10013, 10013, Card, "card is not active"),
    (10014, 10014, Contract, "method is not allowed for this account"),
    (10015, 10015, Contract, "currency is not allowed for this account"),
    (10028, 10028, Program, "a parameter failed validation"),
];

pub fn class(code: i32) -> Class {
    find(code).map_or(Unlisted, |(class, _)| class)
}

/// For people: `2017: transaction is in another state`.
pub fn describe(code: i32) -> String {
    match find(code) {
        Some((_, text)) => format!("{code}: {text}"),
        None => format!("{code}: not a code the vendor lists"),
    }
}

fn find(code: i32) -> Option<(Class, &'static str)> {
    let found = CODES.iter().find(|(first, last, ..)| (*first..=*last).contains(&code));
    found.map(|&(_, _, class, text)| (class, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_range_overlaps_another() {
        for pair in CODES.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn the_codes_merchants_meet_are_known() {
        assert_eq!(class(2017), State);
        assert_eq!(class(10007), Technical);
        assert_eq!(class(4003), Program);
        assert_eq!(class(10008), Contract);
        assert_eq!(class(77_777), Unlisted);
        assert_eq!(describe(3007), "3007: the time for the debit is over");
    }
}
