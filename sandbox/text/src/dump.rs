//! `xxd`: bytes in hexadecimal, and back.

use bstr::{BStr, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::options::{Options, Spec, parse};

const SPEC: Spec = Spec {
    usage: "xxd [-pri] [-g N] [-c N] [-n LEN] [-s OFS] [-o OFS] [FILE]",
    short: "l:n:s:pirg:c:o:",
    long: &[],
};

/// Runs it.
pub(crate) fn xxd(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let name = options.operands.first().cloned().unwrap_or_else(|| "-".into());
    let bytes = call.slurp(&name)?;
    if options.has('r') {
        return back(call, &bytes, options.has('p'));
    }
    let mut number = |option: char, default| match options.value(option).map(BStr::to_owned) {
        Some(text) => match text.strip_prefix(b"0x") {
            Some(hex) => {
                let value = hex.to_str().ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
                value.map_or_else(|| call.fail(format!("invalid number '{text}'")), Ok)
            }
            None => call.count(text.as_ref()),
        },
        None => Ok(default),
    };
    let start = number('s', 0)?.min(bytes.len());
    let length = number('l', usize::MAX)?.min(number('n', usize::MAX)?);
    let shift = number('o', 0)?;
    let (plain, include) = (options.has('p'), options.has('i'));
    let default = if plain {
        30
    } else if include {
        12
    } else {
        16
    };
    let width = match number('c', default)? {
        0 => default,
        width => width,
    };
    let group = number('g', 2)?;
    let part = &bytes[start..bytes.len().min(start.saturating_add(length))];
    if include {
        return c_source(call, &options, part, width);
    }
    for (index, line) in part.chunks(width).enumerate() {
        let text = if plain {
            hex(line)
        } else {
            dumped(line, start + shift + index * width, width, group)
        };
        call.line(text.as_bytes())?;
    }
    Ok(0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn dumped(line: &[u8], at: usize, width: usize, group: usize) -> String {
    let group = if group == 0 { width } else { group };
    let mut text = format!("{at:08x}: ");
    let full = text.len() + width * 2 + width.div_ceil(group) + 1;
    for chunk in line.chunks(group) {
        text.push_str(&hex(chunk));
        text.push(' ');
    }
    while text.len() < full {
        text.push(' ');
    }
    let shown = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' };
    text.extend(line.iter().map(shown));
    text
}

fn c_source(call: &mut Call, options: &Options, bytes: &[u8], width: usize) -> Outcome {
    let name = options.operands.first().filter(|name| *name != "-").map(|name| {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        name.to_str_lossy().chars().map(letter).collect::<String>()
    });
    if let Some(name) = &name {
        call.line(format!("unsigned char {name}[] = {{").as_bytes())?;
    }
    for line in bytes.chunks(width) {
        let cells: Vec<String> = line.iter().map(|byte| format!("0x{byte:02x},")).collect();
        call.line(format!("  {}", cells.join(" ")).as_bytes())?;
    }
    if let Some(name) = &name {
        call.line(format!("}};\nunsigned int {name}_len = {};", bytes.len()).as_bytes())?;
    }
    Ok(0)
}

/// Bytes from their dump.
fn back(call: &mut Call, text: &[u8], plain: bool) -> Result<u8, Stop> {
    for line in text.lines() {
        let digits = if plain {
            line
        } else {
            let after = line.find_byte(b':').map_or(&b""[..], |at| &line[at + 1..]);
            // Two spaces end the numbers.
            let after = after.strip_prefix(b" ").unwrap_or(after);
            after.find("  ").map_or(after, |end| &after[..end])
        };
        let mut high: Option<u8> = None;
        let mut bytes = Vec::new();
        for digit in digits {
            let value = char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
            match (value, high.take()) {
                (Some(value), Some(high)) => bytes.push(high << 4 | value),
                (Some(value), None) => high = Some(value),
                (None, _) if digit.is_ascii_whitespace() => {}
                (None, _) => break,
            }
        }
        call.write(&bytes)?;
    }
    Ok(0)
}
