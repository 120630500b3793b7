//! What the house itself writes where others' words stand as well: why an errand waits, what an attempt is at. Stored as
//! its text, for programs and the trail, and known again by that.

macro_rules! remarks {
    ($($remark:ident $text:literal)*) => {
        /// One of our own remarks.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Remark {
            $($remark,)*
        }

        impl Remark {
            pub const ALL: &[Remark] = &[$(Remark::$remark,)*];

            /// As it is stored.
            pub fn text(self) -> &'static str {
                match self {
                    $(Remark::$remark => $text,)*
                }
            }

            /// A word for programs.
            pub fn name(self) -> &'static str {
                match self {
                    $(Remark::$remark => stringify!($remark),)*
                }
            }
        }
    };
}

remarks! {
    // Of errands, attempts and deposits.
    Unfamiliar "nobody knows how to carry this out"
    NoAttempt "the subject is not an attempt"
    NoDeposit "the subject is not a deposit"
    NoPayout "the subject is not a payout"
    NoRefund "the payload names no refund"
    OurSide "our own side failed"
    NeverArrived "it never arrived"
    NotSent "not sent"
    OutcomeUnknown "the outcome is not known"
    DepositOpen "the deposit is open"
    PromiseAwaited "the cashier said yes; its update is awaited"
    PromiseBroken "the cashier said yes and never reported it"
    CashierRefuses "its cashier does not end it"
    NoRejectPayout "this front end's cashier takes no RejectPayout"
    Interrupted "the sender was interrupted"
    WithdrawnUnsent "withdrawn before it was sent"
    NotKnownThere "the processor does not know it"
    SettledByInquiry "settled by inquiry"
    BankAccountUnpayable "the payout names a bank account, which its processor can't pay to"
    NoDepositLeft "no deposit of the customer has as much left to be credited against"
    NotConfigured "its account is not configured"
    DepositGone "the deposit can't be found"
    Over "it is over"
    NothingToFetch "nothing to fetch"
    NeverCame "the customer never came to the processor"
    AnotherCharges "the payment is another charge's"
    MaybeAnotherCharges "the payment may be another charge's"
    ChargedBackUncredited "chargeback: taken back before it was credited"

    // Of calls.
    NoAnswer "no answer in time"
    NoConnection "no connection"
    ConnectionBroke "the connection broke"
    TooLarge "the answer is too large"
    LoginRefused "the cashier does not accept our login"
    CashierHttpError "the cashier answered with an HTTP error"
    NotJson "the answer is not JSON"
    NoConnectionThere "no connection to the gateway"
    NoAnswerAfterSent "no answer in time after the call was sent"
    BrokeAfterSent "the connection broke after the call was sent"
    TooManyWait "too many calls are waiting"
    LeftAlone "the processor did not answer lately and is left alone"

    // Of what processors answer.
    CustomerUnfinished "the customer has not finished"
    CustomerUnpaid "the customer has not paid yet"
    InvoiceUnpaid "the invoice is not paid"
    Undecided "the platform has not decided"
    PaidNothing "the platform knows the payout and paid nothing"
    CapturedByItself "authorised, the platform captures by itself"
    ToBeAsked "authorised, to be asked about"
    PaymentUnknownThere "the platform does not know the payment"
    NothingHeldUndecided "nothing is held, and the platform has not decided"
    CreditedUncaptured "credited although nothing was captured"
    AgreedUnknown "agreed, and not known there"
    MadeUnknown "made, and not known there"
    NoPayId "success without a PayID"
    PayoutAsksSecure "a payout asks for 3-D Secure"
    CaptureAsksSecure "a capture asks for 3-D Secure"
    ReversalAsksSecure "a reversal asks for 3-D Secure"
    RefusedOtherwise "refused, and the sums say otherwise"
    SecurePlain "3-D Secure without https"
    SecureBare "3-D Secure without its data"
    CodeShort "the code has not eight characters"
    FatalThere "the platform reports a fatal error"
    CodeContradicts "code and status contradict each other"
    CodeUnknown "the code is not known"
    DetailUnknown "the detail of the code is not known"
    UnknownThere "the platform itself does not know"
    DoneBefore "it was done before"
    DecidesNothing "the code decides nothing"
    AboutAnother "the answer is about another payment"
    OtherCurrency "the payment has another currency"
    SumsUnreadable "the sums of the payment can't be read"
    PayoutFailedThere "the platform reports that the payout failed and that nothing was paid"
    PaymentFailedThere "the payment failed at the platform"
    BankAsksCustomer "the bank wants to ask the customer, who is not there"
    GivenUpThere "the authorisation was given up"
    RefundUnderWay "a refund is under way"
    OtherRefundUnderWay "another refund of this deposit is under way"
    RefundMayArrive "an earlier try of this refund may still arrive"
    RefundedOtherwise "the refunded total is not what our refunds explain"
    NotRefundable "the payment is not in a state that can be refunded"
    OtherAmount "the payout there has another amount"
    NotPaidOutYet "the gateway has not paid out yet"
    ReferenceOfPayment "the reference is a payment's there"
    PayoutStatusUnknown "the payout's status is not known"
    ArrivedUndecided "the payout arrived; whether it was paid needs a person"
    MayStillArrive "it is not there yet, but may still arrive"
    InvoicePaidByNothing "the invoice is paid, but by no payment"
    InvoiceReplaced "the invoice was replaced by another"
    InvoiceStatusUnknown "the invoice's status is not known"
    AuthorisedOtherwise "the authorised amount is not the order's"
    IsPayout "the payment is a payout"
    InvoiceNothingToCapture "an unpaid invoice has nothing to capture"
    CaptureOtherCurrency "the amount to capture is in another currency"
    ThereInOtherCurrency "it exists there in another currency"
    PartUnanswered "the time ran out while the debit of a part had no answer"
    ClosedWithoutDebit "closed there, without a debit of ours on record"
    ClosedWithoutRelease "closed there already, without a release of ours on record"
    StateNeedsPerson "its state needs a person"
    RestTellsNothing "the open rest does not tell whether the part was debited"
    MoreThanOpen "more is to be debited than is open"
    CancelledOnPanel "the customer cancelled on the panel"
    TimeRanOut "the time ran out"
    ReserveReleased "the reserve was released"
    ReserveToRelease "given up by us; the reserve is to be released"
    InClear "the answer came in clear"
    OtherMerchant "the answer is for another merchant"
    OtherOrder "the answer is about another order"
    MacWrong "the MAC of the answer is wrong"
    MacMissing "the answer has no MAC"
    NoStatus "the answer has no status"
    CashierFailed "the cashier failed, and may be asked again"
    InvoiceCancelled "the invoice was cancelled"
    AuthorisedForLess "authorised for less than was asked"
    RefundedWhole "the payment was given back"
}

impl Remark {
    /// The remark that a text is; none where it is somebody else's.
    pub fn read(text: &str) -> Option<Remark> {
        Remark::ALL.iter().copied().find(|remark| remark.text() == text)
    }
}

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

impl From<Remark> for String {
    fn from(remark: Remark) -> String {
        remark.text().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_remark_is_known_again_by_its_text() {
        for remark in Remark::ALL {
            assert_eq!(Remark::read(remark.text()), Some(*remark));
        }
        assert_eq!(Remark::read("said by somebody else"), None);
    }
}
