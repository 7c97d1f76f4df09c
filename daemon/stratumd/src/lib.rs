//! The daemon: builds every part, owns the clock, loops.
