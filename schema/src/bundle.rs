//! Bundle: the farm file and what it includes, as texts. Gathered where the CLI runs, sent to the
//! daemon, read by both. The files themselves are reached through [`Files`]; nothing is opened here.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use crate::api::{BundleDoc as Bundle, BundleFile};

use crate::problem::Problem;
use crate::source::{Place, Sources};
use crate::tree;

/// Most files of one bundle.
pub const FILES_MAX: usize = 10_000;
/// Most bytes of one bundle: ten times a farm of 100,000 rigs written out.
pub const BYTES_MAX: usize = 256 << 20;

/// How files are reached.
pub trait Files {
    /// The path with every link followed; fails when there is nothing.
    fn canonical(&mut self, path: &Path) -> io::Result<PathBuf>;
    /// Names of what is in a folder.
    fn list(&mut self, folder: &Path) -> io::Result<Vec<String>>;
    /// A whole file as text.
    fn read(&mut self, path: &Path) -> io::Result<String>;
}

/// A bundle, and what could not be brought into it.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// The files.
    pub bundle: Bundle,
    /// What `include` asked for and did not get.
    pub refused: Vec<Refused>,
}

/// Something that was not included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The file that asked, by its number in the bundle.
    pub file: usize,
    /// Where it asked.
    pub bytes: Range<usize>,
    /// `farm::include::outside` or `farm::include::unreadable`.
    pub code: &'static str,
    /// Why not.
    pub reason: String,
}

impl Bundle {
    /// A bundle of one file.
    pub fn single(path: impl Into<String>, text: impl Into<String>) -> Bundle {
        Bundle { files: vec![BundleFile { path: path.into(), text: text.into() }] }
    }
}

impl Collected {
    pub(crate) fn problems(&self, sources: &Sources) -> Vec<Problem> {
        let problem = |refused: &Refused| {
            let place = Place { file: refused.file, start: refused.bytes.start, end: refused.bytes.end };
            Problem::new(refused.code, sources, place, refused.reason.clone())
                .label("asked for here")
                .help(
                    "includes are regular files below the work tree of the farm file; links may not leave it",
                )
                .at("/include")
        };
        self.refused.iter().map(problem).collect()
    }
}

/// Gathers a farm file and what it includes. Nothing outside of `confine_to` is read, links followed.
/// Fails only when the farm file itself cannot be read; the rest is in `refused`.
pub fn collect(root: &Path, confine_to: &Path, files: &mut dyn Files) -> io::Result<Collected> {
    let confine_to = files.canonical(confine_to)?;
    let home = root.parent().map(Path::to_owned).unwrap_or_default();
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !files.canonical(root)?.starts_with(&confine_to) {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the farm file is a link to outside of its work tree",
        ));
    }
    let text = files.read(root)?;
    let mut seen = HashSet::from([name.clone()]);
    let mut bytes = text.len();
    let mut collected = Collected { bundle: Bundle::single(name, text), refused: Vec::new() };
    let mut queue = VecDeque::from([0]);
    while let Some(index) = queue.pop_front() {
        let from = collected.bundle.files[index].path.clone();
        for (pattern, at) in tree::includes(&collected.bundle.files[index].text) {
            let mut refuse = |code, reason: String| {
                collected.refused.push(Refused { file: index, bytes: at.clone(), code, reason });
            };
            // What is no pattern, or matches nothing, is reported where the bundle is read.
            let Some(pattern) = resolve(&from, &pattern) else {
                refuse("farm::include::outside", "this path leaves the file system".into());
                continue;
            };
            for path in matches(&home, &pattern, files) {
                if seen.contains(&path) {
                    continue;
                }
                let full = home.join(&path);
                match files.canonical(&full) {
                    Ok(real) if real.starts_with(&confine_to) => {}
                    Ok(_) => {
                        refuse("farm::include::outside", format!("`{path}` lies outside of the work tree"));
                        continue;
                    }
                    Err(_) => continue,
                }
                let text = match files.read(&full) {
                    Ok(text) => text,
                    Err(error) => {
                        refuse("farm::include::unreadable", format!("`{path}` cannot be read: {error}"));
                        continue;
                    }
                };
                bytes += text.len();
                if seen.len() >= FILES_MAX || bytes > BYTES_MAX {
                    refuse(
                        "farm::include::unreadable",
                        "there are too many files, or they are too large".into(),
                    );
                    return Ok(collected);
                }
                seen.insert(path.clone());
                collected.bundle.files.push(BundleFile { path, text });
                queue.push_back(collected.bundle.files.len() - 1);
            }
        }
    }
    Ok(collected)
}

/// A pattern of a file as a pattern from the folder of the farm file. None when it climbs too high.
pub(crate) fn resolve(from: &str, pattern: &str) -> Option<String> {
    if pattern.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let climbs = parts.iter().filter(|part| **part == "..").count();
    (climbs <= 32 && !parts.is_empty()).then(|| parts.join("/"))
}

/// Existing paths that a pattern stands for, in order.
fn matches(home: &Path, pattern: &str, files: &mut dyn Files) -> Vec<String> {
    let mut found = vec![String::new()];
    for part in pattern.split('/') {
        let mut next = Vec::new();
        for folder in &found {
            let joined =
                |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            if !part.contains(['*', '?']) {
                next.push(joined(part));
                continue;
            }
            let mut names = files.list(&home.join(folder)).unwrap_or_default();
            names.sort();
            next.extend(names.iter().filter(|name| name_matches(part, name)).map(|name| joined(name)));
        }
        found = next;
    }
    found.retain(|path| files.canonical(&home.join(path)).is_ok());
    found
}

/// Does a path fit a pattern, part by part?
pub(crate) fn path_matches(pattern: &str, path: &str) -> bool {
    let (patterns, parts): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    patterns.len() == parts.len()
        && patterns.iter().zip(parts).all(|(pattern, name)| name_matches(pattern, name))
}

/// `*` stands for any characters, `?` for one. A name that starts with a dot is only matched by one that does.
fn name_matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A file system in memory: path to text, or to the target of a link.
    #[derive(Default)]
    struct Memory {
        texts: BTreeMap<PathBuf, String>,
        links: BTreeMap<PathBuf, PathBuf>,
    }

    impl Memory {
        fn with(mut self, path: &str, text: &str) -> Memory {
            self.texts.insert(path.into(), text.into());
            self
        }

        fn link(mut self, path: &str, target: &str) -> Memory {
            self.links.insert(path.into(), target.into());
            self
        }
    }

    impl Files for Memory {
        fn canonical(&mut self, path: &Path) -> io::Result<PathBuf> {
            let mut real = PathBuf::new();
            for part in path.components() {
                if part.as_os_str() == ".." {
                    real.pop();
                } else {
                    real.push(part);
                }
                if let Some(target) = self.links.get(&real) {
                    real = target.clone();
                }
            }
            let known = self.texts.keys().any(|path| path.starts_with(&real));
            if known { Ok(real) } else { Err(io::ErrorKind::NotFound.into()) }
        }

        fn list(&mut self, folder: &Path) -> io::Result<Vec<String>> {
            let folder = self.canonical(folder)?;
            let names = self.texts.keys().chain(self.links.keys());
            let mut names: Vec<String> = names
                .filter_map(|path| path.strip_prefix(&folder).ok()?.components().next())
                .map(|name| name.as_os_str().to_string_lossy().into_owned())
                .collect();
            names.dedup();
            Ok(names)
        }

        fn read(&mut self, path: &Path) -> io::Result<String> {
            let path = self.canonical(path)?;
            self.texts.get(&path).cloned().ok_or_else(|| io::ErrorKind::IsADirectory.into())
        }
    }

    fn paths(collected: &Collected) -> Vec<&str> {
        collected.bundle.files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn includes_are_gathered_in_order_and_once() {
        let mut files = Memory::default()
            .with("/w/farm.yaml", "include: [rigs/*.yaml, customers.yaml]\n")
            .with("/w/rigs/b.yaml", "rigs: {}\n")
            .with("/w/rigs/a.yaml", "include: ['../customers.yaml']\n")
            .with("/w/rigs/.hidden.yaml", "")
            .with("/w/customers.yaml", "customers: {}\n");
        let collected = collect(Path::new("/w/farm.yaml"), Path::new("/w"), &mut files).unwrap();
        assert_eq!(paths(&collected), ["farm.yaml", "rigs/a.yaml", "rigs/b.yaml", "customers.yaml"]);
        assert!(collected.refused.is_empty());
    }

    #[test]
    fn nothing_outside_of_the_work_tree_is_read() {
        let mut files = Memory::default()
            .with(
                "/w/farm.yaml",
                "include: [../secret.yaml, link.yaml, folder/x.yaml, ../../../../../etc/passwd]\n",
            )
            .with("/secret.yaml", "rigs: {}\n")
            .with("/etc/passwd", "root\n")
            .link("/w/link.yaml", "/secret.yaml")
            .link("/w/folder", "/etc")
            .with("/etc/x.yaml", "rigs: {}\n");
        let collected = collect(Path::new("/w/farm.yaml"), Path::new("/w"), &mut files).unwrap();
        assert_eq!(paths(&collected), ["farm.yaml"]);
        assert_eq!(collected.refused.len(), 4);
        assert!(collected.refused.iter().all(|refused| refused.code == "farm::include::outside"));
    }

    #[test]
    fn a_farm_file_may_include_beside_itself_within_the_tree() {
        let mut files = Memory::default()
            .with("/w/north/farm.yaml", "include: [../shared/*.yaml]\n")
            .with("/w/shared/pools.yaml", "pools: {}\n");
        let collected = collect(Path::new("/w/north/farm.yaml"), Path::new("/w"), &mut files).unwrap();
        assert_eq!(paths(&collected), ["farm.yaml", "../shared/pools.yaml"]);
    }

    #[test]
    fn patterns_match_within_one_name() {
        for (pattern, path, fits) in [
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "x/a.yaml", false),
            ("r?gs/*", "rigs/a", true),
            ("*a*b", "xaybzb", true),
            ("*", ".git", false),
            ("a*", "b", false),
        ] {
            assert_eq!(path_matches(pattern, path), fits, "{pattern} {path}");
        }
    }
}
