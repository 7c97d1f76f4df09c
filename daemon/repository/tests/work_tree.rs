//! Repositories made for the purpose, and what is found in them.

use std::fs;
use std::path::{Path, PathBuf};

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};
use repository::{FileState, RepositoryError, WorkTree, inspect};
use tempfile::TempDir;

struct Farm {
    _folder: TempDir,
    root: PathBuf,
    git: Repository,
}

fn farm() -> Farm {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap().join("farm");
    let git = Repository::init_opts(&root, RepositoryInitOptions::new().initial_head("main")).unwrap();
    Farm { _folder: folder, root, git }
}

impl Farm {
    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn stage(&self) -> git2::Oid {
        let mut index = self.git.index().unwrap();
        index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        index.write_tree().unwrap()
    }

    fn commit(&self, message: &str) -> String {
        let tree = self.git.find_tree(self.stage()).unwrap();
        let ann = Signature::new("Ann Ü.", "ann@farm.example", &Time::new(1_700_000_000, 60)).unwrap();
        let parent = self.git.head().ok().map(|head| head.peel_to_commit().unwrap());
        let parents: Vec<_> = parent.iter().collect();
        self.git.commit(Some("HEAD"), &ann, &ann, message, &tree, &parents).unwrap().to_string()
    }

    fn look(&self) -> WorkTree {
        inspect(&self.root).unwrap().expect("a repository")
    }

    fn state(&self, path: &str) -> FileState {
        self.look().states(&[self.root.join(path)]).unwrap()[0]
    }
}

#[test]
fn a_clean_farm_says_commit_branch_author_and_time() {
    let farm = farm();
    let file = farm.write("sites/north/farm.yaml", "name: north\n");
    let id = farm.commit("north: first rigs\n\nThe long story.\n");
    farm.git.remote("origin", "https://ann:secret@host.example/farm.git").unwrap();
    let tree = inspect(&file).unwrap().unwrap();
    let commit = tree.commit.clone().unwrap();
    assert_eq!(tree.root, farm.root);
    assert_eq!((commit.id.as_str(), commit.message.as_str()), (id.as_str(), "north: first rigs"));
    assert_eq!(commit.author(), "Ann Ü. <ann@farm.example>");
    assert_eq!(commit.at.to_string(), "2023-11-14T22:13:20Z");
    assert_eq!((tree.branch.as_deref(), tree.dirty), (Some("main"), false));
    let provenance = tree.provenance(&[file], "0.1.0").unwrap();
    assert_eq!(provenance.commit, Some(id));
    assert_eq!(provenance.remote.as_deref(), Some("https://host.example/farm.git"));
    assert_eq!((provenance.dirty, provenance.tool_version.as_str()), (false, "0.1.0"));
}

#[test]
fn only_files_of_the_farm_make_a_farm_dirty() {
    let farm = farm();
    let file = farm.write("farm.yaml", "name: x\n");
    farm.write("notes.txt", "a\n");
    farm.commit("first");
    farm.write("notes.txt", "b\n");
    let tree = farm.look();
    assert!(tree.dirty, "something in the folder has changed");
    assert!(!tree.provenance(std::slice::from_ref(&file), "0").unwrap().dirty, "but not the farm");
    farm.write("farm.yaml", "name: y\n");
    assert!(farm.look().provenance(&[file], "0").unwrap().dirty);
}

#[test]
fn every_way_a_file_can_differ_from_the_commit_is_seen() {
    let farm = farm();
    for name in ["clean.yaml", "changed.yaml", "staged.yaml", "gone.yaml", "unlisted.yaml"] {
        farm.write(name, "name: x\n");
    }
    farm.write(".gitignore", "ignored.yaml\n");
    farm.commit("first");
    farm.write("staged.yaml", "name: y\n");
    farm.write("added.yaml", "name: y\n");
    farm.stage();
    farm.write("changed.yaml", "name: z\n");
    farm.write("new.yaml", "name: z\n");
    farm.write("ignored.yaml", "name: z\n");
    fs::remove_file(farm.root.join("gone.yaml")).unwrap();
    let mut index = farm.git.index().unwrap();
    index.remove_path(Path::new("unlisted.yaml")).unwrap();
    index.write().unwrap();
    let table = [
        ("clean.yaml", FileState::Clean),
        ("changed.yaml", FileState::Changed),
        ("staged.yaml", FileState::Changed),
        ("gone.yaml", FileState::Missing),
        ("unlisted.yaml", FileState::Untracked),
        ("added.yaml", FileState::Untracked),
        ("new.yaml", FileState::Untracked),
        ("ignored.yaml", FileState::Untracked),
        ("never-there.yaml", FileState::Untracked),
        ("../outside.yaml", FileState::Untracked),
    ];
    for (path, state) in table {
        assert_eq!(farm.state(path), state, "{path}");
    }
}

#[test]
fn a_link_to_a_changed_file_is_a_change() {
    let farm = farm();
    farm.write("real/farm.yaml", "name: x\n");
    std::os::unix::fs::symlink("real/farm.yaml", farm.root.join("farm.yaml")).unwrap();
    farm.commit("first");
    assert_eq!(farm.state("farm.yaml"), FileState::Clean);
    farm.write("real/farm.yaml", "name: y\n");
    assert_eq!(farm.state("farm.yaml"), FileState::Changed);
}

#[test]
fn a_detached_head_has_a_commit_and_no_branch() {
    let farm = farm();
    farm.write("farm.yaml", "name: x\n");
    let id = farm.commit("first");
    farm.git.set_head_detached(git2::Oid::from_str(&id).unwrap()).unwrap();
    let tree = farm.look();
    assert_eq!(tree.branch, None);
    assert_eq!(tree.commit.unwrap().id, id);
}

#[test]
fn a_new_repository_has_a_branch_and_no_commit() {
    let farm = farm();
    let file = farm.write("farm.yaml", "name: x\n");
    let tree = farm.look();
    assert!(tree.commit.is_none());
    assert_eq!((tree.branch.as_deref(), tree.dirty), (Some("main"), true));
    let provenance = tree.provenance(&[file], "0").unwrap();
    assert!(provenance.dirty && provenance.commit.is_none() && provenance.author.is_none());
    let error = tree.file_at("HEAD", Path::new("farm.yaml")).unwrap_err();
    assert!(matches!(error, RepositoryError::UnknownCommit { .. }), "{error}");
}

#[test]
fn a_folder_without_git_is_none_and_a_missing_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(inspect(folder.path()).unwrap().is_none());
    let error = inspect(&folder.path().join("gone")).err().unwrap();
    assert!(matches!(error, RepositoryError::NoSuchPath { .. }), "{error}");
}

#[test]
fn a_bare_repository_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    Repository::init_bare(folder.path()).unwrap();
    let error = inspect(folder.path()).err().unwrap();
    assert!(matches!(error, RepositoryError::Bare { .. }), "{error}");
    assert!(error.to_string().contains("use a clone"), "{error}");
}

/// Needs the right to give a file away; without it the words alone are tested, beside the code.
#[test]
fn a_repository_of_another_user_is_refused_with_a_way_out() {
    let farm = farm();
    farm.write("farm.yaml", "name: x\n");
    farm.commit("first");
    for path in [farm.root.clone(), farm.root.join(".git")] {
        if std::os::unix::fs::chown(&path, Some(65_534), None).is_err() {
            return;
        }
    }
    let below = farm.write("sites/farm.yaml", "name: x\n");
    let error = inspect(&below).err().expect("git does not trust it");
    let RepositoryError::Owner { path } = &error else { panic!("{error}") };
    assert_eq!(path, &farm.root, "git wants to be told the root");
}

#[test]
fn files_are_read_as_they_were_in_a_commit() {
    let farm = farm();
    farm.write("farm.yaml", "name: x\n");
    farm.write("rigs/a.yaml", "a\n");
    let first = farm.commit("first");
    farm.write("farm.yaml", "name: y # ü\n");
    farm.write("rigs/b.yaml", "b\n");
    fs::write(farm.root.join("logo.png"), [0xff, 0xfe, 0x00]).unwrap();
    std::os::unix::fs::symlink("farm.yaml", farm.root.join("link.yaml")).unwrap();
    farm.commit("second");
    farm.write("farm.yaml", "name: z\n");
    let tree = farm.look();
    let text = |commit: &str, path: &str| tree.file_at(commit, Path::new(path)).unwrap();
    assert_eq!(text(&first, "farm.yaml").as_deref(), Some("name: x\n"));
    assert_eq!(text("HEAD", "farm.yaml").as_deref(), Some("name: y # ü\n"));
    assert_eq!(text("main~1", "farm.yaml").as_deref(), Some("name: x\n"));
    assert_eq!(text(&first, "rigs/b.yaml"), None);
    for path in ["rigs", "link.yaml"] {
        let error = tree.file_at("HEAD", Path::new(path)).unwrap_err();
        assert!(matches!(error, RepositoryError::NotAFile { .. }), "{path}: {error}");
    }
    let error = tree.file_at("HEAD", Path::new("logo.png")).unwrap_err();
    assert!(matches!(error, RepositoryError::NotText { .. }), "{error}");
    let error = tree.file_at("nobody", Path::new("farm.yaml")).unwrap_err();
    assert!(matches!(error, RepositoryError::UnknownCommit { .. }), "{error}");
    let listed = |commit: &str, folder: &str| tree.files_at(commit, Path::new(folder)).unwrap();
    assert_eq!(listed("HEAD", "rigs"), [Path::new("rigs/a.yaml"), Path::new("rigs/b.yaml")]);
    assert_eq!(listed(&first, ""), [Path::new("farm.yaml"), Path::new("rigs/a.yaml")]);
}

#[test]
fn the_remote_of_the_branch_comes_before_origin() {
    let farm = farm();
    farm.write("farm.yaml", "name: x\n");
    farm.commit("first");
    assert_eq!(farm.look().remote, None);
    farm.git.remote("elsewhere", "git@one.example:farm.git").unwrap();
    assert_eq!(farm.look().remote.as_deref(), Some("git@one.example:farm.git"), "the only one");
    farm.git.remote("origin", "https://two.example/farm.git").unwrap();
    assert_eq!(farm.look().remote.as_deref(), Some("https://two.example/farm.git"));
    let mut config = farm.git.config().unwrap();
    config.set_str("branch.main.remote", "elsewhere").unwrap();
    config.set_str("branch.main.merge", "refs/heads/main").unwrap();
    assert_eq!(farm.look().remote.as_deref(), Some("git@one.example:farm.git"));
}
