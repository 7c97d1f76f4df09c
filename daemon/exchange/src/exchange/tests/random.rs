//! Any sequence of steps, as the fuzzer plays them.

use proptest::prelude::*;

use super::super::steps::{STEP_LEN, Step, play_steps};

fn step() -> impl Strategy<Value = Step> {
    any::<[u8; STEP_LEN]>().prop_map(Step::of)
}

fn cases() -> u32 {
    std::env::var("FARM_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_indexes_agree_and_no_work_is_paid_twice(steps in proptest::collection::vec(step(), 1..120)) {
        play_steps(steps).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn what_the_fuzzer_kept_and_its_likes_break_nothing() {
    fuzz_slice::run("exchange", 400, crate::fuzzing::exchange);
}

/// An edit of `identify` once left a name with two owners.
#[test]
fn orders_that_take_a_name_away_after_it_was_given_by_an_address() {
    let steps = [
        Step::Connect { agent: 0, host: 2 },
        Step::Orders { rig: 5, route: 2, edit: 3 },
        Step::Authorize { miner: 0, name: 0 },
        Step::Orders { rig: 5, route: 0, edit: 2 },
    ];
    assert_eq!(play_steps(steps), Ok(()));
}
