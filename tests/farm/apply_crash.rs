//! The daemon is killed at any moment of an apply: afterwards the old farm is wanted, or the new one, whole.

use std::time::Duration;

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};
use schema::api::{ApplyRequest, BundleFile};

const ROUNDS: u64 = 40;

/// Two files that belong together: each names the round.
fn round(farm: &Farm, text: &FarmText, round: u64, base: u64) -> ApplyRequest {
    let mut request = farm.request(format!("include: [more.yaml]\n{text}"), base, "Ann");
    let more = format!("# round {round}\nwindows: {{ round-{round}: daily 0{}:00..12:00 }}\n", round % 10);
    request.bundle.files.push(BundleFile { path: "more.yaml".into(), text: more });
    request.reason = Some(format!("round {round}"));
    request.idempotency_key = Some(format!("key-{round}"));
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_the_old_farm_is_wanted_or_the_new_one_whole() {
    let pool = pool("pool").await;
    let text =
        |round: u64| FarmText::new("a-1").pool("pool", &pool).house("pool").titled(&format!("round-{round}"));
    let mut farm = Farm::start().await;
    farm.api.apply(&round(&farm, &text(0), 0, 0)).await.expect("the first farm");
    let (mut old, mut new, mut answered) = (0, 0, 0);
    for n in 1..=ROUNDS {
        let request = round(&farm, &text(n), n, n);
        let api = farm.api.clone();
        let sent = request.clone();
        let under_way = tokio::spawn(async move { api.apply(&sent).await });
        // From before the request is read to after it was answered.
        tokio::time::sleep(Duration::from_micros(n * 2_500 % 33_000)).await;
        farm.kill_9();
        let answer = under_way.await.expect("the request ends").ok();
        farm.launch().await;

        let head = farm.api.head().await.expect("there is a head");
        let generation = head.generation.generation;
        assert!(generation == n || generation == n + 1, "round {n}: generation {generation}");
        let wanted = generation - 1;
        let bundle = round(&farm, &text(wanted), wanted, 0).bundle;
        assert_eq!(head.bundle, bundle, "round {n}: generation {generation} with the files of its own round");
        assert_eq!(head.generation.reason, Some(format!("round {wanted}")));
        if generation == n {
            old += 1
        } else {
            new += 1
        }
        if let Some(answer) = answer {
            assert_eq!((answer.generation, generation), (n + 1, n + 1), "what was answered holds");
            answered += 1;
        }

        // Whoever got no answer sends the same again, and gets what it asked for, once.
        let again = farm.api.apply(&request).await.unwrap_or_else(|fault| panic!("round {n}: {fault:?}"));
        assert_eq!((again.generation, again.created), (n + 1, generation == n), "round {n}");
        wait_until("it is followed", SOON, async || farm.status().await.generation == n + 1).await;
    }
    let history = farm.api.history(1_000).await.expect("the daemon answers").generations;
    let numbers: Vec<u64> = history.iter().map(|one| one.generation).collect();
    assert!(numbers.iter().copied().eq((1..=ROUNDS + 1).rev()), "{numbers:?}");
    assert!(old > 3 && new > 3, "crashes before and after: {old} old, {new} new, {answered} answered");
}
