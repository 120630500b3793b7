//! A cashier with a RejectPayout of its own: it checks login and signature, ends what it knows, and fails as it is told.
//! It shares nothing with the client that speaks to it.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const USER: &str = "tillgate";
pub const PASSWORD: &str = "agent-secret-password";
pub const PASS_CODE: &str = "ws-secret-pass-code";

/// What goes wrong with one call. `Before`: the cashier has not done it; `After`: it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    SilentBefore,
    SilentAfter,
    DroppedBefore,
    DroppedAfter,
    ErrorPageBefore,
    ErrorPageAfter,
    Busy,
    Garbage,
    Refuses,
}

#[derive(Default)]
struct State {
    /// Payouts that were ended here, by our id.
    ended: BTreeSet<String>,
    calls: Vec<Value>,
    faults: VecDeque<Fault>,
    /// What was wrong with a call, the first time.
    wrong: Option<String>,
}

pub struct Cashier {
    pub url: String,
    state: Arc<Mutex<State>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Cashier {
    pub async fn open() -> Cashier {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/RejectPayout", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Cashier { url, state, serving }
    }

    /// The settings of a front end that may tell it.
    pub fn settings(&self) -> tillgate::messenger::Settings {
        serde_json::from_value(json!({
            "url": self.url, "user": USER, "password": PASSWORD, "pass_code": PASS_CODE,
            "allow_plain_http": true, "timeout_ms": 4_000,
        }))
        .expect("settings")
    }

    pub fn fails(&self, faults: &[Fault]) {
        self.state.lock().expect("nobody panics").faults.extend(faults);
    }

    pub fn calls(&self) -> usize {
        self.state.lock().expect("nobody panics").calls.len()
    }

    pub fn last_call(&self) -> Value {
        self.state.lock().expect("nobody panics").calls.last().cloned().expect("a call")
    }

    pub fn has_ended(&self, id: impl ToString) -> bool {
        self.state.lock().expect("nobody panics").ended.contains(&id.to_string())
    }

    /// Nothing was wrong with any call.
    pub fn closes(self) {
        let wrong = self.state.lock().expect("nobody panics").wrong.clone();
        assert_eq!(wrong, None);
        self.serving.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some((head, body)) = read(&mut stream).await else { return };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (fault, answer) = {
        let mut state = state.lock().expect("nobody panics");
        state.calls.push(body.clone());
        if let Some(wrong) = wrong(&head, &body) {
            state.wrong.get_or_insert(wrong);
        }
        let fault = state.faults.pop_front();
        let id = body["extpayoutid"].as_str().unwrap_or_default().to_owned();
        let does = !matches!(
            fault,
            Some(
                Fault::SilentBefore
                    | Fault::DroppedBefore
                    | Fault::ErrorPageBefore
                    | Fault::Busy
                    | Fault::Refuses
            )
        );
        let answer = match (fault, does && !state.ended.insert(id.clone())) {
            (Some(Fault::Refuses), _) => {
                json!({ "status": 31, "description": "being paid", "version": "1.0" })
            }
            (Some(Fault::Busy), _) => json!({ "status": -1, "description": "busy", "version": "1.0" }),
            (_, true) => json!({ "status": 34, "description": "rejected before", "version": "1.0" }),
            (_, false) => {
                let text = format!("Transaction complete: ExtPayoutID={id}");
                json!({ "status": 0, "description": text, "version": "1.0" })
            }
        };
        (fault, answer)
    };
    match fault {
        Some(Fault::SilentBefore | Fault::SilentAfter) => std::future::pending().await,
        Some(Fault::DroppedBefore | Fault::DroppedAfter) => {}
        Some(Fault::ErrorPageBefore | Fault::ErrorPageAfter) => {
            say(&mut stream, "502 Bad Gateway", "<html>bad gateway</html>").await;
        }
        Some(Fault::Garbage) => say(&mut stream, "200 OK", "0 OK").await,
        Some(Fault::Busy | Fault::Refuses) | None => say(&mut stream, "200 OK", &answer.to_string()).await,
    }
}

/// The head and the body of a request.
async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse::<usize>().ok())
            .unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            return Some((head, bytes[end + 4..end + 4 + length].to_vec()));
        }
    }
}

async fn say(stream: &mut TcpStream, status: &str, body: &str) {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    let _ = stream.write_all(text.as_bytes()).await;
}

/// What a careful cashier would object to.
fn wrong(head: &str, body: &Value) -> Option<String> {
    use base64::Engine;
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let authorized = head.lines().any(|line| {
        line.split_once(':').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("authorization") && value.trim() == format!("Basic {login}")
        })
    });
    if !authorized {
        return Some("the login".to_owned());
    }
    let Some(fields) = body.as_object() else { return Some("no object".to_owned()) };
    let values: BTreeMap<&str, String> = fields
        .iter()
        .filter(|(name, _)| *name != "signature")
        .map(|(name, value)| (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let names: Vec<&str> = values.keys().copied().collect();
    if names != ["extpayoutid", "frontend", "pp", "timestamp", "version"] {
        return Some(format!("the fields: {names:?}"));
    }
    let all: String = values.into_values().collect();
    let expected = hex::encode(Sha256::digest(format!("{all}{PASS_CODE}")));
    (fields["signature"] != expected).then(|| "the signature".to_owned())
}
