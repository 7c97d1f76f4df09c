//! Labels that no rental has.

/// The operator's own work.
pub const HOUSE: &str = "house";
/// No work: the site must draw less.
pub const PARKED: &str = "parked";
/// Rigs that no farm file knows: they mine for the house, and are counted apart.
pub const QUARANTINE: &str = "quarantine";
