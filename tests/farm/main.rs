//! Stories: what the house promises, seen from outside. One file each.

mod admission;
mod apply_crash;
mod apply_race;
mod clones;
mod curtail;
mod damage;
mod disk;
mod failover;
mod failover_crash;
mod floods;
mod hostile;
mod kill;
mod log;
mod long;
mod moves;
mod overrides;
mod own_connection;
mod pools;
mod promises;
mod secrets;
mod short_extranonce;
mod spares;
mod store_slow;
mod tls;
mod unknown;
