//! The files of an archive, waiting in the content store under temporary names.

use std::{
    collections::BTreeMap,
    io::{BufRead, Read, Write},
};

use serde::de::DeserializeOwned;

use super::LoadError;
use crate::{
    archive::{ArchiveReader, Kind},
    content::{ContentStore, StagedBlob},
    digest::Digest,
    layers::plain_digest,
    limits::{LayerLimits, PATH_BYTES_MAX},
};

/// Files and links of an archive: four for each of 125 layers as `docker save` once wrote them, for twenty images.
const FILES_MAX: usize = 10_000;

/// Bytes of a table of contents: what registries accept as a manifest.
const TABLE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Links behind each other. `docker save` made one.
const LINKS_MAX: usize = 8;

/// What an archive has, by path, and what each of its layers may take.
#[derive(Debug)]
pub(super) struct Files(BTreeMap<String, Found>, LayerLimits);

/// What is under a path.
#[derive(Debug)]
enum Found {
    File(StagedBlob),
    /// A link to a path from the root of the archive.
    Link(String),
}

impl Files {
    /// Reads an archive to its end.
    pub(super) fn read(
        content: &ContentStore,
        input: impl BufRead,
        limits: &LayerLimits,
    ) -> Result<Self, LoadError> {
        let mut archive = ArchiveReader::new(input);
        let mut files = BTreeMap::new();
        let mut bytes = 0_u64;
        while let Some(entry) = archive.next_entry()? {
            bytes = bytes.saturating_add(entry.size_bytes);
            if bytes > limits.bytes {
                return Err(LoadError::TooLarge { what: "bytes", limit: limits.bytes });
            }
            if files.len() == FILES_MAX {
                return Err(LoadError::TooLarge { what: "files", limit: FILES_MAX as u64 });
            }
            let name = text(&entry.name)?;
            let path = path("", &name)?;
            let found = match entry.kind {
                Kind::Directory => continue,
                Kind::File if entry.pieces.is_none() => {
                    Found::File(stage(content, &mut archive, entry.size_bytes)?)
                }
                Kind::HardLink => Found::Link(self::path("", &text(&entry.link)?)?),
                Kind::Symlink => {
                    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
                    Found::Link(self::path(directory, &text(&entry.link)?)?)
                }
                Kind::File | Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => {
                    let what = "it is neither a file nor a link".to_owned();
                    return Err(LoadError::File { file: name, what });
                }
            };
            if files.insert(path, found).is_some() {
                let what = "it is there twice".to_owned();
                return Err(LoadError::File { file: name, what });
            }
        }
        Ok(Self(files, *limits))
    }

    /// Adds a file that is not in the archive.
    pub(super) fn make(
        &mut self,
        content: &ContentStore,
        path: &str,
        bytes: &[u8],
    ) -> Result<(), LoadError> {
        let mut blob = content.write()?;
        blob.write_all(bytes).map_err(|error| content.failed("writing", error))?;
        self.0.insert(self::path("", path)?, Found::File(blob.finish()));
        Ok(())
    }

    /// Gives the digest of the tar in a file that may be compressed.
    pub(super) fn plain_digest(&self, path: &str) -> Result<Digest, LoadError> {
        Ok(plain_digest(self.get(path)?, &self.1)?)
    }

    /// Tells whether there is a file, or a link to one.
    pub(super) fn has(&self, path: &str) -> bool {
        self.get(path).is_ok()
    }

    /// Finds a file, through links.
    pub(super) fn get(&self, path: &str) -> Result<&StagedBlob, LoadError> {
        let mut at = self::path("", path)?;
        for _ in 0..LINKS_MAX {
            match self.0.get(&at) {
                Some(Found::File(blob)) => return Ok(blob),
                Some(Found::Link(to)) => at.clone_from(to),
                None => return Err(LoadError::Missing { file: path.to_owned() }),
            }
        }
        let what = "it is a link that leads nowhere".to_owned();
        Err(LoadError::File { file: path.to_owned(), what })
    }

    /// Reads a file that is small.
    pub(super) fn bytes(&self, path: &str, limit_bytes: u64) -> Result<Vec<u8>, LoadError> {
        let blob = self.get(path)?;
        if blob.size_bytes() > limit_bytes {
            let what = format!("it has more than {limit_bytes} bytes");
            return Err(LoadError::File { file: path.to_owned(), what });
        }
        let mut bytes = Vec::new();
        let read = blob.open()?.take(limit_bytes).read_to_end(&mut bytes);
        read.map_err(|error| blob.failed("reading", error))?;
        Ok(bytes)
    }

    /// Reads a table of contents.
    pub(super) fn table<T: DeserializeOwned>(&self, path: &str) -> Result<T, LoadError> {
        serde_json::from_slice(&self.bytes(path, TABLE_BYTES_MAX)?)
            .map_err(|error| LoadError::File { file: path.to_owned(), what: error.to_string() })
    }

    /// Checks that a file whose name is a digest has it.
    pub(super) fn check_name(&self, path: &str) -> Result<(), LoadError> {
        let last = path.rsplit('/').next().unwrap_or(path);
        let stem = last.strip_suffix(".json").unwrap_or(last);
        let stem = stem.strip_prefix("sha256:").unwrap_or(stem);
        let Ok(expected) = Digest::from_hex(stem) else { return Ok(()) };
        let found = self.get(path)?.digest();
        if found == expected {
            Ok(())
        } else {
            Err(LoadError::Digest { what: path.to_owned(), expected, found })
        }
    }
}

fn stage<R: BufRead>(
    content: &ContentStore,
    archive: &mut ArchiveReader<R>,
    size_bytes: u64,
) -> Result<StagedBlob, LoadError> {
    let mut blob = content.write()?;
    archive.take_data(size_bytes, |piece| {
        let written = blob.write_all(piece);
        written.map_err(|error| LoadError::Store(content.failed("writing", error)))
    })?;
    Ok(blob.finish())
}

/// Archives of images have plain names.
fn text(name: &[u8]) -> Result<String, LoadError> {
    match str::from_utf8(name) {
        Ok(name) if name.len() <= PATH_BYTES_MAX => Ok(name.to_owned()),
        Ok(_) | Err(_) => {
            let file = String::from_utf8_lossy(name).chars().take(200).collect();
            Err(LoadError::File { file, what: "its name is too long or not UTF-8".to_owned() })
        }
    }
}

/// Makes a path from the root of the archive, which it must not leave.
fn path(directory: &str, name: &str) -> Result<String, LoadError> {
    let refused = |what: &str| LoadError::File { file: name.to_owned(), what: what.to_owned() };
    if name.starts_with('/') {
        return Err(refused("its path is absolute"));
    }
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(|| refused("its path leads out of the archive"))?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}
