//! The data files, written out as requests.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    Form,
    Json,
    Xml,
    Soap11,
    Soap12,
}

impl Encoding {
    pub const ALL: [Encoding; 5] =
        [Encoding::Form, Encoding::Json, Encoding::Xml, Encoding::Soap11, Encoding::Soap12];

    pub fn content_type(self) -> &'static str {
        match self {
            Encoding::Form => "application/x-www-form-urlencoded",
            Encoding::Json => "application/json",
            Encoding::Xml => "application/xml",
            Encoding::Soap11 => "text/xml",
            Encoding::Soap12 => "application/soap+xml",
        }
    }

    /// A call's body in this encoding.
    pub fn write(self, method: &str, fields: &[(String, String)]) -> String {
        let elements = || {
            let fields = fields.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escaped(value)));
            fields.collect::<String>()
        };
        let envelope = |namespace: &str| {
            let call = format!("<{method} xmlns=\"urn:tillgate:cashier:1\">{}</{method}>", elements());
            format!("<s:Envelope xmlns:s=\"{namespace}\"><s:Body>{call}</s:Body></s:Envelope>")
        };
        match self {
            Encoding::Form => form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish(),
            Encoding::Json => {
                let pairs = fields.iter().map(|(name, value)| (name.clone(), value.clone().into()));
                serde_json::Value::Object(pairs.collect()).to_string()
            }
            Encoding::Xml => format!("<{method}>{}</{method}>", elements()),
            Encoding::Soap11 => envelope("http://schemas.xmlsoap.org/soap/envelope/"),
            Encoding::Soap12 => envelope("http://www.w3.org/2003/05/soap-envelope"),
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// One request and what must come of it.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub http: String,
    pub path: String,
    pub content_type: Option<String>,
    pub soap_action: Option<String>,
    pub body: Vec<u8>,
    pub answered: Encoding,
    pub status: i64,
    /// What Description must name.
    pub says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldFile {
    methods: BTreeMap<String, BTreeMap<String, String>>,
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    methods: Vec<String>,
    field: String,
    says: Option<String>,
    encodings: Encodings,
    status: i64,
    #[serde(default)]
    with: BTreeMap<String, String>,
    values: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Encodings {
    Word(Word),
    These(Vec<Encoding>),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Each,
    Turn,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Repeat { repeat: String, times: usize },
    Drop { drop: bool },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    request: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    #[serde(default = "post")]
    http: String,
    #[serde(default = "create_payout")]
    path: String,
    #[serde(rename = "type")]
    content_type: Option<String>,
    action: Option<String>,
    /// Bytes in hex in front of the body and behind it.
    #[serde(default)]
    before: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    hex: String,
    /// How many bytes of it are sent.
    cut: Option<usize>,
    /// Blanks behind it.
    #[serde(default)]
    pad: usize,
    answered: Encoding,
    status: i64,
    says: String,
}

fn post() -> String {
    "POST".to_owned()
}

fn create_payout() -> String {
    "/cashier/CreatePayout".to_owned()
}

/// What `$names` stand for.
pub type Names = BTreeMap<&'static str, String>;

pub fn all(names: &Names) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_requests");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a data file");
    let fields: FieldFile = toml::from_str(&text("fields.toml")).expect("fields.toml");
    let raw: RawFile = toml::from_str(&text("raw.toml")).expect("raw.toml");
    let mut cases = Vec::new();
    for group in &fields.group {
        from_group(group, &fields.methods, names, &mut cases);
    }
    let mut base = fields.methods["CreatePayout"].clone();
    base.insert("TraceID".to_owned(), "700000".to_owned());
    let call = call(&base, names);
    cases.extend(raw.request.iter().map(|raw| from_raw(raw, &call, names)));
    cases
}

fn filled(text: &str, names: &Names) -> String {
    text.strip_prefix('$').and_then(|name| names.get(name)).cloned().unwrap_or_else(|| text.to_owned())
}

/// A right call's fields: who calls, then what is asked.
fn call(base: &BTreeMap<String, String>, names: &Names) -> Vec<(String, String)> {
    let who = [("FrontEndName", "MyPhoneCards EUR"), ("WSPassCode", "$pass")];
    let who = who.iter().map(|(name, value)| ((*name).to_owned(), filled(value, names)));
    who.chain(base.iter().map(|(name, value)| (name.clone(), filled(value, names)))).collect()
}

fn from_group(
    group: &Group,
    methods: &BTreeMap<String, BTreeMap<String, String>>,
    names: &Names,
    cases: &mut Vec<Case>,
) {
    for method in &group.methods {
        for (what, value) in &group.values {
            let mut fields = call(&methods[method], names);
            for (name, value) in &group.with {
                fields.retain(|(known, _)| known != name);
                fields.push((name.clone(), filled(value, names)));
            }
            let place = fields.iter().position(|(name, _)| *name == group.field).unwrap_or(fields.len());
            fields.retain(|(name, _)| *name != group.field);
            match value {
                Value::Text(text) => fields.insert(place, (group.field.clone(), filled(text, names))),
                Value::Repeat { repeat, times } => {
                    fields.insert(place, (group.field.clone(), repeat.repeat(*times)));
                }
                Value::Drop { drop } => assert!(drop),
            }
            let encodings = match &group.encodings {
                Encodings::Word(Word::Each) => Encoding::ALL.to_vec(),
                Encodings::Word(Word::Turn) => vec![Encoding::ALL[cases.len() % Encoding::ALL.len()]],
                Encodings::These(these) => these.clone(),
            };
            for encoding in encodings {
                let mut fields = fields.clone();
                for (_, value) in fields.iter_mut().filter(|(_, value)| value == "$trace") {
                    *value = (600_000 + cases.len()).to_string();
                }
                cases.push(Case {
                    name: format!("{method}, {}: {} {what}, {encoding:?}", group.name, group.field),
                    http: post(),
                    path: format!("/cashier/{method}"),
                    content_type: Some(encoding.content_type().to_owned()),
                    soap_action: (encoding == Encoding::Soap11).then(|| format!("\"{method}\"")),
                    body: encoding.write(method, &fields).into_bytes(),
                    answered: encoding,
                    status: group.status,
                    says: group.says.clone().unwrap_or_else(|| group.field.clone()),
                });
            }
        }
    }
}

fn from_raw(raw: &Raw, call: &[(String, String)], names: &Names) -> Case {
    let mut body = raw.body.clone();
    let json = Encoding::Json.write("CreatePayout", call);
    let calls = [
        ("$json_open", json.trim_end_matches('}').to_owned()),
        ("$form", Encoding::Form.write("CreatePayout", call)),
        ("$json", json.clone()),
        ("$xml", Encoding::Xml.write("CreatePayout", call)),
        ("$soap11", Encoding::Soap11.write("CreatePayout", call)),
        ("$soap12", Encoding::Soap12.write("CreatePayout", call)),
        ("$pass", names["pass"].clone()),
    ];
    for (name, text) in calls {
        body = body.replace(name, &text);
    }
    let bytes = |hex: &str| hex::decode(hex).expect("hex");
    let mut body = [bytes(&raw.before), body.into_bytes(), bytes(&raw.hex)].concat();
    body.truncate(raw.cut.unwrap_or(usize::MAX));
    body.resize(body.len() + raw.pad, b' ');
    Case {
        name: raw.name.clone(),
        http: raw.http.clone(),
        path: raw.path.clone(),
        content_type: raw.content_type.clone(),
        soap_action: raw.action.clone(),
        body,
        answered: raw.answered,
        status: raw.status,
        says: raw.says.clone(),
    }
}
