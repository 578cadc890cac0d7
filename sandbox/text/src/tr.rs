//! `tr`: other bytes for bytes.

use std::io::BufRead;

use bstr::ByteSlice;

use sandbox_world::call::{Call, Outcome};
use sandbox_world::escapes::unescape;
use sandbox_world::options::{Spec, parse, usage};
use sandbox_world::wildcard::class_has;

const SPEC: Spec = Spec {
    usage: "tr [-cds] STRING1 [STRING2]",
    short: "+Ccdst",
    long: &[("complement", 'c'), ("delete", 'd'), ("squeeze-repeats", 's')],
};

/// The most bytes that a set lists: more than all have no meaning.
const SET_BYTES_MAX: usize = 1 << 16;

/// Runs it.
pub(crate) fn tr(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let (complement, deletes) = (options.has_any("cC"), options.has('d'));
    let squeezes = options.has('s');
    let count = options.operands.len();
    let least = if deletes != squeezes { 1 } else { 2 };
    if count < least || deletes && !squeezes && count > 1 {
        return usage(call, &SPEC);
    }
    let mut first = expand(&options.operands[0]);
    if complement {
        first = (0..=255).filter(|byte| !first.contains(byte)).collect();
    }
    let second = options.operands.get(1).map(|text| expand(text));
    let mut table: [u8; 256] = std::array::from_fn(|byte| u8::try_from(byte).unwrap_or(0));
    if !deletes && let Some(second) = &second {
        let Some(last) = second.last() else {
            return call.fail("STRING2 cannot be empty");
        };
        for (index, byte) in first.iter().enumerate() {
            table[usize::from(*byte)] = *second.get(index).unwrap_or(last);
        }
    }
    let mut deleted = [false; 256];
    if deletes {
        first.iter().for_each(|byte| deleted[usize::from(*byte)] = true);
    }
    let mut squeezed = [false; 256];
    if squeezes {
        let set = second.as_ref().unwrap_or(&first);
        set.iter().for_each(|byte| squeezed[usize::from(*byte)] = true);
    }
    translate(call, &table, &deleted, &squeezed)
}

fn translate(
    call: &mut Call,
    table: &[u8; 256],
    deleted: &[bool; 256],
    squeezed: &[bool; 256],
) -> Outcome {
    let mut input = call.input(call.process.stdin.clone());
    let mut last = None;
    let mut out = Vec::new();
    loop {
        let bytes = match input.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) => return call.fail_of(b"read error", &error),
        };
        if bytes.is_empty() {
            return Ok(0);
        }
        out.clear();
        for byte in bytes {
            if deleted[usize::from(*byte)] {
                continue;
            }
            let byte = table[usize::from(*byte)];
            if squeezed[usize::from(byte)] && last == Some(byte) {
                continue;
            }
            last = Some(byte);
            out.push(byte);
        }
        let count = bytes.len();
        input.consume(count);
        call.write(&out)?;
        call.flush()?;
    }
}

/// The bytes that a set stands for.
fn expand(text: &[u8]) -> Vec<u8> {
    let mut set = Vec::new();
    let mut at = 0;
    while at < text.len() && set.len() < SET_BYTES_MAX {
        if text[at] == b'['
            && let Some(used) = bracket(&text[at..], &mut set)
        {
            at += used;
            continue;
        }
        let (low, used) = one(&text[at..]);
        at += used;
        let is_range = text.get(at) == Some(&b'-') && at + 1 < text.len();
        if is_range {
            let (high, used) = one(&text[at + 1..]);
            at += 1 + used;
            set.extend(low..=high);
        } else {
            set.push(low);
        }
    }
    set
}

fn one(text: &[u8]) -> (u8, usize) {
    if text[0] == b'\\' && text.len() > 1 {
        match unescape(&text[1..]) {
            (_, 0) => (text[1], 2),
            (byte, count) => (byte, count + 1),
        }
    } else {
        (text[0], 1)
    }
}

/// A class or an equivalent in brackets: how long it is, or none where it is nothing of it.
fn bracket(text: &[u8], set: &mut Vec<u8>) -> Option<usize> {
    if text.get(1) == Some(&b':') {
        let end = text.find(":]")?;
        let name = &text[2..end];
        // Upper and lower case are paired by their order, so classes are listed in the order of bytes.
        set.extend((0..=255).filter(|byte| class_has(name, *byte)));
        return Some(end + 2);
    }
    if text.get(1) == Some(&b'=') && text.get(3..5) == Some(b"=]") {
        set.push(text[2]);
        return Some(5);
    }
    None
}
