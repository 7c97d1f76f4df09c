//! Folding: how one pool connection's search space is cut into pieces, one for each miner.
//!
//! The pool gives extranonce 1 (`E1`) and lets us choose `U` bytes. A miner keeps the same own extranonce
//! 1 (`X`, p bytes) and rolls `D` bytes for its whole connection, whatever pool it works for, because what
//! differs between pools is moved into the first coinbase part:
//!
//! ```text
//! coinbase_1' = coinbase_1 || E1 || F      extranonce_1' = X      upstream extranonce_2 = F || X || rolled
//! ```
//!
//! The filler `F` has `U - p - D` bytes and is new for every job handed out, so no two pieces overlap.

/// The most filler bytes; pools with a longer extranonce 2 exist only on paper.
pub const FILLER_MAX: usize = 16;

/// The part of the extranonce that is a miner's own, fixed for its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Length of the constant part X, bytes (p).
    pub fixed: u8,
    /// Length of the part that the miner rolls, bytes (D).
    pub rolled: u8,
}

impl Geometry {
    /// One constant byte, three rolled: fits every pool with four bytes or more.
    pub const DEFAULT: Geometry = Geometry { fixed: 1, rolled: 3 };

    /// What a pool's extranonce 2 must at least measure, bytes.
    pub fn size(self) -> usize {
        usize::from(self.fixed) + usize::from(self.rolled)
    }

    /// The roomiest shape that fits pools whose shortest extranonce 2 is `upstream_min`; `None` under
    /// four bytes, where nothing can be folded for a miner that needs three.
    pub fn for_upstream(upstream_min: usize) -> Option<Self> {
        match upstream_min {
            0..=3 => None,
            4 | 5 => Some(Self::DEFAULT),
            6 | 7 => Some(Geometry { fixed: 2, rolled: 4 }),
            _ => Some(Geometry { fixed: 4, rolled: 4 }),
        }
    }
}

/// One piece of a pool job's search space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    filler: [u8; FILLER_MAX],
    filler_len: u8,
    /// Seconds to add to the job's time, used where no filler byte is left to vary.
    pub time_ahead: u32,
}

impl Piece {
    /// The filler bytes F.
    pub fn filler(&self) -> &[u8] {
        &self.filler[..usize::from(self.filler_len)]
    }
}

/// Cuts pieces off one pool job. Pieces for one `X` never repeat: the filler counts up, and where it
/// wraps (or is empty) the job's time moves one second ahead instead.
#[derive(Debug, Clone, Default)]
pub struct Allocator {
    /// Small parts that have drawn one piece, a bit each: nearly all of ten thousand miners, for every job.
    once: Vec<u64>,
    /// Those that have drawn more, and how many.
    drawn: std::collections::BTreeMap<u64, u32>,
}

/// Constant parts below this have a bit. They are given in order, so few are larger.
const BITS_MAX: u64 = 1 << 20;

impl Allocator {
    /// The next piece for the constant part `fixed`, or `None` when the job has none left: `upstream_size`
    /// does not suit `geometry`, or the time would run more than `time_ahead_max` seconds ahead.
    pub fn next(
        &mut self,
        fixed: u64,
        geometry: Geometry,
        upstream_size: usize,
        time_ahead_max: u32,
    ) -> Option<Piece> {
        let filler_len = upstream_size.checked_sub(geometry.size()).filter(|len| *len <= FILLER_MAX)?;
        let drawn = self.drawn_by(fixed);
        let varied = filler_len.min(3);
        let per_second = 1u32 << (8 * varied as u32);
        let time_ahead = drawn / per_second;
        if time_ahead > time_ahead_max {
            return None;
        }
        let count = drawn % per_second;
        self.draw(fixed, drawn + 1);
        let mut filler = [0; FILLER_MAX];
        filler[filler_len - varied..filler_len].copy_from_slice(&count.to_be_bytes()[4 - varied..]);
        Some(Piece { filler, filler_len: filler_len as u8, time_ahead })
    }

    fn drawn_by(&self, fixed: u64) -> u32 {
        let once = self.once.get((fixed / 64) as usize).is_some_and(|bits| bits >> (fixed % 64) & 1 == 1);
        self.drawn.get(&fixed).copied().unwrap_or(u32::from(once))
    }

    fn draw(&mut self, fixed: u64, drawn: u32) {
        if drawn > 1 || fixed >= BITS_MAX {
            self.drawn.insert(fixed, drawn);
            return;
        }
        let at = (fixed / 64) as usize;
        if at >= self.once.len() {
            self.once.resize(at + 1, 0);
        }
        self.once[at] |= 1 << (fixed % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_job_never_repeat() {
        for upstream in 4..=6 {
            let mut allocator = Allocator::default();
            let mut seen = std::collections::HashSet::new();
            for n in 0..600u32 {
                let piece = allocator.next(7, Geometry::DEFAULT, upstream, 7000).unwrap();
                assert_eq!(piece.filler().len(), upstream - 4);
                assert!(seen.insert((piece.filler().to_vec(), piece.time_ahead)), "piece {n} repeats");
            }
        }
    }

    #[test]
    fn an_empty_filler_moves_the_time_and_runs_out() {
        let mut allocator = Allocator::default();
        for second in 0..=3 {
            assert_eq!(allocator.next(0, Geometry::DEFAULT, 4, 3).unwrap().time_ahead, second);
        }
        assert_eq!(allocator.next(0, Geometry::DEFAULT, 4, 3), None);
        // Another miner's part of the same job is untouched.
        assert_eq!(allocator.next(1, Geometry::DEFAULT, 4, 3).unwrap().time_ahead, 0);
    }

    #[test]
    fn ten_thousand_parts_that_draw_once_take_a_bit_each() {
        let mut allocator = Allocator::default();
        let geometry = Geometry { fixed: 4, rolled: 4 };
        for fixed in (0..10_000).rev().chain([BITS_MAX, u64::from(u32::MAX)]) {
            assert_eq!(allocator.next(fixed, geometry, 8, 600).unwrap().time_ahead, 0);
            assert_eq!(allocator.drawn_by(fixed), 1);
        }
        assert!(allocator.once.len() * 8 < 2_000 && allocator.drawn.len() == 2);
        assert_eq!(allocator.next(77, geometry, 8, 600).unwrap().time_ahead, 1);
        assert_eq!((allocator.drawn_by(76), allocator.drawn_by(77)), (1, 2));
    }

    #[test]
    fn a_pool_that_is_too_short_gives_no_piece() {
        assert_eq!(Allocator::default().next(0, Geometry::DEFAULT, 3, 10), None);
        assert_eq!(Allocator::default().next(0, Geometry::DEFAULT, 4 + FILLER_MAX + 1, 10), None);
        assert_eq!(Geometry::for_upstream(3), None);
    }
}
