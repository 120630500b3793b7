//! A server that is paused in the middle of a payout for longer than its lease: another node goes on, and what the
//! first one still does when it wakes changes nothing.

use super::CARD;
use super::kills::{Line, Passing, about, add_customer, pays_in, shown, update};
use super::process::{Platform, Server};
use crate::support;
use diesel::sql_types::BigInt;
use serde_json::json;
use tillgate::store::statement::Bind;
use tillgate::store::{Connection, DatabaseUrl, Purpose, check};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_paused_past_its_lease_writes_nothing_when_it_wakes() {
    for held in [Passing::NoRequests, Passing::NoAnswers] {
        let Some(scratch) = support::postgres() else { return };
        let platform = Platform::start();
        let line = Line::to(&platform.base_url).await;
        let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let mut sleeper =
            Server::new(&scratch.url, &line.url, folders[0].path(), &[("NODE__NAME", "sleeper")]);
        let mut other =
            Server::new(&scratch.url, &platform.base_url, folders[1].path(), &[("NODE__NAME", "other")]);
        let http = other.http.clone();
        sleeper.start(true).await;
        add_customer(&sleeper).await;
        let deposit = pays_in(&sleeper, CARD, 1, "100.00").await;
        let credited = async || {
            let fields = about(json!({ "ExtDepositID": deposit }));
            sleeper.call("GetDeposit", fields).await["DepositStatus"] == "Credited"
        };
        sleeper.until("the deposit is credited", credited).await;
        let fields = about(json!({ "TraceID": 2, "PP": "PaygateCard", "Amount": "5.00" }));
        let reply = sleeper.call("CreatePayout", fields).await;
        let payout = reply["ExtPayoutID"].as_str().unwrap_or_else(|| panic!("no payout: {reply}")).to_owned();
        let paid = async || {
            let books = platform.books(&http).await;
            let movements = books["movements"].as_array().expect("movements").clone();
            movements.into_iter().filter(|movement| movement["kind"] == "payout").count()
        };

        update(&sleeper, &payout, "A").await;
        line.let_pass(held);
        update(&sleeper, &payout, "I").await;
        let under_way = async || match held {
            Passing::NoRequests => shown(&sleeper, &payout, "AttemptState").await == "Sending",
            _ => paid().await == 1,
        };
        sleeper.until("it is under way", under_way).await;
        sleeper.pause();
        other.start(true).await;
        let approved = async || shown(&other, &payout, "PayoutStatus").await == "Approved";
        other.until("the other node has paid it", approved).await;
        let told = history(&scratch.url, &payout);

        line.let_pass(Passing::Everything);
        sleeper.wake();
        sleeper.until("its call is over", async || sleeper.ended_calls("creditex.aspx", "").await == 1).await;
        sleeper.ends().await;
        assert_eq!(paid().await, 1, "{held:?}");
        assert_eq!(history(&scratch.url, &payout), told, "{held:?}: the sleeper wrote something");
        let balance = other.call("GetBalance", about(json!({}))).await;
        assert_eq!(balance["Balance"], "95.00", "{held:?}: {balance}");
        other.kill();
        let mut line = Connection::open(&scratch.url, Purpose::Read).expect("a connection");
        let checked = check::run(&mut line).expect("checked");
        assert!(checked.is_sound(), "{held:?}: {checked:#?}");
    }
}

/// How much was written about the one payout that there is.
fn history(url: &DatabaseUrl, payout: &str) -> Vec<i64> {
    let mut line = Connection::open(url, Purpose::Read).expect("a connection");
    let sql = "SELECT count(*) FROM audit WHERE subject = ?
        UNION ALL SELECT sum(version)::bigint FROM payouts
        UNION ALL SELECT sum(version)::bigint FROM payout_attempts";
    line.load::<BigInt, i64>(sql, &[Bind::Text(payout)]).expect("its history")
}
