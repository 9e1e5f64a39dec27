//! Files that hold secrets: the master key, and what else is read from one.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use super::Key;
use crate::{http, rng::Rng};

/// Why there is no master key to work with. Every message is one line and says what to do.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("file {path}: {error}", path = .0.display(), error = .1)]
    Io(PathBuf, io::Error),
    /// Others than the owner, root's group and the server's own groups may read the file.
    #[error("file {path} can be read by others (mode {mode:o}); run: chmod 600 {path}", path = .0.display(), mode = .1)]
    Mode(PathBuf, u32),
    /// The file does not hold a key.
    #[error("{0} must hold 64 hex digits (32 bytes), and nothing else")]
    Content(String),
    /// The database was made with a master key, and none was given.
    #[error("master key file {path} is missing or empty, but the database was made with one; put it back", path = .0.display())]
    Missing(PathBuf),
    /// The database was made with another master key.
    #[error(
        "the master key is not the one that this database was made with; give the right one with --master-key-file or LATCHKEY_MASTER_KEY"
    )]
    Wrong,
    /// A secret is given twice.
    #[error("{0} and {1} are both given")]
    Both(&'static str, &'static str),
    /// The file that was named does not exist, or is empty.
    #[error("file {} does not exist or is empty", .0.display())]
    Absent(PathBuf),
    /// There is no pepper.
    #[error(
        "a gatekeeper needs the pepper: --pepper-file or LATCHKEY_PEPPER; `latchkey pepper` prints it beside the master key"
    )]
    NoPepper,
    /// The database was made with another pepper.
    #[error(
        "the pepper is not the one that this database was made with; `latchkey pepper` prints the right one beside the master key"
    )]
    WrongPepper,
}

impl From<KeyFileError> for http::Error {
    fn from(error: KeyFileError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Reads the master key, or the pepper, from its file.
///
/// # Errors [`KeyFileError`], without anything having been changed. `Ok(None)` when there is no such file, or an empty
/// one, which a crash during the first start may have left.
pub fn read(path: &Path) -> Result<Option<Key>, KeyFileError> {
    match secret_file(path)? {
        Some(text) if !text.is_empty() => parse(&text, &format!("key file {}", path.display())).map(Some),
        _ => Ok(None),
    }
}

/// Reads a file that holds a secret.
///
/// # Errors
/// [`KeyFileError::Io`], or [`KeyFileError::Mode`] when others can read it. `Ok(None)` when there is no such file.
pub fn secret_file(path: &Path) -> Result<Option<Zeroizing<String>>, KeyFileError> {
    let failed = |error| KeyFileError::Io(path.to_owned(), error);
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mode = metadata.permissions().mode() & 0o777;
    // Mounted secrets often belong to root, with a group through which the server reads them.
    let allowed = if is_own_group(metadata.gid()) { 0o740 } else { 0o700 };
    if mode & !allowed != 0 {
        return Err(KeyFileError::Mode(path.to_owned(), mode));
    }
    Ok(Some(Zeroizing::new(fs::read_to_string(path).map_err(failed)?)))
}

/// Whether `group` is root's or one of this process's.
fn is_own_group(group: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let groups = status.lines().filter_map(|line| line.strip_prefix("Gid:").or_else(|| line.strip_prefix("Groups:")));
    group == 0 || groups.flat_map(str::split_whitespace).any(|own| own.parse() == Ok(group))
}

/// Reads a master key from text, such as the environment's.
///
/// # Errors
/// [`KeyFileError::Content`], naming `source`.
pub fn parse(text: &str, source: &str) -> Result<Key, KeyFileError> {
    let wrong = || KeyFileError::Content(source.to_owned());
    let text = text.trim_ascii();
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    let mut key = Zeroizing::new([0; 32]);
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
    }
    Ok(key)
}

/// Whether a new master key could be kept at `path`.
///
/// # Errors
/// [`KeyFileError::Io`] when the folder does not exist.
pub fn check_folder(path: &Path) -> Result<(), KeyFileError> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let error = io::Error::new(io::ErrorKind::NotFound, "the folder does not exist");
            Err(KeyFileError::Io(path.to_owned(), error))
        }
        _ => Ok(()),
    }
}

/// Makes a new master key and keeps it in a file that only its owner can read. A key that is there is never
/// overwritten: of servers that start at once the first makes it, and the others read it. The file appears whole or not
/// at all, and is on the disk before the key is used.
///
/// # Errors
/// [`KeyFileError::Io`].
pub fn create(path: &Path, rng: &Rng) -> Result<Key, KeyFileError> {
    let key = Zeroizing::new(rng.bytes::<32>());
    let mut text = crate::hex(key.as_slice());
    text.push('\n');
    let written = write_new(path, text.as_bytes(), rng);
    text.zeroize();
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| KeyFileError::Io(path.to_owned(), error))
        }
        Err(error) => Err(KeyFileError::Io(path.to_owned(), error)),
        Ok(()) => Ok(key),
    }
}

fn write_new(path: &Path, text: &[u8], rng: &Rng) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0) {
        fs::remove_file(path)?;
    }
    // A name that nobody else has, also not another server that starts now; what is there is never opened.
    let temporary = path.with_added_extension(format!("{}.new", rng.hex::<8>()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let done = (|| {
        file.write_all(text)?;
        file.sync_all()?;
        // Unlike a rename, a link never replaces a file.
        fs::hard_link(&temporary, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder)?.sync_all()
    })();
    let _ = fs::remove_file(&temporary);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_key_reads_back_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        assert!(read(&path).unwrap().is_none());
        let key = create(&path, &Rng::seeded(1)).unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), key);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(create(&path, &Rng::seeded(2)).unwrap(), key, "a key is never overwritten");
    }

    #[test]
    fn empty_file_of_a_crashed_first_start_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        assert!(read(&path).unwrap().is_none());
        let key = create(&path, &Rng::seeded(1)).unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), key);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn servers_that_start_at_once_get_one_key() {
        for round in 0..50 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("master.key");
            let keys: Vec<Key> = std::thread::scope(|scope| {
                let start = |number: u64| create(&path, &Rng::seeded(4 * round + number)).unwrap();
                let servers: Vec<_> = (0..4).map(|number| scope.spawn(move || start(number))).collect();
                servers.into_iter().map(|server| server.join().unwrap()).collect()
            });
            let kept = read(&path).unwrap().unwrap();
            assert!(keys.iter().all(|key| *key == kept));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        }
    }

    #[test]
    fn file_that_the_servers_group_can_read_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        create(&path, &Rng::seeded(1)).unwrap();
        for mode in [0o440, 0o640, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(read(&path).unwrap().is_some(), "{mode:o}");
        }
        assert!(!is_own_group(u32::MAX - 7));
    }

    #[test]
    fn file_that_others_can_read_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        create(&path, &Rng::seeded(1)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let message = read(&path).unwrap_err().to_string();
        assert!(message.contains("mode 644") && message.contains("chmod 600"), "{message}");
    }

    #[test]
    fn text_that_is_no_key_is_refused_without_repeating_it() {
        for text in ["", "abc", &"g".repeat(64), &"é".repeat(32), &"a".repeat(65)] {
            let message = parse(text, "LATCHKEY_MASTER_KEY").unwrap_err().to_string();
            assert_eq!(message, "LATCHKEY_MASTER_KEY must hold 64 hex digits (32 bytes), and nothing else");
        }
    }
}
