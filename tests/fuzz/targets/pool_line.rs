//! Lines from a pool.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stratum::fuzzing::pool_line(bytes));
