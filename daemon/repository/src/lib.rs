//! git: what was committed, by whom, and whether the files of a farm still are what was committed.
//!
//! Reads only: nothing is fetched, and neither the index nor a branch of the user is touched.

mod disk;
mod error;
mod remote;
mod write;

pub use disk::{Disk, FILE_MAX, read_bounded, read_farm, read_text};
pub use error::RepositoryError;
pub use write::{commit_all, user};

use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Repository, Status, StatusOptions, TreeWalkMode, TreeWalkResult};
use schema::api::Provenance;

/// A folder under git, and the commit it is at.
pub struct WorkTree {
    git: Repository,
    /// The folder, as the file system names it without links.
    pub root: PathBuf,
    /// The commit; none yet in a new repository.
    pub commit: Option<Commit>,
    /// The branch; none on a detached head.
    pub branch: Option<String>,
    /// Address of the remote repository, without credentials.
    pub remote: Option<String>,
    /// Whether anything in the folder differs from the commit, new files included.
    pub dirty: bool,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id, 40 hex digits.
    pub id: String,
    /// Name of its author.
    pub author_name: String,
    /// Mail address of its author.
    pub author_email: String,
    /// When it was made.
    pub at: jiff::Timestamp,
    /// First line of its message.
    pub message: String,
}

/// How a file stands to the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// As committed.
    Clean,
    /// Committed with another text, or changed in the index.
    Changed,
    /// Not in the commit: new, ignored by git, or outside the folder.
    Untracked,
    /// Committed, and gone.
    Missing,
}

/// Looks at the folder that holds this file or folder. `None` when it is not under git.
pub fn inspect(path: &Path) -> Result<Option<WorkTree>, RepositoryError> {
    let found = path
        .canonicalize()
        .map_err(|error| RepositoryError::NoSuchPath { path: path.to_owned(), detail: error.to_string() })?;
    let folder = if found.is_dir() { found.as_path() } else { found.parent().unwrap_or(&found) };
    let git = match Repository::discover(folder) {
        Ok(git) => git,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(error::explain(&root_of(folder), &error)),
    };
    let explain = |error: git2::Error| error::explain(folder, &error);
    let Some(root) = git.workdir() else {
        return Err(RepositoryError::Bare { path: git.path().to_owned() });
    };
    let root = root
        .canonicalize()
        .map_err(|error| RepositoryError::NoSuchPath { path: root.to_owned(), detail: error.to_string() })?;
    let commit = head_commit(&git).map_err(explain)?;
    let branch = branch(&git).map_err(explain)?;
    let remote = remote::address(&git, branch.as_deref()).map_err(explain)?;
    let dirty = dirty(&git).map_err(explain)?;
    Ok(Some(WorkTree { git, root, commit, branch, remote, dirty }))
}

impl WorkTree {
    /// How these files stand to the commit, in the order given. A link counts together with what it leads to.
    pub fn states(&self, files: &[impl AsRef<Path>]) -> Result<Vec<FileState>, RepositoryError> {
        files.iter().map(|file| self.state(file.as_ref())).collect()
    }

    /// Where a farm made of these files comes from.
    pub fn provenance(
        &self,
        files: &[impl AsRef<Path>],
        tool_version: &str,
    ) -> Result<Provenance, RepositoryError> {
        let states = self.states(files)?;
        Ok(Provenance {
            commit: self.commit.as_ref().map(|commit| commit.id.clone()),
            branch: self.branch.clone(),
            author: self.commit.as_ref().map(Commit::author),
            dirty: states.iter().any(|state| *state != FileState::Clean),
            remote: self.remote.clone(),
            message: self.commit.as_ref().map(|commit| commit.message.clone()),
            tool_version: tool_version.to_owned(),
        })
    }

    /// The text of a file as it was in a commit (an id, a branch, a tag, `HEAD~1`); the path is relative to the
    /// root. `None` when the commit has no such file.
    pub fn file_at(&self, commit: &str, path: &Path) -> Result<Option<String>, RepositoryError> {
        let tree = self.tree(commit)?;
        let entry = match tree.get_path(path) {
            Ok(entry) => entry,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(self.explain(&error)),
        };
        let place = || format!("{commit}:{}", path.display());
        // A link is kept as a file whose text is a path; taken for a farm it would only puzzle.
        if entry.kind() != Some(ObjectType::Blob) || entry.filemode() == i32::from(git2::FileMode::Link) {
            return Err(RepositoryError::NotAFile { place: place() });
        }
        let blob = self.git.find_blob(entry.id()).map_err(|error| self.explain(&error))?;
        match std::str::from_utf8(blob.content()) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(RepositoryError::NotText { place: place() }),
        }
    }

    /// The files of a commit below a folder (relative to the root, empty for all), in order of path.
    pub fn files_at(&self, commit: &str, folder: &Path) -> Result<Vec<PathBuf>, RepositoryError> {
        let tree = self.tree(commit)?;
        let mut files = Vec::new();
        tree.walk(TreeWalkMode::PreOrder, |parent, entry| {
            if entry.kind() == Some(ObjectType::Blob) {
                let path = Path::new(parent).join(String::from_utf8_lossy(entry.name_bytes()).as_ref());
                if path.starts_with(folder) {
                    files.push(path);
                }
            }
            TreeWalkResult::Ok
        })
        .map_err(|error| self.explain(&error))?;
        files.sort();
        Ok(files)
    }

    fn tree(&self, commit: &str) -> Result<git2::Tree<'_>, RepositoryError> {
        self.git
            .revparse_single(commit)
            .and_then(|object| object.peel_to_tree())
            .map_err(|_| RepositoryError::UnknownCommit { commit: commit.to_owned() })
    }

    fn state(&self, file: &Path) -> Result<FileState, RepositoryError> {
        let named = name_in_folder(file);
        let state = self.state_of(&named)?;
        match file.canonicalize() {
            Ok(target) if state == FileState::Clean && target != named => self.state_of(&target),
            _ => Ok(state),
        }
    }

    fn state_of(&self, file: &Path) -> Result<FileState, RepositoryError> {
        let Ok(inside) = file.strip_prefix(&self.root) else { return Ok(FileState::Untracked) };
        let status = match self.git.status_file(inside) {
            Ok(status) => status,
            // Neither here nor in the commit, or in a repository within this one.
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::Ambiguous) => {
                return Ok(FileState::Untracked);
            }
            Err(error) => return Err(self.explain(&error)),
        };
        Ok(if status == Status::CURRENT {
            FileState::Clean
        } else if status.intersects(Status::WT_DELETED | Status::INDEX_DELETED) {
            // Taken out of the index and still there: the next commit will not have it.
            if file.exists() { FileState::Untracked } else { FileState::Missing }
        } else if status.intersects(Status::WT_NEW | Status::IGNORED) || status.contains(Status::INDEX_NEW) {
            FileState::Untracked
        } else {
            FileState::Changed
        })
    }

    fn explain(&self, error: &git2::Error) -> RepositoryError {
        error::explain(&self.root, error)
    }
}

impl Commit {
    /// The author as git writes it: `Name <mail>`.
    pub fn author(&self) -> String {
        format!("{} <{}>", self.author_name, self.author_email)
    }
}

/// The root of the repository around this folder, trusted or not.
fn root_of(folder: &Path) -> PathBuf {
    let around = Repository::discover_path(folder, std::iter::empty::<&Path>());
    around.ok().and_then(|git| git.parent().map(Path::to_owned)).unwrap_or_else(|| folder.to_owned())
}

/// The path with links resolved in its folder, but not in its last part.
fn name_in_folder(file: &Path) -> PathBuf {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match (folder.canonicalize(), file.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => file.to_owned(),
    }
}

fn head_commit(git: &Repository) -> Result<Option<Commit>, git2::Error> {
    let head = match git.head() {
        Ok(head) => head.peel_to_commit()?,
        Err(error) if error.code() == ErrorCode::UnbornBranch => return Ok(None),
        Err(error) => return Err(error),
    };
    let author = head.author();
    Ok(Some(Commit {
        id: head.id().to_string(),
        author_name: plain(author.name_bytes()),
        author_email: plain(author.email_bytes()),
        at: jiff::Timestamp::from_second(head.time().seconds()).unwrap_or_default(),
        message: plain(head.summary_bytes().unwrap_or_default()),
    }))
}

fn branch(git: &Repository) -> Result<Option<String>, git2::Error> {
    // Asked of the symbolic reference: a branch without commits has a name as well.
    let head = git.find_reference("HEAD")?;
    let target = head.symbolic_target_bytes();
    Ok(target.and_then(|target| target.strip_prefix(b"refs/heads/")).map(plain))
}

fn dirty(git: &Repository) -> Result<bool, git2::Error> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).exclude_submodules(true).update_index(false);
    Ok(!git.statuses(Some(&mut options))?.is_empty())
}

/// Text written by others, safe to show on a terminal.
fn plain(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
