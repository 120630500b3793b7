//! People of the back office by hand: added, changed, shut out; passwords never on the command line.

use super::Desk;
use serde_json::json;

const PASSWORD: &[u8] = b"six quiet geese at noon\n";

fn add(desk: &Desk, name: &str, role: &str) {
    let arguments =
        ["user", "add", name, "--full-name", "Berta Berg", "--role", role, "--password-file", "-"];
    desk.run_with(&arguments, &[], PASSWORD).ok().says("may sign in now");
}

#[test]
fn somebody_is_added_changed_and_shut_out() {
    let desk = Desk::migrated();
    add(&desk, "berta", "operator=MyPhoneCards EUR");
    let everybody = desk.json(&["user", "list"]);
    let expected = json!([{
        "name": "berta", "full_name": "Berta Berg", "roles": ["operator=MyPhoneCards EUR"],
        "second_factor": false, "state": "active",
    }]);
    assert_eq!(everybody, expected);
    desk.run(&["user", "roles", "berta", "--set", "viewer=*", "--set", "support=MyPhoneCards GBP"]).ok();
    let roles = desk.json(&["user", "roles", "berta"]);
    assert_eq!(roles[0]["roles"], json!(["viewer=*", "support=MyPhoneCards GBP"]));
    desk.run(&["user", "disable", "berta"]).ok().says("shut out");
    assert_eq!(desk.json(&["user", "list"])[0]["state"], "disabled");
    desk.run(&["user", "disable", "berta", "--undo"]).ok();
    desk.run_with(&["user", "passwd", "berta", "--password-file", "-"], &[], b"seven loud geese at night")
        .ok();
    desk.run(&["user", "passwd", "berta", "--reset-second-factor"]).ok().says("second factor");
    let trail = desk.json(&["audit", "show", "person/berta"]);
    let kinds: Vec<&str> =
        trail.as_array().expect("rows").iter().filter_map(|row| row["kind"].as_str()).collect();
    let expected = [
        "person.added",
        "person.grants_set",
        "person.disabled",
        "person.enabled",
        "person.password_set",
        "person.second_factor_reset",
    ];
    assert_eq!(kinds, expected);
    assert!(!trail.to_string().contains("geese"), "no password in the trail");
}

#[test]
fn what_is_wrong_is_named() {
    let desk = Desk::migrated();
    add(&desk, "berta", "viewer=*");
    let with = |more: &[&str], password: &[u8]| {
        let arguments = [&["user", "add"], more, &["--full-name", "B", "--password-file", "-"]].concat();
        desk.run_with(&arguments, &[], password)
    };
    with(&["berta", "--role", "viewer=*"], PASSWORD).ends(1).says("has this name already");
    with(&["Berta", "--role", "viewer=*"], PASSWORD).ends(1).says("the name may only have");
    with(&["carla", "--role", "boss=*"], PASSWORD).ends(2).says("`boss` is not a role; there are viewer");
    with(&["carla", "--role", "viewer"], PASSWORD).ends(2).says("names no front end");
    with(&["carla", "--role", "viewer=Elsewhere"], PASSWORD)
        .ends(2)
        .says("there is no front end `Elsewhere`");
    with(&["carla", "--role", "viewer=*"], b"short").ends(2).says("at least 12 characters");
    with(&["carla", "--role", "viewer=*"], b"I am Carla, hello").ends(2).says("must not hold the name");
    desk.run(&["user", "add", "carla", "--full-name", "C", "--role", "viewer=*"])
        .ends(2)
        .says("--password-file");
    for command in
        [&["passwd", "nobody", "--reset-second-factor"][..], &["roles", "nobody"], &["disable", "nobody"]]
    {
        desk.run(&[&["user"], command].concat()).ends(1).says("there is nobody of this name");
    }
    assert_eq!(desk.json(&["user", "list"]).as_array().map(Vec::len), Some(1));
}
