//! A closed-loop load over keep-alive connections, with as little work of its own as can be.

use hdrhistogram::Histogram;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Makes the bytes of a connection's next request, from its number, its turn and the answer before.
pub type Script = Arc<dyn Fn(usize, u64, &[u8]) -> Vec<u8> + Send + Sync>;

#[derive(Clone)]
pub struct Load {
    pub per_second: f64,
    pub calls: u64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Answers that did not contain what a good one contains.
    pub bad: u64,
}

/// An HTTP request with a body.
pub fn post(path: &str, content_type: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {content_type}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Runs the script on so many connections for a time; `good` must be part of every answer.
pub async fn run(
    address: SocketAddr,
    connections: usize,
    time: f64,
    good: &'static str,
    script: Script,
) -> Load {
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    let started = Instant::now();
    for number in 0..connections {
        let (script, stop) = (script.clone(), stop.clone());
        tasks.push(tokio::spawn(async move { connection(address, number, good, &script, &stop).await }));
    }
    tokio::time::sleep(Duration::from_secs_f64(time)).await;
    stop.store(true, Ordering::Relaxed);
    let mut all: Histogram<u64> = Histogram::new(3).expect("a histogram");
    let mut bad = 0;
    for task in tasks {
        let (histogram, failures) = task.await.expect("a connection's task");
        all.add(&histogram).expect("histograms of one kind");
        bad += failures;
    }
    let seconds = started.elapsed().as_secs_f64();
    Load {
        per_second: all.len() as f64 / seconds,
        calls: all.len(),
        p50_ms: all.value_at_quantile(0.5) as f64 / 1e6,
        p99_ms: all.value_at_quantile(0.99) as f64 / 1e6,
        bad,
    }
}

/// Runs the script's first turns on one connection, each of which must be good.
pub async fn times(address: SocketAddr, turns: u64, good: &'static str, script: Script) {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let mut buffer = Vec::new();
    for turn in 0..turns {
        let request = script(0, turn, &buffer);
        stream.write_all(&request).await.expect("the server reads");
        assert!(response(&mut stream, &mut buffer).await, "the server closed a connection");
        let text = String::from_utf8_lossy(&buffer);
        assert!(text.contains(good), "not a good answer: {text}");
    }
}

async fn connection(
    address: SocketAddr,
    number: usize,
    good: &str,
    script: &Script,
    stop: &AtomicBool,
) -> (Histogram<u64>, u64) {
    let mut histogram = Histogram::new(3).expect("a histogram");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("no delay");
    let mut buffer = Vec::with_capacity(4096);
    let mut bad = 0;
    for turn in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let request = script(number, turn, &buffer);
        let begun = Instant::now();
        stream.write_all(&request).await.expect("the server reads");
        let answer = response(&mut stream, &mut buffer).await;
        histogram.record(begun.elapsed().as_nanos() as u64).expect("a duration");
        if !answer {
            panic!("the server closed a connection under load");
        }
        let found = buffer.windows(good.len()).any(|window| window == good.as_bytes());
        if !found {
            bad += 1;
            if bad == 1 {
                eprintln!("not a good answer: {}", String::from_utf8_lossy(&buffer));
            }
        }
    }
    (histogram, bad)
}

/// Reads one answer whole; `false` when the connection ended.
async fn response(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> bool {
    buffer.clear();
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length = head
                .split("content-length:")
                .nth(1)
                .and_then(|rest| rest.split("\r\n").next()?.trim().parse().ok());
            let length: usize = length.expect("answers have a length");
            while buffer.len() < end + 4 + length {
                if stream.read_buf(buffer).await.unwrap_or(0) == 0 {
                    return false;
                }
            }
            return true;
        }
        if stream.read_buf(buffer).await.unwrap_or(0) == 0 {
            return false;
        }
    }
}
