//! The back office over HTTP with many payouts behind it: the list's first page for every kind of filter, and a download
//! of many rows while the server's memory is watched. The server is the program itself, as a process of its own.
//!
//! `cargo bench --bench office -- [--database sqlite,postgres] [--payouts 1000000] [--rounds 40] [--rows 100000]`
//!
//! Fails when memory grows with the rows of a download. A small run takes seconds: `--payouts 20000 --rows 10000`.

#[path = "../tests/store/many.rs"]
mod many;
#[path = "../tests/support/postgres.rs"]
#[allow(dead_code)]
mod postgres;

use many::{RARE_FRONT_END, RARE_PROCESSOR};
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use tillgate::store::lists::Sight;
use tillgate::store::lists::payouts::{Filter, list_within};
use tillgate::store::{Connection, DatabaseUrl, Purpose, migrations};

const PASSWORD: &str = "six quiet geese at noon";
/// More than this from a tenth of the rows to all of them is no flat memory.
const MOST_GROWTH_KB: u64 = 16 * 1024;
/// A person who looks for something gives up some day.
const MOST_PAGES: usize = 200;

struct Plan {
    databases: Vec<String>,
    payouts: i64,
    rounds: usize,
    rows: usize,
}

fn plan() -> Plan {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str, default: &str| {
        let at = args.iter().position(|arg| arg == name);
        at.and_then(|at| args.get(at + 1)).map_or(default.to_owned(), Clone::clone)
    };
    let number = |name: &str, default: &str| value(name, default).parse::<usize>().expect("a number");
    Plan {
        databases: value("--database", "sqlite,postgres").split(',').map(str::to_owned).collect(),
        payouts: number("--payouts", "1000000") as i64,
        rounds: number("--rounds", "40").max(1),
        rows: number("--rows", "100000"),
    }
}

fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let plan = plan();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut flat = true;
    for database in &plan.databases {
        flat &= runtime.block_on(on(database, &plan));
    }
    if flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether the downloads took no more memory for more rows.
async fn on(database: &str, plan: &Plan) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = (database == "postgres").then(|| {
        postgres::Cluster::start(&["shared_buffers=256MB", "max_wal_size=4GB", "fsync=off"])
            .expect("PostgreSQL")
    });
    let url = match &cluster {
        None => DatabaseUrl::Sqlite(folder.path().join("bench.db").display().to_string()),
        Some(cluster) => DatabaseUrl::Postgres(cluster.url()),
    };
    migrations::run(&url).expect("migrated");
    let filling = Instant::now();
    many::fill(&url, plan.payouts, 1);
    println!("{database}: {} payouts filled in {:.0} s", plan.payouts, filling.elapsed().as_secs_f64());
    budgets(&url);
    let server = Server::start(&url, folder.path()).await;
    let visitor = Visitor::sign_in(&server.base).await;
    println!(
        "first page of                     p50 ms  p99 ms  bytes  rows  pages until full or through, ms"
    );
    for (name, query) in filters(plan.payouts) {
        page(&visitor, name, &query, plan.rounds).await;
    }
    println!("resident after the lists: {} kB", server.memory());
    let mut flat = true;
    for kind in ["csv", "xlsx"] {
        flat &= download(&server, &visitor, kind, plan.rows).await;
    }
    flat
}

fn filters(payouts: i64) -> Vec<(&'static str, String)> {
    let encoded = |name: &str, value: &str| {
        form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
    };
    let rare = encoded("fe", RARE_FRONT_END);
    vec![
        ("everything", String::new()),
        ("front end, common", encoded("fe", "Front 1")),
        ("front end, rare", rare.clone()),
        ("status Requested, oldest first", "status=Requested&order=oldest".to_owned()),
        ("status Approved", "status=Approved".to_owned()),
        ("status Rejected", "status=Rejected".to_owned()),
        ("status Reversed, front end rare", format!("status=Reversed&{rare}")),
        ("processor, common", encoded("pp", "Processor 1")),
        ("processor, rare", encoded("pp", RARE_PROCESSOR)),
        ("amount, common", "currency=EUR&least=200.00&most=300.00".to_owned()),
        ("amount, rare", "currency=EUR&least=100000.00".to_owned()),
        ("older than a day, open", "age=1d&status=Requested&status=Authorized&status=InProgress".to_owned()),
        ("one day", "from=2026-11-01&until=2026-11-01".to_owned()),
        ("debit Taken", "debit=Taken".to_owned()),
        ("debit GivenBack", "debit=GivenBack".to_owned()),
        ("attempt Unknown", "attempt=Unknown".to_owned()),
        ("attempt Refused", "attempt=Refused".to_owned()),
        ("search by TransactionID", encoded("q", &format!("T{}", payouts / 7))),
        ("search by PIN", encoded("q", "pin6")),
        ("nothing fits", "currency=EUR&least=990000.00".to_owned()),
    ]
}

/// What a page costs whose filter almost nothing fits, and how many of them a whole search takes: the walk's budget is a
/// choice between the two.
fn budgets(url: &DatabaseUrl) {
    let mut line = Connection::open(url, Purpose::Read).expect("a line");
    let mut filter = Filter::of(Sight::All);
    filter.amount = (Some(99_000_000), None);
    for budget in [20_000, 50_000, 100_000, 200_000] {
        let (mut after, mut times) = (None, Vec::new());
        loop {
            let began = Instant::now();
            let page = list_within(&mut line, &filter, after, 50, budget).expect("a page");
            times.push(began.elapsed().as_secs_f64() * 1000.0);
            after = page.next;
            if !page.searching {
                break;
            }
        }
        let all: f64 = times.iter().sum();
        let worst = times.iter().copied().fold(0.0, f64::max);
        println!("budget {budget:6}: {:3} pages, {worst:.0} ms the slowest, {all:.0} ms in all", times.len());
    }
}

/// The first page, and how far somebody turns pages who looks until one is full or nothing is left.
async fn page(visitor: &Visitor, name: &str, query: &str, rounds: usize) {
    let path = format!("/office/payouts?{query}");
    let (mut times, mut body) = (Vec::new(), String::new());
    for _ in 0..rounds {
        let (first_byte, text) = visitor.page(&path).await;
        times.push(first_byte.as_secs_f64() * 1000.0);
        body = text;
    }
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[((times.len() - 1) as f64 * part).round() as usize];
    let (bytes, rows) = (body.len(), rows_of(&body));
    let (began, mut pages, mut found) = (Instant::now(), 1, rows);
    while let Some(next) = next_of(&body).filter(|_| found < 50 && pages < MOST_PAGES) {
        body = visitor.page(&next).await.1;
        found += rows_of(&body);
        pages += 1;
    }
    let whole = began.elapsed().as_secs_f64() * 1000.0;
    println!("{name:32} {:7.1} {:7.1} {bytes:6} {rows:5}  {pages}, {whole:.0}", at(0.5), at(0.99));
}

fn rows_of(body: &str) -> usize {
    body.matches("data-opens=\"/office/payouts/").count()
}

fn next_of(body: &str) -> Option<String> {
    let next = body.split("rel=\"next\" href=\"").nth(1)?.split('"').next()?;
    Some(next.replace("&amp;", "&").replace("&#38;", "&"))
}

/// Takes rows away as a file and watches what the server holds meanwhile.
async fn download(server: &Server, visitor: &Visitor, kind: &str, rows: usize) -> bool {
    let before = server.memory();
    let (began, mut first_byte) = (Instant::now(), Duration::ZERO);
    let mut response = visitor.get(&format!("/office/payouts/file/{kind}")).await;
    let (mut bytes, mut lines, mut at_a_tenth, mut most) = (0, 0, 0, 0);
    let wanted = if kind == "csv" { rows } else { usize::MAX };
    // Rows of a spreadsheet are packed: so many bytes hold as many as were asked for, by what a row takes.
    let packed = rows * 40;
    let mut looked = 0;
    while let Some(chunk) = response.chunk().await.expect("a chunk") {
        if bytes == 0 {
            first_byte = began.elapsed();
        }
        bytes += chunk.len();
        lines += chunk.iter().filter(|byte| **byte == b'\n').count();
        looked += 1;
        if looked % 4 == 0 {
            let now = server.memory();
            most = most.max(now);
            let a_tenth = if kind == "csv" { lines > rows / 10 } else { bytes > packed / 10 };
            if a_tenth && at_a_tenth == 0 {
                at_a_tenth = now;
            }
        }
        if lines > wanted || (kind == "xlsx" && bytes > packed) {
            break;
        }
    }
    drop(response);
    let grown = most.saturating_sub(at_a_tenth);
    let flat = at_a_tenth > 0 && grown <= MOST_GROWTH_KB;
    let count = if kind == "csv" { format!("{} rows, ", lines.saturating_sub(1)) } else { String::new() };
    println!(
        "{kind}: {count}{bytes} bytes in {:.2} s, the first after {:.1} ms; resident {before} kB before, {at_a_tenth} kB \
         after a tenth, {most} kB at most, {} kB after: {}",
        began.elapsed().as_secs_f64(),
        first_byte.as_secs_f64() * 1000.0,
        server.memory(),
        if flat { "flat" } else { "NOT FLAT" }
    );
    flat
}

/// The program, serving.
struct Server {
    child: Child,
    base: String,
}

impl Server {
    async fn start(url: &DatabaseUrl, folder: &Path) -> Server {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let url = match url {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        let mut text = format!(
            "[listen]\ncashier = '{free}'\nworkers = 2\n[database]\nurl = '{url}'\nmigrate_on_start = false\n\
             [log]\nlevel = 'warn'\n[backoffice]\nsecond_factor = 'optional'\n[processors.map]\nCFT = {{ processor = 'CFT' }}\n"
        );
        for name in ["Front 0", "Front 1", "Front 2", "Front 3", RARE_FRONT_END] {
            text += &format!(
                "[[front_ends]]\nname = '{name}'\ncurrency = 'EUR'\nauth = {{ pass_code = 'bench-pass-code-0123456789' }}\n"
            );
        }
        let config = folder.join("config.toml");
        std::fs::write(&config, text).expect("a configuration");
        let program = env!("CARGO_BIN_EXE_tillgate");
        let mut adding = Command::new(program)
            .args([
                "user",
                "add",
                "bench",
                "--full-name",
                "Bench",
                "--role",
                "finance=*",
                "--role",
                "operator=*",
            ])
            .args(["--password-file", "-", "--config"])
            .arg(&config)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        let typed = adding.stdin.take().expect("a pipe").write_all(format!("{PASSWORD}\n").as_bytes());
        typed.expect("typed");
        assert!(adding.wait().expect("it ended").success(), "somebody is added");
        let serving =
            Command::new(program).arg("serve").arg("--config").arg(&config).stdout(Stdio::null()).spawn();
        let server = Server { child: serving.expect("the server starts"), base: format!("http://{free}") };
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let began = Instant::now();
        let ready = format!("{}/health/ready", server.base);
        while !http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(began.elapsed() < Duration::from_secs(60), "the server is not ready after a minute");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    /// Resident memory in kB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .unwrap_or(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who has signed in.
struct Visitor {
    http: reqwest::Client,
    base: String,
    cookies: String,
}

impl Visitor {
    async fn sign_in(base: &str) -> Visitor {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = http.build().expect("a client");
        let page = http.get(format!("{base}/office/sign-in")).send().await.expect("a page");
        let cookies = cookies(&page);
        let body = page.text().await.expect("text");
        let csrf = body
            .split("name=\"csrf\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a token");
        let form = [("name", "bench"), ("password", PASSWORD), ("csrf", csrf)];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = http.post(format!("{base}/office/sign-in")).header("cookie", cookies).body(form);
        let answer = request
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 303, "signed in");
        Visitor { cookies: self::cookies(&answer), base: base.to_owned(), http }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let request = self.http.get(format!("{}{path}", self.base)).header("cookie", &self.cookies);
        let response = request.send().await.expect("an answer");
        // A search with one find leads to it.
        assert!([200, 303].contains(&response.status().as_u16()), "{path}: {}", response.status());
        response
    }

    /// A page with the time to its first byte.
    async fn page(&self, path: &str) -> (Duration, String) {
        let began = Instant::now();
        let response = self.get(path).await;
        let first_byte = began.elapsed();
        (first_byte, response.text().await.expect("text"))
    }
}

fn cookies(response: &reqwest::Response) -> String {
    let all = response.headers().get_all("set-cookie").iter();
    let pairs = all.filter_map(|cookie| cookie.to_str().ok()?.split(';').next().map(str::to_owned));
    pairs.filter(|pair| !pair.ends_with('=')).collect::<Vec<_>>().join("; ")
}
