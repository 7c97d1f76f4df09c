//! Cases: a command and exactly what it prints. Each file in `cases/` is a small script in a folder of its own;
//! `UPDATE_EXPECT=1` writes down what is printed now.
//!
//! `== file NAME` writes a file, `== run ARGS` runs `stratumctl ARGS` (with `NAME=VALUE` before the arguments for
//! the environment), and `== stdout`, `== stderr`, `== exit N` are what it answers.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::cli::{Cli, Ran};

#[derive(Debug)]
struct Section {
    head: String,
    body: String,
}

#[test]
fn every_case_prints_what_it_says() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("cases")
        .map(|entry| entry.expect("a case").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    files.sort();
    assert!(files.len() >= 5, "the cases are found: {files:?}");
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = String::new();
    for path in files {
        let expected = std::fs::read_to_string(&path).expect("a case is text");
        let got = play(&expected);
        if update {
            std::fs::write(&path, &got).expect("a case is written");
        } else if let Some((line, (want, have))) =
            expected.lines().zip(got.lines()).enumerate().find(|(_, (want, have))| want != have)
        {
            let _ = writeln!(wrong, "{}:{}\n  want {want}\n  have {have}", path.display(), line + 1);
        } else if expected != got {
            let _ = writeln!(
                wrong,
                "{}: {} lines wanted, {} got",
                path.display(),
                expected.lines().count(),
                got.lines().count()
            );
        }
    }
    assert!(wrong.is_empty(), "UPDATE_EXPECT=1 accepts what is printed now\n{wrong}");
}

#[test]
fn every_command_has_its_help_among_the_cases() {
    let list = Cli::alone().ends(0, &["help"]).out;
    let commands: Vec<&str> = list
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // What goes on in a second line is further in.
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()))
        .collect();
    assert!(commands.len() >= 18, "{list}");
    let cases = std::fs::read_to_string(folder().join("help.txt")).expect("a case");
    for command in commands.into_iter().filter(|command| *command != "help") {
        assert!(cases.contains(&format!("== run help {command}\n")), "no case shows the help of {command}");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cli/cases")
}

/// Plays a case, and returns it with the answers of today.
fn play(case: &str) -> String {
    let cli = Cli::alone();
    let (words, sections) = read(case);
    let mut out = words;
    let mut stdin = None;
    for section in sections {
        let (verb, rest) = section.head.split_once(' ').unwrap_or((&section.head, ""));
        match verb {
            "stdout" | "stderr" | "exit" => continue,
            _ => {
                let _ = write!(out, "== {}\n{}", section.head, section.body);
            }
        }
        match verb {
            "file" => cli.write(rest, section.body.trim_end_matches('\n').to_owned() + "\n"),
            "folder" => std::fs::create_dir_all(cli.folder().join(rest)).expect("a folder"),
            "commit" => drop(cli.commit(rest, "Ann")),
            "stdin" => stdin = Some(section.body),
            "run" => out += &answer(&cli, rest, stdin.take()),
            other => panic!("what is `== {other}`?"),
        }
    }
    out
}

fn read(case: &str) -> (String, Vec<Section>) {
    let mut words = String::new();
    let mut sections: Vec<Section> = Vec::new();
    for line in case.lines() {
        if let Some(head) = line.strip_prefix("== ") {
            sections.push(Section { head: head.to_owned(), body: String::new() });
        } else {
            let body = sections.last_mut().map_or(&mut words, |section| &mut section.body);
            let _ = writeln!(body, "{line}");
        }
    }
    (words, sections)
}

fn answer(cli: &Cli, line: &str, stdin: Option<String>) -> String {
    let words = split(line);
    let (before, args): (Vec<_>, Vec<_>) = {
        let first = words.iter().position(|word| !is_setting(word)).unwrap_or(words.len());
        (words[..first].to_vec(), words[first..].to_vec())
    };
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut command = cli.command(&args);
    command.env("STRATUMCTL_SERVER", cli.folder().join("no.sock"));
    command.envs(before.iter().filter_map(|setting| setting.split_once('=')));
    let ran = match stdin {
        None => command.output().expect("stratumctl starts"),
        Some(text) => {
            let mut child = command.stdin(Stdio::piped()).spawn().expect("stratumctl starts");
            child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
            child.wait_with_output().expect("it ends")
        }
    };
    let ran = Ran::of(ran);
    let masked = |text: &str| {
        let text = text.replace(&cli.folder().display().to_string(), "FOLDER");
        let text = text.replace(&cli.home().display().to_string(), "HOME");
        let text = text.replace(concat!("\"", env!("CARGO_PKG_VERSION"), "\""), "\"VERSION\"");
        let text =
            text.replace(concat!("tool_version: ", env!("CARGO_PKG_VERSION")), "tool_version: VERSION");
        let text = text.replace(concat!("stratumctl ", env!("CARGO_PKG_VERSION")), "stratumctl VERSION");
        ["\"elapsed_seconds\": ", "\"elapsed_seconds\":", "elapsed_seconds: ", " time=\""]
            .iter()
            .fold(text, |text, before| without_number_after(&text, before))
    };
    let mut out = String::new();
    for (name, text) in [("stdout", masked(&ran.out)), ("stderr", masked(&ran.err))] {
        if !text.is_empty() {
            let _ = write!(out, "== {name}\n{text}");
            if !text.ends_with('\n') {
                out.push('\n');
            }
        }
    }
    let _ = writeln!(out, "== exit {}\n", ran.code);
    out
}

fn is_setting(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    })
}

/// Words, with '...' around those that have spaces.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, behind) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').expect("a quote ends"),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    words
}

/// How long something took is different every time.
fn without_number_after(text: &str, before: &str) -> String {
    let mut parts = text.split(before);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = if rest.len() < part.len() { "SECONDS" } else { "" };
        out += &format!("{before}{number}{rest}");
    }
    out
}
