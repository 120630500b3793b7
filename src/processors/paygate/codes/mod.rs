//! What Paygate's eight-character result codes mean: `S MMM DDDD`, status, module, detail.
//!
//! Nothing is success but `00000000`. A code we do not know, or one that contradicts the status beside it, says
//! nothing about the money, and is reported as unknown.

mod table;

use crate::domain::remark::Remark;

/// The classes of details, as far as they lead to different conduct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Refused; the customer may try again.
    Declined,
    /// Refused, and this card will never do.
    DeclinedFinal,
    /// Refused by a rule against fraud.
    Risk,
    /// The payer was not authenticated.
    Authentication,
    /// The payer gave up.
    Cancelled,
    /// Our own mistake or setting.
    Request,
    /// The action does not fit the state of the payment.
    State,
    /// Refused for now.
    TryLater,
    /// It was done before: ask, and take that result.
    Duplicate,
    Pending,
    UnknownOutcome,
    /// A remark that decides nothing.
    Information,
}

/// What an answer says of the action that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Success,
    /// Not done, for good: the same action needs a new attempt of its own.
    Refused(Class),
    /// The platform has not decided.
    Open,
    /// The payer has to be authenticated first.
    Authenticate,
    /// We cannot know.
    Unknown(Remark),
}

/// The state of a payment in words; case does not matter on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    Authorized,
    Failed,
    Pending,
    AuthenticationRequest,
    AuthorizeRequest,
    Absent,
    Other,
}

impl Status {
    pub fn read(text: &str) -> Status {
        match text.trim().to_ascii_uppercase().as_str() {
            "OK" => Status::Ok,
            "AUTHORIZED" => Status::Authorized,
            "FAILED" => Status::Failed,
            "PENDING" => Status::Pending,
            "AUTHENTICATION_REQUEST" => Status::AuthenticationRequest,
            "AUTHORIZE_REQUEST" => Status::AuthorizeRequest,
            "" => Status::Absent,
            _ => Status::Other,
        }
    }
}

/// Code and status together; where they contradict each other nothing is believed.
pub fn verdict(code: &str, status: Status) -> Verdict {
    let Some(parts) = Parts::split(code) else {
        return Verdict::Unknown(Remark::CodeShort);
    };
    match (parts.status, status) {
        ('0', Status::Ok | Status::Authorized) if code == "00000000" => Verdict::Success,
        ('0', Status::Pending) if code == "00000000" => Verdict::Open,
        ('0', Status::AuthenticationRequest) if code == "00000000" => Verdict::Authenticate,
        ('0', Status::AuthorizeRequest) if code == "00000000" => Verdict::Open,
        ('2', Status::Failed) => parts.refusal(),
        ('2', Status::Pending) if parts.class() == Some(Class::Pending) => Verdict::Open,
        ('6', Status::Pending) => Verdict::Open,
        ('7', Status::AuthenticationRequest | Status::Pending) => Verdict::Authenticate,
        ('4', Status::Failed) => Verdict::Unknown(Remark::FatalThere),
        ('0' | '2' | '4' | '6' | '7', _) => Verdict::Unknown(Remark::CodeContradicts),
        _ => Verdict::Unknown(Remark::CodeUnknown),
    }
}

/// Whether the code says that a payment is not known there.
pub fn says_not_found(code: &str) -> bool {
    let Some(parts) = Parts::split(code).filter(|parts| parts.status == '2') else { return false };
    match parts.module {
        "016" => matches!(parts.detail, "0001" | "0002"),
        _ => !parts.names_parameter() && parts.detail == "0061",
    }
}

/// The code in words, for people only.
pub fn describe(code: &str) -> String {
    let Some(parts) = Parts::split(code) else { return "not a result code".to_owned() };
    let module = find(table::MODULES, parts.module).unwrap_or("unknown module");
    if code == "00000000" {
        return "success".to_owned();
    }
    let detail = if parts.names_parameter() { find(table::PARAMETERS, parts.detail) } else { parts.text() };
    format!("{module}: {}", detail.unwrap_or("unknown detail"))
}

struct Parts<'a> {
    status: char,
    module: &'a str,
    detail: &'a str,
}

impl<'a> Parts<'a> {
    fn split(code: &'a str) -> Option<Parts<'a>> {
        if code.len() != 8 || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let status = code.chars().next()?;
        Some(Parts { status, module: &code[1..4], detail: &code[4..] })
    }

    fn names_parameter(&self) -> bool {
        self.module.starts_with("01")
    }

    fn is_three_ds(&self) -> bool {
        self.module == "120"
    }

    fn refusal(&self) -> Verdict {
        let Some(class) = self.class() else {
            return Verdict::Unknown(Remark::DetailUnknown);
        };
        match class {
            Class::UnknownOutcome => Verdict::Unknown(Remark::UnknownThere),
            Class::Duplicate => Verdict::Unknown(Remark::DoneBefore),
            Class::Information => Verdict::Unknown(Remark::DecidesNothing),
            Class::Pending => Verdict::Open,
            // What runs there may be this very action, sent before.
            Class::TryLater if matches!(self.detail, "0062" | "0064" | "0065" | "0066") => Verdict::Open,
            refused @ (Class::Declined
            | Class::DeclinedFinal
            | Class::Risk
            | Class::Authentication
            | Class::Cancelled
            | Class::Request
            | Class::State
            | Class::TryLater) => Verdict::Refused(refused),
        }
    }

    fn class(&self) -> Option<Class> {
        if self.names_parameter() {
            find(table::MODULES, self.module)?;
            // TransID or ReqID is present already: an earlier try got through.
            let present = self.module == "017" && matches!(self.detail, "0002" | "0004");
            return Some(if present { Class::Duplicate } else { Class::Request });
        }
        if self.is_three_ds() && find(table::THREE_DS, self.detail).is_some() {
            return Some(Class::Authentication);
        }
        let listed = table::DETAILS.iter().find(|(detail, _, _)| *detail == self.detail);
        listed.map(|(_, class, _)| *class).or_else(|| ranged(self.detail).map(|(class, _)| class))
    }

    fn text(&self) -> Option<&'static str> {
        if self.is_three_ds()
            && let Some(text) = find(table::THREE_DS, self.detail)
        {
            return Some(text);
        }
        let listed = table::DETAILS.iter().find(|(detail, _, _)| *detail == self.detail);
        listed.map(|(_, _, text)| *text).or_else(|| ranged(self.detail).map(|(_, text)| text))
    }
}

/// Details that are published as ranges.
fn ranged(detail: &str) -> Option<(Class, &'static str)> {
    let (family, last) = detail.split_at(3);
    match (family, last.as_bytes().first()?) {
        ("011" | "012" | "013", b'A'..=b'I') => return Some((Class::Risk, "fraud rule")),
        ("014", b'A'..=b'I') => return Some((Class::Risk, "SecurePay rule")),
        _ => {}
    }
    match detail.parse::<u16>().ok()? {
        161..=169 => Some((Class::Risk, "fraud rule")),
        170 => Some((Class::Information, "allow list")),
        1000..=1170 | 4000..=4910 | 9000..=9201 => Some((Class::Authentication, "3-D Secure 1 error")),
        _ => None,
    }
}

fn find(table: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == key).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn failed(code: &str) -> Verdict {
        verdict(code, Status::read("failed"))
    }

    #[test]
    fn only_eight_zeros_with_a_fitting_status_are_success() {
        assert_eq!(verdict("00000000", Status::read("authorized")), Verdict::Success);
        assert_eq!(verdict("00000000", Status::Ok), Verdict::Success);
        for (code, status) in [
            ("00000000", Status::Failed),
            ("00000000", Status::Absent),
            ("00000000", Status::Other),
            ("00000054", Status::Ok),
            ("0000000", Status::Ok),
            ("22060305", Status::Ok),
            ("40000050", Status::Failed),
            ("90000000", Status::Ok),
            ("60000985", Status::Failed),
            ("", Status::Ok),
        ] {
            assert!(matches!(verdict(code, status), Verdict::Unknown(_)), "{code} {status:?}");
        }
    }

    #[test]
    fn refusals_doubts_and_waits_are_told_apart() {
        for (code, class) in [
            ("22060305", Class::Declined),
            ("22720341", Class::DeclinedFinal),
            ("2294011B", Class::Risk),
            ("2294014B", Class::Risk),
            ("22060200", Class::Authentication),
            ("21500053", Class::Cancelled),
            ("20120044", Class::Request),
            // With a parameter module the detail is a parameter, so 0050 is no system error and 0002 no order.
            ("20110050", Class::Request),
            ("20160002", Class::Request),
            ("21000068", Class::State),
            ("20600803", Class::TryLater),
            ("21200301", Class::Authentication),
            ("21204500", Class::Authentication),
        ] {
            assert_eq!(failed(code), Verdict::Refused(class), "{code}");
        }
        for code in
            ["22720040", "22060301", "20170002", "20170004", "22061515", "22069040", "2206ZZZZ", "22063333"]
        {
            assert!(matches!(failed(code), Verdict::Unknown(_)), "{code}");
        }
        assert_eq!(verdict("21500985", Status::Pending), Verdict::Open);
        assert_eq!(failed("20600062"), Verdict::Open);
        assert_eq!(verdict("60000000", Status::Pending), Verdict::Open);
        assert_eq!(verdict("70000000", Status::AuthenticationRequest), Verdict::Authenticate);
    }

    #[test]
    fn not_found_is_only_what_says_so() {
        for code in ["20600061", "20160001", "20160002"] {
            assert!(says_not_found(code), "{code}");
        }
        for code in ["20110061", "40600061", "00000061", "20160003", "22060305", ""] {
            assert!(!says_not_found(code), "{code}");
        }
    }

    #[test]
    fn codes_are_put_into_words() {
        assert_eq!(describe("22060305"), "cards over GICC: refused by the authorisation system");
        assert_eq!(describe("20120044"), "parameter value invalid: MAC");
        assert_eq!(describe("2294011B"), "CB2A France: fraud rule");
        assert_eq!(describe("00000000"), "success");
        assert_eq!(describe("99999999"), "unknown module: unknown detail");
    }

    proptest! {
        #[test]
        fn no_code_but_one_is_success(code in "[0-9A-Z]{0,9}", status in "(OK|AUTHORIZED|FAILED|PENDING|)") {
            prop_assume!(code != "00000000");
            prop_assert_ne!(verdict(&code, Status::read(&status)), Verdict::Success);
            describe(&code);
        }
    }
}
