//! What became of an order given to a processor.

/// What a processor's room reports of a payout or a refund. A lost answer is an outcome, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The processor says the money is on its way; `reference` is the processor's own id.
    Paid { reference: String },
    /// The processor said no, for good.
    Declined { code: String, reason: String },
    /// Nothing left this process: the same order may be sent again.
    NotSent { cause: String },
    /// The processor, asked about the order, says it never heard of it: the same order may be sent again.
    NotFound,
    /// The processor knows the order and has not decided yet.
    Open { cause: String },
    /// We cannot know. The money is held until an inquiry settles it.
    Unknown { cause: String },
}

/// What a processor says of a deposit that we opened there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DepositOutcome {
    /// The customer has not finished, or the processor has not decided.
    Open { cause: String },
    /// The money is reserved and must be captured.
    Authorized { reference: String },
    /// Less than was asked is reserved, and no more can be captured: `minor` in minor units.
    AuthorizedLess { reference: String, minor: i64 },
    /// The money is reserved and the processor won't let us have it: the reserve is to be released.
    NotCaptured { reference: String, code: String, reason: String },
    /// The money is ours: amount in minor units as the processor reports it, to be compared with our row.
    Paid { reference: String, minor: i64, currency: String },
    /// The processor or the customer ended it without money.
    Failed { code: String, reason: String },
    /// The customer's bank took the money back after it was paid.
    ChargedBack { reference: String },
    /// The processor does not know it.
    NotFound,
    /// No readable answer: ask again.
    Unknown { cause: String },
}
