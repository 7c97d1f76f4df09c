//! A first commit of a folder of our own making, and whom git thinks it serves. A user's branch is never
//! rewritten here.

use std::path::Path;

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature};

use crate::RepositoryError;
use crate::error::explain;

/// Makes a repository of this folder if it is none, and commits everything in it that is not ignored.
pub fn commit_all(folder: &Path, message: &str, name: &str, email: &str) -> Result<String, RepositoryError> {
    let run = || -> Result<String, git2::Error> {
        let git = Repository::init_opts(folder, RepositoryInitOptions::new().initial_head("main"))?;
        let mut index = git.index()?;
        index.add_all(["*"], IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = git.find_tree(index.write_tree()?)?;
        let author = Signature::now(name, email)?;
        let parent = git.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        Ok(git.commit(Some("HEAD"), &author, &author, message, &tree, &parents)?.to_string())
    };
    run().map_err(|error| explain(folder, &error))
}

/// The user as git's configuration has it: `Name <address>`.
pub fn user() -> Option<String> {
    let config = git2::Config::open_default().ok()?.snapshot().ok()?;
    let name = config.get_str("user.name").ok()?.to_owned();
    Some(match config.get_str("user.email") {
        Ok(email) => format!("{name} <{email}>"),
        Err(_) => name,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_folder_becomes_a_clean_work_tree() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("farm.yaml"), "kind: Farm\n").unwrap();
        let first = super::commit_all(folder.path(), "first", "A", "a@farm.example").unwrap();
        let tree = crate::inspect(folder.path()).unwrap().unwrap();
        assert_eq!(tree.commit.as_ref().unwrap().id, first);
        assert_eq!(tree.branch.as_deref(), Some("main"));
        assert!(!tree.dirty);
    }
}
