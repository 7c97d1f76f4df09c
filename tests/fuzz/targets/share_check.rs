//! The share check beside its slow reference.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stratum::fuzzing::share_check(bytes));
