//! `wc`: counts.

use std::io::BufRead;

use bstr::BStr;

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::input::{Input, Trouble};
use sandbox_world::options::{Spec, parse};

const SPEC: Spec = Spec {
    usage: "wc [-cmlwL] [FILE]...",
    short: "clmwL",
    long: &[("bytes", 'c'), ("lines", 'l'), ("chars", 'm'), ("words", 'w')],
};

/// The columns in the order they are shown.
const COLUMNS: &str = "lwmcL";

#[derive(Default, Clone, Copy)]
struct Counts {
    lines: u64,
    words: u64,
    bytes: u64,
    longest: u64,
}

/// Runs it.
pub(crate) fn wc(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let chosen: Vec<char> = COLUMNS.chars().filter(|column| options.has(*column)).collect();
    let columns = if chosen.is_empty() { vec!['l', 'w', 'c'] } else { chosen };
    let only_bytes = columns == ['c'];
    let only_lines = columns == ['l'];
    let many = options.operands.len() > 1;
    let has_names = !options.operands.is_empty();
    let mut total = Counts::default();
    let code = call.each_input(&options.operands, |call, name, input| {
        let mut counts = Counts::default();
        let counted = if only_bytes || only_lines {
            count_simply(input, &mut counts)
        } else {
            count_all(input, &mut counts)
        };
        total.lines += counts.lines;
        total.words += counts.words;
        total.bytes += counts.bytes;
        total.longest = total.longest.max(counts.longest);
        if let Err(Trouble::Read(error)) = counted {
            call.complain_of(name, &error)?;
            print(call, (&columns, many), counts, has_names.then_some(name))?;
            return Err(Stop::Exit(1).into());
        }
        Ok(print(call, (&columns, many), counts, has_names.then_some(name))?)
    })?;
    if options.operands.len() > 1 {
        print(call, (&columns, many), total, Some("total".into()))?;
    }
    Ok(code)
}

fn print(
    call: &mut Call,
    (columns, many): (&[char], bool),
    counts: Counts,
    name: Option<&BStr>,
) -> Result<(), Stop> {
    let mut line = String::new();
    for (index, column) in columns.iter().enumerate() {
        let value = match column {
            'l' => counts.lines,
            'w' => counts.words,
            'L' => counts.longest,
            _ => counts.bytes,
        };
        let gap = if index == 0 { "" } else { " " };
        let is_alone = columns.len() == 1 && !many;
        line.push_str(&if is_alone { format!("{value}") } else { format!("{gap}{value:9}") });
    }
    let mut line = line.into_bytes();
    if let Some(name) = name {
        line.push(b' ');
        line.extend_from_slice(name);
    }
    call.line(&line)
}

fn count_simply(input: &mut Input, counts: &mut Counts) -> Result<(), Trouble> {
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(());
        }
        counts.lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let count = bytes.len();
        counts.bytes += count as u64;
        input.consume(count);
    }
}

fn count_all(input: &mut Input, counts: &mut Counts) -> Result<(), Trouble> {
    let mut in_word = false;
    let mut column = 0;
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        for byte in bytes {
            match byte {
                b'\n' | b'\r' | 12 => {
                    counts.lines += u64::from(*byte == b'\n');
                    counts.longest = counts.longest.max(column);
                    column = 0;
                }
                b'\t' => column = (column | 7) + 1,
                11 => {}
                b' ' => column += 1,
                b'!'..=b'~' => {
                    column += 1;
                    counts.words += u64::from(!in_word);
                    in_word = true;
                    continue;
                }
                // What is neither shown nor space ends no word.
                _ => continue,
            }
            in_word = false;
        }
        let count = bytes.len();
        counts.bytes += count as u64;
        input.consume(count);
    }
    counts.longest = counts.longest.max(column);
    Ok(())
}
