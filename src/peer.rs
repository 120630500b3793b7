//! Who calls, as far as it can be believed: a forwarded address counts only behind a proxy that we trust. A leaf for
//! the doors that are called from outside.

use ipnet::IpNet;
use std::net::IpAddr;

/// The address of a caller: the peer's own, or the one that a trusted proxy reports in `X-Forwarded-For`.
pub fn address(peer: Option<IpAddr>, forwarded: Option<&str>, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = peer.map(|peer| peer.to_canonical());
    match forwarded.filter(|_| is_proxy(peer, trusted)) {
        Some(list) => client(list, trusted),
        None => peer,
    }
}

/// Whether the peer is one of our own proxies.
pub fn is_proxy(peer: Option<IpAddr>, trusted: &[IpNet]) -> bool {
    peer.is_some_and(|peer| is_trusted(peer.to_canonical(), trusted))
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// The last address of the list that is no proxy of ours: everything before it can be made up by the client.
fn client(list: &str, trusted: &[IpNet]) -> Option<IpAddr> {
    for part in list.rsplit(',') {
        let address: IpAddr = part.trim().parse().ok()?;
        if !is_trusted(address, trusted) {
            return Some(address.to_canonical());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().expect("a network")];
        let address = |peer: &str, forwarded: Option<&str>| {
            let peer: IpAddr = peer.parse().expect("an address");
            address(Some(peer), forwarded, &trusted).map(|address| address.to_string())
        };
        for (peer, forwarded, expected) in [
            ("192.0.2.1", None, Some("192.0.2.1")),
            ("192.0.2.1", Some("203.0.113.9"), Some("192.0.2.1")),
            ("10.0.0.1", Some("203.0.113.9"), Some("203.0.113.9")),
            ("::ffff:10.0.0.1", Some("203.0.113.9"), Some("203.0.113.9")),
            ("10.0.0.1", Some("6.6.6.6, 203.0.113.9, 10.0.0.2"), Some("203.0.113.9")),
            ("10.0.0.1", Some("nonsense"), None),
            ("10.0.0.1", None, Some("10.0.0.1")),
        ] {
            assert_eq!(address(peer, forwarded).as_deref(), expected, "{peer} {forwarded:?}");
        }
    }
}
