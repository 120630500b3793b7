//! Bytes ↔ `Fields`: the four encodings of the cashier's web service (form, JSON, plain XML, SOAP 1.1 and 1.2).
//!
//! Lives here: reading a request body into an ordered parameter list, finding the name of the method it calls, and
//! writing a reply in the encoding of its request.
//! Does not: what a method or a parameter means, authentication, HTTP. Nothing of a wire format leaks past this room:
//! the same call gives the same `Fields` in every encoding, and the same limits hold in all of them.

mod error;
mod fields;
mod form;
mod json;
mod media_type;
mod reply;
mod soap;
#[cfg(test)]
mod tests;
mod xml;

pub use error::{Kind, WireError};
pub use fields::{Fields, canonical};
pub use media_type::guess;
pub use reply::{Casing, DEFAULT_NAMESPACE, Reply, Value, encode};

use error::Problem;
use media_type::{ContentType, Family};

/// The largest request body that is read, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;

/// The language a caller speaks, and is answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    Form,
    Json,
    Xml,
    Soap11,
    Soap12,
}

impl Encoding {
    pub fn is_soap(self) -> bool {
        match self {
            Encoding::Soap11 | Encoding::Soap12 => true,
            Encoding::Form | Encoding::Json | Encoding::Xml => false,
        }
    }
}

/// A request as far as it can be understood without knowing any method.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    pub encoding: Encoding,
    /// The method as the caller spelled it; compare it through [`canonical`]. `None`: the request names none.
    pub method: Option<String>,
    pub fields: Fields,
}

/// Reads a request. `path_method` is the path segment behind the service's address, if there is one.
pub fn decode(
    content_type: Option<&str>,
    soap_action: Option<&str>,
    path_method: Option<&str>,
    body: &[u8],
) -> Result<Request, WireError> {
    // Whatever goes wrong from here on is answered in this encoding; reading the body can only improve the guess.
    let mut encoding = guess(content_type, soap_action, body);
    let head = Head { content_type, soap_action };
    match read(&head, body, &mut encoding) {
        Ok(message) => {
            let method = route(path_method, &message, head.action());
            Ok(Request { encoding, method, fields: message.fields })
        }
        Err(problem) => Err(WireError::new(encoding, problem)),
    }
}

/// What the HTTP headers say about the body.
struct Head<'a> {
    content_type: Option<&'a str>,
    soap_action: Option<&'a str>,
}

impl<'a> Head<'a> {
    /// SOAP 1.1 has a header of its own for the action, SOAP 1.2 a parameter of the media type.
    fn action(&self) -> Option<&'a str> {
        self.soap_action.or_else(|| ContentType::parse(self.content_type?).ok()?.action)
    }
}

/// The parameters of a call, and the name of the element that held them, if its encoding has one.
struct Message {
    element: Option<String>,
    fields: Fields,
}

fn read(head: &Head<'_>, body: &[u8], encoding: &mut Encoding) -> Result<Message, Problem> {
    if LARGEST_BODY < body.len() {
        return Err(Problem::malformed("the request body is larger than 64 KiB"));
    }
    let declared = head.content_type.filter(|text| !text.trim().is_empty()).map(ContentType::parse);
    let declared = declared.transpose()?;
    let charset = declared.as_ref().and_then(|declared| declared.charset);
    let family = match &declared {
        Some(declared) => declared.family().ok_or_else(|| {
            Problem::malformed(
                "Content-Type must be a form (application/x-www-form-urlencoded), JSON, XML or SOAP",
            )
        })?,
        None => Family::sniff(body),
    };
    match family {
        Family::Form => Ok(Message { element: None, fields: form::read(body, charset)? }),
        Family::Json => {
            Ok(Message { element: None, fields: json::read(media_type::utf8_text(body, charset)?)? })
        }
        Family::TextXml | Family::ApplicationXml | Family::SoapXml => {
            let must_be_soap = match family {
                Family::SoapXml => true,
                Family::TextXml => declared.is_some() && head.soap_action.is_some(),
                Family::ApplicationXml | Family::Form | Family::Json => false,
            };
            read_xml(media_type::utf8_text(body, charset)?, must_be_soap, encoding)
        }
    }
}

/// Plain XML or SOAP: the root element tells.
fn read_xml(text: &str, must_be_soap: bool, encoding: &mut Encoding) -> Result<Message, Problem> {
    let root = xml::document::read(text)?;
    if !must_be_soap && !soap::is_envelope(&root) {
        *encoding = Encoding::Xml;
        return xml::message(root);
    }
    // An envelope of an unknown version is still answered in SOAP.
    if !encoding.is_soap() {
        *encoding = Encoding::Soap11;
    }
    let version = soap::version(&root)?;
    *encoding = version.encoding();
    xml::message(soap::open(root, version)?)
}

/// The method's name: path, then parameter `Method` or `Action`, then element name, then the tail of the SOAP action.
fn route(path: Option<&str>, message: &Message, action: Option<&str>) -> Option<String> {
    let candidates = [
        path,
        message.fields.get("Method"),
        message.fields.get("Action"),
        message.element.as_deref().map(without_request),
        action.map(soap::action_tail).map(without_request),
    ];
    candidates.into_iter().flatten().find(|name| !canonical(name).is_empty()).map(str::to_owned)
}

/// `CreatePayoutRequest` calls `CreatePayout`; WSDL tools like to name the element after the message.
fn without_request(name: &str) -> &str {
    const SUFFIX: &str = "request";
    let Some((stem, suffix)) = name.len().checked_sub(SUFFIX.len()).and_then(|at| name.split_at_checked(at))
    else {
        return name;
    };
    if suffix.eq_ignore_ascii_case(SUFFIX) { stem } else { name }
}
