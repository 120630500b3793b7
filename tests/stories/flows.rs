//! The flows under `tests/flows`, against a server of our own: all of them, in every encoding.

use crate::support::story::settings;
use crate::support::{Scratch, databases};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tillgate::clock::{Clock, Entropy};
use tillgate::replay::{self, Address, Encoding, Options, Report};
use tillgate::server::{self, Running};
use tillgate::store::{audit, check};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows")
}

async fn serve(scratch: &Scratch) -> Running {
    let started = server::start(&settings(&scratch.url), Clock::system(), Entropy::seeded(3)).await;
    started.unwrap_or_else(|error| panic!("the server starts: {error}"))
}

fn options(running: &Running, flows: PathBuf, encodings: &[Encoding]) -> Options {
    Options {
        flows,
        address: Address {
            url: format!("http://{}", running.address),
            pass_code: SecretString::from("sandbox"),
            platform_key: SecretString::from("sandbox-platform-key"),
            namespace: "urn:tillgate:cashier:1".to_owned(),
            timeout: Duration::from_secs(60),
        },
        encodings: encodings.to_vec(),
        junit: None,
        record: None,
        only: None,
        foreign: false,
        customer: None,
        front_ends: Default::default(),
        first_trace: None,
        jobs: 24,
        progress: false,
        clock: Clock::system(),
        entropy: Entropy::system(),
    }
}

async fn replay(options: Options) -> Report {
    replay::run(options).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Whatever the flows did, the books are sound and the audit chain is whole.
async fn end(running: Running) {
    let checked = running.store.read(check::run).await.expect("checked");
    assert!(checked.is_sound(), "{checked:#?}");
    let verified = running.store.read(audit::verify).await.expect("verified");
    assert!(verified.breaches.is_empty(), "{verified:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_goes_as_it_says_in_every_encoding() {
    for (index, scratch) in databases().into_iter().enumerate() {
        let running = serve(&scratch).await;
        // The encodings end at the door: on the second database one will do.
        let encodings = if index == 0 { &Encoding::ALL[..] } else { &[Encoding::Json] };
        let report = replay(options(&running, folder(), encodings)).await;
        println!("{report}");
        assert!(report.ours, "the server was not recognised as ours");
        assert_eq!(report.exit_code(), 0, "{report}");
        assert_eq!(report.passed(), report.outcomes.len(), "{report}");
        end(running).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_says_otherwise_fails_with_a_diff_and_in_the_junit_report() {
    for scratch in databases() {
        let running = serve(&scratch).await;
        let here = tempfile::tempdir().expect("a folder");
        let flow = "name = \"Wrong\"\n[given]\nbalance = \"10.00\"\n\
                [[step]]\ncall = \"CreatePayout\"\nwith = { Amount = \"10.00\" }\nexpect.balance = \"0.00\"\n\
                [[step]]\ncall = \"UpdatePayout\"\nwith = { Status = \"I\" }\n";
        let file = here.path().join("wrong.toml");
        std::fs::write(&file, flow).expect("written");
        let junit = here.path().join("reports/junit.xml");
        let options = Options { junit: Some(junit.clone()), ..options(&running, file, &[Encoding::Xml]) };

        let report = replay(options.clone()).await;
        assert_eq!(report.exit_code(), 1);
        let told = report.to_string();
        assert!(told.contains("Balance\n      - 0.00\n      + 10.00\n"), "{told}");
        assert!(
            std::fs::read_to_string(&junit)
                .expect("a report")
                .contains("<failure message=\"step 1, CreatePayout\">")
        );

        // What a step posts must be told: here the debit of the second one is not.
        let unsaid = flow.replace("expect.balance = \"0.00\"", "");
        std::fs::write(&options.flows, unsaid).expect("written");
        let told = replay(options).await.to_string();
        assert!(told.contains("+ payout_debited: customer -10.00, payouts_in_transit 10.00"), "{told}");
        end(running).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_can_be_replayed() {
    for scratch in databases() {
        let running = serve(&scratch).await;
        let here = tempfile::tempdir().expect("a folder");
        let draft = "name = \"Draft\"\nover = { debit_event = [\"Requested\", \"InProgress\"] }\n\
                 [given]\ndebit_event = \"{debit_event}\"\nbalance = \"50.00\"\n\
                 [[step]]\ncall = \"CreatePayout\"\nwith = { PP = \"CFT\", Amount = \"30.00\" }\nlate = true\n\
                 [[step]]\ncall = \"CreatePayout\"\npayout = \"many\"\nwith = { Amount = \"10.00\" }\nrace = 4\ndistinct = true\n\
                 [[step]]\ncall = \"UpdatePayout\"\nwith = { Status = \"Y\", TransactionID = \"T\" }\n\
                 [[step]]\ncall = \"UpdatePayout\"\nwith = { Status = \"X\" }\n\
                 [[step]]\nadjust = \"7.00\"\n";
        std::fs::write(here.path().join("draft.toml"), draft).expect("written");
        let recorded = here.path().join("recorded");
        let recording = Options {
            record: Some(recorded.clone()),
            ..options(&running, here.path().to_owned(), &[Encoding::Form, Encoding::Json])
        };
        let report = replay(recording).await;
        assert_eq!(
            report.recorded,
            [recorded.join("draft-Requested.toml"), recorded.join("draft-InProgress.toml")]
        );
        let text = std::fs::read_to_string(&report.recorded[0]).expect("a recorded flow");
        for told in [
            "expect.posted = \"payout_debited: customer -30.00, payouts_in_transit 30.00\"",
            "expect.statuses = { 0 = 2, 20 = 2 }",
            "expect.status = 31",
            "expect.debit = \"Taken\"",
            "expect.balances = { customer = \"7.00\" }",
        ] {
            assert!(text.contains(told), "{told}\n{text}");
        }
        let again = replay(options(&running, recorded, &Encoding::ALL)).await;
        assert_eq!(again.passed(), 2 * Encoding::ALL.len(), "{again}");
        end(running).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_ours_is_asked_for_what_the_protocol_has() {
    for scratch in databases() {
        let running = serve(&scratch).await;
        let foreign = |customer: Option<&str>| Options {
            foreign: true,
            customer: customer.map(str::to_owned),
            front_ends: [("Flows EUR InProgress".to_owned(), "MyPhoneCards EUR".to_owned())].into(),
            only: Some("Reversed after processing (InProgress)".to_owned()),
            ..options(&running, folder(), &Encoding::ALL)
        };
        let report = replay(foreign(Some("Bigdaddy"))).await;
        assert_eq!(report.passed(), Encoding::ALL.len(), "{report}");
        let told = report.to_string();
        assert!(
            told.contains(
                "step 6, GetPayout: GetPayout names the reversal: only our service has this method"
            ),
            "{told}"
        );
        assert!(told.contains("step 1, CreatePayout: state, balances and postings"), "{told}");

        let report = replay(foreign(None)).await;
        assert_eq!((report.passed(), report.skipped().count()), (0, Encoding::ALL.len()), "{report}");
        assert!(report.to_string().contains("give --customer PIN"));

        // Whatever else answers at an address is not ours, and has to keep to HTTP 200.
        let mut elsewhere = Options { foreign: false, ..foreign(Some("Bigdaddy")) };
        elsewhere.address.url.push_str("/elsewhere");
        let report = replay(elsewhere).await;
        assert!(!report.ours);
        assert_eq!(report.failed().count(), Encoding::ALL.len());
        assert!(report.to_string().contains("HTTP 404"), "{report}");
        end(running).await;
    }
}
