//! What a caller shows of itself: its address, and what a trusted proxy reports of its certificate.

use super::credentials::Shown;
use crate::peer;
use actix_web::HttpRequest;
use ipnet::IpNet;

/// The header in which a trusted proxy reports the client certificate's SHA-256 fingerprint.
const CERTIFICATE_HEADER: &str = "x-client-certificate-sha256";

pub fn shown(request: &HttpRequest, trusted: &[IpNet]) -> Shown {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let peer = request.peer_addr().map(|address| address.ip());
    let certificate = header(CERTIFICATE_HEADER).filter(|_| peer::is_proxy(peer, trusted));
    Shown {
        authorization: header("authorization").map(str::to_owned),
        address: peer::address(peer, header("x-forwarded-for"), trusted),
        certificate: certificate.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_certificate_counts_only_from_a_trusted_proxy() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().expect("a network")];
        for (peer, believed) in [("10.0.0.1", true), ("192.0.2.1", false)] {
            let request = TestRequest::default()
                .peer_addr(format!("{peer}:5000").parse().expect("a peer"))
                .insert_header(("x-forwarded-for", "203.0.113.9"))
                .insert_header((CERTIFICATE_HEADER, "ab"))
                .to_http_request();
            let shown = shown(&request, &trusted);
            assert_eq!(shown.certificate.is_some(), believed, "{peer}");
            let address = shown.address.map(|address| address.to_string());
            assert_eq!(address.as_deref(), Some(if believed { "203.0.113.9" } else { peer }));
        }
    }
}
