//! Farm files on a disk: where a bundle's texts are read, and how far its includes may reach.

use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use schema::bundle::{Collected, Files, collect};

/// Largest farm file, bytes.
pub const FILE_MAX: u64 = 256 << 20;

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
        read_text(path, FILE_MAX)
    }
}

/// The text of a regular file of at most so many bytes. Nothing else is waited for: a FIFO or a terminal in
/// its place is an error at once.
pub fn read_text(path: &Path, bytes_max: u64) -> io::Result<String> {
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    read_bounded(file, bytes_max)
}

/// The text of a stream of at most so many bytes.
pub fn read_bounded(from: impl io::Read, bytes_max: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    // A file that grows while it is read is bounded as well.
    from.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(if bytes_max >= 1 << 20 {
            format!("it is larger than {} MiB", bytes_max >> 20)
        } else {
            format!("it is larger than {} KiB", bytes_max >> 10)
        }));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8, byte {at} is the first that is wrong"),
        )
    })
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
    fn neither_a_fifo_nor_what_has_no_end_is_waited_for() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("farm.yaml");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(read_farm(&fifo).unwrap_err().to_string().contains("regular"));
        assert!(read_text(Path::new("/dev/zero"), FILE_MAX).unwrap_err().to_string().contains("regular"));
        assert!(read_bounded(io::repeat(b'a'), 4096).unwrap_err().to_string().contains("4 KiB"));
        // The same behind an include.
        let farm = folder.path().join("all.yaml");
        std::fs::write(&farm, "include: [farm.yaml]\n").unwrap();
        let collected = read_farm(&farm).unwrap();
        assert_eq!((collected.bundle.files.len(), collected.refused.len()), (1, 1));
    }

    #[test]
    fn text_that_is_not_utf8_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let farm = folder.path().join("farm.yaml");
        std::fs::write(&farm, b"name: \xff\n").unwrap();
        assert!(read_farm(&farm).unwrap_err().to_string().contains("byte 6"));
    }
}
