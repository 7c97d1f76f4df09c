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
use crate::session::jobs::MinerJob;
use crate::tally::{PoolKey, PoolOutcome};
use crate::time::Timestamp;

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
            return self.reject(now, id, request, Reason::TooMany, 0.0, out);
        }
        let (job, found) = match self.judge(now, id, user, job, share) {
            Ok(judged) => judged,
            Err((reason, difficulty)) => return self.reject(now, id, request, reason, difficulty, out),
        };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.accepted += 1;
        session.work += job.difficulty.get();
        session.last_share = Some(now);
        session.meter.add(now, job.difficulty.get());
        let is_first = session.accepted == 1;
        self.strangers.works(now, id);
        // What is counted of a rig that was silent says nothing about how hard its shares should be.
        let watch = session.rig().and_then(|rig| self.watches.get(rig));
        if watch.is_some_and(|watch| watch.says_nothing_until(now).is_some()) {
            session.vardiff.hold(now);
        }
        let retarget = session.vardiff.on_share(now, job.difficulty).is_some();
        let rig = session.booked_as();
        if session.rig().is_some()
            && let Some(watch) = self.watches.get_mut(&rig)
        {
            let before = watch.on_share(now);
            out.extend(before.and_then(|before| service_changed(now, &rig, before, watch)));
            if watch.overdelivers() {
                out.push(Output::Event(Event::new(
                    now,
                    EventKind::RigOverdelivers,
                    format!("rig/{rig}"),
                    format!("{rig} submits far more shares than its model can find; check its model in the farm file"),
                )));
            }
        }
        let record = Record {
            at: now.shifted(self.ahead),
            rig: rig.clone(),
            account: job.label.clone(),
            difficulty: job.difficulty.get(),
            print: Fingerprint::of(&found.hash),
        };
        self.tally.share(record.key());
        let flow = self.flow(now, &job.label);
        flow.passage.taken += 1;
        flow.meter.add(now, job.difficulty.get());
        out.push(Output::Journal(record));
        out.push(Output::ToMiner(id, ToMiner::Done { id: request }));
        let worker = super::pools::worker_of(&self.sessions[&id]);
        self.forward(now, &worker, &job, &found, out);
        if is_first {
            self.on_clones_first_share(now, id, out);
        }
        if retarget {
            self.hand_out(now, id, false, out);
        }
    }

    /// Finds the job, hashes the share, and says why it counts for nothing if it does not.
    fn judge(
        &mut self,
        now: Timestamp,
        id: SessionId,
        user: &str,
        job: &str,
        share: Result<Share, Reason>,
    ) -> Result<(MinerJob, Found), (Reason, f64)> {
        let session = self.sessions.get_mut(&id).ok_or((Reason::Other, 0.0))?;
        session.own.ok_or((Reason::NotSubscribed, 0.0))?;
        // Some programs send another name than they introduced themselves with; any of theirs will do.
        if !session.users.iter().any(|known| **known == *user.trim()) {
            return Err((Reason::Unauthorized, 0.0));
        }
        let (mask_told, configured) = (session.mask_told, session.mask.is_some());
        let Some(job) = session.jobs.find(job).cloned() else {
            // One that we gave and have forgotten is too late, nothing else.
            let was_given = session.jobs.was_given(job);
            return Err((if was_given { Reason::Stale } else { Reason::UnknownJob }, 0.0));
        };
        let difficulty = job.difficulty.get();
        let no = |reason| (reason, difficulty);
        let mut share = share.map_err(no)?;
        if share.extranonce_2().len() != usize::from(job.geometry.rolled) {
            return Err(no(Reason::ExtranonceSize));
        }
        let earliest = job.job.work.job.time;
        if share.time < earliest || share.time > earliest.saturating_add(TIME_AHEAD_MAX) {
            return Err(no(Reason::TimeOutOfRange));
        }
        let mut mask = job.mask;
        if let Some(bits) = share.version_bits
            && bits & !mask != 0
        {
            if mask == 0 && bits == job.job.work.job.version {
                share.version_bits = None;
            } else if !configured && bits & !job.job.mask == 0 {
                // It rolls without having asked; the pool lets it.
                mask = job.job.mask;
            } else if bits & !mask_told == 0 && mask_told & !job.job.mask == 0 {
                // cgminer's mask belongs to its pool, not to its work: a late share carries the new one.
                mask = mask_told;
            } else {
                return Err(no(Reason::VersionBits));
            }
        }
        let mut extranonce_2 = job.piece.filler().to_vec();
        extranonce_2.extend(job.fixed());
        let solution = job.job.work.solve(job.job.algorithm, &extranonce_2, &share, mask, job.target());
        if solution.hash > job.target() && !is_rounding(solution.hash, job.target()) {
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
        extranonce_2.extend(share.extranonce_2());
        let found = Found {
            hash: solution.hash,
            extranonce_2,
            time: share.time,
            nonce: share.nonce,
            version: solution.version,
        };
        Ok((job, found))
    }

    /// Hands a share on to the pool that its job came from, if it meets the pool's target. Work for a connection
    /// that is gone is lost to the pool whether or not it met the target, and is counted so.
    fn forward(
        &mut self,
        now: Timestamp,
        rig: &Arc<str>,
        job: &MinerJob,
        found: &Found,
        out: &mut Vec<Output>,
    ) {
        let pool = (job.job.account.clone(), job.job.pool.clone());
        self.passages.entry(pool.clone()).or_default().taken += 1;
        let home = self.upstreams.get_mut(&job.job.upstream).filter(|upstream| upstream.is_home_of(&job.job));
        let Some(upstream) = home else {
            return self.count_pool(now, &pool, &job.label, job.difficulty, PoolOutcome::Undeliverable);
        };
        if found.hash > job.job.target {
            return;
        }
        let user: Arc<str> = upstream.entry.user.expand(rig).into();
        upstream.authorize(&user, &mut self.to_pool);
        let sent = upstream.submit(
            now,
            &job.job,
            job.label.clone(),
            (rig.clone(), user),
            found.extranonce_2.clone(),
            (found.time, found.nonce, found.version),
            &mut self.to_pool,
        );
        out.extend(self.to_pool.drain(..).map(|message| Output::ToPool(job.job.upstream, message)));
        let outcome = if sent { PoolOutcome::Forwarded } else { PoolOutcome::Undeliverable };
        self.count_pool(now, &pool, &job.label, job.job.difficulty, outcome);
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
        self.count_pool(now, &(account.clone(), pool), &share.label, share.difficulty, outcome);
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
        difficulty: Difficulty,
        outcome: PoolOutcome,
    ) {
        self.passages.entry(key.clone()).or_default().count(outcome);
        self.flow(now, label).passage.count(outcome);
        self.tally.pool(PoolKey {
            minute: now.shifted(self.ahead).minute(),
            account: label.clone(),
            pool: key.1.clone(),
            outcome,
            difficulty: difficulty.get().to_bits(),
        });
    }
}

/// A share that meets its job's target.
struct Found {
    hash: Target,
    extranonce_2: Vec<u8>,
    time: u32,
    nonce: u32,
    version: u32,
}

fn is_rounding(hash: Target, target: Target) -> bool {
    hash.to_f64() <= target.to_f64() * (1.0 + ROUNDING)
}
