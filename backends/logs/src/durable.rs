//! A log made durable by somebody else than its writer.

use std::{io, path::Path};

use crate::segment::SegmentDir;

/// Makes all that was written to the log in the directory `dir` outlive a crash of the host. No log is no error.
///
/// It blocks for as long as the disk takes.
pub fn sync_log(dir: &Path) -> io::Result<()> {
    let dir = match SegmentDir::open(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    for number in dir.numbers()? {
        // Retention may have deleted it.
        if let Some(segment) = dir.read(number)? {
            segment.sync_all()?;
        }
    }
    dir.sync()
}

#[cfg(test)]
mod tests;
