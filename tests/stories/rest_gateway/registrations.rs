//! News of stored cards and accounts: signed with words that are the same for all of them, so nothing follows from them.

use super::by_hand::by_hand;
use super::*;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::Fault;
use tillgate::store::lists::notices::{self, Filter};

#[tokio::test(flavor = "multi_thread")]
async fn news_of_a_registration_are_kept_for_people_and_attach_nothing() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let stage = Stage::on(scratch).await;
        // The answer gets lost: only the news, which come twice, tell of the account that was stored.
        stage.simulator.plan("registrations", Fault::ResetAfter);
        let whose = ["--front-end", FRONT_END, "--pin", "Ana", "--means-file", "-"];
        let arguments = [&["register", "--account", "rest"][..], &whose].concat();
        let means = "iban=DE89370400440532013000\nbic=COBADEFFXXX\n";
        let (code, _, err) = by_hand(&stage, &url, &arguments, means).await;
        assert!(code != 0 && err.contains("not known"), "{code} {err}");
        let told = stage.simulator.take_callbacks();
        assert_eq!(told.len(), 2);
        for callback in &told {
            assert_eq!(callback.url, format!("{}/notify/rest", stage.story.base));
            let post = stage.story.http().post(&callback.url).body(callback.body.clone());
            assert_eq!(post.send().await.expect("an answer").text().await.expect("a text"), "OK");
        }
        stage.works().await;
        let filter = Filter {
            account: Some("rest".to_owned()),
            reference: Some("registration".to_owned()),
            made: (None, None),
        };
        let kept =
            stage.story.running().store.read(move |connection| notices::list(connection, &filter, None, 9));
        let kept = kept.await.expect("read").rows;
        let [only] = kept.as_slice() else { panic!("{} are kept", kept.len()) };
        assert_eq!(only.deliveries, 2);
        assert!(
            only.summary.contains("**** 3000") && only.summary.contains("not confirmed"),
            "{}",
            only.summary
        );
        let charge = stage.call("ChargeStored", stage.wish("RestCard", "12.00")).await;
        assert_eq!(charge["Status"], 3, "nothing is stored with us: {charge}");

        // A forged one, with another word behind its checksum, is not even kept.
        let forged = String::from_utf8(told[0].body.clone()).expect("JSON").replace("\"Y\"", "\"N\"");
        let post = stage.story.http().post(&told[0].url).body(forged).send().await.expect("an answer");
        assert_eq!(post.text().await.expect("a text"), "IGNORED");

        let (code, _, err) = by_hand(&stage, &url, &arguments, means).await;
        assert_eq!(code, 0, "{err}");
        let charge = stage.call("ChargeStored", stage.wish("RestCard", "12.00")).await;
        assert_eq!(charge["DepositStatus"], "Credited", "{charge}");
        stage.ends().await;
    }
}
