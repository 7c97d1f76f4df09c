//! The house seen from outside: a real daemon on private ports, simulated pools and rigs around it, and
//! what a story needs in order to look. Everything ends when it is dropped.
//!
//! [`Farm`] is the daemon, [`FarmText`] its farm file, [`Disk`] a disk that fails, [`Api`] its socket, [`Wire`] a miner spoken by hand,
//! [`HubAlone`] the hub without the daemon, [`loud_pool`] and [`flood`] peers who send more than anybody needs.

mod api;
mod daemon;
mod disk;
mod hub_alone;
mod loud;
mod sums;
mod text;
mod wait;
mod wire;

pub use api::{Api, Fault};
pub use daemon::Farm;
pub use disk::{Disk, EIO, ENOSPC, EROFS};
pub use hub_alone::{Customer, HubAlone};
pub use loud::{Noise, flood, flood_from, loud_lines, loud_pool, loud_pool_when};
pub use sums::Sums;
pub use text::{FarmText, RIG_HASHRATE, rig};
pub use wait::{SOON, wait_until};
pub use wire::Wire;

use std::net::SocketAddr;

use simulator::pool::{Pool, PoolHandle, PoolOptions};
use simulator::rig::{Fleet, FleetOptions, RigCounters, RigOptions};

/// A pool with this name; its jobs and extranonces follow from the name. A rig of a [`FarmText`] finds two
/// or three shares a second for it.
pub async fn pool(name: &str) -> PoolHandle {
    pool_like(name, PoolOptions { difficulty: 1e-6, ..PoolOptions::default() }).await
}

/// A pool with this name that is otherwise as told.
pub async fn pool_like(name: &str, like: PoolOptions) -> PoolHandle {
    let seed = name.bytes().fold(7, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte));
    Pool::start(PoolOptions { name: name.into(), seed, keeps_shares: true, ..like })
        .await
        .expect("a simulated pool starts")
}

/// Rigs that mine at an address.
pub fn fleet(at: SocketAddr, rigs: Vec<RigOptions>) -> Fleet {
    Fleet::start(FleetOptions::new(at, rigs)).expect("simulated rigs start")
}

/// Waits until rigs that stop hashing have had every share answered, and returns their counters. They stay.
pub async fn settled(rigs: &Fleet) -> RigCounters {
    rigs.set_scale(0.0);
    wait_until("every share is answered", SOON, async || {
        rigs.rigs()
            .iter()
            .map(|rig| rig.counters())
            .all(|rig| rig.waiting == 0 && rig.found == rig.unsent + rig.collected + rig.submitted)
    })
    .await;
    rigs.total()
}
