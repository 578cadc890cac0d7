//! How large a tree has become: whoever wrote a repository can have a few kilobytes become more files than a disk has.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::GitError;

/// Files and directories: as many as a layer may have.
const ENTRIES_MAX: u64 = 4_000_000;

/// Bytes of all files. The largest repositories that are built from have some tens of gigabytes checked out.
const BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;

/// How often a tree is looked at; one that takes long to look at is left alone ten times as long.
const PAUSE: Duration = Duration::from_secs(1);

/// The limits of a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

impl Limits {
    pub(crate) const DEFAULT: Self = Self { entries: ENTRIES_MAX, bytes: BYTES_MAX };
}

/// Waits until a tree is larger than it may be.
pub(crate) async fn outgrown(tree: &Path, limits: Limits) -> GitError {
    loop {
        let begun = tokio::time::Instant::now();
        if let Err(error) = look(tree.to_owned(), limits).await {
            return error;
        }
        tokio::time::sleep(PAUSE.max(begun.elapsed() * 10)).await;
    }
}

/// Looks at a tree once.
pub(crate) async fn look(tree: PathBuf, limits: Limits) -> Result<(), GitError> {
    let looked = tokio::task::spawn_blocking(move || count(tree, limits));
    looked.await.unwrap_or_else(|_| Err(GitError::TooLarge("can be counted".to_owned())))
}

fn count(tree: PathBuf, limits: Limits) -> Result<(), GitError> {
    let (mut entries, mut bytes) = (0, 0);
    let mut waiting = vec![tree];
    while let Some(directory) = waiting.pop() {
        // What goes while it is looked at is not counted.
        let Ok(inside) = fs::read_dir(directory) else { continue };
        for entry in inside.flatten() {
            entries += 1;
            if entries > limits.entries {
                return Err(GitError::TooLarge(format!("{} files", limits.entries)));
            }
            let Ok(stat) = entry.metadata() else { continue };
            if stat.is_dir() {
                waiting.push(entry.path());
            }
            bytes += stat.len();
            if bytes > limits.bytes {
                return Err(GitError::TooLarge(format!("{} bytes", limits.bytes)));
            }
        }
    }
    Ok(())
}
