//! What happened, short enough to be read: events of one kind at one time are one line.

use exchange::event::{Event, EventKind};
use exchange::time::Timestamp;
use serde::Serialize;

use super::expect::clock;

/// Events of one kind within this are told together.
const TOGETHER: i64 = 10_000_000;

/// One line of a timeline.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// Since the start of the scenario's clock.
    pub at: String,
    /// The kind of the events; `rehearsal-...` is what was done to the farm.
    pub kind: EventKind,
    /// How many.
    pub count: u64,
    /// The only one's message, or the first one's.
    pub message: String,
}

pub(super) fn lines(events: &[Event], zero: Timestamp) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    // The last line of each kind, and when it began.
    let mut open: Vec<(EventKind, Timestamp, usize)> = Vec::new();
    for event in events.iter().filter(|event| event.at >= zero) {
        // A decision is told when it is carried out.
        if event.kind == EventKind::RigAssigned {
            continue;
        }
        if let Some((_, began, at)) = open.iter().find(|(kind, _, _)| *kind == event.kind)
            && event.at.0 - began.0 <= TOGETHER
        {
            out[*at].count += 1;
            continue;
        }
        open.retain(|(kind, _, _)| *kind != event.kind);
        open.push((event.kind, event.at, out.len()));
        out.push(Line {
            at: clock(event.at, zero),
            kind: event.kind,
            count: 1,
            message: event.message.clone(),
        });
    }
    out
}
