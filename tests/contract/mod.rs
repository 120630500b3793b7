//! What the contract promises, held against what the server says, by validators and clients that are not ours.

use crate::support::story::Story;
use crate::support::{databases, python};
use tillgate::cashier::catalog::METHODS;

const FRONT_END: &str = "Flows EUR InProgress";

#[tokio::test]
async fn every_message_of_every_method_in_every_encoding_keeps_the_schemas() {
    let import = "import jsonschema, lxml, openapi_spec_validator, yaml";
    let packages =
        &["jsonschema>=4.26,<5", "lxml>=6,<7", "openapi-spec-validator>=0.9,<0.10", "PyYAML>=6,<7"];
    let Some(python) = python::at_hand("contract-venv", import, packages, &["xmllint"]).await else { return };
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let customer = story.customer(FRONT_END, "Bigdaddy", "1000.00").await;

        let said =
            python::run(python.clone(), "contract/traffic.py", vec![story.base.clone(), customer.pin]).await;
        println!("{said}");
        assert!(said.ends_with(&format!(", {} methods: done\n", METHODS.len())), "{said}");
        story.ends().await;
    }
}

#[tokio::test]
async fn a_soap_library_built_from_the_wsdl_runs_a_payout_on_both_bindings() {
    let Some(python) = python::at_hand("soap-venv", "import zeep", &["zeep>=4.3,<5"], &[]).await else {
        return;
    };
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let customer = story.customer(FRONT_END, "Bigdaddy", "1000.00").await;

        let said =
            python::run(python.clone(), "contract/soap_client.py", vec![story.base.clone(), customer.pin])
                .await;
        // Both bindings carry every method.
        assert_eq!(said, format!("{} operations: done\n", 2 * METHODS.len()));
        story.ends().await;
    }
}
