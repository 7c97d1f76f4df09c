//! A slice of each fuzz target for ordinary test runs: every input that was kept, and a bounded number of inputs
//! made from these, the same in each run. No fuzzer and no other compiler is needed for it.

use std::panic::RefUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRng, TestRunner};

/// Longest input that is made, bytes.
const MADE_MAX: usize = 4_096;
/// No input may take longer, even where other work is going on beside it and nothing is optimized.
const TAKES_MAX: Duration = Duration::from_secs(10);

/// The inputs kept for a target, in `tests/fuzz/kept/TARGET`, by name.
///
/// # Panics
///
/// Where there are none.
pub fn kept(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/kept").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut out: Vec<(PathBuf, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path, bytes)
        })
        .collect();
    assert!(!out.is_empty(), "nothing is kept for {target}");
    out.sort();
    out
}

/// Feeds every kept input of a target, then `cases` more that are made from them. `FUZZ_CASES` sets another number.
///
/// # Panics
///
/// Where `body` does, or where it takes very long.
pub fn run(target: &str, cases: u32, body: impl Fn(&[u8]) + RefUnwindSafe) {
    let kept = kept(target);
    for (path, bytes) in &kept {
        if std::panic::catch_unwind(|| timed(bytes, &body)).is_err() {
            panic!("{target} fails with the input kept in {}", path.display());
        }
    }
    let seeds: Vec<Vec<u8>> = kept.into_iter().map(|(_, bytes)| bytes).collect();
    let cases = std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 5_000, ..Config::default() };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let made = made_from(seeds);
    let outcome = TestRunner::new_with_rng(config, rng).run(&made, |bytes| {
        timed(&bytes, &body);
        Ok(())
    });
    if let Err(TestError::Fail(why, bytes)) = outcome {
        panic!("{target} fails: {why}\nwith \"{}\"", bytes.escape_ascii());
    }
}

fn timed(bytes: &[u8], body: &impl Fn(&[u8])) {
    let begun = Instant::now();
    body(bytes);
    let took = begun.elapsed();
    assert!(took < TAKES_MAX, "{} bytes take {took:?}", bytes.len());
}

/// Stretches every kept input that is a text to about `len` bytes, by repeating a part of it, and feeds each: what
/// takes time that grows faster than its input is noticed.
///
/// # Panics
///
/// Where `body` does, or where it takes very long.
pub fn stretched(target: &str, len: usize, body: impl Fn(&[u8]) + RefUnwindSafe) {
    for (_, bytes) in kept(target) {
        let marks: Vec<usize> =
            (0..bytes.len()).filter(|at| b"\"[]{}:,".contains(&bytes[*at])).chain([bytes.len()]).collect();
        for part in marks.windows(2).step_by(1 + marks.len() / 24) {
            let part = part[0]..part[1];
            let times = len.saturating_sub(bytes.len()) / part.len().max(1);
            let mut long = bytes[..part.end].to_vec();
            long.extend(bytes[part.clone()].repeat(times));
            long.extend(&bytes[part.end..]);
            timed(&long, &body);
        }
    }
}

/// A change of one input.
#[derive(Debug, Clone)]
enum Change {
    Set(u16, u8),
    Flip(u16, u8),
    Insert(u16, Vec<u8>),
    Remove(u16, u8),
    Copy { from: u16, len: u8, to: u16 },
    Splice { other: usize, from: u16, len: u8, to: u16 },
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<u16>();
    prop_oneof![
        (at, any::<u8>()).prop_map(|(at, to)| Change::Set(at, to)),
        (at, 0u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (at, prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (at, any::<u8>()).prop_map(|(at, len)| Change::Remove(at, len)),
        (at, any::<u8>(), any::<u16>()).prop_map(|(from, len, to)| Change::Copy { from, len, to }),
        (any::<usize>(), at, any::<u8>(), any::<u16>()).prop_map(|(other, from, len, to)| Change::Splice {
            other,
            from,
            len,
            to
        }),
    ]
}

fn made_from(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let made = {
        let seeds = seeds.clone();
        (0..seeds.len(), prop::collection::vec(change(), 0..12)).prop_map(move |(seed, changes)| {
            let mut bytes = seeds[seed].clone();
            for change in changes {
                apply(&mut bytes, change, &seeds);
                bytes.truncate(MADE_MAX);
            }
            bytes
        })
    };
    prop_oneof![4 => made, 1 => prop::collection::vec(any::<u8>(), 0..600)]
}

fn apply(bytes: &mut Vec<u8>, change: Change, seeds: &[Vec<u8>]) {
    let place = |at: u16, len: usize| usize::from(at) % (len + 1);
    let part = |of: &[u8], from: u16, len: u8| {
        let from = place(from, of.len());
        of[from..of.len().min(from + usize::from(len))].to_vec()
    };
    let insert = |bytes: &mut Vec<u8>, at: u16, piece: Vec<u8>| {
        let at = place(at, bytes.len());
        bytes.splice(at..at, piece);
    };
    match change {
        Change::Set(at, to) => {
            let at = place(at, bytes.len());
            bytes.get_mut(at).into_iter().for_each(|byte| *byte = to);
        }
        Change::Flip(at, bit) => {
            let at = place(at, bytes.len());
            bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
        }
        Change::Insert(at, piece) => insert(bytes, at, piece),
        Change::Remove(at, len) => {
            let at = place(at, bytes.len());
            let end = bytes.len().min(at + usize::from(len));
            bytes.drain(at..end);
        }
        Change::Copy { from, len, to } => {
            let piece = part(bytes, from, len);
            insert(bytes, to, piece);
        }
        Change::Splice { other, from, len, to } => {
            let piece = part(&seeds[other % seeds.len()], from, len);
            insert(bytes, to, piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_fails_now_and_then_is_found() {
        let fails_at = |byte: u8| {
            std::panic::catch_unwind(move || {
                run("exchange", 2_000, move |bytes| assert!(!bytes.contains(&byte), "there it is"));
            })
            .is_err()
        };
        assert!(fails_at(0xa7) && fails_at(0x11));
    }

    #[test]
    fn what_takes_too_long_is_found() {
        let slow = |_: &[u8]| std::thread::sleep(TAKES_MAX + Duration::from_millis(1));
        assert!(std::panic::catch_unwind(|| timed(b"", &slow)).is_err());
    }
}
