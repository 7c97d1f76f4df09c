//! Rigs and pools that really speak stratum and really hash, at a tiny difficulty.
