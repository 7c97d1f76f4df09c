//! Lines from a miner.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stratum::fuzzing::miner_line(bytes));
