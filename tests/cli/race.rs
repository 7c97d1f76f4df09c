//! Two people apply to the same generation at the same time: one wins, the other is told who.

use farm_tests::Farm;

use crate::cli::{Cli, Ran, plain};

const ROUNDS: u64 = 50;

#[tokio::test]
async fn of_two_that_race_one_wins_and_the_other_names_the_winner() {
    let farm = Farm::start().await;
    let people = ["Ann", "Ben"].map(|name| (name, Cli::of(&farm)));
    let mut wins = [0, 0];
    for round in 0..ROUNDS {
        let expected = round.to_string();
        let args = ["apply", "--yes", "--no-wait", "--expect-generation", &expected];
        let running = people.each_ref().map(|(name, cli)| {
            cli.write("farm.yaml", plain("a-1").titled(&format!("{}-{round}", name.to_lowercase())));
            let commit = cli.commit("mine", name);
            (commit, cli.command(&args))
        });
        let running =
            running.map(|(commit, mut command)| (commit, command.spawn().expect("stratumctl starts")));
        let ended =
            running.map(|(commit, child)| (commit, Ran::of(child.wait_with_output().expect("it ends"))));
        let codes = ended.each_ref().map(|(_, ran)| ran.code);
        let (winner, loser) = match codes {
            [0, 6] => (0, 1),
            [6, 0] => (1, 0),
            other => panic!("round {round}: {other:?}\n{ended:?}"),
        };
        wins[winner] += 1;
        let told = &ended[loser].1.err;
        assert!(told.contains(people[winner].0), "round {round}: {told}");
        assert!(told.contains(&ended[winner].0[..10]), "round {round}, the commit: {told}");
        assert!(told.contains(&format!("generation {} is the head", round + 1)), "{told}");
    }
    assert_eq!(farm.api.head().await.expect("a head").generation.generation, ROUNDS);
    assert!(wins[0] > 0 && wins[1] > 0, "a race that the same one always wins is none: {wins:?}");
}
