//! The gateway by hand: what no call of the cashier's does, asked on the command line with the account's own keys.

use super::*;
use crate::support::databases;
use std::io::Write;
use std::process::{Command, Stdio};
use tillgate::store::DatabaseUrl;

/// What a run of the program left: exit code, output, error output.
pub type Ran = (i32, String, String);

/// Runs `tillgate rest-gateway` on the stage's own database and gateway.
pub async fn by_hand(stage: &Stage, url: &DatabaseUrl, arguments: &[&str], input: &str) -> Ran {
    by_hand_with(stage, url, &[], arguments, input).await
}

/// The same with more of the account's settings.
pub async fn by_hand_with(
    stage: &Stage,
    url: &DatabaseUrl,
    more: &[(&str, &str)],
    arguments: &[&str],
    input: &str,
) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tillgate"));
    command.env_clear().env("TILLGATE_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml"));
    let url = match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    for (key, value) in [
        ("DATABASE__URL", url),
        ("PLAYER__PUBLIC_URL", stage.story.base.clone()),
        ("REST_GATEWAY__REST__BASE_URL", stage.gateway.base_url()),
        ("REST_GATEWAY__REST__INVOICE_BASE_URL", stage.gateway.invoice_base_url()),
        ("REST_GATEWAY__REST__SANDBOX", "true".to_owned()),
        ("REST_GATEWAY__REST__ALLOW_PAN", "true".to_owned()),
    ] {
        command.env(format!("TILLGATE__{key}"), value);
    }
    for (key, value) in more {
        command.env(format!("TILLGATE__REST_GATEWAY__REST__{key}"), value);
    }
    command.args(["--format", "json", "rest-gateway"]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let input = input.to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("the program starts");
        // A program that does not read its input closes it, which is no failure of the test.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
    });
    ran.await.expect("it ran")
}

async fn told(stage: &Stage, url: &DatabaseUrl, arguments: &[&str], input: &str) -> Value {
    let (code, out, err) = by_hand(stage, url, arguments, input).await;
    assert_eq!(code, 0, "{arguments:?}: {err}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("JSON was printed, not {out}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn balance_and_transactions_are_told() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let stage = Stage::on(scratch).await;
        let deposit = stage.paid("50.00").await;
        stage.simulator.set_payout_balance("EUR", 123_456);
        let balance = told(&stage, &url, &["balance", "--account", "rest", "--currency", "eur"], "").await;
        assert_eq!(balance["for_payouts"], "1234.56 EUR", "{balance}");
        let payment = stage.payment(&deposit).expect("a payment").id.to_string();
        let rows =
            told(&stage, &url, &["transactions", "--account", "rest", "--payment", &payment], "").await;
        assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
        assert_eq!(rows[0]["reference"], reference(&deposit), "{rows}");
        assert_eq!((&rows[0]["amount"], &rows[0]["standing"]), (&json!("50.00 EUR"), &json!("Captured")));
        let days = ["transactions", "--account", "rest", "--from", "2020-01-01", "--to", "2020-01-02"];
        assert_eq!(told(&stage, &url, &days, "").await, json!([]));
        let (code, _, err) =
            by_hand(&stage, &url, &["balance", "--account", "nowhere", "--currency", "EUR"], "").await;
        assert!(code == 2 && err.contains("rest_gateway.nowhere") && err.contains("rest"), "{err}");
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_by_hand_is_charged_by_the_cashier_until_it_is_forgotten() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let stage = Stage::on(scratch).await;
        let register = |means: String| {
            let (stage, url) = (&stage, &url);
            async move {
                let whose = ["--front-end", FRONT_END, "--pin", "Ana", "--means-file", "-"];
                let arguments = [&["register", "--account", "rest"][..], &whose].concat();
                by_hand(stage, url, &arguments, &means).await
            }
        };
        let number = CARD_APPROVED;
        let (code, out, err) =
            register(format!("number={number}\nexpiry=07/2030\ncode=745\nbrand=VISA\n")).await;
        assert_eq!(code, 0, "{err}");
        assert!(!format!("{out}{err}").contains(number), "{out}{err}");
        let charge = stage.insists("ChargeStored", stage.wish("RestCard", "12.00")).await;
        assert_eq!(
            (&charge["Status"], &charge["DepositStatus"]),
            (&json!(0), &json!("Credited")),
            "{charge}"
        );
        assert_eq!(stage.balance().await, 1200);

        let listed = told(&stage, &url, &["stored", "--account", "rest"], "").await;
        assert_eq!((&listed[0]["token"], &listed[0]["active"]), (&Value::Null, &json!(true)), "{listed}");
        assert_eq!(listed[0]["last_four"], &number[12..], "{listed}");
        let listed = told(&stage, &url, &["stored", "--account", "rest", "--show-token"], "").await;
        let token = listed[0]["token"].as_str().expect("a token").to_owned();
        for _ in 0..2 {
            let done =
                told(&stage, &url, &["forget", "--account", "rest", "--token-file", "-"], &token).await;
            assert_eq!(done["forgotten"], true);
        }
        let refused = stage.insists("ChargeStored", stage.wish("RestCard", "12.00")).await;
        assert!(refused["Status"].as_i64() > Some(0) || refused["DepositStatus"] == "Declined", "{refused}");
        assert_eq!(stage.balance().await, 1200);

        let (code, out, err) = register("iban=DE89370400440532013000\nbic=COBADEFFXXX\n".to_owned()).await;
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("3000") && !out.contains("0044053201"), "{out}");
        for (means, word) in [
            ("", "number or iban"),
            ("number=1", "MM/YYYY"),
            ("iban=DE89370400440532013000", "bic"),
            ("cvv=1", "cvv"),
            ("nonsense", "name=value"),
        ] {
            let (code, _, err) = register(means.to_owned()).await;
            assert!(code == 2 && err.contains(word), "{means}: {code} {err}");
        }
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_s_link_is_mailed_again_and_an_ended_one_is_made_anew() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let stage = Stage::on(scratch).await;
        let open = id(&stage.call("CreateInvoice", stage.wish("RestCard", "25.00")).await);
        let reminded = told(&stage, &url, &["remind", "--account", "rest", &open], "").await;
        assert_eq!(reminded["reminded"], true, "{reminded}");
        assert_eq!(stage.simulator.processed("invoice.remind"), 1);
        let anew = |reference: &'static str| {
            let (stage, url, open) = (&stage, &url, open.clone());
            async move {
                let arguments = ["regenerate", "--account", "rest", &open, "--new-reference", reference];
                by_hand(stage, url, &arguments, "").await
            }
        };
        let (code, _, err) = anew("again-1").await;
        assert!(code == 1 && err.contains("still be paid"), "{err}");
        assert_eq!(stage.call("CancelInvoice", json!({ "ExtDepositID": open })).await["Status"], 0);
        let (code, out, err) = anew("again-1").await;
        assert_eq!(code, 0, "{err}");
        let made: Value = serde_json::from_str(&out).expect("JSON");
        assert!(made["link"].as_str().is_some_and(|link| link.starts_with("http")), "{made}");
        let nobodys = ["remind", "--account", "rest", "DE-0000000000001"];
        let (code, _, err) = by_hand(&stage, &url, &nobodys, "").await;
        assert!(code == 1 && err.contains("DE-0000000000001"), "{err}");
        stage.ends().await;
    }
}
