//! Chance that a seed repeats: xoshiro256++ (D. Blackman and S. Vigna, ACM Transactions on Mathematical
//! Software 47, 2021), waits, and counts of shares from a table.

use std::time::Duration;

/// A seeded source of chance.
#[derive(Debug, Clone)]
pub struct Rng([u64; 4]);

impl Rng {
    /// The same seed, the same numbers.
    pub fn seeded(seed: u64) -> Self {
        let mut state = seed;
        Self(std::array::from_fn(|_| split_mix(&mut state)))
    }

    /// A source of its own for something else, so that drawing more here changes nothing there.
    pub fn apart(&mut self) -> Rng {
        Rng::seeded(self.bits())
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.0;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Between zero and one, neither of them.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// A number below `n`, which is at least one.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True this often.
    pub fn chance(&mut self, of_one: f64) -> bool {
        self.uniform() < of_one
    }

    /// An exponential wait. At most a hundred years, so that clocks do not run over.
    pub fn wait(&mut self, mean: Duration) -> Duration {
        let seconds = -self.uniform().ln() * mean.as_secs_f64();
        Duration::from_secs_f64(seconds.min(3.2e9))
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Poisson counts of one mean, from a table of the distribution function: no logarithm for each draw.
#[derive(Debug, Clone)]
pub struct Poisson {
    mean: f64,
    /// `P(count <= k)` in units of 2^-32, last one open.
    up_to: Vec<u32>,
    /// First k worth a look, by the eight leading bits of the draw.
    from: [u8; 256],
}

/// No rig is expected to send more shares a minute; the table's index is a byte.
const MEAN_MAX: f64 = 130.0;

impl Poisson {
    /// Counts of this mean, at most 130.
    pub fn of(mean: f64) -> Self {
        let mean = mean.clamp(0.0, MEAN_MAX);
        let mut up_to = Vec::new();
        let (mut each, mut sum) = ((-mean).exp(), 0.0);
        for k in 1..=u8::MAX {
            sum += each;
            up_to.push((sum * 4_294_967_296.0).min(4_294_967_295.0) as u32);
            if sum > 1.0 - 1e-10 && f64::from(k) > mean {
                break;
            }
            each *= mean / f64::from(k);
        }
        let last = up_to.len() - 1;
        up_to[last] = u32::MAX;
        let from = std::array::from_fn(|lead| {
            up_to.iter().position(|limit| *limit >= (lead as u32) << 24).unwrap_or(last) as u8
        });
        Self { mean, up_to, from }
    }

    /// What it was made for.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// One count.
    #[inline]
    pub fn draw(&self, rng: &mut Rng) -> u8 {
        let bits = (rng.bits() >> 32) as u32;
        let mut k = self.from[(bits >> 24) as usize];
        while self.up_to[usize::from(k)] < bits {
            k += 1;
        }
        k
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_numbers() {
        let draw = |seed| {
            let mut rng = Rng::seeded(seed);
            (0..4).map(|_| rng.bits()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn counts_and_waits_have_their_means_and_variances() {
        let mut rng = Rng::seeded(1);
        for mean in [0.0, 0.3, 6.0, 20.0, 100.0] {
            let table = Poisson::of(mean);
            let n = 200_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..n {
                let k = f64::from(table.draw(&mut rng));
                sum += k;
                squares += k * k;
            }
            let (found, n) = (sum / f64::from(n), f64::from(n));
            let variance = squares / n - found * found;
            // Five standard deviations.
            assert!((found - mean).abs() <= 5.0 * (mean / n).sqrt(), "{mean}: {found}");
            assert!((variance - mean).abs() <= 0.03 * mean, "{mean}: variance {variance}");
        }
        let mean = Duration::from_secs(100);
        let sum: f64 = (0..100_000).map(|_| rng.wait(mean).as_secs_f64()).sum();
        assert!((sum / 100_000.0 - 100.0).abs() < 1.6, "{}", sum / 100_000.0);
        let sum: u64 = (0..10_000).map(|_| rng.between(3, 5)).sum();
        assert!((39_500..40_500).contains(&sum));
    }
}
