//! Configuration and database: problems by their key, no secret shown, 3 and 4 told apart.

use super::{Desk, EUR};
use serde_json::Value;

/// A configuration with one of everything that is secret, in `{secret}`'s place.
fn with_secrets(secret: &str) -> String {
    format!(
        "[database]\nurl = 'sqlite://a.db'\n\
         [[platform.keys]]\nname = 'shop'\nkey = '{secret}-key'\nfront_ends = ['*']\n\
         [[front_ends]]\nname = 'Shop'\ncurrency = 'EUR'\n\
         [front_ends.auth]\npass_code = '{secret}-pass'\nbasic_user = 'u'\nbasic_password = '{secret}-word'\n\
         signature_secret = '{secret}-sign'\n"
    )
}

#[test]
fn the_configuration_in_force_is_shown_and_can_be_read_again() {
    let desk = Desk::new();
    let shown =
        desk.run_with(&["check-config"], &[("TILLGATE__LISTEN__CASHIER", "127.0.0.1:9000")], b"").ok();
    assert!(shown.out.contains("cashier = \"127.0.0.1:9000\""), "the environment is in force");
    assert!(shown.out.contains("drain_seconds = 30"), "defaults are shown");
    let file = desk.write("shown.toml", &shown.out);
    let again = desk.run(&["check-config", "--config", &file]).ok();
    let url = |line: &&str| !line.starts_with("cashier") && !line.contains("9000");
    assert_eq!(
        again.out.lines().filter(url).collect::<Vec<_>>(),
        shown.out.lines().filter(url).collect::<Vec<_>>()
    );
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    let desk = Desk::new();
    let file = desk.write("config.toml", with_secrets("s3cr3t-of-sixteen"));
    let url = "postgres://till:s3cr3t@db.example/gate?sslpassword=s3cr3t";
    for format in ["text", "json"] {
        let arguments = ["check-config", "--config", &file, "--format", format];
        let shown = desk.run_with(&arguments, &[("TILLGATE__DATABASE__URL", url)], b"").ok();
        assert!(!shown.out.contains("s3cr3t") && !shown.err.contains("s3cr3t"), "{shown:#?}");
        assert_eq!(shown.out.matches("***").count(), 6, "each of them is there: {shown:#?}");
    }
}

#[test]
fn every_problem_is_named_by_its_key_without_its_value() {
    let desk = Desk::new();
    let bad = with_secrets("s3cr3t").replace("'EUR'", "'EURO'").replace("['*']", "['Elsewhere']");
    let file = desk
        .write("config.toml", bad + "networks = ['10.0.0.0/8', 'here']\n[log]\nlevel = 'tillgate=loud'\n");
    let ran = desk.run(&["check-config", "--config", &file]).ends(3);
    assert!(!ran.out.contains("s3cr3t") && !ran.err.contains("s3cr3t"), "{ran:#?}");
    let ran = ran.says("front_ends[0].currency").says("platform.keys[0].key: is shorter than 16 characters");
    ran.says("platform.keys[0].front_ends").says("log.level");
    let ran = desk.run(&["check-config", "--config", &file, "--format", "json"]).ends(3);
    let shown: Value = serde_json::from_str(&ran.out).expect("JSON");
    let keys: Vec<&str> = shown["problems"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|problem| problem["key"].as_str())
        .collect();
    assert!(keys.contains(&"front_ends[0].currency"), "{keys:?}");
    let error: Value = serde_json::from_str(&ran.err).expect("JSON");
    assert_eq!(error["exit_code"], 3);
    // What can't run is not run: any other command says the same.
    desk.run(&["ledger", "check", "--config", &file]).ends(3).says("front_ends[0].currency");
    desk.run(&["serve", "--config", &file]).ends(3).says("log.level");
}

#[test]
fn files_that_are_not_there_or_not_toml_end_with_3() {
    let desk = Desk::new();
    desk.run(&["check-config", "--config", "nowhere.toml"]).ends(3).says("nowhere.toml").says("--config");
    let file = desk.write("broken.toml", "[database]\nurl = 's3cr3t\n");
    let ran = desk.run(&["check-config", "--config", &file]).ends(3).says("line 2");
    assert!(!ran.err.contains("s3cr3t"), "{ran:#?}");
    let file = desk.write("unknown.toml", "[database]\nurl = 'sqlite://a'\ncolour = 'red'\n");
    desk.run(&["migrate", "--config", &file]).ends(3).says("colour");
}

#[test]
fn a_database_that_is_down_or_not_there_ends_with_4() {
    let desk = Desk::new();
    let commands: [&[&str]; 7] = [
        &["migrate"],
        &["ledger", "check"],
        &["ledger", "trial-balance"],
        &["audit", "verify"],
        &["outbox", "list"],
        &["payout", "list", "--front-end", EUR],
        &[
            "customer",
            "adjust",
            "--front-end",
            EUR,
            "--pin",
            "1",
            "--amount",
            "1",
            "--reason",
            "r",
            "--key",
            "k",
        ],
    ];
    // Nobody listens there.
    let port = crate::support::ports::free_address().port();
    let url = format!("postgres://till:s3cr3t@127.0.0.1:{port}/gate");
    for command in commands {
        let ran = desk.run_with(command, &[("TILLGATE__DATABASE__URL", &url)], b"").ends(4).says("database");
        assert!(!ran.err.contains("s3cr3t"), "{ran:#?}");
    }
    for command in &commands[1..] {
        desk.run(command).ends(4).says("tillgate migrate");
        assert!(!desk.path("tillgate.db").exists(), "looking at a database does not make one");
    }
    let nowhere = [("TILLGATE__DATABASE__URL", "sqlite://no/such/folder/t.db")];
    desk.run_with(&["migrate"], &nowhere, b"").ends(4).says("no/such/folder");
}

#[test]
fn migrations_are_due_until_they_have_run() {
    let desk = Desk::new();
    desk.run(&["migrate", "--check"]).ends(1).says("due");
    assert!(!desk.path("tillgate.db").exists());
    // An empty file is a database too, and one without a schema.
    desk.write("tillgate.db", "");
    desk.run(&["migrate", "--check"]).ends(1).says("foundation");
    desk.run(&["ledger", "check"]).ends(4).says("foundation").says("tillgate migrate");
    desk.run(&["migrate"]).ok().says("Ran");
    desk.run(&["migrate"]).ok().says("up to date");
    desk.run(&["migrate", "--check"]).ok().says("up to date");
    assert_eq!(desk.json(&["migrate", "--check"])["due"], serde_json::json!([]));
}

#[test]
fn a_route_that_can_not_be_carried_out_is_named_by_its_key() {
    let desk = Desk::new();
    let config =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml")).expect("config.toml");
    for (route, reason) in [
        ("rest_gateway_payout", "paygate is not an account that can carry out rest_gateway_payout"),
        ("sopg_payout", "paygate is not an account that can carry out sopg_payout"),
    ] {
        let other = config.replace("route = \"paygate_creditex\"", &format!("route = \"{route}\""));
        assert_ne!(other, config);
        let file = desk.write("config.toml", other);
        desk.run(&["check-config", "--config", &file])
            .ends(3)
            .says("processors.map.\"PaygateCard\"")
            .says(reason);
    }
    for (from, to, key) in [
        ("# installation = \"north\"", "installation = \"too-long-a-name\"", "installation"),
        ("# invoice_expiry_hours = 48", "invoice_expiry_hours = 0", "invoice_expiry_hours"),
    ] {
        let other = config.replace(from, to);
        assert_ne!(other, config);
        let file = desk.write("config.toml", other);
        desk.run(&["check-config", "--config", &file]).ends(3).says(&format!("rest_gateway.rest.{key}"));
    }
    let config = config.replace("not_found_grace_seconds = 600", "not_found_grace_seconds = 60");
    let file = desk.write("config.toml", config);
    desk.run(&["check-config", "--config", &file]).ends(3).says("worker.not_found_grace_seconds");
    for seconds in ["0", "46"] {
        let lease = [("TILLGATE__WORKER__LEASE_SECONDS", seconds)];
        desk.run_with(&["check-config"], &lease, b"").ends(3).says("worker.lease_seconds").says("45");
    }
}

#[test]
fn time_outs_that_keep_a_killed_nodes_work_for_longer_than_a_minute_are_remarked() {
    let desk = Desk::new();
    let config =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml")).expect("config.toml");
    let remarks = |config: &str| -> Vec<String> {
        let file = desk.write("config.toml", config);
        let ran = desk.run(&["check-config", "--config", &file, "--format", "json"]).ok();
        let shown: Value = serde_json::from_str(&ran.out).expect("JSON");
        let remarks = shown["remarks"].as_array().expect("a list").iter();
        remarks.map(|remark| format!("{} {}", remark["key"], remark["reason"])).collect()
    };
    assert_eq!(remarks(&config), Vec::<String>::new(), "as they come they keep what is promised");
    let patient = config
        .replace("[paygate.paygate]\n", "[paygate.paygate]\nlimits.read_timeout_ms = 51000\n")
        .replacen("limits = {", "# limits = {", 1)
        .replace("[rest_gateway.rest]\n", "[rest_gateway.rest]\npayment_timeout_ms = 50000\n")
        .replace(
            "brand = \"paysafecard\"\n",
            "brand = \"paysafecard\"\ntimeout_ms = 90000\npartial_debits = true\n",
        )
        .replace("allow_pan = false", "allow_pan = true");
    let found = remarks(&patient);
    assert_eq!(found.len(), 2, "{found:?}");
    for (key, seconds) in [
        ("paygate.paygate.limits.read_timeout_ms", "61 s"),
        ("sopg.accounts.paysafecard.timeout_ms", "100 s"),
    ] {
        assert!(found.iter().any(|told| told.contains(key) && told.contains(seconds)), "{key}: {found:?}");
    }
    // For people they stand beside the settings, which can be read again all the same.
    let file = desk.write("config.toml", &patient);
    let ran = desk.run(&["check-config", "--config", &file]).ok();
    assert!(ran.err.contains("paygate.paygate.limits.read_timeout_ms"), "{ran:#?}");
    let file = desk.write("shown.toml", &ran.out);
    desk.run(&["check-config", "--config", &file]).ok();
}
