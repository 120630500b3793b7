//! Which encoding a body is in: by its declared media type, else by its first byte; and in which characters.

use super::error::Problem;
use super::{Encoding, soap};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// An envelope is recognised by its namespace, which a broken body may still show in its beginning.
const ENVELOPE_WITHIN: usize = 1024;

/// The bodies that are read by different rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Form,
    Json,
    /// `text/xml`: plain, unless there is an envelope or a SOAP action.
    TextXml,
    /// `application/xml`: plain, unless there is an envelope.
    ApplicationXml,
    /// `application/soap+xml`: always an envelope.
    SoapXml,
}

impl Family {
    /// By the first byte that is not blank: `{` is JSON, `<` is XML, anything else a form.
    pub fn sniff(body: &[u8]) -> Family {
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Family::Json,
            Some(b'<') => Family::TextXml,
            Some(_) | None => Family::Form,
        }
    }
}

/// The parts of a `Content-Type` header that matter here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ContentType<'a> {
    essence: &'a str,
    pub charset: Option<&'a str>,
    /// The SOAP 1.2 way to name the operation.
    pub action: Option<&'a str>,
}

impl<'a> ContentType<'a> {
    pub fn parse(header: &'a str) -> Result<ContentType<'a>, Problem> {
        let mut parts = split_outside_quotes(header);
        let essence = parts.next().unwrap_or_default().trim();
        let mut found = ContentType { essence, charset: None, action: None };
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            let unreadable = || Problem::malformed("Content-Type has a parameter that can't be read");
            let (name, value) = part.split_once('=').ok_or_else(unreadable)?;
            let value = unquoted(value.trim()).ok_or_else(unreadable)?;
            let slot = match name.trim().to_ascii_lowercase().as_str() {
                "charset" => &mut found.charset,
                "action" => &mut found.action,
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(Problem::malformed("Content-Type gives a parameter twice"));
            }
        }
        Ok(found)
    }

    pub fn family(&self) -> Option<Family> {
        match self.essence.to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Some(Family::Form),
            "application/json" => Some(Family::Json),
            "text/xml" => Some(Family::TextXml),
            "application/xml" => Some(Family::ApplicationXml),
            "application/soap+xml" => Some(Family::SoapXml),
            _ => None,
        }
    }
}

fn split_outside_quotes(header: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    header.split(move |c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    })
}

fn unquoted(value: &str) -> Option<&str> {
    let inner = match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => value,
    };
    let plain = !inner.is_empty() && !inner.contains(['"', '\\']);
    plain.then_some(inner)
}

/// The encoding in which a request is answered whatever becomes of it. Never fails; `beginning` may be cut anywhere.
pub fn guess(content_type: Option<&str>, soap_action: Option<&str>, beginning: &[u8]) -> Encoding {
    // The parameters don't matter here, and may be broken.
    let essence = content_type.map(|header| header.split(';').next().unwrap_or_default().trim());
    let declared = essence.and_then(|essence| ContentType { essence, charset: None, action: None }.family());
    let by_action = if soap_action.is_some() { Encoding::Soap11 } else { Encoding::Xml };
    match declared.unwrap_or_else(|| Family::sniff(beginning)) {
        Family::Form => Encoding::Form,
        Family::Json => Encoding::Json,
        Family::TextXml => envelope_in(beginning).unwrap_or(by_action),
        Family::ApplicationXml => envelope_in(beginning).unwrap_or(Encoding::Xml),
        Family::SoapXml => envelope_in(beginning).unwrap_or(Encoding::Soap12),
    }
}

fn envelope_in(beginning: &[u8]) -> Option<Encoding> {
    let beginning = &beginning[..beginning.len().min(ENVELOPE_WITHIN)];
    let shows = |namespace: &str| beginning.windows(namespace.len()).any(|part| part == namespace.as_bytes());
    [soap::Version::Soap11, soap::Version::Soap12]
        .into_iter()
        .find(|version| shows(version.namespace()))
        .map(soap::Version::encoding)
}

/// The text of a JSON or XML body: UTF-8 and nothing else, with or without its byte order mark.
pub(super) fn utf8_text<'a>(body: &'a [u8], charset: Option<&str>) -> Result<&'a str, Problem> {
    if charset.is_some_and(|label| !is_utf8(label, body)) {
        return Err(Problem::malformed("the charset must be UTF-8"));
    }
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    std::str::from_utf8(body).map_err(|_| Problem::malformed("the body is not valid UTF-8"))
}

/// Plain ASCII is UTF-8 too, as long as the body keeps to it.
pub(super) fn is_utf8(label: &str, body: &[u8]) -> bool {
    let is_one_of = |names: [&str; 2]| names.iter().any(|name| label.eq_ignore_ascii_case(name));
    is_one_of(["utf-8", "utf8"]) || (is_one_of(["us-ascii", "ascii"]) && body.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_with_and_without_quotes() {
        let plain = ContentType::parse("application/json;charset=UTF-8").unwrap();
        assert_eq!((plain.family(), plain.charset), (Some(Family::Json), Some("UTF-8")));
        let quoted = ContentType::parse(
            "Application/SOAP+xml ; action=\"urn:a;b/CreatePayout\"; Charset = \"utf-8\";",
        )
        .unwrap();
        assert_eq!(quoted.family(), Some(Family::SoapXml));
        assert_eq!(quoted.charset, Some("utf-8"));
        assert_eq!(quoted.action, Some("urn:a;b/CreatePayout"));
    }

    #[test]
    fn broken_or_contradictory_parameters_are_refused() {
        for header in [
            "application/json; charset",
            "application/json; charset=",
            "application/json; charset=\"utf-8",
            "application/json; charset=\"\"",
            "application/json; charset=utf-8; charset=utf-16",
        ] {
            assert!(ContentType::parse(header).is_err(), "{header}");
        }
    }

    #[test]
    fn a_body_without_a_type_is_known_by_its_first_byte() {
        assert_eq!(Family::sniff(b" \r\n{}"), Family::Json);
        assert_eq!(Family::sniff(b"\xef\xbb\xbf<a/>"), Family::TextXml);
        assert_eq!(Family::sniff(b"PIN=1"), Family::Form);
        assert_eq!(Family::sniff(b""), Family::Form);
    }

    #[test]
    fn the_guess_follows_the_type_then_the_look_then_form() {
        let soap12 = br#"<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><<<"#;
        let soap11 = br#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><<<"#;
        for (content_type, action, body, expected) in [
            (Some("application/json; charset=???="), None, &b"<"[..], Encoding::Json),
            (Some("application/x-www-form-urlencoded"), None, b"{", Encoding::Form),
            (Some("application/xml"), Some("x"), b"", Encoding::Xml),
            (Some("text/xml"), None, b"", Encoding::Xml),
            (Some("text/xml"), Some("x"), b"", Encoding::Soap11),
            (Some("text/xml"), None, soap12, Encoding::Soap12),
            (Some("application/soap+xml"), None, b"", Encoding::Soap12),
            (Some("application/soap+xml"), None, soap11, Encoding::Soap11),
            (Some("text/plain"), None, b"{", Encoding::Json),
            (Some("text/plain"), None, b"<a", Encoding::Xml),
            (Some("multipart/form-data; boundary=x"), None, b"--x", Encoding::Form),
            (None, None, soap11, Encoding::Soap11),
            (None, None, b"\xff\xfe", Encoding::Form),
        ] {
            assert_eq!(guess(content_type, action, body), expected, "{content_type:?} {action:?}");
        }
    }

    #[test]
    fn only_utf8_is_text() {
        assert_eq!(utf8_text(b"\xef\xbb\xbf{}", Some("utf-8")), Ok("{}"));
        assert_eq!(utf8_text(b"{}", Some("US-ASCII")), Ok("{}"));
        assert!(utf8_text("é".as_bytes(), Some("us-ascii")).is_err());
        for charset in ["utf-16", "iso-8859-1", "windows-1252", "klingon"] {
            assert!(utf8_text(b"{}", Some(charset)).is_err(), "{charset}");
        }
        for bytes in [&b"\xc0\xaf"[..], b"\xe9", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff\xfe{\0}\0"] {
            assert!(utf8_text(bytes, None).is_err(), "{bytes:?}");
        }
    }
}
