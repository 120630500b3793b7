//! What a role may allow. Every page and every button of the back office asks for exactly one of these.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    SeePayouts,
    SeeDeposits,
    /// Customers with their details and what they own.
    SeeCustomers,
    /// The ledger's accounts and postings, and the trial balance.
    SeeLedger,
    /// Unknown outcomes, errands, what processors told us.
    SeeWork,
    /// What went over the wire between us and processors, masked.
    SeeExchanges,
    /// Front ends and the processor map.
    SeeSetup,
    SeeAudit,
    /// Take a filtered list away as a file.
    Export,
    /// Let others see one's views.
    ShareViews,
    /// Notes, and "being worked on by".
    Annotate,
    /// Authorize, start, edit, hold, give marks of preparation.
    PreparePayouts,
    /// Reject and cancel.
    RefusePayouts,
    /// Approve: money leaves.
    ReleasePayouts,
    /// Give an approved payout back.
    ReversePayouts,
    /// A new attempt after a processor's refusal.
    RetryAttempts,
    /// Say what became of an attempt that nobody knows of; it takes two.
    SettleUnknown,
    /// Ask for a change of a customer's balance, and confirm somebody else's.
    AdjustBalances,
    /// Have errands done again, or park them.
    RunErrands,
    ManageUsers,
}

impl Right {
    pub const ALL: [Right; 20] = [
        Right::SeePayouts,
        Right::SeeDeposits,
        Right::SeeCustomers,
        Right::SeeLedger,
        Right::SeeWork,
        Right::SeeExchanges,
        Right::SeeSetup,
        Right::SeeAudit,
        Right::Export,
        Right::ShareViews,
        Right::Annotate,
        Right::PreparePayouts,
        Right::RefusePayouts,
        Right::ReleasePayouts,
        Right::ReversePayouts,
        Right::RetryAttempts,
        Right::SettleUnknown,
        Right::AdjustBalances,
        Right::RunErrands,
        Right::ManageUsers,
    ];
}
