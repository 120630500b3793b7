//! The OpenAPI 3.1 document: one path a method, each in every encoding.

use super::{group, json_schema};
use crate::cashier::catalog::{METHODS, Method};
use crate::cashier::contract::samples::{reply, request};
use crate::cashier::wire::{DEFAULT_NAMESPACE, Encoding};
use serde_json::{Map, Value, json};

/// The encodings with the media type that a document lists for each.
const MEDIA: [(Encoding, &str); 5] = [
    (Encoding::Json, "application/json"),
    (Encoding::Form, "application/x-www-form-urlencoded"),
    (Encoding::Xml, "application/xml"),
    (Encoding::Soap11, "text/xml"),
    (Encoding::Soap12, "application/soap+xml"),
];

pub fn document() -> Value {
    let mut paths: Map<String, Value> =
        METHODS.iter().map(|method| (format!("/cashier/{}", method.name), path(method))).collect();
    paths.insert("/cashier".to_owned(), wsdl());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tillgate: the cashier's web service",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "The platform side of a payment cashier. Every call is answered with HTTP 200, in the \
                            encoding of the request; whether it was done is told by Status and Description. The \
                            same call may be sent again at any time and gets its first answer.",
        },
        "servers": [{ "url": "/", "description": "Where this document was read from." }],
        // The pass code travels in the body, so without HTTP Basic there is no scheme to name.
        "security": [{}, { "basic": [] }],
        "tags": [
            { "name": "Customers", "description": "Who arrives at the cashier." },
            { "name": "Deposits", "description": "Money that comes in." },
            { "name": "Payouts", "description": "Money that goes out." },
            { "name": "Contract", "description": "This contract itself." },
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Where the front end demands it, besides or instead of the pass code.",
                },
            },
            "schemas": json_schema::definitions(),
        },
    })
}

fn path(method: &Method) -> Value {
    let aliases = match method.aliases {
        [] => String::new(),
        names => format!(" Also called {}.", names.join(", ")),
    };
    let extension = if method.extension { " An extension, off by default." } else { "" };
    json!({
        "post": {
            "operationId": method.name,
            "tags": [group(method)],
            "summary": method.summary,
            "description": format!(
                "The same call may be sent to /cashier with the name in Method or Action, in the XML or SOAP body's \
                 element, or in SOAPAction.{aliases}{extension}"
            ),
            "requestBody": { "required": true, "content": content(method, "Request", request) },
            "responses": {
                "200": {
                    "description": "Done, refused or failed: see Status.",
                    "content": content(method, "Response", reply),
                },
            },
        },
    })
}

fn content(method: &Method, message: &str, example: fn(&Method, Encoding, &str) -> String) -> Value {
    let media = MEDIA.map(|(encoding, media)| {
        let schema = format!("#/components/schemas/{}{message}", method.name);
        let text = example(method, encoding, DEFAULT_NAMESPACE);
        let content = match encoding {
            Encoding::Json => {
                let value: Value = serde_json::from_str(&text).expect("an example in JSON is JSON");
                json!({ "schema": { "$ref": schema }, "example": value })
            }
            // Examples are objects here: what they look like on the wire follows from the media type.
            Encoding::Form => json!({ "schema": { "$ref": schema } }),
            Encoding::Xml | Encoding::Soap11 | Encoding::Soap12 => json!({
                "schema": { "type": "string", "description": "As described by /schemas/cashier.wsdl and its XSD." },
                "example": text,
            }),
        };
        (media.to_owned(), content)
    });
    Value::Object(media.into_iter().collect())
}

fn wsdl() -> Value {
    json!({
        "get": {
            "operationId": "wsdl",
            "tags": ["Contract"],
            "summary": "The WSDL, for SOAP 1.1 and 1.2.",
            "security": [],
            "parameters": [{
                "name": "wsdl",
                "in": "query",
                "required": true,
                "allowEmptyValue": true,
                "schema": { "type": "string" },
            }],
            "responses": {
                "200": {
                    "description": "The WSDL with the address of this service.",
                    "content": { "text/xml": { "schema": { "type": "string" } } },
                },
            },
        },
    })
}
