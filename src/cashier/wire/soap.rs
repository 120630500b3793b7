//! The SOAP envelope around a call: SOAP 1.1 and 1.2, told apart by their namespaces.

use super::Encoding;
use super::error::Problem;
use super::xml::{Element, Namespace};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Soap11,
    Soap12,
}

impl Version {
    pub fn namespace(self) -> &'static str {
        match self {
            Version::Soap11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Version::Soap12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    pub fn of(namespace: &str) -> Option<Version> {
        [Version::Soap11, Version::Soap12].into_iter().find(|version| version.namespace() == namespace)
    }

    pub fn encoding(self) -> Encoding {
        match self {
            Version::Soap11 => Encoding::Soap11,
            Version::Soap12 => Encoding::Soap12,
        }
    }
}

/// Whatever calls itself an envelope is treated as one, so that a wrong namespace is named as the fault.
pub(super) fn is_envelope(root: &Element) -> bool {
    root.name == "Envelope"
}

pub(super) fn version(root: &Element) -> Result<Version, Problem> {
    if !is_envelope(root) {
        return Err(Problem::malformed("a SOAP Envelope was expected as the root element"));
    }
    match root.namespace {
        Namespace::Soap(version) => Ok(version),
        Namespace::None | Namespace::Instance | Namespace::Other => {
            Err(Problem::malformed("the Envelope has a namespace that is neither SOAP 1.1 nor SOAP 1.2"))
        }
    }
}

/// Takes the call out of its envelope.
pub(super) fn open(envelope: Element, version: Version) -> Result<Element, Problem> {
    no_text(&envelope, "Envelope")?;
    let ours =
        |element: &Element, name: &str| element.namespace == Namespace::Soap(version) && element.name == name;
    let mut parts = envelope.children.into_iter().peekable();
    if let Some(header) = parts.next_if(|part| ours(part, "Header")) {
        check_header(&header, version)?;
    }
    let body = parts
        .next_if(|part| ours(part, "Body"))
        .ok_or_else(|| Problem::malformed("the Envelope must hold a Body, after at most one Header"))?;
    if parts.next().is_some() {
        return Err(Problem::malformed("the Envelope has an element after its Body"));
    }
    no_text(&body, "Body")?;
    let mut calls = body.children.into_iter();
    match (calls.next(), calls.next()) {
        (Some(call), None) => Ok(call),
        (None, _) => Err(Problem::malformed("the SOAP Body is empty")),
        (Some(_), Some(_)) => Err(Problem::malformed("the SOAP Body has more than one element")),
    }
}

fn no_text(element: &Element, name: &str) -> Result<(), Problem> {
    if element.text.chars().all(|c| c.is_ascii_whitespace()) {
        return Ok(());
    }
    Err(Problem::malformed(format!("there is text directly in the SOAP {name}")))
}

/// A header that must be understood forbids to go on without doing so, and we understand none.
fn check_header(header: &Element, version: Version) -> Result<(), Problem> {
    no_text(header, "Header")?;
    for entry in &header.children {
        let flag = entry
            .attribute(Namespace::Soap(version), "mustUnderstand")
            .or_else(|| entry.attribute(Namespace::None, "mustUnderstand"));
        match flag.map(str::trim) {
            None | Some("0" | "false") => {}
            Some(_) => {
                return Err(Problem::field(&entry.name, "is a SOAP header that is not understood here"));
            }
        }
    }
    Ok(())
}

/// The operation in `SOAPAction: "urn:tillgate:cashier:1#CreatePayout"`.
pub(super) fn action_tail(action: &str) -> &str {
    let action = action.trim().trim_matches('"');
    action.rsplit(['/', '#', ':']).next().unwrap_or(action)
}

#[cfg(test)]
mod tests {
    use super::super::xml::document;
    use super::*;

    fn opened(inside: &str) -> Result<Element, Problem> {
        let both = [Version::Soap11, Version::Soap12].map(|version| {
            let text = format!("<e:Envelope xmlns:e='{}'>{inside}</e:Envelope>", version.namespace());
            let root = document::read(&text).unwrap();
            assert_eq!(self::version(&root), Ok(version));
            open(root, version)
        });
        let [first, second] = both;
        assert_eq!(first.as_ref().err(), second.as_ref().err());
        first
    }

    #[track_caller]
    fn refused(inside: &str, because: &str) {
        let problem = opened(inside).map(|call| call.name).expect_err(inside);
        assert!(problem.message.contains(because), "{inside}: {}", problem.message);
    }

    #[test]
    fn the_call_is_the_only_element_of_the_body() {
        let call =
            opened("\n<e:Header><x>text</x></e:Header>\n<e:Body>\n<C><PIN>1</PIN></C>\n</e:Body>\n").unwrap();
        assert_eq!((call.name.as_str(), call.children.len()), ("C", 1));
        refused("<e:Body/>", "Body is empty");
        refused("<e:Body><C/><C/></e:Body>", "more than one element");
        refused("<e:Body>x<C/></e:Body>", "text directly in the SOAP Body");
        refused("x<e:Body><C/></e:Body>", "text directly in the SOAP Envelope");
        refused("", "must hold a Body");
        refused("<Body><C/></Body>", "must hold a Body");
        refused("<e:Body><C/></e:Body><e:Header/>", "after its Body");
        refused("<e:Header/><e:Header/><e:Body><C/></e:Body>", "must hold a Body");
        refused("<e:Body><C/></e:Body><e:Body><C/></e:Body>", "after its Body");
    }

    #[test]
    fn headers_are_skipped_unless_they_must_be_understood() {
        let with = |flag: &str| format!("<e:Header><Security {flag}/></e:Header><e:Body><C/></e:Body>");
        for flag in ["", "e:mustUnderstand='0'", "e:mustUnderstand='false'"] {
            assert!(opened(&with(flag)).is_ok(), "{flag}");
        }
        for flag in
            ["e:mustUnderstand='1'", "e:mustUnderstand='true'", "mustUnderstand='1'", "e:mustUnderstand='?'"]
        {
            refused(&with(flag), "Security is a SOAP header that is not understood");
        }
    }

    #[test]
    fn envelopes_of_other_versions_are_refused() {
        for root in ["<Envelope/>", "<Envelope xmlns='urn:other'/>", "<CreatePayout/>"] {
            assert!(version(&document::read(root).unwrap()).is_err(), "{root}");
        }
    }

    #[test]
    fn an_action_ends_in_the_name_of_the_operation() {
        for action in [
            "\"urn:t/CreatePayout\"",
            "urn:t#CreatePayout",
            "urn:CreatePayout",
            " CreatePayout ",
            "\"CreatePayout\"",
        ] {
            assert_eq!(action_tail(action), "CreatePayout");
        }
        assert_eq!(action_tail("\"\""), "");
    }
}
