//! The house seen from outside: a harness that starts real processes on private ports.
