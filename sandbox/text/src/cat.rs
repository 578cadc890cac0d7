//! `cat`: files one after the other.

use bstr::{BStr, BString};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::input::{Input, Trouble, chomp, read_line};
use sandbox_world::options::{Spec, parse};

const SPEC: Spec = Spec { usage: "cat [-nbvteA] [FILE]...", short: "nbvteAu", long: &[] };

/// How lines are shown.
#[derive(Clone, Copy)]
struct Shown {
    numbers: bool,
    numbers_nonempty: bool,
    visible: bool,
    tabs: bool,
    ends: bool,
}

/// Runs it.
pub(crate) fn cat(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let shown = Shown {
        numbers: options.has('n'),
        numbers_nonempty: options.has('b'),
        visible: options.has_any("vteA"),
        tabs: options.has_any("tA"),
        ends: options.has_any("eA"),
    };
    let is_plain = !options.has_any("nbvteA");
    let standard = [BString::from("-")];
    let names = if options.operands.is_empty() { &standard[..] } else { &options.operands };
    let mut code = 0;
    let mut number = 0;
    for name in names {
        let mut input = match call.open_lines(name) {
            Ok(input) => input,
            Err(error) => {
                call.complain_of(format!("can't open '{name}'").as_bytes(), &error)?;
                code = 1;
                continue;
            }
        };
        let done = if is_plain {
            call.copy_rest(&mut input)
        } else {
            lines(call, &mut input, shown, &mut number)
        };
        match done {
            Ok(()) => {}
            Err(Trouble::Stop(stop)) => return Err(stop),
            Err(Trouble::Read(error)) => {
                call.complain_of(b"read error", &error)?;
                code = 1;
            }
        }
    }
    Ok(code)
}

fn lines(
    call: &mut Call,
    input: &mut Input,
    shown: Shown,
    number: &mut u64,
) -> Result<(), Trouble> {
    let mut line = Vec::new();
    let mut text = Vec::new();
    while read_line(input, b'\n', &mut line)? {
        // Where lines have numbers the last one is ended too.
        let ended = chomp(&mut line, b'\n') || shown.numbers || shown.numbers_nonempty;
        text.clear();
        if shown.numbers || shown.numbers_nonempty {
            let counted = !shown.numbers_nonempty || !line.is_empty();
            *number += u64::from(counted);
            // What shows bytes shows its numbers in another form.
            let (gap, empty) = if shown.visible { ("  ", "        ") } else { ("\t", "") };
            let prefix = if counted { format!("{number:6}{gap}") } else { empty.to_owned() };
            text.extend_from_slice(prefix.as_bytes());
        }
        for byte in &line {
            show(*byte, shown, &mut text);
        }
        if ended {
            text.extend_from_slice(if shown.ends { b"$\n" } else { b"\n" });
        }
        call.write(&text)?;
    }
    Ok(())
}

fn show(byte: u8, shown: Shown, text: &mut Vec<u8>) {
    if !shown.visible || byte == b'\t' && !shown.tabs {
        text.push(byte);
        return;
    }
    let mut byte = byte;
    if byte >= 128 {
        text.extend_from_slice(b"M-");
        byte -= 128;
    }
    match byte {
        0..=31 => text.extend_from_slice(&[b'^', byte + 64]),
        127 => text.extend_from_slice(b"^?"),
        _ => text.push(byte),
    }
}

/// `tac`: lines from the last to the first.
pub(crate) fn tac(call: &mut Call) -> Outcome {
    let names = call.operands();
    call.each_input(&names, |call, _: &BStr, input| {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(input, &mut bytes)?;
        for line in bytes.split_inclusive(|byte| *byte == b'\n').rev() {
            call.write(line)?;
        }
        Ok(())
    })
}

/// `rev`: each line from its last byte to its first.
pub(crate) fn rev(call: &mut Call) -> Outcome {
    let names = call.operands();
    call.each_input(&names, |call, _, input| {
        let mut line = Vec::new();
        while read_line(input, b'\n', &mut line)? {
            let ended = chomp(&mut line, b'\n');
            line.reverse();
            if ended {
                line.push(b'\n');
            }
            call.write(&line)?;
        }
        Ok(())
    })
}

/// `yes`: a line without end.
pub(crate) fn yes(call: &mut Call) -> Result<u8, Stop> {
    let words = call.operands();
    let mut line = if words.is_empty() { b"y".to_vec() } else { bstr::join(" ", &words) };
    line.push(b'\n');
    loop {
        call.write(&line)?;
    }
}
