//! A call as an XML element → `Fields`: its child elements are the parameters, by local name; an attribute stands in
//! for an element that was not sent.

pub(super) mod document;
mod grammar;
mod tree;

use super::Message;
use super::error::Problem;
use super::fields::{Fields, canonical};
pub(super) use grammar::{is_char, is_plain_name as is_element_name};
pub(super) use tree::{Element, Namespace};

/// Reads the element that names the method and holds its parameters.
pub(super) fn message(call: Element) -> Result<Message, Problem> {
    if !call.text.trim_matches(grammar::BLANKS).is_empty() {
        return Err(Problem::malformed("there is text between the XML elements"));
    }
    let mut fields = Fields::default();
    let mut sent = Vec::with_capacity(call.children.len());
    for parameter in call.children {
        sent.push(canonical(&parameter.name));
        let value = value(&parameter)?;
        fields.push(parameter.name, value)?;
    }
    let stand_ins = call.attributes.into_iter().filter(|attribute| attribute.namespace == Namespace::None);
    for attribute in stand_ins.filter(|attribute| !sent.contains(&canonical(&attribute.name))) {
        fields.push(attribute.name, attribute.value)?;
    }
    Ok(Message { element: Some(call.name), fields })
}

fn value(parameter: &Element) -> Result<String, Problem> {
    if !parameter.children.is_empty() {
        return Err(Problem::field(&parameter.name, "must be a text, not nested elements"));
    }
    match parameter.attribute(Namespace::Instance, "nil") {
        None | Some("false" | "0") => Ok(parameter.text.clone()),
        Some("true" | "1") if parameter.text.is_empty() => Ok(String::new()),
        Some("true" | "1") => Err(Problem::field(&parameter.name, "is nil and has a value")),
        Some(_) => Err(Problem::field(&parameter.name, "has an xsi:nil that is neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let message = message(document::read(text).unwrap()).unwrap();
        message.fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn refused(text: &str) -> Problem {
        message(document::read(text).unwrap()).err().unwrap()
    }

    #[test]
    fn blanks_between_elements_are_layout_and_inside_them_content() {
        let text = "<UpdatePayout xmlns:t='urn:t'>\r\n  <PIN> Big daddy </PIN>\n<t:PP>\t</t:PP>\n<Fee/></UpdatePayout>\n";
        assert_eq!(pairs(text), owned(&[("PIN", " Big daddy "), ("PP", "\t"), ("Fee", "")]));
    }

    #[test]
    fn attributes_stand_in_for_missing_elements_only() {
        let text =
            "<C xmlns='urn:t' xmlns:o='urn:o' Amount='1' PIN='2' o:Fee='3' xml:lang='en'><p_in>7</p_in></C>";
        assert_eq!(pairs(text), owned(&[("p_in", "7"), ("Amount", "1")]));
        assert_eq!(refused("<C PIN='1' pin='2'/>").message, "pin is given twice");
    }

    #[test]
    fn nil_is_absent() {
        let nil = |value: &str, text: &str| {
            format!(
                "<C xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><Fee i:nil='{value}'>{text}</Fee></C>"
            )
        };
        assert_eq!(pairs(&nil("true", "")), owned(&[("Fee", "")]));
        assert_eq!(pairs(&nil("1", "")), owned(&[("Fee", "")]));
        assert_eq!(pairs(&nil("false", "2")), owned(&[("Fee", "2")]));
        assert_eq!(refused(&nil("true", "2")).message, "Fee is nil and has a value");
        assert_eq!(refused(&nil("maybe", "")).kind, Kind::Field);
        assert_eq!(pairs("<C><Fee nil='true'>2</Fee></C>"), owned(&[("Fee", "2")]));
    }

    #[test]
    fn nested_elements_duplicates_and_stray_text_are_refused() {
        assert_eq!(refused("<C><PIN><x/></PIN></C>").message, "PIN must be a text, not nested elements");
        assert_eq!(refused("<C><PIN/><P_IN>1</P_IN></C>").message, "P_IN is given twice");
        assert_eq!(refused("<C>stray<PIN>1</PIN></C>").kind, Kind::Malformed);
        assert_eq!(refused("<C>&#160;<PIN>1</PIN></C>").kind, Kind::Malformed);
    }
}
