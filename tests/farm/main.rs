//! Stories: what the house promises, seen from outside. One file each.

mod apply_race;
mod failover;
mod kill;
mod moves;
