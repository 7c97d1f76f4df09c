//! A listener with a certificate: a rig that speaks TLS mines through it like any other.

use std::sync::Arc;

use farm_tests::{Farm, FarmText, RIG_HASHRATE, SOON, fleet, pool, wait_until};
use rustls::pki_types::ServerName;
use simulator::rig::RigOptions;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

#[tokio::test]
async fn a_rig_mines_through_tls() {
    let pool = pool("pool").await;
    let farm = Farm::start_with(&[], &["asic", "sealed"]).await;
    let made = rcgen::generate_simple_self_signed(vec!["hub.test".into()]).expect("a certificate");
    keep(&farm, &made);
    let text = FarmText::new("a-1").pool("pool", &pool).house("pool");
    farm.apply(text.listener("sealed", ", tls: { certificate: { file: hub.crt }, key: { file: hub.key } }"))
        .await;

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a good certificate");
    let tunnel = tunnel(farm.listener("sealed"), roots).await;
    let rigs = fleet(tunnel, vec![RigOptions::new("farm.a-1", RIG_HASHRATE)]);
    wait_until("shares reach the pool", SOON, async || pool.counts().accepted() > 3).await;
    assert_eq!(rigs.total().connections, 1);
    let seen = farm.settle(rigs).await;
    assert_eq!(farm.accounts().await.accepted_of("a-1"), seen);
}

#[tokio::test]
async fn a_listener_whose_certificate_is_missing_says_so_and_the_others_listen() {
    let pool = pool("pool").await;
    let farm = Farm::start().await;
    let text = FarmText::new("a-1").pool("pool", &pool).house("pool");
    let text = text.listener("sealed", ", tls: { certificate: { file: no.crt }, key: { file: no.key } }");
    farm.try_apply(text, 0, "Ann").await.expect("a file may name what comes later");
    let event = farm.event("listener-failed").await;
    assert_eq!(event.subject, "listener/sealed");
    assert!(event.message.contains("no.crt"), "{}", event.message);
    let rigs = farm.rigs(&["a-1"]);
    wait_until("rigs mine without TLS", SOON, async || rigs.total().accepted > 3).await;
    farm.settle(rigs).await;
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_the_next_and_disconnects_nobody() {
    let pool = pool("pool").await;
    let farm = Farm::start_with(&[], &["asic", "sealed"]).await;
    let make = || rcgen::generate_simple_self_signed(vec!["hub.test".into()]).expect("a certificate");
    let (first, second) = (make(), make());
    keep(&farm, &first);
    let text = FarmText::new("a-1..2").pool("pool", &pool).house("pool");
    farm.apply(text.listener("sealed", ", tls: { certificate: { file: hub.crt }, key: { file: hub.key } }"))
        .await;
    let trust = |made: &rcgen::CertifiedKey<rcgen::KeyPair>| {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(made.cert.der().clone()).expect("a good certificate");
        roots
    };
    let early = tunnel(farm.listener("sealed"), trust(&first)).await;
    let early = fleet(early, vec![RigOptions::new("farm.a-1", RIG_HASHRATE)]);
    wait_until("shares reach the pool", SOON, async || pool.counts().accepted() > 3).await;
    // A key that does not belong to it, as between two copies of a renewal: the old pair goes on.
    std::fs::write(farm.folder().join("secrets/hub.key"), second.signing_key.serialize_pem())
        .expect("a file");
    farm.hang_up();
    farm.event("certificate-refused").await;
    std::fs::write(farm.folder().join("secrets/hub.crt"), second.cert.pem()).expect("a file");
    farm.hang_up();
    farm.event("certificate-renewed").await;
    let late = tunnel(farm.listener("sealed"), trust(&second)).await;
    let late = fleet(late, vec![RigOptions::new("farm.a-2", RIG_HASHRATE)]);
    wait_until("the next one trusts the new one", SOON, async || late.total().accepted > 3).await;
    let before = early.total().accepted;
    wait_until("the first one mines on", SOON, async || early.total().accepted > before).await;
    assert_eq!((early.total().connections, late.total().connections), (1, 1));
    early.stop(SOON).await;
    late.stop(SOON).await;
}

/// Puts a certificate where the host lets a farm file read it.
fn keep(farm: &Farm, made: &rcgen::CertifiedKey<rcgen::KeyPair>) {
    let folder = farm.folder().join("secrets");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("hub.crt"), made.cert.pem()).expect("a file");
    std::fs::write(folder.join("hub.key"), made.signing_key.serialize_pem()).expect("a file");
}

/// Speaks TLS for rigs that cannot: a port of this process, and the hub's sealed one behind it.
async fn tunnel(hub: std::net::SocketAddr, roots: rustls::RootCertStore) -> std::net::SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let door = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = door.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move {
        while let Ok((mut plain, _)) = door.accept().await {
            let connector = connector.clone();
            tokio::spawn(async move {
                let stream = TcpStream::connect(hub).await.expect("the hub listens");
                let name = ServerName::try_from("hub.test").expect("a name");
                let mut sealed =
                    connector.connect(name, stream).await.expect("the hub's certificate is known");
                let _ = tokio::io::copy_bidirectional(&mut plain, &mut sealed).await;
            });
        }
    });
    address
}
