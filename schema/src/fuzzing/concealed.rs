//! A secret written in clear is never shown, however it is written, whatever else is wrong, in any form.

use proptest::prelude::*;
use proptest::sample::select;

use super::farm_text::said_briefly;
use super::spellings::{AFTER, KEYS, SECRET, VALUES, farm};
use crate::bundle::{Bundle, BundleFile};
use crate::problem::{Look, render_human};

/// Everything that is said of a bundle.
fn said(files: &[(&str, String)]) -> String {
    let files = files.iter().map(|(path, text)| BundleFile { path: (*path).into(), text: text.clone() });
    let reading = crate::read(&Bundle { files: files.collect() });
    let mut out = String::new();
    for (color, unicode, width) in [(false, true, 100), (true, true, 40), (false, false, 240)] {
        let look = Look { color, unicode, width, max: 20 };
        out += &render_human(&reading.problems, &reading.sources, look);
        // One by one, so that none is left out.
        for problem in reading.problems.iter().take(40) {
            out += &render_human(std::slice::from_ref(problem), &reading.sources, look);
        }
    }
    out += &serde_json::to_string(&reading.problems).unwrap();
    let docs: Vec<crate::api::ProblemDoc> = reading.problems.iter().map(Into::into).collect();
    out += &serde_json::to_string_pretty(&docs).unwrap();
    out += &format!("{:?}", reading.problems);
    out
}

/// In a map in brackets.
fn flow(key: &str, value: &str) -> String {
    let (key, value) = (key.replace('\n', " "), value.replace("\n        ", " ").replace('\n', " "));
    format!("    - {{ pool: p, {key} {value}, user: me }}\n    - {{ pool: p, user: me, {key} {value} }}")
}

fn spelt(key: &str, value: &str) -> String {
    format!("      {key} {}", value.replace('@', SECRET))
}

/// Every key with every value, and what is wrong besides, in turn.
fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let pairs = KEYS.iter().flat_map(|key| VALUES.iter().map(move |value| (*key, *value)));
    pairs.enumerate().map(|(n, (key, value))| (key, value, AFTER[(n + n / 18) % AFTER.len()]))
}

#[test]
fn each_spelling_in_each_broken_file_shows_no_secret() {
    let mut shown = Vec::new();
    let mut starred = 0;
    for (key, value, after) in all() {
        let text = farm(&spelt(key, value), &after.replace('@', "x"));
        let said = said_briefly(&text);
        starred += usize::from(said.contains("***"));
        if said.contains(SECRET) {
            shown.push(format!("{key:?} {value:?} {after:?}"));
        }
    }
    assert!(shown.is_empty(), "{}:\n{}", shown.len(), shown.join("\n"));
    assert!(starred > 1_000, "{starred}: the lines were drawn");
}

#[test]
fn each_spelling_in_brackets_shows_no_secret() {
    let mut shown = Vec::new();
    for (key, value, after) in all().filter(|(key, _, _)| !key.contains('?')) {
        let entry = flow(key, &value.replace('@', SECRET));
        if said_briefly(&farm(&entry, &after.replace('@', "x"))).contains(SECRET) {
            shown.push(format!("{key:?} {value:?} {after:?}"));
        }
    }
    assert!(shown.is_empty(), "{}:\n{}", shown.len(), shown.join("\n"));
}

#[test]
fn every_field_that_the_schema_knows_as_secret_is_hidden() {
    for section in [
        "alerts:\n  receivers:\n    a: { telegram: { chat: '1', token: @ } }\n    nope: 1",
        "alerts:\n  receivers:\n    a: { slack: { webhook: 'https://hooks.example/@' } }\n    nope: 1",
        "alerts:\n  receivers:\n    a: { webhook: { url: 'https://x.example', secret: @ } }\n    nope: 1",
        "alerts:\n  receivers:\n    a: { pagerduty: { key: @ } }\n    nope: 1",
        "alerts:\n  smtp:\n    password: @\n    nope: 1",
        "collectors:\n  rigs:\n    password: @\n    nope: 1",
        "collectors:\n  pools:\n    p: { kind: braiins, token: @ }\n    nope: 1",
        "money:\n  wallets:\n    w: { kind: btcpay, url: 'https://a.example', store: s, token: @ }\n    nope: 1",
        "hubs:\n  h:\n    listeners:\n      t: { bind: '0.0.0.0:1', tls: { certificate: @, key: @ } }\n      nope: 1",
        "pools:\n  q: { urls: ['stratum+tcp://me:@@p.example:3333'] }\n  nope: 1",
        "pools:\n  q: { urls: [stratum+tcp://me:a@@p.example:3333] }\n  nope: 1",
        "pools:\n  q:\n    urls:\n      - stratum+tcp://@@p.example:3333\n      - 5",
        "pools:\n  q:\n    urls:\n      - me:@@p.example:3333\n      - 5",
        "defaults: &d\n  vault: @\nx: { password: *d }",
        "a: &d @\nb: &e *d\nx: { password: *e, nope: 1 }",
        "base: &d { password: @ }\nx:\n  <<: *d\n  nope: 1",
        "# the password is @\nnope: 1",
        "nope: 1 # old token: @",
        "- password: @\n  nope",
    ] {
        let text = farm(
            "",
            &section
                .replace("@@", &format!("{SECRET}@"))
                .replace(": @", &format!(": {SECRET}"))
                .replace("/@", &format!("/{SECRET}"))
                .replace("is @", &format!("is {SECRET}"))
                .replace("&d @", &format!("&d {SECRET}")),
        );
        assert!(text.contains(SECRET), "{section}");
        let said = said(&[("farm.yaml", text)]);
        assert!(!said.contains(SECRET), "{section}\n{said}");
    }
}

#[test]
fn lists_and_maps_of_secrets_are_hidden_whichever_side_they_stand_on() {
    for section in [
        "passwords: [a, @]\nnope: 1",
        "passwords:\n  - a\n  - @\nnope: 1",
        "passwords:\n- a\n- @\nnope: 1",
        "passwords:\n  alice: @\nnope: 1",
        "passwords:\n  @: alice\nnope: 1",
        "passwords: { @: alice }\nnope: 1",
        "logins:\n  - { user: a, pw: @ }\nnope: 1",
        "logins:\n  - [a, @]\nnope: 1",
        "pins:\n  - @\nnope: 1\npin: @",
        "auth:\n  user: a\n  pw: @\nnope: 1",
        "auth: a:@\nnope: 1",
        "authorization: Basic @\nnope: 1",
        "login: a/@\nnope: 1",
        "house:\n  pools:\n    - pool: p\n      password: { @: }\n      nope: 1",
        "house:\n  pools:\n    - pool: p\n      password:\n        @:\n      nope: 1",
        "house:\n  pools:\n    - pool: p\n      password: [{ @: 1 }]\n      nope: 1",
    ] {
        // `pins` is a field of the farm file and holds what may be read.
        let section = section.replace("pins:\n  - @", "pins:\n  - a");
        let said = said(&[("farm.yaml", farm("", &section.replace('@', SECRET)))]);
        assert!(!said.contains(SECRET), "{section}\n{said}");
    }
}

#[test]
fn included_files_are_no_exception() {
    let root = farm("", "include: [more.yaml]");
    for more in [
        "pools:\n  q:\n    password: @\n   x: 1",
        "house: { pools: [{ password: [@], nope: 1 }] }",
        "rigs:\n  a: { identify: { password: { @: 1 } } }\n  b: 1",
    ] {
        let said = said(&[("farm.yaml", root.clone()), ("more.yaml", more.replace('@', SECRET))]);
        assert!(said.contains("more.yaml") && !said.contains(SECRET), "{more}\n{said}");
    }
}

#[test]
fn references_and_what_only_resembles_a_secret_stay_readable() {
    let entry = "      password: { file: pools/alpha.txt }\n      nope: 1";
    let said = said(&[("farm.yaml", farm(entry, "sites: { passau: { timezone: Nowhere/Else } }"))]);
    assert!(said.contains("pools/alpha.txt") && said.contains("Nowhere/Else"), "{said}");
    let entry = "      password:\n        env: STRATUM_SECRET_P\n        # fine\n      nope: 1";
    assert!(said_briefly(&farm(entry, "")).contains("nope"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Pieces of all kinds in any order: most are no YAML.
    #[test]
    fn random_files_show_no_secret(
        pieces in prop::collection::vec((select(KEYS), select(VALUES), 0..10_usize, any::<bool>(), select(AFTER)), 1..5),
        ends in select(&["\n", "\r\n"][..]),
    ) {
        let mut text = farm("", "");
        for (key, value, indent, in_brackets, after) in pieces {
            // A key that names nothing is no key of a secret.
            let value = value.replace('@', SECRET);
            let pad = " ".repeat(indent);
            if in_brackets && !key.contains('?') {
                text += &format!("{pad}- {{ a: 1, {key} {value} }}\n");
            } else {
                text += &format!("{pad}{key} {}\n", value.replace('\n', &format!("\n{pad}")));
            }
            text += &after.replace('@', "x");
            text.push('\n');
        }
        let text = text.replace('\n', ends);
        let said = said_briefly(&text);
        prop_assert!(!said.contains(SECRET), "{text}\n{said}");
    }
}
