//! How many files and connections the process may have open: as many as the system lets it, and some of them
//! kept from miners so that the API, the database, the journal and secrets never lack one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use exchange::event::{Event, EventKind};
use exchange::time::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use schema::api::OpenFiles;
use web::ApiLimits;

/// For the database, the journal, listeners, secrets and the runtime.
const OWN_MAX: usize = 128;

/// Miners that are turned away are told once in this time.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// How the limit is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// The limit.
    pub(crate) limit: usize,
    /// For miners and pools together.
    pub(crate) hub: usize,
    /// For the API.
    pub(crate) api: (usize, usize),
}

impl Share {
    fn of(limit: usize) -> Self {
        let own = (limit / 3).min(OWN_MAX);
        let tcp = (limit / 8).min(256);
        let unix = (limit / 8).min(128);
        Self { limit, hub: limit - own - tcp - unix, api: (tcp, unix) }
    }

    /// The API's part of it.
    pub(crate) fn api_limits(self) -> ApiLimits {
        let (tcp_max, unix_max) = self.api;
        ApiLimits { tcp_max, tcp_per_address_max: (tcp_max / 4).clamp(1, 32), unix_max }
    }
}

static LIMIT: OnceLock<Share> = OnceLock::new();
static REFUSED: OnceLock<std::sync::Arc<AtomicU64>> = OnceLock::new();

/// Raises the limit as far as the system lets us, and shares it out.
pub(crate) fn raise() -> Share {
    let before = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: before.maximum, maximum: before.maximum };
    if before.current != before.maximum
        && let Err(error) = setrlimit(Resource::Nofile, wanted)
    {
        tracing::warn!(%error, "the limit of open files stays as it was");
    }
    let now = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let share = Share::of(usize::try_from(now).unwrap_or(usize::MAX).min(1 << 30));
    tracing::info!(
        limit = share.limit,
        before = before.current.unwrap_or(u64::MAX),
        miners_and_pools = share.hub,
        "open files"
    );
    *LIMIT.get_or_init(|| share)
}

/// Where the hub counts miners that it turns away for want of files.
pub(crate) fn refused() -> std::sync::Arc<AtomicU64> {
    REFUSED.get_or_init(Default::default).clone()
}

/// What is open now.
pub(crate) fn open() -> Option<OpenFiles> {
    let share = LIMIT.get()?;
    // The folder itself is open while it is read.
    let in_use = std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
    Some(OpenFiles {
        limit: share.limit as u64,
        in_use: in_use as u64,
        kept_back: (share.limit - share.hub) as u64,
        refused_miners: refused().load(Ordering::Relaxed),
    })
}

/// Tells when miners are turned away for want of files, once a minute with their number.
#[derive(Debug, Default)]
pub(crate) struct Full {
    told: Option<(Instant, u64)>,
}

impl Full {
    /// An event, if there is something to tell and it is time.
    pub(crate) fn news(&mut self, now: Instant, at: Timestamp) -> Option<Event> {
        let total = refused().load(Ordering::Relaxed);
        let before = self.told.map_or(0, |(_, before)| before);
        if total == before || self.told.is_some_and(|(told, _)| now.duration_since(told) < TELL_EVERY) {
            return None;
        }
        self.told = Some((now, total));
        let limit = LIMIT.get().map_or(0, |share| share.limit);
        let words = format!(
            "{} connections of miners were turned away: at most {limit} files may be open; raise it with LimitNOFILE= or `ulimit -n`",
            total - before
        );
        Some(Event::new(at, EventKind::OpenFilesFull, "hub", words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_leaves_something_for_everybody() {
        for limit in [64, 100, 256, 1024, 4096, 20_000, 1 << 20] {
            let share = Share::of(limit);
            let api = share.api_limits();
            let kept = limit - share.hub;
            assert!(share.hub >= limit / 3 && api.tcp_max >= 8 && api.unix_max >= 8, "{limit}: {share:?}");
            assert!(kept > api.tcp_max + api.unix_max + 16, "{limit}: {share:?}");
        }
    }
}
