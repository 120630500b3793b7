//! Every command explains itself with examples, and knows a wrong call from a failed one.

use super::Desk;

/// Every command, with words that its help must have.
const COMMANDS: &[(&[&str], &[&str])] = &[
    (&["serve"], &["--sandbox", "SIGHUP"]),
    (&["migrate"], &["--check"]),
    (&["check-config"], &["secrets masked", "Exit code 3"]),
    (&["replay"], &["--target", "--encoding", "--junit", "--record"]),
    (&["customer", "add"], &["--front-end", "--pin", "--update", "--born"]),
    (&["customer", "import"], &["--skip-bad", "--as", "front_end"]),
    (&["customer", "show"], &["--pin"]),
    (&["customer", "adjust"], &["--amount", "--reason", "--key", "--below-zero"]),
    (&["ledger", "check"], &["Exit code 1"]),
    (&["ledger", "trial-balance"], &["currency"]),
    (&["audit", "verify"], &["Exit code 1"]),
    (&["audit", "show"], &["SUBJECT", "--limit"]),
    (&["payout", "show"], &["--trace", "PO-"]),
    (&["payout", "retry"], &["--reason", "PO-"]),
    (&["payout", "list"], &["--status", "--after", "--limit"]),
    (&["deposit", "show"], &["--trace", "DE-"]),
    (&["deposit", "list"], &["--status", "--after", "--limit"]),
    (&["user", "add"], &["--full-name", "--role", "--password-file", "auditor"]),
    (&["user", "passwd"], &["--password-file", "--reset-second-factor"]),
    (&["user", "roles"], &["--set", "--none"]),
    (&["user", "disable"], &["--undo"]),
    (&["user", "list"], &["--format"]),
    (&["outbox", "list"], &["--parked"]),
    (&["outbox", "retry"], &["--reason"]),
    (&["outbox", "park"], &["--reason"]),
    (&["paygate", "open"], &["--key-file", "--len", "--cipher", "--show-card"]),
    (&["paygate", "seal"], &["--key-file", "--text-file"]),
    (&["paygate", "mac"], &["--key-file"]),
    (&["paygate", "batch", "write"], &["--account", "--folder", "--way", "--counter"]),
    (&["paygate", "batch", "read"], &["--account", "FILE"]),
    (&["rest-gateway", "checksum"], &["--order", "--key-file", "secureKey"]),
    (&["rest-gateway", "balance"], &["--account", "--currency"]),
    (&["rest-gateway", "transactions"], &["--account", "--from", "--to", "--payment", "--page"]),
    (&["rest-gateway", "stored"], &["--account", "--customer", "--show-token"]),
    (&["rest-gateway", "register"], &["--account", "--front-end", "--pin", "--means-file"]),
    (&["rest-gateway", "forget"], &["--account", "--token-file"]),
    (&["rest-gateway", "remind"], &["--account", "DEPOSIT"]),
    (&["rest-gateway", "regenerate"], &["--account", "DEPOSIT", "--new-reference"]),
    (&["sandbox", "paygate"], &["--listen"]),
    (&["sandbox", "sopg"], &["--listen"]),
    (&["sandbox", "rest-gateway"], &["--listen"]),
    (&["completions"], &["bash", "zsh", "fish"]),
];

#[test]
fn every_command_has_help_with_examples() {
    let desk = Desk::new();
    for (command, words) in COMMANDS {
        let mut ran = desk.run(&[*command, &["--help"]].concat()).ok().says("Example");
        for word in ["--config", "--format"].iter().chain(*words) {
            ran = ran.says(word);
        }
        assert!(ran.out.contains(&format!("tillgate {}", command.join(" "))), "{command:?}: {ran:#?}");
    }
}

#[test]
fn the_list_of_commands_above_is_whole() {
    let desk = Desk::new();
    let names = |arguments: &[&str]| -> Vec<String> {
        let help = desk.run(&[arguments, &["--help"]].concat()).ok().out;
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names = listed.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("    "));
        names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    };
    let (mut found, mut open): (Vec<Vec<String>>, Vec<Vec<String>>) = (Vec::new(), vec![Vec::new()]);
    while let Some(command) = open.pop() {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let below = names(&words);
        if below.is_empty() {
            found.push(command);
            continue;
        }
        let below = below.into_iter().filter(|below| below != "help");
        open.extend(below.map(|below| [command.clone(), vec![below]].concat()));
    }
    let known: Vec<Vec<String>> =
        COMMANDS.iter().map(|(command, _)| command.iter().map(|&part| part.to_owned()).collect()).collect();
    found.sort();
    let mut sorted = known;
    sorted.sort();
    assert_eq!(found, sorted);
}

#[test]
fn a_wrong_call_ends_with_2() {
    let desk = Desk::new();
    for wrong in [
        &[][..],
        &["frobnicate"],
        &["customer"],
        &["customer", "show", "--pin", "1"],
        &["customer", "adjust", "--front-end", "x", "--pin", "1", "--amount", "1", "--key", "k"],
        &["payout", "show"],
        &["payout", "show", "PO-1", "--trace", "1"],
        &["payout", "show", "--trace", "1"],
        &["payout", "show", "PO-1"],
        &["payout", "list", "--front-end", "x", "--limit", "0"],
        &["outbox", "park", "1"],
        &["ledger", "check", "--format", "xml"],
        &["completions", "tcsh"],
        &["sandbox", "paygate", "--listen", "here"],
    ] {
        desk.run(wrong).ends(2);
    }
}

#[test]
fn completions_are_made_for_each_shell() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        desk.run(&["completions", shell]).ok().says("tillgate").says("check-config");
    }
}
