//! The bytes of a file.

use std::{fs::File, io::BufRead, os::unix::fs::FileExt};

use super::Problem;
use crate::archive::{ArchiveReader, Entry, Piece};

/// Bytes of a run of zeros that are left out of the file, where the archive does not say so itself.
///
/// Runs come at most as long as the buffers that the archive is read through; shorter holes would save a block here
/// and there, and make files of many pieces.
const HOLE_BYTES_MIN: usize = 32 * 1024;

/// Writes the data of `entry` into the new file `file`; holes stay holes, and long runs of zeros become some.
pub(super) fn write(
    file: &File,
    entry: &Entry,
    archive: &mut ArchiveReader<&mut dyn BufRead>,
) -> Result<(), Problem> {
    let failed = |source| Problem::Write("writing its bytes", source);
    let whole = [Piece { offset: 0, len: entry.stored_bytes }];
    let pieces = entry.pieces.as_deref().unwrap_or(&whole);
    let mut has_holes = entry.pieces.is_some();
    for piece in pieces {
        let mut offset = piece.offset;
        archive.take_data(piece.len, |bytes| {
            if bytes.len() >= HOLE_BYTES_MIN && is_zero(bytes) {
                has_holes = true;
            } else {
                file.write_all_at(bytes, offset).map_err(failed)?;
            }
            offset += bytes.len() as u64;
            Ok::<_, Problem>(())
        })?;
    }
    if has_holes {
        file.set_len(entry.size_bytes).map_err(failed)?;
    }
    Ok(())
}

/// Tells whether all bytes are zero; most often the first few say no.
fn is_zero(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<64>();
    words.iter().all(|word| *word == [0; 64]) && rest.iter().all(|&byte| byte == 0)
}
