//! Two farms to a list of changes, and many like changes to a few lines. The cost follows the size of
//! the farms, never its square. Rigs are compared one by one with their ranges expanded, so a range and
//! the same rigs written out are the same farm.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::{ChangeLine, ChangeVerb};
use crate::farm::{Farm, Identify, Rig};
use crate::range::RigRange;
use crate::tree::escape;

/// What happened to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is gone.
    Removed,
    /// It is another one.
    Changed,
    /// It is new.
    Added,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// JSON pointer of the value: `/rigs/a-001/rack`.
    pub path: String,
    /// What happened.
    pub kind: ChangeKind,
    /// The value before, in short. Texts of secrets are not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The value after, in short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// Changes of one kind, of one field, from one value to one other, of many things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The path with `*` where the names differ: `/rigs/*/rack`.
    pub path: String,
    /// What happened.
    pub kind: ChangeKind,
    /// How many things it happened to.
    pub count: usize,
    /// What they are: "rigs".
    pub what: String,
    /// Their names, neighbours as ranges, the first few.
    pub names: Vec<String>,
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

impl From<Group> for ChangeLine {
    fn from(group: Group) -> ChangeLine {
        ChangeLine {
            count: group.count as u64,
            path: group.path,
            kind: match group.kind {
                ChangeKind::Removed => ChangeVerb::Remove,
                ChangeKind::Changed => ChangeVerb::Change,
                ChangeKind::Added => ChangeVerb::Add,
            },
            old: group.old,
            new: group.new,
            names: group.names,
        }
    }
}

/// Longest value that is shown, in characters.
const SHOWN_MAX: usize = 120;
/// Most names of a group that are shown.
const NAMES_MAX: usize = 8;

/// What changes from one farm to another. Renamed things are removed and added.
pub fn diff(old: &Farm, new: &Farm) -> Vec<Change> {
    let mut changes = Vec::new();
    // Rigs apart: a hundred thousand of them are compared as they are, not as JSON.
    let rest = |farm: &Farm| serde_json::to_value(without_rigs(farm)).unwrap_or_default();
    let (mut before, mut after) = (rest(old), rest(new));
    for side in [&mut before, &mut after] {
        // A section of names without any is written as no section; here it is one without names.
        let sections = side.as_object_mut().expect("a farm is a map");
        for (section, ..) in THINGS {
            sections.entry(section).or_insert_with(|| Value::Object(Map::new()));
        }
    }
    compare("", &before, &after, &mut changes);
    rigs(old, new, &mut changes);
    changes
}

/// Written out so that a new section is not forgotten: it does not compile without.
fn without_rigs(farm: &Farm) -> Farm {
    Farm {
        api_version: farm.api_version,
        kind: farm.kind,
        name: farm.name.clone(),
        timezone: farm.timezone.clone(),
        currency: farm.currency.clone(),
        include: Vec::new(),
        windows: farm.windows.clone(),
        hubs: farm.hubs.clone(),
        pools: farm.pools.clone(),
        models: farm.models.clone(),
        sites: farm.sites.clone(),
        rigs: IndexMap::new(),
        house: farm.house.clone(),
        customers: farm.customers.clone(),
        policies: farm.policies.clone(),
        collectors: farm.collectors.clone(),
        staff: farm.staff.clone(),
        alerts: farm.alerts.clone(),
        investors: farm.investors.clone(),
        money: farm.money.clone(),
        portal: farm.portal.clone(),
        scenarios: farm.scenarios.clone(),
    }
}

fn compare(path: &str, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(a), Value::Object(b)) if !is_one_value(a) && !is_one_value(b) => {
            for (key, value) in a {
                let path = format!("{path}/{}", escape(key));
                match b.get(key) {
                    Some(other) => compare(&path, value, other, changes),
                    None => changes.push(Change {
                        path,
                        kind: ChangeKind::Removed,
                        old: Some(short(value)),
                        new: None,
                    }),
                }
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                let path = format!("{path}/{}", escape(key));
                changes.push(Change { path, kind: ChangeKind::Added, old: None, new: Some(short(value)) });
            }
        }
        // Failover lists: entry by entry. Other lists are sets or short, and read best whole.
        (Value::Array(a), Value::Array(b)) if path.ends_with("/pools") => {
            for index in 0..a.len().max(b.len()) {
                let path = format!("{path}/{index}");
                match (a.get(index), b.get(index)) {
                    (Some(a), Some(b)) => compare(&path, a, b, changes),
                    (Some(a), None) => changes.push(Change {
                        path,
                        kind: ChangeKind::Removed,
                        old: Some(short(a)),
                        new: None,
                    }),
                    (None, b) => {
                        changes.push(Change { path, kind: ChangeKind::Added, old: None, new: b.map(short) })
                    }
                }
            }
        }
        _ => changes.push(Change {
            path: path.into(),
            kind: ChangeKind::Changed,
            old: Some(short(old)),
            new: Some(if short(old) == short(new) {
                format!("{} (another one)", short(new))
            } else {
                short(new)
            }),
        }),
    }
}

/// A choice of one field, such as the place of a secret, changes as a whole; so does a thing of another kind.
fn is_one_value(map: &Map<String, Value>) -> bool {
    const CHOICES: [&str; 5] = ["env", "file", "sops", "credential", "text"];
    map.len() == 1 && map.keys().all(|key| CHOICES.contains(&key.as_str()))
}

/// A value in one line. The text of `{text: ..}` is left out.
fn short(value: &Value) -> String {
    fn write(value: &Value, text: &mut String) {
        if text.chars().count() > SHOWN_MAX {
            return;
        }
        match value {
            Value::String(string) => text.push_str(string),
            Value::Array(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index > 0 { ", " } else { "" });
                    write(item, text);
                }
                text.push(']');
            }
            Value::Object(map) => {
                text.push('{');
                for (index, (key, item)) in map.iter().enumerate() {
                    text.push_str(if index > 0 { ", " } else { "" });
                    text.push_str(key);
                    text.push_str(": ");
                    if key == "text" && map.len() == 1 { text.push_str("...") } else { write(item, text) }
                }
                text.push('}');
            }
            other => text.push_str(&other.to_string()),
        }
    }
    let mut text = String::new();
    write(value, &mut text);
    if text.chars().count() > SHOWN_MAX {
        text = text.chars().take(SHOWN_MAX - 3).collect::<String>() + "...";
    }
    text
}

/// One rig of an entry.
type Step<'a> = (&'a RigRange, &'a Rig, u32);

fn expand(farm: &Farm) -> HashMap<Arc<str>, Step<'_>> {
    let count = farm.rigs.keys().map(|range| range.len() as usize).sum();
    let mut all = HashMap::with_capacity(count);
    for (range, rig) in &farm.rigs {
        for step in 0..range.len() {
            all.entry(range.text_at(step)).or_insert((range, rig, step));
        }
    }
    all
}

/// Names in the order of the file.
fn names(farm: &Farm) -> impl Iterator<Item = Arc<str>> + '_ {
    farm.rigs.keys().flat_map(|range| (0..range.len()).map(move |step| range.text_at(step)))
}

fn rigs(old: &Farm, new: &Farm, changes: &mut Vec<Change>) {
    if old.rigs.len() == new.rigs.len() && old.rigs.iter().eq(new.rigs.iter()) {
        return;
    }
    let (before, after) = (expand(old), expand(new));
    for name in names(old) {
        let step = before[&name];
        match after.get(&name) {
            Some(other) => fields(&name, step, *other, changes),
            None => {
                let value = short(&as_value(step));
                changes.push(Change {
                    path: format!("/rigs/{name}"),
                    kind: ChangeKind::Removed,
                    old: Some(value),
                    new: None,
                });
            }
        }
    }
    for name in names(new).filter(|name| !before.contains_key(name)) {
        let value = short(&as_value(after[&name]));
        changes.push(Change {
            path: format!("/rigs/{name}"),
            kind: ChangeKind::Added,
            old: None,
            new: Some(value),
        });
    }
}

fn fields(name: &str, old: Step<'_>, new: Step<'_>, changes: &mut Vec<Change>) {
    let one_by_one = old.2 == 0 && new.2 == 0 && !old.0.is_range() && !new.0.is_range();
    if one_by_one && old.1 == new.1 {
        return;
    }
    compare(&format!("/rigs/{name}"), &as_value(old), &as_value(new), changes);
}

/// One rig as it would be written alone.
fn as_value((_, rig, step): Step<'_>) -> Value {
    let mut value = serde_json::to_value(rig).unwrap_or_default();
    let Some(map) = value.as_object_mut() else { return value };
    let mut set = |field: &str, text: Arc<str>| drop(map.insert(field.into(), (*text).into()));
    if let Some(address) = &rig.address {
        set("address", address.text_at(step));
    }
    let identify = rig.identify.as_ref().map(|identify| match identify {
        Identify::Worker(worker) => ("worker", worker.text_at(step)),
        Identify::Password(password) => ("password", password.text_at(step)),
        Identify::Address(address) => ("address", address.text_at(step)),
    });
    if let Some((kind, text)) = identify {
        map.insert("identify".into(), serde_json::json!({kind: &*text}));
    }
    value
}

/// Sections whose entries are things with names, and what those are called.
const THINGS: [(&str, &str, &str); 11] = [
    ("rigs", "rig", "rigs"),
    ("pools", "pool", "pools"),
    ("customers", "customer", "customers"),
    ("hubs", "hub", "hubs"),
    ("sites", "site", "sites"),
    ("models", "model", "models"),
    ("policies", "policy", "policies"),
    ("windows", "window", "windows"),
    ("staff", "member of staff", "members of staff"),
    ("investors", "investor", "investors"),
    ("scenarios", "scenario", "scenarios"),
];

/// Fields that are each rig's own: their values differ by nature, and are not what a group is told by.
const OWN: [&str; 2] = ["address", "identify"];

/// Most lines for one field; beyond, values that differ are counted instead of listed.
const LINES_MAX: usize = 6;

/// What changes are merged by: what happened, the field, and the values.
type Key = (ChangeKind, String, Option<String>, Option<String>);

/// Merges like changes of many things, destructive ones first.
pub fn group(changes: &[Change]) -> Vec<Group> {
    let mut groups: IndexMap<Key, Vec<&str>> = IndexMap::new();
    for change in changes {
        let mut parts = change.path.splitn(4, '/').skip(1);
        let (section, name, rest) = (parts.next().unwrap_or(""), parts.next(), parts.next());
        let thing = THINGS.iter().any(|(known, ..)| *known == section);
        let (path, name) = match (thing, name, rest) {
            (true, Some(name), Some(rest)) => (format!("/{section}/*/{rest}"), name),
            (true, Some(name), None) => (format!("/{section}/*"), name),
            _ => (change.path.clone(), ""),
        };
        let own =
            section == "rigs" && rest.is_none_or(|rest| OWN.contains(&rest.split('/').next().unwrap_or("")));
        let (old, new) = if own { (None, None) } else { (change.old.clone(), change.new.clone()) };
        groups.entry((change.kind, path, old, new)).or_default().push(name);
    }
    let groups = merge(groups, |(kind, path, _, new)| (*kind, path.clone(), None, new.clone()));
    let groups = merge(groups, |(kind, path, _, _)| (*kind, path.clone(), None, None));
    let mut all: Vec<Group> = groups.into_iter().map(|(key, names)| as_group(key, &names)).collect();
    all.sort_by_key(|group| group.kind);
    all
}

/// Merges the groups of a field that has too many of them, by a coarser key.
fn merge(groups: IndexMap<Key, Vec<&str>>, coarser: fn(&Key) -> Key) -> IndexMap<Key, Vec<&str>> {
    let mut lines: HashMap<(ChangeKind, String), usize> = HashMap::new();
    for (kind, path, ..) in groups.keys() {
        *lines.entry((*kind, path.clone())).or_default() += 1;
    }
    let mut merged: IndexMap<Key, Vec<&str>> = IndexMap::with_capacity(groups.len());
    for (key, names) in groups {
        let many = lines[&(key.0, key.1.clone())] > LINES_MAX;
        merged.entry(if many { coarser(&key) } else { key }).or_default().extend(names);
    }
    merged
}

fn as_group((kind, path, old, new): Key, names: &[&str]) -> Group {
    let section = path.split('/').nth(1).unwrap_or("");
    let count = names.len();
    let what = THINGS.iter().find(|(known, ..)| *known == section && !names[0].is_empty());
    let what = what.map(|(_, one, many)| if count == 1 { *one } else { *many }).unwrap_or("farm").to_owned();
    let names = if names[0].is_empty() { Vec::new() } else { as_ranges(names) };
    Group { path, kind, count, what, names, old, new }
}

/// First and last name of a run of neighbours, and how the last one ends: prefix, number, digits.
type Run = (String, String, Option<(String, u32, usize)>);

/// Neighbouring names as ranges, the first few.
fn as_ranges(names: &[&str]) -> Vec<String> {
    let numbered = |name: &str| {
        let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count().min(9);
        let (prefix, number) = name.split_at(name.len() - digits);
        Some((prefix.to_owned(), number.parse::<u32>().ok()?, digits))
    };
    let mut runs: Vec<Run> = Vec::new();
    for name in names {
        let this = numbered(name);
        if let (Some((_, last, Some((prefix, number, digits)))), Some((p, n, d))) = (runs.last_mut(), &this)
            && prefix == p
            && *n == *number + 1
            && digits == d
        {
            *last = (*name).to_owned();
            *number = *n;
            continue;
        }
        if runs.len() > NAMES_MAX {
            break;
        }
        runs.push(((*name).to_owned(), (*name).to_owned(), this));
    }
    let more = runs.len() > NAMES_MAX;
    let mut texts: Vec<String> = runs
        .iter()
        .take(NAMES_MAX)
        .map(|(first, last, end)| match end {
            Some((_, _, digits)) if first != last => format!("{first}..{}", &last[last.len() - digits..]),
            _ => first.clone(),
        })
        .collect();
    if more {
        texts.push("...".into());
    }
    texts
}

/// "9,874 rigs: rack a1 -> a2".
impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field: Vec<&str> = self.path.split('/').skip(if self.names.is_empty() { 1 } else { 3 }).collect();
        let field = field.join(".");
        match self.names.as_slice() {
            [] => {}
            [one] if self.count == 1 => write!(f, "{} {one}: ", self.what)?,
            _ => write!(f, "{} {}: ", thousands(self.count), self.what)?,
        }
        if !field.is_empty() {
            write!(f, "{field} ")?;
        }
        match (self.kind, &self.old, &self.new) {
            (ChangeKind::Removed, Some(old), _) => write!(f, "removed ({old})")?,
            (ChangeKind::Removed, None, _) => f.write_str("removed")?,
            (ChangeKind::Added, _, Some(new)) => write!(f, "added: {new}")?,
            (ChangeKind::Added, _, None) => f.write_str("added")?,
            (ChangeKind::Changed, Some(old), Some(new)) => write!(f, "{old} -> {new}")?,
            (ChangeKind::Changed, None, Some(new)) => write!(f, "different values -> {new}")?,
            (ChangeKind::Changed, ..) => f.write_str("changed")?,
        }
        if self.count > 1 && !self.names.is_empty() {
            write!(f, " [{}]", self.names.join(", "))?;
        }
        Ok(())
    }
}

fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Bundle;

    fn farm(rigs: &str, more: &str) -> Farm {
        let text = format!(
            "apiVersion: stratum.farm/v1\nkind: Farm\nname: f\npools:\n  a: {{ urls: ['stratum+tcp://a.example:1'] }}\n  b: {{ urls: ['stratum+tcp://b.example:1'] }}\nhouse: {{ pools: [{{ pool: a, user: u }}] }}\nrigs:\n{rigs}{more}"
        );
        let reading = crate::read(&Bundle::single("farm.yaml", text));
        reading.farm.unwrap_or_else(|| panic!("{:#?}", reading.problems))
    }

    #[test]
    fn a_range_and_the_same_rigs_written_out_are_no_change() {
        let range = farm(
            "  a-001..002: { model: antminer-s21, address: 10.0.0.1..2, identify: { worker: w.7..8 } }\n",
            "",
        );
        let single = farm(
            "  a-002: { model: antminer-s21, address: 10.0.0.2, identify: { worker: w.8 } }\n  a-001: { model: antminer-s21, address: 10.0.0.1, identify: { worker: w.7 } }\n",
            "",
        );
        assert_eq!(diff(&range, &single), []);
        assert_eq!(diff(&single, &range), []);
    }

    #[test]
    fn one_field_of_many_rigs_is_one_line_and_what_is_lost_comes_first() {
        let old = farm(
            "  a-00001..99999: { model: antminer-s21, rack: a1 }\n  b-1..3: { model: antminer-s21 }\n",
            "",
        );
        let new = farm(
            "  a-00001..99999: { model: antminer-s21, rack: a2 }\n  c-1: { model: antminer-s21 }\n",
            "customers:\n  x: { pools: [{ pool: a, user: u }] }\n",
        );
        let groups = group(&diff(&old, &new));
        let lines: Vec<String> = groups.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "3 rigs: removed [b-1..3]",
                "99,999 rigs: rack a1 -> a2 [a-00001..99999]",
                "customer x: added: {pools: [{pool: a, user: u, password: {text: ...}}]}",
                "rig c-1: added",
            ]
        );
    }

    #[test]
    fn a_field_whose_old_values_all_differ_is_one_line_too() {
        let rigs = |rack: fn(usize) -> String| {
            (0..500)
                .map(|n| format!("  r-{n:03}: {{ model: antminer-s21, rack: {} }}\n", rack(n)))
                .collect::<String>()
        };
        let (old, new) = (farm(&rigs(|n| format!("a{n}")), ""), farm(&rigs(|_| "b".into()), ""));
        let lines: Vec<String> = group(&diff(&old, &new)).iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["500 rigs: rack different values -> b [r-000..499]"]);
        let back: Vec<String> = group(&diff(&new, &old)).iter().map(ToString::to_string).collect();
        assert_eq!(back, ["500 rigs: rack changed [r-000..499]"]);
    }

    #[test]
    fn a_failover_list_changes_entry_by_entry_and_secrets_stay_unsaid() {
        let old = farm(
            "  a: { model: antminer-s21 }\n",
            "customers:\n  x: { pools: [{ pool: a, user: u, password: { text: hunter2 } }] }\n",
        );
        let new = farm(
            "  a: { model: antminer-s21 }\n",
            "customers:\n  x: { pools: [{ pool: b, user: u, password: { text: hunter3 } }] }\n",
        );
        let lines: Vec<String> = group(&diff(&old, &new)).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "customer x: pools.0.pool a -> b",
                "customer x: pools.0.password {text: ...} -> {text: ...} (another one)"
            ]
        );
    }
}
