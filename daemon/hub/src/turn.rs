//! One peer's turn: how much of its input is dealt with before everybody else is asked. What lies in its
//! buffer beyond that waits for its next turn, so a peer that always has more delays others by one turn.

use std::time::{Duration, Instant};

use crate::clock::instant;

/// Lines dealt with in one turn.
pub(crate) const LINES_MAX: u32 = 16;
/// Time after which a turn ends with the line at hand, however few they were: some lines are long.
pub(crate) const TIME_MAX: Duration = Duration::from_micros(100);

/// What a reader made of the bytes that it was given.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Dealt {
    /// Bytes dealt with; the rest is given again at the next turn.
    pub(crate) len: usize,
    /// Nothing more is read for this long.
    pub(crate) pause: Duration,
    /// It is not the peer's own doing: others that share its address spend too much.
    pub(crate) blameless: bool,
}

/// A peer that had to be slowed down for this long, with no moment in between at which it had said all that it
/// wanted to say, is given up.
pub(crate) const SLOWED_MAX: Duration = Duration::from_secs(10);

/// The pauses of a peer since it had last said all that it wanted to say.
#[derive(Debug, Default)]
pub(crate) struct Slowed(Duration);

impl Slowed {
    /// It must wait once more. True when it had to wait too often.
    pub(crate) fn is_enough(&mut self, pause: Duration) -> bool {
        self.0 += pause;
        self.0 > SLOWED_MAX
    }
}

/// A turn under way.
#[derive(Debug)]
pub(crate) struct Turn {
    begun: Instant,
    lines: u32,
}

impl Turn {
    pub(crate) fn begin() -> Self {
        Self { begun: instant(), lines: 0 }
    }

    /// A line was dealt with by now. False when it was the last of this turn.
    pub(crate) fn goes_on(&mut self, now: Instant) -> bool {
        self.lines += 1;
        self.lines < LINES_MAX && now.saturating_duration_since(self.begun) < TIME_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_floods_for_ten_seconds_has_had_its_chance() {
        let mut slowed = Slowed::default();
        let pauses = (0..).take_while(|_| !slowed.is_enough(Duration::from_millis(500))).count();
        assert_eq!(pauses, 20);
    }

    #[test]
    fn a_turn_ends_after_so_many_lines() {
        let mut turn = Turn::begin();
        let begun = turn.begun;
        let lines = 1 + (0..1_000).take_while(|_| turn.goes_on(begun)).count();
        assert_eq!(lines, LINES_MAX as usize);
        assert!(!Turn::begin().goes_on(instant() + TIME_MAX), "one long line is a turn");
    }
}
