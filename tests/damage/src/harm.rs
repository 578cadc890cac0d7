//! What is done to a directory: one damage, drawn from a seed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::files::{files, remove, replace};
use crate::golden::Golden;

/// Bytes that a disk loses at once.
const BLOCK_BYTES: usize = 4096;

/// Of so many damages one is each of the rarer kinds, and two are truncations.
const RARE: u64 = 20;

/// A way to damage a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One bit of a file is turned.
    Flip,
    /// A file ends earlier.
    Truncate,
    /// A file is gone.
    Delete,
    /// Two files have each other's names.
    Swap,
    /// A file is as it was an opening earlier.
    Older,
    /// A block of a file has zeros.
    Zero,
}

/// One damage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harm {
    /// What was done.
    pub kind: Kind,
    /// The files that are not as they were, by their paths in the data directory.
    pub files: Vec<PathBuf>,
    /// All of it in words.
    pub told: String,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Flip, Self::Truncate, Self::Delete, Self::Swap, Self::Older, Self::Zero];

    /// The name in figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flip => "flips",
            Self::Truncate => "truncations",
            Self::Delete => "deleted",
            Self::Swap => "swapped",
            Self::Older => "older",
            Self::Zero => "zeroed",
        }
    }

    const fn drawn(number: u64) -> Self {
        match number % RARE {
            0 | 1 => Self::Truncate,
            2 => Self::Delete,
            3 => Self::Swap,
            4 => Self::Older,
            5 => Self::Zero,
            _ => Self::Flip,
        }
    }
}

impl Harm {
    /// Damages the copy of `golden` in `data` in the way that belongs to `index`.
    ///
    /// The files gone and the pairs exchanged are gone through one after the other, so that a long run has had them
    /// all; the rest is drawn.
    pub(crate) fn make(golden: &Golden, data: &Path, seed: u64, index: u64) -> Result<Self> {
        let mut rng = Rng::with_seed(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let kind = Kind::drawn(index);
        let round = (index / RARE).wrapping_add(seed % 1000);
        let all = files(&golden.data)?;
        let at = |number: u64| all[usize::try_from(number % all.len() as u64).unwrap_or(0)].clone();
        match kind {
            Kind::Delete => {
                let file = at(round);
                remove(&data.join(&file))?;
                Ok(Self { kind, told: format!("{} is gone", file.display()), files: vec![file] })
            }
            Kind::Swap => {
                let (one, other) = (at(round), at(round + 1 + round / all.len() as u64));
                exchange(&data.join(&one), &data.join(&other))?;
                let told = format!("{} and {} are exchanged", one.display(), other.display());
                Ok(Self { kind, told, files: vec![one, other] })
            }
            Kind::Older => {
                let file = older_file(golden, &mut rng)?;
                replace(&data.join(&file), &fs::read(golden.older.join(&file))?)?;
                let told = format!("{} is as it was before", file.display());
                Ok(Self { kind, told, files: vec![file] })
            }
            Kind::Flip | Kind::Truncate | Kind::Zero => {
                let file = written_file(&all, kind, &mut rng)?;
                let path = data.join(&file);
                let mut bytes = fs::read(&path)?;
                let what = change(kind, &mut bytes, &mut rng);
                replace(&path, &bytes)?;
                Ok(Self { kind, told: format!("{}: {what}", file.display()), files: vec![file] })
            }
        }
    }
}

/// Changes the bytes of a file, and says how.
fn change(kind: Kind, bytes: &mut Vec<u8>, rng: &mut Rng) -> String {
    let size = bytes.len();
    match kind {
        Kind::Truncate => {
            // Every second one is within the last block, where cuts really happen.
            let least = if rng.bool() { size.saturating_sub(BLOCK_BYTES) } else { 0 };
            let end = rng.usize(least..size);
            bytes.truncate(end);
            format!("cut at {end} of {size}")
        }
        Kind::Zero => {
            let begin = rng.usize(..size) / BLOCK_BYTES * BLOCK_BYTES;
            let end = size.min(begin + BLOCK_BYTES);
            bytes[begin..end].fill(0);
            format!("zeros from {begin} to {end} of {size}")
        }
        Kind::Flip | Kind::Delete | Kind::Swap | Kind::Older => {
            let (at, bit) = (rng.usize(..size), rng.u8(..8));
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} of {size}")
        }
    }
}

/// Draws a file whose bytes mean something: RocksDB's diary, locks and empty files are left out.
///
/// Every fourth cut is one of a manifest. It says which of the other files count, and is one file among many.
fn written_file(all: &[PathBuf], kind: Kind, rng: &mut Rng) -> Result<PathBuf> {
    let is_manifest = |path: &&PathBuf| path.to_string_lossy().contains("MANIFEST-");
    if kind == Kind::Truncate && rng.u8(..4) == 0 {
        return all.iter().find(is_manifest).cloned().context("there is a manifest");
    }
    let counts = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !(name.starts_with("LOG") || name == "LOCK" || name == "owner.lock")
    };
    let all: Vec<&PathBuf> = all.iter().filter(counts).collect();
    rng.choice(all).cloned().context("there are files")
}

/// Draws a file that was another one before.
fn older_file(golden: &Golden, rng: &mut Rng) -> Result<PathBuf> {
    let mut changed = files(&golden.older)?;
    let is_other = |file: &PathBuf| {
        let new = fs::read(golden.data.join(file));
        new.is_ok_and(|new| fs::read(golden.older.join(file)).is_ok_and(|old| old != new))
    };
    changed.retain(|file| is_other(file));
    rng.choice(changed).context("something has changed since")
}

fn exchange(one: &Path, other: &Path) -> Result<()> {
    if one == other {
        return Ok(());
    }
    // Written anew: a file that is written to in its new place must not be another's under a further name.
    let (first, second) = (fs::read(one)?, fs::read(other)?);
    replace(one, &second)?;
    replace(other, &first)
}
