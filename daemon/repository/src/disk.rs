//! Farm files on a disk: where a bundle's texts are read, and how far its includes may reach.

use std::io;
use std::path::{Path, PathBuf};

use schema::bundle::{Collected, Files, collect};

/// Largest farm file, bytes.
const FILE_MAX: u64 = 256 << 20;

/// Reaches files on this machine's disks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn canonical(&mut self, path: &Path) -> io::Result<PathBuf> {
        std::fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path })
    }

    fn list(&mut self, folder: &Path) -> io::Result<Vec<String>> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            // A name that is not text cannot be written in a farm file.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn read(&mut self, path: &Path) -> io::Result<String> {
        let about = std::fs::metadata(path)?;
        if !about.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        if about.len() > FILE_MAX {
            return Err(io::Error::other("it is larger than 256 MiB"));
        }
        let bytes = std::fs::read(path)?;
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("it is not UTF-8, byte {at} is the first that is wrong"),
            )
        })
    }
}

/// Reads a farm file and what it includes. Includes may reach as far as the git work tree that the file is
/// in; outside of git, as far as its folder.
pub fn read_farm(file: &Path) -> io::Result<Collected> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let root = git2::Repository::discover(folder)
        .ok()
        .and_then(|repository| repository.workdir().map(Path::to_owned))
        .unwrap_or_else(|| folder.to_owned());
    collect(file, &root, &mut Disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_outside_of_the_work_tree_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        std::fs::create_dir_all(work.join("rigs")).unwrap();
        std::fs::write(folder.path().join("outside.yaml"), "pools: {}\n").unwrap();
        std::fs::write(work.join("rigs/a.yaml"), "rigs: {}\n").unwrap();
        git2::Repository::init(&work).unwrap();
        let farm = work.join("farm.yaml");
        std::fs::write(&farm, "include: [rigs/*.yaml, ../outside.yaml]\n").unwrap();
        let collected = read_farm(&farm).unwrap();
        let paths: Vec<&str> = collected.bundle.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["farm.yaml", "rigs/a.yaml"]);
        assert_eq!(collected.refused.len(), 1);
    }

    #[test]
    fn text_that_is_not_utf8_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let farm = folder.path().join("farm.yaml");
        std::fs::write(&farm, b"name: \xff\n").unwrap();
        assert!(read_farm(&farm).unwrap_err().to_string().contains("byte 6"));
    }
}
