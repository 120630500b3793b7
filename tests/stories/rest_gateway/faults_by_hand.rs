//! What is asked by hand, under every fault of the gateway: the program says honestly whether it was done, an order is
//! never sent twice by itself, and a second try gets there.

use super::by_hand::by_hand_with;
use super::*;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::Fault;
use tillgate::store::DatabaseUrl;

/// Whether a call may be made twice without harm.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    Question,
    Order,
}

/// The table: whether the first try ends well.
fn ends_well(nature: Nature, fault: Fault) -> bool {
    match fault {
        Fault::TokenRefused | Fault::HttpUnauthorized | Fault::Quirky => true,
        // Nobody knows what a 403 did: a question is asked again with a fresh token, an order is not.
        Fault::ForbiddenAfter => nature == Nature::Question,
        Fault::TimeoutBefore
        | Fault::TimeoutAfter
        | Fault::ResetBefore
        | Fault::ResetAfter
        | Fault::BadGatewayBefore
        | Fault::BadGatewayAfter
        | Fault::HalfAnswer
        | Fault::Garbage
        | Fault::ChecksumRefused
        | Fault::DoneLate => false,
    }
}

/// How often the first try is carried out there.
fn carried_out(nature: Nature, fault: Fault) -> u32 {
    match fault {
        Fault::ForbiddenAfter if nature == Nature::Question => 2,
        Fault::TokenRefused | Fault::HttpUnauthorized => 1,
        fault => u32::from(!fault.is_before()),
    }
}

struct Hand<'a> {
    stage: &'a Stage,
    url: DatabaseUrl,
    no_certificates: tempfile::NamedTempFile,
}

impl Hand<'_> {
    fn of(stage: &Stage, url: DatabaseUrl) -> Hand<'_> {
        Hand { stage, url, no_certificates: tempfile::NamedTempFile::new().expect("a file") }
    }

    async fn runs(&self, patient: bool, arguments: &[&str], input: &str) -> (i32, String) {
        let (name, rest) = arguments.split_first().expect("a command");
        let arguments = [&[*name, "--account", "rest"], rest].concat();
        // Reading the machine's certificates takes longer than all the rest, and nothing here needs one.
        let settings = [
            ("CA_FILE", self.no_certificates.path().to_str().expect("a path")),
            ("PAYMENT_TIMEOUT_MS", "4000"),
            ("READ_TIMEOUT_MS", "4000"),
        ];
        let more = if patient { &settings[..1] } else { &settings[..] };
        let (code, out, err) = by_hand_with(self.stage, &self.url, more, &arguments, input).await;
        (code, format!("{out}{err}"))
    }

    /// Runs it under a fault and compares with the table. Whether it was done the first time.
    async fn meets(
        &self,
        fault: Fault,
        nature: Nature,
        operation: &str,
        arguments: &[&str],
        input: &str,
    ) -> bool {
        let before = self.stage.simulator.processed(operation);
        self.stage.simulator.plan(operation, fault);
        let patient = !matches!(fault, Fault::TimeoutBefore | Fault::TimeoutAfter);
        let (code, said) = self.runs(patient, arguments, input).await;
        assert_eq!(code == 0, ends_well(nature, fault), "{operation} {fault:?}: {code} {said}");
        let done = self.stage.simulator.processed(operation) - before;
        assert_eq!(done, carried_out(nature, fault), "{operation} {fault:?}: {said}");
        self.stage.simulator.clear_faults();
        done > 0
    }

    async fn succeeds(&self, arguments: &[&str], input: &str) -> String {
        let (code, said) = self.runs(true, arguments, input).await;
        assert_eq!(code, 0, "{arguments:?}: {said}");
        said
    }
}

const IBAN: &str = "iban=DE89370400440532013000\nbic=COBADEFFXXX\n";

#[tokio::test(flavor = "multi_thread")]
async fn questions() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let stage = Stage::on(scratch).await;
        stage.paid("50.00").await;
        let hand = Hand::of(&stage, url);
        for (operation, arguments) in [
            ("getPayoutBalance", &["balance", "--currency", "EUR"][..]),
            ("getTransactionList", &["transactions"]),
            ("getCardsAndAccounts", &["stored"]),
        ] {
            for fault in Fault::ALL {
                hand.meets(fault, Nature::Question, operation, arguments, "").await;
            }
            hand.succeeds(arguments, "").await;
        }
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_and_deletions() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let stage = Stage::on(scratch).await;
        let hand = Hand::of(&stage, url);
        let register = ["register", "--front-end", FRONT_END, "--pin", "Ana", "--means-file", "-"];
        for fault in Fault::ALL {
            hand.meets(fault, Nature::Order, "registrations", &register, IBAN).await;
        }
        // A second token for the same account does no harm; those that came too late are deleted.
        hand.succeeds(&register, IBAN).await;
        let charge = stage.insists("ChargeStored", stage.wish("RestCard", "12.00")).await;
        assert_eq!(charge["DepositStatus"], "Credited", "{charge}");

        let listed: Value =
            serde_json::from_str(&hand.succeeds(&["stored", "--show-token"], "").await).expect("JSON");
        let tokens: Vec<&str> =
            listed.as_array().expect("rows").iter().filter_map(|row| row["token"].as_str()).collect();
        let made: u32 = Fault::ALL.into_iter().map(|fault| carried_out(Nature::Order, fault)).sum();
        assert_eq!(tokens.len() as u32, made + 1);
        let forget = ["forget", "--token-file", "-"];
        for (fault, token) in Fault::ALL.into_iter().zip(tokens.iter().cycle()) {
            // The same token may be deleted twice here: that is a refusal there, and done for us.
            let before = stage.simulator.processed("deletion");
            stage.simulator.plan("deletion", fault);
            let patient = !matches!(fault, Fault::TimeoutBefore | Fault::TimeoutAfter);
            hand.runs(patient, &forget, token).await;
            let done = stage.simulator.processed("deletion") - before;
            assert_eq!(done, carried_out(Nature::Order, fault), "{fault:?}");
            stage.simulator.clear_faults();
            hand.succeeds(&forget, token).await;
        }
        for token in &tokens {
            hand.succeeds(&forget, token).await;
        }
        let listed: Value = serde_json::from_str(&hand.succeeds(&["stored"], "").await).expect("JSON");
        assert!(listed.as_array().expect("rows").iter().all(|row| row["active"] == false), "{listed}");
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_and_replacements() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let stage = Stage::on(scratch).await;
        let hand = Hand::of(&stage, url);
        let open = id(&stage.call("CreateInvoice", stage.wish("RestCard", "25.00")).await);
        for fault in Fault::ALL {
            hand.meets(fault, Nature::Order, "invoice.remind", &["remind", &open], "").await;
        }
        for fault in Fault::ALL {
            let ended = id(&stage.call("CreateInvoice", stage.wish("RestCard", "25.00")).await);
            assert_eq!(stage.call("CancelInvoice", json!({ "ExtDepositID": ended })).await["Status"], 0);
            let arguments = ["regenerate", &ended, "--new-reference", &format!("{fault:?}")];
            let made = hand.meets(fault, Nature::Order, "invoice.regenerate", &arguments, "").await;
            let (code, said) = hand.runs(true, &arguments, "").await;
            // What was made the first time is not made again, and the gateway says so.
            assert_eq!(code, i32::from(made), "{fault:?}: {said}");
            let reference = format!("10519-{fault:?}");
            let there = stage.simulator.invoices().into_iter().filter(|row| row.reference == reference);
            assert_eq!(there.count(), 1, "{fault:?}");
        }
        stage.ends().await;
    }
}
