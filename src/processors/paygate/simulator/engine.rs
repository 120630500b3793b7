//! What each server call does to the books, and what it answers.

use super::books::{Action, Due, Moved, Payment, StoredCard};
use super::checks;
use super::codec::Params;
use super::replies::{Reply, SUCCESS, card_of, failure, forced, reply};
use super::world::{Merchant, Undecided, World, amount, check_digit_fits};
use chrono::Duration;

/// How a script wants the call to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    Normally,
    /// With the payer's authentication before it, whoever asks.
    AskingPayer,
    /// Taken in, never decided by itself.
    LeftOpen,
    Refused(String),
    /// Done, but the answer says otherwise.
    DoneBut(String),
}

impl World {
    /// Carries a call out whose parameters are decrypted.
    pub fn act(&mut self, merchant: &Merchant, endpoint: &str, params: &Params, how: How) -> Reply {
        if let Err(code) = self.admit(merchant, endpoint, params) {
            return failure(merchant, params, &code);
        }
        let req_id = params.get("ReqID").to_owned();
        // Only a final result is repeated. While the first action is open, the same ReqID is processed again.
        if let Some(answer) = self.books.final_answer(&merchant.id, endpoint, &req_id) {
            return answer;
        }
        match how {
            How::Normally | How::AskingPayer => {}
            // A question that is not decided yet changes nothing of what it asks about.
            How::LeftOpen if endpoint.starts_with("inquire") => return failure(merchant, params, "60600000"),
            How::LeftOpen => return self.leave_open(merchant, endpoint, params),
            How::Refused(code) => {
                let answer = failure(merchant, params, &code);
                self.note(merchant, endpoint, params, Some(answer.clone()));
                return answer;
            }
            How::DoneBut(code) => {
                let answer = self.execute(merchant, endpoint, params);
                self.note(merchant, endpoint, params, Some(answer));
                return failure(merchant, params, &code);
            }
        }
        let answer = self.execute(merchant, endpoint, params);
        self.note(merchant, endpoint, params, Some(answer.clone()));
        answer
    }

    /// Formats, MAC and activation: what is refused here never shows up in the books.
    pub fn admit(&self, merchant: &Merchant, endpoint: &str, params: &Params) -> Result<(), String> {
        if let Some(code) = checks::refuse(endpoint, params) {
            return Err(code);
        }
        let asking = endpoint.starts_with("inquire");
        if !asking {
            let Some((_, keys)) = self.merchants.get(&merchant.id) else { return Err("20500003".to_owned()) };
            let covered = ["PayID", "TransID", "", "Amount", "Currency"].map(|name| params.get(name));
            let right = keys.mac([covered[0], covered[1], &merchant.id, covered[3], covered[4]]);
            if !params.has("MAC") {
                return Err("20100044".to_owned());
            }
            if !params.get("MAC").trim_end().eq_ignore_ascii_case(&right) {
                return Err("20120044".to_owned());
            }
        }
        let active = match endpoint {
            "creditex.aspx" => merchant.creditex,
            "direct.aspx" | "direct3d.aspx" => merchant.direct,
            "stationary.aspx" | "stationary_rev.aspx" => merchant.stationary,
            "twint.aspx" => merchant.twint,
            _ => true,
        };
        if !active {
            return Err("20500060".to_owned());
        }
        if params.has("Amount")
            && endpoint != "reverse.aspx"
            && amount(params) < 100
            && !merchant.small_amounts
        {
            return Err("20600070".to_owned());
        }
        Ok(())
    }

    fn note(&mut self, merchant: &Merchant, endpoint: &str, params: &Params, answer: Option<Reply>) {
        self.remember(Action {
            req_id: params.get("ReqID").to_owned(),
            endpoint: endpoint.to_owned(),
            trans_id: params.get("TransID").to_owned(),
            merchant: merchant.id.clone(),
            minor: amount(params),
            answer,
        });
    }

    fn leave_open(&mut self, merchant: &Merchant, endpoint: &str, params: &Params) -> Reply {
        self.note(merchant, endpoint, params, None);
        let xid = self.new_id();
        let payment = self.open_payment(&merchant.id, params);
        payment.open_actions += 1;
        payment.last_status = "PENDING".to_owned();
        // What is not decided is no step of the payment yet.
        let payment = Payment { last_xid: xid, ..payment.clone() };
        self.undecided.push(Undecided {
            merchant: merchant.id.clone(),
            endpoint: endpoint.to_owned(),
            trans_id: payment.trans_id.clone(),
            params: params.clone(),
        });
        reply(merchant, &payment, "PENDING", "60600000", "waiting for the final result")
    }

    /// Decides the oldest open action of an order. `false` if there is none.
    pub fn decide(&mut self, trans_id: &str, success: bool) -> bool {
        let Some(at) = self.undecided.iter().position(|open| open.trans_id == trans_id) else { return false };
        let open = self.undecided.remove(at);
        let Some((merchant, _)) = self.merchants.get(&open.merchant).cloned() else { return false };
        if let Some(payment) = self.books.payment(&open.merchant, trans_id) {
            payment.open_actions = payment.open_actions.saturating_sub(1);
        }
        let answer = if success {
            self.execute(&merchant, &open.endpoint, &open.params)
        } else {
            if let Some(payment) = self.books.payment(&open.merchant, trans_id) {
                payment.last_status = "FAILED".to_owned();
            }
            failure(&merchant, &open.params, "22060305")
        };
        let first_open = self.books.actions.iter_mut().find(|action| {
            action.trans_id == trans_id && action.endpoint == open.endpoint && action.answer.is_none()
        });
        if let Some(action) = first_open {
            action.answer = Some(answer);
        }
        true
    }

    pub(super) fn execute(&mut self, merchant: &Merchant, endpoint: &str, params: &Params) -> Reply {
        let done = match endpoint {
            "creditex.aspx" => self.creditex(merchant, params),
            "capture.aspx" => self.capture(merchant, params),
            "credit.aspx" => self.credit(merchant, params),
            "reverse.aspx" => self.reverse(merchant, params),
            "cancelAuth.aspx" => self.cancel_auth(merchant, params),
            "authorize.aspx" => self.authorize(merchant, params),
            "direct.aspx" | "stationary.aspx" => self.pay_at_once(merchant, params),
            "stationary_rev.aspx" => self.reverse_at_terminal(merchant, params),
            "direct3d.aspx" => self.first_version_done(merchant, params),
            "RefNrChange.aspx" => self.change_ref_nr(merchant, params),
            "inquire.aspx" | "inquire24.aspx" => return self.inquire(merchant, endpoint, params),
            _ => Err("20600081".to_owned()),
        };
        match done {
            Ok((payment, status)) => {
                let xid = self.new_id();
                if let Some(kept) = self.books.payment(&merchant.id, &payment.trans_id) {
                    kept.last_status = status.to_owned();
                    kept.last_xid = xid.clone();
                }
                // The answer speaks of the order number that was asked with, as some shops number their refunds anew.
                let trans_id = params.get("TransID").to_owned();
                let payment = Payment { last_xid: xid, trans_id, ..payment };
                let mut answer = reply(merchant, &payment, status, SUCCESS, "success");
                if endpoint == "stationary.aspx" {
                    answer.push(("TID".to_owned(), "12345678".to_owned()));
                    answer.push(("AuthCode".to_owned(), "A1B2C3".to_owned()));
                }
                answer
            }
            Err(code) => {
                let known = self.books.find(&merchant.id, params.get("PayID"), params.get("TransID"));
                let refused_payout = endpoint == "creditex.aspx";
                if refused_payout && known.is_none() {
                    self.open_payment(&merchant.id, params);
                }
                if let Some(payment) =
                    self.books.find(&merchant.id, params.get("PayID"), params.get("TransID"))
                {
                    payment.last_status = "FAILED".to_owned();
                }
                failure(merchant, params, &code)
            }
        }
    }

    fn creditex(&mut self, merchant: &Merchant, params: &Params) -> Result<(Payment, &'static str), String> {
        if merchant.unique_trans_id && self.books.payment(&merchant.id, params.get("TransID")).is_some() {
            return Err("20170002".to_owned());
        }
        let card = card_of(params)?;
        self.accept_card(&card)?;
        forced(params)?;
        if amount(params) > merchant.payout_limit {
            return Err("22060313".to_owned());
        }
        let minor = amount(params);
        let payment = self.open_payment(&merchant.id, params);
        payment.credited += minor;
        let payment = payment.clone();
        self.books.record(self.clock.now(), Moved::Payout, &payment, minor);
        Ok((payment, "OK"))
    }

    /// A pseudo number must be one of ours and fit its card; any number needs a valid date.
    pub fn accept_card(&self, card: &StoredCard) -> Result<(), String> {
        if card.number.starts_with('0') {
            let stored = self.books.cards.get(&card.number).ok_or("21000102")?;
            if stored.expiry != card.expiry {
                return Err("21001350".to_owned());
            }
            if stored.brand != card.brand {
                return Err("20120018".to_owned());
            }
        } else if card.number.len() < 12 || !check_digit_fits(&card.number) {
            return Err("21000102".to_owned());
        }
        if card.expiry < self.clock.now().format("%Y%m").to_string() {
            return Err("21000110".to_owned());
        }
        Ok(())
    }

    /// The payment that a follow-up names, if it may be acted on.
    fn follow_up(&mut self, merchant: &Merchant, params: &Params) -> Result<&mut Payment, String> {
        let found = self.books.find(&merchant.id, params.get("PayID"), params.get("TransID"));
        let payment = found.ok_or("20600061")?;
        if merchant.same_trans_id && payment.trans_id != params.get("TransID") {
            return Err("20601431".to_owned());
        }
        if payment.open_actions > 0 {
            return Err("20600062".to_owned());
        }
        if params.has("Currency") && payment.currency != params.get("Currency") {
            return Err("20601802".to_owned());
        }
        Ok(payment)
    }

    fn capture(&mut self, merchant: &Merchant, params: &Params) -> Result<(Payment, &'static str), String> {
        let now = self.clock.now();
        let window = self.refund_window();
        let payment = self.follow_up(merchant, params)?;
        let minor = amount(params);
        if payment.authorized == 0 {
            return Err("20600075".to_owned());
        }
        if payment.captured >= payment.authorized {
            return Err("20600072".to_owned());
        }
        if payment.captured + minor > payment.authorized {
            return Err("20600067".to_owned());
        }
        payment.captured += minor;
        payment.due = None;
        payment.refundable_until = Some(now + window);
        if params.get("FinishAuth").eq_ignore_ascii_case("y") {
            payment.renewal_stopped = true;
        }
        let payment = payment.clone();
        self.books.record(now, Moved::Capture, &payment, minor);
        Ok((payment, "OK"))
    }

    fn credit(&mut self, merchant: &Merchant, params: &Params) -> Result<(Payment, &'static str), String> {
        let now = self.clock.now();
        let payment = self.follow_up(merchant, params)?;
        let minor = amount(params);
        if payment.captured == 0 || payment.credited + minor > payment.captured {
            return Err("20600069".to_owned());
        }
        if payment.refundable_until.is_some_and(|until| until < now) {
            return Err("20600959".to_owned());
        }
        payment.credited += minor;
        let payment = payment.clone();
        self.books.record(now, Moved::Credit, &payment, minor);
        Ok((payment, "OK"))
    }

    /// Undoes the last step, whatever it is: after a capture that means a credit.
    fn reverse(&mut self, merchant: &Merchant, params: &Params) -> Result<(Payment, &'static str), String> {
        let now = self.clock.now();
        let payment = self.follow_up(merchant, params)?;
        let (kind, minor) = if payment.captured > payment.credited {
            (Moved::Credit, payment.captured - payment.credited)
        } else if payment.authorized > 0 && payment.captured == 0 {
            (Moved::Reversal, payment.authorized)
        } else {
            return Err("20601815".to_owned());
        };
        if params.has("Amount") && amount(params) != minor {
            return Err("20601102".to_owned());
        }
        match kind {
            Moved::Credit => payment.credited += minor,
            _ => payment.authorized = 0,
        }
        payment.due = None;
        let payment = payment.clone();
        self.books.record(now, kind, &payment, minor);
        Ok((payment, "OK"))
    }

    /// The slip's own action must be the payment's last one.
    fn reverse_at_terminal(
        &mut self,
        merchant: &Merchant,
        params: &Params,
    ) -> Result<(Payment, &'static str), String> {
        if self.follow_up(merchant, params)?.last_xid != params.get("XID") {
            return Err("20160099".to_owned());
        }
        self.reverse(merchant, params)
    }

    fn cancel_auth(
        &mut self,
        merchant: &Merchant,
        params: &Params,
    ) -> Result<(Payment, &'static str), String> {
        let payment = self.follow_up(merchant, params)?;
        if payment.authorized == 0 {
            return Err("20600075".to_owned());
        }
        payment.renewal_stopped = true;
        Ok((payment.clone(), "OK"))
    }

    fn change_ref_nr(
        &mut self,
        merchant: &Merchant,
        params: &Params,
    ) -> Result<(Payment, &'static str), String> {
        let found = self.books.find(&merchant.id, params.get("PayID"), params.get("TransID"));
        let payment = found.ok_or("20600061")?;
        payment.ref_nr = params.get("RefNr").to_owned();
        Ok((payment.clone(), "OK"))
    }

    fn authorize(&mut self, merchant: &Merchant, params: &Params) -> Result<(Payment, &'static str), String> {
        let payment = self.follow_up(merchant, params)?;
        if payment.authorized > 0 {
            return Err("21000068".to_owned());
        }
        if !payment.ordered {
            return Err("20600063".to_owned());
        }
        if payment.asked != amount(params) {
            return Err("20601520".to_owned());
        }
        forced(params)?;
        let trans_id = payment.trans_id.clone();
        Ok(self.hold(merchant, &trans_id, params.get("Capture")))
    }

    /// A payment whose payer nobody asks any more.
    fn pay_at_once(
        &mut self,
        merchant: &Merchant,
        params: &Params,
    ) -> Result<(Payment, &'static str), String> {
        self.accept_card(&card_of(params)?)?;
        forced(params)?;
        self.open_payment(&merchant.id, params);
        Ok(self.hold(merchant, params.get("TransID"), params.get("Capture")))
    }

    /// Authorises, and captures at once or later as `capture` says.
    pub fn hold(&mut self, merchant: &Merchant, trans_id: &str, capture: &str) -> (Payment, &'static str) {
        let now = self.clock.now();
        let window = self.refund_window();
        let hours: Option<i64> = capture.parse().ok();
        let manual = capture.eq_ignore_ascii_case("MANUAL");
        let at_once = merchant.sale || !(manual || hours.is_some());
        // Whoever calls opened the payment just before.
        let Some(payment) = self.books.payment(&merchant.id, trans_id) else {
            unreachable!("the payment {trans_id} was opened before it is authorised")
        };
        let minor = payment.asked.min(merchant.authorizes_at_most);
        payment.authorized = minor;
        payment.due = hours.map(|hours| (now + Duration::hours(hours), Due::Capture));
        if at_once {
            payment.captured = minor;
            payment.refundable_until = Some(now + window);
        }
        let payment = payment.clone();
        self.books.record(now, Moved::Authorization, &payment, minor);
        if at_once {
            self.books.record(now, Moved::Capture, &payment, minor);
        }
        (payment, if merchant.sale { "OK" } else { "AUTHORIZED" })
    }

    pub fn capture_all(&mut self, key: &(String, String)) {
        let now = self.clock.now();
        let window = self.refund_window();
        let Some(payment) = self.books.payments.get_mut(key) else { return };
        let rest = payment.authorized - payment.captured;
        if rest <= 0 {
            return;
        }
        payment.captured = payment.authorized;
        payment.refundable_until = Some(now + window);
        payment.last_status = "OK".to_owned();
        let payment = payment.clone();
        self.books.record(now, Moved::Capture, &payment, rest);
    }

    fn inquire(&mut self, merchant: &Merchant, endpoint: &str, params: &Params) -> Reply {
        let by_order = endpoint == "inquire24.aspx";
        let pay_id = if by_order { "" } else { params.get("PayID") };
        let xid = self.new_id();
        let Some(payment) = self.books.find(&merchant.id, pay_id, params.get("TransID")) else {
            return failure(merchant, params, if by_order { "20160002" } else { "20600061" });
        };
        let payment = Payment { last_xid: xid, ..payment.clone() };
        let mut answer = reply(merchant, &payment, "OK", SUCCESS, "success");
        for (name, minor) in [
            ("AmountAuth", payment.authorized),
            ("AmountCap", payment.captured),
            ("AmountCred", payment.credited),
        ] {
            answer.push((name.to_owned(), minor.to_string()));
        }
        answer.push(("Currency".to_owned(), payment.currency.clone()));
        answer.push(("LastStatus".to_owned(), payment.last_status.clone()));
        answer
    }
}
