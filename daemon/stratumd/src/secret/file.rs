//! Opens files inside of one folder and nowhere else, and reads regular ones up to a limit. Neither a FIFO
//! nor a device keeps anybody waiting.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::LEN_MAX;

/// A FIFO that nobody writes must not hold us, and a terminal must not become ours.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// The text of a file below a folder, without its last line end.
pub(super) fn read_inside(folder: &Path, path: &Path) -> Result<String, String> {
    let shown = folder.join(path);
    let shown = shown.display();
    let file = open_inside(folder, path)?;
    read_open(file).map_err(|error| format!("{shown}: {error}"))
}

/// Whether there is a regular file of a secret's size.
pub(super) fn check_inside(folder: &Path, path: &Path) -> Result<(), String> {
    let file = open_inside(folder, path)?;
    is_readable(&file).map_err(|error| format!("{}: {error}", folder.join(path).display()))
}

/// The text of a file that the host itself names, without its last line end.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let file = rustix::fs::open(path, FLAGS, Mode::empty())?;
    read_open(file.into())
}

fn open_inside(folder: &Path, path: &Path) -> Result<File, String> {
    let dir = rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| {
            let error = io::Error::from(error);
            let (folder, path) = (folder.display(), path.display());
            format!("{folder}/{path}: the folder of secrets: {error}; make it, or start stratumd with another --secrets")
        })?;
    let opened = open_beneath(&dir, path).map_err(|error| {
        let shown = folder.join(path);
        let shown = shown.display();
        match error {
            Errno::XDEV | Errno::LOOP => format!(
                "{shown}: it leads out of the folder of secrets, or links to itself; put the file itself there"
            ),
            error => format!("{shown}: {}", io::Error::from(error)),
        }
    })?;
    Ok(opened.into())
}

/// The kernel holds the path inside, whoever renames folders meanwhile.
#[cfg(target_os = "linux")]
fn open_beneath(dir: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    use rustix::fs::ResolveFlags;
    // Renames elsewhere at the same moment are told as AGAIN.
    for _ in 0..8 {
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match rustix::fs::openat2(dir, path, FLAGS, Mode::empty(), how) {
            Err(Errno::AGAIN) => {}
            // Kernels before 5.6, and sandboxes that do not know the call.
            Err(Errno::NOSYS | Errno::PERM) => return open_step_by_step(dir, path),
            opened => return opened,
        }
    }
    Err(Errno::AGAIN)
}

#[cfg(not(target_os = "linux"))]
fn open_beneath(dir: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    open_step_by_step(dir, path)
}

/// Follows no link at all.
fn open_step_by_step(dir: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    let parts: Vec<_> = path.components().filter(|part| *part != Component::CurDir).collect();
    let mut here = rustix::io::fcntl_dupfd_cloexec(dir, 0)?;
    for (at, part) in parts.iter().enumerate() {
        let Component::Normal(name) = part else { return Err(Errno::XDEV) };
        let last = at + 1 == parts.len();
        let flags = if last { FLAGS } else { OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC };
        here = rustix::fs::openat(&here, *name, flags | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok(here)
}

fn is_readable(file: &File) -> io::Result<()> {
    let about = rustix::fs::fstat(file)?;
    if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it is no regular file"));
    }
    if about.st_size as u64 > LEN_MAX {
        return Err(io::Error::other("it is larger than a secret should be, 64 KiB"));
    }
    Ok(())
}

fn read_open(file: File) -> io::Result<String> {
    is_readable(&file)?;
    read_bounded(file)
}

/// The size that a file claims is not what it holds: files grow, and those in /proc claim none.
fn read_bounded(from: impl io::Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(LEN_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LEN_MAX {
        return Err(io::Error::other("it is larger than a secret should be, 64 KiB"));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| io::Error::other("it is not text"))?;
    text.truncate(text.trim_end_matches(['\n', '\r']).len());
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_by_step_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        std::fs::write(folder.path().join("deep/pool"), "geheim\n").unwrap();
        std::os::unix::fs::symlink("deep", folder.path().join("folder-link")).unwrap();
        std::os::unix::fs::symlink("deep/pool", folder.path().join("link")).unwrap();
        let dir = rustix::fs::open(folder.path(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let open = |path: &str| open_step_by_step(&dir, Path::new(path));
        assert_eq!(read_open(open("./deep/pool").unwrap().into()).unwrap(), "geheim");
        for path in ["link", "folder-link/pool", "../x", "deep/../../x", "/etc/passwd"] {
            open(path).expect_err(path);
        }
    }

    #[test]
    fn a_file_that_claims_to_be_small_is_bounded_as_it_is_read() {
        assert!(read_text(Path::new("/dev/zero")).is_err());
        assert!(read_bounded(io::repeat(b'a')).unwrap_err().to_string().contains("larger"));
        assert_eq!(read_bounded(&b"geheim\r\n"[..]).unwrap(), "geheim");
    }
}
