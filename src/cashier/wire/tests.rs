//! The room as a whole: routing, the encoding of the answer, and that all encodings carry the same.

use super::*;
use proptest::prelude::*;

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const XML: Option<&str> = Some("application/xml");
const TEXT_XML: Option<&str> = Some("text/xml; charset=utf-8");
const SOAP12: Option<&str> = Some("application/soap+xml; charset=utf-8");

fn envelope(version: soap::Version, call: &str) -> String {
    format!("<s:Envelope xmlns:s='{}'><s:Body>{call}</s:Body></s:Envelope>", version.namespace())
}

fn method(
    content_type: Option<&str>,
    action: Option<&str>,
    path: Option<&str>,
    body: &str,
) -> Option<String> {
    decode(content_type, action, path, body.as_bytes()).unwrap().method
}

#[track_caller]
fn refused(content_type: Option<&str>, action: Option<&str>, body: impl AsRef<[u8]>) -> WireError {
    decode(content_type, action, None, body.as_ref()).unwrap_err()
}

#[test]
fn the_method_comes_from_path_then_parameter_then_element_then_action() {
    let call = envelope(
        soap::Version::Soap11,
        "<CreatePayoutRequest><Action>UpdatePayout</Action></CreatePayoutRequest>",
    );
    let action = Some("\"urn:t/ReversePayout\"");
    assert_eq!(method(TEXT_XML, action, Some("GetCustomer"), &call).as_deref(), Some("GetCustomer"));
    assert_eq!(method(TEXT_XML, action, Some(""), &call).as_deref(), Some("UpdatePayout"));
    assert_eq!(method(FORM, None, None, "action=B&METHOD=A").as_deref(), Some("A"));
    assert_eq!(method(JSON, None, None, "{\"Method\":\"\",\"Action\":\"B\"}").as_deref(), Some("B"));
    assert_eq!(method(XML, None, None, "<CreatePayoutRequest/>").as_deref(), Some("CreatePayout"));
    assert_eq!(method(XML, None, None, "<create_payout_request/>").as_deref(), Some("create_payout_"));
    assert_eq!(method(XML, None, None, "<Request><Method>A</Method></Request>").as_deref(), Some("A"));
    let nameless = envelope(soap::Version::Soap11, "<Request/>");
    assert_eq!(method(TEXT_XML, action, None, &nameless).as_deref(), Some("ReversePayout"));
    let nameless = envelope(soap::Version::Soap12, "<Request/>");
    let with_action = Some("application/soap+xml; action=\"urn:t#UpdatePayout\"");
    assert_eq!(method(with_action, None, None, &nameless).as_deref(), Some("UpdatePayout"));
    assert_eq!(method(XML, None, None, "<Request/>"), None);
    assert_eq!(method(FORM, None, None, "PIN=1"), None);
    assert_eq!(canonical("create_payout_"), canonical("CreatePayout"));
    assert_eq!(without_request("é"), "é");
}

#[test]
fn envelopes_are_told_apart_by_their_namespace_whatever_the_type() {
    for content_type in [XML, TEXT_XML, SOAP12, None] {
        for version in [soap::Version::Soap11, soap::Version::Soap12] {
            let request = decode(content_type, None, None, envelope(version, "<C/>").as_bytes()).unwrap();
            assert_eq!((request.encoding, request.method.as_deref()), (version.encoding(), Some("C")));
        }
    }
    let plain = decode(TEXT_XML, None, None, b"\xef\xbb\xbf<?xml version='1.0'?><C/>").unwrap();
    assert_eq!(plain.encoding, Encoding::Xml);
    // Mentions a SOAP namespace, but is no envelope.
    let plain =
        decode(XML, Some("x"), None, b"<C xmlns:s='http://www.w3.org/2003/05/soap-envelope'/>").unwrap();
    assert_eq!(plain.encoding, Encoding::Xml);
}

#[test]
fn a_broken_body_is_answered_in_the_encoding_of_its_caller() {
    let unknown = "<Envelope xmlns='urn:other'/>";
    for (content_type, action, body, expected) in [
        (FORM, None, "PIN=%", Encoding::Form),
        (JSON, None, "{", Encoding::Json),
        (XML, None, "<a", Encoding::Xml),
        (TEXT_XML, Some(""), "<CreatePayout/>", Encoding::Soap11),
        (SOAP12, None, "<CreatePayout/>", Encoding::Soap12),
        (SOAP12, None, unknown, Encoding::Soap12),
        (TEXT_XML, None, unknown, Encoding::Soap11),
        (XML, None, unknown, Encoding::Soap11),
        (None, None, "{", Encoding::Json),
        (Some(" "), None, "<", Encoding::Xml),
    ] {
        assert_eq!(refused(content_type, action, body).encoding, expected, "{content_type:?} {body}");
    }
    let cut = envelope(soap::Version::Soap12, "<C>");
    assert_eq!(refused(TEXT_XML, None, &cut[..cut.len() - 5]).encoding, Encoding::Soap12);
}

#[test]
fn other_types_and_charsets_are_refused() {
    for content_type in
        ["text/plain", "multipart/form-data; boundary=x", "application/octet-stream", "json", ";"]
    {
        let error = refused(Some(content_type), None, "{}");
        assert_eq!((error.kind, error.encoding), (Kind::Malformed, Encoding::Json), "{content_type}");
        assert!(error.message.starts_with("Content-Type must be"), "{}", error.message);
    }
    for content_type in ["application/json; charset=utf-16", "application/xml; charset=iso-8859-1"] {
        assert_eq!(refused(Some(content_type), None, "{}").message, "the charset must be UTF-8");
    }
    assert_eq!(refused(XML, None, b"<a>\xe9</a>").message, "the body is not valid UTF-8");
    assert_eq!(refused(JSON, None, b"{\"a\":\"\xc0\xaf\"}").message, "the body is not valid UTF-8");
    assert_eq!(refused(None, None, b"\xff\xfe<\0a\0/\0>\0").encoding, Encoding::Form);
    assert_eq!(refused(FORM, None, "PIN=1&pin=2").kind, Kind::Field);
}

#[test]
fn the_largest_body_is_read_and_a_larger_one_is_not() {
    let filler = |length: usize| format!("{{\"PIN\":\"1\"{}}}", " ".repeat(length - 11));
    assert!(decode(JSON, None, None, filler(LARGEST_BODY).as_bytes()).is_ok());
    let error = refused(JSON, None, filler(LARGEST_BODY + 1));
    assert_eq!(error.message, "the request body is larger than 64 KiB");
    assert_eq!(error, WireError::too_large(JSON, None, b"{\"PIN\""));
}

#[test]
fn messages_and_debug_never_repeat_a_value() {
    let secret = "s3cret-4111111111111111";
    let control = format!("{secret}%01");
    for (content_type, body) in [
        (FORM, format!("WSPassCode={control}")),
        (FORM, format!("{secret}=1&{secret}=2")),
        (JSON, format!("{{\"WSPassCode\":{secret}}}")),
        (JSON, format!("{{\"WSPassCode\":\"{secret}\\u0001\"}}")),
        (XML, format!("<C><WSPassCode>{secret}&{secret};</WSPassCode></C>")),
        (XML, format!("<C WSPassCode='{secret}<'/>")),
        (XML, format!("<C><{secret}>")),
        (Some(secret), secret.to_owned()),
    ] {
        let error = refused(content_type, None, &body);
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
    let request = decode(FORM, None, None, format!("WSPassCode={secret}").as_bytes()).unwrap();
    assert!(!format!("{request:?}").contains(secret));
}

/// The same parameters, written by hand in each encoding; `None` is written as the absence each encoding knows.
mod written {
    pub type Pairs = Vec<(String, Option<String>)>;

    pub fn form(pairs: &Pairs) -> String {
        let all_escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let pairs = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", all_escaped(value.as_deref().unwrap_or(""))));
        pairs.collect::<Vec<_>>().join("&")
    }

    pub fn json(pairs: &Pairs) -> String {
        let escaped = |text: &str| {
            let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
            format!("\"{}\"", units.collect::<String>())
        };
        let value = |value: &Option<String>| value.as_deref().map_or("null".to_owned(), escaped);
        let pairs = pairs.iter().map(|(name, text)| format!("\"{name}\": {}", value(text)));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
    }

    pub fn xml(pairs: &Pairs) -> String {
        let escaped =
            |text: &str| text.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect::<String>();
        let element = |(name, value): &(String, Option<String>)| match value {
            Some(text) => format!("\n<{name}>{}</{name}>", escaped(text)),
            None => format!("\n<{name} xsi:nil=\"true\"/>"),
        };
        let fields: String = pairs.iter().map(element).collect();
        format!(
            "<CreatePayout xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{fields}\n</CreatePayout>"
        )
    }

    /// The same again, with the characters themselves wherever XML allows them.
    pub fn raw_xml(pairs: &Pairs) -> String {
        let escaped = |text: &str| {
            text.replace('&', "&amp;").replace('<', "&lt;").replace(']', "&#93;").replace('\r', "&#13;")
        };
        let fields = pairs.iter().map(|(name, value)| {
            let text = value.as_deref().map(escaped).unwrap_or_default();
            format!("<{name}>{text}</{name}>")
        });
        format!("<CreatePayout>{}</CreatePayout>", fields.collect::<String>())
    }
}

fn any_pairs() -> impl Strategy<Value = written::Pairs> {
    let value = prop::option::of("[ -~\t\r\n]{0,24}|[\\PC]{0,12}| {1,3}");
    prop::collection::btree_map("[a-z][a-z0-9]{0,12}", value, 0..12).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_parameters_are_the_same_in_every_encoding(pairs in any_pairs()) {
        let call = written::xml(&pairs);
        let bodies = [
            (FORM, written::form(&pairs)),
            (JSON, written::json(&pairs)),
            (XML, call.clone()),
            (XML, written::raw_xml(&pairs)),
            (TEXT_XML, envelope(soap::Version::Soap11, &call)),
            (SOAP12, envelope(soap::Version::Soap12, &call)),
        ];
        for (content_type, body) in bodies {
            let request = decode(content_type, None, Some("CreatePayout"), body.as_bytes()).unwrap();
            let expected = pairs.iter().map(|(name, value)| (name.as_str(), value.as_deref().unwrap_or_default()));
            prop_assert!(request.fields.iter().eq(expected), "{:?} {}", content_type, body);
            for (name, value) in &pairs {
                let value = value.as_deref().filter(|value| !value.is_empty());
                prop_assert_eq!(request.fields.get(&name.to_uppercase()), value);
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        content_type in prop::option::of("(application/json|text/xml|application/soap\\+xml|application/x-www-form-urlencoded|\\PC{0,9})(; ?(charset|action)=\"?[a-z0-9-]{0,12}\"?){0,2}"),
        action in prop::option::of("\\PC{0,20}"),
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Err(error) = decode(content_type.as_deref(), action.as_deref(), None, &body) {
            prop_assert!(error.message.chars().count() <= 256);
        }
    }

    /// Bytes at random hardly ever get past the first check, so these look like messages.
    #[test]
    fn nothing_that_looks_like_a_message_makes_it_panic(
        content_type in prop::sample::select(vec![JSON, XML, TEXT_XML, SOAP12, FORM, None]),
        body in "(<\\??[a-z:]{0,4}|/?>|[a-z]{0,2}=['\"]|['\"]|&#?x?[0-9a-f]{0,4};?|<!--|-->|<!\\[CDATA\\[|\\]\\]>|[{},:\\[\\]\\\\]|[0-9.eE+-]{1,4}|%[0-9a-f]{0,2}|[&= \n]|é|xmlns(:a)?=''|</[a-z]{0,2}>){0,24}",
    ) {
        if let Err(error) = decode(content_type, None, None, body.as_bytes()) {
            prop_assert!(error.message.chars().count() <= 256);
        }
    }
}
