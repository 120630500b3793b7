//! The end of a payment in the browser: books, notification, and the way back to the merchant.

use super::books::{Due, Payment, StoredCard};
use super::codec::Params;
use super::delivery::Letter;
use super::faults::NoticeFault;
use super::replies::{Reply, SUCCESS, reply};
use super::wire::{Call, encode};
use super::world::{Session, World};
use base64::Engine;
use chrono::Duration;

/// Where the browser goes next.
#[derive(Clone, Debug)]
pub struct WayBack {
    pub url: String,
    pub body: String,
    pub by_post: bool,
}

impl World {
    fn call_of(&self, session: &Session) -> Option<Call> {
        let (merchant, keys) = self.merchants.get(&session.merchant)?.clone();
        Some(Call { merchant, keys, params: session.params.clone(), clear: Params::default() })
    }

    /// Ends a card payment. `code` is the result of authentication and checks. Ends only once.
    pub fn finish_card(&mut self, session_id: &str, code: &str) -> Option<WayBack> {
        let session = self.sessions.get(session_id)?.clone();
        let call = self.call_of(&session)?;
        let trans_id = session.params.get("TransID").to_owned();
        let mut code = code.to_owned();
        if !session.done {
            if code == SUCCESS
                && let Some(card) = &session.card
                && let Err(refused) =
                    self.accept_card(card).and_then(|()| super::replies::forced(&session.params))
            {
                code = refused;
            }
            let xid = self.new_id();
            let order = session.params.get("TxType").eq_ignore_ascii_case("Order");
            if code == SUCCESS && order {
                let payment = self.books.payment(&session.merchant, &trans_id)?;
                payment.ordered = true;
                payment.last_status = "OK".to_owned();
            } else if code == SUCCESS {
                let (_, status) = self.hold(&call.merchant, &trans_id, session.params.get("Capture"));
                self.books.payment(&session.merchant, &trans_id)?.last_status = status.to_owned();
            } else {
                self.books.payment(&session.merchant, &trans_id)?.last_status = "FAILED".to_owned();
            }
            self.books.payment(&session.merchant, &trans_id)?.last_xid = xid;
            self.sessions.get_mut(session_id)?.done = true;
        }
        let payment = self.books.payment(&session.merchant, &trans_id)?.clone();
        // A second click ends where the first one did.
        let failed = payment.last_status == "FAILED";
        if failed && code == SUCCESS {
            code = "22060305".to_owned();
        } else if !failed {
            code = SUCCESS.to_owned();
        }
        let mut fields = self.result(&call, &payment, &payment.last_status.clone(), &code);
        if let Some(card) = session.card.clone() {
            self.add_card(&mut fields, &card);
        }
        if !failed && session.params.has("credentialOnFile") {
            let scheme = super::three_ds::scheme_reference(&payment.pay_id);
            fields.push(("schemeReferenceID".to_owned(), scheme));
        }
        self.notify(&call, &fields, session.done, false);
        Some(self.way_back(&call, fields, !failed))
    }

    /// Ends a TWINT payment; without a browser there is only the notification.
    pub fn finish_twint(&mut self, merchant: &str, trans_id: &str, confirmed: bool) -> Option<WayBack> {
        let found = self.sessions.iter().find(|(_, session)| {
            session.merchant == merchant
                && session.params.get("TransID") == trans_id
                && session.endpoint == "twint.aspx"
        });
        let (id, session) = found.map(|(id, session)| (id.clone(), session.clone()))?;
        let call = self.call_of(&session)?;
        let mut status = self.books.payment(merchant, trans_id)?.last_status.clone();
        if !session.done {
            status = if confirmed {
                let capture = if call.merchant.sale { "AUTO" } else { "MANUAL" };
                self.hold(&call.merchant, trans_id, capture).1.to_owned()
            } else {
                "FAILED".to_owned()
            };
            let xid = self.new_id();
            let payment = self.books.payment(merchant, trans_id)?;
            payment.last_status = status.clone();
            payment.last_xid = xid;
            payment.due = None;
            self.sessions.get_mut(&id)?.done = true;
        }
        let payment = self.books.payment(merchant, trans_id)?.clone();
        let failed = status == "FAILED";
        let fields = self.result(&call, &payment, &status, if failed { "20600053" } else { SUCCESS });
        self.notify(&call, &fields, session.done, true);
        Some(self.way_back(&call, fields, !failed))
    }

    /// The payer closes the browser: the final notification comes 30 to 35 or 60 to 65 minutes later.
    pub fn close_twint(&mut self, session_id: &str, confirms_later: bool) {
        let Some(session) = self.sessions.get(session_id).cloned() else { return };
        let minutes =
            if self.entropy.next().is_multiple_of(2) { 30 } else { 60 } + (self.entropy.next() % 6) as i64;
        let due = self.clock.now() + Duration::minutes(minutes);
        let what = if confirms_later { Due::TwintConfirmed } else { Due::TwintAbandoned };
        if let Some(payment) = self.books.payment(&session.merchant, session.params.get("TransID")) {
            payment.due = Some((due, what));
        }
    }

    /// The parameters of a result, signed. Amount and currency are not among them.
    pub fn result(&self, call: &Call, payment: &Payment, status: &str, code: &str) -> Reply {
        let text = if code == SUCCESS { "success" } else { "not done" };
        let mut fields = reply(&call.merchant, payment, status, code, text);
        for echoed in ["UserData", "MsgVer"] {
            if call.params.has(echoed) {
                fields.push((echoed.to_owned(), call.params.get(echoed).to_owned()));
            }
        }
        let mac = call.keys.mac([&payment.pay_id, &payment.trans_id, &call.merchant.id, status, code]);
        fields.push(("MAC".to_owned(), mac));
        fields
    }

    /// The card as the merchant gets to see it: masked, with the pseudo number.
    pub fn add_card(&mut self, fields: &mut Reply, card: &StoredCard) {
        let token = if card.number.starts_with('0') { card.number.clone() } else { self.token_for(card) };
        let (first, last) = (&card.number[..6], &card.number[card.number.len() - 4..]);
        let object = serde_json::json!({
            "number": format!("{first}XXXXXX{last}"),
            "expiryDate": card.expiry,
            "brand": card.brand,
            "bin": { "accountBIN": first },
            "country": { "countryA3": "DEU" },
        });
        let encoded = base64::engine::general_purpose::STANDARD.encode(object.to_string());
        fields.push(("card".to_owned(), encoded));
        fields.push(("PCNr".to_owned(), token));
        fields.push(("CCBrand".to_owned(), card.brand.clone()));
        fields.push(("CCExpiry".to_owned(), card.expiry.clone()));
    }

    /// Posts the notification, once for each payment.
    pub fn notify(&mut self, call: &Call, fields: &Reply, done_before: bool, by_get: bool) {
        if done_before || !call.params.has("URLNotify") {
            return;
        }
        let body = self.in_the_open_or_not(call, fields.clone());
        let forged = {
            let mut fields = fields.clone();
            fields.retain(|(name, _)| name != "MAC" && name != "Status" && name != "Code");
            fields.push(("Status".to_owned(), "OK".to_owned()));
            fields.push(("Code".to_owned(), SUCCESS.to_owned()));
            fields.push(("MAC".to_owned(), "AB".repeat(32)));
            self.in_the_open_or_not(call, fields)
        };
        let foreign = {
            let mut fields = fields.clone();
            fields.retain(|(name, _)| name != "mid");
            fields.push(("mid".to_owned(), "somebody_else".to_owned()));
            self.in_the_open_or_not(call, fields)
        };
        let letter = Letter {
            url: call.params.get("URLNotify").to_owned(),
            by_get,
            body,
            trans_id: call.params.get("TransID").to_owned(),
            due: self.clock.now(),
            attempt: 0,
            held: false,
        };
        self.post(letter, |fault| match fault {
            NoticeFault::ForeignMerchant => foreign.clone(),
            _ => forged.clone(),
        });
    }

    fn way_back(&self, call: &Call, fields: Reply, success: bool) -> WayBack {
        let url = call.params.get(if success { "URLSuccess" } else { "URLFailure" }).to_owned();
        WayBack { url, body: self.in_the_open_or_not(call, fields), by_post: call.merchant.return_by_post }
    }

    /// Encrypted only if the merchant asked for it.
    fn in_the_open_or_not(&self, call: &Call, fields: Reply) -> String {
        if call.params.get("Response").eq_ignore_ascii_case("encrypt")
            || call.params.get("URLSuccess").is_empty()
        {
            return encode(self, call, fields, call.merchant.filling);
        }
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    }
}
