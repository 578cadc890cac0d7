//! The bytes of a file.

use std::{fs::File, io::BufRead, os::unix::fs::FileExt};

use super::Problem;
use crate::archive::{ArchiveReader, Entry, Piece};

/// Writes the data of `entry` into the new file `file`; holes stay holes.
pub(super) fn write(
    file: &File,
    entry: &Entry,
    archive: &mut ArchiveReader<&mut dyn BufRead>,
) -> Result<(), Problem> {
    let failed = |source| Problem::Write("writing its bytes", source);
    let whole = [Piece { offset: 0, len: entry.stored_bytes }];
    let pieces = entry.pieces.as_deref().unwrap_or(&whole);
    for piece in pieces {
        let mut offset = piece.offset;
        archive.take_data(piece.len, |bytes| {
            file.write_all_at(bytes, offset).map_err(failed)?;
            offset += bytes.len() as u64;
            Ok::<_, Problem>(())
        })?;
    }
    if entry.pieces.is_some() {
        file.set_len(entry.size_bytes).map_err(failed)?;
    }
    Ok(())
}
