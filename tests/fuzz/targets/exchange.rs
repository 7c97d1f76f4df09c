//! The exchange as a whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exchange::fuzzing::exchange(bytes));
