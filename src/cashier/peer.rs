//! Who calls, as far as it can be believed: forwarded headers count only behind a proxy that we trust.

use super::credentials::Shown;
use actix_web::HttpRequest;
use ipnet::IpNet;
use std::net::IpAddr;

/// The header in which a trusted proxy reports the client certificate's SHA-256 fingerprint.
const CERTIFICATE_HEADER: &str = "x-client-certificate-sha256";

pub fn shown(request: &HttpRequest, trusted: &[IpNet]) -> Shown {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let peer = request.peer_addr().map(|address| address.ip().to_canonical());
    let behind_proxy = peer.is_some_and(|peer| is_trusted(peer, trusted));
    let forwarded = if behind_proxy { header("x-forwarded-for") } else { None };
    Shown {
        authorization: header("authorization").map(str::to_owned),
        address: forwarded.map_or(peer, |list| client(list, trusted)),
        certificate: if behind_proxy { header(CERTIFICATE_HEADER).map(str::to_owned) } else { None },
    }
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
    use actix_web::test::TestRequest;

    fn address(peer: &str, forwarded: &str, trusted: &[IpNet]) -> Option<String> {
        let request = TestRequest::default()
            .peer_addr(format!("{peer}:5000").parse().expect("a peer"))
            .insert_header(("x-forwarded-for", forwarded))
            .insert_header((CERTIFICATE_HEADER, "ab"))
            .to_http_request();
        let shown = shown(&request, trusted);
        assert_eq!(shown.certificate.is_some(), is_trusted(peer.parse().expect("an address"), trusted));
        shown.address.map(|address| address.to_string())
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().expect("a network")];
        assert_eq!(address("192.0.2.1", "203.0.113.9", &trusted).as_deref(), Some("192.0.2.1"));
        assert_eq!(address("10.0.0.1", "203.0.113.9", &trusted).as_deref(), Some("203.0.113.9"));
        assert_eq!(
            address("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", &trusted).as_deref(),
            Some("203.0.113.9")
        );
        assert_eq!(address("10.0.0.1", "nonsense", &trusted), None);
    }
}
