//! What a server call answered, and how much of it may be believed.

use super::codec::{CodecError, Envelope, Fields, mac::OfResult};
use super::codes::{self, Status, Verdict};
use super::settings::Account;
use crate::domain::outcome::Outcome;
use crate::domain::remark::Remark;

/// The parameters of an answer, with what was found out about their origin.
#[derive(Debug)]
pub struct Answer {
    fields: Fields,
    /// Encrypted with the account's key; else anybody on the way could have written it.
    sealed: bool,
    mac: MacFound,
    merchant_fits: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MacFound {
    Right,
    Absent,
    Wrong,
}

/// What people may see of an answer or a notice: these parameters and no others.
pub fn for_people(fields: &Fields) -> String {
    const SHOWN: [&str; 9] =
        ["TransID", "PayID", "XID", "Status", "Code", "Description", "AmountAuth", "AmountCap", "AmountCred"];
    let shown = SHOWN.into_iter().filter_map(|name| Some(format!("{name}={}", fields.present(name)?)));
    shown.collect::<Vec<_>>().join("\n")
}

impl Answer {
    pub fn read(body: &[u8], account: &Account) -> Result<Answer, CodecError> {
        let (fields, sealed) = Envelope::of_answer(body)?.open(&account.cipher)?;
        let covered = OfResult {
            pay_id: fields.text("PayID"),
            trans_id: fields.text("TransID"),
            merchant_id: &account.merchant_id,
            status: fields.text("Status"),
            code: fields.text("Code"),
        };
        let mac = match fields.present("MAC") {
            None => MacFound::Absent,
            Some(mac) if account.mac.verify(&covered.text(), mac) => MacFound::Right,
            Some(_) => MacFound::Wrong,
        };
        let merchant_fits = fields.present("MID").is_none_or(|mid| mid.trim() == account.merchant_id);
        Ok(Answer { fields, sealed, mac, merchant_fits })
    }

    pub fn text(&self, name: &str) -> &str {
        self.fields.text(name)
    }

    /// What people may see of it.
    pub fn for_people(&self) -> String {
        for_people(&self.fields)
    }

    pub fn present(&self, name: &str) -> Option<&str> {
        self.fields.present(name)
    }

    pub fn code(&self) -> &str {
        self.fields.text("Code").trim()
    }

    pub fn status(&self) -> Status {
        Status::read(self.fields.text("Status"))
    }

    /// What the answer says of the action, if it is an answer to our call at all.
    pub fn verdict(&self, trans_id: &str, mac_demanded: bool) -> Verdict {
        match self.distrust(trans_id, mac_demanded) {
            Some(cause) => Verdict::Unknown(cause),
            None => codes::verdict(self.code(), self.status()),
        }
    }

    /// Why the answer proves nothing, if it does not.
    pub fn distrust(&self, trans_id: &str, mac_demanded: bool) -> Option<Remark> {
        if !self.sealed {
            return Some(Remark::InClear);
        }
        if !self.merchant_fits {
            return Some(Remark::OtherMerchant);
        }
        if self.fields.text("TransID") != trans_id {
            return Some(Remark::OtherOrder);
        }
        match self.mac {
            MacFound::Wrong => Some(Remark::MacWrong),
            MacFound::Absent if mac_demanded => Some(Remark::MacMissing),
            MacFound::Absent | MacFound::Right => None,
        }
    }

    /// The code and its meaning in words; the platform's own description only as a remark, and cut.
    pub fn reason(&self) -> String {
        let said: String =
            self.fields.text("Description").chars().filter(|c| !c.is_control()).take(80).collect();
        let said = super::values::card::mask_numbers(&said);
        let meaning = codes::describe(self.code());
        if said.is_empty() { meaning } else { format!("{meaning} ({said})") }
    }

    /// The outcome of an action that moves money out: credit and creditex.
    pub fn outcome(&self, trans_id: &str, mac_demanded: bool) -> Outcome {
        let code = || self.code().to_owned();
        match self.verdict(trans_id, mac_demanded) {
            Verdict::Success => match self.present("PayID") {
                Some(pay_id) => Outcome::Paid { reference: pay_id.to_owned() },
                None => Outcome::Unknown { cause: Remark::NoPayId.into() },
            },
            Verdict::Refused(_) => Outcome::Declined { code: code(), reason: self.reason() },
            Verdict::Open => Outcome::Open { cause: format!("{}: {}", code(), self.reason()) },
            Verdict::Authenticate => Outcome::Unknown { cause: Remark::PayoutAsksSecure.into() },
            Verdict::Unknown(cause) => Outcome::Unknown { cause: self.doubt(cause) },
        }
    }

    pub fn doubt(&self, cause: Remark) -> String {
        let shown: String = self.code().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        format!("{cause} (code {shown})")
    }
}
