//! The key that wraps the data keys: a file of its own, for its owner alone.
//!
//! By default it lies beside the data directory: a copy of that directory alone then opens nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{
    cipher::{KEY_BYTES, Key},
    error::KeyError,
};

/// Bits of a mode that let others than the owner in.
const OTHERS: u32 = 0o077;

/// Gives the default place: the data directory's name with `.kek` behind it.
pub fn beside(data: &Path) -> PathBuf {
    // Without a slash at its end.
    let mut name = data.components().as_path().as_os_str().to_owned();
    name.push(".kek");
    name.into()
}

/// Reads the key; `None` where the file is not there.
pub(crate) fn load(path: &Path) -> Result<Option<Key>, KeyError> {
    let failed = |verb, source| KeyError::File { verb, path: path.to_owned(), source };
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.mode() & 0o7777,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("looking at", error)),
    };
    if mode & OTHERS != 0 {
        return Err(KeyError::WrappingOpen { path: path.to_owned(), mode });
    }
    let text = Zeroizing::new(fs::read(path).map_err(|error| failed("reading", error))?);
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    hex::decode_to_slice(text.trim_ascii(), &mut *bytes)
        .map_err(|_| KeyError::WrappingUnreadable { path: path.to_owned() })?;
    Ok(Some(Key::new(bytes)))
}

/// Makes a key and its file, durable when this returns.
pub(crate) fn make(path: &Path) -> Result<Key, KeyError> {
    let key = Key::random();
    let mut text = Zeroizing::new(hex::encode(key.bytes()).into_bytes());
    text.push(b'\n');
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&text)?;
        file.sync_all()?;
        sync_parent(path)
    };
    write().map_err(|source| KeyError::File { verb: "making", path: path.to_owned(), source })?;
    Ok(key)
}

/// Makes the entry of a file in its directory durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
