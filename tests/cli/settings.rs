//! The user's own settings, below the project's; a token stays with the daemon it was meant for.

use crate::cli::Cli;

fn users(cli: &Cli, text: &str) {
    let folder = cli.home().join(".config/stratumctl");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.yaml"), text).expect("a file");
}

#[test]
fn the_project_comes_before_the_user() {
    let cli = Cli::alone();
    users(&cli, "output: yaml\nserver: /users.sock\n");
    assert!(cli.ends(0, &["version", "--client"]).out.starts_with("kind: "));
    cli.write(".stratumctl.yaml", "output: json\n");
    assert_eq!(cli.ends(0, &["version", "--client"]).json()["kind"], "stratumctl.version");
    let told = cli.ends(5, &["status"]);
    assert!(told.err.contains("/users.sock"), "{}", told.err);
    // Below the top of a work tree the project is still found, outside of it no longer.
    cli.write("sites/north/readme.txt", "");
    let below = |cli: &Cli| {
        let mut command = cli.command(&["version", "--client"]);
        command.current_dir(cli.folder().join("sites/north"));
        String::from_utf8(command.output().expect("it runs").stdout).expect("text")
    };
    assert!(below(&cli).starts_with("kind: "), "not in git: this folder alone counts");
    cli.commit("first", "Ann");
    assert!(below(&cli).starts_with('{'));
}

#[test]
fn a_broken_settings_file_is_named() {
    let cli = Cli::alone();
    users(&cli, "sever: x\n");
    let told = cli.ends(3, &["status"]);
    assert!(told.err.contains("config.yaml: there is no setting `sever`"), "{}", told.err);
    let doc = cli.ends(3, &["status", "-o", "json"]).json();
    assert_eq!(doc["error"]["code"], "settings");
    cli.ends(0, &["--help"]);
}

#[test]
fn a_project_that_names_a_daemon_does_not_get_the_users_token() {
    let cli = Cli::alone();
    users(&cli, "token_file: /nowhere/token\n");
    assert_eq!(cli.run(&["status"]).code, 4, "the user's token is wanted, and missing");
    cli.write(".stratumctl.yaml", "server: http://127.0.0.1:9\n");
    let told = cli.ends(5, &["status"]);
    assert!(told.err.contains("127.0.0.1:9"), "{}", told.err);
}
