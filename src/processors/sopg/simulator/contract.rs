//! The vendor's contract, read from its own WSDL: requests are checked and answers are laid out by it, so nothing
//! here says twice what an operation looks like.

use super::number::{self, Cents};
use super::xml::{self, Node};
use std::collections::BTreeMap;
use std::sync::OnceLock;

pub const WSDL: &str = include_str!("../../../../schemas/sopg/PscService.wsdl");
pub const NAMESPACE: &str = "urn:pscservice";

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    /// `string`, `double`, … or the name of one of the contract's own types.
    kind: String,
    least: usize,
    most: usize,
    nillable: bool,
}

pub struct Contract {
    /// Global elements: requests and response wrappers.
    elements: BTreeMap<String, Vec<Field>>,
    types: BTreeMap<String, Vec<Field>>,
    enumerations: BTreeMap<String, Vec<String>>,
    operations: Vec<String>,
}

/// A value of an answer.
#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Number(i64),
    Amount(Cents),
    Flag(bool),
    Group(Values),
}

/// What an operation answers, by field name; order and missing fields are the contract's business.
#[derive(Clone, Debug, Default)]
pub struct Values(pub Vec<(&'static str, Value)>);

impl Values {
    pub fn text(mut self, name: &'static str, value: impl Into<String>) -> Values {
        self.0.push((name, Value::Text(value.into())));
        self
    }

    pub fn number(mut self, name: &'static str, value: i64) -> Values {
        self.0.push((name, Value::Number(value)));
        self
    }

    pub fn amount(mut self, name: &'static str, value: Cents) -> Values {
        self.0.push((name, Value::Amount(value)));
        self
    }

    pub fn flag(mut self, name: &'static str, value: bool) -> Values {
        self.0.push((name, Value::Flag(value)));
        self
    }

    pub fn group(mut self, name: &'static str, value: Values) -> Values {
        self.0.push((name, Value::Group(value)));
        self
    }
}

/// The vendor's file, parsed once.
pub fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        Contract::read(WSDL).expect("the vendor's file is part of this binary and its test reads it")
    })
}

impl Contract {
    fn read(wsdl: &str) -> Result<Contract, String> {
        let root = xml::parse(wsdl)?;
        let schema = root.child("types").and_then(|types| types.child("schema")).ok_or("no schema")?;
        let mut contract = Contract {
            elements: BTreeMap::new(),
            types: BTreeMap::new(),
            enumerations: BTreeMap::new(),
            operations: Vec::new(),
        };
        for node in &schema.children {
            let name = node.attribute("name").unwrap_or_default().to_owned();
            match node.name.as_str() {
                "element" => {
                    let inline = node.child("complexType").ok_or_else(|| format!("{name} has no type"))?;
                    contract.elements.insert(name, fields(inline)?);
                }
                "complexType" => {
                    contract.types.insert(name, fields(node)?);
                }
                "simpleType" => {
                    let restriction = node.child("restriction").ok_or("a simple type without restriction")?;
                    let values = restriction.children.iter().filter(|facet| facet.name == "enumeration");
                    let values =
                        values.filter_map(|facet| facet.attribute("value").map(str::to_owned)).collect();
                    contract.enumerations.insert(name, values);
                }
                other => return Err(format!("{other} is not understood")),
            }
        }
        let port = root.child("portType").ok_or("no port type")?;
        let named = port.children.iter().filter(|node| node.name == "operation");
        contract.operations = named.filter_map(|node| node.attribute("name").map(str::to_owned)).collect();
        Ok(contract)
    }

    pub fn knows(&self, operation: &str) -> bool {
        self.operations.iter().any(|known| known == operation)
    }

    #[cfg(test)]
    pub fn operations(&self) -> &[String] {
        &self.operations
    }

    /// Checks a request against the schema. The order of elements and unknown ones count only when `strict`.
    pub fn check(&self, request: &Node, strict: bool) -> Result<(), String> {
        let fields =
            self.elements.get(&request.name).ok_or_else(|| format!("{} is not an element", request.name))?;
        self.check_fields(request, fields, strict)
    }

    /// Checks a response as strictly as the schema is written; for tests of our own answers and of recorded ones.
    #[cfg(test)]
    pub fn check_response(&self, response: &Node) -> Result<(), String> {
        self.check(response, true)
    }

    fn check_fields(&self, node: &Node, fields: &[Field], strict: bool) -> Result<(), String> {
        let mut reached = 0;
        for child in &node.children {
            if child.space != NAMESPACE {
                return Err(format!("{} is not in {NAMESPACE}", child.name));
            }
            let Some(place) = fields.iter().position(|field| field.name == child.name) else {
                if strict {
                    return Err(format!("{} is not expected in {}", child.name, node.name));
                }
                continue;
            };
            if strict && place < reached {
                return Err(format!("{} is out of order in {}", child.name, node.name));
            }
            reached = place;
            self.check_value(child, &fields[place], strict)?;
        }
        for field in fields {
            let count = node.children.iter().filter(|child| child.name == field.name).count();
            if count < field.least || count > field.most {
                return Err(format!("{} occurs {count} times in {}", field.name, node.name));
            }
        }
        Ok(())
    }

    fn check_value(&self, node: &Node, field: &Field, strict: bool) -> Result<(), String> {
        if node.attribute("nil").is_some_and(|nil| nil == "true" || nil == "1") {
            let empty = node.text.is_empty() && node.children.is_empty();
            return if field.nillable && empty {
                Ok(())
            } else {
                Err(format!("{} must not be nil", field.name))
            };
        }
        if let Some(fields) = self.types.get(&field.kind) {
            return self.check_fields(node, fields, strict);
        }
        if !node.children.is_empty() {
            return Err(format!("{} must hold text only", field.name));
        }
        let word = node.text.trim();
        let fits = match field.kind.as_str() {
            "string" => true,
            "double" => number::is_double(word),
            "int" => word.strip_prefix('+').unwrap_or(word).parse::<i32>().is_ok(),
            "long" => word.strip_prefix('+').unwrap_or(word).parse::<i64>().is_ok(),
            "boolean" => matches!(word, "true" | "false" | "1" | "0"),
            "utcOffsetType" => is_utc_offset(&node.text),
            own => self.enumerations.get(own).is_some_and(|values| values.contains(&node.text)),
        };
        if fits { Ok(()) } else { Err(format!("{} is not a valid {}", field.name, field.kind)) }
    }

    /// Writes the response wrapper of an operation, without the envelope.
    pub fn write_response(&self, operation: &str, values: &Values, prefix: &str) -> String {
        let wrapper = format!("{operation}Response");
        let mut out = format!("<{prefix}:{wrapper}>");
        for field in self.elements.get(&wrapper).into_iter().flatten() {
            self.write_group(&mut out, field, values, prefix);
        }
        out + &format!("</{prefix}:{wrapper}>")
    }

    fn write_group(&self, out: &mut String, field: &Field, values: &Values, prefix: &str) {
        *out += &format!("<{prefix}:{}>", field.name);
        for inner in self.types.get(&field.kind).into_iter().flatten() {
            self.write_field(out, inner, values, prefix);
        }
        *out += &format!("</{prefix}:{}>", field.name);
    }

    fn write_field(&self, out: &mut String, field: &Field, values: &Values, prefix: &str) {
        let name = &field.name;
        let given: Vec<&Value> =
            values.0.iter().filter(|(known, _)| *known == name.as_str()).map(|(_, value)| value).collect();
        for value in &given {
            let text = match value {
                Value::Group(inner) => {
                    self.write_group(out, field, inner, prefix);
                    continue;
                }
                Value::Text(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Amount(cents) => number::print(*cents),
                Value::Flag(flag) => flag.to_string(),
            };
            *out += &format!("<{prefix}:{name}>");
            xml::escape(out, &text);
            *out += &format!("</{prefix}:{name}>");
        }
        if !given.is_empty() || field.least == 0 {
            return;
        }
        if field.nillable {
            *out += &format!(
                "<{prefix}:{name} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>"
            );
            return;
        }
        // A field that must be there and has nothing to say.
        let nothing = match field.kind.as_str() {
            "double" => "0.0",
            "int" | "long" => "0",
            "boolean" => "false",
            _ => "",
        };
        *out += &format!("<{prefix}:{name}>{nothing}</{prefix}:{name}>");
    }
}

fn fields(complex: &Node) -> Result<Vec<Field>, String> {
    let Some(sequence) = complex.child("sequence") else {
        return if complex.children.is_empty() { Ok(Vec::new()) } else { Err("not a sequence".to_owned()) };
    };
    sequence.children.iter().map(field).collect()
}

fn field(node: &Node) -> Result<Field, String> {
    let name = node.attribute("name").ok_or("a field without a name")?.to_owned();
    let kind = node.attribute("type").ok_or_else(|| format!("{name} has no type"))?;
    let count = |attribute, otherwise: usize| match node.attribute(attribute) {
        None => Ok(otherwise),
        Some("unbounded") => Ok(usize::MAX),
        Some(number) => number.parse().map_err(|_| format!("{attribute} of {name} is not a number")),
    };
    Ok(Field {
        kind: kind.rsplit(':').next().unwrap_or(kind).to_owned(),
        least: count("minOccurs", 1)?,
        most: count("maxOccurs", 1)?,
        nillable: node.attribute("nillable") == Some("true"),
        name,
    })
}

/// The one pattern of the contract: `[+-][0-1][0-9]:[0-4][0-5]`.
fn is_utc_offset(text: &str) -> bool {
    let ranges = ["+-", "01", "0123456789", ":", "01234", "012345"];
    text.chars().count() == ranges.len() && text.chars().zip(ranges).all(|(c, range)| range.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Node {
        xml::parse(text).unwrap().child("Body").unwrap().children[0].clone()
    }

    #[test]
    fn the_contract_has_its_operations_and_its_irregular_names() {
        let contract = contract();
        assert_eq!(contract.operations().len(), 29);
        for operation in contract.operations() {
            let written = contract.write_response(operation, &Values::default().number("resultCode", 1), "p");
            let bound = written.replacen('>', &format!(" xmlns:p='{NAMESPACE}'>"), 1);
            contract
                .check_response(&xml::parse(&bound).unwrap())
                .unwrap_or_else(|error| panic!("{operation}: {error}"));
        }
        assert!(contract.write_response("payout", &Values::default(), "p").contains("<p:PayoutReturn>"));
        assert!(
            contract
                .write_response("refund", &Values::default(), "p")
                .contains("<p:refundRequestReturnType>")
        );
    }

    #[test]
    fn every_recorded_message_is_valid() {
        let folder = format!("{}/tests/data/sopg", env!("CARGO_MANIFEST_DIR"));
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if !name.ends_with(".xml") || name.starts_with("fault.") {
                continue;
            }
            let node = body(&std::fs::read_to_string(&path).unwrap());
            contract().check(&node, true).unwrap_or_else(|error| panic!("{name}: {error}"));
            count += 1;
        }
        assert_eq!(count, 32);
    }

    #[test]
    fn strictness_is_about_order_and_strangers_only() {
        let request = |inner: &str| {
            let text = format!("<e><Body><p:getMid xmlns:p='{NAMESPACE}'>{inner}</p:getMid></Body></e>");
            let node = body(&text);
            (contract().check(&node, false).is_ok(), contract().check(&node, true).is_ok())
        };
        let (user, password, currency) = ("<p:username/>", "<p:password/>", "<p:currency>EUR</p:currency>");
        assert_eq!(request(&[user, password, currency].concat()), (true, true));
        assert_eq!(request(&[currency, user, password].concat()), (true, false));
        assert_eq!(request(&[user, password, currency, "<p:webhookUrl/>"].concat()), (true, false));
        assert_eq!(request(&[user, password].concat()), (false, false));
        assert_eq!(request(&[user, user, password, currency].concat()), (false, false));
        assert_eq!(request(&[user, password, "<currency/>"].concat()), (false, false));
    }
}
