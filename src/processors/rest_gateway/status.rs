//! What the gateway's status words mean.
//!
//! The long word decides. The short one (`Y`, `N`, `P`) says `N` for words its own server forgot to list, so it is
//! only asked where there is no long word.

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Pending,
    Authorized,
    Captured,
    Failed,
    Cancelled,
    RefundPending,
    /// Wholly or partly: the refunded amount tells.
    Refunded,
    ChargedBack,
    PayoutPending,
    PayoutDone,
    PayoutFailed,
    /// A word we don't know: keep asking, it is no failure.
    Unknown,
}

/// Whether money was to be taken at once (`DB`) or only reserved (`PA`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    AtOnce,
    Later,
}

pub fn of_long(word: &str) -> Standing {
    match word.to_ascii_lowercase().replace(' ', "_").as_str() {
        "begun" | "authstarted" | "authstarted_3d" | "3d_authstarted" | "confirmation_3d"
        | "cancelstarted" | "capturestarted" => Standing::Pending,
        "authsuccessful" => Standing::Authorized,
        "capturesuccess" | "settled" | "setteled" | "chargebackreversed" | "retrievalrequest"
        | "proofrequired" => Standing::Captured,
        "authfailed" | "capturefailed" | "failed" => Standing::Failed,
        "authcancelled" | "cancelled" => Standing::Cancelled,
        "markedforreversal" | "acceptedforreversal" | "consolidatedforreversal" | "waitforreversal" => {
            Standing::RefundPending
        }
        "reversed" => Standing::Refunded,
        "chargeback" => Standing::ChargedBack,
        "payoutstarted" => Standing::PayoutPending,
        "payoutsuccessful" => Standing::PayoutDone,
        "payoutfailed" => Standing::PayoutFailed,
        _ => Standing::Unknown,
    }
}

/// `taking` as we asked for it, because `Y` says the same of both.
pub fn of_short(word: &str, taking: Taking) -> Standing {
    match (word, taking) {
        ("Y", Taking::AtOnce) => Standing::Captured,
        ("Y", Taking::Later) => Standing::Authorized,
        ("N" | "E", _) => Standing::Failed,
        ("P" | "3D", _) => Standing::Pending,
        ("C", _) => Standing::Cancelled,
        _ => Standing::Unknown,
    }
}

/// A payout's answer has only the short word.
pub fn of_payout(word: &str) -> Standing {
    match word {
        "Y" => Standing::PayoutDone,
        "N" => Standing::PayoutFailed,
        "P" => Standing::PayoutPending,
        _ => Standing::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_is_no_failure() {
        assert_eq!(of_long("somethingnew"), Standing::Unknown);
        assert_eq!(of_long(""), Standing::Unknown);
        assert_eq!(of_short("X", Taking::AtOnce), Standing::Unknown);
        // Words that the short status wrongly calls `N`.
        for word in
            ["authstarted_3D", "3D Authstarted", "confirmation_3D", "cancelstarted", "chargebackreversed"]
        {
            assert!(!matches!(of_long(word), Standing::Failed | Standing::Unknown), "{word}");
        }
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(of_long("PAYOUTSUCCESSFUL"), Standing::PayoutDone);
        assert_eq!(of_long("CaptureSuccess"), Standing::Captured);
    }
}
