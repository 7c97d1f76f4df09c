//! The solver of who serves whom, against an exact one and against its promises, on many random farms.

mod caps;
mod deaths;
mod farms;
mod invariants;
mod least;
mod newcomers;
mod optimum;
mod owners;
mod quality;
mod returns;
