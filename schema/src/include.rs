//! Several files become one farm: which file includes which, and whose section is whose.

use std::collections::HashMap;

use crate::bundle::{Bundle, path_matches, resolve};
use crate::problem::Problem;
use crate::tree::{Id, Tree, View};

/// Sections keyed by names, which several files may share.
pub(crate) const BY_NAME: [&str; 11] = [
    "windows",
    "hubs",
    "pools",
    "models",
    "sites",
    "rigs",
    "customers",
    "policies",
    "staff",
    "investors",
    "scenarios",
];
/// What only the farm file says.
const ROOT_ONLY: [&str; 5] = ["apiVersion", "kind", "name", "timezone", "currency"];

/// One root for all files, and what is wrong with how they fit together.
pub(crate) fn join(tree: &mut Tree, bundle: &Bundle, roots: &[Id]) -> (Id, Vec<Problem>) {
    let mut problems = check_includes(tree, bundle, roots);
    let root = roots[0];
    if roots.len() == 1 || tree.view(root) != View::Map {
        return (root, problems);
    }
    // Sections in the order they first appear; entries in the order of the files.
    let mut sections: Vec<(Id, Id)> = tree.entries(root).collect();
    let mut shared: HashMap<String, Vec<(Id, Id)>> = HashMap::new();
    for file in &roots[1..] {
        if tree.view(*file) != View::Map {
            let problem = Problem::new(
                "farm::include::not_sections",
                tree.sources(),
                tree.place(*file),
                "an included file holds sections of the farm, and this one does not",
            );
            problems.push(
                problem.label("not a map").help("write sections such as `rigs:` with their entries below"),
            );
            continue;
        }
        for (key, value) in tree.entries(*file).collect::<Vec<_>>() {
            let name = tree.scalar_text(key).to_owned();
            if name == "include" {
                continue;
            }
            if ROOT_ONLY.contains(&name.as_str()) {
                problems.push(
                    Problem::new(
                        "farm::include::root_only",
                        tree.sources(),
                        tree.place(key),
                        format!("`{name}` is only allowed in the main farm file"),
                    )
                    .label("in an included file")
                    .help("remove it here")
                    .at(format!("/{name}")),
                );
                continue;
            }
            let Some(at) = sections.iter().position(|(section, _)| tree.scalar_text(*section) == name) else {
                sections.push((key, value));
                continue;
            };
            let (first_key, first_value) = sections[at];
            let maps = tree.view(first_value) == View::Map && tree.view(value) == View::Map;
            if !maps || !BY_NAME.contains(&name.as_str()) {
                let sources = tree.sources();
                problems.push(
                    Problem::new(
                        "farm::include::section_twice",
                        sources,
                        tree.place(key),
                        format!("`{name}` is in two files"),
                    )
                    .label("again here")
                    .related(sources, tree.place(first_key), "first here")
                    .help(
                        "only sections of names can be split between files; keep this one whole in one file",
                    )
                    .at(format!("/{name}")),
                );
                continue;
            }
            let all = shared.entry(name.clone()).or_insert_with(|| tree.entries(first_value).collect());
            all.extend(tree.entries(value));
        }
    }
    for (key, value) in &mut sections {
        let name = tree.scalar_text(*key).to_owned();
        let Some(mut entries) = shared.remove(&name) else { continue };
        problems.extend(drop_repeated(tree, &name, &mut entries));
        let like = tree.resolve(*value);
        *value = tree.add_map(like, &entries);
    }
    (tree.add_map(root, &sections), problems)
}

/// Every name lives in one file. The first of two is kept.
fn drop_repeated(tree: &Tree, section: &str, entries: &mut Vec<(Id, Id)>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: HashMap<&str, Id> = HashMap::with_capacity(entries.len());
    entries.retain(|(key, _)| {
        let name = tree.scalar_text(*key);
        let Some(first) = seen.get(name) else {
            seen.insert(name, *key);
            return true;
        };
        // Twice in one file was found when the file was read.
        if tree.file(*first) != tree.file(*key) {
            let sources = tree.sources();
            let message = format!("`{name}` is in two files");
            problems.push(
                Problem::new("farm::include::name_twice", sources, tree.place(*key), message)
                    .label("again here")
                    .related(sources, tree.place(*first), "first here")
                    .help("every name lives in one file: keep one of the two")
                    .at(format!("/{section}/{}", crate::tree::escape(name))),
            );
        }
        false
    });
    problems
}

/// Every pattern matches a file, and no file includes itself, whatever the way.
fn check_includes(tree: &Tree, bundle: &Bundle, roots: &[Id]) -> Vec<Problem> {
    let mut problems = Vec::new();
    // Who included a file first: the way back to the farm file.
    let mut parent: Vec<Option<usize>> = vec![None; roots.len()];
    let mut reached = vec![false; roots.len()];
    let mut queue = vec![0];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let mut edges: Vec<(usize, usize, Id)> = Vec::new();
    while let Some(file) = queue.pop() {
        let Some((_, list)) = tree.get(roots[file], "include") else { continue };
        for item in tree.items(list) {
            let View::Text(pattern) = tree.view(item) else { continue };
            let Some(resolved) = resolve(&bundle.files[file].path, pattern) else { continue };
            let fits =
                |(_, other): &(usize, &crate::bundle::BundleFile)| path_matches(&resolved, &other.path);
            let matched: Vec<usize> =
                bundle.files.iter().enumerate().filter(fits).map(|(at, _)| at).collect();
            if matched.is_empty() {
                problems.push(
                    Problem::new("farm::include::missing", tree.sources(), tree.place(item), "no file matches this")
                        .label("nothing there")
                        .help("paths are relative to this file; a pattern that matches nothing is a mistake, never an empty farm")
                        .at("/include"),
                );
            }
            for to in matched {
                edges.push((file, to, item));
                if !reached[to] {
                    reached[to] = true;
                    parent[to] = Some(file);
                    queue.push(to);
                }
            }
        }
    }
    for (from, to, item) in edges {
        // Is `to` on the way from the farm file to `from`?
        let mut way = vec![from];
        while let Some(up) = parent[way[way.len() - 1]].filter(|_| way.last() != Some(&to)) {
            way.push(up);
        }
        if way.last() == Some(&to) && (to != 0 || way.len() == 1 || from != to) {
            way.reverse();
            let names: Vec<&str> =
                way.iter().chain([&to]).map(|file| bundle.files[*file].path.as_str()).collect();
            problems.push(
                Problem::new(
                    "farm::include::cycle",
                    tree.sources(),
                    tree.place(item),
                    "a file includes itself",
                )
                .label("closes the circle")
                .help(format!("the circle is {}; take one of them out", names.join(" -> ")))
                .at("/include"),
            );
        }
    }
    problems
}
