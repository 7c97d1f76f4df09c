//! Desired and actual state as a status document: what was promised, what is delivered, who works where.

use std::collections::HashMap;

use exchange::failover::{Health, PoolFault};
use exchange::label::PARKED;
use exchange::meter::Reading;
use exchange::service::Service;
use exchange::snapshot::{PoolFacts, RigShares, RouteFacts, SessionFacts, TrustFacts};
use exchange::tally::{Passage, Refusals};
use exchange::time::Timestamp;
use schema::api::{
    HubCounters, OverrideAction, OverrideDoc, PeriodStatus, PoolMessage, PoolState, PoolStatus, RejectCount,
    RentalState, RentalStatus, RigStatus, Scale, ServiceState, ShareFlow, StatusDoc,
};
use schema::farm::Farm;
use schema::inventory::ResolvedRig;

use crate::coverage::Coverage;
use crate::followed;
use crate::label::{is_running, label};
use crate::live::Live;
use crate::power_limit::why_parked;
use crate::promise::Promise;
use crate::schedule::ALGORITHM;

/// The status of everything.
pub fn status(live: &Live, mut overrides: Vec<OverrideDoc>) -> StatusDoc {
    followed::note(live, &mut overrides);
    let snapshot = &live.snapshot;
    let sum = |field: fn(&RouteFacts) -> u64| snapshot.routes.iter().map(field).sum();
    StatusDoc {
        kind: Default::default(),
        format_version: Default::default(),
        at: snapshot.at.rfc3339(),
        farm: live.desired.as_ref().map(|desired| desired.farm.name.to_string()),
        generation: live.generation(),
        epoch: live.epoch,
        converged: live.is_converged(),
        pending_rigs: live.pending() as u64,
        scale: Scale { simulated: live.scale != 1.0, factor: live.scale },
        window_seconds: 600,
        rentals: rentals(live),
        rigs: rigs(live),
        pools: pools(live),
        outages: live.outages.to_vec(),
        overrides,
        hub: HubCounters {
            started_at: live.started.rfc3339(),
            sessions: snapshot.connections as u64,
            upstreams: snapshot.pools.iter().map(|pool| pool.connections as u64).sum(),
            shares_accepted: sum(|route| route.passage.taken),
            shares_rejected: sum(|route| route.rejected.values().sum()),
            turned_away: snapshot.turned_away.iter().map(|(why, n)| ((*why).to_owned(), *n)).collect(),
        },
        listeners: live.listeners.to_vec(),
        storage: Default::default(),
        api: None,
        open_files: None,
    }
}

/// Hashes per second with both ends of the interval, at nominal scale.
fn rate(reading: &Reading, scale: f64) -> (f64, f64, f64) {
    if reading.seconds <= 0.0 {
        return (0.0, 0.0, 0.0);
    }
    let factor = 1.0 / reading.seconds / scale;
    let interval = reading.interval();
    (reading.sum.hashes() * factor, interval.low * factor, interval.high * factor)
}

fn rentals(live: &Live) -> Vec<RentalStatus> {
    let Some(desired) = &live.desired else { return Vec::new() };
    let farm = &desired.farm;
    let coverage: HashMap<&str, &Coverage> = live.coverage.iter().map(|line| (&*line.label, line)).collect();
    let routes: HashMap<&str, &RouteFacts> =
        live.snapshot.routes.iter().map(|route| (&*route.label, route)).collect();
    let mut serving: HashMap<&str, u64> = HashMap::new();
    for session in &live.snapshot.sessions {
        if let Some(label) = &session.serving {
            *serving.entry(label).or_default() += 1;
        }
    }
    let zone = farm.timezone.zone();
    farm.rentals()
        .map(|(customer, name, rental)| {
            let label = label(customer, name);
            let line = coverage.get(&*label);
            let route = routes.get(&*label);
            let (delivered, low, high) =
                route.map_or((0.0, 0.0, 0.0), |route| rate(&route.reading, live.scale));
            let pools: Vec<&PoolFacts> =
                live.snapshot.pools.iter().filter(|pool| *pool.account == *customer.as_str()).collect();
            let in_use = pools.iter().find(|pool| route.is_some_and(|r| r.pool.as_ref() == Some(&pool.pool)));
            let rigs = serving.get(&*label).copied().unwrap_or(0);
            let (state, why) = match state(farm, rental, live, line, &label) {
                (RentalState::Running, _) => running(rental.hashrate.is_some(), rigs, &pools),
                other => other,
            };
            let time = |moment: &schema::moment::Moment| Timestamp(moment.as_micros(&zone)).rfc3339();
            RentalStatus {
                customer: customer.to_string(),
                name: name.to_string(),
                state,
                why,
                contracted: rental.hashrate.map(|hashrate| hashrate.hashes_per_second()),
                expected: line.map_or(0.0, |line| line.covered),
                delivered,
                delivered_low: low,
                delivered_high: high,
                period: live.promises.get(&*label).map(|promise| period(promise, farm, rental)),
                rigs,
                pool: in_use.map(|pool| pool.pool.to_string()),
                shares: route.map(|route| flow(&route.passage)).unwrap_or_default(),
                rejected: route.map_or(0, |route| route.rejected.values().sum()),
                rejects: route.map(|route| rejects(&route.rejected)).unwrap_or_default(),
                from: rental.from.as_ref().map(time),
                until: rental.until.as_ref().map(time),
            }
        })
        .collect()
}

/// What is so of a rental that should run and lacks no rig: rigs that are there and work that somebody takes are facts,
/// a plan is none.
fn running(is_promised: bool, rigs: u64, pools: &[&PoolFacts]) -> (RentalState, Option<String>) {
    let takes_work = |pool: &&PoolFacts| pool.health.is_healthy() && pool.unproven.is_none();
    if !pools.is_empty() && !pools.iter().any(takes_work) {
        return (RentalState::Paused, Some("none of the customer's pools takes work".into()));
    }
    match (rigs, is_promised) {
        (0, true) => (RentalState::Short, Some("no rig mines for it".into())),
        (0, false) => (RentalState::Idle, Some("no rig is left for it".into())),
        _ => (RentalState::Running, None),
    }
}

fn period(promise: &Promise, farm: &Farm, rental: &schema::farm::Rental) -> PeriodStatus {
    PeriodStatus {
        from: promise.from.rfc3339(),
        until: promise.until.rfc3339(),
        owed: promise.owed.hashes(),
        credited: promise.credited.hashes(),
        excused: promise.excused.hashes(),
        delivered: promise.delivered(),
        delivered_min: farm.policy(&rental.policy).sla.map(|sla| sla.delivered_min.fraction()),
        // What came late may have made up for it already, before fewer rigs are sent.
        catching_up: promise.aim.catching_up && promise.credited < promise.owed.into(),
    }
}

fn state(
    farm: &Farm,
    rental: &schema::farm::Rental,
    live: &Live,
    line: Option<&&Coverage>,
    label: &str,
) -> (RentalState, Option<String>) {
    let now = live.snapshot.at;
    let zone = farm.timezone.zone();
    if rental.until.as_ref().is_some_and(|until| until.as_micros(&zone) <= now.0) {
        return (RentalState::Ended, None);
    }
    if !is_running(farm, rental, now) {
        return (RentalState::Scheduled, None);
    }
    if live.paused.contains(label) {
        return (RentalState::Paused, Some("none of the customer's pools takes work".into()));
    }
    match line {
        Some(line) if line.short() > 0.0 => {
            let share = 100.0 * line.short() / line.contracted.unwrap_or(f64::INFINITY);
            (
                RentalState::Short,
                Some(format!("the rigs that may serve it give {share:.1} % less than the contract")),
            )
        }
        Some(_) => (RentalState::Running, None),
        None => (RentalState::Scheduled, None),
    }
}

fn rigs(live: &Live) -> Vec<RigStatus> {
    let mut sessions: HashMap<&str, &SessionFacts> = HashMap::new();
    let mut strangers = Vec::new();
    for session in &live.snapshot.sessions {
        match &session.rig {
            Some(rig) if !session.clone => {
                sessions.insert(rig, session);
            }
            _ => strangers.push(session),
        }
    }
    let absent: HashMap<&str, &RigShares> =
        live.snapshot.absent.iter().map(|(rig, shares)| (&**rig, shares)).collect();
    let none = RigShares::default();
    let out_of_service: Vec<&str> = live
        .overrides
        .iter()
        .filter_map(|action| match action {
            OverrideAction::OutOfService { rig } => Some(rig.as_str()),
            _ => None,
        })
        .collect();
    let known = live.desired.iter().flat_map(|desired| desired.inventory.rigs()).map(|rig| {
        let session = sessions.get(rig.name.as_str()).copied();
        let state = session.map_or(ServiceState::Offline, service);
        let is_away = state == ServiceState::Online && live.away.contains(rig.name.as_str());
        let (state, why) = match parked_words(live, rig) {
            parked @ Some(_) => (ServiceState::OutOfService, parked),
            None if out_of_service.contains(&rig.name.as_str()) => (ServiceState::OutOfService, None),
            None if is_away => (ServiceState::Returning, Some(ON_TRIAL.to_owned())),
            None => (state, None),
        };
        let shares =
            session.map(|session| &session.shares).or_else(|| absent.get(rig.name.as_str()).copied());
        let shares = shares.unwrap_or(&none);
        RigStatus { why, ..one_rig(live, rig.name.as_str(), Some(rig), session, shares, state) }
    });
    let unknown = strangers.into_iter().map(|session| {
        let name = if session.clone { format!("{} (clone)", session.user) } else { session.user.to_string() };
        one_rig(live, &name, None, Some(session), &session.shares, ServiceState::Quarantined)
    });
    known.chain(unknown).collect()
}

/// Why a rig is not trusted whose shares say nothing against it.
const ON_TRIAL: &str = "it was away from its rental when the daemon started, and must prove itself first";

/// Why a rig gets no work, if its site must draw less.
fn parked_words(live: &Live, rig: &ResolvedRig) -> Option<String> {
    if !live.assignment.is_parked(rig.name.as_str()) {
        return None;
    }
    let cap = live.caps.iter().find(|cap| Some(&cap.site) == rig.site.as_ref());
    let zone = live.desired.as_ref()?.farm.timezone.zone();
    let held = cap.map(|cap| cap.words(&zone, live.snapshot.at));
    Some(why_parked(held.as_deref(), rig.power(ALGORITHM).is_some()))
}

fn service(session: &SessionFacts) -> ServiceState {
    match session.service {
        Service::Vetting => ServiceState::Vetting,
        Service::Online => ServiceState::Online,
        Service::Suspect => ServiceState::Suspect,
        Service::Degraded => ServiceState::Degraded,
        Service::Dead => ServiceState::Dead,
        Service::Offline => ServiceState::Offline,
        Service::Returning => ServiceState::Returning,
        Service::OutOfService => ServiceState::OutOfService,
        Service::Quarantined => ServiceState::Quarantined,
    }
}

fn one_rig(
    live: &Live,
    name: &str,
    rig: Option<&ResolvedRig>,
    session: Option<&SessionFacts>,
    shares: &RigShares,
    state: ServiceState,
) -> RigStatus {
    let now = live.snapshot.at;
    let (measured, low, high) = session.map_or((0.0, 0.0, 0.0), |s| rate(&s.reading, live.scale));
    let serving = session.and_then(|session| session.serving.as_ref());
    let wanted = match session {
        Some(session) => Some(session.wanted.to_string()),
        None => live.assignment.labels.get(name).map(|label| label.to_string()),
    };
    RigStatus {
        name: name.to_owned(),
        site: rig.and_then(|rig| rig.site.as_ref()).map(ToString::to_string),
        rack: rig.and_then(|rig| rig.rack.as_ref()).map(ToString::to_string),
        state,
        since: session.map(|session| session.service_since.rfc3339()),
        why: None,
        wanted: wanted.filter(|wanted| match serving {
            Some(serving) => **serving != **wanted,
            None => wanted != PARKED,
        }),
        serving: serving.map(|label| label.to_string()),
        home: live.assignment.homes.get(name).map(|label| label.to_string()),
        pool: session.and_then(|session| session.pool.as_ref()).map(|pool| pool.to_string()),
        expected: rig.map_or(0.0, |rig| rig.hashrate(ALGORITHM).hashes_per_second()),
        measured,
        measured_low: low,
        measured_high: high,
        difficulty: session.map(|session| session.difficulty),
        last_share_age: session.and_then(|s| s.last_share).map(|at| now.since(at).as_secs_f64()),
        accepted: shares.accepted,
        rejected: shares.rejected,
        rejects: rejects(&shares.refusals),
        pool_refused: rejects(&shares.pool_refusals),
        address: session.map(|session| session.address.to_string()),
        agent: session.map(|session| session.agent.to_string()),
        connected_at: session.map(|session| session.since.rfc3339()),
    }
}

fn flow(passage: &Passage) -> ShareFlow {
    ShareFlow {
        taken: passage.taken,
        forwarded: passage.forwarded,
        accepted: passage.accepted,
        refused: rejects(&passage.refused),
        unanswered: passage.unanswered,
        undeliverable: passage.undeliverable,
    }
}

fn rejects(refusals: &Refusals) -> Vec<RejectCount> {
    let one = |(reason, count): (&stratum::work::Reason, &u64)| RejectCount {
        reason: reason.name().to_owned(),
        count: *count,
    };
    refusals.iter().map(one).collect()
}

fn state_of(fault: PoolFault) -> PoolState {
    match fault {
        PoolFault::Connecting | PoolFault::Lost => PoolState::Connecting,
        PoolFault::ConnectionRefused
        | PoolFault::NameUnknown
        | PoolFault::Unreachable
        | PoolFault::ConnectionTimeout
        | PoolFault::Tls
        | PoolFault::NotStratum
        | PoolFault::Closed
        | PoolFault::Full
        | PoolFault::Away
        | PoolFault::Redirecting => PoolState::Down,
        PoolFault::SubscribeRefused | PoolFault::Unauthorized | PoolFault::Rejecting => PoolState::Rejecting,
        PoolFault::ExtranonceUnusable | PoolFault::JobUnusable | PoolFault::DifficultyUnusable => {
            PoolState::Unusable
        }
        PoolFault::NoSubscribeAnswer
        | PoolFault::NoAuthorizeAnswer
        | PoolFault::NoJob
        | PoolFault::Silent => PoolState::Stalled,
    }
}

/// The hub's pools, and those it was not told of because their passwords could not be read.
fn pools(live: &Live) -> Vec<PoolStatus> {
    let snapshot = &live.snapshot;
    let mut shown: Vec<PoolStatus> = snapshot.pools.iter().map(|facts| pool(facts, snapshot.at)).collect();
    for missing in live.secrets_missing.iter() {
        let why = Some(missing.why.clone());
        let is_its = |pool: &&mut PoolStatus| pool.customer == missing.whose && pool.pool == missing.pool;
        if let Some(pool) = shown.iter_mut().find(is_its) {
            (pool.state, pool.why) = (PoolState::Down, why);
            continue;
        }
        let urls = live.desired.as_ref().and_then(|desired| {
            desired
                .farm
                .pools
                .iter()
                .find(|(name, _)| name.as_str() == missing.pool)
                .map(|(_, pool)| &pool.urls)
        });
        let url = urls.and_then(|urls| urls.first()).map(ToString::to_string).unwrap_or_default();
        let last = shown.iter().rposition(|pool| pool.customer == missing.whose);
        let at = last.map_or(shown.len(), |last| last + 1);
        let pool = PoolStatus {
            customer: missing.whose.clone(),
            pool: missing.pool.clone(),
            url,
            state: PoolState::Down,
            why,
            reason: Some(PoolStatus::PASSWORD_UNREADABLE.into()),
            message: None,
            retry_in: None,
            since: None,
            in_use: false,
            connections: 0,
            rigs: 0,
            difficulty: None,
            shares: ShareFlow::default(),
            pending: 0,
            last_job_age: None,
            latency: None,
        };
        shown.insert(at, pool);
    }
    shown
}

/// Why it lost its work, for the sentence that says what it must show.
fn unproven(facts: &PoolFacts) -> String {
    let Some(fault) = facts.unproven else { return String::new() };
    match &*facts.words {
        "" => format!("{} when it had work; ", fault.words()),
        words => format!("{} when it had work ({words}); ", fault.words()),
    }
}

fn pool(facts: &PoolFacts, now: Timestamp) -> PoolStatus {
    let (state, why, since) = match facts.health {
        _ if !facts.wanted && facts.connections == 0 => (PoolState::Idle, None, None),
        Health::Healthy(since) if facts.in_use => (PoolState::Ready, None, Some(since)),
        Health::Healthy(since) => match &facts.trust {
            TrustFacts::Trusted => (PoolState::Standby, None, Some(since)),
            TrustFacts::Waits { until, relapses } => {
                let again = match relapses {
                    0 => String::new(),
                    1 => ", because it failed again when it was tried or had its work back".into(),
                    n => {
                        format!(", because it failed again {n} times when it was tried or had its work back")
                    }
                };
                let why = format!("{}must stay healthy until {}{again}", unproven(facts), until.rfc3339());
                (PoolState::Returning, Some(why), Some(since))
            }
            TrustFacts::OnTrial { since, rig } => {
                let rig = rig.as_deref().unwrap_or("no rig yet");
                let why = format!("{}is on trial: {rig} tries it before the others follow", unproven(facts));
                (PoolState::Returning, Some(why), Some(*since))
            }
        },
        Health::Unhealthy(since, fault) => {
            let why = match &*facts.words {
                "" => fault.words().to_owned(),
                words => format!("{} ({words})", fault.words()),
            };
            (state_of(fault), Some(why), Some(since))
        }
    };
    let ill = match facts.health {
        _ if state == PoolState::Idle => None,
        Health::Unhealthy(_, fault) => Some(fault),
        Health::Healthy(_) => facts.unproven,
    };
    PoolStatus {
        customer: facts.account.to_string(),
        pool: facts.pool.to_string(),
        url: facts.url.clone(),
        state,
        why,
        reason: ill.map(|fault| fault.name().to_owned()),
        since: since.map(Timestamp::rfc3339),
        retry_in: facts.retry_at.map(|at| at.since(now).as_secs_f64()),
        message: facts
            .message
            .as_ref()
            .map(|(at, words)| PoolMessage { at: at.rfc3339(), words: words.to_string() }),
        in_use: facts.in_use,
        connections: facts.connections as u64,
        rigs: facts.rigs as u64,
        difficulty: Some(facts.difficulty).filter(|difficulty| *difficulty > 0.0),
        shares: flow(&facts.passage),
        pending: facts.pending as u64,
        last_job_age: facts.last_job.map(|at| now.since(at).as_secs_f64()),
        latency: Some(facts.latency_ms / 1000.0).filter(|latency| *latency > 0.0),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::desired::Desired;
    use exchange::snapshot::Snapshot;

    fn live() -> Live {
        let text = json!({
            "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "UTC",
            "pools": {"p": {"urls": ["stratum+tcp://p.example:3333"]}},
            "house": {"pools": [{"pool": "p", "user": "u"}]},
            "models": {"m": {"algorithms": {"sha256d": {"hashrate": "100 TH/s", "power": "3000 W"}}}},
            "sites": {"hall": {}}, "rigs": {"a-1..4": {"model": "m", "site": "hall"}},
        });
        let farm: Farm = serde_json::from_value(text).expect("a farm");
        let mut live = Live::new(Timestamp::default(), 1.0);
        live.desired = Some(Arc::new(Desired::of(1, farm)));
        let session = |rig: &str| SessionFacts {
            rig: Some(rig.into()),
            clone: false,
            user: rig.into(),
            agent: "".into(),
            address: ([127, 0, 0, 1], 1).into(),
            since: Timestamp::default(),
            serving: None,
            wanted: "house".into(),
            pool: None,
            difficulty: 1.0,
            reading: Reading::NONE,
            last_share: None,
            service: Service::Online,
            service_since: Timestamp::default(),
            work: Default::default(),
            shares: RigShares::default(),
        };
        let sessions = ["a-1", "a-2", "a-3"].map(session).into();
        live.snapshot = Arc::new(Snapshot { sessions, ..Snapshot::default() });
        live
    }

    #[test]
    fn running_means_that_rigs_work_and_somebody_takes_it() {
        use exchange::failover::{Health, PoolFault};
        let at = Timestamp::default();
        let pool = |health| crate::sample::pool_facts("p", health);
        let (well, ill) = (pool(Health::Healthy(at)), pool(Health::Unhealthy(at, PoolFault::Silent)));
        let state = |promised, rigs, pools: &[&PoolFacts]| running(promised, rigs, pools).0;
        assert_eq!(state(true, 3, &[&ill, &well]), RentalState::Running);
        assert_eq!(state(true, 0, &[&well]), RentalState::Short);
        assert_eq!(state(false, 0, &[&well]), RentalState::Idle);
        assert_eq!(state(true, 3, &[&ill]), RentalState::Paused, "rigs at a dead pool mine for nobody");
        assert_eq!(state(true, 3, &[]), RentalState::Running, "a hub that has not heard of the pools yet");
        assert!([running(true, 0, &[&well]), running(true, 3, &[&ill])].iter().all(|(_, why)| why.is_some()));
    }

    #[test]
    fn a_rig_that_is_not_what_its_shares_say_comes_with_the_reason() {
        let mut live = live();
        live.away = Arc::new(["a-2".into(), "a-3".into(), "a-4".into()].into());
        let assignment = Arc::make_mut(&mut live.assignment);
        assignment.labels = [("a-3".into(), PARKED.into())].into_iter().collect();
        let status = status(&live, Vec::new());
        let rigs: Vec<_> = status.rigs.iter().map(|rig| (rig.state, rig.why.as_deref())).collect();
        assert_eq!(
            rigs,
            [
                (ServiceState::Online, None),
                (ServiceState::Returning, Some(ON_TRIAL)),
                (ServiceState::OutOfService, Some("its site must draw less")),
                (ServiceState::Offline, None),
            ]
        );
    }
}
