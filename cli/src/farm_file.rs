//! Which farm file is meant, what it and its includes say, and where git has it.

use std::path::{Path, PathBuf};

use schema::api::{BundleDoc, Provenance};
use schema::{Problem, Reading};

use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// A farm file, read.
pub(crate) struct FarmFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// It and what it includes.
    pub(crate) bundle: BundleDoc,
    /// What was understood.
    pub(crate) reading: Reading,
}

/// The file named, else `farm.yaml` or `farm.yml` here or above, as far as the git work tree goes.
pub(crate) fn find(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        if path.is_dir() {
            return inside(path)?.ok_or_else(|| missing(&format!("{} has no farm.yaml", path.display())));
        }
        return Ok(path.to_owned());
    }
    for folder in crate::config::upward() {
        if let Some(found) = inside(&folder)? {
            return Ok(found);
        }
    }
    Err(missing("there is no farm.yaml in this folder or above it within the git work tree"))
}

fn missing(message: &str) -> Failure {
    Failure::new(Exit::Invalid, "farm_file", message, Some("name one with --file, or set STRATUMCTL_FILE"))
}

/// A folder for people: the one we are in has no name of its own.
fn name(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { "this folder".into() } else { folder.display().to_string() }
}

fn inside(folder: &Path) -> Result<Option<PathBuf>, Failure> {
    let found: Vec<PathBuf> = ["farm.yaml", "farm.yml"]
        .iter()
        .map(|name| folder.join(name))
        .filter(|path| path.is_file())
        .collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        _ => Err(Failure::new(
            Exit::Invalid,
            "farm_file",
            format!("{} has both farm.yaml and farm.yml", name(folder)),
            Some("keep one, or name it with --file"),
        )),
    }
}

/// Reads a farm file and what it includes; `-` is the standard input.
pub(crate) fn read(path: &Path) -> Result<FarmFile, Failure> {
    if path == Path::new("-") {
        let text = repository::read_bounded(std::io::stdin(), repository::FILE_MAX).map_err(|error| {
            let help = Some("a farm file has at most 256 MiB");
            Failure::new(Exit::Invalid, "farm_file", format!("the standard input: {error}"), help)
        })?;
        let bundle = BundleDoc::single("<stdin>", text);
        let reading = schema::read(&bundle);
        return Ok(FarmFile { path: path.to_owned(), bundle, reading });
    }
    let collected = repository::read_farm(path).map_err(|error| {
        let help =
            "name another one with --file; without it, farm.yaml is looked for in this folder and above";
        Failure::new(Exit::Invalid, "farm_file", format!("{}: {error}", path.display()), Some(help))
    })?;
    let reading = schema::read_collected(&collected);
    Ok(FarmFile { path: path.to_owned(), bundle: collected.bundle, reading })
}

/// The same with files that hold sections besides it, such as scenarios.
pub(crate) fn read_beside(path: &Path, more: &[PathBuf]) -> Result<FarmFile, Failure> {
    let mut file = read(path)?;
    if more.is_empty() {
        return Ok(file);
    }
    let home = path.parent().unwrap_or(Path::new(""));
    for path in more {
        let name = path.strip_prefix(home).unwrap_or(path).display().to_string();
        if file.bundle.files.iter().any(|known| known.path == name) {
            continue;
        }
        let text = repository::read_text(path, repository::FILE_MAX).map_err(|error| {
            let message = format!("{}: {error}", path.display());
            Failure::new(Exit::Invalid, "farm_file", message, Some("name files with `scenarios:` in them"))
        })?;
        file.bundle.files.push(schema::bundle::BundleFile { path: name, text });
    }
    file.reading = schema::read(&file.bundle);
    Ok(file)
}

impl FarmFile {
    /// Finds, names and reads the farm file; shows its problems, and fails if one is an error.
    pub(crate) fn sound(named: Option<&Path>, ui: &mut Ui) -> Result<Self, Failure> {
        let path = find(named)?;
        if named.is_none() {
            ui.note(&format!("using {}", path.display()));
        }
        read(&path)?.checked(ui)
    }

    /// Shows its problems, and fails if one is an error.
    pub(crate) fn checked(self, ui: &mut Ui) -> Result<Self, Failure> {
        self.show_problems(ui);
        if self.reading.farm.is_none() {
            let message = format!("{} has errors, so nothing was done", self.path.display());
            let problems = self.reading.problems.iter().map(Into::into).collect();
            return Err(Failure::new(Exit::Invalid, "invalid", message, None).with_problems(problems));
        }
        Ok(self)
    }

    /// Draws the problems on the error stream.
    pub(crate) fn show_problems(&self, ui: &mut Ui) {
        if self.reading.problems.is_empty() {
            return;
        }
        let look =
            schema::problem::Look { color: ui.color_of_notes(), unicode: true, width: ui.width, max: 20 };
        let drawn = schema::problem::render_human(&self.reading.problems, &self.reading.sources, look);
        ui.note_text(&drawn);
    }

    /// Errors and warnings.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.reading.problems
    }

    /// Where git has it: commit, branch, author, and whether it was changed since.
    pub(crate) fn provenance(&self) -> Result<Provenance, Failure> {
        let outside = operator();
        if self.path == Path::new("-") {
            return Ok(outside);
        }
        let folder =
            self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |error: repository::RepositoryError| Failure::failed(error.to_string());
        let Some(tree) = repository::inspect(folder).map_err(failed)? else { return Ok(outside) };
        let files: Vec<PathBuf> = self.bundle.files.iter().map(|file| folder.join(&file.path)).collect();
        let mut found = tree.provenance(&files, env!("CARGO_PKG_VERSION")).map_err(failed)?;
        found.author = found.author.or(outside.author);
        Ok(found)
    }
}

/// Who asks, where no commit says so: git's idea of the user, else the login name.
pub(crate) fn operator() -> Provenance {
    let name = repository::user().or_else(|| std::env::var("USER").ok());
    Provenance { author: name, tool_version: env!("CARGO_PKG_VERSION").into(), ..Provenance::default() }
}
