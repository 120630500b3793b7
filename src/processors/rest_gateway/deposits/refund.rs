//! Refunds. The gateway would pay a repeated one twice, so each try first compares what was given back so far with
//! what it should be, and sends only if this refund is not in it.
//!
//! Called again after a lost answer with the same order and amount, it finds its own earlier try and sends nothing.

use super::super::gateway::RestGateway;
use super::super::operations::inquiry::Payment;
use super::super::operations::refund;
use super::super::status::Standing;
use super::super::trouble::Trouble;
use super::extra;
use super::locate::{Located, time};
use crate::domain::money::Money;
use crate::domain::outcome::Outcome;
use crate::domain::remark::Remark;
use crate::processors::DepositOrder;

/// Where a refund stands, seen from the payment.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    NotMade,
    UnderWay,
    Made,
    /// More or less was given back than our refunds explain.
    Unexplained,
    /// The payment is in no state that can be refunded.
    Impossible,
}

impl RestGateway {
    pub(super) async fn refund_deposit(&self, order: &DepositOrder, amount: Money) -> Outcome {
        let before = match refunded_before(order) {
            Ok(before) => before,
            Err(cause) => return Outcome::Unknown { cause },
        };
        let Some(_one_at_a_time) = self.begin_refund(&order.reference) else {
            return Outcome::Open { cause: Remark::OtherRefundUnderWay.into() };
        };
        let payment = match self.refundable(order).await {
            Ok(payment) => payment,
            Err(cause) => return Outcome::Unknown { cause },
        };
        match see(&payment, before, amount) {
            Seen::NotMade if self.earlier_try_may_arrive(order) => {
                let cause = Remark::RefundMayArrive.into();
                return Outcome::Unknown { cause };
            }
            Seen::NotMade => self.set_lost_refund(&order.reference, None),
            other => {
                self.set_lost_refund(&order.reference, None);
                return told(other, payment.id);
            }
        }
        let trouble = match refund::send(self.client(), &payment.id, amount).await {
            Ok(()) => return Outcome::Paid { reference: payment.id },
            Err(trouble) => trouble,
        };
        match &trouble {
            Trouble::NotSent(_) => return trouble.into(),
            Trouble::Unknown(_) => {
                self.set_lost_refund(&order.reference, Some(self.client().clock().now()));
            }
            Trouble::Rejected { .. } => {}
        }
        match self.refundable(order).await {
            Ok(payment) => match see(&payment, before, amount) {
                // After a plain "no" it was not made. After a lost answer it may still be on its way.
                Seen::NotMade => trouble.into(),
                other => {
                    self.set_lost_refund(&order.reference, None);
                    told(other, payment.id)
                }
            },
            Err(cause) => Outcome::Unknown { cause },
        }
    }

    /// The gateway may still be working on a try whose answer we lost; a second one could then pay twice.
    fn earlier_try_may_arrive(&self, order: &DepositOrder) -> bool {
        let lost = self.lost_refund(&order.reference).max(time(order, extra::REFUND_LOST_AT));
        lost.is_some_and(|lost| self.client().clock().now() - lost < self.patience())
    }

    async fn refundable(&self, order: &DepositOrder) -> Result<Payment, String> {
        match self.locate(order).await {
            Ok(Located::Payment(payment)) => Ok(payment),
            Ok(Located::Invoice(_) | Located::Nothing) => Err("there is no payment to refund".to_owned()),
            // Nothing was sent now, but an earlier try may have been.
            Err(trouble) => Err(trouble.to_string()),
        }
    }
}

fn refunded_before(order: &DepositOrder) -> Result<i64, String> {
    match order.extra.get(extra::REFUNDED_MINOR) {
        None => Ok(0),
        Some(text) => text.parse().map_err(|_| format!("{} is no number", extra::REFUNDED_MINOR)),
    }
}

fn see(payment: &Payment, before: i64, amount: Money) -> Seen {
    let total = match payment.standing {
        Standing::Captured => 0,
        Standing::Refunded => match payment.refunded {
            Some(refunded) => refunded.minor(),
            None => return Seen::Unexplained,
        },
        Standing::RefundPending => return Seen::UnderWay,
        Standing::Pending | Standing::Unknown => return Seen::Unexplained,
        Standing::Authorized
        | Standing::Failed
        | Standing::Cancelled
        | Standing::ChargedBack
        | Standing::PayoutPending
        | Standing::PayoutDone
        | Standing::PayoutFailed => return Seen::Impossible,
    };
    if total == before {
        Seen::NotMade
    } else if before.checked_add(amount.minor()) == Some(total) {
        Seen::Made
    } else {
        Seen::Unexplained
    }
}

fn told(seen: Seen, payment: String) -> Outcome {
    match seen {
        Seen::Made => Outcome::Paid { reference: payment },
        Seen::UnderWay => Outcome::Open { cause: Remark::RefundUnderWay.into() },
        Seen::Impossible => {
            Outcome::Declined { code: "state".to_owned(), reason: Remark::NotRefundable.into() }
        }
        Seen::Unexplained => Outcome::Unknown { cause: Remark::RefundedOtherwise.into() },
        Seen::NotMade => Outcome::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn the_total_tells_whether_this_refund_was_made() {
        let eur = |minor| Money::from_minor(minor, Currency::find("EUR").expect("a currency"));
        let payment = |standing, refunded: Option<i64>| Payment {
            id: "1".to_owned(),
            reference: "r".to_owned(),
            standing,
            word: String::new(),
            amount: eur(5000),
            refunded: refunded.map(eur),
            code: String::new(),
            reason: String::new(),
        };
        let seen = |standing, refunded, before| see(&payment(standing, refunded), before, eur(500));
        assert_eq!(seen(Standing::Captured, None, 0), Seen::NotMade);
        assert_eq!(seen(Standing::Refunded, Some(500), 0), Seen::Made);
        assert_eq!(seen(Standing::Refunded, Some(500), 500), Seen::NotMade);
        assert_eq!(seen(Standing::Refunded, Some(1000), 500), Seen::Made);
        assert_eq!(seen(Standing::Refunded, Some(700), 0), Seen::Unexplained);
        assert_eq!(seen(Standing::Refunded, None, 0), Seen::Unexplained);
        assert_eq!(seen(Standing::Captured, None, 500), Seen::Unexplained);
        assert_eq!(seen(Standing::RefundPending, None, 0), Seen::UnderWay);
        assert_eq!(seen(Standing::ChargedBack, None, 0), Seen::Impossible);
        assert_eq!(seen(Standing::Unknown, None, 0), Seen::Unexplained);
    }
}
