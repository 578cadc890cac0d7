//! `sort`: lines in order.
//!
//! All lines are held, as one piece of memory. Lines that are compared as they stand carry their first bytes as a number,
//! lines that are compared by number carry that number.

mod keys;

use std::cmp::Ordering;
use std::io::Read as _;

use bstr::BString;

use keys::{Flags, Key, number};
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::options::{Options, Spec, parse};

const SPEC: Spec = Spec {
    usage: "sort [-nrugMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...",
    short: "ngMVucszbrdfimS:T:o:k:t:",
    long: &[
        ("numeric-sort", 'n'),
        ("reverse", 'r'),
        ("unique", 'u'),
        ("key=", 'k'),
        ("field-separator=", 't'),
        ("output=", 'o'),
        ("stable", 's'),
        ("zero-terminated", 'z'),
        ("check", 'c'),
        ("version-sort", 'V'),
        ("ignore-case", 'f'),
        ("general-numeric-sort", 'g'),
        ("month-sort", 'M'),
    ],
};

/// A line and what it is compared by first.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
    /// The first bytes, or the number of the first key in its order.
    first: u64,
}

/// Runs it.
pub(crate) fn sort(call: &mut Call) -> Outcome {
    call.failure = 2;
    let options = parse(call, &SPEC)?;
    let order = Order::of(call, &options)?;
    let delimiter = if options.has('z') { 0 } else { b'\n' };
    let data = read(call, &options.operands, delimiter)?;
    let mut lines = order.lines(&data, delimiter);
    if options.has('c') {
        return check(call, &order, &data, &lines);
    }
    order.sort(&data, &mut lines);
    if options.has('u') {
        lines.dedup_by(|later, kept| order.by_keys(&data, kept, later) == Ordering::Equal);
    }
    if let Some(name) = options.value('o') {
        let mut out = Vec::with_capacity(data.len());
        for line in &lines {
            out.extend_from_slice(line.text(&data));
            out.push(delimiter);
        }
        let name = name.to_owned();
        call.write_file(name.as_ref(), &out)?;
        return Ok(0);
    }
    for line in &lines {
        call.write(line.text(&data))?;
        call.write(&[delimiter])?;
    }
    Ok(0)
}

impl Line {
    fn text<'d>(&self, data: &'d [u8]) -> &'d [u8] {
        &data[self.start..self.end]
    }
}

/// How lines are compared.
struct Order {
    keys: Vec<Key>,
    separator: Option<u8>,
    flags: Flags,
    stable: bool,
    /// True where lines are compared as they stand.
    plain: bool,
}

impl Order {
    fn of(call: &mut Call, options: &Options) -> Result<Self, Stop> {
        let mut flags = Flags::default();
        for (option, _) in options.in_order() {
            flags.add(option, false);
        }
        let mut keys = Vec::new();
        for text in options.values('k') {
            match Key::parse(text) {
                Some(key) => keys.push(key),
                None => return call.fail("bad field specification"),
            }
        }
        if keys.is_empty() {
            keys.push(Key::whole());
        }
        let separator = match options.value('t') {
            None => None,
            Some(text) if text == "\\0" => Some(0),
            Some(text) if text.len() == 1 => Some(text[0]),
            Some(_) => return call.fail("bad -t parameter"),
        };
        let plain = !options.has('k') && flags.is_plain();
        Ok(Self { keys, separator, flags, stable: options.has('s'), plain })
    }

    fn flags_of(&self, key: &Key) -> Flags {
        if key.flags.is_empty() { self.flags } else { key.flags }
    }

    fn lines(&self, data: &[u8], delimiter: u8) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut start = 0;
        let by_number = self.flags_of(&self.keys[0]).numeric && !self.plain;
        for end in memchr::memchr_iter(delimiter, data) {
            let mut line = Line { start, end, first: 0 };
            let text = line.text(data);
            line.first = if self.plain {
                first_bytes(text)
            } else if by_number {
                let flags = self.flags_of(&self.keys[0]);
                ordered(number(&self.keys[0].part(text, self.separator, flags)))
            } else {
                0
            };
            lines.push(line);
            start = end + 1;
        }
        lines
    }

    fn sort(&self, data: &[u8], lines: &mut [Line]) {
        if self.plain && !self.stable {
            lines.sort_unstable_by(|a, b| {
                let order = a.first.cmp(&b.first).then_with(|| a.text(data).cmp(b.text(data)));
                if self.flags.reverse { order.reverse() } else { order }
            });
            return;
        }
        lines.sort_by(|a, b| {
            let order = self.by_keys(data, a, b);
            if order != Ordering::Equal {
                return order;
            }
            if self.stable {
                // Turned round, the later of two that are alike is the first.
                let order = a.start.cmp(&b.start);
                return if self.flags.reverse { order.reverse() } else { order };
            }
            let order = a.text(data).cmp(b.text(data));
            if self.flags.reverse { order.reverse() } else { order }
        });
    }

    fn by_keys(&self, data: &[u8], a: &Line, b: &Line) -> Ordering {
        if a.first != b.first {
            let order = a.first.cmp(&b.first);
            let flags = self.flags_of(&self.keys[0]);
            return if flags.reverse { order.reverse() } else { order };
        }
        for (index, key) in self.keys.iter().enumerate() {
            let flags = self.flags_of(key);
            if index == 0 && flags.numeric && !self.plain {
                continue;
            }
            let (a, b) = (a.text(data), b.text(data));
            let a = key.part(a, self.separator, flags);
            let b = key.part(b, self.separator, flags);
            let order = flags.compare(&a, &b);
            if order != Ordering::Equal {
                return if flags.reverse { order.reverse() } else { order };
            }
        }
        Ordering::Equal
    }
}

fn first_bytes(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let count = text.len().min(8);
    bytes[..count].copy_from_slice(&text[..count]);
    u64::from_be_bytes(bytes)
}

/// A number whose order among unsigned ones is that of `value`.
fn ordered(value: f64) -> u64 {
    // Both zeros are alike.
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// All inputs, each line with its delimiter.
fn read(call: &mut Call, names: &[BString], delimiter: u8) -> Result<Vec<u8>, Stop> {
    let mut data = Vec::new();
    let standard = [BString::from("-")];
    let names = if names.is_empty() { &standard } else { names };
    for name in names {
        let done = call.open_input(name).and_then(|stream| {
            let mut reader = call.reader(stream);
            reader.read_to_end(&mut data)
        });
        if let Err(error) = done {
            // A directory is read as if it were empty.
            if error.kind() == std::io::ErrorKind::IsADirectory {
                continue;
            }
            return call.fail_of(name, &error);
        }
        if data.last().is_some_and(|last| *last != delimiter) {
            data.push(delimiter);
        }
    }
    Ok(data)
}

fn check(call: &mut Call, order: &Order, data: &[u8], lines: &[Line]) -> Outcome {
    for (index, pair) in lines.windows(2).enumerate() {
        let mut found = order.by_keys(data, &pair[0], &pair[1]);
        if found == Ordering::Equal && !order.stable {
            found = pair[0].text(data).cmp(pair[1].text(data));
            found = if order.flags.reverse { found.reverse() } else { found };
        }
        let is_bad = found == Ordering::Greater || order.flags.unique && found == Ordering::Equal;
        if is_bad {
            call.write_error(format!("Check line {}\n", index + 1).as_bytes())?;
            return Ok(1);
        }
    }
    Ok(0)
}
