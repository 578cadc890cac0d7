//! `cut`: parts of lines.

use bstr::{BStr, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::input::{chomp, read_line};
use sandbox_world::options::{Options, Spec, parse, usage};
use sandbox_world::pattern::{Pattern, Syntax};

const SPEC: Spec = Spec {
    usage: "cut [OPTIONS] [FILE]...",
    short: "b:c:d:O:Df:F:sn",
    long: &[
        ("bytes=", 'b'),
        ("characters=", 'c'),
        ("delimiter=", 'd'),
        ("fields=", 'f'),
        ("only-delimited", 's'),
        ("output-delimiter=", 'O'),
    ],
};

/// The first and the last of a range, from 1.
type Range = (usize, usize);

/// What separates fields.
enum Separator {
    Byte(u8),
    Regex(Pattern),
}

/// How fields are taken.
struct Fields {
    separator: Separator,
    between: Vec<u8>,
    ranges: Vec<Range>,
    /// Lines without a separator are left out.
    only_delimited: bool,
    /// In the order that was given, and lines without a separator left out as above or kept.
    as_given: bool,
}

/// Runs it.
pub(crate) fn cut(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let Some(kind) = options.last_of("bcfF") else {
        return call.fail("expected a list of bytes, characters, or fields");
    };
    let is_bytes = kind == 'b' || kind == 'c';
    if is_bytes && options.has_any("sd") {
        return call.fail(if options.has('s') {
            "suppressing non-delimited lines makes sense only when operating on fields"
        } else {
            "a delimiter may be specified only when operating on fields"
        });
    }
    let list = options.value(kind).unwrap_or_default();
    let mut ranges = ranges(call, list)?;
    if !options.has('D') {
        ranges.sort_unstable();
    }
    if is_bytes {
        let delimiter = options.value('O').unwrap_or_default().to_owned();
        return bytes(call, &options, &ranges, delimiter.as_ref());
    }
    let fields = fields_of(call, &options, ranges, kind)?;
    let code = call.each_input(&options.operands, |call, _, input| {
        let mut line = Vec::new();
        while read_line(input, b'\n', &mut line)? {
            chomp(&mut line, b'\n');
            take_fields(call, &fields, &line)?;
        }
        Ok(())
    })?;
    Ok(code)
}

fn fields_of(
    call: &mut Call,
    options: &Options,
    ranges: Vec<Range>,
    kind: char,
) -> Result<Fields, Stop> {
    let given = options.value('d');
    let separator = if kind == 'F' {
        let text = given.unwrap_or(BStr::new("[[:space:]]+"));
        match Pattern::new(text, Syntax::EXTENDED) {
            Ok(pattern) => Separator::Regex(pattern),
            Err(error) => return call.fail(format!("bad regex '{text}': {error}")),
        }
    } else {
        let text = given.unwrap_or(BStr::new("\t"));
        // An empty one is the byte 0.
        Separator::Byte(text.first().copied().unwrap_or(0))
    };
    let between = match (options.value('O'), &separator) {
        (Some(text), _) => text.to_vec(),
        (None, Separator::Byte(byte)) => vec![*byte],
        (None, Separator::Regex(_)) => b" ".to_vec(),
    };
    let (only_delimited, as_given) = (options.has('s'), options.has('D'));
    Ok(Fields { separator, between, ranges, only_delimited, as_given })
}

fn ranges(call: &mut Call, list: &BStr) -> Result<Vec<Range>, Stop> {
    let mut found = Vec::new();
    for part in list.split_str(",").filter(|part| !part.is_empty()) {
        let (low, high) = match part.split_once_str("-") {
            None => {
                let at = call.count(part.into())?;
                (at, at)
            }
            Some((low, high)) => {
                let low = if low.is_empty() { 1 } else { call.count(low.into())? };
                let high = if high.is_empty() { usize::MAX } else { call.count(high.into())? };
                (low, high)
            }
        };
        if high < low {
            return call.fail(format!("{high}<{low}"));
        }
        if low == 0 {
            return usage(call, &SPEC);
        }
        found.push((low, high));
    }
    if found.is_empty() {
        return call.fail("missing list of positions");
    }
    Ok(found)
}

fn bytes(call: &mut Call, options: &Options, ranges: &[Range], delimiter: &BStr) -> Outcome {
    call.each_input(&options.operands, |call, _, input| {
        let mut line = Vec::new();
        let mut shown = Vec::new();
        while read_line(input, b'\n', &mut line)? {
            chomp(&mut line, b'\n');
            shown.clear();
            let mut next = 1;
            for (index, (low, high)) in ranges.iter().enumerate() {
                // What was shown once is not shown again, but where the order is the one given.
                let low = if options.has('D') { *low } else { (*low).max(next) };
                let high = (*high).min(line.len());
                if low > high {
                    continue;
                }
                if index > 0 {
                    shown.extend_from_slice(delimiter);
                }
                shown.extend_from_slice(&line[low - 1..high]);
                next = next.max(high + 1);
            }
            call.line(&shown)?;
        }
        Ok(())
    })
}

fn take_fields(call: &mut Call, fields: &Fields, line: &[u8]) -> Result<(), Stop> {
    let parts: Vec<&[u8]> = match &fields.separator {
        Separator::Byte(b'\n') => vec![line],
        Separator::Byte(byte) => line.split(|other| other == byte).collect(),
        Separator::Regex(pattern) => split(pattern, line),
    };
    if parts.len() == 1 {
        return if fields.only_delimited { Ok(()) } else { call.line(line) };
    }
    let mut shown = Vec::new();
    let mut next = 1;
    let mut is_first = true;
    for (low, high) in &fields.ranges {
        let low = if fields.as_given { *low } else { (*low).max(next) };
        for at in low..=(*high).min(parts.len()) {
            if !is_first {
                shown.extend_from_slice(&fields.between);
            }
            is_first = false;
            shown.extend_from_slice(parts[at - 1]);
            next = next.max(at + 1);
        }
    }
    call.line(&shown)
}

fn split<'l>(pattern: &Pattern, line: &'l [u8]) -> Vec<&'l [u8]> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(found) = pattern.find_at(line, at) {
        if found.end == found.start {
            at = found.end + 1;
        } else {
            parts.push(&line[start..found.start]);
            start = found.end;
            at = found.end;
        }
        if at > line.len() {
            break;
        }
    }
    parts.push(&line[start..]);
    parts
}
