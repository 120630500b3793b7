//! The XML Schema: with our namespace for SOAP, without one for plain XML.

use crate::cashier::catalog::{Field, Kind, LONGEST_STATUS, METHODS, Method, Need};
use crate::cashier::codes::CODES;
use crate::cashier::contract::samples::escaped;
use crate::cashier::wire::DEFAULT_NAMESPACE;
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    Cashier,
    None,
}

pub fn document(namespace: Namespace) -> String {
    let about = match namespace {
        Namespace::Cashier => "The cashier's messages as SOAP carries them.",
        Namespace::None => "The cashier's messages as plain XML carries them: the same, without a namespace.",
    };
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {about} -->\n{}", schema(namespace, ""))
}

/// The schema element, indented to stand inside another document.
pub fn schema(namespace: Namespace, indent: &str) -> String {
    let head = match namespace {
        Namespace::Cashier => format!(
            "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"{DEFAULT_NAMESPACE}\" \
             targetNamespace=\"{DEFAULT_NAMESPACE}\" elementFormDefault=\"qualified\">\n"
        ),
        Namespace::None => "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">\n".to_owned(),
    };
    let mut types = BTreeMap::new();
    let messages: String = METHODS.iter().map(|method| messages(method, &mut types)).collect();
    let types: String = types.into_values().collect();
    let text = format!("{head}{messages}{types}</xs:schema>\n");
    text.lines().map(|line| format!("{indent}{line}\n")).collect()
}

fn messages(method: &Method, types: &mut BTreeMap<String, String>) -> String {
    let choice = match method.one_of {
        [] => String::new(),
        names => format!(" At least one of {} must be sent.", names.join(", ")),
    };
    let extension = if method.extension { " Off by default." } else { "" };
    let request: String = method
        .request_fields()
        .map(|field| {
            let required = field.need == Need::Required;
            let occurs = if required { "" } else { " minOccurs=\"0\" nillable=\"true\"" };
            element(field, occurs, required, types)
        })
        .collect();
    // A refusal carries Status and Description alone, so nothing else can be demanded of every reply.
    let always = ["Status", "Description"];
    let reply: String = method
        .reply_fields()
        .map(|field| {
            let occurs = if always.contains(&field.name) { "" } else { " minOccurs=\"0\"" };
            element(field, occurs, false, types)
        })
        .collect();
    message(method.name, &format!("{}{choice}{extension}", method.summary), &request)
        + &message(&format!("{}Response", method.name), &format!("The answer to {}.", method.name), &reply)
}

fn message(name: &str, about: &str, elements: &str) -> String {
    format!(
        "  <xs:element name=\"{name}\">\n{}    <xs:complexType>\n      <xs:all>\n{elements}      </xs:all>\n    \
         </xs:complexType>\n  </xs:element>\n",
        annotation(about, "    ")
    )
}

fn element(field: &Field, occurs: &str, filled: bool, types: &mut BTreeMap<String, String>) -> String {
    let (name, definition) = simple_type(field, filled);
    types.entry(name.clone()).or_insert(definition);
    format!(
        "        <xs:element name=\"{}\" type=\"{name}\"{occurs}>\n{}        </xs:element>\n",
        field.name,
        annotation(field.meaning, "          ")
    )
}

fn annotation(text: &str, indent: &str) -> String {
    format!("{indent}<xs:annotation><xs:documentation>{}</xs:documentation></xs:annotation>\n", escaped(text))
}

/// The name and definition of a field's type. `filled`: an empty text means that the field is absent, so a required
/// one must not be empty.
fn simple_type(field: &Field, filled: bool) -> (String, String) {
    let (name, base, facets) = match field.kind {
        Kind::Text { max } if filled => {
            (format!("FilledText{max}"), "xs:string", facet("minLength", 1) + &facet("maxLength", max))
        }
        Kind::Text { max } => (format!("Text{max}"), "xs:string", facet("maxLength", max)),
        Kind::Int { least, most } => {
            let name = match (least, most) {
                (1, i64::MAX) => "Number".to_owned(),
                (least, most) => format!("Whole{least}To{most}"),
            };
            (
                name,
                "xs:long",
                facet("minInclusive", least) + &facet("maxInclusive", most) + &facet("pattern", "[0-9]+"),
            )
        }
        Kind::Amount => {
            ("Amount".to_owned(), "xs:decimal", facet("minExclusive", 0) + &facet("pattern", PLAIN_DECIMAL))
        }
        Kind::Fee => ("Fee".to_owned(), "xs:decimal", facet("pattern", PLAIN_DECIMAL)),
        Kind::Balance => ("Balance".to_owned(), "xs:decimal", facet("pattern", format!("-?{PLAIN_DECIMAL}"))),
        Kind::Code => {
            let numbers = CODES.iter().map(|code| facet("enumeration", code.number));
            ("StatusNumber".to_owned(), "xs:int", numbers.collect())
        }
        Kind::Currency => ("Currency".to_owned(), "xs:string", facet("pattern", "[A-Za-z]{3}")),
        Kind::StatusLetter => (
            "PayoutStatusCode".to_owned(),
            "xs:string",
            facet("minLength", 1) + &facet("maxLength", LONGEST_STATUS),
        ),
        Kind::Word(words) => {
            let words = words.iter().map(|word| facet("enumeration", word));
            (format!("{}Word", field.name), "xs:string", words.collect())
        }
        Kind::Date => {
            ("AmericanDate".to_owned(), "xs:string", facet("pattern", "([0-9]{2}/[0-9]{2}/[0-9]{4})?"))
        }
    };
    let definition = format!(
        "  <xs:simpleType name=\"{name}\">\n    <xs:restriction base=\"{base}\">\n{facets}    </xs:restriction>\n  \
         </xs:simpleType>\n"
    );
    (name, definition)
}

/// No sign, no exponent, at most four decimals, as `domain::money` reads it.
const PLAIN_DECIMAL: &str = "[0-9]{1,15}(\\.[0-9]{1,4})?";

fn facet(name: &str, value: impl std::fmt::Display) -> String {
    format!("      <xs:{name} value=\"{value}\"/>\n")
}
