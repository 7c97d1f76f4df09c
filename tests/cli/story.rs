//! From a git repository to a farm and back, as a person would do it.

use farm_tests::Farm;

use crate::cli::{Cli, plain};

#[tokio::test]
async fn commit_plan_apply_history_rollback_export() {
    let farm = Farm::start().await;
    let cli = Cli::of(&farm);
    cli.write("farm.yaml", plain("a-1..20"));
    let first = cli.commit("a small farm", "Ann");

    let plan = cli.ends(10, &["plan", "--detailed-exitcode"]);
    assert!(plan.out.contains("the first farm file") && plan.out.contains("20 rigs"), "{}", plan.out);
    let asked = cli.ends(7, &["apply"]);
    assert!(asked.err.contains("--yes"), "{}", asked.err);
    assert_eq!(farm.api.version().await.unwrap().server.generation, 0, "nobody said yes");
    let applied = cli.ends(0, &["apply", "--yes", "--reason", "we open"]);
    assert!(applied.out.ends_with("generation 1\n"), "{}", applied.out);
    assert!(applied.err.contains("converged"), "{}", applied.err);

    let history = cli.ends(0, &["history"]).out;
    for word in ["Ann", &first[..10], "converged", "we open"] {
        assert!(history.contains(word), "{word} in {history}");
    }
    let same = cli.ends(0, &["apply"]);
    assert!(same.out.contains("No changes"), "nobody has to say yes to nothing: {}", same.out);

    cli.write("farm.yaml", plain("a-1..21"));
    let dirty = cli.ends(7, &["apply", "--yes"]);
    assert!(dirty.err.contains("--allow-dirty"), "{}", dirty.err);
    let second = cli.commit("one more rig", "Ben");
    cli.ends(0, &["apply", "--yes"]);
    cli.write("farm.yaml", plain("a-1..22"));
    cli.ends(0, &["apply", "--yes", "--allow-dirty"]);
    let doc = cli.ends(0, &["history", "-o", "json"]).json();
    let third = &doc["generations"][0];
    assert_eq!((third["generation"].as_u64(), third["dirty"].as_bool()), (Some(3), Some(true)));
    let second_doc = &doc["generations"][1];
    assert_eq!(second_doc["commit"], second.as_str());
    assert_eq!(second_doc["author"], "Ben <ben@farm.example>");
    assert_eq!(second_doc["message"], "one more rig");
    assert_eq!(second_doc["branch"], "main");

    let refused = cli.ends(1, &["rollback", "--yes", "--to", "3", "--reason", "back"]);
    assert!(refused.err.contains("is already the head"), "{}", refused.err);
    cli.ends(1, &["rollback", "--yes", "--to", "99", "--reason", "back"]);
    cli.ends(2, &["rollback", "--yes", "--to", "1", "--reason", " "]);
    // Two of 24 things are more than 5 %.
    let guarded = cli.ends(7, &["rollback", "--yes", "--to", "1", "--reason", "too warm"]);
    assert!(guarded.err.contains("--max-delete 2"), "{}", guarded.err);
    cli.ends(0, &["rollback", "--yes", "--to", "1", "--reason", "too warm", "--max-delete", "2"]);
    let doc = cli.ends(0, &["history", "-o", "json"]).json();
    let fourth = &doc["generations"][0];
    assert_eq!((fourth["generation"].as_u64(), fourth["rolled_back_to"].as_u64()), (Some(4), Some(1)));
    assert_eq!((fourth["kind"].as_str(), fourth["reason"].as_str()), (Some("rollback"), Some("too warm")));
    assert_eq!(farm.status().await.rigs.len(), 20);

    let exported = cli.ends(0, &["export"]).out;
    let other = Cli::of(&farm);
    other.write("farm.yaml", exported);
    let plan = other.ends(0, &["plan", "--detailed-exitcode"]);
    assert!(plan.out.contains("No changes"), "what was exported is what is followed: {}", plan.out);
    let shown = cli.ends(0, &["show", "2"]).out;
    assert!(shown.contains(&second) && shown.contains("a-1..21"), "{shown}");
    let difference = cli.ends(10, &["diff", "@1", "@2", "--detailed-exitcode"]).out;
    assert!(difference.contains("a-21"), "{difference}");
}

#[tokio::test]
async fn a_detached_head_and_a_folder_without_git_are_fine() {
    let farm = Farm::start().await;
    let cli = Cli::of(&farm);
    cli.write("farm.yaml", plain("a-1"));
    let id = cli.commit("first", "Ann");
    std::fs::write(cli.folder().join(".git/HEAD"), format!("{id}\n")).unwrap();
    cli.ends(0, &["apply", "--yes"]);
    let doc = cli.ends(0, &["show", "1", "-o", "json"]).json();
    assert_eq!(doc["generation"]["commit"], id.as_str());
    assert!(doc["generation"].get("branch").is_none(), "{doc}");

    let outside = Cli::of(&farm);
    outside.write("farm.yaml", plain("a-1..2"));
    let applied = outside.ends(0, &["apply", "--yes"]);
    assert!(applied.err.contains("in no git commit"), "{}", applied.err);
    let doc = cli.ends(0, &["show", "2", "-o", "json"]).json();
    assert!(doc["generation"].get("commit").is_none(), "{doc}");
}
