//! The cashier's side of the wire: calls in every encoding, and the replies to them.
//!
//! Written for the replay alone and sharing nothing with the service's own codec, so that a mistake there is not
//! repeated here.

mod form;
mod json;
mod xml;

use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Encoding {
    Form,
    Json,
    Xml,
    Soap,
    Soap12,
}

impl Encoding {
    pub const ALL: [Encoding; 5] =
        [Encoding::Form, Encoding::Json, Encoding::Xml, Encoding::Soap, Encoding::Soap12];

    pub fn name(self) -> &'static str {
        match self {
            Encoding::Form => "form",
            Encoding::Json => "json",
            Encoding::Xml => "xml",
            Encoding::Soap => "soap",
            Encoding::Soap12 => "soap12",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What goes over the wire for one call.
#[derive(PartialEq, Eq)]
pub struct Message {
    pub content_type: String,
    pub soap_action: Option<String>,
    pub body: String,
}

/// Writes a call. `namespace` is that of the SOAP messages.
pub fn write(encoding: Encoding, method: &str, fields: &[(String, String)], namespace: &str) -> Message {
    let message =
        |content_type: &str, body| Message { content_type: content_type.to_owned(), soap_action: None, body };
    match encoding {
        Encoding::Form => message("application/x-www-form-urlencoded", form::write(fields)),
        Encoding::Json => message("application/json", json::write(fields)),
        Encoding::Xml => message("application/xml; charset=utf-8", xml::write(method, fields, None)),
        Encoding::Soap => Message {
            soap_action: Some(format!("\"{namespace}#{method}\"")),
            ..message("text/xml; charset=utf-8", xml::envelope(xml::SOAP, method, fields, namespace))
        },
        Encoding::Soap12 => message(
            &format!("application/soap+xml; charset=utf-8; action=\"{namespace}#{method}\""),
            xml::envelope(xml::SOAP12, method, fields, namespace),
        ),
    }
}

/// Reads a reply, which must be in the encoding of its call.
pub fn read(encoding: Encoding, content_type: &str, body: &str) -> Result<Reply, String> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let expected: &[&str] = match encoding {
        Encoding::Form => &["application/x-www-form-urlencoded", "text/plain"],
        Encoding::Json => &["application/json"],
        Encoding::Xml => &["application/xml", "text/xml"],
        Encoding::Soap => &["text/xml"],
        Encoding::Soap12 => &["application/soap+xml"],
    };
    if !expected.contains(&kind.as_str()) {
        return Err(format!("the reply is of type `{kind}`, not `{}`", expected[0]));
    }
    let fields = match encoding {
        Encoding::Form => form::read(body),
        Encoding::Json => json::read(body),
        Encoding::Xml => xml::read(body),
        Encoding::Soap => xml::open(body, xml::SOAP),
        Encoding::Soap12 => xml::open(body, xml::SOAP12),
    }?;
    let mut reply = Reply::default();
    for (name, value) in fields {
        if reply.field(&name).is_some() {
            return Err(format!("the reply gives `{name}` twice"));
        }
        reply.fields.push((name, value));
    }
    match reply.field("Status").map(str::parse::<i64>) {
        Some(Ok(_)) => Ok(reply),
        Some(Err(_)) => Err("the reply's Status is not a whole number".to_owned()),
        None => Err("the reply has no Status".to_owned()),
    }
}

/// The fields of a reply, in their order.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Reply {
    pub fields: Vec<(String, String)>,
}

impl Reply {
    /// A field that is there, be it empty. Servers differ in how they spell names.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| same_name(known, name)).map(|(_, value)| value.as_str())
    }

    /// A field's text, empty when it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.field(name).unwrap_or_default()
    }

    pub fn status(&self) -> i64 {
        // `read` made sure of the number.
        self.text("Status").parse().unwrap_or(i64::MIN)
    }

    /// Whether the server says that it answered this call before.
    pub fn is_replayed(&self) -> bool {
        matches!(self.text("Replayed"), "1" | "true")
    }

    /// Everything that must not differ between an answer and its repeat.
    pub fn content(&self) -> Vec<(String, String)> {
        self.fields.iter().filter(|(name, _)| !same_name(name, "Replayed")).cloned().collect()
    }
}

/// Names compare without case, `_` and `-`.
pub fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| {
        name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect::<String>()
    };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<(String, String)> {
        [("PIN", "Big & <daddy>"), ("TraceID", "756850"), ("Amount", "120.00"), ("PP", "007")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }

    fn written(encoding: Encoding) -> Message {
        write(encoding, "CreatePayout", &fields(), "urn:n")
    }

    #[test]
    fn a_call_is_written_in_each_encoding() {
        assert_eq!(
            written(Encoding::Form).body,
            "PIN=Big+%26+%3Cdaddy%3E&TraceID=756850&Amount=120.00&PP=007"
        );
        let json = r#"{"PIN":"Big & <daddy>","TraceID":756850,"Amount":120.00,"PP":"007"}"#;
        assert_eq!(written(Encoding::Json).body, json);
        let inside =
            "<PIN>Big &amp; &lt;daddy&gt;</PIN><TraceID>756850</TraceID><Amount>120.00</Amount><PP>007</PP>";
        assert_eq!(written(Encoding::Xml).body, format!("<CreatePayout>{inside}</CreatePayout>"));
        let soap = written(Encoding::Soap);
        assert!(soap.body.contains(&format!("<CreatePayout xmlns=\"urn:n\">{inside}</CreatePayout>")));
        assert_eq!(soap.soap_action.as_deref(), Some("\"urn:n#CreatePayout\""));
        assert!(written(Encoding::Soap12).content_type.ends_with("action=\"urn:n#CreatePayout\""));
    }

    #[test]
    fn a_reply_is_read_in_each_encoding() {
        let inside = "<Status>0</Status><Description>A &amp; B</Description><ExtPayoutID>PO-1</ExtPayoutID>";
        let envelope = |uri: &str| {
            format!(
                "<s:Envelope xmlns:s=\"{uri}\"><s:Body><R xmlns=\"urn:n\">{inside}</R></s:Body></s:Envelope>"
            )
        };
        let json = r#"{"Status":0,"Description":"A & B","ext_payout_id":"PO-1"}"#.to_owned();
        for (encoding, kind, body) in [
            (
                Encoding::Form,
                "application/x-www-form-urlencoded; charset=utf-8",
                "Status=0&Description=A+%26+B&ExtPayoutID=PO-1".to_owned(),
            ),
            (Encoding::Json, "application/json", json),
            (Encoding::Xml, "application/xml", format!("<?xml version=\"1.0\"?><R>{inside}</R>")),
            (Encoding::Soap, "text/xml; charset=utf-8", envelope(xml::SOAP)),
            (Encoding::Soap12, "application/soap+xml", envelope(xml::SOAP12)),
        ] {
            let reply = read(encoding, kind, &body).unwrap_or_else(|problem| panic!("{encoding}: {problem}"));
            assert_eq!(reply.status(), 0, "{encoding}");
            assert_eq!(reply.text("Description"), "A & B", "{encoding}");
            assert_eq!(reply.text("ExtPayoutID"), "PO-1", "{encoding}");
        }
    }

    #[test]
    fn a_reply_that_is_none_is_told_what_is_wrong_with_it() {
        let json = |body: &str| read(Encoding::Json, "application/json", body).unwrap_err();
        assert!(json("{").contains("JSON"));
        assert!(json(r#"{"Status":"x"}"#).contains("whole number"));
        assert!(json(r#"{"Description":"x"}"#).contains("no Status"));
        assert!(json(r#"{"Status":0,"status":1}"#).contains("twice"));
        assert!(read(Encoding::Json, "text/html", "<p>").unwrap_err().contains("`text/html`"));
        let wrong = format!("<Envelope xmlns=\"{}\"><Body><R/></Body></Envelope>", xml::SOAP12);
        assert!(read(Encoding::Soap, "text/xml", &wrong).unwrap_err().contains("Envelope"));
        let fault = format!(
            "<Envelope xmlns=\"{}\"><Body><Fault><faultstring>no</faultstring></Fault></Body></Envelope>",
            xml::SOAP
        );
        assert!(read(Encoding::Soap, "text/xml", &fault).unwrap_err().contains("Fault"));
    }

    #[test]
    fn a_repeat_differs_in_its_mark_alone() {
        let body = r#"{"Status":0,"Replayed":1,"ExtPayoutID":"PO-1"}"#;
        let reply = read(Encoding::Json, "application/json", body).unwrap();
        assert!(reply.is_replayed());
        assert_eq!(reply.content().len(), 2);
    }
}
