//! A server as it is deployed, in a process of its own: its memory and its log are its own too.

use super::cases::{Case, Encoding};
use crate::support::Scratch;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use tillgate::store::{Connection, DatabaseUrl, Purpose};

pub const PASS: &str = "s3cret-right-pass-code";

pub struct World {
    server: Child,
    /// Kept open for whatever else the server says.
    _out: BufReader<ChildStdout>,
    base: String,
    http: reqwest::Client,
    folder: tempfile::TempDir,
    scratch: Scratch,
}

/// What must not change.
#[derive(Debug, PartialEq, Eq)]
pub struct Books {
    balances: Vec<(String, i64)>,
    rows: Vec<(String, i64)>,
}

/// A reply, as far as every encoding has it.
#[derive(Debug)]
pub struct Reply {
    pub http_status: u16,
    pub content_type: String,
    pub text: String,
}

impl World {
    pub fn begin(scratch: Scratch) -> World {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let mut server = Command::new(env!("CARGO_BIN_EXE_tillgate"))
            .args(["serve", "--config", concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml")])
            .current_dir(folder.path())
            .env("TILLGATE__DATABASE__URL", address(&scratch.url))
            .env("TILLGATE__LISTEN__CASHIER", "127.0.0.1:0")
            .env("TILLGATE__LISTEN__WORKERS", "2")
            .env("TILLGATE__FRONT_ENDS__0__AUTH__PASS_CODE", PASS)
            .env("TILLGATE__LOG__LEVEL", "trace")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut out = BufReader::new(server.stdout.take().expect("piped"));
        let greeting = out.by_ref().lines().map_while(Result::ok).find(|line| line.contains(" at http://"));
        let greeting = greeting.expect("the server says where it is");
        let base = greeting.split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
        let http = crate::support::client().build().expect("a client");
        World { base: base.to_owned(), server, _out: out, http, folder, scratch }
    }

    /// A right call in JSON, which must succeed.
    pub async fn call(&self, method: &str, fields: Value) -> Value {
        let mut body = json!({ "FrontEndName": "MyPhoneCards EUR", "WSPassCode": PASS });
        body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        let request = self.http.post(format!("{}/cashier/{method}", self.base));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let text = request.send().await.expect("an answer").text().await.expect("a body");
        let reply: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(reply["Status"], 0, "{method}: {reply}");
        reply
    }

    pub async fn customer(&self, pin: &str, blocked: bool) {
        let body = json!({ "front_end": "MyPhoneCards EUR", "pin": pin, "blocked": blocked });
        let request = self.http.post(format!("{}/platform/v1/customers", self.base));
        let request = request.bearer_auth("sandbox-platform-key").header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await.expect("an answer");
        assert!(response.status().is_success(), "{response:?}");
    }

    pub async fn send(&self, case: &Case) -> Reply {
        let method = reqwest::Method::from_bytes(case.http.as_bytes()).expect("a method");
        let mut request = self.http.request(method, format!("{}{}", self.base, case.path));
        if let Some(content_type) = &case.content_type {
            request = request.header("content-type", content_type);
        }
        if let Some(action) = &case.soap_action {
            request = request.header("soapaction", action);
        }
        let response = request.body(case.body.clone()).send().await;
        let response = response.unwrap_or_else(|error| panic!("{}: no answer: {error}", case.name));
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let content_type = header("content-type").unwrap_or_default();
        let http_status = response.status().as_u16();
        Reply { http_status, content_type, text: response.text().await.expect("a body") }
    }

    fn database(&self) -> Connection {
        Connection::open(&self.scratch.url, Purpose::Read).expect("the database opens")
    }

    pub fn books(&self) -> Books {
        let mut connection = self.database();
        let mut pairs =
            |sql: &str| connection.load::<(Text, BigInt), (String, i64)>(sql, &[]).expect("a query");
        let count = |table: &str| format!("SELECT '{table}', COUNT(*) FROM {table}");
        let tables = [
            "customers",
            "payouts",
            "deposits",
            "ledger_transactions",
            "ledger_entries",
            "accounts",
            "outbox",
            "payout_attempts",
        ];
        let counts = tables.map(count).join(" UNION ALL ");
        Books { balances: pairs("SELECT name, balance FROM accounts ORDER BY id"), rows: pairs(&counts) }
    }

    /// Texts of the audit trail that hold any of the words.
    pub fn recorded(&self, word: &str) -> i64 {
        let sql =
            format!("SELECT 'rows', COUNT(*) FROM audit WHERE why || detail || subject LIKE '%{word}%'");
        let rows = self.database().load::<(Text, BigInt), (String, i64)>(&sql, &[]).expect("a query");
        rows[0].1
    }

    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("log")).expect("the log");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What the server holds in memory, in bytes.
    pub fn resident(&self) -> u64 {
        let path: PathBuf = format!("/proc/{}/statm", self.server.id()).into();
        let statm = std::fs::read_to_string(path).expect("it runs");
        let pages: u64 = statm.split_whitespace().nth(1).expect("a number").parse().expect("a number");
        pages * 4096
    }

    /// What `ledger check` or `audit verify` say beside the running server.
    pub fn proves(&self, command: [&str; 2]) {
        let output = Command::new(env!("CARGO_BIN_EXE_tillgate"))
            .args(command)
            .args(["--config", concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml")])
            .env("TILLGATE__DATABASE__URL", address(&self.scratch.url))
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{command:?}: {output:?}");
    }
}

fn address(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Reply {
    /// Status and Description, if the reply is in the encoding.
    pub fn read(&self, encoding: Encoding) -> Result<(i64, String), String> {
        let expected = match encoding {
            Encoding::Form => "application/x-www-form-urlencoded",
            Encoding::Json => "application/json",
            Encoding::Xml => "application/xml",
            Encoding::Soap11 => "text/xml",
            Encoding::Soap12 => "application/soap+xml",
        };
        if self.content_type != format!("{expected}; charset=utf-8") {
            return Err(format!("is answered as {}", self.content_type));
        }
        let between = |from: &str, to: &str| {
            let rest = self.text.split_once(from)?.1;
            Some(rest.split_once(to)?.0.to_owned())
        };
        let found = match encoding {
            Encoding::Form => {
                let pairs: Vec<_> = form_urlencoded::parse(self.text.as_bytes()).collect();
                let find = |wanted: &str| {
                    pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.to_string())
                };
                find("Status").zip(find("Description"))
            }
            Encoding::Json => serde_json::from_str::<Value>(&self.text).ok().and_then(|reply| {
                Some((reply["Status"].as_i64()?.to_string(), reply["Description"].as_str()?.to_owned()))
            }),
            Encoding::Xml | Encoding::Soap11 | Encoding::Soap12 => {
                let namespace = match encoding {
                    Encoding::Soap11 => "http://schemas.xmlsoap.org/soap/envelope/",
                    Encoding::Soap12 => "http://www.w3.org/2003/05/soap-envelope",
                    Encoding::Form | Encoding::Json | Encoding::Xml => "",
                };
                if !self.text.contains(namespace) {
                    return Err("is in another version of SOAP".to_owned());
                }
                between("<Status>", "</Status>").zip(between("<Description>", "</Description>"))
            }
        };
        let (status, description) = found.ok_or("has no Status or no Description")?;
        Ok((status.parse().map_err(|_| "has a Status that is no number")?, description))
    }
}
