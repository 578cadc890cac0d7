//! `tail`: the end of files, and what is added to them.

use std::collections::VecDeque;
use std::io::{self, BufRead, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use bstr::{BStr, BString};

use super::head::{Headers, modern};
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::input::{CHUNK_BYTES, Input, Trouble, read_line};
use sandbox_world::numbers::BKM;
use sandbox_world::options::{Options, Spec, parse_args};
use sandbox_world::stream::Stream;

const SPEC: Spec = Spec {
    usage: "tail [OPTIONS] [FILE]...",
    short: "fFs:n:c:qv",
    long: &[("lines=", 'n'), ("bytes=", 'c'), ("follow", 'f'), ("retry", 'F'), ("quiet", 'q')],
};

/// What is wanted of each file.
#[derive(Clone, Copy)]
struct Wanted {
    count: u64,
    from_start: bool,
    by_bytes: bool,
}

/// A file that is followed.
struct Followed {
    name: BString,
    stream: Option<Arc<dyn Stream>>,
}

/// Runs it.
pub(crate) fn tail(call: &mut Call) -> Outcome {
    let args = modern(call.operands(), b'+');
    let options = parse_args(call, &SPEC, args)?;
    let by_bytes = options.last_of("nc") == Some('c');
    let text = options.value(if by_bytes { 'c' } else { 'n' }).unwrap_or(BStr::new("10"));
    let from_start = text.starts_with(b"+");
    let text = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    let wanted = Wanted { count: call.number(text.into(), BKM)?, from_start, by_bytes };
    let standard = vec![BString::from("-")];
    let names = if options.operands.is_empty() { standard } else { options.operands.clone() };
    let mut code = 0;
    let mut followed = Vec::new();
    for name in names {
        match call.open_input(&name) {
            Ok(stream) => followed.push(Followed { name, stream: Some(stream) }),
            Err(error) => {
                call.complain_of(format!("can't open '{name}'").as_bytes(), &error)?;
                code = 1;
                if options.has('F') {
                    followed.push(Followed { name, stream: None });
                }
            }
        }
    }
    if followed.is_empty() {
        return call.fail("no files");
    }
    let mut headers = Headers::new(options.has('v'), options.has('q'), followed.len());
    for file in &followed {
        let Some(stream) = &file.stream else { continue };
        headers.print(call, file.name.as_ref())?;
        match one(call, stream, wanted) {
            Ok(()) => {}
            Err(Trouble::Stop(stop)) => return Err(stop),
            Err(Trouble::Read(error)) => {
                call.complain_of(&file.name, &error)?;
                code = 1;
            }
        }
    }
    if options.has_any("fF") {
        follow(call, &options, followed, headers)?;
    }
    Ok(code)
}

fn one(call: &mut Call, stream: &Arc<dyn Stream>, wanted: Wanted) -> Result<(), Trouble> {
    if !wanted.from_start {
        skip_to_near_end(call, stream, wanted)?;
    }
    let mut input = call.input(stream.clone());
    match (wanted.from_start, wanted.by_bytes) {
        (true, by_bytes) => {
            skip(&mut input, wanted.count.saturating_sub(1), by_bytes)?;
            call.copy_rest(&mut input)
        }
        (false, false) => last_lines(call, &mut input, wanted.count),
        (false, true) => last_bytes(call, &mut input, wanted.count),
    }
}

fn skip(input: &mut Input, count: u64, by_bytes: bool) -> io::Result<()> {
    let mut line = Vec::new();
    let mut left = count;
    while left > 0 {
        if by_bytes {
            let there = input.fill_buf()?.len();
            let part = there.min(usize::try_from(left).unwrap_or(usize::MAX));
            input.consume(part);
            left -= part as u64;
            if there == 0 {
                break;
            }
        } else if read_line(input, b'\n', &mut line)? {
            left -= 1;
        } else {
            break;
        }
    }
    Ok(())
}

/// Moves a file's position to where what is wanted begins at the earliest.
fn skip_to_near_end(call: &Call, stream: &Arc<dyn Stream>, wanted: Wanted) -> io::Result<()> {
    let metadata = stream.metadata()?;
    let start = match stream.seek(SeekFrom::Current(0)) {
        Ok(start) if metadata.is_file() => start,
        _ => return Ok(()),
    };
    let mut at = metadata.size_bytes.max(start);
    if wanted.by_bytes {
        at = at.saturating_sub(wanted.count).max(start);
        return stream.seek(SeekFrom::Start(at)).map(|_| ());
    }
    let mut lines = 0;
    let mut chunk = vec![0; CHUNK_BYTES];
    while at > start && lines <= wanted.count {
        let part = (at - start).min(CHUNK_BYTES as u64);
        at -= part;
        stream.seek(SeekFrom::Start(at))?;
        let mut filled = 0;
        let part = usize::try_from(part).unwrap_or(CHUNK_BYTES);
        while filled < part {
            let count = stream.read(&mut chunk[filled..part], &call.interrupt)?;
            if count == 0 {
                break;
            }
            filled += count;
        }
        lines += chunk[..filled].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    stream.seek(SeekFrom::Start(at)).map(|_| ())
}

fn last_lines(call: &mut Call, input: &mut Input, count: u64) -> Result<(), Trouble> {
    let mut held: VecDeque<Vec<u8>> = VecDeque::new();
    let mut line = Vec::new();
    while read_line(input, b'\n', &mut line)? {
        held.push_back(std::mem::take(&mut line));
        if held.len() as u64 > count {
            line = held.pop_front().unwrap_or_default();
        }
    }
    for line in held {
        call.write(&line)?;
    }
    Ok(())
}

fn last_bytes(call: &mut Call, input: &mut Input, count: u64) -> Result<(), Trouble> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut held = Vec::new();
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        held.extend_from_slice(bytes);
        input.consume(length);
        // Twice as much may be held, so that it is moved seldom.
        if held.len() > count.saturating_mul(2).max(CHUNK_BYTES) {
            held.drain(..held.len() - count);
        }
    }
    let start = held.len().saturating_sub(count);
    call.write(&held[start..])?;
    Ok(())
}

fn follow(
    call: &mut Call,
    options: &Options,
    mut followed: Vec<Followed>,
    mut headers: Headers,
) -> Result<(), Stop> {
    let every = match options.value('s').map(BStr::to_owned) {
        Some(text) => Duration::from_secs(call.number(text.as_ref(), &[])?),
        None => Duration::from_secs(1),
    };
    let reopens = options.has('F');
    let mut last = followed.len() - 1;
    loop {
        call.flush()?;
        for (index, file) in followed.iter_mut().enumerate() {
            if reopens {
                reopen(call, file)?;
            }
            let Some(stream) = &file.stream else { continue };
            let mut chunk = vec![0; 4096];
            loop {
                let count = stream.read(&mut chunk, &call.interrupt)?;
                if count == 0 {
                    break;
                }
                if last != index {
                    headers.print(call, file.name.as_ref())?;
                    last = index;
                }
                call.write(&chunk[..count])?;
            }
        }
        call.flush()?;
        call.interrupt.sleep(Some(every))?;
    }
}

/// Opens the file again where another one has its name, or it became shorter.
fn reopen(call: &mut Call, file: &mut Followed) -> Result<(), Stop> {
    let Ok(there) = call.files().metadata(&call.path(&file.name)) else { return Ok(()) };
    let is_same = file.stream.as_ref().is_some_and(|stream| {
        let at = stream.seek(SeekFrom::Current(0)).unwrap_or(0);
        stream.metadata().is_ok_and(|open| open.is_same_file(&there) && there.size_bytes >= at)
    });
    if !is_same && file.name != "-" {
        file.stream = call.open(&file.name).ok();
    }
    Ok(())
}
