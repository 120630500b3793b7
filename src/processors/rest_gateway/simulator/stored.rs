//! Stored cards and accounts: registration, payment by token, deletion, listing.

use super::callbacks::Kind;
use super::cents;
use super::desk::{Desk, Reply};
use super::incoming::Incoming;
use super::outgoing::Tree;
use super::payments::NewPayment;
use super::world::StoredToken;

impl Desk<'_> {
    pub fn register(&mut self, request: &Incoming) -> Reply {
        match self.try_register(request) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn try_register(&mut self, request: &Incoming) -> Result<Reply, Reply> {
        let account = request.get("paymentMode") == "SEPA";
        let what = if account { "bankAccount.bic" } else { "card.number" };
        self.check(request, format!("{}|{}", self.member_and_key(), request.get(what)))?;
        if !self.world.switches.tokenisation {
            return Err(self.refuse("20015", "Tokenisation is not allowed"));
        }
        self.check_terminal(request)?;
        if account && (!request.has("bankAccount.iban") || !request.has("bankAccount.bic")) {
            return Err(self.refuse("30006", "Invalid bankAccount.iban or bankAccount.bic"));
        }
        let card = if account { None } else { Some(self.read_card(request)?) };
        let registration = self.store(card, request);
        if let Ok(token) = self.stored(&registration) {
            self.notify_registration(&token, request.get("notificationUrl"));
        }
        let tree = Tree::group()
            .text("registrationId", registration)
            .text("memberId", self.world.setup.member_id.as_str())
            .text("paymentBrand", request.get("paymentBrand"))
            .text("paymentMode", request.get("paymentMode"))
            .result("00002", "Registration successful")
            .text("timestamp", self.timestamp());
        Ok(Reply::Tree(tree))
    }

    pub fn with_token(&mut self, registration: &str, request: &Incoming) -> Reply {
        let done = match request.get("paymentType") {
            "DL" => self.delete_token(registration, request),
            "DB" | "PA" => self.pay_with_token(registration, request),
            _ => Err(self.refuse("30004", "Invalid paymentType")),
        };
        match done {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn stored(&self, registration: &str) -> Result<StoredToken, Reply> {
        let fits = registration.bytes().all(|b| b.is_ascii_alphanumeric());
        if !(2..=32).contains(&registration.len()) || !fits {
            return Err(self.refuse("30009", "Invalid registrationId"));
        }
        match self.world.stored.iter().find(|token| token.registration == registration) {
            Some(token) if token.active => Ok(token.clone()),
            Some(_) => Err(self.refuse("40005", "Token is deleted")),
            None => Err(self.refuse("40004", "Token is unknown")),
        }
    }

    fn delete_token(&mut self, registration: &str, request: &Incoming) -> Result<Reply, Reply> {
        self.check(request, format!("{}|{registration}", self.member_and_key()))?;
        self.stored(registration)?;
        for token in self.world.stored.iter_mut().filter(|token| token.registration == registration) {
            token.active = false;
        }
        let tree = Tree::group()
            .text("registrationId", registration)
            .result("00003", "Registration successfully deleted")
            .text("timestamp", self.timestamp());
        Ok(Reply::Tree(tree))
    }

    fn pay_with_token(&mut self, registration: &str, request: &Incoming) -> Result<Reply, Reply> {
        let sum = request.get("amount");
        self.check(request, format!("{}|{registration}|{sum}", self.member_and_key()))?;
        let token = self.stored(registration)?;
        let Some(amount) = cents::read(sum, request.get("currency")) else {
            return Err(self.refuse("30002", "Invalid amount"));
        };
        if !request.has("merchantRedirectUrl") {
            return Err(self.refuse("30007", "Invalid merchantRedirectUrl"));
        }
        let terminal = request.get("authentication.terminalId");
        if !terminal.is_empty() && !token.terminal.is_empty() && terminal != token.terminal {
            return Err(self.refuse("20005", "Invalid terminal"));
        }
        // The caller's own reference is not read.
        let new = NewPayment {
            reference: self.stamp(),
            amount,
            mode: token.mode.clone(),
            brand: token.brand.clone(),
            card: token.card.clone(),
            first_name: token.first_name.clone(),
            last_name: token.last_name.clone(),
            invoice: None,
        };
        let id = self.record(new, request, None);
        if self.world.switches.decline_charges {
            self.set_status(id, "authfailed", "Do not honour");
            self.notify(id, Kind::Sale, Some("failed"));
            let tree = Tree::group()
                .text("paymentId", id.to_string())
                .result("10001", "Transaction failed")
                .text("timestamp", self.timestamp())
                .text("transactionStatus", "N");
            return Ok(Reply::Tree(tree));
        }
        Ok(self.process(id))
    }

    pub fn list_tokens(&self, request: &Incoming) -> Reply {
        if let Err(reply) = self.check(request, self.member_and_key()) {
            return reply;
        }
        let customer = request.get("customer.customerId");
        let wanted = |token: &&StoredToken| customer.is_empty() || token.customer == customer;
        let (mut cards, mut accounts) = (Vec::new(), Vec::new());
        for token in self.world.stored.iter().filter(wanted) {
            let row = Tree::group()
                .text("registrationId", token.registration.as_str())
                .text("registrationStatus", if token.active { "Y" } else { "N" });
            match &token.card {
                Some(card) => cards.push(
                    row.text("cardType", token.brand.as_str())
                        .text("bin", card.bin.as_str())
                        .text("last4Digits", card.last_four.as_str())
                        .text("expiryMonth", card.month.as_str())
                        .text("expiryYear", card.year.as_str())
                        .text("customerId", token.customer.as_str()),
                ),
                None => accounts.push(
                    row.text("iban", format!("****************{}", token.account_end))
                        .text("bic", token.bic.as_str()),
                ),
            }
        }
        let mut tree = Tree::group()
            .result("00008", "Request processed")
            .text("memberId", self.world.setup.member_id.as_str())
            .text("timestamp", self.timestamp());
        if !cards.is_empty() {
            tree = tree.with("cards", Tree::group().with("card", Tree::List(cards)));
        }
        if !accounts.is_empty() {
            tree = tree.with("bankaccounts", Tree::group().with("bankaccount", Tree::List(accounts)));
        }
        Reply::Tree(tree)
    }
}
