//! `od`: bytes as numbers.

use std::io::{BufRead, Read};

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::format::Conversion;
use sandbox_world::numbers::{BKM, parse_with};
use sandbox_world::options::{Options, Spec, parse, usage};

const SPEC: Spec = Spec {
    usage: "od [-abcdfhilovxs] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [-S MINSTR] [-w WIDTH] [FILE]...",
    short: "A:N:abcdfhij:lot:vxsS:w::",
    long: &[
        ("address-radix=", 'A'),
        ("read-bytes=", 'N'),
        ("skip-bytes=", 'j'),
        ("format=", 't'),
        ("output-duplicates", 'v'),
        ("width=?", 'w'),
    ],
};

/// One way to show bytes: a letter and how many bytes make a number.
#[derive(Clone, Copy)]
struct Format {
    letter: u8,
    size: usize,
}

/// Runs it.
pub(crate) fn od(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let formats = formats(call, &options)?;
    let radix = options.value('A').map_or(b'o', |text| text.first().copied().unwrap_or(b'o'));
    if !b"doxn".contains(&radix) {
        return call
            .fail(format!("bad output address radix '{}' (must be [doxn])", char::from(radix)));
    }
    let size = |option| options.value(option).map(number);
    let (skip, limit) = (size('j').flatten().unwrap_or(0), size('N').flatten().unwrap_or(u64::MAX));
    let least = formats.iter().map(|format| format.size).max().unwrap_or(1);
    let width = match options.value('w') {
        Some(text) => number(text).and_then(|width| usize::try_from(width).ok()).unwrap_or(16),
        None if options.has('w') => 32,
        None => 16,
    };
    let width = if width == 0 || !width.is_multiple_of(least) { least } else { width };
    let mut bytes = Vec::new();
    let mut code = 0;
    let standard = vec![BString::from("-")];
    let names = if options.operands.is_empty() { &standard } else { &options.operands };
    let mut inputs: Box<dyn BufRead> = Box::new(std::io::empty());
    for name in names {
        match call.open_lines(name) {
            Ok(input) => inputs = Box::new(inputs.chain(input)),
            Err(error) => {
                call.complain_of(name, &error)?;
                code = 1;
            }
        }
    }
    let skipped = std::io::copy(&mut inputs.by_ref().take(skip), &mut std::io::sink());
    if skipped.map_err(Stop::from)? < skip {
        return call.fail("can't skip past end of combined input");
    }
    let mut inputs = inputs.take(limit);
    let mut at = skip;
    let mut previous: Option<Vec<u8>> = None;
    let mut starred = false;
    loop {
        bytes.clear();
        inputs.by_ref().take(width as u64).read_to_end(&mut bytes).map_err(Stop::from)?;
        if bytes.is_empty() {
            break;
        }
        let is_same = bytes.len() == width && previous.as_ref() == Some(&bytes);
        if is_same && !options.has('v') {
            if !starred {
                call.line(b"*")?;
            }
            starred = true;
        } else {
            starred = false;
            show(call, &formats, &bytes, &address(radix, at))?;
            previous = Some(bytes.clone());
        }
        at += bytes.len() as u64;
    }
    if radix != b'n' {
        call.line(address(radix, at).as_bytes())?;
    }
    Ok(code)
}

fn number(text: &BStr) -> Option<u64> {
    match text.strip_prefix(b"0x") {
        Some(digits) => u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok(),
        None => parse_with(text, BKM),
    }
}

fn address(radix: u8, at: u64) -> String {
    match radix {
        b'o' => format!("{at:07o}"),
        b'd' => format!("{at:07}"),
        b'x' => format!("{at:06x}"),
        _ => String::new(),
    }
}

fn formats(call: &mut Call, options: &Options) -> Result<Vec<Format>, Stop> {
    let mut formats = Vec::new();
    for (option, value) in options.in_order() {
        let (letter, size) = match option {
            'a' => (b'a', 1),
            'b' => (b'o', 1),
            'c' => (b'c', 1),
            'd' => (b'u', 2),
            'f' => (b'f', 4),
            'h' | 'x' => (b'x', 2),
            'i' => (b'd', 2),
            'l' => (b'd', 4),
            'o' => (b'o', 2),
            's' => (b'd', 2),
            't' => {
                let text = value.unwrap_or_default();
                let Some(more) = types(text) else {
                    let known =
                        |byte: &u8| byte.is_ascii_digit() || b"acdouxfCSILFD".contains(byte);
                    return call.fail(match text.iter().find(|byte| !known(byte)) {
                        Some(byte) => {
                            let byte = char::from(*byte);
                            format!("invalid character '{byte}' in type string '{text}'")
                        }
                        None => format!("invalid type string '{text}'"),
                    });
                };
                formats.extend(more);
                continue;
            }
            _ => continue,
        };
        formats.push(Format { letter, size });
    }
    if options.has('S') {
        return usage(call, &SPEC);
    }
    if formats.is_empty() {
        formats.push(Format { letter: b'o', size: 2 });
    }
    Ok(formats)
}

fn types(text: &BStr) -> Option<Vec<Format>> {
    let mut formats = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((letter, after)) = rest.split_first() {
        rest = after;
        let size = match letter {
            b'a' | b'c' => 1,
            b'd' | b'o' | b'u' | b'x' | b'f' => {
                let default = if *letter == b'f' { 8 } else { 4 };
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if digits > 0 {
                    let size = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
                    rest = &rest[digits..];
                    size
                } else {
                    let named = match (letter, rest.first()) {
                        (b'f', Some(b'F')) => Some(4),
                        (b'f', Some(b'D')) => Some(8),
                        (b'f', _) => None,
                        (_, Some(b'C')) => Some(1),
                        (_, Some(b'S')) => Some(2),
                        (_, Some(b'I')) => Some(4),
                        (_, Some(b'L')) => Some(8),
                        _ => None,
                    };
                    rest = &rest[usize::from(named.is_some())..];
                    named.unwrap_or(default)
                }
            }
            _ => return None,
        };
        let is_known = match letter {
            b'f' => matches!(size, 4 | 8),
            _ => matches!(size, 1 | 2 | 4 | 8),
        };
        if !is_known {
            return None;
        }
        formats.push(Format { letter: *letter, size });
    }
    Some(formats)
}

fn show(call: &mut Call, formats: &[Format], bytes: &[u8], address: &str) -> Result<(), Stop> {
    for (index, format) in formats.iter().enumerate() {
        let mut line = if index == 0 { address.to_owned() } else { " ".repeat(address.len()) };
        for chunk in bytes.chunks(format.size) {
            let mut whole = [0; 8];
            whole[..chunk.len()].copy_from_slice(chunk);
            line.push_str(&format.value(whole));
        }
        call.line(line.as_bytes())?;
    }
    Ok(())
}

impl Format {
    fn value(self, bytes: [u8; 8]) -> String {
        let raw = u64::from_le_bytes(bytes);
        let bits = 64 - 8 * self.size;
        let signed = (raw << bits).cast_signed() >> bits;
        match (self.letter, self.size) {
            (b'o', size) => format!(" {raw:00$o}", [3, 6, 11, 22][size.ilog2() as usize]),
            (b'x', size) => format!(" {raw:00$x}", size * 2),
            (b'u', size) => format!(" {raw:0$}", [3, 5, 10, 20][size.ilog2() as usize]),
            (b'd', size) => format!(" {signed:0$}", [4, 6, 11, 20][size.ilog2() as usize]),
            (b'f', size) => {
                let value = if size == 4 {
                    f64::from(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
                } else {
                    f64::from_le_bytes(bytes)
                };
                let precision: &[u8] = if size == 4 { b"15.7e" } else { b"24.16e" };
                let (conversion, _) = Conversion::parse(precision, || 0);
                format!(" {}", String::from_utf8_lossy(&conversion.float(value)))
            }
            (b'a', _) => format!(" {:>3}", character_name(bytes[0] & 127)),
            _ => format!(" {:>3}", character(bytes[0])),
        }
    }
}

fn character(byte: u8) -> String {
    match byte {
        0 => "\\0".to_owned(),
        7 => "\\a".to_owned(),
        8 => "\\b".to_owned(),
        9 => "\\t".to_owned(),
        10 => "\\n".to_owned(),
        11 => "\\v".to_owned(),
        12 => "\\f".to_owned(),
        13 => "\\r".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        other => format!("{other:03o}"),
    }
}

fn character_name(byte: u8) -> String {
    const NAMES: [&str; 33] = [
        "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr",
        "so", "si", "dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub",
        "esc", "fs", "gs", "rs", "us", "sp",
    ];
    match byte {
        127 => "del".to_owned(),
        byte => NAMES
            .get(usize::from(byte))
            .map_or_else(|| char::from(byte).to_string(), |n| (*n).to_owned()),
    }
}
