//! Whether rigs can mine on what a pool hands out. A pool that is not is ill, with the reason; the next serves.

use stratum::extranonce::FILLER_MAX;
use stratum::work::{Difficulty, Job};

use crate::failover::{Loss, PoolFault};

/// What a miner must at least roll, bytes: the smallest shape has no constant part.
const EXTRANONCE_2_MIN: usize = 3;
/// Longest that every shape of a miner can be folded into, bytes.
const EXTRANONCE_2_MAX: usize = FILLER_MAX + EXTRANONCE_2_MIN;
/// Longest constant part, bytes: a coinbase's script has no more than 100 in all.
const EXTRANONCE_1_MAX: usize = 64;
/// Longest `mining.notify` that miners are sent, bytes. Real ones measure 2 to 12 kB; small devices give up
/// earlier, and a few of these must fit into what may wait for a slow miner.
const NOTIFY_MAX: usize = 32 * 1024;
/// Under 2.3e-10 every hash is a share; whoever asks for much less than that means nothing by it.
const DIFFICULTY_MIN: f64 = 1e-10;
/// Above this a share is harder than any block was ever.
const DIFFICULTY_MAX: f64 = 1e15;
/// The time of the first block, seconds since 1970: no job is older.
const TIME_MIN: u32 = 1_231_006_505;
/// Shares may be so much later than their job, which must not lead beyond the 32 bits.
const TIME_MAX: u32 = u32::MAX - 7_200;

/// What is wrong with an extranonce.
pub(super) fn extranonce(len_1: usize, size_2: usize) -> Result<(), Loss> {
    let bad = |words: String| Err(Loss::new(PoolFault::ExtranonceUnusable, &words));
    if size_2 < EXTRANONCE_2_MIN {
        return bad(format!("extranonce 2 has a length of {size_2}, rigs need {EXTRANONCE_2_MIN} bytes"));
    }
    if size_2 > EXTRANONCE_2_MAX {
        return bad(format!(
            "extranonce 2 has a length of {size_2}, at most {EXTRANONCE_2_MAX} bytes can be used"
        ));
    }
    if len_1 > EXTRANONCE_1_MAX {
        return bad(format!(
            "extranonce 1 has a length of {len_1}, at most {EXTRANONCE_1_MAX} bytes fit a coinbase"
        ));
    }
    Ok(())
}

/// What is wrong with a difficulty.
pub(super) fn difficulty(difficulty: Difficulty) -> Result<(), Loss> {
    let value = difficulty.get();
    let (limit, side) = match value {
        _ if value < DIFFICULTY_MIN => (DIFFICULTY_MIN, "below"),
        _ if value > DIFFICULTY_MAX => (DIFFICULTY_MAX, "above"),
        _ => return Ok(()),
    };
    Err(Loss::new(PoolFault::DifficultyUnusable, &format!("{value:e} is {side} {limit:e}")))
}

/// What is wrong with a job. `len` is the length of the constant parts of its notify line, folded.
pub(super) fn job(job: &Job, len: usize) -> Result<(), Loss> {
    let bad = |words: String| Err(Loss::new(PoolFault::JobUnusable, &words));
    if len > NOTIFY_MAX {
        return bad(format!("a job has {len} bytes, miners take {NOTIFY_MAX}"));
    }
    if job.version == 0 {
        return bad("a job has version 0".into());
    }
    if !(TIME_MIN..=TIME_MAX).contains(&job.time) {
        return bad(format!(
            "a job has the time {:08x}, before the first block or at the end of time",
            job.time
        ));
    }
    // A compact target: an exponent, a sign bit, and 23 bits of mantissa.
    if job.bits & 0x007f_ffff == 0 || job.bits & 0x0080_0000 != 0 || job.bits >> 24 > 0x21 {
        return bad(format!("a job has nbits {:08x}, which is no target", job.bits));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rigs_can_use() {
        for (len_1, size_2, fits) in [
            (4, 0, false),
            (4, 1, false),
            (4, 2, false),
            (4, 3, true),
            (0, 4, true),
            (18, 14, true),
            (4, 19, true),
            (4, 20, false),
            (4, 100, false),
            (65, 8, false),
        ] {
            assert_eq!(extranonce(len_1, size_2).is_ok(), fits, "{len_1} and {size_2}");
        }
        for (value, fits) in [
            (1e-50, false),
            (1e-11, false),
            (1e-10, true),
            (1e-8, true),
            (1.0, true),
            (1e14, true),
            (1e16, false),
        ] {
            assert_eq!(difficulty(Difficulty::new(value).unwrap()).is_ok(), fits, "{value}");
        }
        let good = Job {
            id: "1".into(),
            previous: [0; 32],
            coinbase_1: Vec::new(),
            coinbase_2: Vec::new(),
            branch: Vec::new(),
            version: 0x2000_0000,
            bits: 0x1703_4219,
            time: 1_700_000_000,
            clean: true,
        };
        assert!(job(&good, 12_000).is_ok());
        assert!(job(&good, 40_000).is_err());
        for (bad, words) in [
            (Job { version: 0, ..good.clone() }, "version 0"),
            (Job { time: 0, ..good.clone() }, "time 00000000"),
            (Job { time: u32::MAX, ..good.clone() }, "time ffffffff"),
            (Job { bits: 0, ..good.clone() }, "nbits 00000000"),
            (Job { bits: 0xff00_ffff, ..good.clone() }, "nbits ff00ffff"),
        ] {
            let loss = job(&bad, 1000).unwrap_err();
            assert!(loss.words.contains(words), "{}", loss.words);
        }
        // The easiest target of a test network.
        assert!(job(&Job { bits: 0x207f_ffff, ..good }, 1000).is_ok());
    }
}
