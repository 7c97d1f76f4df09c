//! Who may connect, and how many at a time.

use std::collections::HashMap;
use std::net::IpAddr;

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

/// Counts connections by address.
#[derive(Debug)]
pub(crate) struct Gate {
    allowed: Vec<Network>,
    total_max: usize,
    each_max: usize,
    total: usize,
    each: HashMap<IpAddr, usize>,
}

impl Gate {
    pub(crate) fn new(total_max: usize, each_max: usize) -> Self {
        Self { allowed: Vec::new(), total_max, each_max, total: 0, each: HashMap::new() }
    }

    /// From here on only these may enter; everyone when empty.
    pub(crate) fn allow(&mut self, networks: Vec<Network>) {
        self.allowed = networks;
    }

    /// Lets one in, or says why not.
    pub(crate) fn enter(&mut self, address: IpAddr) -> Result<(), &'static str> {
        if !self.allowed.is_empty() && !self.allowed.iter().any(|network| network.contains(address)) {
            return Err("the address is not in accept_from");
        }
        if self.total >= self.total_max {
            return Err("too many connections");
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
        let mut gate = Gate::new(3, 2);
        let (a, b): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert!(gate.enter(a).is_ok() && gate.enter(a).is_ok());
        assert_eq!(gate.enter(a), Err("too many connections from one address"));
        assert!(gate.enter(b).is_ok());
        assert_eq!(gate.enter(b), Err("too many connections"));
        gate.leave(a);
        assert!(gate.enter(b).is_ok());
    }
}
