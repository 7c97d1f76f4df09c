//! A rig loses half of its hash without a word: its shares give it away. A spare is added while it is suspect,
//! takes its place when it is sure, and the rig must prove itself before anybody is promised it again. Ten
//! shares a second stand for twenty a minute, so seconds stand for minutes.

use std::time::Duration;

use farm_tests::{Farm, SOON, pool, wait_until};
use schema::api::{RentalState, ServiceState};
use simulator::pool::PoolHandle;

/// Half a rig is noticed within some 15 s at this rate of shares, a recovered one trusted after some 30.
const NOTICED: Duration = Duration::from_secs(60);
const TRUSTED: Duration = Duration::from_secs(120);

fn text(alices: &PoolHandle, house: &PoolHandle) -> String {
    format!(
        "\
apiVersion: stratum.farm/v1
kind: Farm
name: story
hubs: {{ main: {{ listeners: {{ asic: {{ bind: '127.0.0.1:3333' }} }}, vardiff: {{ shares_per_minute: 600 }} }} }}
pools:
  alices: {{ urls: ['{}'] }}
  home: {{ urls: ['{}'] }}
rigs: {{ a-1..4: {{ model: antminer-s19-xp, hashrate: 100 TH/s }} }}
house: {{ pools: [{{ pool: home, user: house.$rig }}] }}
customers:
  alice:
    pools: [{{ pool: alices, user: alice.$rig }}]
    rentals: {{ main: {{ hashrate: 200 TH/s, policy: quick }} }}
policies: {{ quick: {{ return: {{ healthy_for: 3s }} }} }}
",
        alices.url(),
        house.url()
    )
}

#[tokio::test]
async fn half_a_rig_is_noticed_replaced_and_trusted_again_only_when_it_has_proved_itself() {
    let (alices, house) = (pool("alices").await, pool("house").await);
    let farm = Farm::start().await;
    farm.apply(text(&alices, &house)).await;
    let rigs = farm.rigs(&["a-1", "a-2", "a-3", "a-4"]);
    let state = async |name: &str| farm.rig(name).await.map(|rig| rig.state);
    wait_until("all four are vetted", SOON, async || {
        let rigs = farm.status().await.rigs;
        rigs.len() == 4 && rigs.iter().all(|rig| rig.state == ServiceState::Online)
    })
    .await;
    assert_eq!(farm.serving("a-1").await.as_deref(), Some("alice/main"));

    let failing = rigs.rig("farm.a-1").expect("it is in the fleet");
    // Behind the half minute after an assignment that says nothing.
    failing.slow(0.4);
    wait_until("it is suspected", NOTICED, async || !farm.events("rig-suspect").await.is_empty()).await;
    wait_until("it is called degraded", NOTICED, async || state("a-1").await == Some(ServiceState::Degraded))
        .await;
    wait_until("a spare has its place and it mines for the house", SOON, async || {
        let rental = farm.rental("alice").await;
        rental.state == RentalState::Running
            && Some(rental.expected) == rental.contracted
            && rental.rigs == 2
            && farm.serving("a-1").await.as_deref() == Some("house")
    })
    .await;

    failing.slow(1.0);
    wait_until("it does what is expected again", TRUSTED, async || {
        !farm.events("rig-returning").await.is_empty()
    })
    .await;
    wait_until("it is trusted again", TRUSTED, async || state("a-1").await == Some(ServiceState::Online))
        .await;

    for rig in rigs.rigs() {
        assert_eq!(rig.counters().connections, 1, "{} was never asked to connect again", rig.user());
    }
    let seen = farm.settle(rigs).await;
    assert_eq!(farm.accounts().await.accepted(), seen);
}
