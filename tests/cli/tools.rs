//! The tools for integrations: keys come from files or the input and are never printed.

use super::Desk;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn what_was_sealed_is_opened_again_with_cards_hidden() {
    let desk = Desk::new();
    for (cipher, key) in [("blowfish", "r5Tn8Wq2Zb6Yk3Hd"), ("aes", "0123456789abcdef0123456789abcdef")] {
        let file = desk.write("key.txt", format!("{key}\n"));
        let text = "TransID=T-1&CCNr=4111111111111111&Amount=100";
        let seal = ["paygate", "seal", "--cipher", cipher, "--key-file", &file, "--text-file", "-"];
        let sealed = desk.run_with(&seal, &[], text.as_bytes()).ok().out;
        let (len, data) = sealed.trim().split_once("&Data=").expect("Len and Data");
        let len = len.strip_prefix("Len=").expect("Len");
        let open = ["paygate", "open", "--cipher", cipher, "--key-file", "-", "--len", len, data];
        let opened = desk.run_with(&open, &[], key.as_bytes()).ok();
        assert_eq!(opened.out.trim(), "TransID=T-1&CCNr=************1111&Amount=100");
        let opened = desk.run_with(&[&open[..], &["--show-card"]].concat(), &[], key.as_bytes()).ok();
        assert_eq!(opened.out.trim(), text);

        // The message as it came says its own Len; a text comes from the input, without the line end behind it.
        let seal = ["paygate", "seal", "--cipher", cipher, "--key-file", &file];
        let again = desk.run_with(&seal, &[], b"TransID=T-1&OrderDesc=K\xf6ln\r\n").ok().out;
        let whole =
            ["paygate", "open", "--cipher", cipher, "--key-file", &file, "--format", "json", again.trim()];
        let opened: Value = serde_json::from_str(&desk.run(&whole).ok().out).expect("JSON");
        assert_eq!(opened["text"], "TransID=T-1&OrderDesc=Köln");
        desk.run_with(&seal, &[], b"\n").ends(2).says("empty");
    }
    let (key, other) =
        (desk.write("key.txt", "r5Tn8Wq2Zb6Yk3Hd"), desk.write("other.txt", "another-key-of-16"));
    let seal = ["paygate", "seal", "--key-file", &key];
    let sealed =
        desk.run_with(&seal, &[], "TransID=T-1&Amount=100&Currency=EUR&OrderDesc=nothing".as_bytes()).ok();
    desk.run(&["paygate", "open", "--key-file", &other, sealed.out.trim()]).ends(1).says("noise");
    desk.run(&["paygate", "open", "--key-file", &key, "00112233"]).ends(2).says("--len");
}

#[test]
fn macs_and_checksums_are_the_published_ones() {
    let desk = Desk::new();
    let file = desk.write("mac.txt", "mySecret");
    let mac = desk.run(&["paygate", "mac", "--key-file", &file, "**YourMerchantID*1234*EUR"]).ok();
    assert_eq!(
        mac.out.trim().to_uppercase(),
        "1427748D983478080F22BE0878BD99AF7BE3E1C4B19C07AFD1B372BA552ADC08"
    );
    let file = desk.write("key.txt", "k9QmZ2vT7xLw4RbN8sYpD3hJ6fGcA1eU\n");
    let order = "memberId,secureKey,merchantTransactionId,amount";
    let mut arguments =
        vec!["rest-gateway", "checksum", "--key-file", &file, "--order", order, "--format", "json"];
    arguments.extend(["memberId=10519", "merchantTransactionId=ord-20240117-000431", "amount=50.00"]);
    let sum: Value = serde_json::from_str(&desk.run(&arguments).ok().out).expect("JSON");
    assert_eq!(sum["checksum"], "29ecd4a5c55248080c0e304851edf7e3");
}

#[test]
fn mistakes_are_told_without_the_key() {
    let desk = Desk::new();
    let key = desk.write("key.txt", "s3cr3t-but-good!");
    let empty = desk.write("empty.txt", "\n");
    for (arguments, code, word) in [
        (&["paygate", "mac", "--key-file", "nowhere.txt", "x"][..], 2, "nowhere.txt"),
        (&["paygate", "mac", "--key-file", &empty, "x"], 2, "empty"),
        (&["paygate", "open", "--key-file", &key, "--len", "8", "xyz"], 1, "Data"),
        (&["paygate", "open", "--key-file", &key, "--len", "80", "0011223344556677"], 1, "Len"),
        (
            &["paygate", "open", "--cipher", "aes", "--key-file", &key, "--len", "8", "0011223344556677"],
            1,
            "",
        ),
        (&["paygate", "seal", "--key-file", "-", "--text-file", "-"], 2, "standard input"),
        (&["rest-gateway", "checksum", "--key-file", &key, "--order", "amount"], 2, "amount"),
        (&["rest-gateway", "checksum", "--key-file", &key, "--order", "secureKey", "amount=1"], 2, "amount"),
        (
            &["rest-gateway", "checksum", "--key-file", &key, "--order", "secureKey", "amount"],
            2,
            "name=value",
        ),
    ] {
        let ran = desk.run(arguments).ends(code).says(word);
        assert!(!ran.err.contains("s3cr3t") && !ran.out.contains("s3cr3t"), "{ran:#?}");
    }
}

#[test]
fn simulators_run_by_themselves_until_they_are_stopped() {
    for (name, says) in [("paygate", "Paygate"), ("sopg", "SOPG"), ("rest-gateway", "REST gateway")] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tillgate"))
            .args(["sandbox", name, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut greeting = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        out.read_line(&mut greeting).expect("a greeting");
        let stopped = Command::new("kill").arg(child.id().to_string()).status().expect("kill");
        assert!(stopped.success());
        assert!(greeting.contains(says) && greeting.contains("http://127.0.0.1:"), "{name}: {greeting}");
        assert!(child.wait().expect("it ends").success(), "{name} ends well");
    }
}
