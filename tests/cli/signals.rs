//! A running program is told things by signals: read the configuration again, or finish and end.

use crate::support::ports::free_address;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Program {
    child: Child,
    cashier: SocketAddr,
    platform: SocketAddr,
    folder: tempfile::TempDir,
    http: reqwest::Client,
}

fn written(folder: &Path, cashier: SocketAddr, platform: SocketAddr, more: &str) -> PathBuf {
    let file = folder.join("config.toml");
    let text = format!(
        "[listen]\ncashier = '{cashier}'\nplatform = '{platform}'\n\
         [database]\nurl = 'sqlite://{}'\nmigrate_on_start = true\n[log]\nformat = 'json'\n\
         [[platform.keys]]\nname = 'test'\nkey = 'a-key-of-a-test-0123456789'\nfront_ends = ['*']\n\
         [[front_ends]]\nname = 'Early EUR'\ncurrency = 'EUR'\nauth = {{ pass_code = 'a-pass-code-0123456789' }}\n{more}",
        folder.join("signals.db").display()
    );
    std::fs::write(&file, text).expect("written");
    file
}

impl Program {
    async fn starts() -> Program {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let (cashier, platform) = (free_address(), free_address());
        let file = written(folder.path(), cashier, platform, "");
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_tillgate"))
            .args(["serve", "--config"])
            .arg(file)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log again"))
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let http = crate::support::client().build().expect("a client");
        let program = Program { child, cashier, platform, folder, http };
        let url = format!("http://{cashier}/health/ready");
        program
            .until("it is ready", async || {
                program.http.get(&url).send().await.is_ok_and(|reply| reply.status() == 200)
            })
            .await;
        program
    }

    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let ends = Instant::now() + Duration::from_secs(60);
        let mut every = tokio::time::interval(Duration::from_millis(20));
        while !holds().await {
            assert!(Instant::now() < ends, "waited in vain until {what}: {}", self.log());
            every.tick().await;
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn is_told(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
    }

    fn reads_again(&self, more: &str) {
        written(self.folder.path(), self.cashier, self.platform, more);
        self.is_told("-HUP");
    }

    /// The status of a call for a customer whom nobody knows.
    async fn asks_at(&self, front_end: &str) -> i64 {
        let body =
            json!({ "FrontEndName": front_end, "WSPassCode": "a-pass-code-0123456789", "PIN": "nobody" });
        let call = self.http.post(format!("http://{}/cashier/GetBalance", self.cashier)).json(&body);
        let reply: Value = call.send().await.expect("an answer").json().await.expect("JSON");
        reply["Status"].as_i64().expect("a status")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

const LATE: &str =
    "[[front_ends]]\nname = 'Late EUR'\ncurrency = 'EUR'\nauth = { pass_code = 'a-pass-code-0123456789' }\n";

#[tokio::test]
async fn a_hangup_reads_front_ends_again_and_refuses_a_bad_file() {
    let program = Program::starts().await;
    let (known, unknown) = (program.asks_at("Early EUR").await, program.asks_at("Late EUR").await);
    assert_ne!(known, unknown);
    program.reads_again(LATE);
    program.until("the new front end is known", async || program.asks_at("Late EUR").await == known).await;

    program.reads_again("[[front_ends]]\nname = 'Bad'\ncurrency = 'EURO'\n");
    program
        .until("the bad file is refused", async || program.log().contains("the new configuration is refused"))
        .await;
    assert_eq!(program.asks_at("Late EUR").await, known, "what was in force stays");
    assert_eq!(program.asks_at("Early EUR").await, known);
}

#[tokio::test]
async fn a_stop_answers_the_calls_that_are_under_way_at_every_address() {
    let mut program = Program::starts().await;
    let mut calls = Vec::new();
    let body = r#"{"FrontEndName":"Early EUR","WSPassCode":"a-pass-code-0123456789","PIN":"nobody"}"#;
    let customer = r#"{"front_end":"Early EUR","pin":"under-way"}"#;
    for (address, path, body, more) in [
        (program.cashier, "/cashier/GetBalance", body, ""),
        (
            program.platform,
            "/platform/v1/customers",
            customer,
            "Authorization: Bearer a-key-of-a-test-0123456789\r\nIdempotency-Key: stop-1\r\n",
        ),
    ] {
        let (first, rest) = body.split_at(20);
        let mut stream = TcpStream::connect(address).await.expect("connected");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n{more}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        // Whoever says "continue" has begun with the call.
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.expect("an answer to the head");
        assert!(go_on.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&go_on));
        stream.write_all(first.as_bytes()).await.expect("sent");
        calls.push((stream, rest.to_owned()));
    }
    program.is_told("-TERM");
    program.until("it is stopping", async || program.log().contains("stopping")).await;
    for (mut stream, rest) in calls {
        stream.write_all(rest.as_bytes()).await.expect("the call is still taken");
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        while !String::from_utf8_lossy(&answer).contains('}') {
            let read = stream.read(&mut part).await.expect("an answer");
            assert_ne!(read, 0, "cut off after {:?}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&part[..read]);
        }
        let text = String::from_utf8_lossy(&answer);
        assert!(text.starts_with("HTTP/1.1 200") || text.starts_with("HTTP/1.1 201"), "{text}");
    }
    let ended = program.child.wait().expect("it ends");
    assert!(ended.success(), "{ended}: {}", program.log());
    assert!(
        TcpStream::connect(program.cashier).await.is_err()
            && TcpStream::connect(program.platform).await.is_err()
    );
}
