//! `unzip`: files out of a ZIP archive.

use std::io::{self, Read, Seek, SeekFrom};

use bstr::{BStr, BString, ByteSlice};
use flate2::bufread::DeflateDecoder;
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::OpenOptions;
use sandbox_world::input::{CHUNK_BYTES, Input};
use sandbox_world::options::{Options, Spec, parse, usage};
use sandbox_world::paths::{base_name, inside};
use sandbox_world::stream::write_all;
use sandbox_world::wildcard::Wildcard;

use crate::files::make::make_parents;

const SPEC: Spec = Spec {
    usage: "unzip [-lnojpq] FILE[.zip] [FILE]... [-x FILE]... [-d DIR]",
    short: "lnojpqtd:x:v",
    long: &[],
};

/// The end of the directory has this and a comment behind it.
const END_BYTES: u64 = 22;

/// A comment is no longer.
const COMMENT_BYTES_MAX: u64 = 65535;

/// A member, as the directory has it.
struct Member {
    name: BString,
    method: u16,
    packed: u64,
    size: u64,
    date: u32,
    mode: u32,
    place: u64,
}

/// Runs it.
pub(crate) fn unzip(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let Some((archive, wanted)) = options.operands.split_first() else {
        return usage(call, &SPEC);
    };
    let named = [archive.as_slice(), b".zip"].concat();
    let Ok(mut input) = call.open_lines(archive).or_else(|_| call.open_lines(&named)) else {
        return call.fail(format!("can't open {archive}[.zip]"));
    };
    if !options.has_any("qpl") {
        call.line(format!("Archive:  {archive}").as_bytes())?;
    }
    let members = match directory(&mut input) {
        Ok(members) => members,
        Err(error) => {
            if let Some(stop) = Stop::of(&error) {
                return Err(stop);
            }
            return call.fail("invalid zip magic");
        }
    };
    if options.has('l') {
        return list(call, &options, archive.as_ref(), &members);
    }
    let matches = |pattern: &BStr, name: &[u8]| Wildcard::default().matches(pattern, name);
    for member in &members {
        call.interrupt.check()?;
        let is_wanted =
            wanted.is_empty() || wanted.iter().any(|name| matches(name.as_ref(), &member.name));
        if is_wanted && !options.values('x').any(|name| matches(name, &member.name)) {
            extract(call, &options, &mut input, member)?;
        }
    }
    Ok(0)
}

fn directory(input: &mut Input) -> io::Result<Vec<Member>> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let size = input.seek(SeekFrom::End(0))?;
    let tail = size.min(END_BYTES + COMMENT_BYTES_MAX);
    input.seek(SeekFrom::Start(size - tail))?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let end = bytes.rfind(b"PK\x05\x06").ok_or_else(invalid)?;
    let end = bytes.get(end..end + 22).ok_or_else(invalid)?;
    let count = usize::from(u16::from_le_bytes([end[10], end[11]]));
    let start = number(end, 16, 4);
    input.seek(SeekFrom::Start(start))?;
    let mut members = Vec::new();
    for _ in 0..count {
        let mut fixed = [0; 46];
        input.read_exact(&mut fixed)?;
        if !fixed.starts_with(b"PK\x01\x02") {
            return Err(invalid());
        }
        let lengths = [28, 30, 32].map(|at| number(&fixed, at, 2));
        let mut name = Vec::new();
        input.by_ref().take(lengths[0]).read_to_end(&mut name)?;
        let rest = i64::try_from(lengths[1] + lengths[2]).map_err(|_| invalid())?;
        input.seek_relative(rest)?;
        members.push(Member {
            name: name.into(),
            method: u16::from_le_bytes([fixed[10], fixed[11]]),
            packed: number(&fixed, 20, 4),
            size: number(&fixed, 24, 4),
            date: u32::try_from(number(&fixed, 12, 4)).unwrap_or(0),
            mode: u32::try_from(number(&fixed, 38, 4) >> 16).unwrap_or(0),
            place: number(&fixed, 42, 4),
        });
    }
    Ok(members)
}

/// A number of so many bytes, the lowest first.
fn number(bytes: &[u8], at: usize, count: usize) -> u64 {
    bytes[at..at + count].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn list(call: &mut Call, options: &Options, archive: &BStr, members: &[Member]) -> Outcome {
    if !options.has('q') {
        call.line(format!("Archive:  {archive}").as_bytes())?;
        call.write(b"  Length      Date    Time    Name\n")?;
        call.write(b"---------  ---------- -----   ----\n")?;
    }
    let mut total = 0;
    for member in members {
        total += member.size;
        let (date, clock) = (member.date >> 16, member.date & 0xffff);
        let line = format!(
            "{:9}  {:02}-{:02}-{:04} {:02}:{:02}   {}",
            member.size,
            date >> 5 & 15,
            date & 31,
            1980 + (date >> 9),
            clock >> 11,
            clock >> 5 & 63,
            member.name
        );
        call.line(line.as_bytes())?;
    }
    if !options.has('q') {
        call.write(b" --------                   -------\n")?;
        call.line(format!("{total:9}                     {} files", members.len()).as_bytes())?;
    }
    Ok(0)
}

fn extract(
    call: &mut Call,
    options: &Options,
    input: &mut Input,
    member: &Member,
) -> Result<(), Stop> {
    let folder = options.value('d').map(BStr::to_owned);
    let is_dir = member.name.ends_with(b"/");
    // No member leads out of the folder.
    if member.name.split_str("/").any(|part| part == b"..") || member.name.starts_with(b"/") {
        return call.fail(format!("unsafe name '{}'", member.name));
    }
    let name = if options.has('j') { base_name(&member.name).into() } else { member.name.clone() };
    let target = folder.map_or_else(|| name.clone(), |folder| inside(&folder, &name));
    let to_output = options.has_any("pt");
    if is_dir {
        if !to_output && !options.has('j') {
            make_parents(call, &target, true)?;
        }
        return Ok(());
    }
    if !to_output && !may_replace(call, options, &target)? {
        return Ok(());
    }
    let output = if to_output {
        None
    } else {
        make_parents(call, &target, false)?;
        let mode = if member.mode == 0 { 0o666 } else { member.mode & 0o777 };
        let how = OpenOptions::writing(mode & !call.process.umask);
        match call.open_with(&target, &how) {
            Ok(stream) => Some(stream),
            Err(error) => return call.fail_of(format!("can't open '{target}'").as_bytes(), &error),
        }
    };
    if !options.has_any("qp") {
        call.line(format!("  inflating: {target}").as_bytes())?;
    }
    let mut data = match open(input, member) {
        Ok(Some(data)) => data,
        Ok(None) => return call.fail(format!("unsupported method {}", member.method)),
        Err(error) => return call.fail_of(&member.name, &error),
    };
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = match data.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if Stop::of(&error).is_some() => return Err(error.into()),
            Err(_) => return call.fail("inflate error"),
        };
        match &output {
            Some(stream) => {
                if let Err(error) = write_all(&**stream, &chunk[..count], &call.interrupt) {
                    return call.fail_of(&target, &error);
                }
            }
            None if options.has('t') => {}
            None => call.write(&chunk[..count])?,
        }
    }
}

/// True where a file is not there, or may go.
fn may_replace(call: &mut Call, options: &Options, target: &BString) -> Result<bool, Stop> {
    let exists = call.files().symlink_metadata(&call.path(target)).is_ok();
    if !exists || options.has('o') {
        return Ok(true);
    }
    if options.has('n') {
        return Ok(false);
    }
    let question = format!("replace {target}? [y]es, [n]o, [A]ll, [N]one, [r]ename: ");
    call.write_error(question.as_bytes())?;
    let mut answer = [0];
    let read = call.process.stdin.read(&mut answer, &call.interrupt)?;
    Ok(read == 1 && answer[0].eq_ignore_ascii_case(&b'y'))
}

/// What a member holds; none where it is packed in a way that is not known.
fn open<'i>(input: &'i mut Input, member: &Member) -> io::Result<Option<Box<dyn Read + 'i>>> {
    input.seek(SeekFrom::Start(member.place))?;
    let mut fixed = [0; 30];
    input.read_exact(&mut fixed)?;
    let skip = number(&fixed, 26, 2) + number(&fixed, 28, 2);
    input.seek_relative(i64::try_from(skip).unwrap_or(0))?;
    let packed = input.take(member.packed);
    Ok(match member.method {
        0 => Some(Box::new(packed)),
        8 => Some(Box::new(DeflateDecoder::new(packed).take(member.size))),
        _ => None,
    })
}
