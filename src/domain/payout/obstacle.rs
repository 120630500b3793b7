//! What keeps a payout from a step that its table would allow.

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Obstacle {
    #[error("a reversal is made by ReversePayout")]
    OwnMethod,
    #[error("nothing was debited")]
    NotDebited,
    #[error("the processor has paid it out; approve it first")]
    ApproveFirst,
    #[error("only a payout in progress is tried again")]
    NotInProgress,
    #[error("it is held")]
    Held,
    #[error("an attempt is about to be sent")]
    AboutToBeSent,
    /// A new attempt would pay twice.
    #[error("its processor has paid it out")]
    PaidAlready,
    #[error("no processor of ours carries it out")]
    NotOurs,
    #[error("nothing is held for it")]
    NothingHeld,
    #[error("the processor has paid it out")]
    PaidOut,
    #[error("the processor refused it")]
    RefusedThere,
    #[error("its processor has not paid it out")]
    NotPaidOut,
    #[error("only an operator can cancel it now")]
    OperatorsAlone,
    #[error("the customer can't cancel it once it is approved and debited")]
    NotByCustomer,
}

impl Obstacle {
    pub const ALL: [Obstacle; 14] = {
        use Obstacle::*;
        [
            OwnMethod,
            NotDebited,
            ApproveFirst,
            NotInProgress,
            Held,
            AboutToBeSent,
            PaidAlready,
            NotOurs,
            NothingHeld,
            PaidOut,
            RefusedThere,
            NotPaidOut,
            OperatorsAlone,
            NotByCustomer,
        ]
    };
}
