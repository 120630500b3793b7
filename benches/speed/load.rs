//! A closed-loop load over keep-alive connections, with as little work of its own as can be.

use hdrhistogram::Histogram;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinSet};

/// Whether the answer of a turn is the one that was to come.
pub type Judge = Arc<dyn Fn(u64, &[u8]) -> bool + Send + Sync>;

/// Every answer contains this.
pub fn contains(good: &'static str) -> Judge {
    Arc::new(move |_, answer| holds(answer, good))
}

pub fn holds(answer: &[u8], text: &str) -> bool {
    answer.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Makes the bytes of a connection's next request, from its number, its turn and the answer before.
pub type Script = Arc<dyn Fn(usize, u64, &[u8]) -> Vec<u8> + Send + Sync>;

#[derive(Clone)]
pub struct Load {
    pub per_second: f64,
    pub calls: u64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Answers that were not the ones that were to come.
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

/// Runs the script on so many connections for a time.
pub async fn run(address: SocketAddr, connections: usize, time: f64, good: Judge, script: Script) -> Load {
    run_most(address, connections, time, u64::MAX, good, script).await
}

/// The same, and no more calls than `most`.
pub async fn run_most(
    address: SocketAddr,
    connections: usize,
    time: f64,
    most: u64,
    good: Judge,
    script: Script,
) -> Load {
    let stop = Arc::new(AtomicBool::new(false));
    let left = Arc::new(AtomicU64::new(most));
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for number in 0..connections {
        let (script, good, stop, left) = (script.clone(), good.clone(), stop.clone(), left.clone());
        let goes_on = move || !stop.load(Ordering::Relaxed) && takes_one(&left);
        if connections == 1 {
            tasks.spawn_blocking(move || {
                let stream = std::net::TcpStream::connect(address).expect("the server listens");
                stream.set_nodelay(true).expect("no delay");
                let work = connection(Blocking(stream), number, &good, &script, goes_on);
                Handle::current().block_on(work)
            });
        } else {
            tasks.spawn(async move {
                let stream = TcpStream::connect(address).await.expect("the server listens");
                stream.set_nodelay(true).expect("no delay");
                connection(stream, number, &good, &script, goes_on).await
            });
        }
    }
    let mut all: Histogram<u64> = Histogram::new(3).expect("a histogram");
    let mut bad = 0;
    let mut add = |done: Result<(Histogram<u64>, u64), JoinError>| {
        let (histogram, failures) = done.expect("a connection's task");
        all.add(&histogram).expect("histograms of one kind");
        bad += failures;
    };
    let until = tokio::time::Instant::now() + Duration::from_secs_f64(time);
    while let Ok(Some(done)) = tokio::time::timeout_at(until, tasks.join_next()).await {
        add(done);
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(done) = tasks.join_next().await {
        add(done);
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

/// The stream of a connection that has a thread to itself: it waits in its reads, like pgbench's, and nobody else has to
/// be woken for each of its answers.
struct Blocking(std::net::TcpStream);

impl AsyncRead for Blocking {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.0.read(buffer.initialize_unfilled());
        Poll::Ready(read.map(|count| buffer.advance(count)))
    }
}

impl AsyncWrite for Blocking {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.0.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Takes one of the calls that are left, if any is.
fn takes_one(left: &AtomicU64) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

async fn connection<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    number: usize,
    good: &Judge,
    script: &Script,
    goes_on: impl Fn() -> bool,
) -> (Histogram<u64>, u64) {
    let mut histogram = Histogram::new(3).expect("a histogram");
    let mut buffer = Vec::with_capacity(4096);
    let mut bad = 0;
    for turn in 0.. {
        if !goes_on() {
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
        if !good(turn, &buffer) {
            bad += 1;
            if bad == 1 {
                eprintln!("not a good answer: {}", String::from_utf8_lossy(&buffer));
            }
        }
    }
    (histogram, bad)
}

/// Reads one answer whole; `false` when the connection ended.
async fn response<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> bool {
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
