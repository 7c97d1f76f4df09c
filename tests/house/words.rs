//! The words that users see: those that the glossary rules out are in no help, message, event, schema or page.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{files, root, sources};

/// The page whose left column rules words out.
const GLOSSARY: &str = "docs/glossary.md";

/// A word that is right where it stands: file, word, and why. An entry that is no longer needed fails the test.
const RIGHT_HERE: &[(&str, &str, &str)] = &[
    ("daemon/store/src/overrides.rs", "wish", "the column's name, which only a migration can change"),
    ("examples/farm.yaml", "door", "a door of the building, where a sensor hangs"),
];

/// The first column of the glossary's second table.
fn ruled_out() -> Vec<String> {
    let text = std::fs::read_to_string(root().join(GLOSSARY)).expect("the glossary is there");
    let (_, table) = text.split_once("| we do not say |").expect("the glossary has the table");
    let rows = table.lines().skip(2).map_while(|line| line.strip_prefix('|'));
    let cells = rows.filter_map(|row| row.split('|').next());
    let words: Vec<String> =
        cells.flat_map(|cell| cell.split(',')).map(|word| normal(word).trim().to_owned()).collect();
    assert!(words.len() > 40 && words.iter().all(|word| !word.is_empty()), "the table was read: {words:?}");
    words
}

/// A text as words: lower case, one space around each, names in `snake_case`, `kebab-case` and `CamelCase` taken apart.
fn normal(text: &str) -> String {
    let mut out = String::from(" ");
    let mut before = ' ';
    for c in text.chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && before.is_lowercase() {
                out.push(' ');
            }
            out.extend(c.to_lowercase());
        } else if c != '\'' && !out.ends_with(' ') {
            out.push(' ');
        }
        before = c;
    }
    out.push(' ');
    out
}

/// The ruled-out words that a text uses.
fn used<'w>(text: &str, words: &'w [String]) -> Vec<&'w str> {
    let text = normal(text);
    words.iter().filter(|word| text.contains(&format!(" {word} "))).map(String::as_str).collect()
}

/// What a user may read of a Rust source: its string literals, and the doc comments that clap prints as help.
fn shown(text: &str) -> Vec<(usize, String)> {
    let product = &text[..tests_begin(text)];
    let mut out = literals(product);
    if product.contains("use clap::") {
        let docs = product.lines().enumerate();
        out.extend(
            docs.filter_map(|(at, line)| Some((at + 1, line.trim_start().strip_prefix("///")?.to_owned()))),
        );
    }
    out
}

/// Where the tests at the end of a source begin; `mod tests;` with a file of its own is no end.
fn tests_begin(text: &str) -> usize {
    let marks = text.match_indices("#[cfg(test)]\nmod ");
    let inline = |at: &usize| text[*at..].lines().nth(1).is_some_and(|line| line.ends_with('{'));
    marks.map(|(at, _)| at).find(inline).unwrap_or(text.len())
}

/// The string literals of a Rust source, each with its line. Comments, characters and lifetimes are passed over.
fn literals(text: &str) -> Vec<(usize, String)> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    let find = |from: usize, what: &str| text[from..].find(what).map_or(text.len(), |found| from + found);
    while at < bytes.len() {
        let rest = &text[at..];
        let word_before = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        if rest.starts_with("//") {
            at = find(at, "\n");
        } else if let Some(hashes) = raw(rest).filter(|_| !word_before) {
            let begin = find(at, "\"") + 1;
            let end = find(begin, &format!("\"{}", "#".repeat(hashes)));
            out.push((line(text, at), text[begin..end].to_owned()));
            at = (end + 1 + hashes).min(text.len());
        } else if rest.starts_with('"') {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            let inside = text.get(at + 1..end).unwrap_or_default();
            // An escape ends a word: `\n` is no `n`.
            out.push((line(text, at), inside.replace("\\n", " ").replace('\\', " ")));
            at = end + 1;
        } else if rest.starts_with('\'') {
            at += character(rest).unwrap_or(1);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    out
}

/// How many `#` a raw string has that begins here.
fn raw(rest: &str) -> Option<usize> {
    let rest = rest.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    rest[hashes..].starts_with('"').then_some(hashes)
}

/// The length of a character literal that begins here; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let inside = &rest[1..];
    if inside.starts_with('\\') {
        return inside[2..].find('\'').map(|end| end + 4);
    }
    let first = inside.chars().next()?.len_utf8();
    inside[first..].starts_with('\'').then_some(first + 2)
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Whether a source is part of what is shipped.
fn is_product(path: &Path) -> bool {
    let is_house = ["cli/src", "schema/src", "daemon"].iter().any(|folder| path.starts_with(folder));
    let test = |part: &std::ffi::OsStr| {
        ["tests", "tests.rs", "testing.rs", "bench.rs"].iter().any(|name| part == *name)
    };
    is_house
        && path.extension().is_some_and(|ext| ext == "rs")
        && !path.components().any(|part| test(part.as_os_str()))
}

/// Files that are shown as they are: pages, generated schemas, manual pages, examples.
fn is_shown_whole(path: &Path) -> bool {
    let folder = ["docs", "examples", "completions/man"].iter().any(|folder| path.starts_with(folder));
    let alone = ["README.md", "schema/api.json", "schema/farm.schema.json"]
        .iter()
        .any(|name| path == Path::new(name));
    (folder || alone) && path != Path::new(GLOSSARY)
}

#[test]
fn users_meet_none_of_the_words_that_the_glossary_rules_out() {
    let words = ruled_out();
    let (mut wrong, mut excused, mut texts) = (BTreeSet::new(), BTreeSet::new(), 0);
    let mut look = |path: &Path, at: usize, text: &str| {
        texts += 1;
        for word in used(text, &words) {
            let here =
                RIGHT_HERE.iter().position(|(file, right, _)| Path::new(file) == path && *right == word);
            match here {
                Some(entry) => drop(excused.insert(entry)),
                None => drop(wrong.insert(format!("{}:{at}: `{word}` in: {}", path.display(), text.trim()))),
            }
        }
    };
    for (path, text) in sources().iter().filter(|(path, _)| is_product(path)) {
        for (at, text) in shown(text) {
            look(path, at, &text);
        }
    }
    for path in files().iter().filter(|path| is_shown_whole(path)) {
        let text = std::fs::read_to_string(root().join(path)).expect("a readable page");
        let lines: Vec<&str> = text.lines().collect();
        // A phrase may go on in the next line.
        for (at, pair) in lines.iter().enumerate() {
            look(path, at + 1, pair);
            if let Some(next) = lines.get(at + 1) {
                let both = format!("{pair} {next}");
                let across =
                    used(&both, &words).into_iter().filter(|w| used(pair, &words).iter().all(|own| own != w));
                if across.filter(|w| used(next, &words).iter().all(|own| own != w)).count() > 0 {
                    look(path, at + 1, &both);
                }
            }
        }
    }
    assert!(texts > 5_000, "the texts were found, not {texts}");
    assert!(wrong.is_empty(), "the glossary has better words: {wrong:#?}");
    let stale: Vec<_> =
        (0..RIGHT_HERE.len()).filter(|entry| !excused.contains(entry)).map(|e| RIGHT_HERE[e]).collect();
    assert!(stale.is_empty(), "these exceptions are no longer needed: {stale:#?}");
}

#[test]
fn files_and_public_items_have_none_of_those_words_in_their_names() {
    let words = ruled_out();
    let mut wrong = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| is_product(path)) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let items = text.lines().filter_map(|line| public_item(line.trim_start())).map(str::to_owned);
        for name in std::iter::once(stem).chain(items) {
            wrong.extend(
                used(&name, &words).into_iter().map(|word| format!("{}: `{word}` in {name}", path.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "the glossary has better words: {wrong:#?}");
}

/// The name of the item or field that a line makes public, within its crate or beyond.
fn public_item(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub")?;
    let rest = rest.strip_prefix('(').map_or(rest, |rest| rest.split_once(')').map_or("", |(_, rest)| rest));
    let mut words = rest
        .strip_prefix(' ')?
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty());
    let keyword = |word: &&str| {
        ["async", "const", "unsafe", "fn", "struct", "enum", "trait", "type", "static", "mod", "use"]
            .contains(word)
    };
    words.find(|word| !keyword(word))
}

#[test]
fn words_are_found_in_prose_and_names_and_nowhere_else() {
    let words = ["ill", "stands in for", "wish"].map(str::to_owned);
    for (text, found) in [
        ("the pool is ill.", vec!["ill"]),
        ("pool-ill, OverrideWish", vec!["ill", "wish"]),
        ("it stands\n    in for a-001", vec!["stands in for"]),
        ("it will fill, till; wishful", vec![]),
    ] {
        assert_eq!(used(text, &words), found, "{text}");
    }
}

#[test]
fn literals_are_told_from_the_rest() {
    let source = "fn a<'a>(x: &'a str) { // \"ill\"\n  let c = ['\"', '\\'', 'é']; f(\"one \\\" two\", r#\"th\"ree\"#); }\n\"four\"";
    let found: Vec<String> = literals(source).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["one  \" two", "th\"ree", "four"]);
    assert_eq!(literals(source)[2].0, 3);
    let help = "use clap::Args;\n#[cfg(test)]\nmod tests;\n/// Waits.\nstruct A;\n#[cfg(test)]\nmod more {\n\"ill\" }";
    assert_eq!(public_item("pub(crate) async fn wait_at(x: u8)"), Some("wait_at"));
    assert_eq!(public_item("pub wish: Option<u8>,"), Some("wish"));
    assert_eq!(public_item("let wish = 1;"), None);
    assert_eq!(shown(help), [(4, " Waits.".to_owned())]);
}
