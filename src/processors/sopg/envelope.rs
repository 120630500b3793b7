//! SOAP 1.1, document/literal, wrapped: one request element out, one return element in.
//!
//! The contract qualifies every element with `urn:pscservice` and fixes their order; a [`Request`] writes fields in
//! the order its operation calls it. Answers are read by (namespace, local name) only: prefixes, order and unknown
//! elements don't matter. A missing wrapper or return element is a protocol error, never a success.

use super::amount;
use super::tree::{self, Element};
use crate::domain::money::Money;
use zeroize::Zeroizing;

pub const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub const PSC: &str = "urn:pscservice";

/// A request that is being written; the first field that can't be written spoils it.
pub struct Request {
    operation: &'static str,
    /// Holds the password, so it is wiped when dropped.
    body: Zeroizing<String>,
    problem: Option<Unwritable>,
}

/// A field that the wire can't carry. Names the field and never quotes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct Unwritable {
    pub field: &'static str,
    pub reason: String,
}

impl Request {
    pub fn new(operation: &'static str) -> Request {
        Request { operation, body: Zeroizing::new(String::with_capacity(2048)), problem: None }
    }

    pub fn operation(&self) -> &'static str {
        self.operation
    }

    pub fn text(mut self, field: &'static str, value: &str) -> Request {
        if !value.chars().all(tree::allowed) {
            self.spoil(field, "holds a character that XML can't carry");
            return self;
        }
        self.tag("<psc:", field);
        for character in value.chars() {
            match character {
                '<' => self.body.push_str("&lt;"),
                '>' => self.body.push_str("&gt;"),
                '&' => self.body.push_str("&amp;"),
                '"' => self.body.push_str("&quot;"),
                '\'' => self.body.push_str("&apos;"),
                // A reader would turn a bare one into a line feed.
                '\r' => self.body.push_str("&#13;"),
                other => self.body.push(other),
            }
        }
        self.tag("</psc:", field);
        self
    }

    pub fn maybe(self, field: &'static str, value: Option<&str>) -> Request {
        match value {
            Some(value) => self.text(field, value),
            None => self,
        }
    }

    pub fn amount(mut self, field: &'static str, money: Money) -> Request {
        match amount::write(money) {
            Ok(text) => self.text(field, &text),
            Err(error) => {
                self.spoil(field, error);
                self
            }
        }
    }

    pub fn flag(self, field: &'static str, value: bool) -> Request {
        self.text(field, if value { "true" } else { "false" })
    }

    /// An element with children of its own.
    pub fn group(mut self, field: &'static str, fill: impl FnOnce(Request) -> Request) -> Request {
        self.tag("<psc:", field);
        let mut filled = fill(self);
        filled.tag("</psc:", field);
        filled
    }

    pub fn finish(self) -> Result<Zeroizing<String>, Unwritable> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let operation = self.operation;
        Ok(Zeroizing::new(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope xmlns:soapenv=\"{SOAP}\" xmlns:psc=\"{PSC}\">\
             <soapenv:Body><psc:{operation}>{}</psc:{operation}></soapenv:Body></soapenv:Envelope>",
            self.body.as_str(),
        )))
    }

    fn tag(&mut self, open: &str, field: &str) {
        self.body.push_str(open);
        self.body.push_str(field);
        self.body.push('>');
    }

    fn spoil(&mut self, field: &'static str, reason: impl ToString) {
        self.problem.get_or_insert(Unwritable { field, reason: reason.to_string() });
    }
}

/// Why the bytes of an answer are not the return element that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("the gateway calls the request wrong: {0}")]
    ClientFault(String),
    #[error("the gateway reports a fault of its own: {0}")]
    ServerFault(String),
    #[error("the answer {0}")]
    NotSoap(#[from] tree::TreeError),
    #[error("the answer has no {0}")]
    Missing(String),
    #[error("the answer's {0} is not readable")]
    BadField(&'static str),
}

/// The return element of an operation's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(Element);

/// `resultCode` and `errorCode`, which every answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes {
    pub result: i32,
    pub error: i32,
}

/// The element inside `<operation>Response`; two operations don't follow the rule.
pub fn return_name(operation: &str) -> String {
    match operation {
        "refund" => "refundRequestReturnType".to_owned(),
        "payout" => "PayoutReturn".to_owned(),
        regular => format!("{regular}Return"),
    }
}

pub fn read(operation: &str, bytes: &[u8]) -> Result<Answer, ReadError> {
    let envelope = tree::read(bytes)?;
    if !envelope.is(SOAP, "Envelope") {
        return Err(ReadError::Missing("SOAP envelope".to_owned()));
    }
    let body = envelope.find(SOAP, "Body").ok_or_else(|| ReadError::Missing("SOAP body".to_owned()))?;
    if let Some(fault) = body.find(SOAP, "Fault") {
        return Err(fault_of(fault));
    }
    let wrapper = format!("{operation}Response");
    let wrapper = body.find(PSC, &wrapper).ok_or(ReadError::Missing(wrapper))?;
    let inner = return_name(operation);
    let inner = wrapper.find(PSC, &inner).ok_or(ReadError::Missing(inner))?;
    Ok(Answer(inner.clone()))
}

/// `faultcode` and `faultstring` are unqualified. What doesn't blame us plainly is the gateway's trouble, so that
/// we ask again rather than give up.
fn fault_of(fault: &Element) -> ReadError {
    let text = |name| fault.find("", name).map(|child| child.text.trim()).unwrap_or_default();
    let code = text("faultcode");
    let code = code.rsplit(':').next().unwrap_or(code);
    let said: String = text("faultstring").chars().take(200).collect();
    if code == "Client" || code.starts_with("Client.") {
        ReadError::ClientFault(said)
    } else {
        ReadError::ServerFault(said)
    }
}

impl Answer {
    /// A field's text as it was sent; absent and nil are both `None`.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.find(PSC, field).filter(|found| !found.nil).map(|found| found.text.as_str())
    }

    /// A field's text without the blanks around it, if anything is left.
    pub fn word(&self, field: &str) -> Option<&str> {
        self.text(field).map(str::trim).filter(|word| !word.is_empty())
    }

    pub fn groups(&self, field: &str) -> Vec<Answer> {
        self.0.all(PSC, field).filter(|found| !found.nil).cloned().map(Answer).collect()
    }

    pub fn number(&self, field: &'static str) -> Result<i32, ReadError> {
        let text = self.word(field).ok_or_else(|| ReadError::Missing(field.to_owned()))?;
        text.strip_prefix('+').unwrap_or(text).parse().map_err(|_| ReadError::BadField(field))
    }

    pub fn codes(&self) -> Result<Codes, ReadError> {
        Ok(Codes { result: self.number("resultCode")?, error: self.number("errorCode")? })
    }

    pub fn is(&self, field: &str, expected: &str) -> bool {
        self.word(field) == Some(expected)
    }
}

impl Codes {
    /// Success means that both are zero.
    pub fn ok(self) -> bool {
        self.result == 0 && self.error == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn everything_is_escaped_and_read_back_as_it_was() {
        let nasty = "a<b&c>\"d'é€\r\n]]> ";
        let body = Request::new("getMid").text("password", nasty).maybe("currency", None).finish().unwrap();
        let root = tree::read(body.as_bytes()).unwrap();
        let call = root.find(SOAP, "Body").unwrap().find(PSC, "getMid").unwrap();
        assert_eq!(call.find(PSC, "password").unwrap().text, nasty);
        assert_eq!(call.children.len(), 1);
    }

    #[test]
    fn a_field_that_does_not_fit_spoils_the_request_without_being_quoted() {
        let eur = Money::from_minor(-1, Currency::find("EUR").unwrap());
        let amount = Request::new("x").amount("amount", eur).finish().unwrap_err();
        assert_eq!(amount.field, "amount");
        let text =
            Request::new("x").text("password", "s3cret\u{0}").text("mtid", "\u{1}").finish().unwrap_err();
        assert_eq!(text.to_string(), "password holds a character that XML can't carry");
    }

    #[test]
    fn answers_are_read_whatever_their_prefixes_order_and_additions() {
        let text = format!(
            "<e:Envelope xmlns:e='{SOAP}'><s:Header xmlns:s='{SOAP}'/><s:Body xmlns:s='{SOAP}'>\
             <payoutResponse xmlns='{PSC}'><PayoutReturn><errorCode> 0 </errorCode><new>1</new><other xmlns='urn:x'/>\
             <resultCode>\n0</resultCode><ptid>p</ptid></PayoutReturn></payoutResponse></s:Body></e:Envelope>"
        );
        let answer = read("payout", text.as_bytes()).unwrap();
        assert!(answer.codes().unwrap().ok());
        assert_eq!(answer.text("ptid"), Some("p"));
        assert_eq!(answer.text("mid"), None);
    }

    #[test]
    fn what_is_not_the_expected_return_is_never_a_success() {
        let wrap = |body: &str| {
            format!("<e:Envelope xmlns:e='{SOAP}' xmlns='{PSC}'><e:Body>{body}</e:Body></e:Envelope>")
        };
        for body in [
            "",
            "<getMidReturn><resultCode>0</resultCode><errorCode>0</errorCode></getMidReturn>",
            "<getMidResponse/>",
            "<getMidResponse><x/></getMidResponse>",
            "<getMidResponse xmlns=''><getMidReturn/></getMidResponse>",
            "<executeDebitResponse><executeDebitReturn/></executeDebitResponse>",
        ] {
            assert!(matches!(read("getMid", wrap(body).as_bytes()), Err(ReadError::Missing(_))), "{body}");
        }
        let html = "<html><body>Bad gateway</body></html>";
        assert!(matches!(read("getMid", html.as_bytes()), Err(ReadError::Missing(_))));
        assert!(matches!(read("getMid", b"Forbidden"), Err(ReadError::NotSoap(_))));
        for codes in ["", "<resultCode>0</resultCode>", "<resultCode>0</resultCode><errorCode>x</errorCode>"]
        {
            let text =
                wrap(&format!("<getMidResponse><getMidReturn>{codes}</getMidReturn></getMidResponse>"));
            assert!(read("getMid", text.as_bytes()).unwrap().codes().is_err(), "{codes}");
        }
    }

    #[test]
    fn faults_say_whose_trouble_it_is() {
        let fault = |code: &str| {
            let text = format!(
                "<s:Envelope xmlns:s='{SOAP}'><s:Body><s:Fault><faultcode>{code}</faultcode>\
                 <faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>"
            );
            read("getMid", text.as_bytes()).unwrap_err()
        };
        assert_eq!(fault("soap:Client"), ReadError::ClientFault("no".to_owned()));
        assert_eq!(fault("Client.Authentication"), ReadError::ClientFault("no".to_owned()));
        for code in ["soap:Server", "Server", "", "soap:MustUnderstand", "Clientele"] {
            assert_eq!(fault(code), ReadError::ServerFault("no".to_owned()), "{code}");
        }
    }
}
