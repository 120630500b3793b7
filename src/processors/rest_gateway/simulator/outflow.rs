//! Payouts, their balance, and the transaction list.

use super::books::Movement;
use super::callbacks::Kind;
use super::cents;
use super::desk::{Desk, Reply};
use super::incoming::Incoming;
use super::outgoing::Tree;
use super::payments::{NewPayment, is_reference};
use super::world::Payment;
use chrono::NaiveDate;

/// A payout to this account fails.
pub const ACCOUNT_DECLINED: &str = "0000000002";
/// So much may be paid out in each currency, in hundredths, unless a test says otherwise.
const BALANCE: i64 = 100_000_000;

impl Desk<'_> {
    pub fn pay_out(&mut self, request: &Incoming) -> Reply {
        match self.try_pay_out(request) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn try_pay_out(&mut self, request: &Incoming) -> Result<Reply, Reply> {
        let (reference, sum) = (request.get("merchantTransactionId"), request.get("amount"));
        let (member, key) = (&self.world.setup.member_id, self.key());
        self.check(request, format!("{member}|{reference}|{sum}|{key}"))?;
        if !is_reference(reference) {
            return Err(self.refuse("30003", "Invalid merchantTransactionId"));
        }
        let back_to = match request.get("paymentId") {
            "" => None,
            id => match self.world.payment(id) {
                Some(payment)
                    if matches!(payment.status.as_str(), "authsuccessful" | "capturesuccess" | "settled") =>
                {
                    Some(payment.clone())
                }
                Some(_) => return Err(self.refuse("20014", "Payment can't be paid back to")),
                None => return Err(self.refuse("40002", "Payment id not found")),
            },
        };
        let transfer = request.get("bankAccount.transferType");
        if back_to.is_none() && transfer.is_empty() {
            return Err(self.refuse("30006", "Invalid bankAccount.transferType"));
        }
        let currency = match (&back_to, request.get("currency")) {
            (Some(payment), "") => payment.currency.clone(),
            (_, currency) => currency.to_owned(),
        };
        let Some(amount) = cents::read(sum, &currency) else {
            return Err(self.refuse("30002", "Invalid amount"));
        };
        if self.world.payments.iter().any(|payment| payment.reference == reference) {
            return Err(self.refuse("20002", "Duplicate merchantTransactionId"));
        }
        self.check_terminal(request)?;
        let balance = self.world.payout_balance.entry(currency.clone()).or_insert(BALANCE);
        if *balance < amount {
            return Err(self.refuse("20017", "Payout balance is too low"));
        }
        let new = NewPayment {
            reference: reference.to_owned(),
            amount,
            mode: back_to.as_ref().map_or("NB", |payment| payment.mode.as_str()).to_owned(),
            brand: back_to.as_ref().map_or("Bank Transfer", |payment| payment.brand.as_str()).to_owned(),
            card: back_to.and_then(|payment| payment.card),
            first_name: request.get("customer.givenName").to_owned(),
            last_name: request.get("customer.surname").to_owned(),
            invoice: None,
        };
        let id = self.record(new, request, None);
        self.world.change(id, |payment| {
            payment.kind = "PO".to_owned();
            payment.status = "payoutstarted".to_owned();
            payment.currency = currency.clone();
        });
        *self.world.payout_balance.entry(currency).or_insert(BALANCE) -= amount;
        // A bank transfer takes its time; everything else is decided at once.
        match (transfer, request.get("bankAccount.bankAccountNumber")) {
            (_, ACCOUNT_DECLINED) => self.finish_payout(id, false),
            ("BT", _) => {}
            (_, _) => self.finish_payout(id, true),
        }
        Ok(Reply::Json(self.payout_answer(id)))
    }

    pub fn finish_payout(&mut self, id: u64, paid: bool) {
        let Some(payment) = self.world.payment(&id.to_string()).cloned() else { return };
        if payment.status != "payoutstarted" {
            return;
        }
        if paid {
            self.set_status(id, "payoutsuccessful", "accepted");
            self.world.change(id, |payment| payment.paid_out = payment.amount);
            self.book(&payment, Movement::PaidOut, payment.amount);
        } else {
            self.set_status(id, "payoutfailed", "rejected");
            *self.world.payout_balance.entry(payment.currency).or_insert(BALANCE) += payment.amount;
        }
        let word = if paid { "PAYOUTSUCCESSFUL" } else { "PAYOUTFAILED" };
        self.notify(id, Kind::Payout, Some(word));
    }

    fn payout_answer(&self, id: u64) -> Tree {
        let Some(payment) = self.world.payment(&id.to_string()) else { return Tree::group() };
        let (short, code, description) = match payment.status.as_str() {
            "payoutsuccessful" => ("Y", "00001", "Transaction succeeded"),
            "payoutfailed" => ("N", "10001", "Transaction failed"),
            _ => ("P", "10004", "Transaction is pending"),
        };
        Tree::group()
            .text("paymentId", payment.id.to_string())
            .text("status", short)
            .text("paymentBrand", payment.brand.as_str())
            .text("paymentMode", payment.mode.as_str())
            .text("amount", cents::write(payment.amount))
            .text("currency", payment.currency.as_str())
            .result(code, description)
            .text("timestamp", self.timestamp())
            .text("merchantTransactionId", payment.reference.as_str())
            .text("remark", payment.remark.as_str())
            .text("transactionStatus", short)
    }

    pub fn balance(&self, member: &str, request: &Incoming) -> Reply {
        if let Err(reply) = self.check(request, self.member_and_key()) {
            return reply;
        }
        if member != self.world.setup.member_id {
            return self.refuse("30001", "Invalid memberId");
        }
        let left = self.world.payout_balance.values().next().copied().unwrap_or(BALANCE);
        let result = Tree::group()
            .text("totalBalance", cents::write(BALANCE))
            .text("currentPayoutBalance", cents::write(left));
        Reply::Tree(Tree::group().with("result", result).text("timestamp", self.timestamp()))
    }

    pub fn list_transactions(&self, request: &Incoming) -> Reply {
        if let Err(reply) = self.check(request, self.member_and_key()) {
            return reply;
        }
        let day = |name| NaiveDate::parse_from_str(request.get(name), "%d/%m/%Y").ok();
        let (from, to) = (day("pagination.fromdate"), day("pagination.todate"));
        if request.has("pagination.fromdate") && from.is_none() {
            return self.refuse("30088", "Invalid from-date");
        }
        if request.has("pagination.todate") && to.is_none() {
            return self.refuse("30089", "Invalid to-date");
        }
        let wanted = |payment: &&Payment| {
            let made = payment.created.date_naive();
            let same = |name: &str, value: &str| !request.has(name) || request.get(name) == value;
            from.is_none_or(|from| made >= from)
                && to.is_none_or(|to| made <= to)
                && same("status", &payment.status)
                && same("paymentId", &payment.id.to_string())
                && same("currency", &payment.currency)
        };
        let number = |name, or| request.get(name).parse::<usize>().unwrap_or(or).max(1);
        let (page, records) = (number("pagination.pageno", 1), number("pagination.records", 30));
        let skipped = (page - 1) * records;
        let rows: Vec<Tree> = self
            .world
            .payments
            .iter()
            .rev()
            .filter(wanted)
            .skip(skipped)
            .take(records)
            .map(|payment| row(payment, self.world.switches.card_storage))
            .collect();
        if rows.is_empty() {
            return self.refuse("90001", "Record not found");
        }
        let tree = Tree::group().result("00029", "Transaction list").with("transaction", Tree::List(rows));
        Reply::Tree(tree.text("timestamp", self.timestamp()))
    }
}

fn row(payment: &Payment, card_shown: bool) -> Tree {
    let card = payment.card.as_ref().filter(|_| card_shown);
    let (bin, end) = card.map(|card| (card.bin.as_str(), card.last_four.as_str())).unwrap_or_default();
    Tree::group()
        .text("systemPaymentId", payment.id.to_string())
        .text("merchantTransactionId", payment.reference.as_str())
        .text("amount", cents::write(payment.amount))
        .text("currency", payment.currency.as_str())
        .text("transactionStatus", payment.status.as_str())
        .text("captureamount", cents::write(payment.captured))
        .text("refundamount", cents::write(payment.refunded))
        .text("payoutamount", cents::write(payment.paid_out))
        .text("date", payment.created.format("%d/%m/%Y").to_string())
        .text("remark", payment.remark.as_str())
        .text("paymentBrand", payment.brand.as_str())
        .text("paymentMode", payment.mode.as_str())
        .text("terminalid", payment.terminal.as_str())
        .text("bankReferenceId", "")
        .with("card", Tree::group().text("bin", bin).text("lastFourDigits", end))
}
