//! Finds where a log that was left by an earlier process ends.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::Path,
};

use super::{LogWriter, WriterOptions};
use crate::{
    frame::{FRAME_BYTES_MAX, Flags, OVERHEAD_BYTES, Probe, is_unwritten, probe},
    position::LogPosition,
    segment::SegmentDir,
};

/// Opens the log in `path` behind its last whole frame.
pub(super) fn open(path: &Path, options: WriterOptions) -> io::Result<LogWriter> {
    let dir = SegmentDir::open(path)?;
    let last = dir.numbers()?.last().copied();
    let last = match last {
        Some(number) => dir.write(number)?.map(|file| (number, file)),
        None => None,
    };
    let (file, end) = match last {
        Some((segment, mut file)) => match scan(&file, segment)? {
            Ending::Whole { offset } => {
                file.set_len(offset)?;
                file.seek(SeekFrom::Start(offset))?;
                (file, LogPosition { segment, offset })
            }
            Ending::Damaged => create(&dir, segment + 1)?,
        },
        None => create(&dir, 1)?,
    };
    let unsynced = end.segment;
    Ok(LogWriter { dir, file, end, torn: false, flags: Flags::OPENED, unsynced, options })
}

fn create(dir: &SegmentDir, segment: u32) -> io::Result<(File, LogPosition)> {
    Ok((dir.create(segment)?, LogPosition { segment, offset: 0 }))
}

/// How a segment ends.
enum Ending {
    /// With whole frames up to `offset`, and at most a torn frame behind.
    Whole { offset: u64 },
    /// With a damaged frame that others follow.
    Damaged,
}

fn scan(file: &File, segment: u32) -> io::Result<Ending> {
    let file_bytes = file.metadata()?.len();
    let mut buffer = vec![0; FRAME_BYTES_MAX + OVERHEAD_BYTES];
    let mut offset = 0;
    loop {
        let filled = read_full(file, &mut buffer, offset)?;
        let mut used = 0;
        loop {
            let position = LogPosition { segment, offset: offset + used as u64 };
            match probe(position, &buffer[used..filled]) {
                Probe::Whole(header) => used += header.len + OVERHEAD_BYTES,
                Probe::Part { needed_bytes }
                    if position.offset + needed_bytes as u64 <= file_bytes =>
                {
                    break;
                }
                Probe::Part { .. } => return Ok(Ending::Whole { offset: position.offset }),
                Probe::Damaged { claimed_bytes } => {
                    let torn = match claimed_bytes {
                        Some(size_bytes) => position.offset + size_bytes as u64 == file_bytes,
                        None => is_unwritten(&buffer[used..filled]),
                    };
                    let whole = Ending::Whole { offset: position.offset };
                    return Ok(if torn { whole } else { Ending::Damaged });
                }
            }
        }
        offset += used as u64;
    }
}

fn read_full(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
