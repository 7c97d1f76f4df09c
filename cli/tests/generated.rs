//! Files that are made from the code and committed: completions and manual pages. `UPDATE_EXPECT=1` makes
//! them anew.

use std::path::Path;

use clap_complete::Shell;

fn compare(folder: &Path, files: &[(String, String)]) {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    if update {
        std::fs::create_dir_all(folder).unwrap();
    }
    for (name, text) in files {
        let path = folder.join(name);
        if update {
            std::fs::write(&path, text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == *text, "{} is out of date: run the tests with UPDATE_EXPECT=1", path.display());
    }
    let mut there: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut known: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    known.sort();
    assert_eq!(there, known, "files in {} that nothing makes any more", folder.display());
}

#[test]
fn completions_are_current() {
    let shells = [
        (Shell::Bash, "stratumctl.bash"),
        (Shell::Zsh, "_stratumctl"),
        (Shell::Fish, "stratumctl.fish"),
        (Shell::PowerShell, "stratumctl.ps1"),
    ];
    let files: Vec<(String, String)> =
        shells.into_iter().map(|(shell, name)| (name.to_owned(), stratumctl::completions(shell))).collect();
    compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../completions"), &files);
}

#[test]
fn manual_pages_are_current() {
    let pages = stratumctl::manual_pages().unwrap();
    assert!(pages.len() > 15);
    compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../completions/man"), &pages);
}

#[test]
fn the_arguments_are_sound() {
    use clap::CommandFactory as _;
    stratumctl::args::Args::command().debug_assert();
}
