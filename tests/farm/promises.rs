//! Promises kept while rigs fail: of 24 rigs in two rentals three die one after another and one loses half of its
//! hash. Twenty shares a second stand for twenty a minute, so seconds stand for minutes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use farm_tests::{Farm, SOON, pool, wait_until};
use schema::api::{RentalState, ServiceState, StatusDoc};
use simulator::pool::PoolHandle;
use simulator::rig::Death;

/// Shares a second of a healthy rig; the detector takes 95 % of them for certain.
const RATE: f64 = 20.0 * 0.95;
/// One false alarm in 10,000 rig-days, in seconds: the level at which a rig is replaced.
const LEVEL: f64 = 1e4 * 86_400.0;
/// What the machinery around the detector may take: its timer, the loop's, the farm's answer to us.
const MACHINERY: Duration = Duration::from_secs(4);
/// How often the farm is asked.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Recovered rigs are trusted after some 25 s at this rate of shares, their dwell included.
const TRUSTED: Duration = Duration::from_secs(150);

/// Lorden's bound for the mean delay, in seconds, when this part of the hash is left.
fn bound(rest: f64) -> f64 {
    let information = RATE * (if rest > 0.0 { rest * rest.ln() } else { 0.0 } + 1.0 - rest);
    (LEVEL * information).ln() / information
}

fn text(alices: &PoolHandle, bobs: &PoolHandle, house: &PoolHandle) -> String {
    format!(
        "\
apiVersion: stratum.farm/v1
kind: Farm
name: story
hubs: {{ main: {{ listeners: {{ asic: {{ bind: '127.0.0.1:3333' }} }}, vardiff: {{ shares_per_minute: 1200 }} }} }}
pools:
  alices: {{ urls: ['{}'] }}
  bobs: {{ urls: ['{}'] }}
  home: {{ urls: ['{}'] }}
sites: {{ hall: {{}} }}
rigs: {{ a-01..24: {{ model: antminer-s19-xp, hashrate: 100 TH/s, site: hall }} }}
house: {{ pools: [{{ pool: home, user: house.$rig }}] }}
customers:
  alice:
    pools: [{{ pool: alices, user: alice.$rig }}]
    rentals: {{ main: {{ hashrate: 900 TH/s, policy: kept, priority: 1 }} }}
  bob:
    pools: [{{ pool: bobs, user: bob.$rig }}]
    rentals: {{ main: {{ hashrate: 900 TH/s, policy: kept }} }}
policies:
  kept:
    return: {{ healthy_for: 5s }}
    spares: {{ slice_min: 2s }}
    sla: {{ delivered_min: 99.99%, period: 1h, catch_up_max: 20%, reserve: 0.02% }}
",
        alices.url(),
        bobs.url(),
        house.url()
    )
}

/// Owed and credited so far, by customer, at a moment.
type Sample = (Instant, BTreeMap<String, (f64, f64)>);

fn sample(status: &StatusDoc) -> Sample {
    let periods = status.rentals.iter().filter_map(|rental| {
        let period = rental.period.as_ref()?;
        Some((rental.customer.clone(), (period.owed, period.credited)))
    });
    (Instant::now(), periods.collect())
}

/// The smallest part that was delivered of what was owed in any window of this length.
fn worst_window(samples: &[Sample], customer: &str, length: Duration) -> f64 {
    let mut worst = f64::INFINITY;
    for (n, (from, before)) in samples.iter().enumerate() {
        let Some((_, after)) = samples[n..].iter().find(|(until, _)| *until - *from >= length) else { break };
        let ((owed, credited), (owed_then, credited_then)) = (before[customer], after[customer]);
        worst = worst.min((credited_then - credited) / (owed_then - owed));
    }
    worst
}

fn serving(status: &StatusDoc) -> BTreeMap<String, String> {
    let serves = |rig: &schema::api::RigStatus| Some((rig.name.clone(), rig.serving.clone()?));
    status.rigs.iter().filter_map(serves).collect()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "figures for docs/measurements.md, shown with --nocapture")]
async fn rigs_die_and_no_customer_notices() {
    let (alices, bobs, house) = (pool("alices").await, pool("bobs").await, pool("house").await);
    let farm = Farm::start().await;
    farm.apply(text(&alices, &bobs, &house)).await;
    let names: Vec<String> = (1..=24).map(|n| format!("a-{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rigs = farm.rigs(&names);
    let state = async |name: &str| farm.rig(name).await.map(|rig| rig.state);
    wait_until("all are vetted and both contracts run", SOON, async || {
        let status = farm.status().await;
        status.rigs.len() == 24
            && status.rigs.iter().all(|rig| rig.state == ServiceState::Online)
            && status.rentals.iter().all(|rental| rental.state == RentalState::Running && rental.rigs == 9)
    })
    .await;
    let at_home = serving(&farm.status().await);
    let of = |label: &str| -> Vec<String> {
        at_home.iter().filter(|(_, to)| *to == label).map(|(rig, _)| rig.clone()).collect()
    };
    let (alice, bob) = (of("alice/main"), of("bob/main"));
    assert_eq!((alice.len(), bob.len()), (9, 9), "{at_home:?}");
    // Behind the grace after an assignment, which says nothing.
    let mut samples = Vec::new();
    let started = Instant::now();
    let watch =
        async |samples: &mut Vec<Sample>, until: &mut dyn FnMut(&StatusDoc) -> bool, most: Duration| {
            let from = Instant::now();
            // What a busy machine takes from us it takes from the daemon, too.
            let mut late = Duration::ZERO;
            loop {
                let look = Instant::now();
                let status = farm.status().await;
                samples.push(sample(&status));
                if until(&status) {
                    return from.elapsed();
                }
                assert!(from.elapsed() < most + late, "not within {most:?} and {late:?}: {:#?}", status.rigs);
                tokio::time::sleep(LOOK_EVERY).await;
                late += look.elapsed().saturating_sub(LOOK_EVERY * 2);
            }
        };
    watch(&mut samples, &mut |_| started.elapsed() > Duration::from_secs(10), SOON).await;

    // Means have tails: half as much again for silence, which has little rng in it, and three times for a loss.
    let dead_max = Duration::from_secs_f64(bound(0.0) * 1.5) + MACHINERY;
    let half_max = Duration::from_secs_f64(bound(0.5) * 3.0) + MACHINERY;
    let failing = [(&alice[0], 0.0), (&bob[0], 0.0), (&alice[1], 0.0), (&bob[1], 0.5)];
    for (name, rest) in failing {
        let rig = rigs.rig(&format!("farm.{name}")).expect("it is in the fleet");
        if rest > 0.0 {
            rig.slow(rest)
        } else {
            rig.die(Death::Silent)
        }
        let wanted = if rest > 0.0 { ServiceState::Degraded } else { ServiceState::Dead };
        let most = if rest > 0.0 { half_max } else { dead_max };
        let mut noticed =
            |status: &StatusDoc| status.rigs.iter().any(|rig| rig.name == **name && rig.state == wanted);
        let took = watch(&mut samples, &mut noticed, most).await;
        println!("{name}, {rest} left: {took:?}, bound of the mean {:.1} s", bound(rest));
        let mut replaced = |status: &StatusDoc| {
            let serves = serving(status);
            ["alice/main", "bob/main"].iter().all(|label| {
                let well = |rig: &&schema::api::RigStatus| {
                    serves.get(&rig.name).map(String::as_str) == Some(label)
                        && matches!(rig.state, ServiceState::Online | ServiceState::Vetting)
                };
                status.rigs.iter().filter(well).count() >= 9
            })
        };
        watch(&mut samples, &mut replaced, SOON).await;
    }

    // Repaired, each proves itself, returns to its own customer, and the spares go home.
    for (name, rest) in failing {
        let rig = rigs.rig(&format!("farm.{name}")).expect("it is in the fleet");
        if rest > 0.0 { rig.slow(1.0) } else { rig.revive() }
    }
    let mut all_home = |status: &StatusDoc| {
        let caught_up = status
            .rentals
            .iter()
            .all(|rental| rental.period.as_ref().is_some_and(|period| period.delivered >= 0.999));
        caught_up
            && serving(status) == at_home
            && status.rigs.iter().all(|rig| rig.state == ServiceState::Online && rig.home.is_none())
    };
    let took = watch(&mut samples, &mut all_home, TRUSTED).await;
    println!("all home and caught up after {took:?}");
    // Ten times as long as the slowest of the four takes to be noticed.
    let window = Duration::from_secs_f64(bound(0.5) * 10.0);
    let enough = window + Duration::from_secs(15);
    watch(&mut samples, &mut |_| started.elapsed() > enough, enough + SOON).await;
    for customer in ["alice", "bob"] {
        let worst = worst_window(&samples, customer, window);
        println!("{customer}: worst window of {window:?} {:.2} %", 100.0 * worst);
        assert!(worst.is_finite() && worst >= 0.95, "{customer} got {:.2} % of a window", 100.0 * worst);
    }
    for (name, _) in failing {
        assert_eq!(state(name).await, Some(ServiceState::Online));
        let story = farm.events("rig-assigned").await;
        assert!(
            story.iter().any(|event| event.fields.get("why").is_some_and(|why| why == "unfit")
                && event.subject == format!("rig/{name}")),
            "{name} left for a reason that was told"
        );
    }
    for rig in rigs.rigs() {
        assert_eq!(rig.counters().connections, 1, "{} was never asked to reconnect", rig.user());
    }
    let seen = farm.settle(rigs).await;
    assert_eq!(farm.accounts().await.accepted(), seen);
}
