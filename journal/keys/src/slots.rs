//! The two files of slots. Each has what the other has: one that is cut, flipped or gone is mended from the other.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use journal_domain::KeyId;

use crate::{
    cipher::Key,
    error::KeyError,
    slot::{self, Content, FREE, SLOT_BYTES, Slot},
    wrapping::sync_parent,
};

/// The files, in the directory of keys.
const NAMES: [&str; 2] = ["slots", "slots.mirror"];

/// The first slot of each file tells by which key all are wrapped: a key with this id, which seals nothing.
const CHECK_ID: KeyId = KeyId::from_bytes([0; 16]);

/// Slots that the files grow by: 64 KiB, a few hundred containers' worth.
const GROWTH: u32 = 512;

/// Slots in all. A container with sealed values has one; the files are then 128 MiB each.
pub(crate) const SLOTS_MAX: u32 = 1 << 20;

/// The slots of a directory.
pub(crate) struct Slots {
    wrapping: Key,
    files: [(PathBuf, File); 2],
    count: u32,
    free: Vec<u32>,
}

/// What was found in the files.
#[derive(Default)]
pub(crate) struct Found {
    /// Each key with its slot.
    pub(crate) keys: Vec<(KeyId, Key, u32)>,
    /// Slots that one of the files gave back to the other.
    pub(crate) mended: usize,
    /// Slots that neither file has whole.
    pub(crate) damaged: usize,
}

/// Tells whether there are keys in `dir`.
pub(crate) fn exist(dir: &Path) -> bool {
    NAMES.iter().any(|name| dir.join(name).exists())
}

/// Copies the files of keys as they are, durably; tells whether there are any.
///
/// Beside a server that goes on writing them a key that is made or destroyed meanwhile is in the copy or is not: each
/// slot stands for itself.
pub fn copy_keys(from: &Path, to: &Path) -> Result<bool, KeyError> {
    if !exist(from) {
        return Ok(false);
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| KeyError::File { verb: "copying", path, source }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(failed(to))?;
    for name in NAMES {
        let (own, copy) = (from.join(name), to.join(name));
        // One of the two may be gone: the other has what it had.
        if own.exists() {
            fs::copy(&own, &copy).map_err(failed(&own))?;
            File::open(&copy).and_then(|file| file.sync_all()).map_err(failed(&copy))?;
        }
    }
    File::open(to).and_then(|folder| folder.sync_all()).map_err(failed(to))?;
    Ok(true)
}

// === impl Slots ===

impl Slots {
    /// Makes the files, durable when this returns.
    pub(crate) fn make(dir: &Path, wrapping: Key) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { verb: "making", path: dir.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        let slots = Self { wrapping, files: open_files(dir)?, count: 1, free: Vec::new() };
        let check = slot::write(CHECK_ID, &Key::random(), &slots.wrapping);
        slots.write(0, &check)?;
        slots.sync()?;
        for (path, _) in &slots.files {
            sync_parent(path).map_err(failed)?;
        }
        sync_parent(dir).map_err(failed)?;
        Ok(slots)
    }

    /// Reads the files, and mends each from the other.
    ///
    /// `wrapped_in` is where the wrapping key is, for errors.
    pub(crate) fn open(
        dir: &Path,
        wrapping: Key,
        wrapped_in: &Path,
    ) -> Result<(Self, Found), KeyError> {
        let read = NAMES.map(|name| {
            let path = dir.join(name);
            match fs::read(&path) {
                Ok(bytes) => Ok(bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                Err(source) => Err(KeyError::File { verb: "reading", path, source }),
            }
        });
        let [first, second] = read;
        let (first, second) = (first?, second?);
        let bytes = first.len().max(second.len());
        let count = u32::try_from(bytes.div_ceil(SLOT_BYTES)).unwrap_or(SLOTS_MAX).min(SLOTS_MAX);
        let mut slots = Self { wrapping, files: open_files(dir)?, count, free: Vec::new() };
        let mut found = Found::default();
        let mut has_check = false;
        for index in 0..count {
            let copies = [copy(&first, index), copy(&second, index)];
            match slots.settle(index, &copies, &mut found)? {
                Some((CHECK_ID, _)) => has_check = true,
                Some((id, key)) => found.keys.push((id, key, index)),
                None => {}
            }
        }
        if !has_check {
            // The first slot was never written, or it is damaged alone.
            if found.damaged > 0 && found.keys.is_empty() {
                let (path, keys) = (wrapped_in.to_owned(), dir.to_owned());
                return Err(KeyError::WrappingOther { path, keys });
            }
            slots.free.retain(|index| *index != 0);
            slots.count = slots.count.max(1);
            slots.write(0, &slot::write(CHECK_ID, &Key::random(), &slots.wrapping))?;
            found.mended += 1;
        }
        if found.mended > 0 {
            slots.sync()?;
        }
        // The lowest are taken first.
        slots.free.reverse();
        Ok((slots, found))
    }

    /// Finds out what a slot holds from its two copies.
    fn settle(
        &mut self,
        index: u32,
        copies: &[Slot; 2],
        found: &mut Found,
    ) -> Result<Option<(KeyId, Key)>, KeyError> {
        let mut whole = None;
        let mut all_free = true;
        for copy in copies {
            match slot::read(copy, &self.wrapping) {
                Content::Free => {}
                Content::Key(id, key) => {
                    all_free = false;
                    whole.get_or_insert((id, key, *copy));
                }
                Content::Foreign | Content::Damaged => all_free = false,
            }
        }
        let Some((id, key, bytes)) = whole else {
            if all_free {
                self.free.push(index);
            } else {
                found.damaged += 1;
            }
            return Ok(None);
        };
        // A destruction that was cut short is begun again by whoever asked for it, so a key in one copy is a key.
        if copies.iter().any(|copy| *copy != bytes) {
            self.write(index, &bytes)?;
            found.mended += 1;
        }
        Ok(Some((id, key)))
    }

    /// Tells how many keys more can be kept.
    pub(crate) fn room(&self) -> usize {
        self.free.len() + (SLOTS_MAX - self.count) as usize
    }

    /// Writes as many keys as there is [`Slots::room`] for into free slots, and gives these. They are not durable before [`Slots::sync`].
    pub(crate) fn add(&mut self, keys: &[(KeyId, Key)]) -> Result<Vec<u32>, KeyError> {
        while self.free.len() < keys.len() && self.count < SLOTS_MAX {
            let grown = (self.count + GROWTH).min(SLOTS_MAX);
            self.free.splice(0..0, (self.count..grown).rev());
            self.count = grown;
        }
        let mut taken = self.free.split_off(self.free.len().saturating_sub(keys.len()));
        taken.sort_unstable();
        let mut run: Vec<u8> = Vec::with_capacity(keys.len() * SLOT_BYTES);
        let mut first = taken.first().copied().unwrap_or_default();
        for (index, (id, key)) in taken.iter().zip(keys) {
            // Neighbours are written at once.
            if *index as usize != first as usize + run.len() / SLOT_BYTES {
                self.write(first, &run)?;
                run.clear();
                first = *index;
            }
            run.extend_from_slice(&slot::write(*id, key, &self.wrapping));
        }
        self.write(first, &run)?;
        Ok(taken)
    }

    /// Overwrites slots. That is not durable before [`Slots::sync`].
    pub(crate) fn clear(&mut self, taken: &[u32]) -> Result<(), KeyError> {
        for index in taken {
            self.write(*index, &FREE)?;
        }
        self.free.extend(taken);
        Ok(())
    }

    /// Makes what was written durable.
    pub(crate) fn sync(&self) -> Result<(), KeyError> {
        for (path, file) in &self.files {
            file.sync_data().map_err(|source| KeyError::File {
                verb: "syncing",
                path: path.clone(),
                source,
            })?;
        }
        Ok(())
    }

    fn write(&self, index: u32, bytes: &[u8]) -> Result<(), KeyError> {
        let at = u64::from(index) * SLOT_BYTES as u64;
        for (path, file) in &self.files {
            file.write_all_at(bytes, at).map_err(|source| KeyError::File {
                verb: "writing",
                path: path.clone(),
                source,
            })?;
        }
        Ok(())
    }
}

fn open_files(dir: &Path) -> Result<[(PathBuf, File); 2], KeyError> {
    let open = |name: &str| {
        let path = dir.join(name);
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        match file {
            Ok(file) => Ok((path, file)),
            Err(source) => Err(KeyError::File { verb: "opening", path, source }),
        }
    };
    Ok([open(NAMES[0])?, open(NAMES[1])?])
}

/// Gives one slot of a file; what is behind its end is free.
fn copy(bytes: &[u8], index: u32) -> Slot {
    let at = index as usize * SLOT_BYTES;
    let mut slot = FREE;
    let there = bytes.get(at..).unwrap_or_default();
    let length = there.len().min(SLOT_BYTES);
    slot[..length].copy_from_slice(&there[..length]);
    slot
}
