//! Keeps the data to the daemon's own user: the folder is 0700, every file in it 0600.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;

/// Folders within folders that are looked into.
const DEPTH_MAX: usize = 8;
/// Bits of the group and of others.
const SHARED: u32 = 0o077;

/// From here on no file of this process can be opened by others, whatever it was started with.
pub(crate) fn close_umask() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Makes the data folder, and takes it and what is in it away from others where an earlier release or an
/// installer was more generous.
pub(crate) fn keep_private(data: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data)?;
    let mut changed = Vec::new();
    tighten(data, DEPTH_MAX, &mut changed);
    if let Some((first, mode)) = changed.first() {
        let (first, mode) = (first.display(), format!("{mode:04o}"));
        tracing::warn!(%first, mode, count = changed.len(), "other users could read the data: their permissions were removed");
    }
    Ok(())
}

fn tighten(path: &Path, depth: usize, changed: &mut Vec<(PathBuf, u32)>) {
    // Links are left alone: what they lead to is somebody else's.
    let Ok(about) = std::fs::symlink_metadata(path) else { return };
    if !about.is_dir() && !about.is_file() {
        return;
    }
    let mode = about.mode() & 0o7777;
    if mode & SHARED != 0 {
        let closed = std::fs::Permissions::from_mode(mode & !SHARED);
        match std::fs::set_permissions(path, closed) {
            Ok(()) => changed.push((path.to_owned(), mode)),
            Err(error) => {
                let (path, mode) = (path.display(), format!("{mode:04o}"));
                tracing::warn!(%path, mode, %error, "other users can read this, and it belongs to another user");
            }
        }
    }
    if about.is_dir() && depth > 0 {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| tighten(&entry.path(), depth - 1, changed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_could_read_they_no_longer_can() {
        let around = tempfile::tempdir().unwrap();
        let data = around.path().join("data");
        std::fs::create_dir_all(data.join("journal")).unwrap();
        let outside = around.path().join("outside");
        for path in [&data.join("stratumd.db"), &data.join("journal/shares"), &outside] {
            std::fs::write(path, "x").unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666)).unwrap();
        }
        std::os::unix::fs::symlink(&outside, data.join("link")).unwrap();
        std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o777)).unwrap();
        keep_private(&data).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o7777;
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join("journal")) & SHARED, 0);
        assert_eq!(mode(&data.join("stratumd.db")), 0o600);
        assert_eq!(mode(&data.join("journal/shares")), 0o600);
        assert_eq!(mode(&outside), 0o666, "a link is not followed");
    }
}
