//! Files: reading with a limit, writing all or nothing.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Reads a whole file of at most `max_bytes`.
///
/// # Errors
/// - a file that cannot be opened or read;
/// - one that is longer.
pub fn read(path: &Path, max_bytes: u64, remedy: &str) -> Result<Vec<u8>> {
    let fault = |reason: String| file_error(path, reason, remedy);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| fault(e.to_string()))?;
    file.take(max_bytes + 1).read_to_end(&mut bytes).map_err(|e| fault(e.to_string()))?;
    if bytes.len() as u64 > max_bytes {
        return Err(fault(format!("longer than {max_bytes} bytes")));
    }
    Ok(bytes)
}

/// An [`Error::File`].
pub fn file_error(path: &Path, reason: impl ToString, remedy: &str) -> Error {
    Error::File { path: path.to_owned(), reason: reason.to_string(), remedy: remedy.into() }
}

/// A directory that files go into, made where there is none.
///
/// # Errors
/// If it cannot be made.
pub fn make_directory(path: &Path) -> Result<()> {
    let remedy = "give a directory that can be made, or that exists";
    fs::create_dir_all(path).map_err(|fault| file_error(path, fault, remedy))
}

/// A file that is to be written, found writable before the work starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The path as given, for messages.
    shown: PathBuf,
    directory: PathBuf,
    /// The path with links and relative parts resolved.
    resolved: PathBuf,
}

impl Target {
    /// A target at this path. An existing file is replaced, through links.
    ///
    /// # Errors
    /// - a directory that does not exist or takes no file;
    /// - a path that names no file, or something that is no regular file.
    pub fn new(path: &Path) -> Result<Self> {
        let fault =
            |reason: &str| file_error(path, reason, "give a path where a file can be written");
        let resolved = match fs::canonicalize(path) {
            Ok(existing) if existing.is_file() => existing,
            Ok(_) => return Err(fault("not a regular file")),
            Err(_) => {
                let name = path.file_name().ok_or_else(|| fault("the path names no file"))?;
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                let directory = fs::canonicalize(parent.unwrap_or(Path::new(".")))
                    .map_err(|e| fault(&format!("no such directory ({e})")))?;
                directory.join(name)
            }
        };
        let directory = resolved.parent().unwrap_or(Path::new(".")).to_owned();
        let target = Target { shown: path.to_owned(), directory, resolved };
        target.temporary().map_err(|e| fault(&e.to_string()))?;
        Ok(target)
    }

    /// Whether a path leads to this file.
    pub fn is(&self, path: &Path) -> bool {
        fs::canonicalize(path).is_ok_and(|path| path == self.resolved)
    }

    /// Whether another target is the same file.
    pub fn same_as(&self, other: &Target) -> bool {
        self.resolved == other.resolved
    }

    /// Whether there is a file already.
    pub fn exists(&self) -> bool {
        self.resolved.exists()
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.shown
    }

    /// Writes the file: whoever reads it sees the old content or the new one, never a part.
    ///
    /// # Errors
    /// If the content cannot be written; the old file then stands as it was.
    pub fn write(&self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let replaced = || -> io::Result<()> {
            let mut file = self.temporary()?;
            let mut writer = BufWriter::new(file.as_file_mut());
            content(&mut writer)?;
            writer.flush()?;
            drop(writer);
            file.as_file().sync_all()?;
            file.persist(&self.resolved)?;
            Ok(())
        };
        replaced().map_err(|e| file_error(&self.shown, e, "make room, or write elsewhere"))
    }

    /// A file in the same directory, which goes when it is dropped.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".contam-");
        // A temporary file is private by default; what it becomes follows the user's mask.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(&self.directory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let target = Target::new(&path).unwrap();
        assert!(!target.exists());
        target.write(|writer| writer.write_all(b"old")).unwrap();
        let failing = target.write(|writer| {
            writer.write_all(b"new")?;
            Err(io::Error::other("full"))
        });
        assert!(failing.unwrap_err().to_string().contains("full"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn paths_where_no_file_can_be_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let inside = |name: &str| directory.path().join(name);
        for path in [inside("none/file"), inside(""), inside("..")] {
            let fault = Target::new(&path).unwrap_err().to_string();
            assert!(fault.contains("give a path"), "{}: {fault}", path.display());
        }
    }

    #[test]
    fn a_file_that_is_too_long_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5, "").unwrap(), b"12345");
        assert!(read(&path, 4, "").unwrap_err().to_string().contains("longer than 4"));
    }
}
