use super::super::{Act, Status, Times, write};
use super::*;

const WHOLE: &str = r#"
name = "Processed"
about = "From the request to the customer."
over = { debit_event = ["Requested", "InProgress"] }

[given]
debit_event = "{debit_event}"
balance = "1000.00"
others.friend = { front_end = "MyPhoneCards USD", customer = "NeverDull", blocked = true }

[[step]]
call = "CreatePayout"
with = { Amount = "120.00", Fee = "2.50", CreatedBy = "{pin}", PP = { Requested = "CFT", otherwise = "CCPayout" } }
late = true
save = { first = "ExtPayoutID" }
expect.payout = "Requested"
expect.balance = { Requested = "877.50", otherwise = "1000.00" }
expect.posted = { Requested = "payout_debited: customer -122.50, payouts_in_transit 120.00, fees 2.50", otherwise = [] }

[[step]]
say = "Only where it was debited"
call = "ReversePayout"
with = { TraceID = "{trace.reversal}", ExtPayoutID = "{first}" }
without = ["Fee"]
only = ["Requested"]
race = 20
versus = { Fee = "1.00" }
expect.statuses = { 31 = 20 }
expect.description = ["can't", "Reversed"]

[[step]]
by = "friend"
call = "CreatePayout"
payout = "theirs"
race = 3
distinct = true
expect.statuses = { 11 = 3 }
expect.balances = { friend = "0.00" }

[[step]]
adjust = "-5.00"
expect.balance = { Requested = "872.50", otherwise = "995.00" }
"#;

fn flows(text: &str) -> Vec<Flow> {
    read(Path::new("a.toml"), text).expect("a good flow")
}

fn wrongs(text: &str) -> String {
    let wrongs = read(Path::new("a.toml"), text).expect_err("a bad flow");
    wrongs.into_iter().map(|(place, problem)| format!("{place}: {problem}\n")).collect()
}

/// A flow of one step, with lines of the test's own.
fn one_step(lines: &str) -> String {
    format!("name = \"x\"\ngiven.front_end = \"F\"\n[[step]]\n{lines}\n")
}

#[test]
fn a_file_holds_a_flow_for_each_value_of_over() {
    let flows = flows(WHOLE);
    assert_eq!(
        flows.iter().map(Flow::title).collect::<Vec<_>>(),
        ["Processed (Requested)", "Processed (InProgress)"]
    );
    let [requested, in_progress] = flows.as_slice() else { panic!("two flows") };
    assert_eq!(requested.people[0].front_end, "Flows EUR Requested");
    assert_eq!(in_progress.people[1].front_end, "MyPhoneCards USD");
    assert_eq!((requested.steps.len(), in_progress.steps.len()), (4, 3));
    // A step keeps its number in the file.
    assert_eq!(in_progress.steps[1].number, 3);
    assert_eq!(requested.steps[0].expect.posted.len(), 1);
    assert_eq!(in_progress.steps[0].expect.posted, []);
    assert_eq!(in_progress.steps[0].expect.balances, [("customer".to_owned(), "1000.00".to_owned())]);
    let Act::Call(call) = &requested.steps[1].act else { panic!("a call") };
    assert_eq!(call.times, Times::Race(20));
    assert_eq!(requested.steps[1].expect.statuses, [(31, 20)]);
    assert_eq!(in_progress.steps[0].expect.status, Status::Exactly(0));
    assert_eq!(requested.steps[1].title(), "step 2, ReversePayout: Only where it was debited");
}

#[test]
fn a_written_flow_reads_back_as_itself() {
    for flow in flows(WHOLE) {
        let text = write(&flow);
        let again = flows_renumbered(&text);
        let mut expected = flow.clone();
        expected.name = flow.title();
        expected.variant = None;
        for (index, step) in expected.steps.iter_mut().enumerate() {
            step.number = index + 1;
        }
        assert_eq!(again, [expected], "{text}");
    }
}

fn flows_renumbered(text: &str) -> Vec<Flow> {
    read(Path::new("a.toml"), text).unwrap_or_else(|wrongs| panic!("{wrongs:?}\n{text}"))
}

#[test]
fn a_bad_key_is_named_with_its_step() {
    let text =
        format!("{}[[step]]\ncall = \"GetPayout\"\nexpect.statis = 0\n", one_step("call = \"GetPayout\""));
    let told = wrongs(&text);
    assert!(told.starts_with("step 2, expect") && told.contains("`statis`"), "{told}");
    assert!(wrongs("name = \"x\"\nnme = 1\n[given]\n").contains("unknown field `nme`"));
    assert!(wrongs("name = \"x\"\n").contains("missing field `given`"));
    assert!(wrongs("name = \"x\n").starts_with("line 1: "), "{}", wrongs("name = \"x\n"));
    assert!(wrongs("name = \"x\"\ngiven.front_end = \"F\"").contains("the flow has no step"));
}

#[test]
fn what_a_step_can_t_mean_is_refused_by_key() {
    for (lines, told) in [
        ("say = \"nothing\"", "step 1, call: a step has one of"),
        ("call = \"GetPayout\"\nadjust = \"1\"", "step 1, call: a step has one of"),
        ("call = \"Create Payout\"", "step 1, call: must be the name of a method"),
        ("adjust = \"1\"\nrepeat = 2", "step 1, call: a step without a call"),
        ("adjust = \"much\"", "step 1, adjust: `much` is not a decimal"),
        ("call = \"GetPayout\"\nrepeat = 1", "step 1, repeat: must be from 2"),
        ("call = \"GetPayout\"\nrepeat = 2\nrace = 2", "step 1, repeat: a step can't both"),
        ("call = \"GetPayout\"\nrace = 2\nlate = true", "step 1, late: a step that repeats"),
        ("call = \"GetPayout\"\nlate = \"soon\"", "step 1, late: must be a number"),
        ("call = \"GetPayout\"\ndistinct = true", "step 1, distinct: belongs to"),
        ("call = \"GetBalance\"\nrace = 2\ndistinct = true", "step 1, distinct: GetBalance is about no"),
        ("call = \"GetPayout\"\nrace = 3\nversus = { A = \"1\" }", "step 1, versus: belongs to"),
        ("call = \"GetBalance\"\npayout = \"p\"", "step 1, payout: GetBalance is not about"),
        ("call = \"GetPayout\"\nby = \"friend\"", "step 1, by: `friend` is not in given.others"),
        ("call = \"GetPayout\"\nonly = [\"x\"]", "step 1, only: `x` is not a value"),
        ("call = \"GetPayout\"\nwith.Amount = 1.5", "step 1, with.Amount: must be written as a text"),
        ("call = \"GetPayout\"\nwith.A = \"{id.other}\"", "step 1, with.A: `{id.other}` is nothing"),
        ("call = \"GetPayout\"\nwith.A = { x = \"1\" }", "step 1, with.A: must not be a table"),
        ("call = \"GetPayout\"\nexpect.status = \"bad\"", "step 1, expect.status: must be a number"),
        ("call = \"GetPayout\"\nexpect.statuses = { 0 = 1 }", "step 1, expect.statuses: is for a race"),
        (
            "call = \"GetPayout\"\nexpect.deposit = \"Pending\"",
            "step 1, expect.deposit: the step is not about",
        ),
        ("call = \"GetPayout\"\nexpect.balance = \"x\"", "step 1, expect.balance: `x` is not a decimal"),
        ("call = \"GetPayout\"\nexpect.posted = \"k: a 1\"", "step 1, expect.posted: `k: a 1` does not sum"),
    ] {
        let got = wrongs(&one_step(lines));
        assert!(got.starts_with(told), "{lines}\n{got}");
    }
}

#[test]
fn rules_name_a_front_end_of_the_sandbox() {
    let with = |given: &str| {
        let text = format!("name = \"x\"\n[given]\n{given}\n[[step]]\ncall = \"GetBalance\"\n");
        read(Path::new("a.toml"), &text).map(|flows| flows[0].people[0].front_end.clone())
    };
    assert_eq!(with(""), Ok("Flows EUR InProgress".to_owned()));
    assert_eq!(
        with("debit_event = \"Requested\"\nfee_mode = \"included\""),
        Ok("Flows EUR Included".to_owned())
    );
    assert_eq!(with("debit_event = \"Requested\"\ncurrency = \"JPY\""), Ok("Flows JPY".to_owned()));
    assert!(with("currency = \"CHF\"").is_err());
    assert!(with("front_end = \"F\"\ncurrency = \"EUR\"").is_err());
}
