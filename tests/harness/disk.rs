//! A small disk that is full, or fails, when it is told to; and a system clock that is set. All of it for one daemon.
//!
//! Mounting needs root. Where that is missing, a preloaded library makes every write below the data folder fail with
//! the same error.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Farm;

/// There is no room on the disk.
pub const ENOSPC: i32 = 28;
/// The disk gives an error.
pub const EIO: i32 = 5;

/// The disk is read-only.
pub const EROFS: i32 = 30;

/// A disk of a daemon's own, see [`Farm::on_disk`].
#[derive(Debug)]
pub struct Disk {
    folder: TempDir,
    mounted: bool,
}

impl Disk {
    /// An empty one of so many MiB.
    pub fn new(mebibytes: u32) -> Disk {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("a folder in it");
        let size = format!("size={mebibytes}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&data).output();
        let mounted = mount.is_ok_and(|mount| mount.status.success());
        Disk { folder, mounted }
    }

    /// The daemon's data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file beside the data, on another disk.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lets nothing be written any more, or lets it again, as `mount -o remount` does; false where mounting needs
    /// more rights than we have.
    pub fn remount(&self, options: &str) -> bool {
        let options = format!("remount,{options}");
        let mut mount = Command::new("mount");
        self.mounted
            && mount.args(["-o", &options]).arg(self.data()).status().is_ok_and(|done| done.success())
    }

    /// No byte more finds room.
    pub fn fill(&self) {
        if !self.mounted {
            return self.fault(ENOSPC, "wo", "*");
        }
        let mut left = std::fs::File::create(self.data().join("filler")).expect("there is room for a name");
        for size in [1 << 16, 1 << 12, 1] {
            while std::io::Write::write_all(&mut left, &vec![7; size]).is_ok() {}
        }
    }

    /// There is room again.
    pub fn empty(&self) {
        if !self.mounted {
            return self.heal();
        }
        std::fs::remove_file(self.data().join("filler")).expect("the filler is there");
    }

    /// From now on these operations fail: letters as `tests/shim/faults.c` has them, and a part of the file's name or `*`.
    pub fn fault(&self, error: i32, operations: &str, name: &str) {
        self.control(&format!("1 {error} {operations} {name} 0 0"));
    }

    /// From now on the disk confirms nothing to files with this in their names, and does not say no either.
    pub fn stall(&self, name: &str) {
        self.control(&format!("1 0 s {name} 0 0"));
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        self.control("");
    }

    fn control(&self, line: &str) {
        std::fs::write(self.folder.path().join("faults"), line).expect("a writable folder");
    }

    /// The daemon's system clock is so many seconds ahead of everybody else's from now on.
    pub fn set_clock(&self, ahead: i64) {
        // The same file, since the daemon looks into it without opening it again.
        let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(self.clock());
        let file = file.expect("a writable folder");
        std::os::unix::fs::FileExt::write_all_at(&file, &ahead.to_ne_bytes(), 0).expect("a writable file");
    }

    fn clock(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Compiles the library that makes writes fail and steps the clock, and lets a daemon use it.
    pub(crate) fn preload(&self, farm: &mut Farm) {
        let in_folder = |name: &str| self.folder.path().join(name);
        let (source, library) = (in_folder("faults.c"), in_folder("faults.so"));
        std::fs::write(&source, include_str!("../shim/faults.c")).expect("a writable folder");
        compile(&source, &library);
        self.set_clock(0);
        farm.set_env("LD_PRELOAD", library);
        farm.set_env("FAULTS", in_folder("faults"));
        farm.set_env("FAULTS_UNDER", self.data());
        farm.set_env("FAULTS_CLOCK", self.clock());
    }
}

fn compile(source: &Path, library: &Path) {
    let done = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .args([library, source])
        .args(["-ldl", "-lpthread"])
        .status()
        .expect("a C compiler, which building libgit2 needs as well");
    assert!(done.success());
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("-l").arg(self.data()).status();
        }
    }
}
