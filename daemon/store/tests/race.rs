//! Two people hand in a farm at the same moment: exactly one is accepted, and the other is told who.

use exchange::time::Timestamp;
use schema::api::{ChangeKind, Provenance};
use store::{AcceptError, NewGeneration, Store};

const ROUNDS: u64 = 1_000;

fn record(by: &str, round: u64) -> NewGeneration {
    NewGeneration {
        at: Timestamp::from_seconds(round as i64),
        kind: ChangeKind::Apply,
        rolled_back_to: None,
        digest: format!("{by} {round}"),
        provenance: Provenance { author: Some(by.to_owned()), ..Provenance::default() },
        reason: None,
        peer: by.to_owned(),
        idempotency_key: None,
    }
}

/// Two stores on one file, as two processes would have; a barrier lets each round begin at once for both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_on_the_same_base_exactly_one_wins_a_thousand_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("farm.db");
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(2));
    let mut people = Vec::new();
    for by in ["ann", "bob"] {
        let store = Store::open(&path).await.unwrap();
        let barrier = barrier.clone();
        people.push(tokio::spawn(async move {
            let mut results = Vec::new();
            for round in 0..ROUNDS {
                barrier.wait().await;
                results.push(store.accept(round, record(by, round), &format!("{by} {round}")).await);
            }
            results
        }));
    }
    let bob = people.pop().unwrap().await.unwrap();
    let ann = people.pop().unwrap().await.unwrap();
    let mut won = [0u64; 2];
    for (round, (ann, bob)) in ann.into_iter().zip(bob).enumerate() {
        let (winner, loser) = match (ann, bob) {
            (Ok(accepted), Err(error)) => {
                won[0] += 1;
                ((accepted, "ann"), error)
            }
            (Err(error), Ok(accepted)) => {
                won[1] += 1;
                ((accepted, "bob"), error)
            }
            (ann, bob) => panic!("round {round}: ann {ann:?}, bob {bob:?}"),
        };
        assert_eq!(winner.0.generation.number, round as u64 + 1);
        let AcceptError::Conflict(conflict) = loser else { panic!("round {round}: {loser:?}") };
        assert_eq!((conflict.head, conflict.base), (round as u64 + 1, round as u64));
        assert_eq!(conflict.peer.as_deref(), Some(winner.1), "the loser is told who won");
    }
    assert_eq!(won[0] + won[1], ROUNDS);
    assert!(won[0] > 0 && won[1] > 0, "both win sometimes, or this is no race: {won:?}");

    let store = Store::open(&path).await.unwrap();
    let history = store.history(u32::MAX).await.unwrap();
    assert_eq!(history.len() as u64, ROUNDS);
    assert!(history.iter().rev().enumerate().all(|(i, g)| g.number == i as u64 + 1 && g.parent == i as u64));
}
