//! Two people apply to the same base at the same time, a thousand times: one wins, the other is told who.

use farm_tests::{Farm, FarmText, Fault, pool};
use schema::api::ConflictDoc;

const ROUNDS: u64 = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_apply_to_one_base_exactly_one_wins() {
    let pool = pool("pool").await;
    let farm = Farm::start().await;
    let text = FarmText::new("a-1").pool("pool", &pool).house("pool");
    let (mut ann, mut ben) = (0, 0);
    for base in 0..ROUNDS {
        let mine = |who: &str| text.clone().titled(&format!("{who}-{base}"));
        let (a, b) =
            tokio::join!(farm.try_apply(mine("ann"), base, "Ann"), farm.try_apply(mine("ben"), base, "Ben"));
        let (winner, answer, loser) = match (a, b) {
            (Ok(answer), Err(fault)) => ("Ann", answer, fault),
            (Err(fault), Ok(answer)) => ("Ben", answer, fault),
            both => panic!("round {base}: exactly one wins, not {both:?}"),
        };
        assert_eq!((answer.generation, answer.parent, answer.created), (base + 1, base, true));
        let Fault::Refused { status: 409, body } = loser else { panic!("round {base}: {loser:?}") };
        let told: ConflictDoc = serde_json::from_value(body).expect("a conflict says who was first");
        assert_eq!((told.conflict.head, told.conflict.base), (base + 1, base));
        assert_eq!(told.conflict.author.as_deref(), Some(winner), "round {base}");
        if winner == "Ann" { ann += 1 } else { ben += 1 }
    }
    let history = farm.api.history(10_000).await.expect("the daemon answers");
    let numbers: Vec<u64> = history.generations.iter().map(|one| one.generation).collect();
    assert!(
        numbers.iter().copied().eq((1..=ROUNDS).rev().take(numbers.len())),
        "no gap, no generation twice"
    );
    let head = farm.api.head().await.expect("there is a head");
    assert_eq!(head.generation.generation, ROUNDS);
    assert!(head.bundle.files[0].text.contains(&format!("-{}", ROUNDS - 1)));
    assert!(ann > 0 && ben > 0, "a race that the same one always wins is none: {ann} to {ben}");
}
