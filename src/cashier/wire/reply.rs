//! A reply in the encoding of its request.

use super::{Encoding, soap, xml};
use std::borrow::Cow;
use std::fmt;

/// The namespace of our SOAP messages, unless the configuration names another.
pub const DEFAULT_NAMESPACE: &str = "urn:tillgate:cashier:1";

/// How a front end likes to see `Status` and `Description`; the sources show both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Casing {
    #[default]
    Pascal,
    Lower,
}

/// What is said in JSON as a number or as a text; the other encodings know only texts.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Int(i64),
}

/// The fields of a reply, in the order in which they are sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// Names the element of an XML or SOAP reply.
    pub method: String,
    pub casing: Casing,
    pub fields: Vec<(&'static str, Value)>,
}

/// Names only: a reply to `GetCustomer` is a person.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Reply").field("method", &self.method).field("fields", &names).finish_non_exhaustive()
    }
}

/// Writes a reply: its media type and its body. `namespace` is that of the SOAP messages.
pub fn encode(encoding: Encoding, reply: &Reply, namespace: &str) -> (&'static str, Vec<u8>) {
    let (content_type, body) = match encoding {
        Encoding::Form => ("application/x-www-form-urlencoded; charset=utf-8", form(reply)),
        Encoding::Json => ("application/json; charset=utf-8", json(reply)),
        Encoding::Xml => ("application/xml; charset=utf-8", element(reply, None)),
        Encoding::Soap11 => ("text/xml; charset=utf-8", envelope(soap::Version::Soap11, reply, namespace)),
        Encoding::Soap12 => {
            ("application/soap+xml; charset=utf-8", envelope(soap::Version::Soap12, reply, namespace))
        }
    };
    (content_type, body.into_bytes())
}

impl Reply {
    fn named_fields(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.fields.iter().map(|(name, value)| (self.casing.of(name), value))
    }
}

impl Casing {
    fn of(self, name: &'static str) -> &'static str {
        match (self, name) {
            (Casing::Lower, "Status") => "status",
            (Casing::Lower, "Description") => "description",
            (Casing::Pascal | Casing::Lower, name) => name,
        }
    }
}

impl Value {
    fn text(&self) -> Cow<'_, str> {
        match self {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Int(number) => Cow::Owned(number.to_string()),
        }
    }
}

fn form(reply: &Reply) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in reply.named_fields() {
        query.append_pair(name, &value.text());
    }
    query.finish()
}

fn json(reply: &Reply) -> String {
    let pairs = reply.named_fields().map(|(name, value)| {
        let value = match value {
            Value::Text(text) => serde_json::Value::from(text.as_str()),
            Value::Int(number) => serde_json::Value::from(*number),
        };
        (name.to_owned(), value)
    });
    // The map keeps the order of insertion (`preserve_order`).
    serde_json::Value::Object(pairs.collect()).to_string()
}

fn element(reply: &Reply, namespace: Option<&str>) -> String {
    // The method may be a name that the caller made up.
    let method = if xml::is_element_name(&reply.method) { reply.method.as_str() } else { "" };
    let namespace = namespace.map(|uri| format!(" xmlns=\"{}\"", escaped(uri))).unwrap_or_default();
    let fields: String = reply
        .named_fields()
        .map(|(name, value)| format!("<{name}>{}</{name}>", escaped(&value.text())))
        .collect();
    format!("<{method}Response{namespace}>{fields}</{method}Response>")
}

fn envelope(version: soap::Version, reply: &Reply, namespace: &str) -> String {
    let soap = version.namespace();
    let call = element(reply, Some(namespace));
    format!("<soap:Envelope xmlns:soap=\"{soap}\"><soap:Body>{call}</soap:Body></soap:Envelope>")
}

/// Text as XML carries it. What it can't carry becomes the replacement character: an answer that arrives with one
/// unreadable character is better than an answer that is not XML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\r' => safe.push_str("&#13;"), // A raw one would arrive as a line feed.
            c if xml::is_char(c) => safe.push(c),
            _ => safe.push(char::REPLACEMENT_CHARACTER),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::*;

    fn reply(fields: &[(&'static str, &str)]) -> Reply {
        let mut all = vec![("Status", Value::Int(0)), ("Description", Value::Text("OK".into()))];
        all.extend(fields.iter().map(|(name, value)| (*name, Value::Text((*value).to_owned()))));
        Reply { method: "CreatePayout".into(), casing: Casing::Pascal, fields: all }
    }

    fn body(encoding: Encoding, reply: &Reply) -> String {
        String::from_utf8(encode(encoding, reply, DEFAULT_NAMESPACE).1).unwrap()
    }

    #[test]
    fn the_success_of_create_payout_in_every_encoding() {
        let reply = reply(&[("ExtPayoutID", "752856")]);
        let bytes = |encoding| {
            let (content_type, body) = encode(encoding, &reply, DEFAULT_NAMESPACE);
            format!("{content_type}\n{}", String::from_utf8(body).unwrap())
        };
        assert_eq!(
            bytes(Form),
            "application/x-www-form-urlencoded; charset=utf-8\nStatus=0&Description=OK&ExtPayoutID=752856"
        );
        assert_eq!(
            bytes(Json),
            "application/json; charset=utf-8\n{\"Status\":0,\"Description\":\"OK\",\"ExtPayoutID\":\"752856\"}"
        );
        assert_eq!(
            bytes(Xml),
            "application/xml; charset=utf-8\n<CreatePayoutResponse><Status>0</Status><Description>OK</Description>\
             <ExtPayoutID>752856</ExtPayoutID></CreatePayoutResponse>"
        );
        assert_eq!(
            bytes(Soap11),
            "text/xml; charset=utf-8\n<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">\
             <soap:Body><CreatePayoutResponse xmlns=\"urn:tillgate:cashier:1\"><Status>0</Status>\
             <Description>OK</Description><ExtPayoutID>752856</ExtPayoutID></CreatePayoutResponse></soap:Body>\
             </soap:Envelope>"
        );
        assert_eq!(
            bytes(Soap12),
            "application/soap+xml; charset=utf-8\n<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\">\
             <soap:Body><CreatePayoutResponse xmlns=\"urn:tillgate:cashier:1\"><Status>0</Status>\
             <Description>OK</Description><ExtPayoutID>752856</ExtPayoutID></CreatePayoutResponse></soap:Body>\
             </soap:Envelope>"
        );
    }

    #[test]
    fn lower_casing_touches_status_and_description_only() {
        let reply = Reply { casing: Casing::Lower, ..reply(&[("PIN", "Bigdaddy")]) };
        assert_eq!(body(Form, &reply), "status=0&description=OK&PIN=Bigdaddy");
        assert_eq!(body(Json, &reply), r#"{"status":0,"description":"OK","PIN":"Bigdaddy"}"#);
        assert!(body(Xml, &reply).contains("<status>0</status><description>OK</description><PIN>"));
    }

    #[test]
    fn only_whole_numbers_are_numbers_in_json() {
        let mut reply = reply(&[("Province", ""), ("Balance", "310.00")]);
        reply.fields.push(("Profile", Value::Int(2)));
        reply.fields[0].1 = Value::Int(-1);
        assert_eq!(
            body(Json, &reply),
            r#"{"Status":-1,"Description":"OK","Province":"","Balance":"310.00","Profile":2}"#
        );
        assert_eq!(body(Form, &reply), "Status=-1&Description=OK&Province=&Balance=310.00&Profile=2");
    }

    #[test]
    fn texts_are_escaped() {
        let reply = reply(&[("CustName", "A&B <\"é\"> +=\r\n\u{1}\u{ffff}")]);
        assert!(body(Form, &reply).ends_with("&CustName=A%26B+%3C%22%C3%A9%22%3E+%2B%3D%0D%0A%01%EF%BF%BF"));
        assert!(body(Json, &reply).ends_with("\"CustName\":\"A&B <\\\"é\\\"> +=\\r\\n\\u0001\u{ffff}\"}"));
        let text = "A&amp;B &lt;&quot;é&quot;&gt; +=&#13;\n\u{fffd}\u{fffd}";
        assert!(body(Xml, &reply).contains(&format!("<CustName>{text}</CustName>")));
    }

    #[test]
    fn a_method_that_is_no_name_and_a_namespace_that_needs_escaping_stay_harmless() {
        for method in ["", "a b", "<x/>", "1a", "t:a"] {
            let reply = Reply { method: method.into(), ..reply(&[]) };
            assert!(body(Xml, &reply).starts_with("<Response><Status>"), "{method}");
        }
        let soap = String::from_utf8(encode(Soap11, &reply(&[]), "urn:a\"&b").1).unwrap();
        assert!(soap.contains("<CreatePayoutResponse xmlns=\"urn:a&quot;&amp;b\">"));
    }

    #[test]
    fn debug_shows_no_values() {
        let shown = format!("{:?}", reply(&[("Email", "ann@example.com")]));
        assert!(shown.contains("Email") && !shown.contains("ann@example.com"), "{shown}");
    }
}
