//! Who may connect, and how many at a time.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::HashMap;
/// A range of addresses such as `10.10.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Any address in it.
    pub address: IpAddr,
    /// Leading bits that count.
    pub bits: u8,
}

impl Network {
    /// Whether `other` lies in it. An IPv4 address that arrives as IPv6 is the same address.
    pub fn contains(&self, other: IpAddr) -> bool {
        match (self.address.to_canonical(), other.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32 - u32::from(self.bits.min(32));
                u64::from(a.to_bits()) >> shift == u64::from(b.to_bits()) >> shift
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let bits = u32::from(self.bits.min(128));
                bits == 0 || a.to_bits() >> (128 - bits) == b.to_bits() >> (128 - bits)
            }
            _ => false,
        }
    }
}

/// How many of the process's open files connections may take.
#[derive(Debug, Clone)]
pub struct FileLimit {
    /// Most connections of miners and to pools together.
    pub max: usize,
    /// Counts the miners that are turned away because of it.
    pub refused: Arc<AtomicU64>,
}

impl Default for FileLimit {
    /// None.
    fn default() -> Self {
        Self { max: usize::MAX, refused: Arc::default() }
    }
}

/// Counts connections by address.
#[derive(Debug)]
pub(crate) struct Gate {
    allowed: Vec<Network>,
    total_max: usize,
    each_max: usize,
    /// Most connections of miners and to pools together: the system counts them with open files.
    files_max: usize,
    /// Those turned away because of that.
    refused: Arc<AtomicU64>,
    total: usize,
    each: HashMap<IpAddr, usize>,
}

impl Gate {
    pub(crate) fn new(total_max: usize, each_max: usize, files: FileLimit) -> Self {
        let FileLimit { max: files_max, refused } = files;
        Self {
            allowed: Vec::new(),
            total_max,
            each_max,
            files_max,
            refused,
            total: 0,
            each: HashMap::default(),
        }
    }

    /// From here on only these may enter; everyone when empty.
    pub(crate) fn allow(&mut self, networks: Vec<Network>) {
        self.allowed = networks;
    }

    /// Lets one in beside so many connections to pools, or says why not.
    pub(crate) fn enter(&mut self, address: IpAddr, pools: usize) -> Result<(), &'static str> {
        if !self.allowed.is_empty() && !self.allowed.iter().any(|network| network.contains(address)) {
            return Err("the address is not in accept_from");
        }
        if self.total >= self.total_max {
            return Err("too many connections");
        }
        if self.total + pools >= self.files_max {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err("too many open files");
        }
        let each = self.each.entry(address).or_default();
        if *each >= self.each_max {
            return Err("too many connections from one address");
        }
        *each += 1;
        self.total += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self, address: IpAddr) {
        self.total = self.total.saturating_sub(1);
        if let Some(each) = self.each.get_mut(&address) {
            *each -= 1;
            if *each == 0 {
                self.each.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses() {
        let net = Network { address: "10.10.3.4".parse().unwrap(), bits: 16 };
        assert!(net.contains("10.10.255.1".parse().unwrap()));
        assert!(net.contains("::ffff:10.10.0.1".parse().unwrap()));
        assert!(!net.contains("10.11.0.1".parse().unwrap()));
        let all = Network { address: "0.0.0.0".parse().unwrap(), bits: 0 };
        assert!(all.contains("8.8.8.8".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
        let six = Network { address: "fd00::".parse().unwrap(), bits: 8 };
        assert!(six.contains("fd12::1".parse().unwrap()) && !six.contains("fe80::1".parse().unwrap()));
    }

    #[test]
    fn the_gate_counts_those_inside() {
        let mut gate = Gate::new(3, 2, FileLimit::default());
        let (a, b): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert!(gate.enter(a, 0).is_ok() && gate.enter(a, 0).is_ok());
        assert_eq!(gate.enter(a, 0), Err("too many connections from one address"));
        assert!(gate.enter(b, 0).is_ok());
        assert_eq!(gate.enter(b, 0), Err("too many connections"));
        gate.leave(a);
        assert!(gate.enter(b, 0).is_ok());
    }

    #[test]
    fn miners_leave_room_for_pools_and_for_what_is_kept_back() {
        let files = FileLimit { max: 3, refused: Arc::default() };
        let mut gate = Gate::new(100, 100, files.clone());
        let a: IpAddr = "10.0.0.1".parse().unwrap();
        assert!(gate.enter(a, 0).is_ok() && gate.enter(a, 1).is_ok());
        assert_eq!(gate.enter(a, 1), Err("too many open files"));
        assert_eq!(files.refused.load(Ordering::Relaxed), 1);
        assert!(gate.enter(a, 0).is_ok(), "a pool's place is free again");
    }
}
