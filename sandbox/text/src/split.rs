//! `split`: a file in pieces.

use std::io::Read as _;
use std::sync::Arc;

use bstr::{BStr, BString};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::OpenOptions;
use sandbox_world::input::{chomp, read_line};
use sandbox_world::numbers::UNITS;
use sandbox_world::options::{Spec, parse, usage};
use sandbox_world::stream::{Stream, write_all};

const SPEC: Spec = Spec {
    usage: "split [OPTIONS] [INPUT [PREFIX]]",
    short: "l:b:a:d",
    long: &[("lines=", 'l'), ("bytes=", 'b'), ("suffix-length=", 'a'), ("numeric-suffixes", 'd')],
};

/// The names of the pieces.
struct Names {
    prefix: BString,
    letters: usize,
    base: usize,
    next: usize,
}

/// Runs it.
pub(crate) fn split(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    if options.operands.len() > 2 {
        return usage(call, &SPEC);
    }
    let mut number = |option, default: u64| match options.value(option).map(BStr::to_owned) {
        Some(text) => call.number(text.as_ref(), UNITS),
        None => Ok(default),
    };
    let (lines, letters) = (number('l', 1000)?.max(1), number('a', 2)?);
    let bytes = number('b', 0)?;
    let name = options.operands.first().cloned().unwrap_or_else(|| "-".into());
    let prefix = options.operands.get(1).cloned().unwrap_or_else(|| "x".into());
    let base = if options.has('d') { 10 } else { 26 };
    let letters = usize::try_from(letters).unwrap_or(2).clamp(1, 12);
    let mut names = Names { prefix, letters, base, next: 0 };
    let mut input = match call.open_lines(&name) {
        Ok(input) => input,
        Err(error) => return call.fail_of(&name, &error),
    };
    if bytes > 0 {
        loop {
            let mut piece = Vec::new();
            let count = input.by_ref().take(bytes).read_to_end(&mut piece).map_err(Stop::from)?;
            if count == 0 {
                return Ok(0);
            }
            let stream = names.open(call)?;
            put(call, &stream, &piece)?;
        }
    }
    let mut line = Vec::new();
    let mut current: Option<(Arc<dyn Stream>, u64, Vec<u8>)> = None;
    while read_line(&mut input, b'\n', &mut line).map_err(Stop::from)? {
        let ended = chomp(&mut line, b'\n');
        let (stream, count, mut held) = match current.take() {
            Some(current) => current,
            None => (names.open(call)?, 0, Vec::new()),
        };
        held.extend_from_slice(&line);
        if ended {
            held.push(b'\n');
        }
        let is_full = count + 1 == lines;
        if is_full || held.len() > sandbox_world::input::CHUNK_BYTES {
            put(call, &stream, &held)?;
            held.clear();
        }
        if !is_full {
            current = Some((stream, count + 1, held));
        }
    }
    if let Some((stream, _, held)) = current {
        put(call, &stream, &held)?;
    }
    Ok(0)
}

fn put(call: &mut Call, stream: &Arc<dyn Stream>, bytes: &[u8]) -> Result<(), Stop> {
    match write_all(&**stream, bytes, &call.interrupt) {
        Ok(()) => Ok(()),
        Err(error) => call.fail_of(b"write error", &error),
    }
}

impl Names {
    fn open(&mut self, call: &mut Call) -> Result<Arc<dyn Stream>, Stop> {
        let mut suffix = vec![0; self.letters];
        let mut left = self.next;
        let first = if self.base == 10 { b'0' } else { b'a' };
        for letter in suffix.iter_mut().rev() {
            *letter = first + u8::try_from(left % self.base).unwrap_or(0);
            left /= self.base;
        }
        if left > 0 {
            return call.fail("suffixes exhausted");
        }
        self.next += 1;
        let name: BString = [self.prefix.as_slice(), &suffix].concat().into();
        let mode = 0o666 & !call.process.umask;
        match call.open_with(&name, &OpenOptions::writing(mode)) {
            Ok(stream) => Ok(stream),
            Err(error) => call.fail_of(&name, &error),
        }
    }
}
