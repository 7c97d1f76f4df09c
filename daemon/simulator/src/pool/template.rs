//! Jobs as a mainnet pool would hand them out: plausible to the byte, and never a block.

use crate::random::Random;
use crate::work::Job;

/// The network's target late in 2025; at the speeds of a simulation a block would take longer than the universe.
const BITS: u32 = 0x1701_f0cc;
/// The height of the first job.
const HEIGHT: u32 = 925_000;
/// Version of ordinary templates: its bits under the usual mask are zero.
const VERSION: u32 = 0x2000_0000;

/// Makes jobs for one pool.
#[derive(Debug)]
pub(super) struct Templates {
    random: Random,
    name: String,
    branch_len: usize,
    height: u32,
    previous: [u8; 32],
    made: u64,
}

impl Templates {
    pub(super) fn new(seed: u64, name: &str, branch_len: usize) -> Templates {
        let mut random = Random::new(seed);
        let previous = block_hash(&mut random);
        // The tag shares 100 bytes with the height, the time and the extranonce.
        let name = name.chars().filter(char::is_ascii).take(24).collect();
        Templates { random, name, branch_len, height: HEIGHT, previous, made: 0 }
    }

    /// Somebody found a block: later jobs build on it.
    pub(super) fn next_block(&mut self) {
        self.height += 1;
        self.previous = block_hash(&mut self.random);
    }

    /// A new job on the present block, for an extranonce of this many bytes in all.
    pub(super) fn job(&mut self, extranonce_size: usize, time: u32, clean: bool) -> Job {
        self.made += 1;
        let tag = format!("/{}/", self.name);
        let mut script = vec![3];
        script.extend(&self.height.to_le_bytes()[..3]);
        script.push(4);
        script.extend(time.to_le_bytes());
        let script_len = script.len() + extranonce_size + tag.len();
        assert!(script_len <= 100, "a coinbase script has at most 100 bytes, not {script_len}");

        let mut coinbase_1 = vec![1, 0, 0, 0, 1];
        coinbase_1.extend([0; 32]);
        coinbase_1.extend([0xff; 4]);
        coinbase_1.push(script_len as u8);
        coinbase_1.extend(script);

        let mut coinbase_2 = tag.into_bytes();
        coinbase_2.extend([0xff; 4]);
        coinbase_2.push(2);
        coinbase_2.extend((312_500_000 + self.random.next() % 20_000_000).to_le_bytes());
        coinbase_2.extend([25, 0x76, 0xa9, 20]);
        coinbase_2.extend(self.random.bytes::<20>());
        coinbase_2.extend([0x88, 0xac]);
        coinbase_2.extend(0u64.to_le_bytes());
        coinbase_2.extend([38, 0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed]);
        coinbase_2.extend(self.random.bytes::<32>());
        coinbase_2.extend([0; 4]);

        Job {
            id: format!("{:016x}", (u64::from(self.height) << 32) | self.made),
            previous: self.previous,
            coinbase_1,
            coinbase_2,
            branch: (0..self.branch_len).map(|_| self.random.bytes()).collect(),
            version: VERSION,
            bits: BITS,
            time,
            clean,
        }
    }
}

fn block_hash(random: &mut Random) -> [u8; 32] {
    let mut hash = random.bytes::<32>();
    // Header order: the zeros of a block's hash stand at the end.
    hash[22..].fill(0);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coinbase_is_a_whole_transaction() {
        let mut templates = Templates::new(3, "north", 12);
        let job = templates.job(12, 1_763_000_000, true);
        let script_len = usize::from(job.coinbase_1[41]);
        assert_eq!(job.coinbase_1.len() - 42 + 12 + "/north/".len(), script_len);
        // Behind the script: sequence, two outputs of 34 and 47 bytes, lock time.
        assert_eq!(job.coinbase_2.len(), "/north/".len() + 4 + 1 + (8 + 1 + 25) + (8 + 1 + 38) + 4);
        assert_eq!(job.branch.len(), 12);
    }

    #[test]
    fn the_same_seed_gives_the_same_jobs_and_ids_never_repeat() {
        let run = || {
            let mut templates = Templates::new(9, "north", 2);
            let mut jobs = Vec::new();
            for block in 0..3 {
                jobs.extend((0..3).map(|n| templates.job(8, 1_763_000_000 + block * 100 + n, n == 0)));
                templates.next_block();
            }
            jobs
        };
        let jobs = run();
        assert_eq!(jobs, run());
        let ids: std::collections::BTreeSet<_> = jobs.iter().map(|job| &job.id).collect();
        assert_eq!(ids.len(), jobs.len());
        assert_eq!(jobs[0].previous, jobs[2].previous);
        assert_ne!(jobs[2].previous, jobs[3].previous);
    }
}
