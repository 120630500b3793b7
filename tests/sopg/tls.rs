//! The TLS connection: our own authority, and a client certificate where the gateway asks for one.

use super::world::*;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::server::WebPkiClientVerifier;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use tillgate::clock::Clock;
use tillgate::processors::sopg::{AccountSettings, Processor};

fn pem(name: &str) -> PathBuf {
    PathBuf::from(format!("{}/tests/data/sopg/tls/{name}", env!("CARGO_MANIFEST_DIR")))
}

/// A server that wants a certificate of our authority and answers one getMid.
fn gateway() -> (u16, std::thread::JoinHandle<bool>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificates =
        |name| CertificateDer::pem_file_iter(pem(name)).unwrap().map(Result::unwrap).collect::<Vec<_>>();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificates("ca.pem").remove(0)).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let key = PrivateKeyDer::from_pem_file(pem("server.key")).unwrap();
    let config = rustls::ServerConfig::builder().with_client_cert_verifier(verifier);
    let config = Arc::new(config.with_single_cert(certificates("server.pem"), key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(config).unwrap();
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.ends_with(b"</soapenv:Envelope>") {
            match stream.read(&mut buffer) {
                Ok(count) if count > 0 => request.extend_from_slice(&buffer[..count]),
                Ok(_) | Err(_) => return false,
            }
        }
        let body = include_str!("../data/sopg/getMid.response.ok.xml");
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_ok()
    });
    (port, thread)
}

fn account_for(port: u16, change: impl FnOnce(&mut AccountSettings)) -> AccountSettings {
    let text = format!(
        "brand = 'paysafecard'\nendpoint = 'https://localhost:{port}/psc/services/PscService'\n\
         panel = 'https://localhost/panel'\nusername = 'u'\npassword = 'p'\nclient_id_key = 'k'\n\
         currencies = {{ EUR = {{}} }}\nca_file = '{}'\n",
        pem("ca.pem").display(),
    );
    let mut account = toml::from_str(&text).unwrap();
    change(&mut account);
    account
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_asked_for() {
    let (port, gateway) = gateway();
    let account = account_for(port, |account| {
        account.client_certificate_file = Some(pem("client.pem"));
        account.client_key_file = Some(pem("client.key"));
    });
    let processor = Processor::connect(&account, Clock::system());
    assert_eq!(processor.unwrap().mid(eur("1").currency()).await.unwrap(), "1000001234");
    assert!(gateway.join().unwrap());
}

#[tokio::test]
async fn without_one_the_gateway_hangs_up_and_nothing_has_happened() {
    let (port, gateway) = gateway();
    let processor = Processor::connect(&account_for(port, |_| {}), Clock::system()).unwrap();
    assert!(processor.mid(eur("1").currency()).await.is_err());
    assert!(!gateway.join().unwrap());
}

#[tokio::test]
async fn a_gateway_of_an_unknown_authority_gets_nothing() {
    let (port, gateway) = gateway();
    let processor =
        Processor::connect(&account_for(port, |account| account.ca_file = None), Clock::system()).unwrap();
    let error = processor.mid(eur("1").currency()).await.unwrap_err();
    assert_eq!(error.code(), "not sent", "{error}");
    assert!(!gateway.join().unwrap());
}

#[test]
fn files_that_are_missing_or_no_certificates_are_named_by_their_key() {
    for (key, change) in [
        ("ca_file", (|account| account.ca_file = Some(pem("nowhere.pem"))) as fn(&mut AccountSettings)),
        ("client_certificate_file", |account| account.client_certificate_file = Some(pem("README.md"))),
        ("client_key_file", |account| account.client_key_file = Some(pem("client.key"))),
        ("endpoint", |account| account.endpoint = account.endpoint.replace("https", "http")),
    ] {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let Err(problem) = Processor::connect(&account_for(1, change), Clock::system()) else {
            panic!("{key} was taken")
        };
        assert_eq!(problem.key, key, "{problem}");
    }
}
