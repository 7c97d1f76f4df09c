//! The text of a farm file, and what is said of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| schema::fuzzing::farm_text(bytes));
