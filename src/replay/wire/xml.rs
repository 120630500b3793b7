//! Plain XML and SOAP 1.1 and 1.2, both ways.

use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;

pub(super) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub(super) const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";

pub(super) fn write(method: &str, fields: &[(String, String)], namespace: Option<&str>) -> String {
    let inside: String =
        fields.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escaped(value))).collect();
    let namespace = namespace.map(|uri| format!(" xmlns=\"{}\"", escaped(uri))).unwrap_or_default();
    format!("<{method}{namespace}>{inside}</{method}>")
}

pub(super) fn envelope(soap: &str, method: &str, fields: &[(String, String)], namespace: &str) -> String {
    let call = write(method, fields, Some(namespace));
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{soap}\"><soap:Body>{call}</soap:Body></soap:Envelope>"
    )
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

pub(super) fn read(body: &str) -> Result<Vec<(String, String)>, String> {
    fields(tree(body)?)
}

/// Takes the reply out of its envelope.
pub(super) fn open(body: &str, soap: &str) -> Result<Vec<(String, String)>, String> {
    let envelope = tree(body)?;
    if !envelope.is(soap, "Envelope") {
        return Err(format!("the reply's root is not an Envelope of {soap}"));
    }
    let parts = envelope.children.into_iter().find(|part| part.is(soap, "Body"));
    let mut inside = parts.ok_or("the reply's Envelope has no Body")?.children.into_iter();
    match (inside.next(), inside.next()) {
        (Some(fault), None) if fault.is(soap, "Fault") => {
            let reason = fault.words().join(" ");
            Err(format!("the reply is a Fault, which no application error may be: {reason}"))
        }
        (Some(reply), None) => fields(reply),
        _ => Err("the reply's Body does not hold exactly one element".to_owned()),
    }
}

fn fields(reply: Element) -> Result<Vec<(String, String)>, String> {
    let plain = |field: Element| match field.children.is_empty() {
        true => Ok((field.name, field.text)),
        false => Err(format!("the reply's `{}` is not a plain value", field.name)),
    };
    reply.children.into_iter().map(plain).collect()
}

#[derive(Default)]
struct Element {
    namespace: String,
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// All texts inside, in order.
    fn words(&self) -> Vec<String> {
        let own = Some(self.text.trim().to_owned()).filter(|text| !text.is_empty());
        own.into_iter().chain(self.children.iter().flat_map(Element::words)).collect()
    }
}

fn tree(body: &str) -> Result<Element, String> {
    let broken = |detail: String| format!("the reply is not XML: {detail}");
    let mut reader = NsReader::from_str(body);
    // The parents of what is being read; the first is a frame around the root.
    let mut open = vec![Element::default()];
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|error| broken(error.to_string()))?;
        let namespace = match resolved {
            ResolveResult::Bound(uri) => {
                let uri: &str = uri.as_ref();
                uri.to_owned()
            }
            ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
        };
        let text = match event {
            Event::Start(tag) => {
                let name = tag.local_name().into_inner().to_owned();
                open.push(Element { namespace, name, ..Element::default() });
                continue;
            }
            Event::Empty(tag) => {
                let name = tag.local_name().into_inner().to_owned();
                let element = Element { namespace, name, ..Element::default() };
                open.last_mut().ok_or_else(|| broken("no root".to_owned()))?.children.push(element);
                continue;
            }
            Event::End(_) => {
                let done = open.pop().ok_or_else(|| broken("an end without a start".to_owned()))?;
                open.last_mut()
                    .ok_or_else(|| broken("an end without a start".to_owned()))?
                    .children
                    .push(done);
                continue;
            }
            Event::Text(text) => text.xml10_content().into_owned(),
            Event::CData(text) => text.xml10_content().into_owned(),
            Event::GeneralRef(name) => {
                let named = match &*name {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => name.resolve_char_ref().ok().flatten(),
                };
                named.ok_or_else(|| broken(format!("unknown entity `{}`", &*name)))?.to_string()
            }
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => continue,
        };
        if let Some(element) = open.last_mut() {
            element.text.push_str(&text);
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(mut frame), true) if frame.children.len() == 1 => {
            frame.children.pop().ok_or_else(|| broken("no root".to_owned()))
        }
        _ => Err(broken("it must have one root, closed".to_owned())),
    }
}
