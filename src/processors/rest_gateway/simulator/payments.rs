//! `/payments`: checks in the order of the real thing, then a record, then what the card or brand does.

use super::cents;
use super::desk::{Desk, Reply, card_tree};
use super::incoming::Incoming;
use super::outgoing::{Style, Tree};
use super::world::{Behaviour, Payment, StoredCard, StoredToken};
use chrono::Datelike;

/// Modes that send the customer to a provider's page.
const AWAY: [&str; 4] = ["NB", "EW", "PV", "UPI"];

/// What a new payment is made of.
pub(super) struct NewPayment {
    pub reference: String,
    pub amount: i64,
    pub mode: String,
    pub brand: String,
    pub card: Option<StoredCard>,
    pub first_name: String,
    pub last_name: String,
    pub invoice: Option<u64>,
}

impl Desk<'_> {
    pub fn pay(&mut self, request: &Incoming) -> Reply {
        match self.try_pay(request) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn try_pay(&mut self, request: &Incoming) -> Result<Reply, Reply> {
        let (reference, sum) = (request.get("merchantTransactionId"), request.get("amount"));
        let currency = request.get("currency");
        if !matches!(request.get("paymentType"), "PA" | "DB") {
            return Err(self.refuse("30004", "Invalid paymentType"));
        }
        if request.get("authentication.memberId") != self.world.setup.member_id {
            return Err(self.refuse("30001", "Invalid memberId"));
        }
        let Some(amount) = cents::read(sum, currency) else {
            return Err(self.refuse("30002", "Invalid amount"));
        };
        if !is_reference(reference) {
            return Err(self.refuse("30003", "Invalid merchantTransactionId"));
        }
        self.check(request, format!("{}|{reference}|{sum}", self.member_and_key()))?;
        if !matches!(request.get("recurringType"), "" | "INITIAL") {
            return Err(self.refuse("30005", "Invalid recurringType"));
        }
        if request.has("recurringType") && !self.world.switches.recurring {
            return Err(self.refuse("20016", "Recurring is not allowed"));
        }
        let (mode, brand) = (request.get("paymentMode"), request.get("paymentBrand"));
        if mode.is_empty() || brand.is_empty() || currency.len() != 3 {
            return Err(self.refuse("30006", "Invalid paymentMode, paymentBrand or currency"));
        }
        if !request.has("merchantRedirectUrl") {
            return Err(self.refuse("30007", "Invalid merchantRedirectUrl"));
        }
        self.check_duplicate(reference)?;
        self.check_terminal(request)?;
        let card = if mode == "CC" { Some(self.read_card(request)?) } else { None };
        let wants_token = request.get("createRegistration") == "true";
        if wants_token && !self.world.switches.tokenisation {
            return Err(self.refuse("20015", "Tokenisation is not allowed"));
        }
        let registration = match &card {
            Some(card) if wants_token => Some(self.store(Some(card.clone()), request)),
            Some(_) | None => None,
        };
        let new = NewPayment {
            reference: reference.to_owned(),
            amount,
            mode: mode.to_owned(),
            brand: brand.to_owned(),
            card,
            first_name: request.get("customer.givenName").to_owned(),
            last_name: request.get("customer.surname").to_owned(),
            invoice: None,
        };
        let id = self.record(new, request, registration);
        Ok(self.process(id))
    }

    fn check_duplicate(&self, reference: &str) -> Result<(), Reply> {
        let frees: &[&str] =
            if self.world.switches.unique_order { &["failed"] } else { &["begun", "failed", "authfailed"] };
        let blocked =
            |payment: &&Payment| payment.reference == reference && !frees.contains(&payment.status.as_str());
        match self.world.payments.iter().find(blocked) {
            Some(_) => Err(self.refuse("20002", "Duplicate merchantTransactionId")),
            None => Ok(()),
        }
    }

    pub fn check_terminal(&self, request: &Incoming) -> Result<(), Reply> {
        let terminal = request.get("authentication.terminalId");
        if terminal.is_empty() || terminal == self.world.setup.terminal_id {
            return Ok(());
        }
        Err(self.refuse("20005", "Invalid terminal"))
    }

    pub fn read_card(&self, request: &Incoming) -> Result<StoredCard, Reply> {
        let (number, month, year) =
            (request.get("card.number"), request.get("card.expiryMonth"), request.get("card.expiryYear"));
        let month_number = month.parse::<u32>().unwrap_or(0);
        let year_number = year.parse::<i32>().unwrap_or(0);
        let past = (year_number, month_number) < (self.now.year(), self.now.month());
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        if !(12..=19).contains(&number.len()) || !digits || !(1..=12).contains(&month_number) || past {
            return Err(self.refuse("30006", "Invalid card field"));
        }
        if !luhn(number) {
            return Err(self.refuse("20006", "Invalid card number"));
        }
        if !request.has("customer.givenName")
            && !request.has("shipping.givenName")
            && !request.has("card.holder")
        {
            return Err(self.refuse("30006", "Invalid customer.givenName"));
        }
        Ok(StoredCard {
            behaviour: Behaviour::of(number),
            bin: number[..6].to_owned(),
            last_four: number[number.len() - 4..].to_owned(),
            month: format!("{month_number:02}"),
            year: year.to_owned(),
            holder: format!("{} {}", request.get("customer.givenName"), request.get("customer.surname")),
        })
    }

    /// A card, or the account of the request.
    pub fn store(&mut self, card: Option<StoredCard>, request: &Incoming) -> String {
        let registration = self.entropy.hex(16);
        let iban = request.get("bankAccount.iban");
        self.world.stored.push(StoredToken {
            registration: registration.clone(),
            active: true,
            brand: request.get("paymentBrand").to_owned(),
            mode: request.get("paymentMode").to_owned(),
            terminal: request.get("authentication.terminalId").to_owned(),
            card,
            account_end: iban.chars().skip(iban.chars().count().saturating_sub(4)).collect(),
            bic: request.get("bankAccount.bic").to_owned(),
            first_name: request.get("customer.givenName").to_owned(),
            last_name: request.get("customer.surname").to_owned(),
            customer: request.get("customer.customerId").to_owned(),
        });
        registration
    }

    pub fn record(&mut self, new: NewPayment, request: &Incoming, registration: Option<String>) -> u64 {
        let id = self.next_payment_id();
        self.world.payments.push(Payment {
            id,
            reference: new.reference,
            kind: request.get("paymentType").to_owned(),
            status: "authstarted".to_owned(),
            amount: new.amount,
            currency: request.get("currency").to_owned(),
            captured: 0,
            refunded: 0,
            refund_requested: 0,
            paid_out: 0,
            mode: new.mode,
            brand: new.brand,
            terminal: self.world.setup.terminal_id.clone(),
            card: new.card,
            first_name: new.first_name,
            last_name: new.last_name,
            email: request.get("customer.email").to_owned(),
            return_url: request.get("merchantRedirectUrl").to_owned(),
            return_by_get: request.get("redirectMethod") == "GET",
            notify_url: request.get("notificationUrl").to_owned(),
            remark: String::new(),
            registration,
            initial: request.get("recurringType") == "INITIAL",
            invoice: new.invoice,
            created: self.now,
            session: self.entropy.hex(16),
        });
        id
    }

    /// What happens to a fresh payment, and what is answered.
    pub fn process(&mut self, id: u64) -> Reply {
        let Some(payment) = self.world.payment(&id.to_string()).cloned() else { return Reply::Crash };
        let behaviour = payment.card.as_ref().map(|card| card.behaviour);
        match behaviour {
            Some(Behaviour::ThreeD) => {
                self.set_status(id, "authstarted_3D", "");
                return Reply::Tree(self.to_acs(&payment));
            }
            Some(Behaviour::Decline) => {
                self.set_status(id, "authfailed", "Do not honour");
                self.notify(id, super::callbacks::Kind::Sale, Some("failed"));
            }
            Some(Behaviour::Pending) => {}
            Some(Behaviour::Approve | Behaviour::Silent | Behaviour::Crash) => {
                self.approve(id);
                self.notify(id, super::callbacks::Kind::Sale, Some("success"));
            }
            None if AWAY.contains(&payment.mode.as_str()) => return Reply::Tree(self.to_provider(&payment)),
            None => {
                self.approve(id);
                self.notify(id, super::callbacks::Kind::Sale, Some("success"));
            }
        }
        match behaviour {
            Some(Behaviour::Silent) => Reply::Silence,
            Some(Behaviour::Crash) => Reply::Crash,
            _ => Reply::Tree(self.placed(id)),
        }
    }

    fn placed(&self, id: u64) -> Tree {
        let Some(payment) = self.world.payment(&id.to_string()) else { return Tree::group() };
        let (short, code, description) = match payment.status.as_str() {
            "authsuccessful" | "capturesuccess" => ("Y", "00001", "Transaction succeeded"),
            "authstarted" => ("P", "10004", "Transaction is pending"),
            _ => ("N", "10001", "Transaction failed"),
        };
        self.echo(payment)
            .result(code, description)
            .with("card", card_tree(payment, self.world.switches.card_storage))
            .text("timestamp", self.timestamp())
            .text("transactionStatus", short)
            .text("merchantTransactionId", payment.reference.as_str())
            .text("remark", payment.remark.as_str())
            .text("tmpl_amount", cents::write(payment.amount))
            .text("tmpl_currency", payment.currency.as_str())
            .maybe("registrationId", payment.registration.as_deref())
    }

    fn echo(&self, payment: &Payment) -> Tree {
        Tree::group()
            .text("paymentId", payment.id.to_string())
            .text("paymentType", payment.kind.as_str())
            .text("paymentBrand", payment.brand.as_str())
            .text("paymentMode", payment.mode.as_str())
            .text("amount", cents::write(payment.amount))
            .text("currency", payment.currency.as_str())
            .text("descriptor", "SHOP EU")
    }

    fn to_acs(&self, payment: &Payment) -> Tree {
        let pair = |name: &str, value: &str| Tree::group().text("name", name).text("value", value);
        // One parameter, so that the mapped style shows its bare object.
        let parameters = Tree::List(vec![pair("creq", &payment.session)]);
        let list = match self.world.switches.style {
            Style::Mapped => "parameters",
            Style::Arrays => "listofParameters",
        };
        let redirect = Tree::group()
            .text("url", format!("{}/acs/challenge", self.base))
            .text("method", "POST")
            .text("target", "_blank")
            .with(list, parameters);
        self.echo(payment)
            .result("90026", "ThreeD Authentication Pending")
            .with("redirect", redirect)
            .with("card", card_tree(payment, self.world.switches.card_storage))
            .text("timestamp", self.timestamp())
            .text("transactionStatus", "3D")
            .maybe("registrationId", payment.registration.as_deref())
    }

    fn to_provider(&self, payment: &Payment) -> Tree {
        let url = format!("{}/provider?session={}", self.base, payment.session);
        self.echo(payment)
            .result("10004", "Transaction is pending")
            .with("redirect", Tree::group().text("url", url).text("method", "GET"))
            .text("timestamp", self.timestamp())
            .text("transactionStatus", "P")
    }
}

pub(super) fn is_reference(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-');
    (1..=100).contains(&text.len()) && !text.starts_with(' ') && text.chars().all(fits)
}

fn luhn(number: &str) -> bool {
    let mut sum = 0;
    for (place, digit) in number.bytes().rev().enumerate() {
        let digit = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
        sum += digit / 10 + digit % 10;
    }
    sum % 10 == 0
}
