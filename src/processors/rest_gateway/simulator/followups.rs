//! `/payments/{id}`: capture, reversal, refund, inquiry, and further payments of a series.

use super::books::Movement;
use super::callbacks::Kind;
use super::cents;
use super::desk::{Desk, Reply, card_tree, refuse};
use super::incoming::Incoming;
use super::outgoing::Tree;
use super::payments::NewPayment;
use super::words;
use super::world::Payment;
use chrono::Duration;

impl Desk<'_> {
    pub fn follow_up(&mut self, id: &str, request: &Incoming) -> Reply {
        let done = match (request.get("paymentType"), request.get("recurringType")) {
            ("IN", _) => self.inquire(id, request),
            ("CP", _) => self.capture_payment(id, request),
            ("RV", _) => self.reverse(id, request),
            ("RF", _) => self.refund(id, request),
            ("DB" | "PA", "REPEATED") => self.repeat(id, request),
            ("DB" | "PA", _) => Err(self.refuse("30005", "Invalid recurringType")),
            (_, _) => Err(self.refuse("30004", "Invalid paymentType")),
        };
        match done {
            Ok(reply) | Err(reply) => reply,
        }
    }

    /// A payment by its number, for the operations that change it.
    fn own(&self, id: &str) -> Result<Payment, Reply> {
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(self.refuse("30008", "Invalid paymentId"));
        }
        self.world.payment(id).cloned().ok_or_else(|| self.refuse("40002", "Payment id not found"))
    }

    fn done(&self, payment: &Payment, code: &str, description: &str) -> Reply {
        let tree = Tree::group().text("paymentId", payment.id.to_string()).result(code, description);
        Reply::Tree(tree.text("timestamp", self.timestamp()))
    }

    fn amount(&self, request: &Incoming, payment: &Payment) -> Result<i64, Reply> {
        let currency = request.get("currency");
        if !currency.is_empty() && currency != payment.currency {
            return Err(self.refuse("30002", "Invalid currency"));
        }
        cents::read(request.get("amount"), &payment.currency)
            .ok_or_else(|| self.refuse("30002", "Invalid amount"))
    }

    fn capture_payment(&mut self, id: &str, request: &Incoming) -> Result<Reply, Reply> {
        self.check(request, format!("{}|{id}|{}", self.member_and_key(), request.get("amount")))?;
        let payment = self.own(id)?;
        let amount = self.amount(request, &payment)?;
        if payment.status != "authsuccessful" {
            return Err(self.refuse("40003", "Transaction not found for that id"));
        }
        if amount > payment.amount {
            return Err(self.refuse("20010", "Capture exceeds authorisation"));
        }
        self.capture(payment.id, amount);
        self.notify(payment.id, Kind::Capture, None);
        Ok(self.done(&payment, "00004", "Transaction captured successfully"))
    }

    fn reverse(&mut self, id: &str, request: &Incoming) -> Result<Reply, Reply> {
        self.check(request, format!("{}|{id}", self.member_and_key()))?;
        let payment = self.own(id)?;
        if payment.status != "authsuccessful" {
            return Err(self.refuse("40003", "Transaction not found for that id"));
        }
        self.set_status(payment.id, "authcancelled", "Cancelled");
        self.notify(payment.id, Kind::Reversal, None);
        Ok(self.done(&payment, "00006", "Transaction cancelled successfully"))
    }

    fn refund(&mut self, id: &str, request: &Incoming) -> Result<Reply, Reply> {
        self.check(request, format!("{}|{id}|{}", self.member_and_key(), request.get("amount")))?;
        let payment = self.own(id)?;
        let amount = self.amount(request, &payment)?;
        let switches = &self.world.switches;
        let again = payment.status == "reversed" && payment.captured > payment.refunded;
        if !(again || matches!(payment.status.as_str(), "capturesuccess" | "settled")) {
            return Err(self.refuse("40003", "Transaction not found for that id"));
        }
        if again && !switches.multiple_refund {
            return Err(self.refuse("20011", "Repeated refund is not allowed"));
        }
        if amount < payment.captured && !switches.partial_refund {
            return Err(self.refuse("20012", "Partial refund is not allowed"));
        }
        if self.now - payment.created > Duration::days(switches.refund_days) {
            return Err(self.refuse("20013", "Refund window is over"));
        }
        if amount > payment.captured - payment.refunded {
            return Err(self.refuse("40001", "Refund amount is too high"));
        }
        self.world.change(payment.id, |payment| {
            payment.status = "markedforreversal".to_owned();
            payment.refund_requested = amount;
        });
        if !self.world.switches.slow_refunds {
            self.finish_refund(payment.id);
        }
        Ok(self.done(&payment, "00005", "Transaction refunded successfully"))
    }

    /// The acquirer gives the money back.
    pub fn finish_refund(&mut self, id: u64) {
        let Some(payment) = self.world.payment(&id.to_string()).cloned() else { return };
        if payment.status != "markedforreversal" {
            return;
        }
        self.world.change(id, |payment| {
            payment.refunded += payment.refund_requested;
            payment.refund_requested = 0;
            payment.status = "reversed".to_owned();
        });
        self.book(&payment, Movement::Refunded, payment.refund_requested);
        self.notify(id, Kind::Refund, None);
    }

    fn repeat(&mut self, id: &str, request: &Incoming) -> Result<Reply, Reply> {
        self.check(request, format!("{}|{id}|{}", self.member_and_key(), request.get("amount")))?;
        let first = self.own(id)?;
        if !first.initial {
            return Err(self.refuse("20016", "Not an INITIAL transaction"));
        }
        let amount = self.amount(request, &first)?;
        if !request.has("merchantRedirectUrl") {
            return Err(self.refuse("30007", "Invalid merchantRedirectUrl"));
        }
        self.check_terminal(request)?;
        let new = NewPayment {
            reference: format!("{id}_{}", self.stamp()),
            amount,
            mode: first.mode.clone(),
            brand: first.brand.clone(),
            card: first.card.clone(),
            first_name: first.first_name.clone(),
            last_name: first.last_name.clone(),
            invoice: None,
        };
        let new = self.record(new, request, None);
        let (code, description) = if self.world.switches.decline_charges {
            self.set_status(new, "authfailed", "Do not honour");
            ("10001", "Transaction failed")
        } else {
            self.approve(new);
            ("00001", "Transaction succeeded")
        };
        self.notify(new, Kind::Sale, None);
        let tree = Tree::group()
            .text("paymentId", new.to_string())
            .text("paymentType", request.get("paymentType"))
            .result(code, description)
            .text("timestamp", self.timestamp());
        Ok(Reply::Tree(tree))
    }

    fn inquire(&self, id: &str, request: &Incoming) -> Result<Reply, Reply> {
        self.check(request, format!("{}|{id}", self.member_and_key()))?;
        let found =
            if request.get("idType") == "MID" { self.world.newest(id) } else { self.world.payment(id) };
        let Some(payment) = found else {
            return Ok(Reply::Tree(
                refuse(&[("90001", "Record not found")]).text("timestamp", self.timestamp()),
            ));
        };
        let short = words::in_inquiry(&payment.status);
        let (code, description) = words::result(&payment.status, short);
        let refunded = (payment.status == "reversed").then(|| cents::write(payment.refunded));
        let paid_out = (payment.status == "payoutsuccessful").then(|| cents::write(payment.paid_out));
        let tree = Tree::group()
            .text("paymentId", payment.id.to_string())
            .text("status", payment.status.as_str())
            .text("paymentBrand", payment.brand.as_str())
            .text("paymentMode", payment.mode.as_str())
            .text("firstName", payment.first_name.as_str())
            .text("lastName", payment.last_name.as_str())
            .text("amount", cents::write(payment.amount))
            .text("currency", payment.currency.as_str())
            .text("descriptor", "SHOP EU")
            .result(code, description)
            .with("card", card_tree(payment, self.world.switches.card_storage))
            .with("customer", Tree::group().text("email", payment.email.as_str()))
            .text("timestamp", self.timestamp())
            .text("merchantTransactionId", payment.reference.as_str())
            .text("remark", payment.remark.as_str())
            .text("transactionStatus", short)
            .maybe("refundAmount", refunded)
            .maybe("payoutAmount", paid_out)
            .text("terminalId", payment.terminal.as_str())
            .text("bankReferenceId", "")
            .text("checksum", request.get("authentication.checksum"));
        Ok(Reply::Tree(tree))
    }
}
