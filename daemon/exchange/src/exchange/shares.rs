//! Shares: checked here in full, counted, answered, and forwarded when the pool's target is met.

use std::sync::Arc;
use std::time::Duration;

use stratum::peer::{RequestId, ToMiner};
use stratum::work::{Difficulty, Reason, Share, Target};

use super::{Exchange, GroupKey, Output, service_changed};
use crate::duplicates::{Fingerprint, Novelty};
use crate::event::{Event, EventKind};
use crate::id::SessionId;
use crate::journal::Record;
use crate::session::Session;
use crate::session::jobs::MinerJob;
use crate::tally::{Passage, PoolKey, PoolOutcome};
use crate::time::Timestamp;
use crate::upstream::PoolJob;
use crate::work::Work;

/// How far a share's time may run ahead of its job's, seconds: what ckpool allows.
const TIME_AHEAD_MAX: u32 = 7000;
/// Shares for work that the pool has replaced are still forwarded this long: they were on their way.
const STALE_GRACE: Duration = Duration::from_secs(2);
/// Refusals of one pool are told this often.
const REFUSED_EVERY: Duration = Duration::from_secs(30);
/// Some programs compute targets with another constant, up to 15.3 ppm off; that is rounding, no fault.
const ROUNDING: f64 = 1.6e-5;

impl Exchange {
    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    pub(super) fn on_share(
        &mut self,
        now: Timestamp,
        id: SessionId,
        request: RequestId,
        user: &str,
        job: &str,
        share: Result<Share, Reason>,
        out: &mut Vec<Output>,
    ) {
        if !self.strangers.spend(now, id) {
            return self.reject(now, id, request, Reason::TooMany, Work::NONE, out);
        }
        let found = match self.judge(now, id, user, job, share) {
            Ok(found) => found,
            Err((reason, work)) => return self.reject(now, id, request, reason, work, out),
        };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.take_share(now, found.work);
        let is_first = session.accepted == 1;
        self.strangers.works(now, id);
        // What is counted of a rig that was silent says nothing about how hard its shares should be.
        let watch = session.rig().and_then(|rig| self.watches.get(rig));
        if watch.is_some_and(|watch| watch.says_nothing_until(now).is_some()) {
            session.vardiff.hold(now);
        }
        let retarget = session.vardiff.on_share(now, found.difficulty).is_some();
        let rig = session.booked_as();
        let worker = super::pools::worker_of(session);
        if session.rig().is_some() {
            self.watch_share(now, &rig, out);
        }
        let record = Record {
            at: now.shifted(self.ahead),
            rig,
            account: found.label.clone(),
            work: found.work,
            print: Fingerprint::of(&found.hash),
        };
        self.tally.share(record.key(), found.work);
        let flow = self.flow(now, &found.label);
        flow.passage.taken += 1;
        flow.meter.add(now, found.work);
        out.push(Output::Journal(record));
        out.push(Output::ToMiner(id, ToMiner::Done { id: request }));
        self.forward(now, worker, found, out);
        if is_first {
            self.on_clones_first_share(now, id, out);
        }
        if retarget {
            self.hand_out(now, id, false, out);
        }
    }

    /// What a rig's good share says about its service.
    fn watch_share(&mut self, now: Timestamp, rig: &Arc<str>, out: &mut Vec<Output>) {
        let Some(watch) = self.watches.get_mut(rig) else { return };
        let before = watch.on_share(now);
        out.extend(before.and_then(|before| service_changed(now, rig, before, watch)));
        if watch.overdelivers() {
            out.push(Output::Event(Event::new(
                now,
                EventKind::RigOverdelivers,
                format!("rig/{rig}"),
                format!(
                    "{rig} submits far more shares than its model can find; check its model in the farm file"
                ),
            )));
        }
    }

    /// Finds the job, hashes the share, and says why it counts for nothing if it does not. Nothing is copied of the job
    /// or of what was seen of its work; what it counts is rounded here, once.
    fn judge(
        &mut self,
        now: Timestamp,
        id: SessionId,
        user: &str,
        job: &str,
        share: Result<Share, Reason>,
    ) -> Result<Found, (Reason, Work)> {
        let session = self.sessions.get(&id).ok_or((Reason::Other, Work::NONE))?;
        session.own.ok_or((Reason::NotSubscribed, Work::NONE))?;
        // Some programs send another name than they introduced themselves with; any of theirs will do.
        if !session.users.iter().any(|known| **known == *user.trim()) {
            return Err((Reason::Unauthorized, Work::NONE));
        }
        let Some(job) = session.jobs.find(job) else {
            // One that we gave and have forgotten is too late, nothing else.
            let was_given = session.jobs.was_given(job);
            return Err((if was_given { Reason::Stale } else { Reason::UnknownJob }, Work::NONE));
        };
        let work = job.share();
        let no = |reason| (reason, work);
        let mut share = share.map_err(no)?;
        if share.extranonce_2().len() != usize::from(job.geometry.rolled) {
            return Err(no(Reason::ExtranonceSize));
        }
        let earliest = job.job.work.job.time;
        if share.time < earliest || share.time > earliest.saturating_add(TIME_AHEAD_MAX) {
            return Err(no(Reason::TimeOutOfRange));
        }
        let mask = rolled(session, job, &mut share).map_err(no)?;
        let target = job.target();
        let fixed = [job.piece.filler(), job.fixed()];
        let solution = job.job.work.solve(job.job.algorithm, fixed, &share, mask, target);
        if solution.hash > target && !is_rounding(solution.hash, target) {
            return Err(no(Reason::LowDifficulty));
        }
        match self.duplicates.note(job.job.id, Fingerprint::of(&solution.hash)) {
            Novelty::New => {}
            Novelty::Seen => return Err(no(Reason::Duplicate)),
            Novelty::Forgotten => return Err(no(Reason::Stale)),
        }
        if let Some(upstream) = self.upstreams.get(&job.job.upstream)
            && upstream.is_home_of(&job.job)
            && upstream.stale_since(&job.job).is_some_and(|since| now.since(since) > STALE_GRACE)
        {
            return Err(no(Reason::Stale));
        }
        // Most shares are too easy for the pool.
        let is_wanted = solution.hash <= job.job.target;
        let whole = || [fixed[0], fixed[1], share.extranonce_2()].concat();
        let extranonce_2 = if is_wanted { whole() } else { Vec::new() };
        Ok(Found {
            job: job.job.clone(),
            label: job.label.clone(),
            difficulty: job.difficulty,
            work,
            hash: solution.hash,
            extranonce_2,
            rest: (share.time, share.nonce, solution.version),
        })
    }

    /// Hands a share on to the pool that its job came from, if it meets the pool's target. Work for a connection
    /// that is gone is lost to the pool whether or not it met the target, and is counted so.
    fn forward(&mut self, now: Timestamp, rig: Arc<str>, found: Found, out: &mut Vec<Output>) {
        let Found { job, label, work, hash, extranonce_2, rest, .. } = found;
        let pool = (job.account.clone(), job.pool.clone());
        self.passage(&pool).taken += 1;
        let home = self.upstreams.get_mut(&job.upstream).filter(|upstream| upstream.is_home_of(&job));
        let Some(upstream) = home else {
            return self.count_pool(now, &pool, &label, work, PoolOutcome::Undeliverable);
        };
        if hash > job.target {
            return;
        }
        let user: Arc<str> = upstream.entry.user.expand(&rig).into();
        upstream.authorize(&user, &mut self.to_pool);
        let sent =
            upstream.submit(now, &job, label.clone(), (rig, user), extranonce_2, rest, &mut self.to_pool);
        out.extend(self.to_pool.drain(..).map(|message| Output::ToPool(job.upstream, message)));
        let outcome = if sent { PoolOutcome::Forwarded } else { PoolOutcome::Undeliverable };
        self.count_pool(now, &pool, &label, job.share(), outcome);
    }

    /// A pool has answered a share.
    pub(super) fn on_verdict(
        &mut self,
        now: Timestamp,
        account: &Arc<str>,
        pool: Arc<str>,
        share: crate::upstream::PendingShare,
        (verdict, late): (Result<(), stratum::peer::Refusal>, bool),
        out: &mut Vec<Output>,
    ) {
        let outcome = match &verdict {
            Ok(()) => PoolOutcome::Accepted,
            Err(refusal) => PoolOutcome::Rejected(refusal.reason()),
        };
        if let (PoolOutcome::Rejected(reason), Err(refusal)) = (outcome, &verdict)
            && !late
        {
            self.tell_refused(now, account, &pool, reason, &refusal.text, out);
        }
        if let PoolOutcome::Rejected(reason) = outcome
            && self.orders.rigs.contains_key(&share.rig)
        {
            let refusals = self.pool_refusals.entry(share.rig.clone()).or_default();
            *refusals.entry(reason).or_default() += 1;
        }
        if share.overdue {
            return;
        }
        self.count_pool(now, &(account.clone(), pool), &share.label, share.work, outcome);
    }

    /// Says that a pool refuses shares: the first at once, then their number now and then.
    fn tell_refused(
        &mut self,
        now: Timestamp,
        account: &Arc<str>,
        pool: &Arc<str>,
        reason: Reason,
        words: &str,
        out: &mut Vec<Output>,
    ) {
        let Some(group) = self.groups.get_mut(&(account.clone(), pool.clone())) else { return };
        group.refused += 1;
        if now.since(group.refused_told) < REFUSED_EVERY {
            return;
        }
        let count = std::mem::take(&mut group.refused);
        group.refused_told = now;
        out.push(Output::Event(
            Event::new(
                now,
                EventKind::SharesRefused,
                format!("pool/{pool}"),
                match words {
                    "" => {
                        format!("{pool} refused {count} of {account}'s shares, the last one without a reason")
                    }
                    _ => format!("{pool} refused {count} of {account}'s shares, the last one with: {words}"),
                },
            )
            .with("reason", reason.name())
            .with("account", account)
            .with("count", count),
        ));
    }

    /// Counts what became of a share at its pool, named by account and pool.
    pub(super) fn count_pool(
        &mut self,
        now: Timestamp,
        key: &GroupKey,
        label: &Arc<str>,
        work: Work,
        outcome: PoolOutcome,
    ) {
        self.passage(key).count(outcome);
        self.flow(now, label).passage.count(outcome);
        let minute = now.shifted(self.ahead).minute();
        self.tally.pool(PoolKey { minute, account: label.clone(), pool: key.1.clone(), outcome }, work);
    }

    /// How far work for a pool has come.
    fn passage(&mut self, key: &GroupKey) -> &mut Passage {
        if !self.passages.contains_key(key) {
            self.passages.insert(key.clone(), Passage::default());
        }
        self.passages.get_mut(key).expect("it was inserted if it was not there")
    }
}

/// A share that meets its job's target.
struct Found {
    job: Arc<PoolJob>,
    /// For whom it counts.
    label: Arc<str>,
    difficulty: Difficulty,
    /// What it counts.
    work: Work,
    hash: Target,
    /// As the pool sees it; empty where the pool does not want the share.
    extranonce_2: Vec<u8>,
    /// Time, nonce and version.
    rest: (u32, u32, u32),
}

/// The version bits that the miner may have rolled. Takes out of the share what are no rolled bits.
fn rolled(session: &Session, job: &MinerJob, share: &mut Share) -> Result<u32, Reason> {
    let Some(bits) = share.version_bits.filter(|bits| bits & !job.mask != 0) else { return Ok(job.mask) };
    let granted = job.job.mask;
    if job.mask == 0 && bits == job.job.work.job.version {
        share.version_bits = None;
        Ok(job.mask)
    } else if session.mask.is_none() && bits & !granted == 0 {
        // It rolls without having asked; the pool lets it.
        Ok(granted)
    } else if bits & !session.mask_told == 0 && session.mask_told & !granted == 0 {
        // cgminer's mask belongs to its pool, not to its work: a late share carries the new one.
        Ok(session.mask_told)
    } else {
        Err(Reason::VersionBits)
    }
}

fn is_rounding(hash: Target, target: Target) -> bool {
    hash.to_f64() <= target.to_f64() * (1.0 + ROUNDING)
}
