//! A whole farm on one thread and a virtual clock: the daemon's own decisions, with rigs, pools and a network
//! that do as told. Everything is drawn from a seed, so whatever happens can be made to happen again.

pub mod fault;
pub mod invariant;
pub mod outlook;
pub mod random;
pub mod record;
pub mod rng;
pub mod scenario;
pub mod world;

mod truth;
