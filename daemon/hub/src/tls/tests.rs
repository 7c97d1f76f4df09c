//! Certificates that are right and wrong in every way, over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

struct Server {
    address: SocketAddr,
    print: [u8; 32],
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A TLS server whose certificate this authority signed.
async fn server(by: &CertifiedIssuer<'static, KeyPair>, name: &str, years: (i32, i32)) -> Server {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, by).unwrap();
    let der = certificate.der().clone();
    serve(der, key).await
}

/// A TLS server that shows this.
async fn serve(der: CertificateDer<'static>, key: KeyPair) -> Server {
    let print = stratum::work::algorithm::sha256(&der);
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    Server { address, print }
}

async fn ask(address: SocketAddr, ca: Option<&str>, pins: &[[u8; 32]]) -> Result<(), String> {
    let stream = TcpStream::connect(address).await.unwrap();
    let trust = Trust { ca: ca.map(Into::into), pins: pins.into() };
    let url = format!("stratum+ssl://pool.test:{}", address.port());
    let endpoint = Endpoint { trust: Some(Arc::new(trust)), ..Endpoint::parse(&url).unwrap() };
    let opened = tokio::time::timeout(Duration::from_secs(10), connect(&endpoint, stream)).await;
    opened.expect("in time").map(|_| ()).map_err(|loss| {
        assert_eq!(loss.cause, PoolFault::Tls);
        loss.words.to_string()
    })
}

#[tokio::test]
async fn every_way_in_which_a_certificate_can_be_right_or_wrong() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let (our_pem, their_pem) = (ours.pem(), theirs.pem());
    let good = server(&ours, "pool.test", (2020, 2090)).await;
    let named = server(&ours, "other.test", (2020, 2090)).await;
    let expired = server(&ours, "pool.test", (2020, 2021)).await;
    let early = server(&ours, "pool.test", (2089, 2090)).await;
    // Tools that make "self-signed" certificates make authorities as often as not.
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["pool.test".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let itself = params.self_signed(&key).unwrap();
    let (its_pem, itself) = (itself.pem(), serve(itself.der().clone(), key).await);
    let wrong = [7; 32];
    for (what, server, ca, pins, expected) in [
        ("the right authority", &good, Some(&our_pem), vec![], Ok(())),
        ("another one", &good, Some(&their_pem), vec![], Err("unknown issuer")),
        ("the system's", &good, None, vec![], Err("unknown issuer")),
        ("the right pin", &good, None, vec![good.print], Ok(())),
        ("the next of two pins", &good, None, vec![wrong, good.print], Ok(())),
        ("the wrong pin", &good, None, vec![wrong], Err("none of the pinned ones: sha256:")),
        ("authority and pin", &good, Some(&our_pem), vec![good.print], Ok(())),
        ("authority, wrong pin", &good, Some(&our_pem), vec![wrong], Err("none of the pinned ones")),
        ("pin, wrong authority", &good, Some(&their_pem), vec![good.print], Err("unknown issuer")),
        ("another name", &named, Some(&our_pem), vec![], Err("for another name")),
        ("another name, pinned", &named, None, vec![named.print], Ok(())),
        ("expired", &expired, Some(&our_pem), vec![], Err("is expired")),
        ("expired, pinned", &expired, None, vec![expired.print], Ok(())),
        ("not yet", &early, Some(&our_pem), vec![], Err("not valid yet")),
        ("signed by itself", &itself, Some(&its_pem), vec![], Err("pin it")),
        ("signed by itself, pinned", &itself, None, vec![itself.print], Ok(())),
    ] {
        let seen = ask(server.address, ca.map(String::as_str), &pins).await;
        match (seen, expected) {
            (Ok(()), Ok(())) => {}
            (Err(words), Err(expected)) => assert!(words.contains(expected), "{what}: {words}"),
            (seen, _) => panic!("{what}: {seen:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart() {
    for says in [Some(&b"{\"id\":1,\"result\":null,\"error\":\"bad line\"}\n"[..]), None] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            if let Some(says) = says {
                stream.write_all(says).await.unwrap();
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        });
        let words = ask(address, None, &[[7; 32]]).await.unwrap_err();
        assert!(words.contains("stratum+tcp"), "{words}");
    }
}

#[test]
fn an_authority_that_is_none_is_said() {
    for (pem, words) in [
        ("", "holds no certificate"),
        ("hello", "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "the authority's certificate"),
    ] {
        let trust = Trust { ca: Some(pem.into()), pins: Vec::new() };
        let error = config(Some(&trust)).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}
