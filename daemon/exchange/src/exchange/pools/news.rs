//! What is told of one pool of one account: when it becomes unhealthy, why, in whose words, and when it is well
//! again. Each once, not once an attempt.

use std::sync::Arc;
use std::time::Duration;

use super::super::{GroupKey, Output};
use crate::endpoint::Endpoint;
use crate::event::{Event, EventKind, Severity};
use crate::failover::{Health, PoolFault, Standing};
use crate::time::Timestamp;

/// Another fault of an unhealthy pool, or the next fault of one that comes and goes, is told this often.
const ILL_EVERY: Duration = Duration::from_secs(60);
/// Connections that come and go are told this often.
const LINK_EVERY: Duration = Duration::from_secs(10);
/// The same words of a pool are told this often,
const SAID_AGAIN: Duration = Duration::from_secs(3600);
/// and other words this often.
const SAID_EVERY: Duration = Duration::from_secs(60);
/// Redirects are told this often.
const REDIRECT_EVERY: Duration = Duration::from_secs(600);

/// Something that is told now and then, with how often it happened meanwhile.
#[derive(Debug, Default)]
struct Pace {
    told: Option<Timestamp>,
    count: u64,
}

impl Pace {
    /// It happened. How often since it was last told, if it is to be told now.
    fn happened(&mut self, now: Timestamp, every: Duration) -> Option<u64> {
        self.count += 1;
        if self.told.is_some_and(|at| now.since(at) < every) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}

/// What was told of one pool, and its last words.
#[derive(Debug, Default)]
pub(in super::super) struct News {
    words: Arc<str>,
    message: Option<(Timestamp, Arc<str>)>,
    message_told: Option<(Timestamp, Arc<str>)>,
    /// The fault that was told, and when it began.
    ill: Option<(PoolFault, Timestamp)>,
    ill_told: Option<Timestamp>,
    connected: Pace,
    lost: Pace,
    redirected: Pace,
    redirect_refused: Pace,
}

impl News {
    /// The pool's or the system's own words about what ails it.
    pub(in super::super) fn words(&self) -> &str {
        &self.words
    }

    /// What it last said unasked.
    pub(in super::super) fn message(&self) -> Option<(Timestamp, Arc<str>)> {
        self.message.clone()
    }

    /// Why it lost its work, as long as it has not shown that it takes work again.
    pub(in super::super) fn unproven(&self, standing: &Standing) -> Option<PoolFault> {
        self.ill.map(|(fault, _)| fault).filter(|_| standing.is_unproven())
    }

    /// How it is now, and what the pool or the system says about it.
    pub(super) fn health(
        &mut self,
        now: Timestamp,
        key: &GroupKey,
        standing: &Standing,
        words: &str,
        url: &Endpoint,
    ) -> Option<Output> {
        let health = standing.health;
        let is_same = match health {
            // What ailed it says nothing about a healthy pool, and all about one that is not proven yet.
            Health::Healthy(_) => standing.is_unproven(),
            // A new connection to a pool with the old fault has not heard its words yet.
            Health::Unhealthy(_, fault) => {
                words.is_empty()
                    && (!fault.is_known() || self.ill.is_some_and(|(told, _)| told == fault))
                    && self.ill.is_some()
            }
        };
        if !is_same && *self.words != *words {
            self.words = words.into();
        }
        let words = &*self.words.clone();
        let (account, pool) = key;
        let event = |kind, message: String| {
            Event::new(now, kind, format!("pool/{pool}"), message).with("account", account).with("url", url)
        };
        match health {
            Health::Healthy(_) if standing.is_unproven() => None,
            Health::Healthy(_) => {
                let (fault, since) = self.ill.take()?;
                let lasted = now.since(since).as_secs();
                let message = format!("{pool} of {account} is healthy again after {lasted} s");
                Some(event(EventKind::PoolHealthy, message).with("reason", fault.name()))
            }
            Health::Unhealthy(since, fault) if fault.is_known() => {
                if self.ill.is_some_and(|(told, _)| told == fault)
                    || self.ill_told.is_some_and(|at| now.since(at) < ILL_EVERY)
                {
                    return None;
                }
                self.ill = Some((fault, self.ill.map_or(since, |(_, since)| since)));
                self.ill_told = Some(now);
                let said = if words.is_empty() { String::new() } else { format!(" ({words})") };
                let message = format!("{pool} of {account} {}{said}", fault.words());
                let event = event(EventKind::PoolUnhealthy, message).with("reason", fault.name());
                Some(if words.is_empty() { event } else { event.with("words", words) })
            }
            Health::Unhealthy(..) => None,
        }
        .map(Output::Event)
    }

    /// A connection can be mined on.
    pub(super) fn connected(&mut self, now: Timestamp, key: &GroupKey, url: &Endpoint) -> Option<Output> {
        let (account, pool) = key;
        let count = self.connected.happened(now, LINK_EVERY)?;
        let message = format!("{pool} is ready for {account} at {url}");
        let event = Event::new(now, EventKind::PoolConnected, format!("pool/{pool}"), message);
        Some(Output::Event(event.with("account", account).with("count", count)))
    }

    /// A connection that could be mined on is gone.
    pub(super) fn lost(
        &mut self,
        now: Timestamp,
        key: &GroupKey,
        why: &str,
        rigs: usize,
        unanswered: usize,
    ) -> Option<Output> {
        let (account, pool) = key;
        let count = self.lost.happened(now, LINK_EVERY)?;
        let severity = if rigs > 0 { Severity::Error } else { Severity::Warning };
        let message = format!("{account} lost its connection to {pool}: {why}");
        let event = Event::new(now, EventKind::PoolLost, format!("pool/{pool}"), message).told_as(severity);
        let event = event.with("rigs", rigs).with("unanswered", unanswered).with("account", account);
        Some(Output::Event(event.with("count", count)))
    }

    /// The pool has words for us.
    pub(super) fn said(&mut self, now: Timestamp, key: &GroupKey, words: String) -> Option<Output> {
        if words.is_empty() {
            return None;
        }
        let words: Arc<str> = words.into();
        self.message = Some((now, words.clone()));
        if let Some((at, told)) = &self.message_told {
            let every = if *told == words { SAID_AGAIN } else { SAID_EVERY };
            if now.since(*at) < every {
                return None;
            }
        }
        self.message_told = Some((now, words.clone()));
        let (account, pool) = key;
        let message = format!("{pool} says to {account}: {words}");
        let event = Event::new(now, EventKind::PoolMessage, format!("pool/{pool}"), message);
        Some(Output::Event(event.with("account", account).with("words", words)))
    }

    /// The pool sends us elsewhere.
    pub(super) fn redirected(
        &mut self,
        now: Timestamp,
        pool: &str,
        to: &str,
        obeyed: bool,
    ) -> Option<Output> {
        let pace = if obeyed { &mut self.redirected } else { &mut self.redirect_refused };
        let count = pace.happened(now, REDIRECT_EVERY)?;
        let (kind, words) = if obeyed {
            (EventKind::PoolRedirected, "redirects us to")
        } else {
            (EventKind::PoolRedirectRefused, "tried to redirect us to a host that is not allowed:")
        };
        let event = Event::new(now, kind, format!("pool/{pool}"), format!("{pool} {words} {to}"));
        Some(Output::Event(event.with("to", to).with("count", count)))
    }
}
