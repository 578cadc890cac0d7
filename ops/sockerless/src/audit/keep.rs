//! The tiles where the log is tended: kept before records are given up, copied with a backup, and how far was exported.
//!
//! Once records are given up, the tiles are the only place that has their hashes: nothing could be sealed any more
//! without them.

use std::path::Path;

use anyhow::Context as _;
use journal_audit::{Tree, TreeError};
use journal_log::JournalReader;

use super::{
    book::{Book, FOLDER, open_tree},
    cursor,
    tiles::DirTiles,
};
use crate::{exit, folder};

/// What says in the folder of the tiles how far everything was exported: the last record's number.
pub(super) const MARK: &str = "exported";

/// Gives the last record that was exported with all before it; zero where none was.
pub(crate) fn exported_through(data: &Path) -> anyhow::Result<u64> {
    Ok(cursor::read(&data.join(FOLDER).join(MARK))?.unwrap_or(0))
}

/// Brings the tiles in `data` up to the head of the log, and makes them durable. `book` has them where a server runs.
pub(crate) fn keep(
    data: &Path,
    book: Option<&Book>,
    reader: &dyn JournalReader,
) -> anyhow::Result<()> {
    let kept = match book {
        Some(book) => book.with_tree(|tree| bring_up(tree, reader)),
        None => bring_up(&mut open_tree(&DirTiles::new(data.join(FOLDER)), reader)?, reader),
    };
    match kept {
        // Their hashes are out of reach already, and keeping the records would not bring them back.
        Err(error @ (TreeError::Read(_) | TreeError::Trimmed { .. })) => {
            tracing::warn!("what is given up cannot be sealed: {}", exit::chain(&error));
            return Ok(());
        }
        kept => kept.context("keeping the hashes of what is given up")?,
    }
    DirTiles::new(data.join(FOLDER)).keep().context("keeping the hashes of what is given up")
}

/// Copies the tiles in `data`, and the mark beside them, to `to`.
pub(crate) fn copy(data: &Path, book: Option<&Book>, to: &Path) -> anyhow::Result<()> {
    let copied = || {
        let (own, copy) = (data.join(FOLDER), to.join(FOLDER));
        if own.is_dir() { folder::copy(&own, &copy) } else { Ok(()) }
    };
    // Nothing is written to them while the tree is held.
    let copied = match book {
        Some(book) => book.with_tree(|_| copied()),
        None => copied(),
    };
    copied.context("copying the tiles of the log")
}

/// Makes the tiles of a log in `to` that has the first records of the one in `data`, where a part of these was given up:
/// all others can be made of the log itself.
pub(crate) fn fork(data: &Path, reader: &dyn JournalReader, to: &Path) -> anyhow::Result<()> {
    let size = reader.begin().seq.get();
    if size == 0 {
        return Ok(());
    }
    let tree = Tree::look(DirTiles::new(data.join(FOLDER)));
    let copied = tree.and_then(|tree| tree.copy_to(size, DirTiles::new(to.join(FOLDER))));
    copied.map(drop).context("copying the tiles of the log")
}

fn bring_up(tree: &mut Tree<DirTiles>, reader: &dyn JournalReader) -> Result<(), TreeError> {
    tree.follow(reader, reader.head())?;
    tree.publish()
}
