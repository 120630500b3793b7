//! `kill -9` of the server at every step of a payout: before it is sent, before it arrives, before its answer, before
//! the answer is written down. Each time another process goes on, and the customer is paid once.

use super::process::{Platform, Server};
use super::{CARD, CHECK_VALUE, EUR};
use crate::support::{Scratch, databases};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tillgate::store::DatabaseUrl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    BeforeSending,
    /// Sending is committed; what was sent never arrives.
    LostOnTheWay,
    /// Sending is committed; what was sent arrives when the sender is dead.
    LateOnTheWay,
    BeforeTheAnswer,
    BeforeTheCommit,
}

/// What passes between the server and the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    Everything,
    NoRequests,
    NoAnswers,
    /// What waits is thrown away.
    Nothing,
}

/// A line to the platform that can be held.
pub struct Line {
    pub url: String,
    passing: Arc<watch::Sender<Passing>>,
    /// So many pieces are held.
    held: Arc<AtomicUsize>,
}

impl Line {
    pub async fn to(platform: &str) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let there = platform.trim_start_matches("http://").to_owned();
        let passing = Arc::new(watch::Sender::new(Passing::Everything));
        let held = Arc::new(AtomicUsize::new(0));
        let (shared, count) = (passing.clone(), held.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(&there).await else { continue };
                let (near, far) = (near.into_split(), far.into_split());
                tokio::spawn(pass(near.0, far.1, shared.subscribe(), Passing::NoRequests, count.clone()));
                tokio::spawn(pass(far.0, near.1, shared.subscribe(), Passing::NoAnswers, count.clone()));
            }
        });
        Line { url, passing, held }
    }

    /// Throws away what is held.
    async fn loses_it(&self) {
        self.let_pass(Passing::Nothing);
        while self.held.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    }

    pub fn let_pass(&self, passing: Passing) {
        self.passing.send_replace(passing);
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut passing: watch::Receiver<Passing>,
    held: Passing,
    count: Arc<AtomicUsize>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        count.fetch_add(1, Ordering::SeqCst);
        let now = passing.wait_for(|now| *now != held).await.map(|now| *now);
        count.fetch_sub(1, Ordering::SeqCst);
        let Ok(now) = now else { return };
        if now == Passing::Nothing || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Somebody else holds the database, so that nothing can be committed.
pub enum Held {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Held {
    pub fn hold(url: &DatabaseUrl) -> Held {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(path).expect("a connection");
                connection.batch_execute("PRAGMA busy_timeout = 20000; BEGIN IMMEDIATE").expect("held");
                Held::Sqlite(connection)
            }
            DatabaseUrl::Postgres(url) => {
                let mut connection = PgConnection::establish(url).expect("a connection");
                connection
                    .batch_execute("BEGIN; LOCK TABLE payout_attempts IN EXCLUSIVE MODE")
                    .expect("held");
                Held::Postgres(connection)
            }
        }
    }

    pub fn let_go(self) {
        match self {
            Held::Sqlite(mut connection) => connection.batch_execute("ROLLBACK").expect("let go"),
            Held::Postgres(mut connection) => connection.batch_execute("ROLLBACK").expect("let go"),
        }
    }
}

pub fn about(more: Value) -> Value {
    let mut fields = json!({ "FrontEndName": EUR, "PIN": "Big" });
    for (name, value) in more.as_object().expect("fields") {
        fields[name] = value.clone();
    }
    fields
}

/// The customer exists and has paid 100.00 in by card.
pub async fn pays_in(server: &Server, number: &str, trace: i64, amount: &str) -> String {
    let fields = about(json!({ "TraceID": trace, "PP": "PaygateCard", "Amount": amount }));
    let reply = server.call("CreateDeposit", fields).await;
    assert_eq!(reply["Status"], 0, "{reply}");
    let url = reply["RedirectURL"].as_str().expect("an address");
    let page = server.http.get(url).send().await.expect("a page").text().await.expect("text");
    let action = page.split("action='").nth(1).and_then(|rest| rest.split('\'').next()).expect("a form");
    let origin = url.split("/payssl").next().expect("an origin");
    let fields = [
        ("CardNumber", number),
        ("CardExpirationMonth", "12"),
        ("CardExpirationYear", "2030"),
        ("Cccvc", CHECK_VALUE),
        ("CcBrand", "VISA"),
    ];
    let page = server.http.post(format!("{origin}{action}")).form(&fields).send().await.expect("a page");
    page.text().await.expect("text");
    reply["ExtDepositID"].as_str().expect("an id").to_owned()
}

pub async fn add_customer(server: &Server) {
    let body = json!({ "front_end": EUR, "pin": "Big" });
    let request = server.http.post(format!("{}/platform/v1/customers", server.base));
    let request = request.bearer_auth("sandbox-platform-key").header("idempotency-key", "big");
    let answer = request.header("content-type", "application/json").body(body.to_string()).send().await;
    assert!(answer.expect("an answer").status().is_success());
}

pub async fn update(server: &Server, payout: &str, status: &str) {
    let fields = about(json!({ "ExtPayoutID": payout, "Status": status, "UpdatedBy": "agent7" }));
    let reply = server.call("UpdatePayout", fields).await;
    assert_eq!(reply["Status"], 0, "{status}: {reply}");
}

pub async fn shown(server: &Server, payout: &str, field: &str) -> String {
    let reply = server.call("GetPayout", about(json!({ "ExtPayoutID": payout }))).await;
    reply[field].as_str().unwrap_or_default().to_owned()
}

async fn killed_at(point: Point, scratch: Scratch, rounds: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let platform = Platform::start();
    let line = Line::to(&platform.base_url).await;
    let mut server = Server::new(&scratch.url, &line.url, folder.path(), &[]);
    server.start(true).await;
    add_customer(&server).await;
    let deposit = pays_in(&server, CARD, 1, "1000.00").await;
    server
        .until("the deposit is credited", async || {
            let fields = about(json!({ "ExtDepositID": deposit }));
            server.call("GetDeposit", fields).await["DepositStatus"] == "Credited"
        })
        .await;
    let paid = async |server: &Server| {
        let books = platform.books(&server.http).await;
        let movements = books["movements"].as_array().expect("movements").clone();
        movements.into_iter().filter(|movement| movement["kind"] == "payout").count()
    };
    for round in 1..=rounds {
        let fields = about(json!({ "TraceID": round + 1, "PP": "PaygateCard", "Amount": "5.00" }));
        let reply = server.call("CreatePayout", fields).await;
        let payout = reply["ExtPayoutID"].as_str().unwrap_or_else(|| panic!("no payout: {reply}")).to_owned();
        update(&server, &payout, "A").await;
        match point {
            Point::BeforeSending => {
                server.kill();
                server.start(false).await;
                update(&server, &payout, "I").await;
                assert_eq!(shown(&server, &payout, "AttemptState").await, "Planned");
            }
            Point::LostOnTheWay | Point::LateOnTheWay => {
                line.let_pass(Passing::NoRequests);
                update(&server, &payout, "I").await;
                let sending = async || shown(&server, &payout, "AttemptState").await == "Sending";
                server.until("it is being sent", sending).await;
            }
            Point::BeforeTheAnswer => {
                line.let_pass(Passing::NoAnswers);
                update(&server, &payout, "I").await;
                server.until("it is paid", async || paid(&server).await == round).await;
            }
            Point::BeforeTheCommit => {
                let before = server.ended_calls("creditex.aspx", "answered").await;
                line.let_pass(Passing::NoAnswers);
                update(&server, &payout, "I").await;
                server.until("it is paid", async || paid(&server).await == round).await;
                let held = Held::hold(&scratch.url);
                line.let_pass(Passing::Everything);
                server
                    .until("the answer is there", async || {
                        server.ended_calls("creditex.aspx", "answered").await > before
                    })
                    .await;
                server.kill();
                held.let_go();
            }
        }
        if point != Point::BeforeTheCommit {
            server.kill();
        }
        if point == Point::LostOnTheWay {
            line.loses_it().await;
        }
        line.let_pass(Passing::Everything);

        server.start(true).await;
        let approved = async || shown(&server, &payout, "PayoutStatus").await == "Approved";
        server.until("it is approved", approved).await;
        assert_eq!(paid(&server).await, round, "{point:?}");
        let balance = server.call("GetBalance", about(json!({}))).await;
        assert_eq!(balance["Balance"], format!("{}.00", 1000 - 5 * round), "{point:?}: {balance}");
        let reply = server.call("GetPayout", about(json!({ "ExtPayoutID": payout }))).await;
        assert_eq!(reply["AttemptState"], "Succeeded", "{point:?}: {reply}");
    }
    server.kill();
    let checked = scratch.url.clone();
    let checked = tokio::task::spawn_blocking(move || {
        let purpose = tillgate::store::Purpose::Read;
        let mut connection = tillgate::store::Connection::open(&checked, purpose).expect("a connection");
        tillgate::store::check::run(&mut connection).expect("checked")
    });
    let checked = checked.await.expect("checked");
    assert!(checked.is_sound(), "{point:?}: {checked:#?}");
    println!("{point:?}: killed {rounds} times, each time paid once");
}

/// So many kills on each database as `KILL_ROUNDS` says, a few if it says nothing.
async fn rounds(point: Point) {
    // What got lost is asked about after half a minute each time.
    let few = if point == Point::LostOnTheWay { 1 } else { 3 };
    let rounds = std::env::var("KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(few);
    let all = databases().into_iter().map(|scratch| killed_at(point, scratch, rounds));
    futures_util::future::join_all(all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_before_it_sends_a_payout_pays_it_once() {
    rounds(Point::BeforeSending).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_its_payout_gets_lost_pays_it_once() {
    rounds(Point::LostOnTheWay).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_its_payout_is_on_its_way_pays_it_once() {
    rounds(Point::LateOnTheWay).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_before_the_answer_pays_once() {
    rounds(Point::BeforeTheAnswer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_before_it_writes_the_answer_down_pays_once() {
    rounds(Point::BeforeTheCommit).await;
}
