//! What can stand in the audit trail: the closed list of what is done, each by its name there.

macro_rules! deeds {
    ($($deed:ident $name:literal)*) => {
        /// Something that was done, by anybody.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Deed {
            $($deed,)*
        }

        impl Deed {
            pub const ALL: &[Deed] = &[$(Deed::$deed,)*];

            /// Its name in the trail.
            pub fn name(self) -> &'static str {
                match self {
                    $(Deed::$deed => $name,)*
                }
            }
        }
    };
}

deeds! {
    PayoutCreated "payout.created"
    PayoutUpdated "payout.updated"
    PayoutEdited "payout.edited"
    PayoutReversed "payout.reversed"
    PayoutRetried "payout.retried"
    PayoutAttempt "payout.attempt"
    PayoutAttemptContradicted "payout.attempt_contradicted"
    PayoutNoted "payout.noted"
    PayoutClaimed "payout.claimed"
    PayoutUnclaimed "payout.unclaimed"
    PayoutMarked "payout.marked"
    PayoutUnmarked "payout.unmarked"
    PayoutHeld "payout.held"
    PayoutUnheld "payout.unheld"
    PayoutEndAsked "payout.end_asked"
    PayoutEndPromised "payout.end_promised"
    PayoutEndRefused "payout.end_refused"
    ProposalMade "proposal.made"
    ProposalDecided "proposal.decided"
    NoticeReceived "notice.received"
    NoticeUnmatched "notice.unmatched"
    CallRefused "call.refused"
    ActionRefused "action.refused"
    BalanceAdjusted "balance.adjusted"
    InstrumentKept "instrument.kept"
    DepositOpened "deposit.opened"
    DepositRenamed "deposit.renamed"
    DepositBegun "deposit.begun"
    DepositRecorded "deposit.recorded"
    DepositUpdated "deposit.updated"
    DepositCredited "deposit.credited"
    DepositCaptured "deposit.captured"
    DepositCaptureRefused "deposit.capture_refused"
    DepositSuspended "deposit.suspended"
    DepositChargedBack "deposit.charged_back"
    DepositReversed "deposit.reversed"
    DepositRefundOrdered "deposit.refund_ordered"
    DepositRefundSettled "deposit.refund_settled"
    CustomerAdded "customer.added"
    CustomerUpdated "customer.updated"
    CustomerAuthenticated "customer.authenticated"
    CustomerTokenIssued "customer.token_issued"
    PersonAdded "person.added"
    PersonGrantsSet "person.grants_set"
    PersonDisabled "person.disabled"
    PersonEnabled "person.enabled"
    PersonPasswordSet "person.password_set"
    PersonSecondFactorSetUp "person.second_factor_set_up"
    PersonSecondFactorReset "person.second_factor_reset"
    PersonSignedIn "person.signed_in"
    PersonSignedOut "person.signed_out"
    PersonSignInRefused "person.sign_in_refused"
    PersonSignInFailed "person.sign_in_failed"
    PersonLockedOut "person.locked_out"
    OutboxRetried "outbox.retried"
    OutboxParked "outbox.parked"
    ListExported "list.exported"
    AuditAnchored "audit.anchor"
}

impl Deed {
    /// The deed of a name; none for what another version of this program may have written.
    pub fn from_name(name: &str) -> Option<Deed> {
        Deed::ALL.iter().copied().find(|deed| deed.name() == name)
    }
}

impl std::fmt::Display for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
