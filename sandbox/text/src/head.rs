//! `head`: the beginning of files.

use std::collections::VecDeque;
use std::io::BufRead;

use bstr::{BStr, BString};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::input::{Input, Trouble, read_line};
use sandbox_world::numbers::BKM;
use sandbox_world::options::{Spec, parse_args};

const SPEC: Spec = Spec {
    usage: "head [OPTIONS] [FILE]...",
    short: "n:c:qv",
    long: &[("lines=", 'n'), ("bytes=", 'c'), ("quiet", 'q'), ("silent", 'q'), ("verbose", 'v')],
};

/// Runs it.
pub(crate) fn head(call: &mut Call) -> Outcome {
    let args = modern(call.operands(), b'-');
    let options = parse_args(call, &SPEC, args)?;
    let by_bytes = options.last_of("nc") == Some('c');
    let text = options.value(if by_bytes { 'c' } else { 'n' }).unwrap_or(BStr::new("10"));
    let (all_but, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, BStr::new(rest)),
        None => (false, text),
    };
    let count = call.number(text, BKM)?;
    let mut headers = Headers::new(options.has('v'), options.has('q'), options.operands.len());
    let first = options.operands.first().cloned();
    call.each_input(&options.operands, |call, name, input| {
        // Only the first that is named has no line between.
        headers.first &= first.as_ref().is_none_or(|first| first == name);
        headers.print(call, name)?;
        match (by_bytes, all_but) {
            (false, false) => first_lines(call, input, count),
            (true, false) => first_bytes(call, input, count),
            (false, true) => all_but_lines(call, input, count),
            (true, true) => all_but_bytes(call, input, count),
        }
    })
}

/// The lines `==> name <==` before each of several files.
pub(super) struct Headers {
    shown: bool,
    first: bool,
}

impl Headers {
    pub(super) fn new(always: bool, never: bool, files: usize) -> Self {
        Self { shown: (always || files > 1) && !never, first: true }
    }

    pub(super) fn print(&mut self, call: &mut Call, name: &BStr) -> Result<(), Stop> {
        if !self.shown {
            return Ok(());
        }
        let name = if name == "-" { BStr::new("standard input") } else { name };
        let gap = if self.first { "" } else { "\n" };
        self.first = false;
        let mut line = format!("{gap}==> ").into_bytes();
        line.extend_from_slice(name);
        line.extend_from_slice(b" <==\n");
        call.write(&line)
    }
}

/// Arguments with `-5` written as `-n 5`; `sign` says which signs begin such a number.
pub(super) fn modern(args: Vec<BString>, sign: u8) -> Vec<BString> {
    let mut args = args;
    if let Some(first) = args.first_mut() {
        let is_old =
            first.len() > 1 && (first[0] == b'-' || first[0] == sign) && first[1].is_ascii_digit();
        if is_old {
            let number: &[u8] = if first[0] == b'-' { &first[1..] } else { first };
            *first = [b"-n", number].concat().into();
        }
    }
    args
}

fn first_lines(call: &mut Call, input: &mut Input, count: u64) -> Result<(), Trouble> {
    let mut line = Vec::new();
    for _ in 0..count {
        if !read_line(input, b'\n', &mut line)? {
            break;
        }
        call.write(&line)?;
    }
    Ok(())
}

fn first_bytes(call: &mut Call, input: &mut Input, count: u64) -> Result<(), Trouble> {
    let mut left = count;
    while left > 0 {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        let part = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        call.write(&bytes[..part])?;
        input.consume(part);
        left -= part as u64;
    }
    Ok(())
}

fn all_but_lines(call: &mut Call, input: &mut Input, count: u64) -> Result<(), Trouble> {
    let mut held = VecDeque::new();
    let mut line = Vec::new();
    while read_line(input, b'\n', &mut line)? {
        held.push_back(line.clone());
        if held.len() as u64 > count
            && let Some(line) = held.pop_front()
        {
            call.write(&line)?;
        }
    }
    Ok(())
}

fn all_but_bytes(call: &mut Call, input: &mut Input, count: u64) -> Result<(), Trouble> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut held = Vec::new();
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(());
        }
        let length = bytes.len();
        held.extend_from_slice(bytes);
        input.consume(length);
        if held.len() > count {
            let over = held.len() - count;
            call.write(&held[..over])?;
            held.drain(..over);
        }
    }
}
