//! What a child process does: be the hub, be a plain relay, or be many clients.

use std::net::SocketAddr;

use farm_tests::{Customer, HubAlone};
use tokio::net::{TcpSocket, TcpStream};

use crate::{clients, say};

/// As in the daemon: what a miner takes of memory is the allocator's matter, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plays the role that the arguments name, until its parent is gone.
pub(crate) async fn play(role: &[String]) {
    let words: Vec<&str> = role.iter().map(String::as_str).collect();
    match words[..] {
        ["hub", pool, count, ..] => hub(pool, count.parse().expect("a count")).await,
        ["pool"] => {
            let pool = crate::pool::FakePool::start().await;
            say(&pool.address.to_string());
            parent_is_gone().await;
        }
        ["relay", pool, ..] => relay(pool.parse().expect("an address")).await,
        ["clients", address, count, what, shares, ..] => {
            let address = address.parse().expect("an address");
            let (count, shares) = (count.parse().expect("a count"), shares.parse().expect("a count"));
            clients::run(address, count, what, shares).await;
        }
        _ => panic!("there is no role {words:?}"),
    }
}

async fn hub(pool: &str, count: usize) {
    let urls: Vec<String> = pool.split_whitespace().map(|pool| format!("stratum+tcp://{pool}")).collect();
    let house = Customer { name: "house", url: urls.join(" ") };
    // So few shares a minute that nobody's difficulty is changed while we look.
    let mut hub = HubAlone::start(vec![house], 1.0).await;
    let names: Vec<String> = (0..count).map(|n| format!("c-{n}")).collect();
    let rigs: Vec<_> = names.iter().map(|name| (name.as_str(), 1e12, 0)).collect();
    hub.order(&rigs);
    farm_tests::wait_until("the pool is ready", farm_tests::SOON, async || {
        hub.hub.snapshot().await.is_ok_and(|seen| seen.pools.iter().any(|pool| pool.connections > 0))
    })
    .await;
    say(&hub.address.to_string());
    // As the daemon does: what is counted and what happened is taken away each second.
    let handle = hub.hub.clone();
    tokio::spawn(async move {
        while handle.take().await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    });
    parent_is_gone().await;
}

/// The least that anybody can put between a rig and a pool.
async fn relay(pool: SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(4_096).expect("it listens");
    say(&listener.local_addr().expect("a bound socket has an address").to_string());
    tokio::spawn(async move {
        while let Ok((mut rig, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(mut pool) = TcpStream::connect(pool).await else { return };
                let _ = (rig.set_nodelay(true), pool.set_nodelay(true));
                let _ = tokio::io::copy_bidirectional(&mut rig, &mut pool).await;
            });
        }
    });
    parent_is_gone().await;
}

async fn parent_is_gone() {
    while is_told_something().await {}
}

/// Waits for a line from the parent; false once there is no parent any more.
pub(crate) async fn is_told_something() -> bool {
    let read = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    matches!(read.await, Ok(Ok(1..)))
}
