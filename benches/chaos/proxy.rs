//! A line to PostgreSQL that breaks where it hurts most. It reads the protocol's frames, knows the statements that write
//! and commit, and cuts connections just before one, just after the database has committed and before anybody hears of
//! it, or while nobody can tell.

use super::chance::Chance;
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Out of a thousand commits so many are cut.
    per_thousand: AtomicU64,
    lines: Mutex<Vec<TcpStream>>,
    commits: AtomicU64,
    before: AtomicU64,
    after: AtomicU64,
    during: AtomicU64,
    idle: AtomicU64,
}

/// What was cut, and how often.
#[derive(Clone, Copy, Default)]
pub struct Cuts {
    pub commits: u64,
    pub before: u64,
    pub after: u64,
    pub during: u64,
    pub idle: u64,
}

impl Proxy {
    pub fn start(socket: PathBuf, seed: u64) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let kept = shared.clone();
        std::thread::spawn(move || {
            for (number, client) in listener.incoming().enumerate() {
                let (Ok(client), Ok(server)) = (client, UnixStream::connect(&socket)) else { continue };
                let chance = Chance::of(seed.wrapping_add(number as u64));
                let shared = kept.clone();
                std::thread::spawn(move || connect(client, server, chance, &shared));
            }
        });
        Proxy { address, shared }
    }

    pub fn cut_of_a_thousand_commits(&self, many: u64) {
        self.shared.per_thousand.store(many, Ordering::Relaxed);
    }

    /// Cuts every line, whatever it is doing.
    pub fn cut_all(&self) {
        for line in self.shared.lines.lock().expect("nobody panics here").drain(..) {
            if line.shutdown(Shutdown::Both).is_ok() {
                self.shared.idle.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub fn cuts(&self) -> Cuts {
        let shared = &self.shared;
        Cuts {
            commits: shared.commits.load(Ordering::Relaxed),
            before: shared.before.load(Ordering::Relaxed),
            after: shared.after.load(Ordering::Relaxed),
            during: shared.during.load(Ordering::Relaxed),
            idle: shared.idle.load(Ordering::Relaxed),
        }
    }
}

/// One connection: the client's frames on this thread, the server's on another.
fn connect(client: TcpStream, server: UnixStream, chance: Chance, shared: &Arc<Shared>) {
    let _ = client.set_nodelay(true);
    let (Ok(kept), Ok(to_client), Ok(from_server)) =
        (client.try_clone(), client.try_clone(), server.try_clone())
    else {
        return;
    };
    shared.lines.lock().expect("nobody panics here").push(kept);
    let deaf = Arc::new(AtomicBool::new(false));
    let (hush, counted) = (deaf.clone(), shared.clone());
    let down = std::thread::spawn(move || {
        let _ = answers(from_server, &to_client, &hush, &counted);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let _ = questions(&client, &server, chance, &deaf, shared);
    // After a cut behind the commit the answer still has to come, unheard.
    if !deaf.load(Ordering::SeqCst) {
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    }
    let _ = down.join();
    let _ = server.shutdown(Shutdown::Both);
}

fn questions(
    mut client: &TcpStream,
    mut server: &UnixStream,
    mut chance: Chance,
    deaf: &AtomicBool,
    shared: &Shared,
) -> std::io::Result<()> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut body = vec![0; (u32::from_be_bytes(length) as usize).saturating_sub(4)];
        client.read_exact(&mut body)?;
        // Neither TLS nor GSS here.
        if body.len() == 4
            && matches!(u32::from_be_bytes([body[0], body[1], body[2], body[3]]), 80_877_103 | 80_877_104)
        {
            client.write_all(b"N")?;
            continue;
        }
        server.write_all(&[length.as_slice(), &body].concat())?;
        break;
    }
    let mut writes: HashSet<Vec<u8>> = HashSet::new();
    // How this round trip is to end, once it is known that it commits.
    let mut fate = None;
    loop {
        let frame = frame(&mut client)?;
        let (kind, body) = (frame[0], &frame[5..]);
        let commits = match kind {
            b'P' => {
                let (name, rest) = text(body);
                if text(rest).0.windows(14).any(|part| part == b"tillgate_raced") {
                    writes.insert(name.to_vec());
                }
                false
            }
            b'B' => writes.contains(text(text(body).1).0),
            b'Q' => text(body).0.starts_with(b"COMMIT"),
            _ => false,
        };
        if commits {
            shared.commits.fetch_add(1, Ordering::Relaxed);
            if chance.below(1_000) < shared.per_thousand.load(Ordering::Relaxed) as usize {
                fate = Some(chance.below(3));
            }
        }
        if fate == Some(0) {
            shared.before.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let last = matches!(kind, b'S' | b'Q');
        if last && fate == Some(1) {
            deaf.store(true, Ordering::SeqCst);
        }
        server.write_all(&frame)?;
        match fate {
            Some(1) if last => return Ok(()),
            Some(_) if last => {
                shared.during.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            _ => {}
        }
    }
}

fn answers(
    mut server: UnixStream,
    mut client: &TcpStream,
    deaf: &AtomicBool,
    shared: &Shared,
) -> std::io::Result<()> {
    loop {
        let frame = frame(&mut server)?;
        if !deaf.load(Ordering::SeqCst) {
            client.write_all(&frame)?;
        } else if frame[0] == b'Z' {
            // Ready for the next: what was asked is committed.
            shared.after.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
    }
}

/// A frame: one letter, a length that counts itself, a body.
fn frame(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut frame = vec![0; 5];
    from.read_exact(&mut frame)?;
    let length = u32::from_be_bytes([frame[1], frame[2], frame[3], frame[4]]) as usize;
    frame.resize(1 + length.max(4), 0);
    from.read_exact(&mut frame[5..])?;
    Ok(frame)
}

/// A text up to its zero byte, and what follows.
fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}
