//! Ports for what is started again at the same address, and for addresses at which nobody is to listen.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// A free address on this machine. Its port is below those that the system gives to whoever asks for any, so nobody
/// gets it by chance while its owner is down.
pub fn free_address() -> SocketAddr {
    const FIRST: u32 = 10_000;
    const MANY: u32 = 22_000;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(977);
    let mut tries = (0..MANY).map(|_| {
        let number = begin.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % MANY;
        SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(FIRST + number).expect("a port")))
    });
    tries.find(|address| TcpListener::bind(address).is_ok()).expect("a free port")
}
