//! The invoice service.

use super::cents;
use super::desk::{Desk, Reply};
use super::incoming::Incoming;
use super::outgoing::Tree;
use super::payments::is_reference;
use super::world::InvoiceRow;
use chrono::Duration;

impl Desk<'_> {
    pub fn invoice(&mut self, operation: &str, request: &Incoming) -> Reply {
        self.expire_invoices();
        let done = match operation {
            "generate" => self.generate(request),
            "inquiry" | "invoiceTransInquiry" => self.invoice_inquiry(operation, request),
            "cancel" => self.cancel_invoice(request),
            "regenerate" => self.regenerate(request),
            "remind" => self.remind(request),
            _ => Err(self.invoice_error("30004", "Unknown operation")),
        };
        match done {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn expire_invoices(&mut self) {
        let now = self.now;
        for row in &mut self.world.invoices {
            let open = matches!(row.state.as_str(), "generated" | "mailsent");
            if open && now >= row.created + Duration::hours(row.hours) {
                row.state = "expired".to_owned();
            }
        }
    }

    pub fn invoice_error(&self, code: &str, description: &str) -> Reply {
        let result = Tree::group().text("code", code).text("description", description);
        Reply::Tree(Tree::group().with("statusInvoiceResult", result))
    }

    fn invoice_check(&self, request: &Incoming, text: String) -> Result<(), Reply> {
        if self.check(request, text).is_ok() {
            return Ok(());
        }
        Err(self.invoice_error("20001", "Checksum mismatch or unknown member"))
    }

    fn details(&self, code: &str, description: &str, row: &InvoiceRow, payment: bool) -> Reply {
        let result = Tree::group().text("code", code).text("description", description);
        let mut details = Tree::group()
            .text("amount", cents::write(row.amount))
            .text("currency", row.currency.as_str())
            .text("expirationPeriod", row.hours.to_string())
            .text("createdDate", row.created.format("%Y-%m-%d").to_string())
            .text("createdTime", row.created.format("%H:%M:%S").to_string())
            .text("merchantInvoiceId", row.reference.as_str())
            .text("customerEmail", row.email.as_str())
            .text("merchantOrderDescription", row.description.as_str())
            .text("systemInvoiceId", row.id.to_string())
            .text(
                "transactionUrl",
                format!("{}/transaction/PayInvoice?inv={}&ct={}", self.base, row.id, row.pass),
            )
            .text("invoiceStatus", row.state.as_str())
            .maybe("paymentId", row.payment.map(|id| id.to_string()));
        let paid = row.payment.and_then(|id| self.world.payment(&id.to_string()));
        if let Some(paid) = paid.filter(|_| payment) {
            let transaction = Tree::group()
                .text("amount", cents::write(paid.amount))
                .text("currency", paid.currency.as_str())
                .text("systemPaymentId", paid.id.to_string())
                .text("transactionStatus", paid.status.as_str());
            details = details.with("transactionDetails", transaction);
        }
        let tree = Tree::group().text("memberId", self.world.setup.member_id.as_str());
        Reply::Tree(tree.with("statusInvoiceResult", result).with("invoiceDetails", details))
    }

    fn generate(&mut self, request: &Incoming) -> Result<Reply, Reply> {
        let (reference, sum) = (request.get("merchantInvoiceId"), request.get("amount"));
        let redirect = request.get("merchantRedirectUrl");
        self.invoice_check(request, format!("{}|{reference}|{sum}|{redirect}", self.member_and_key()))?;
        let amount = cents::read(sum, request.get("currency"));
        let hours = request.get("invoiceExpirationPeriod").parse::<i64>().ok();
        let (Some(amount), Some(hours)) = (amount, hours.filter(|hours| (1..=999).contains(hours))) else {
            return Err(self.invoice_error("30002", "Invalid amount or expiration period"));
        };
        self.check_invoice_reference(reference)?;
        if redirect.is_empty() {
            return Err(self.invoice_error("30007", "Invalid merchantRedirectUrl"));
        }
        let email = request.get("customer.email").to_owned();
        let row = self.new_invoice(InvoiceRow {
            id: 0,
            reference: reference.to_owned(),
            amount,
            currency: request.get("currency").to_owned(),
            return_url: redirect.to_owned(),
            state: if email.is_empty() { "generated" } else { "mailsent" }.to_owned(),
            hours,
            created: self.now,
            email,
            name: request.get("customer.givenName").to_owned(),
            description: request.get("merchantOrderDescription").to_owned(),
            payment: None,
            reminders: 0,
            pass: String::new(),
        });
        Ok(self.details("00010", "Invoice generated successfully", &row, false))
    }

    fn check_invoice_reference(&self, reference: &str) -> Result<(), Reply> {
        if !is_reference(reference) || reference.len() > 35 {
            return Err(self.invoice_error("30003", "Invalid merchantInvoiceId"));
        }
        let used = self.world.invoices.iter().any(|row| row.reference == reference);
        if used || self.world.newest(reference).is_some() {
            return Err(self.invoice_error("20018", "Duplicate merchantInvoiceId"));
        }
        Ok(())
    }

    fn new_invoice(&mut self, row: InvoiceRow) -> InvoiceRow {
        let id = 3519 + self.world.invoices.len() as u64;
        let row = InvoiceRow { id, pass: self.entropy.hex(8), ..row };
        self.world.invoices.push(row.clone());
        row
    }

    fn invoice_inquiry(&self, operation: &str, request: &Incoming) -> Result<Reply, Reply> {
        let reference = request.get("merchantInvoiceId");
        let signed = match self.world.switches.invoices_by_number {
            true => format!("{}|{}", request.get("invoiceId"), self.member_and_key()),
            false => format!("{}|{reference}", self.member_and_key()),
        };
        self.invoice_check(request, signed)?;
        let found = self.world.invoices.iter().find(|row| row.reference == reference);
        let row = found.ok_or_else(|| self.invoice_error("90001", "Record not found"))?;
        Ok(self.details("00014", "Invoice found", row, operation == "invoiceTransInquiry"))
    }

    /// The invoice a change speaks of.
    fn to_change(&self, request: &Incoming) -> Result<InvoiceRow, Reply> {
        let id = request.get("invoiceId");
        let redirect = request.get("merchantRedirectUrl");
        self.invoice_check(request, format!("{id}|{}|{redirect}", self.member_and_key()))?;
        let found = self.world.invoices.iter().find(|row| row.id.to_string() == id);
        found.cloned().ok_or_else(|| self.invoice_error("90001", "Record not found"))
    }

    fn set_invoice(&mut self, id: u64, change: impl FnOnce(&mut InvoiceRow)) {
        if let Some(row) = self.world.invoices.iter_mut().find(|row| row.id == id) {
            change(row);
        }
    }

    fn cancel_invoice(&mut self, request: &Incoming) -> Result<Reply, Reply> {
        let row = self.to_change(request)?;
        if matches!(row.state.as_str(), "expired" | "cancelled" | "processed" | "regenerated") {
            return Err(self.invoice_error("20019", "Invoice can't be cancelled"));
        }
        self.set_invoice(row.id, |row| row.state = "cancelled".to_owned());
        Ok(self.details("00011", "Invoice cancelled successfully", &row, false))
    }

    fn regenerate(&mut self, request: &Incoming) -> Result<Reply, Reply> {
        let row = self.to_change(request)?;
        if matches!(row.state.as_str(), "mailsent" | "regenerated" | "processed") {
            return Err(self.invoice_error("20020", "Invoice can't be regenerated"));
        }
        let reference = request.get("merchantInvoiceId");
        self.check_invoice_reference(reference)?;
        self.set_invoice(row.id, |row| row.state = "regenerated".to_owned());
        let new = self.new_invoice(InvoiceRow {
            reference: reference.to_owned(),
            state: "generated".to_owned(),
            created: self.now,
            payment: None,
            ..row
        });
        Ok(self.details("00013", "Invoice regenerated successfully", &new, false))
    }

    fn remind(&mut self, request: &Incoming) -> Result<Reply, Reply> {
        let row = self.to_change(request)?;
        if matches!(row.state.as_str(), "cancelled" | "expired") {
            return Err(self.invoice_error("20021", "Invoice can't be reminded"));
        }
        self.set_invoice(row.id, |row| row.reminders += 1);
        Ok(self.details("00012", "Reminder sent", &row, false))
    }
}
