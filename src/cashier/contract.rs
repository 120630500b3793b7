//! The contract of the web service as it is handed out: WSDL, XSD, JSON Schema, OpenAPI, and a page for people.
//!
//! Lives here: the files of `schemas/`, embedded, and under which address each is served; the page, rendered once at
//! start from the catalog.
//! Does not: HTTP, or what the contract says (`catalog`, `codes`). The files are written by `generate`, whose test
//! compares them with the catalog; `UPDATE_SCHEMAS=1 cargo test` writes them anew.

#[cfg(test)]
mod generate;
mod page;
pub mod routes;
mod samples;

use super::wire::DEFAULT_NAMESPACE;
use std::borrow::Cow;

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";
const SCHEMA: &str = "application/schema+json; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";
/// WSDL and text/xml belong together in old toolkits.
const WSDL: &str = "text/xml; charset=utf-8";
const YAML: &str = "application/yaml; charset=utf-8";

/// Where the service is when nobody says otherwise; the files and the page name this address.
pub const DEFAULT_BASE: &str = "http://127.0.0.1:8080";

/// The files of `schemas/` that belong to the cashier, by name.
static FILES: &[File] = &[
    File { name: "cashier.wsdl", content_type: WSDL, text: include_str!("../../schemas/cashier.wsdl") },
    File { name: "cashier.xsd", content_type: XML, text: include_str!("../../schemas/cashier.xsd") },
    File {
        name: "cashier-plain.xsd",
        content_type: XML,
        text: include_str!("../../schemas/cashier-plain.xsd"),
    },
    File {
        name: "cashier.schema.json",
        content_type: SCHEMA,
        text: include_str!("../../schemas/cashier.schema.json"),
    },
    File { name: "openapi.json", content_type: JSON, text: include_str!("../../schemas/openapi.json") },
    File { name: "openapi.yaml", content_type: YAML, text: include_str!("../../schemas/openapi.yaml") },
];

struct File {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

/// What is sent for one address.
#[derive(Debug, PartialEq, Eq)]
pub struct Document {
    pub content_type: &'static str,
    pub body: Cow<'static, str>,
}

/// Everything that can be handed out. Built once, at start.
pub struct Contract {
    page: String,
    namespace: String,
}

impl Contract {
    /// `namespace` is that of the SOAP messages, which the configuration may change.
    pub fn new(namespace: &str) -> Result<Contract, askama::Error> {
        Ok(Contract { page: page::render(namespace)?, namespace: samples::escaped(namespace) })
    }

    /// The document at a path. `base` is where the caller reached us (`https://cashier.example:8443`); it goes into
    /// the WSDL's address and the page's commands, so that both work from where they are read.
    pub fn get(&self, path: &str, query: Option<&str>, base: Option<&str>) -> Option<Document> {
        match path {
            "/docs" | "/docs/" => {
                Some(Document { content_type: HTML, body: Cow::Owned(placed(&self.page, base).into_owned()) })
            }
            "/cashier" | "/cashier/" => {
                query.filter(|query| asks_for_wsdl(query)).and_then(|_| self.file("cashier.wsdl", base))
            }
            "/openapi.json" | "/openapi.yaml" => self.file(path.trim_start_matches('/'), base),
            _ => self.file(path.strip_prefix("/schemas/")?, base),
        }
    }

    fn file(&self, name: &str, base: Option<&str>) -> Option<Document> {
        let file = FILES.iter().find(|file| file.name == name)?;
        let mut body = Cow::Borrowed(file.text);
        if file.content_type == WSDL {
            body = placed(file.text, base);
        }
        if matches!(file.content_type, WSDL | XML) && self.namespace != DEFAULT_NAMESPACE {
            body = Cow::Owned(body.replace(DEFAULT_NAMESPACE, &self.namespace));
        }
        Some(Document { content_type: file.content_type, body })
    }
}

/// Every path that is answered without a query, for whoever registers routes or lists them.
pub fn paths() -> impl Iterator<Item = String> {
    let files = FILES.iter().map(|file| format!("/schemas/{}", file.name));
    ["/docs", "/openapi.json", "/openapi.yaml"].into_iter().map(str::to_owned).chain(files)
}

/// Tools ask with `?wsdl`, in any case and sometimes with a value.
fn asks_for_wsdl(query: &str) -> bool {
    let mut names = query.split('&').filter_map(|part| part.split('=').next());
    names.any(|name| name.eq_ignore_ascii_case("wsdl"))
}

/// A text with its address replaced by the one the caller used.
fn placed<'a>(text: &'a str, base: Option<&str>) -> Cow<'a, str> {
    match base.filter(|base| is_address(base)) {
        Some(base) if base != DEFAULT_BASE => Cow::Owned(text.replace(DEFAULT_BASE, base)),
        _ => Cow::Borrowed(text),
    }
}

/// A base comes from the caller's Host header: only what can be a scheme, a host and a port gets into a document.
fn is_address(base: &str) -> bool {
    let Some(host) = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://")) else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    !host.is_empty() && host.len() <= 255 && host.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str, query: Option<&str>, base: Option<&str>) -> Option<Document> {
        Contract::new(DEFAULT_NAMESPACE).unwrap().get(path, query, base)
    }

    #[test]
    fn every_path_has_its_document_and_others_have_none() {
        for path in paths() {
            let document = get(&path, None, None).unwrap_or_else(|| panic!("{path}"));
            assert!(
                !document.body.is_empty() && document.content_type.ends_with("; charset=utf-8"),
                "{path}"
            );
        }
        for path in ["/schemas/", "/schemas/../Cargo.toml", "/schemas/sopg/PscService.wsdl", "/doc", ""] {
            assert_eq!(get(path, None, None), None, "{path}");
        }
    }

    #[test]
    fn the_wsdl_is_asked_for_by_a_query_in_any_case() {
        let expected = get("/schemas/cashier.wsdl", None, None);
        for query in ["wsdl", "WSDL", "singleWsdl=0&wsdl=", "x&Wsdl"] {
            assert_eq!(get("/cashier", Some(query), None), expected, "{query}");
        }
        for query in [None, Some(""), Some("wsd"), Some("x=wsdl")] {
            assert_eq!(get("/cashier", query, None), None, "{query:?}");
        }
    }

    #[test]
    fn documents_name_the_address_they_were_read_from() {
        let base = "https://pay.example:8443";
        let wsdl = get("/cashier", Some("wsdl"), Some(base)).unwrap().body;
        assert!(
            wsdl.contains("location=\"https://pay.example:8443/cashier\"") && !wsdl.contains(DEFAULT_BASE)
        );
        let page = get("/docs", None, Some(base)).unwrap().body;
        assert!(
            page.contains("https://pay.example:8443/cashier/CreatePayout") && !page.contains(DEFAULT_BASE)
        );
    }

    #[test]
    fn a_namespace_of_the_configuration_is_everywhere() {
        let contract = Contract::new("urn:a&b").unwrap();
        for path in ["/schemas/cashier.wsdl", "/schemas/cashier.xsd"] {
            let text = contract.get(path, None, None).unwrap().body;
            assert!(text.contains("targetNamespace=\"urn:a&amp;b\"") && !text.contains(DEFAULT_NAMESPACE));
        }
        assert!(!contract.get("/docs", None, None).unwrap().body.contains(DEFAULT_NAMESPACE));
    }

    #[test]
    fn a_host_that_is_none_gets_into_no_document() {
        for base in ["http://a\"/><x", "http://", "ftp://a", "http://a/b", "http://a b", "javascript:1", ""] {
            let wsdl = get("/cashier", Some("wsdl"), Some(base)).unwrap().body;
            assert!(wsdl.contains("location=\"http://127.0.0.1:8080/cashier\""), "{base}");
        }
    }

    #[test]
    fn the_page_needs_no_other_host_and_no_script() {
        let page = get("/docs", None, None).unwrap().body;
        for outside in ["<script", "<link", "<img", "<iframe", "@import", "url(", "src=", "href=\"http"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.starts_with("<!doctype html>") && page.contains("lang=\"en\""));
    }
}
