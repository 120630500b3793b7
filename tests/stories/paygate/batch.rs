//! Payouts in batch files: put into one by a command, held until the answer is read, and never sent in any other way.

use super::kills::Held;
use super::{EUR, House};
use crate::support::databases;
use crate::support::story::Customer;
use chrono::Duration;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tillgate::processors::paygate::simulator::Moved;
use tillgate::store::DatabaseUrl;

/// What a run of the program left: exit code, output, error output.
type Ran = (i32, String, String);

/// `tillgate paygate batch` on the house's own database, with its keys.
fn program(url: &DatabaseUrl, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tillgate"));
    command.env_clear().env("TILLGATE_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml"));
    command.env(
        "TILLGATE__DATABASE__URL",
        match url {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
            DatabaseUrl::Postgres(url) => url.clone(),
        },
    );
    command.args(["--format", "json", "paygate", "batch"]).args(arguments);
    command
}

async fn batch(url: &DatabaseUrl, arguments: &[&str]) -> Ran {
    let mut command = program(url, arguments);
    let ran = tokio::task::spawn_blocking(move || {
        let output = command.output().expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
    });
    ran.await.expect("it ran")
}

async fn writes(url: &DatabaseUrl, folder: &Path) -> Value {
    let folder = folder.display().to_string();
    let (code, out, err) = batch(url, &["write", "--account", "paygate", "--folder", &folder]).await;
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).expect("JSON")
}

/// Lets the platform process a file, and leaves the answer beside it.
fn processed(house: &House, file: &str, change: impl FnOnce(String) -> String) -> String {
    let text = std::fs::read_to_string(file).expect("the file");
    let answer = change(house.simulator().run_batch(&text).expect("an answer"));
    let (folder, name) = file.rsplit_once('/').expect("a folder");
    let path = format!("{folder}/P{}", &name[1..]);
    std::fs::write(&path, answer).expect("written");
    path
}

async fn begins(house: &House, customer: &Customer, amount: &str) -> String {
    let fields = json!({ "TraceID": house.story.next_trace(), "PP": "PaygateBatch", "Amount": amount });
    let reply = house.call("CreatePayout", customer, fields).await;
    assert_eq!(reply["Status"], 0, "{reply}");
    let id = reply["ExtPayoutID"].as_str().expect("an id").to_owned();
    for status in ["A", "I"] {
        let fields = json!({ "ExtPayoutID": id, "Status": status });
        assert_eq!(house.call("UpdatePayout", customer, fields).await["Status"], 0);
    }
    id
}

async fn state(house: &House, customer: &Customer, payout: &str) -> (String, String) {
    let reply = house.call("GetPayout", customer, json!({ "ExtPayoutID": payout })).await;
    let text = |name: &str| reply[name].as_str().unwrap_or_default().to_owned();
    (text("PayoutStatus"), text("AttemptState"))
}

fn paid_out(house: &House) -> i64 {
    house
        .simulator()
        .movements()
        .iter()
        .filter(|moved| moved.kind == Moved::Payout)
        .map(|moved| moved.minor)
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_of_a_batch_are_sent_once_and_told_by_its_answer() {
    for scratch in databases() {
        let (url, folder) = (scratch.url.clone(), tempfile::tempdir().expect("a folder"));
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        house.paid_in(&big, "500.00").await;
        let other = house.story.customer(EUR, "Cardless", "100.00").await;

        let (first, second) = (begins(&house, &big, "20.00").await, begins(&house, &big, "30.00").await);
        let nowhere = begins(&house, &other, "10.00").await;
        house.after(Duration::hours(2)).await;
        assert_eq!(state(&house, &big, &first).await.1, "Planned", "no worker sends it");

        let told = writes(&url, folder.path()).await;
        assert_eq!((&told["payouts"], &told["refused"]), (&json!(2), &json!(1)), "{told}");
        let file = told["file"].as_str().expect("a file").to_owned();
        let text = std::fs::read_to_string(&file).expect("the file");
        assert!(text.starts_with("HEAD,tillgate_test,") && text.ends_with("FOOT,2,5000\n"), "{text}");
        assert_eq!(state(&house, &other, &nowhere).await, ("InProgress".to_owned(), "Refused".to_owned()));
        for payout in [&first, &second] {
            assert_eq!(state(&house, &big, payout).await.1, "Sending");
            let reject = json!({ "ExtPayoutID": payout, "Status": "X" });
            assert_ne!(
                house.call("UpdatePayout", &big, reject).await["Status"],
                0,
                "its money may have left"
            );
        }
        // Nothing asks, sends it again, or puts it into a second file, however long it takes.
        house.after(Duration::days(3)).await;
        assert_eq!(state(&house, &big, &first).await.1, "Sending");
        let again = writes(&url, folder.path()).await;
        assert_eq!((&again["file"], &again["payouts"]), (&Value::Null, &json!(0)), "{again}");

        // The platform pays one and refuses one.
        let refused = |text: String| {
            let lines = text.lines().map(|line| match line.contains(",3000,EUR,") {
                true => line.replace(",OK,00000000", ",FAILED,22060305"),
                false => line.to_owned(),
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        // As the platform's books have it, the refused one is not paid.
        let split: String =
            text.lines().filter(|line| !line.contains(",3000,EUR,")).collect::<Vec<_>>().join("\n");
        let one = house.simulator().run_batch(&split).expect("an answer");
        let answered = one.lines().find(|line| line.contains(",2000,EUR,")).expect("its record").to_owned();
        assert!(answered.ends_with(",OK,00000000"), "{answered}");
        let answer = text
            .lines()
            .map(|line| match (line.contains(",2000,EUR,"), line.contains(",3000,EUR,")) {
                (true, _) => answered.clone(),
                (_, true) => format!("{line},OK,00000000"),
                _ => line.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("\n");
        let path = file.replace("/W", "/P");
        std::fs::write(&path, refused(answer)).expect("written");
        for moved in [true, false] {
            let (code, out, err) = batch(&url, &["read", "--account", "paygate", &path]).await;
            assert_eq!(code, 0, "{err}");
            let rows: Value = serde_json::from_str(&out).expect("JSON");
            assert_eq!(
                (&rows[0]["state"], &rows[1]["state"]),
                (&json!("Succeeded"), &json!("Refused")),
                "{moved} {rows}"
            );
            assert_eq!(state(&house, &big, &first).await, ("Approved".to_owned(), "Succeeded".to_owned()));
            assert_eq!(state(&house, &big, &second).await, ("InProgress".to_owned(), "Refused".to_owned()));
        }
        let reject = json!({ "ExtPayoutID": second, "Status": "X" });
        assert_eq!(house.call("UpdatePayout", &big, reject).await["Status"], 0);
        assert_eq!(house.story.balance(&big).await, "480.50");
        assert_eq!(paid_out(&house), 2_000);
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_interrupted_is_finished_or_undone_by_the_next() {
    for scratch in databases() {
        let (url, folder) = (scratch.url.clone(), tempfile::tempdir().expect("a folder"));
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        house.paid_in(&big, "500.00").await;
        let first = begins(&house, &big, "20.00").await;
        let told = writes(&url, folder.path()).await;
        let ready = told["file"].as_str().expect("a file").to_owned();
        let text = std::fs::read_to_string(&ready).expect("the file");
        let making = ready.replace("/W", "/T");

        // Killed between the commit and the renaming: finished, and nothing is written twice.
        std::fs::rename(&ready, &making).expect("renamed");
        let told = writes(&url, folder.path()).await;
        assert_eq!((&told["finished"][0], &told["payouts"]), (&json!(ready), &json!(0)), "{told}");
        assert!(Path::new(&ready).exists() && !Path::new(&making).exists());

        // While another run is at it, nobody takes its file for one that was left behind.
        let lock = std::fs::File::open(folder.path().join(".tillgate-batch.lock")).expect("the lock");
        lock.lock().expect("locked");
        std::fs::rename(&ready, &making).expect("renamed");
        let place = folder.path().display().to_string();
        let (code, _, err) = batch(&url, &["write", "--account", "paygate", "--folder", &place]).await;
        assert!(code == 1 && err.contains("another run"), "{err}");
        assert!(Path::new(&making).exists());
        std::fs::rename(&making, &ready).expect("renamed");
        drop(lock);

        // Killed before the commit, while the file was written or after that: it is undone and written anew.
        let second = begins(&house, &big, "30.00").await;
        let half = folder.path().join("T20261124777tillgate_test.dat");
        std::fs::write(&half, &text[..text.len() / 2]).expect("written");
        let told = writes(&url, folder.path()).await;
        assert_eq!(told["payouts"], 1, "{told}");
        assert!(!half.exists());
        let newest = told["file"].as_str().expect("a file").to_owned();
        assert_ne!(newest, ready);

        // One whose payouts were settled meanwhile fits nothing, and nobody takes it anywhere.
        for file in [&ready, &newest] {
            let path = processed(&house, file, |answer| answer);
            let (code, _, err) = batch(&url, &["read", "--account", "paygate", &path]).await;
            assert_eq!(code, 0, "{err}");
        }
        for payout in [&first, &second] {
            assert_eq!(state(&house, &big, payout).await, ("Approved".to_owned(), "Succeeded".to_owned()));
        }
        std::fs::write(&making, &text).expect("written");
        let folder_name = folder.path().display().to_string();
        let (code, _, err) = batch(&url, &["write", "--account", "paygate", "--folder", &folder_name]).await;
        assert!(code == 1 && err.contains("a person must look"), "{err}");
        assert_eq!(paid_out(&house), 5_000);
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_fit_our_books_settles_nothing() {
    for scratch in databases() {
        let (url, folder) = (scratch.url.clone(), tempfile::tempdir().expect("a folder"));
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        house.paid_in(&big, "500.00").await;
        let payout = begins(&house, &big, "20.00").await;
        let file = writes(&url, folder.path()).await["file"].as_str().expect("a file").to_owned();
        let unanswered = batch(&url, &["read", "--account", "paygate", &file]).await;
        assert!(unanswered.0 == 1 && unanswered.2.contains("it is no answer"), "{unanswered:?}");
        for (from, to, word) in [
            (",2000,", ",2001,", "not whole"),
            ("HEAD,tillgate_test", "HEAD,somebody", "another merchant"),
            (",EUR,AT", ",EUR,XX", "contradict"),
            (",EUR,", ",CHF,", "contradict"),
        ] {
            let text = std::fs::read_to_string(&file).expect("the file");
            let answer = text.replace(from, to).replace("\nFOOT", ",OK,00000000\nFOOT");
            let path = folder.path().join("answer.txt").display().to_string();
            std::fs::write(&path, answer).expect("written");
            let (code, _, err) = batch(&url, &["read", "--account", "paygate", &path]).await;
            assert!(code == 1 && err.contains(word), "{to}: {code} {err}");
            assert_eq!(
                state(&house, &big, &payout).await,
                ("InProgress".to_owned(), "Sending".to_owned()),
                "{to}"
            );
        }
        // An undecided record is held on to, and a later answer settles it.
        let path = processed(&house, &file, |answer| answer.replace(",OK,00000000", ",PENDING,60600000"));
        assert_eq!(batch(&url, &["read", "--account", "paygate", &path]).await.0, 0);
        assert_eq!(state(&house, &big, &payout).await.1, "Unknown");
        let answer =
            std::fs::read_to_string(&path).expect("the answer").replace(",PENDING,60600000", ",OK,00000000");
        std::fs::write(&path, answer).expect("written");
        assert_eq!(batch(&url, &["read", "--account", "paygate", &path]).await.0, 0);
        assert_eq!(state(&house, &big, &payout).await.0, "Approved");
        let late =
            std::fs::read_to_string(&path).expect("the answer").replace(",OK,00000000", ",FAILED,22060305");
        std::fs::write(&path, late).expect("written");
        let (code, out, _) = batch(&url, &["read", "--account", "paygate", &path]).await;
        assert!(code == 1 && out.contains("Succeeded already"), "{out}");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

/// When a run is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Its file has a name, and perhaps content.
    FileBegun,
    /// Its file is there, and nothing can be committed.
    BeforeTheCommit,
    /// Its payouts are committed; the file may have its last name or not.
    Committed,
}

/// The files of a folder that begin with a letter, with their texts.
fn files(folder: &Path, phase: char) -> Vec<(std::path::PathBuf, String)> {
    let entries = std::fs::read_dir(folder).expect("the folder").flatten().map(|entry| entry.path());
    let named = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(phase))
    };
    entries
        .filter(named)
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap_or_default()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_a_run_at_any_moment_loses_no_payout_and_writes_none_twice() {
    for scratch in databases() {
        let (url, folder) = (scratch.url.clone(), tempfile::tempdir().expect("a folder"));
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        house.paid_in(&big, "500.00").await;
        let place = folder.path().display().to_string();
        let moments = [Moment::FileBegun, Moment::BeforeTheCommit, Moment::Committed];
        for moment in moments.into_iter().chain(moments) {
            let payout = begins(&house, &big, "20.00").await;
            let reference = house.attempts(&payout).await[0].reference.replace('-', "");
            let held = (moment != Moment::FileBegun).then(|| Held::hold(&url));
            let mut run = program(&url, &["write", "--account", "paygate", "--folder", &place]);
            run.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            let mut run = run.spawn().expect("the program runs");
            while files(folder.path(), 'T').is_empty() && run.try_wait().expect("a child").is_none() {
                tokio::task::yield_now().await;
            }
            if moment == Moment::BeforeTheCommit {
                while files(folder.path(), 'T').iter().all(|(_, text)| !text.contains("FOOT")) {
                    tokio::task::yield_now().await;
                }
                run.kill().expect("killed");
            }
            if let Some(held) = held {
                held.let_go();
            }
            if moment == Moment::Committed {
                while state(&house, &big, &payout).await.1 != "Sending" {
                    tokio::task::yield_now().await;
                }
            }
            run.kill().expect("killed");
            run.wait().expect("gone");
            if moment == Moment::BeforeTheCommit {
                assert_eq!(state(&house, &big, &payout).await.1, "Planned");
                assert_eq!(files(folder.path(), 'T').len(), 1);
            }

            // The next run finishes or undoes what it finds, and the payout is in one file that may leave.
            writes(&url, folder.path()).await;
            assert_eq!(state(&house, &big, &payout).await.1, "Sending", "{moment:?}");
            assert!(files(folder.path(), 'T').is_empty(), "{moment:?}");
            let ready = files(folder.path(), 'W');
            let with_it: Vec<_> = ready.iter().filter(|(_, text)| text.contains(&reference)).collect();
            assert_eq!(with_it.len(), 1, "{moment:?}");
            let path = processed(&house, &with_it[0].0.display().to_string(), |answer| answer);
            assert_eq!(batch(&url, &["read", "--account", "paygate", &path]).await.0, 0);
            assert_eq!(state(&house, &big, &payout).await.0, "Approved", "{moment:?}");
        }
        assert_eq!(paid_out(&house), 6 * 2_000);
        assert_eq!(house.story.balance(&big).await, "380.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
