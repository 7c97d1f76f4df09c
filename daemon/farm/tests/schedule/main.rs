//! The solver of who serves whom, against an exact one and against its promises, on many random farms.

mod caps;
mod farms;
mod invariants;
mod optimum;
mod quality;
