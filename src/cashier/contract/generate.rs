//! Writes the files of `schemas/` and the tables of `docs/api/` from the catalog, and tests that they are what they
//! would be if they were written now. `UPDATE_SCHEMAS=1 cargo test contract` writes them anew.

mod json_schema;
mod openapi;
mod tables;
mod wsdl;
mod xsd;
mod yaml;

use super::samples::pretty;
use crate::cashier::catalog::Method;
use std::path::Path;

fn files() -> Vec<(&'static str, String)> {
    let openapi = openapi::document();
    vec![
        ("schemas/cashier.xsd", xsd::document(xsd::Namespace::Cashier)),
        ("schemas/cashier-plain.xsd", xsd::document(xsd::Namespace::None)),
        ("schemas/cashier.wsdl", wsdl::document()),
        ("schemas/cashier.schema.json", pretty(&json_schema::document()) + "\n"),
        ("schemas/openapi.json", pretty(&openapi) + "\n"),
        ("schemas/openapi.yaml", yaml::document(&openapi)),
        ("docs/api/codes.md", tables::codes()),
        ("docs/api/methods.md", tables::methods()),
        ("docs/api/payouts.md", tables::payouts(include_str!("../../../docs/api/payouts.md"))),
    ]
}

#[test]
fn the_files_say_what_the_catalog_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
    let mut stale = Vec::new();
    for (name, expected) in files() {
        let path = root.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|found| found == expected) {
            continue;
        }
        if update {
            std::fs::write(&path, expected).unwrap();
        }
        stale.push(name);
    }
    // After an update the embedded copies are still the old ones: the next build has the new ones.
    assert!(
        stale.is_empty() || update,
        "{stale:?} differ from the catalog: UPDATE_SCHEMAS=1 cargo test contract"
    );
}

/// What a method is about, to group it in documents.
pub(super) fn group(method: &Method) -> &'static str {
    match method.name {
        name if name.contains("Payout") => "Payouts",
        name if name.contains("Deposit") => "Deposits",
        _ => "Customers",
    }
}
