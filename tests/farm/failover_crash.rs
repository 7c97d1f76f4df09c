//! The daemon is killed on the spot in the middle of a failover, again and again: what it decided holds, no rig is
//! orphaned, and none serves two rentals.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use farm_tests::{Farm, SOON, pool, wait_until};
use schema::api::{PlacementDoc, RentalState, ServiceState};
use simulator::pool::PoolHandle;
use simulator::rig::Death;

/// When the daemon is killed, milliseconds after the rig's death: around the moment at which it is noticed.
const KILLED_AFTER: [u64; 4] = [900, 1500, 2100, 3000];

fn text(alices: &PoolHandle, house: &PoolHandle) -> String {
    format!(
        "\
apiVersion: stratum.farm/v1
kind: Farm
name: story
hubs: {{ main: {{ listeners: {{ asic: {{ bind: '127.0.0.1:3333' }} }}, vardiff: {{ shares_per_minute: 1200 }} }} }}
pools:
  alices: {{ urls: ['{}'] }}
  home: {{ urls: ['{}'] }}
rigs: {{ a-1..8: {{ model: antminer-s19-xp, hashrate: 100 TH/s }} }}
house: {{ pools: [{{ pool: home, user: house.$rig }}] }}
customers:
  alice: {{ pools: [{{ pool: alices, user: alice.$rig }}], rentals: {{ main: {{ hashrate: 300 TH/s, policy: quick }} }} }}
  bob: {{ pools: [{{ pool: alices, user: bob.$rig }}], rentals: {{ main: {{ hashrate: 200 TH/s, policy: quick }} }} }}
policies: {{ quick: {{ return: {{ healthy_for: 1s }}, spares: {{ slice_min: 1s }} }} }}
",
        alices.url(),
        house.url()
    )
}

/// Whom each rig serves by the book: each has exactly one line that is open.
fn open_lines(book: &[PlacementDoc]) -> BTreeMap<String, String> {
    let mut open = BTreeMap::new();
    for line in book.iter().filter(|line| line.until.is_none()) {
        let twice = open.insert(line.rig.clone(), line.account.clone());
        assert_eq!(twice, None, "{} serves two at once: {book:#?}", line.rig);
    }
    open
}

#[tokio::test]
async fn killed_in_the_middle_of_a_failover_it_goes_on_where_it_was() {
    let (alices, house) = (pool("alices").await, pool("house").await);
    let mut farm = Farm::start().await;
    farm.apply(text(&alices, &house)).await;
    let names: Vec<String> = (1..=8).map(|n| format!("a-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rigs = farm.rigs(&names);
    for after in KILLED_AFTER {
        wait_until("every rig is trusted and both contracts run", Duration::from_secs(60), async || {
            let status = farm.status().await;
            status.converged
                && status.rigs.iter().all(|rig| rig.state == ServiceState::Online && rig.home.is_none())
                && status.rentals.iter().all(|rental| rental.state == RentalState::Running)
        })
        .await;
        let status = farm.status().await;
        let serves_alice = |rig: &&schema::api::RigStatus| {
            rig.serving.as_deref() == Some("alice/main") && rig.state == ServiceState::Online
        };
        let dies = status.rigs.iter().find(serves_alice).expect("somebody serves Alice").name.clone();
        let dead = rigs.rig(&format!("farm.{dies}")).expect("it is in the fleet");
        dead.die(Death::Silent);
        tokio::time::sleep(Duration::from_millis(after)).await;
        let before = farm.placements("").await;
        farm.kill_9();
        farm.launch().await;
        wait_until("both contracts run on rigs that work", SOON, async || {
            let status = farm.status().await;
            let working = |label: &str| {
                let works =
                    |rig: &&schema::api::RigStatus| rig.serving.as_deref() == Some(label) && rig.name != dies;
                status.rigs.iter().filter(works).count()
            };
            status.converged && working("alice/main") == 3 && working("bob/main") == 2
        })
        .await;
        let book = farm.placements("").await;
        // What was decided before the death holds: only the dead rig and one that stands in for it have moved.
        let moved: BTreeSet<&str> =
            book.iter().take(book.len() - before.len()).map(|line| line.rig.as_str()).collect();
        assert!(moved.len() <= 2, "killed {after} ms after the death, these moved: {moved:?}");
        let open = open_lines(&book);
        let status = farm.status().await;
        for rig in &status.rigs {
            if let Some(serving) = &rig.serving {
                assert_eq!(
                    open.get(&rig.name).map_or("house", String::as_str),
                    serving,
                    "{}: book and fact",
                    rig.name
                );
            }
        }
        dead.revive();
    }
    let counts = alices.counts();
    assert!(counts.accepted() > 0);
}
