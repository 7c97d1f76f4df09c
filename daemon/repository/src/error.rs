//! Why a repository could not be read, in words that say what to do.

use std::path::{Path, PathBuf};

use git2::ErrorCode;

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The path is not there or not readable.
    #[error("{path} cannot be read: {detail}")]
    NoSuchPath {
        /// The path.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
    /// A repository without files to look at.
    #[error("{path} is a bare repository: it holds commits but no files; use a clone of it")]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// It belongs to another user, and git does not trust it.
    #[error(
        "the repository at {path} belongs to another user, so git does not trust it; \
         if you do, run: git config --global --add safe.directory {path}"
    )]
    Owner {
        /// A folder in the repository.
        path: PathBuf,
    },
    /// There is no such commit.
    #[error("there is no commit `{commit}` here; it may have to be fetched first")]
    UnknownCommit {
        /// What was asked for.
        commit: String,
    },
    /// A folder, a link or a submodule.
    #[error("{place} is not a file")]
    NotAFile {
        /// `commit:path`.
        place: String,
    },
    /// The file is not UTF-8.
    #[error("{place} is not UTF-8 text")]
    NotText {
        /// `commit:path`.
        place: String,
    },
    /// git says no for another reason.
    #[error("the repository at {path} cannot be read: {detail}")]
    Git {
        /// A folder in the repository.
        path: PathBuf,
        /// What git says.
        detail: String,
    },
}

pub(crate) fn explain(path: &Path, error: &git2::Error) -> RepositoryError {
    let path = path.to_owned();
    match error.code() {
        ErrorCode::Owner => RepositoryError::Owner { path },
        _ => RepositoryError::Git { path, detail: error.message().to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_of_somebody_else_comes_with_the_command_that_trusts_it() {
        let error = git2::Error::new(ErrorCode::Owner, git2::ErrorClass::Config, "not owned by current user");
        let text = explain(Path::new("/srv/farm"), &error).to_string();
        assert!(text.contains("git config --global --add safe.directory /srv/farm"), "{text}");
    }
}
