//! Customers by hand: a whole round, and files with good and bad lines.

use super::{Desk, EUR, of};
use serde_json::{Value, json};

#[test]
fn a_round_of_add_adjust_show_check_and_verify() {
    let desk = Desk::migrated();
    let add = ["customer", "add"];
    let details = ["--first-name", "Bert", "--country", "DE", "--born", "1984-04-23", "--profile", "2"];
    desk.run(&[&add[..], &of("Bigdaddy", &details)].concat()).ok().says("Customer added");
    // Once more without a word would have emptied his details.
    desk.run(&[&add[..], &of("Bigdaddy", &[])].concat()).ends(1).says("--update");
    desk.run(&[&add[..], &of("Bigdaddy", &[&details[..], &["--update"]].concat())].concat())
        .ok()
        .says("unchanged");

    let adjust = |amount: &str, key: &str| {
        let more = ["--amount", amount, "--reason", "opening balance", "--key", key];
        desk.run(&[&["customer", "adjust"][..], &of("Bigdaddy", &more)].concat())
    };
    adjust("100.00", "a").ok().says("Balance 100.00 EUR");
    adjust("100.00", "a").ok().says("made before");
    adjust("-30.50", "b").ok().says("Balance 69.50 EUR");
    adjust("1.00", "a").ends(1).says("used before");
    adjust("-69.51", "c").ends(1).says("insufficient funds");
    for (amount, reason) in
        [("0", "zero"), ("1.005", "decimals"), ("1e3", "decimal"), ("+1", "decimal"), ("x", "decimal")]
    {
        let ran = adjust(amount, "d").says(reason);
        assert!(matches!(ran.code, 1 | 2), "{ran:#?}");
    }

    let shown = desk.json(&[&["customer", "show"][..], &of("Bigdaddy", &[])].concat());
    assert_eq!((&shown["balance"], &shown["currency"]), (&json!("69.50"), &json!("EUR")));
    assert_eq!(
        (&shown["first_name"], &shown["born"], &shown["profile"]),
        (&json!("Bert"), &json!("1984-04-23"), &json!(2))
    );
    desk.run(&[&["customer", "show"][..], &of("Bigdaddy", &[])].concat()).ok().says("69.50").says("Bert");
    desk.run(&[&["customer", "show"][..], &of("Nobody", &[])].concat()).ends(1).says("Nobody");
    desk.run(&["customer", "show", "--front-end", "Elsewhere", "--pin", "1"]).ends(2).says(EUR);

    desk.run(&["ledger", "check"]).ok().says("ok      every balance equals the sum of its entries");
    let sums = desk.json(&["ledger", "trial-balance"]);
    let line = |kind: &str, balance: &str| json!({"kind": kind, "currency": "EUR", "accounts": 1, "balance": balance});
    assert_eq!(sums, json!([line("adjustments", "-69.50"), line("customer", "69.50")]));
    desk.run(&["ledger", "trial-balance"]).ok().says("KIND").says("-69.50");

    let verified = desk.json(&["audit", "verify"]);
    assert_eq!((&verified["whole"], &verified["lanes"]), (&json!(true), &json!(1)));
    let story = desk.json(&["audit", "show", "MyPhoneCards EUR/Bigdaddy"]);
    assert_eq!((&story[0]["kind"], &story[0]["who"]), (&json!("customer.added"), &json!("cli/tester")));
    desk.run(&["audit", "show", "MyPhoneCards EUR/Bigdaddy"]).ok().says("customer.added");
    desk.run(&["audit", "show", "PO-nothing"]).ends(1).says("nothing is recorded");
}

#[test]
fn a_details_field_that_is_wrong_is_named_and_nobody_is_added() {
    let desk = Desk::migrated();
    for (option, value, field) in [
        ("--country", "GBR", "country"),
        ("--born", "23.04.1984", "born"),
        ("--profile", "9", "profile"),
        ("--blocked", "perhaps", "blocked"),
    ] {
        desk.run(&[&["customer", "add"][..], &of("4711", &[option, value])].concat()).ends(2).says(field);
    }
    desk.run(&[&["customer", "show"][..], &of("4711", &[])].concat()).ends(1);
}

const GOOD_AND_BAD: &str = "\
front_end,pin,first_name,country,born,profile,blocked
MyPhoneCards EUR,1,Ann,GB,1984-04-23,2,
MyPhoneCards EUR,2,\"Bert, jr.\",GBR,,,
Elsewhere,3,,,,,
MyPhoneCards EUR,,,,,,
MyPhoneCards EUR,1,Ann,,,,
MyPhoneCards EUR,5,,,yesterday,,
MyPhoneCards EUR,6,,,,high,
MyPhoneCards EUR,7,,,,,perhaps
MyPhoneCards EUR,8,too few
MyPhoneCards USD,9,\"two
lines\",,,,
MyPhoneCards USD,10,Zoë,US,,,yes
";

#[test]
fn bad_lines_are_all_reported_and_keep_the_file_out() {
    let desk = Desk::migrated();
    let file = desk.write("customers.csv", GOOD_AND_BAD);
    let ran = desk.run(&["customer", "import", &file]).ends(1).says("nothing was imported: 9 bad line(s)");
    let expected = [
        (3, "country"),
        (4, "front_end"),
        (5, "pin"),
        (6, "pin"),
        (7, "born"),
        (8, "profile"),
        (9, "blocked"),
        (10, "columns"),
        (11, "first_name"),
    ];
    for (line, field) in expected {
        let told = ran.out.lines().find(|told| told.starts_with(&format!("line {line}:")));
        assert!(told.is_some_and(|told| told.contains(field)), "line {line} with {field} in {ran:#?}");
    }
    desk.run(&[&["customer", "show"][..], &of("1", &[])].concat()).ends(1);
}

#[test]
fn skipping_bad_lines_imports_the_good_ones_and_again_changes_nothing() {
    let desk = Desk::migrated();
    let file = desk.write("customers.csv", GOOD_AND_BAD);
    desk.run(&["customer", "import", &file, "--skip-bad"]).ok().says("2 added").says("9 bad line(s)");
    let shown = desk.json(&["customer", "show", "--front-end", "MyPhoneCards USD", "--pin", "10"]);
    assert_eq!((&shown["first_name"], &shown["blocked"]), (&json!("Zoë"), &json!(true)));
    desk.run(&["customer", "import", &file, "--skip-bad"]).ok().says("0 added, 0 updated, 2 unchanged");
    let changed = GOOD_AND_BAD.replace("Zoë", "Zoe");
    let file = desk.write("customers.csv", changed);
    let result = desk.json(&["customer", "import", &file, "--skip-bad"]);
    assert_eq!((&result["updated"], &result["unchanged"]), (&json!(1), &json!(1)));
    assert_eq!(result["bad"].as_array().map(Vec::len), Some(9));
    desk.run(&["audit", "verify"]).ok();
}

#[test]
fn json_lines_are_read_from_a_file_or_the_input() {
    let desk = Desk::migrated();
    let customer =
        |pin: &str, details: Value| json!({ "front_end": EUR, "pin": pin, "details": details }).to_string();
    let good =
        [customer("1", json!({ "first_name": "Ann" })), String::new(), customer("2", json!({}))].join("\n");
    let file = desk.write("customers.jsonl", &good);
    desk.run(&["customer", "import", &file]).ok().says("2 added");
    let bad = [
        good.clone(),
        "{\"front_end\":".to_owned(),
        customer("3", json!({ "shoe_size": 9 })),
        customer("4", json!({ "profile": "2" })),
        "{\"front_end\":\"x\"}".to_owned(),
        "\u{1}".to_owned(),
    ];
    let ran =
        desk.run_with(&["customer", "import", "-", "--as", "jsonl"], &[], bad.join("\n").as_bytes()).ends(1);
    for (line, word) in [(4, "JSON"), (5, "shoe_size"), (6, "profile"), (7, "pin"), (8, "JSON")] {
        let told = ran.out.lines().find(|told| told.starts_with(&format!("line {line}:")));
        assert!(told.is_some_and(|told| told.contains(word)), "line {line} with {word} in {ran:#?}");
    }
}

#[test]
fn files_that_are_no_import_end_with_2() {
    let desk = Desk::migrated();
    for (name, text, word) in [
        ("unknown.csv", "front_end,pin,shoe_size\n", "shoe_size"),
        ("missing.csv", "front_end,first_name\n", "pin"),
        ("twice.csv", "front_end,pin,pin\n", "pin"),
        ("empty.csv", "", "front_end"),
        ("customers.txt", "front_end,pin\n", "--as"),
    ] {
        let file = desk.write(name, text);
        desk.run(&["customer", "import", &file]).ends(2).says(word);
    }
    desk.run(&["customer", "import", "nowhere.csv"]).ends(2).says("nowhere.csv");
    let file = desk.write("long.jsonl", "x".repeat(70_000));
    desk.run(&["customer", "import", &file]).ends(2).says("line 1 is longer");
}
