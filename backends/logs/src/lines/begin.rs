//! Finds where to begin to read, so that a tail of a long log costs what the tail is long.

use journal_log::Timestamp;

use super::{LineOptions, assemble::Assembly};
use crate::{
    frame::Frame,
    position::LogPosition,
    reader::{LogReader, ReadError, back::BackWalk},
};

/// Bytes from the end that are counted first when a tail is looked for; eight times as many each time they do not
/// hold enough lines.
///
/// It holds the last hundred lines of most programs, and reading it costs less than a tenth of a millisecond.
pub(super) const TAIL_WINDOW_BYTES: u64 = 64 * 1024;

/// By how much the window grows: counting again what was counted before is then an eighth of the work.
const TAIL_WINDOW_GROWTH: u64 = 8;

/// Where lines begin to be read.
pub(super) struct Begin {
    pub(super) assembly: Assembly,
    /// Entries to leave out first.
    pub(super) skip: u64,
}

/// Puts `frames` before the first entry that `options` can choose.
pub(super) fn find(
    frames: &mut LogReader,
    options: &LineOptions,
    tail_window_bytes: u64,
) -> Result<Begin, ReadError> {
    match (options.tail, options.since) {
        (Some(lines), _) => tail(frames, lines, options.as_of, tail_window_bytes),
        (None, Some(since)) => first_since(frames, since),
        (None, None) => {
            frames.at_start();
            Ok(Begin { assembly: Assembly::default(), skip: 0 })
        }
    }
}

fn tail(
    frames: &mut LogReader,
    lines: u64,
    as_of: Option<Timestamp>,
    mut window_bytes: u64,
) -> Result<Begin, ReadError> {
    // The lines are gone through twice, so what is counted must still be there when it is read.
    let _held =
        frames.hold().map_err(|source| ReadError::Io { position: frames.position(), source })?;
    match as_of {
        Some(at) => after_last_of(frames, at)?,
        None => frames.at_end()?,
    }
    let end = frames.position();
    loop {
        let cut = cut_before(frames, end, window_bytes)?;
        frames.seek(cut);
        let (ended, mut assembly) = count(frames, end)?;
        // Lines that are open at the end are the last ones, whatever is written before they are ended.
        let Some(ended_wanted) = lines.checked_sub(assembly.count_unended()) else {
            assembly.leave_out_open_but(lines);
            return Ok(Begin { assembly, skip: 0 });
        };
        if ended >= ended_wanted || cut == LogPosition::START {
            frames.seek(cut);
            let skip = ended.saturating_sub(ended_wanted);
            return Ok(Begin { assembly: Assembly::default(), skip });
        }
        window_bytes = window_bytes.saturating_mul(TAIL_WINDOW_GROWTH);
    }
}

/// Goes behind the last frame that is not later than `at`.
fn after_last_of(frames: &mut LogReader, at: Timestamp) -> Result<(), ReadError> {
    to_segment_before(frames, |first| first.at <= at)?;
    loop {
        let before = frames.position();
        match frames.next_frame()? {
            Some(frame) if frame.at <= at => {}
            Some(_) => {
                frames.seek(before);
                return Ok(());
            }
            None => return Ok(()),
        }
    }
}

/// Finds the last frame at least `window_bytes` before `end` that no line reaches into, else the beginning of the
/// log.
fn cut_before(
    frames: &LogReader,
    end: LogPosition,
    window_bytes: u64,
) -> Result<LogPosition, ReadError> {
    let io = |source| ReadError::Io { position: end, source };
    let mut walk = BackWalk::new(frames.dir(), end).map_err(io)?;
    let mut passed_bytes = 0;
    let mut last = end;
    while let Some(frame) = walk.step().map_err(io)? {
        let same_segment = last.segment == frame.position.segment;
        let behind = if same_segment { last.offset } else { frame.position.offset };
        passed_bytes += behind - frame.position.offset;
        last = frame.position;
        if passed_bytes >= window_bytes && frame.flags.between_lines() {
            return Ok(frame.position);
        }
    }
    Ok(LogPosition::START)
}

/// Counts the entries that end before `end`, and gives the lines that are open there.
fn count(frames: &mut LogReader, end: LogPosition) -> Result<(u64, Assembly), ReadError> {
    let mut assembly = Assembly::default();
    let mut ended = 0;
    while frames.position() < end {
        let Some(frame) = frames.next_frame()? else { break };
        assembly.feed(frame);
        while assembly.next_piece().is_some() {
            ended += 1;
        }
    }
    Ok((ended, assembly))
}

/// Goes to the last segment that begins before `since`: lines of earlier ones were begun earlier too.
fn first_since(frames: &mut LogReader, since: Timestamp) -> Result<Begin, ReadError> {
    let first = to_segment_before(frames, |first| first.at < since)?;
    let assembly =
        first.map_or_else(Assembly::default, |first| Assembly::in_the_middle(first.flags));
    Ok(Begin { assembly, skip: 0 })
}

/// Goes to the last segment whose first frame is as `is_before` says, else to the first one; gives that frame.
fn to_segment_before(
    frames: &mut LogReader,
    is_before: impl Fn(&Frame) -> bool,
) -> Result<Option<Frame>, ReadError> {
    let io = |source| ReadError::Io { position: LogPosition::START, source };
    let mut first = None;
    for segment in frames.dir().numbers().map_err(io)?.into_iter().rev() {
        let begin = LogPosition { segment, offset: 0 };
        frames.seek(begin);
        let Some(frame) = frames.next_frame()? else { continue };
        frames.seek(begin);
        let found = is_before(&frame);
        first = Some(frame);
        if found {
            break;
        }
    }
    Ok(first)
}
