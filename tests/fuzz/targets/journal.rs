//! What a start finds in a folder of journals.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hub::fuzzing::journal(bytes));
