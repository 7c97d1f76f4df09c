//! A bundle of texts becomes a farm, or every problem in it: syntax, then structure by the published
//! schema, then the types, then sense. One run finds all; the daemon runs the very same.

use std::collections::{HashMap, HashSet};

use crate::bundle::{BYTES_MAX, Bundle, Collected, FILES_MAX};
use crate::check;
use crate::conceal;
use crate::farm::Farm;
use crate::include;
use crate::problem::{Problem, Spot};
use crate::source::{Place, Sources};
use crate::structure;
use crate::tree::{self, Id, Tree, View};

/// What reading a bundle gave.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The farm, when there is no error.
    pub farm: Option<Farm>,
    /// Everything that is wrong, in the order of the files.
    pub problems: Vec<Problem>,
    /// The files, for showing the problems.
    pub sources: Sources,
    /// Where each policy says when a rig counts as failing.
    pub rules: Vec<Spot>,
}

impl Reading {
    /// Is there an error?
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

/// Reads a bundle.
pub fn read(bundle: &Bundle) -> Reading {
    read_with(bundle, |_| Vec::new())
}

/// Reads what was collected, and reports what could not be.
pub fn read_collected(collected: &Collected) -> Reading {
    read_with(&collected.bundle, |sources| collected.problems(sources))
}

fn read_with(bundle: &Bundle, earlier: impl FnOnce(&Sources) -> Vec<Problem>) -> Reading {
    let bytes: usize = bundle.files.iter().map(|file| file.text.len()).sum();
    if bytes > BYTES_MAX || bundle.files.len() > FILES_MAX || bundle.files.is_empty() {
        let first = Bundle {
            files: bundle
                .files
                .iter()
                .take(1)
                .map(|file| crate::bundle::BundleFile { path: file.path.clone(), text: String::new() })
                .collect(),
        };
        let sources = Sources::of(&first);
        let problem = Problem::new("farm::file::size", &sources, Place::default(), "no file, or too many, or too much text")
            .help("a farm is one file and its includes, 256 MiB and 10,000 files at most; ranges such as `a-001..048` keep it small");
        return Reading { farm: None, problems: vec![problem], sources, rules: Vec::new() };
    }
    let grown = tree::grow(Sources::of(bundle));
    let mut tree = grown.tree;
    let mut problems = earlier(tree.sources());
    problems.extend(grown.problems);
    let roots: Option<Vec<Id>> = grown.roots.into_iter().collect();
    let stops = |problem: &Problem| matches!(problem.code, "farm::yaml::syntax" | "farm::yaml::alias_bomb");
    let roots = roots.filter(|_| !problems.iter().any(stops));
    let mut rules = Vec::new();
    let farm = roots.and_then(|roots| understand(&mut tree, bundle, &roots, &mut problems, &mut rules));
    // More may be found of rules, and shown.
    if !problems.is_empty() || !rules.is_empty() {
        let secrets = secrets(&tree);
        order(&mut problems);
        if !problems.is_empty() {
            let hidden = spoken(hidden_words(&tree, &secrets), &problems);
            problems.iter_mut().for_each(|problem| problem.conceal(&hidden));
        }
        let mut sources = tree.into_sources();
        sources.hide(secrets);
        let farm = farm.filter(|_| !problems.iter().any(Problem::is_error));
        return Reading { farm, problems, sources, rules };
    }
    Reading { farm, problems, sources: tree.into_sources(), rules }
}

/// Bytes of words times bytes of messages that are compared one with the other.
const COMPARED_MAX: usize = 200 << 20;

/// Those of the words that may occur in the problems' texts.
fn spoken(mut words: Vec<String>, problems: &[Problem]) -> Vec<String> {
    let said: usize =
        problems.iter().map(|problem| problem.message.len() + problem.pointer.len() + 100).sum();
    if words.len().saturating_mul(said) > COMPARED_MAX {
        // Thousands of secrets and thousands of problems: by whole words, which is how messages repeat them.
        let runs = |text: &str| -> Vec<String> {
            text.split(|c: char| !c.is_alphanumeric())
                .filter(|run| run.len() >= 3)
                .map(str::to_owned)
                .collect()
        };
        let mut all: HashSet<String> = HashSet::new();
        for problem in problems {
            let texts =
                [Some(&problem.message), Some(&problem.label), Some(&problem.pointer), problem.help.as_ref()];
            texts.into_iter().flatten().for_each(|text| all.extend(runs(text)));
            problem.related.iter().for_each(|related| all.extend(runs(&related.label)));
            problem.fix.iter().for_each(|fix| all.extend(runs(&fix.text)));
        }
        words.retain(|word| runs(word).iter().any(|run| all.contains(run)));
    }
    words
}

/// Words that no message may repeat: those of the places that are not shown, as they are written and as
/// they were understood.
fn hidden_words(tree: &Tree, secrets: &[Place]) -> Vec<String> {
    let mut words: HashSet<String> = HashSet::new();
    let mut add = |word: &str| {
        let word = word.trim();
        if word.chars().count() >= 3 && !conceal::is_said_anyway(word) {
            words.insert(word.to_owned());
        }
    };
    let mut ranges: Vec<Vec<std::ops::Range<usize>>> = Vec::new();
    for (index, file) in tree.sources().files().iter().enumerate() {
        let mut hidden = conceal::ranges(file.text());
        hidden.extend(secrets.iter().filter(|place| place.file == index).map(|place| place.start..place.end));
        conceal::hidden_words(file.text(), &hidden).into_iter().for_each(&mut add);
        hidden.sort_unstable_by_key(|range| range.start);
        ranges.push(hidden);
    }
    for (place, text) in tree.scalars() {
        let hidden = &ranges[place.file];
        let next = hidden.partition_point(|range| range.end <= place.start);
        if hidden.get(next).is_some_and(|range| range.start < place.end && place.start < range.end) {
            add(text);
        }
    }
    let mut words: Vec<String> = words.into_iter().collect();
    // The longest first: what is part of another would leave the rest of it.
    words.sort_unstable_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
    words
}

fn understand(
    tree: &mut Tree,
    bundle: &Bundle,
    roots: &[Id],
    problems: &mut Vec<Problem>,
    rules: &mut Vec<Spot>,
) -> Option<Farm> {
    let (root, found) = include::join(tree, bundle, roots);
    // What collecting already said about an `include` is not said again.
    let said: HashSet<Place> = problems.iter().map(|problem| problem.place).collect();
    problems.extend(found.into_iter().filter(|problem| !said.contains(&problem.place)));
    let structure = structure::check(tree, root);
    let clean = structure.is_empty();
    let skip = structure.skip(tree);
    let (faulty, wrong) = structure.into_parts();
    problems.extend(wrong);
    let whole = if clean { root } else { with_needed_sections(tree, root, &skip) };
    match tree::decode::decode::<Farm>(tree, whole, &skip) {
        Ok(farm) => {
            problems.extend(check::check(tree, whole, &farm, &skip, &faulty));
            *rules = check::policy::rules(tree, whole, &farm);
            Some(farm)
        }
        Err(error) if clean => {
            let place = error.node.map_or_else(Place::default, |node| tree.place(node));
            problems.push(
                Problem::new("farm::field::value", tree.sources(), place, error.message)
                    .label("not usable")
                    .help("`stratumctl explain` says what this field takes"),
            );
            None
        }
        // The structure is wrong in a way that leaves nothing to make sense of; that much has been said.
        Err(_) => None,
    }
}

/// The root with stand-ins for the sections it needs and lacks, so that the others can be checked.
fn with_needed_sections(tree: &mut Tree, root: Id, skip: &HashSet<Id>) -> Id {
    if tree.view(root) != View::Map {
        return root;
    }
    let mut entries: Vec<(Id, Id)> = tree.entries(root).collect();
    for (name, text) in [
        ("apiVersion", Some("stratum.farm/v1")),
        ("kind", Some("Farm")),
        ("name", Some("farm")),
        ("pools", None),
        ("rigs", None),
        ("house", None),
    ] {
        let usable = |(_, value): &(Id, Id)| !skip.contains(&tree.resolve(*value));
        if tree.get(root, name).filter(usable).is_some() {
            continue;
        }
        entries.retain(|(key, _)| tree.scalar_text(*key) != name);
        let value = match (name, text) {
            (_, Some(text)) => tree.add_text(root, text),
            ("house", None) => {
                let (key, list) = (tree.add_text(root, "pools"), tree.add_list(root));
                tree.add_map(root, &[(key, list)])
            }
            _ => tree.add_map(root, &[]),
        };
        entries.push((tree.add_text(root, name), value));
    }
    tree.add_map(root, &entries)
}

/// Most other places that one problem names.
const RELATED_MAX: usize = 4;

/// By file and place. Equal ones are one, which keeps the other places of all: a mistake behind an anchor
/// is found once for each use.
fn order(problems: &mut Vec<Problem>) {
    problems.sort_by(|a, b| (a.place, a.code, &a.message).cmp(&(b.place, b.code, &b.message)));
    problems.dedup_by(|again, first| {
        let same = (again.place, again.code, &again.message) == (first.place, first.code, &first.message);
        if same {
            let new: Vec<_> =
                again.related.drain(..).filter(|place| !first.related.contains(place)).collect();
            let room = RELATED_MAX.saturating_sub(first.related.len());
            first.related.extend(new.into_iter().take(room));
        }
        same
    });
}

/// Values that look like secrets written in clear, wherever they stand, under a misspelt key too.
fn secrets(tree: &Tree) -> Vec<Place> {
    let mut known: HashMap<&str, bool> = HashMap::new();
    let mut places = Vec::new();
    for (key, value) in tree.all_entries() {
        let name = tree.scalar_text(key);
        let looks_secret = *known.entry(name).or_insert_with(|| conceal::names_a_secret(name));
        let hide = match tree.view(value) {
            View::Text(text) => {
                // A place of a secret holds a name; what is no such name may be the secret itself.
                let no_name = name == "env" && text.parse::<crate::secret::EnvName>().is_err();
                looks_secret || no_name || has_password(text) || name == "text" && text.len() > 2
            }
            View::Number(_) => looks_secret,
            View::List => {
                let inner = tree
                    .items(value)
                    .filter(|item| matches!(tree.view(*item), View::Text(text) if has_password(text)));
                places.extend(inner.map(|item| tree.place(item)));
                false
            }
            _ => false,
        };
        if hide {
            places.push(tree.place(tree.resolve(value)));
        }
    }
    places
}

/// A URL with a user in it.
fn has_password(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|place| place.contains('@')))
}
