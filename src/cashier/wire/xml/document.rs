//! XML text → a small bounded `tree`, refusing what a payment message has no use for.
//!
//! The pull parser below is quick and lenient. Checked here: one root and nothing beside it, a declaration only at the
//! very start and only for UTF-8, legal characters and names, bound prefixes, known references, `]]>`, no document
//! type, no processing instruction, and limits on everything that could grow.

use super::super::error::Problem;
use super::super::{media_type, soap};
use super::grammar;
use super::tree::{Attribute, Element, Namespace, Tree};
use quick_xml::NsReader;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};

const MOST_ATTRIBUTES: usize = 64;
const MOST_BINDINGS: usize = 64;

const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

pub(in super::super) fn read(text: &str) -> Result<Element, Problem> {
    // The parser below would drop a byte order mark, but ours is already gone.
    if text.starts_with('\u{feff}') {
        return Err(malformed("the XML begins with two byte order marks"));
    }
    let mut reader = NsReader::from_str(text);
    reader.config_mut().check_comments = true;
    reader.resolver_mut().set_max_namespace_bindings(MOST_BINDINGS);
    let mut tree = Tree::default();
    let mut is_first = true;
    loop {
        // Its errors quote the document, so they are not passed on.
        let event = reader.read_event().map_err(|_| malformed("the XML is not well-formed"))?;
        match event {
            Event::Decl(declaration) => {
                if !is_first {
                    return Err(malformed("the XML declaration is not at the start"));
                }
                check_declaration(&declaration, text)?;
            }
            Event::Start(tag) => {
                let element = open(&reader, &tag)?;
                tree.open(element)?;
            }
            Event::Empty(tag) => {
                let element = open(&reader, &tag)?;
                tree.open(element)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => {
                if text.contains("]]>") {
                    return Err(malformed("the XML has ]]> in a text"));
                }
                tree.text(&text.xml10_content())?;
            }
            Event::CData(text) => tree.content(&text.xml10_content())?,
            Event::GeneralRef(name) => {
                let c = grammar::reference(&name)
                    .ok_or_else(|| tree.fault("has an entity or character reference that is not allowed"))?;
                tree.content(c.encode_utf8(&mut [0; 4]))?;
            }
            Event::Comment(comment) => {
                if !comment.chars().all(grammar::is_char) {
                    return Err(malformed("the XML has a comment with a control character"));
                }
            }
            Event::DocType(_) => {
                return Err(malformed("the XML has a document type declaration, which is not allowed"));
            }
            Event::PI(_) => {
                return Err(malformed("the XML has a processing instruction, which is not allowed"));
            }
            Event::Eof => return tree.finish(),
        }
        is_first = false;
    }
}

fn malformed(message: &str) -> Problem {
    Problem::malformed(message)
}

/// `version`, then perhaps `encoding`, then perhaps `standalone`.
fn check_declaration(declaration: &BytesDecl<'_>, text: &str) -> Result<(), Problem> {
    let broken = || malformed("the XML declaration is not well-formed");
    let raw = declaration.strip_prefix("xml").ok_or_else(broken)?;
    let mut attributes = grammar::attributes(raw).ok_or_else(broken)?.into_iter().peekable();
    let version = attributes.next_if(|(name, _)| *name == "version").ok_or_else(broken)?.1;
    if version != "1.0" {
        return Err(malformed("the XML version must be 1.0"));
    }
    if let Some((_, label)) = attributes.next_if(|(name, _)| *name == "encoding")
        && !media_type::is_utf8(label, text.as_bytes())
    {
        return Err(malformed("the XML declaration names another encoding than UTF-8"));
    }
    attributes.next_if(|attribute| matches!(attribute, ("standalone", "yes" | "no")));
    attributes.next().map_or(Ok(()), |_| Err(broken()))
}

/// Reads a start tag: names, attributes, and the namespaces that its prefixes are bound to.
fn open(reader: &NsReader<&[u8]>, tag: &BytesStart<'_>) -> Result<Element, Problem> {
    let name = tag.name();
    let (prefix, local) = split(name.into_inner())?;
    if prefix == Some("xmlns") {
        return Err(unbound());
    }
    let (namespace, _) = reader.resolver().resolve_element(name);
    let namespace = meaning(uri(&namespace)?);
    let broken = || malformed("the XML has a tag whose attributes are not well-formed");
    let raw = grammar::attributes(tag.attributes_raw()).ok_or_else(broken)?;
    if MOST_ATTRIBUTES < raw.len() {
        return Err(malformed("the XML has an element with more than 64 attributes"));
    }
    let mut attributes = Vec::with_capacity(raw.len());
    let mut qualified = Vec::new();
    for (name, raw_value) in raw {
        let (prefix, local) = split(name)?;
        let value = grammar::attribute_value(raw_value)
            .ok_or_else(|| Problem::field(local, "has an attribute value that is not well-formed XML"))?;
        if name == "xmlns" || prefix == Some("xmlns") {
            check_binding(prefix.is_some(), raw_value)?;
            continue;
        }
        let (resolved, _) = reader.resolver().resolve_attribute(QName(name));
        let namespace = uri(&resolved)?;
        // Two prefixes may hide that an attribute is given twice.
        if let Some(uri) = namespace {
            if qualified.contains(&(uri.to_owned(), local)) {
                return Err(broken());
            }
            qualified.push((uri.to_owned(), local));
        }
        attributes.push(Attribute { namespace: meaning(namespace), name: local.to_owned(), value });
    }
    Ok(Element { namespace, name: local.to_owned(), attributes, children: Vec::new(), text: String::new() })
}

fn split(name: &str) -> Result<(Option<&str>, &str), Problem> {
    grammar::split_name(name).ok_or_else(|| malformed("the XML has a name that is not allowed"))
}

/// The parser below compares the raw text of a namespace, so one that needs decoding is not taken.
fn check_binding(is_prefix: bool, uri: &str) -> Result<(), Problem> {
    let is_plain = !uri.contains(['&', '\t', '\r', '\n']) && uri != XMLNS;
    if is_plain && !(is_prefix && uri.is_empty()) {
        return Ok(());
    }
    Err(malformed("the XML declares a namespace that is not allowed"))
}

fn uri<'a>(resolved: &'a ResolveResult<'_>) -> Result<Option<&'a str>, Problem> {
    match resolved {
        ResolveResult::Bound(namespace) => Ok(Some(namespace.as_ref())),
        ResolveResult::Unbound => Ok(None),
        ResolveResult::Unknown(_) => Err(unbound()),
    }
}

fn unbound() -> Problem {
    malformed("the XML uses a prefix that is not bound to a namespace")
}

fn meaning(uri: Option<&str>) -> Namespace {
    match uri {
        None => Namespace::None,
        Some(INSTANCE) => Namespace::Instance,
        Some(uri) => soap::Version::of(uri).map_or(Namespace::Other, Namespace::Soap),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Kind;
    use super::*;

    fn text_of(xml: &str) -> String {
        read(xml).unwrap().text
    }

    #[track_caller]
    fn refused(xml: &str, because: &str) {
        let problem = read(xml).map(|root| root.name).expect_err(xml);
        assert!(problem.message.contains(because), "{xml}: {}", problem.message);
    }

    #[test]
    fn text_comes_from_characters_references_and_cdata() {
        assert_eq!(
            text_of("<a>x<!-- - -->&lt;&#65;&#x42;<![CDATA[<&amp;]]]>&amp;\r\ny&#13;\r</a>"),
            "x<AB<&amp;]&\ny\r\n"
        );
        assert_eq!(
            text_of("<?xml version='1.0' encoding=\"utf-8\" standalone='yes'?>\n<!--c-->\n<a/>\n<!--c-->\n"),
            ""
        );
        assert_eq!(text_of("<?xml version=\"1.0\" encoding=\"US-ASCII\"?><a>x</a>"), "x");
        assert_eq!(text_of("<a>]]&gt;</a>"), "]]>");
        assert_eq!(text_of("<a\n></a\t>"), "");
    }

    #[test]
    fn namespaces_are_resolved() {
        let root = read("<s:a xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' s:x='1' x='2' xml:lang='en'><b xmlns='urn:t'/></s:a>").unwrap();
        let soap = Namespace::Soap(soap::Version::Soap11);
        assert_eq!((root.namespace, root.name.as_str()), (soap, "a"));
        assert_eq!(root.attribute(soap, "x"), Some("1"));
        assert_eq!(root.attribute(Namespace::None, "x"), Some("2"));
        assert_eq!(root.attribute(Namespace::Other, "lang"), Some("en"));
        assert_eq!(root.children[0].namespace, Namespace::Other);
    }

    #[test]
    fn there_is_one_root_and_nothing_beside_it() {
        for xml in ["", " ", "<a>", "<a><b></b>", "<!-- -->", "<?xml version='1.0'?>", "<a", "<"] {
            assert!(read(xml).is_err(), "{xml}");
        }
        refused("<a>", "ends before its root");
        refused("<a/><b/>", "second root");
        refused("<a></a>x", "outside of its root");
        refused("x<a/>", "outside of its root");
        refused("<a/>&#32;", "outside of its root");
        refused("<a/><![CDATA[]]>", "outside of its root");
        refused("<![CDATA[ ]]><a/>", "outside of its root");
        refused("<a></b>", "not well-formed");
        refused("<a/></a>", "not well-formed");
        refused("<a><b></a></b>", "not well-formed");
        refused("\u{feff}<a/>", "two byte order marks");
        refused("\0<a/>", "outside of its root");
    }

    #[test]
    fn declarations_stand_first_and_name_utf8() {
        refused(" <?xml version='1.0'?><a/>", "not at the start");
        refused("<!-- --><?xml version='1.0'?><a/>", "not at the start");
        refused("<a><?xml version='1.0'?></a>", "not at the start");
        refused("<?xml version='1.0'?><?xml version='1.0'?><a/>", "not at the start");
        for label in ["ISO-8859-1", "utf-16", "UTF-7", "x", "", "utf-8 "] {
            refused(&format!("<?xml version='1.0' encoding='{label}'?><a/>"), "another encoding");
        }
        refused("<?xml version='1.0' encoding='us-ascii'?><a>é</a>", "another encoding");
        refused("<?xml version='1.1'?><a/>", "version must be 1.0");
        for declaration in [
            "<?xml?>",
            "<?xml encoding='utf-8'?>",
            "<?xml encoding='utf-8' version='1.0'?>",
            "<?xml version='1.0' standalone='maybe'?>",
            "<?xml version='1.0' x='y'?>",
            "<?xml version='1.0'encoding='utf-8'?>",
            "<?xml version=1.0?>",
        ] {
            refused(&format!("{declaration}<a/>"), "declaration is not well-formed");
        }
    }

    #[test]
    fn document_types_instructions_and_entities_are_refused() {
        refused("<!DOCTYPE a><a/>", "document type");
        refused("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "document type");
        refused("<?php x?><a/>", "processing instruction");
        refused("<a><?x?></a>", "processing instruction");
        refused("<a><PIN>&x;</PIN></a>", "PIN has an entity");
        refused("<a>&nbsp;</a>", "entity");
        refused("<a>& </a>", "not well-formed");
        refused("<a>a & b</a>", "not well-formed");
    }

    #[test]
    fn characters_that_xml_forbids_are_refused_raw_and_as_references() {
        for bad in ["\u{0}", "\u{1}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
            refused(&format!("<a><PIN>{bad}</PIN></a>"), "PIN contains a control character");
            refused(&format!("<a><PIN><![CDATA[{bad}]]></PIN></a>"), "PIN contains a control character");
            refused(&format!("<a PIN='{bad}'/>"), "PIN has an attribute value");
            refused(&format!("<a><!--{bad}--></a>"), "comment");
            refused(&format!("<a{bad}/>"), "name that is not allowed");
        }
        for bad in ["&#0;", "&#1;", "&#x1;", "&#xFFFF;", "&#xD800;", "&#+65;", "&#X41;", "&#;"] {
            refused(&format!("<a><PIN>{bad}</PIN></a>"), "PIN has an entity or character reference");
            refused(&format!("<a PIN='{bad}'/>"), "PIN has an attribute value");
        }
        assert_eq!(read("<a><PIN>\u{1}</PIN></a>").err().unwrap().kind, Kind::Field);
    }

    #[test]
    fn what_the_parser_below_lets_pass_is_refused() {
        refused("<a>x]]>y</a>", "]]>");
        refused("<1a/>", "name that is not allowed");
        refused("<a><-b/></a>", "name that is not allowed");
        refused("<a 1b='x'/>", "name that is not allowed");
        refused("<a b='x<y'/>", "attribute value");
        refused("<a b='x&y'/>", "attribute value");
        refused("<a b='1'c='2'/>", "attributes are not well-formed");
        refused("<a b='1' b='2'/>", "attributes are not well-formed");
        refused("<a b/>", "attributes are not well-formed");
        refused("<a b=1/>", "attributes are not well-formed");
        refused("<a / >", "attributes are not well-formed");
        refused("< a/>", "name that is not allowed");
        refused("<a><!-- a -- b --></a>", "not well-formed");
        refused("<a><!-- a ---></a>", "not well-formed");
    }

    #[test]
    fn prefixes_are_bound_and_bindings_are_plain() {
        refused("<t:a/>", "prefix that is not bound");
        refused("<a t:b='1'/>", "prefix that is not bound");
        refused("<a><b xmlns:t='urn:t'/><t:c/></a>", "prefix that is not bound");
        refused("<xmlns:a/>", "prefix that is not bound");
        refused("<a xmlns:t=''/>", "namespace that is not allowed");
        refused("<a xmlns='a&amp;b'/>", "namespace that is not allowed");
        refused("<a xmlns='http://www.w3.org/2000/xmlns/'/>", "namespace that is not allowed");
        refused("<a xmlns:xml='urn:t'/>", "not well-formed");
        refused("<a xmlns:p='urn:t' xmlns:q='urn:t' p:x='1' q:x='2'/>", "attributes are not well-formed");
        assert!(read("<a xmlns:p='urn:p' xmlns:q='urn:q' p:x='1' q:x='2'/>").is_ok());
        assert!(read("<a xmlns='urn:t'><b xmlns=''/></a>").is_ok());
    }

    #[test]
    fn everything_that_could_grow_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read(&nested(32)).is_ok());
        refused(&nested(33), "deeper than 32");
        refused(&"<a>".repeat(20_000), "deeper than 32");
        let wide = |elements: usize| format!("<a>{}</a>", "<b/>".repeat(elements - 1));
        assert!(read(&wide(1000)).is_ok());
        refused(&wide(1001), "more than 1000 elements");
        let attributes = |count: usize| (0..count).map(|n| format!(" a{n}='x'")).collect::<String>();
        assert!(read(&format!("<a{}/>", attributes(64))).is_ok());
        refused(&format!("<a{}/>", attributes(65)), "more than 64 attributes");
        let bindings = |prefix: &str, count: usize| {
            (0..count).map(|n| format!(" xmlns:{prefix}{n}='u'")).collect::<String>()
        };
        let two_levels = |inner: usize| format!("<a{}><b{}/></a>", bindings("p", 34), bindings("q", inner));
        assert!(read(&two_levels(30)).is_ok());
        refused(&two_levels(31), "not well-formed");
    }
}
