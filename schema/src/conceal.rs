//! Which bytes of a farm file must not be shown, by its text alone: whether or not it is YAML, whatever a
//! secret is written like. When in doubt more is hidden than needed; references such as `{env: NAME}` stay.
//!
//! A key that names a secret hides all behind it on its line, and the lines below that belong to it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value;

use crate::nearest::nearest;
use crate::published;
use crate::secret::EnvName;

/// Parts of words that people use for what should not be read.
const STEMS: [&str; 12] = [
    "pass",
    "pwd",
    "psw",
    "token",
    "secret",
    "webhook",
    "apikey",
    "api_key",
    "credential",
    "bearer",
    "access_code",
    "kennwort",
];
/// Words, and parts of words between `_` and `-`, that mean the same and are too short to be looked for within others.
const SHORT: [&str; 22] = [
    "pw",
    "pws",
    "pswd",
    "auth",
    "authorization",
    "authorisation",
    "login",
    "logins",
    "pin",
    "otp",
    "totp",
    "mfa",
    "tan",
    "cred",
    "creds",
    "jwt",
    "seed",
    "mnemonic",
    "private",
    "geheim",
    "mdp",
    "clave",
];
/// Ways to say where a secret is kept.
const PLACES: [&str; 4] = ["env", "file", "sops", "credential"];
/// Longest reference that is shown, bytes.
const PLACE_MAX: usize = 256;
/// Bytes that are looked at of any file, over and over.
const WORK_MIN: usize = 1 << 20;

/// How surely a word names a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    No,
    /// It looks like it: behind it a section of the farm file may stand as well.
    Perhaps,
    Surely,
}

/// What the published schema knows.
struct Words {
    /// Fields whose value is a secret.
    secrets: HashSet<&'static str>,
    /// All that may stand in a farm file by itself: fields and choices.
    plain: HashSet<&'static str>,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut words = Words { secrets: HashSet::new(), plain: HashSet::new() };
        collect(published::schema(), &mut words);
        words
    })
}

fn collect(node: &'static Value, words: &mut Words) {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "properties" {
                    for (name, field) in value.as_object().into_iter().flatten() {
                        words.plain.insert(name);
                        if field.get("$ref").and_then(Value::as_str) == Some("#/$defs/SecretRef") {
                            words.secrets.insert(name);
                        }
                    }
                }
                if matches!(key.as_str(), "enum" | "const") {
                    let choices = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                    words.plain.extend(choices.iter().filter_map(Value::as_str));
                }
                collect(value, words);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        _ => {}
    }
}

/// Whether a field of this name, however it is written, holds a secret.
pub(crate) fn names_a_secret(word: &str) -> bool {
    judge(word) != Named::No
}

fn judge(word: &str) -> Named {
    let word: String = word.chars().filter(|c| !is_unseen(*c)).flat_map(char::to_lowercase).collect();
    let known = words();
    if known.secrets.contains(word.as_str()) {
        return Named::Surely;
    }
    // Another field of the farm file is that field, whatever it resembles.
    if known.plain.contains(word.as_str()) {
        return Named::No;
    }
    let alike = known.secrets.iter().copied().filter(|name| name.len() >= 5);
    let is_alike = STEMS.iter().any(|stem| word.contains(stem))
        || word.ends_with("_key")
        || word.ends_with("-key")
        || word
            .split(['_', '-'])
            .any(|part| SHORT.contains(&part.trim_end_matches(|c: char| c.is_ascii_digit())))
        || nearest(&word, alike).is_some();
    if is_alike { Named::Perhaps } else { Named::No }
}

/// Whether a text is plain vocabulary, which tells nothing.
pub(crate) fn is_vocabulary(word: &str) -> bool {
    words().plain.contains(word)
        || PLACES.contains(&word)
        || matches!(word, "text" | "true" | "false" | "null")
}

/// Whether a text stands in what is said of every farm: how fields are written.
pub(crate) fn is_said_anyway(word: &str) -> bool {
    is_vocabulary(word)
        || crate::text::formats().iter().any(|format| {
            format.expected.contains(word)
                || format.what.contains(word)
                || format.examples.iter().any(|text| text.contains(word))
        })
}

/// The bytes to hide, in order and apart from each other.
pub(crate) fn ranges(text: &str) -> Vec<Range<usize>> {
    let ends = |c: char| c.is_whitespace() || is_flow(c);
    let anchors = text.match_indices('&').filter_map(|(at, _)| text[at + 1..].split(ends).next()).collect();
    let mut scan = Scan {
        text,
        judged: HashMap::new(),
        hidden: Vec::new(),
        anchors,
        aliases: HashSet::new(),
        work: text.len().saturating_mul(32).saturating_add(WORK_MIN),
    };
    scan.keys();
    scan.escaped_keys();
    scan.anchors();
    scan.users_of_urls();
    scan.merged()
}

/// The words in hidden bytes, and parts of them, for finding them in other texts.
pub(crate) fn hidden_words<'a>(text: &'a str, ranges: &[Range<usize>]) -> HashSet<&'a str> {
    let mut found = HashSet::new();
    for range in ranges {
        let Some(part) = text.get(range.clone()) else { continue };
        for line in part.lines() {
            found.insert(line.trim());
            let bare =
                |c: char| c.is_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ',' | '"' | '\'' | '#');
            for word in line.split(bare) {
                found.insert(word);
                found.insert(word.trim_matches(|c: char| !c.is_alphanumeric()));
                found.extend(word.split(':'));
            }
        }
    }
    found
}

struct Scan<'a> {
    text: &'a str,
    judged: HashMap<&'a str, Named>,
    hidden: Vec<Range<usize>>,
    anchors: HashSet<&'a str>,
    /// Anchors that secrets are taken from.
    aliases: HashSet<&'a str>,
    /// Bytes that may still be looked at. Text that is made to take long is hidden whole.
    work: usize,
}

impl<'a> Scan<'a> {
    fn merged(mut self) -> Vec<Range<usize>> {
        self.hidden.retain(|range| !range.is_empty());
        self.hidden.sort_unstable_by_key(|range| (range.start, range.end));
        let mut out: Vec<Range<usize>> = Vec::new();
        for range in self.hidden {
            match out.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => out.push(range),
            }
        }
        out
    }

    /// Words that name a secret.
    fn keys(&mut self) {
        let mut at = 0;
        while at < self.text.len() {
            if self.work == 0 {
                return self.hidden.push(at..self.text.len());
            }
            let rest = &self.text[at..];
            let Some(first) = rest.find(is_of_word) else { break };
            let start = at + first;
            let len = self.text[start..].find(|c| !is_of_word(c)).unwrap_or(self.text.len() - start);
            at = start + len;
            let word = &self.text[start..at];
            let named = *self.judged.entry(word).or_insert_with(|| judge(word));
            if named != Named::No {
                self.key(start, at, named);
            }
        }
    }

    /// Keys in double quotes that are written with escapes.
    fn escaped_keys(&mut self) {
        let mut at = 0;
        while let Some(found) = self.text[at..].find('"') {
            let start = at + found;
            let Some(end) = closing(self.text, start) else { break };
            self.spend(end - start);
            if self.work == 0 {
                return self.hidden.push(start..self.text.len());
            }
            let inner = &self.text[start + 1..end - 1];
            at = start + 1;
            if inner.contains('\\') && !inner.contains('\n') && inner.len() < 256 {
                let named = judge(&unescaped(inner));
                if named != Named::No {
                    self.key(start, end, named);
                }
                at = end;
            }
        }
    }

    /// What stands behind a word that names a secret.
    fn key(&mut self, start: usize, end: usize, named: Named) {
        let line = self.line(start);
        self.spend(line.len());
        let before = &self.text[line.start..start];
        let in_comment = before.starts_with('#') || before.contains(" #") || before.contains("\t#");
        let behind = self.text[end..line.end].trim_start_matches(['"', '\'']);
        let behind = behind.trim_start_matches(|c: char| c == ' ' || c == '\t' || is_unseen(c));
        let separator = behind.chars().next().filter(|c| matches!(c, ':' | '=' | '：'));
        match separator {
            Some(mark) => {
                let value = line.end - behind.len() + mark.len_utf8();
                self.value(line, start, value, named);
            }
            // A colon that was forgotten, an explicit key, or words about it.
            None => {
                let lead = before.trim_end_matches([' ', '\t', '"', '\'', '!', '&']);
                let begins = lead.is_empty() || lead.ends_with(['-', '{', ',', '[', '?', '|', '#', '>']);
                let is_explicit = lead.ends_with('?');
                if is_explicit || begins && named == Named::Surely {
                    self.value(line, start, end, named);
                } else if begins || in_comment {
                    self.hide(end, line.end);
                }
            }
        }
    }

    /// Hides a value from `from` on; its key starts at `key` in `line`.
    fn value(&mut self, line: Range<usize>, key: usize, from: usize, named: Named) {
        let indent = indent_of(&self.text[line.clone()]);
        let in_flow = depth(&self.text[line.start..key]) > 0;
        // Where the entry begins, whatever tags and anchors stand before its key.
        let column = if in_flow { indent } else { entry_column(&self.text[line.start..key]) };
        let is_explicit = self.text[line.start + column.min(key - line.start)..key].starts_with('?');
        let (content, alias) = skip_properties(self.text, from);
        if let Some(alias) = alias {
            self.aliases.insert(alias);
        }
        if named == Named::Perhaps && self.is_a_section(content, &line, column) {
            return;
        }
        self.spend(line.len());
        // A value with quotes or brackets ends where they close; any other on its line.
        let closed = match self.text[content..].chars().next() {
            Some('"' | '\'') => closing(self.text, content),
            Some('{' | '[') => closing_bracket(self.text, content),
            _ => Some(content.max(from)),
        };
        let unclosed = closed.is_none();
        self.spend(closed.unwrap_or(self.text.len()) - content.min(closed.unwrap_or(content)));
        let closed = closed.unwrap_or(content);
        let last_line = self.line(closed.min(self.text.len()));
        let rest_end = match in_flow && !unclosed {
            true => closed + next_entry(&self.text[closed..last_line.end]).unwrap_or(last_line.end - closed),
            false => last_line.end,
        };
        let shown = reference(self.text, content, &self.anchors);
        if let Some(shown) = &shown
            && shown.end <= rest_end
        {
            self.hide(shown.end, without_closers(self.text, shown.end, rest_end));
        } else {
            let from = behind_kind(self.text, content).unwrap_or(from);
            self.hide(from, without_closers(self.text, from, rest_end));
        }
        if in_flow && !unclosed && rest_end < last_line.end {
            return;
        }
        // Lines below that belong to it.
        let head = self.text[content..last_line.end].trim_start();
        let mut is_open = head.is_empty() || head.starts_with(['#', '|', '>']) || unclosed;
        let mut flow_open = in_flow && depth(&self.text[line.start..last_line.end]) > 0;
        let mut below = Vec::new();
        let mut next = self.after(&last_line);
        while let Some(line) = next {
            let words = &self.text[line.clone()];
            next = self.after(&line);
            self.spend(words.len() + 1);
            if words.trim().is_empty() {
                continue;
            }
            let is_item = words.trim_start().starts_with("- ") || words.trim() == "-";
            if flow_open {
                // Between brackets columns mean nothing: it goes on until they close, or another field begins.
                let is_field =
                    looks_like_entry(words) && is_vocabulary(key_of(words)) && indent_of(words) <= indent;
                if is_field && !is_open {
                    break;
                }
                flow_open = depth_from(1, words) > 0;
                let stop = next_entry(words);
                is_open = false;
                below.push(line.start..line.start + stop.unwrap_or(words.len()));
                if stop.is_some() {
                    break;
                }
                continue;
            }
            let belongs = indent_of(words) > column
                || is_item
                    && indent_of(words) == column
                    && !in_flow
                    && !self.text[line_start(self.text, key)..key].contains('-')
                || is_explicit && words.trim_start().starts_with(':')
                || is_open && !looks_like_entry(words);
            if !belongs {
                break;
            }
            // A scalar that begins on its own line goes on as it likes; so does what was never closed.
            let behind = words.trim_start().strip_prefix(':').map(str::trim);
            is_open = unclosed
                || is_explicit
                    && behind.is_some_and(|rest| {
                        rest.is_empty() || rest.starts_with(['|', '>', '"', '\'', '{', '['])
                    });
            below.push(line);
        }
        if let [only] = below.as_slice()
            && let Some(end) = reference_line(&self.text[only.clone()])
        {
            self.hide(only.start + end, only.end);
            return;
        }
        for line in below {
            let words = &self.text[line.clone()];
            if let Some(name) = words.trim().strip_prefix('*') {
                self.aliases.insert(name);
            }
            self.hide(line.start, line.end);
        }
    }

    /// Whether a section of the farm file stands there: `passau: { timezone: UTC }` is a site.
    fn is_a_section(&self, content: usize, line: &Range<usize>, column: usize) -> bool {
        let is_field = |text: &str| {
            let name = key_of(text);
            words().plain.contains(name)
                && name != "text"
                && !PLACES.contains(&name)
                && judge(name) == Named::No
        };
        let rest = self.text[content..line.end.max(content)].trim();
        if let Some(inner) = rest.strip_prefix('{') {
            return is_field(inner);
        }
        if !rest.is_empty() && !rest.starts_with('#') {
            return false;
        }
        let mut next = self.after(line);
        // A comment or two may stand between.
        for _ in 0..8 {
            let Some(line) = next else { break };
            let words = &self.text[line.clone()];
            if !words.trim().is_empty() && !words.trim_start().starts_with('#') {
                return indent_of(words) > column && looks_like_entry(words) && is_field(words);
            }
            next = self.after(&line);
        }
        false
    }

    /// What the aliases of secrets stand for.
    fn anchors(&mut self) {
        let mut done: HashSet<&str> = HashSet::new();
        loop {
            let new: HashSet<&str> = self.aliases.iter().copied().filter(|name| done.insert(name)).collect();
            if new.is_empty() {
                return;
            }
            self.spend(self.text.len());
            if self.work == 0 {
                return self.hidden.push(0..self.text.len());
            }
            for (at, _) in self.text.match_indices('&') {
                let name = self.text[at + 1..].split(|c: char| c.is_whitespace() || is_flow(c)).next();
                let Some(name) = name.filter(|name| new.contains(name)) else { continue };
                let line = self.line(at);
                self.value(
                    line.clone(),
                    line.start + indent_of(&self.text[line]),
                    at + 1 + name.len(),
                    Named::Surely,
                );
            }
        }
    }

    /// Whoever logs in by a URL.
    fn users_of_urls(&mut self) {
        for (at, _) in self.text.match_indices('@').chain(self.text.match_indices("%40")) {
            if self.work == 0 {
                return self.hidden.push(0..self.text.len());
            }
            let line = self.line(at);
            self.spend(line.len());
            let before = &self.text[line.start..at];
            // From the scheme on, blanks and all; without one, a word with a colon in it.
            let from = match before.rfind("://") {
                Some(scheme) if is_user(&before[scheme + 3..]) => Some(scheme + 3),
                _ => {
                    let word = before
                        .rfind(|c: char| c.is_whitespace() || is_flow(c) || matches!(c, '"' | '\'' | '/'));
                    let word =
                        word.map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
                    let user = before[word..].to_ascii_lowercase();
                    (user.contains(':') || user.contains("%3a")).then_some(word)
                }
            };
            if let Some(from) = from {
                self.hide(line.start + from, at);
            }
        }
    }

    fn spend(&mut self, bytes: usize) {
        self.work = self.work.saturating_sub(bytes);
    }

    fn hide(&mut self, from: usize, to: usize) {
        if from >= to {
            return;
        }
        let part = &self.text[from..to];
        let lead = part.len() - part.trim_start().len();
        self.hidden.push(from + lead..from + part.trim_end().len().max(lead));
    }

    /// The line around a byte, without its end.
    fn line(&self, at: usize) -> Range<usize> {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |found| at + found);
        line_start(self.text, at)..end
    }

    fn after(&self, line: &Range<usize>) -> Option<Range<usize>> {
        (line.end < self.text.len()).then(|| self.line(line.end + 1))
    }
}

/// Whether what stands between a URL's scheme and an `@` can be somebody's name: also with a password that has a slash
/// in it, which no URL may have and people write.
fn is_user(text: &str) -> bool {
    text.split_once('/').is_none_or(|(front, _)| front.contains(':'))
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |found| found + 1)
}

/// Neither seen nor a word's end: written into a word to break it.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-' || is_unseen(c)
}

fn is_flow(c: char) -> bool {
    matches!(c, '{' | '}' | '[' | ']' | ',')
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t', '\u{feff}']).len()
}

/// The column in which the entry of a line begins, behind blanks and dashes.
fn entry_column(before: &str) -> usize {
    let mut rest = before;
    loop {
        let next = rest.trim_start_matches([' ', '\t', '\u{feff}']);
        let next = next.strip_prefix("- ").unwrap_or(next);
        if next.len() == rest.len() {
            return before.len() - rest.len();
        }
        rest = next;
    }
}

/// Brackets that are open at the end of a piece of a line.
fn depth(text: &str) -> usize {
    depth_from(0, text)
}

fn depth_from(mut depth: usize, text: &str) -> usize {
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth
}

/// Behind blanks, tags and anchors; and the alias that stands there.
fn skip_properties(text: &str, from: usize) -> (usize, Option<&str>) {
    let mut at = from;
    loop {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let rest = &rest[blank..];
        at += blank;
        let word = rest.split(|c: char| c.is_whitespace() || is_flow(c)).next().unwrap_or_default();
        match rest.chars().next() {
            Some('!' | '&') if !word.is_empty() => at += word.len(),
            Some('*') => return (at, Some(&word[1..])),
            _ => return (at, None),
        }
    }
}

/// The byte behind the quote that closes the one at `at`.
fn closing(text: &str, at: usize) -> Option<usize> {
    let quote = text[at..].chars().next()?;
    let mut chars = text[at + 1..].char_indices().peekable();
    while let Some((found, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'') {
                chars.next();
                continue;
            }
            return Some(at + 1 + found + 1);
        }
    }
    None
}

/// The byte behind the bracket that closes the one at `at`.
fn closing_bracket(text: &str, at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut here = at;
    while let Some(c) = text[here..].chars().next() {
        match c {
            '"' | '\'' => {
                here = closing(text, here)?;
                continue;
            }
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        here += c.len_utf8();
        if depth == 0 {
            return Some(here);
        }
    }
    None
}

/// Where the next entry of a map in brackets begins: a comma, and a key behind it.
fn next_entry(text: &str) -> Option<usize> {
    text.match_indices(',').map(|(at, _)| at).find(|at| {
        let rest = text[at + 1..].trim_start_matches([' ', '\t', '{', '[', '"', '\'']);
        let word = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len());
        let behind = rest[word..].trim_start_matches(['"', '\'']).trim_start();
        // Only a field that there is: anything else may be part of the secret.
        is_vocabulary(&rest[..word])
            && (behind.starts_with(": ") || behind == ":" || behind.starts_with(":\t"))
    })
}

/// Brackets at the end stay: they hold nothing.
fn without_closers(text: &str, from: usize, to: usize) -> usize {
    let part = &text[from..to];
    from + part.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '}' | ']')).len()
}

/// `key: ...`, with or without a dash before it.
fn looks_like_entry(line: &str) -> bool {
    let line = line.trim();
    if line.starts_with("---") || line.starts_with("...") {
        return true;
    }
    let line = line.trim_start_matches("- ").trim_start_matches(['"', '\'']);
    let word = line.find(|c: char| !is_of_word(c) && !matches!(c, '.' | '/' | '$')).unwrap_or(line.len());
    let behind = line[word..].trim_start_matches(['"', '\'']).trim_start();
    word > 0 && (behind.starts_with(": ") || behind == ":")
}

/// The key of such a line.
fn key_of(line: &str) -> &str {
    line.trim_start().trim_start_matches("- ").split([':', ' ']).next().unwrap_or_default()
}

/// The bytes of `{env: NAME}` or its likes at a place, if nothing else is between the brackets.
fn reference(text: &str, at: usize, anchors: &HashSet<&str>) -> Option<Range<usize>> {
    let line = text[at..].lines().next()?;
    if let Some(name) = line.strip_prefix('*') {
        let len = name.find(|c: char| c.is_whitespace() || is_flow(c)).unwrap_or(name.len());
        // What is no alias is a password that begins with a star.
        return (len > 0 && anchors.contains(&name[..len])).then_some(at..at + 1 + len);
    }
    let inner = line.strip_prefix('{')?;
    let end = inner.find('}')?;
    is_place(&inner[..end]).then_some(at..at + end + 2)
}

/// Behind `{ env:` or its likes.
fn behind_kind(text: &str, at: usize) -> Option<usize> {
    let inner = text[at..].strip_prefix('{')?;
    let kind = inner.trim_start_matches(' ');
    let len = kind.find(|c: char| !is_of_word(c))?;
    let is_kind = PLACES.contains(&&kind[..len]) || &kind[..len] == "text";
    (is_kind && kind[len..].starts_with(':')).then_some(at + 1 + (inner.len() - kind.len()) + len + 1)
}

/// The end of `env: NAME` in a line of its own, if that is all of it.
fn reference_line(line: &str) -> Option<usize> {
    let end = line.find(" #").unwrap_or(line.len());
    is_place(&line[..end]).then_some(end)
}

fn is_place(entry: &str) -> bool {
    let Some((kind, name)) = entry.split_once(':') else { return false };
    let (kind, name) = (kind.trim().trim_matches(['"', '\'']), name.trim());
    let name = match (name.strip_prefix(['"', '\'']), name.chars().next()) {
        (Some(inner), Some(quote)) => match inner.strip_suffix(quote) {
            Some(inner) => inner,
            None => return false,
        },
        _ => name,
    };
    let is_plain = |c: char| c.is_alphanumeric() || "._-/#+$".contains(c);
    if name.is_empty() || name.len() > PLACE_MAX || !name.chars().all(is_plain) {
        return false;
    }
    match kind {
        "env" => name.parse::<EnvName>().is_ok(),
        // For passwords that guard nothing: `x`.
        "text" => name.len() <= 2,
        _ => PLACES.contains(&kind),
    }
}

/// The text of a double-quoted scalar, as far as its escapes are letters.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let digits = match chars.next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(other) => {
                out.push(other);
                continue;
            }
            None => break,
        };
        let code: String = chars.by_ref().take(digits).collect();
        out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_that_hold_secrets_are_those_of_the_schema() {
        let mut secrets: Vec<_> = words().secrets.iter().copied().collect();
        secrets.sort_unstable();
        assert_eq!(secrets, ["ca", "certificate", "key", "password", "secret", "token", "webhook"]);
        assert!(
            !names_a_secret("pools") && !names_a_secret("timezone") && names_a_secret("pass\u{200b}word")
        );
    }

    #[test]
    fn users_of_urls_are_hidden_however_their_passwords_are_written() {
        for text in [
            "urls: ['stratum+tcp://me:a/Zebra9@h:3333']",
            "urls: ['stratum+tcp://me:Zebra9@h:3333']",
            "urls: ['stratum+tcp://me:a//b/Zebra9@h:3333']",
            "user: me:Zebra9%40h:3333",
            "user: me%3AZebra9%40h",
            "bearer: Zebra9",
            "psw: Zebra9",
            "kennwort: Zebra9",
        ] {
            let secret = text.find("Zebra9").unwrap();
            let hidden = ranges(text);
            assert!(
                hidden.iter().any(|part| part.start <= secret && secret + 6 <= part.end),
                "{text}: {hidden:?}"
            );
        }
        // A path with a version in it is nobody's password.
        assert!(ranges("url: https://h.example/path/x@v1").is_empty());
    }

    #[test]
    fn text_that_is_made_to_take_long_is_hidden_in_good_time() {
        for piece in [
            "password: [",
            "password:\n",
            "token: \"\n",
            "a: &a *a\npassword: *a\n",
            "password: &b\n ",
            "\\\"",
            "@:",
            "://@",
        ] {
            let hidden = ranges(&piece.repeat(300_000 / piece.len()));
            assert!(hidden.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
