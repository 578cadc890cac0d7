//! `nl`, `paste`, `fold`, `tee`, `strings`: lines made wider, narrower, and sent to two places.

use std::io::Read as _;

use bstr::{BStr, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::escapes::unescaped;
use sandbox_world::files::OpenOptions;
use sandbox_world::input::{Input, Trouble, chomp, read_line};
use sandbox_world::options::{Spec, parse};
use sandbox_world::stream::write_all;

/// Numbers lines.
pub(crate) fn nl(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "nl [OPTIONS] [FILE]...", short: "pw:s:v:i:b:n:", long: &[] };
    let options = parse(call, &spec)?;
    let mut number = |option, default| match options.value(option).map(BStr::to_owned) {
        Some(text) => call.count(text.as_ref()),
        None => Ok(default),
    };
    let (mut next, step) = (number('v', 1)?, number('i', 1)?);
    let width = number('w', 6)?;
    let separator = options.value('s').unwrap_or(BStr::new("\t")).to_owned();
    let style = options.value('b').and_then(|style| style.first().copied()).unwrap_or(b't');
    call.each_input(&options.operands, |call, _, input| {
        let mut line = Vec::new();
        while read_line(input, b'\n', &mut line)? {
            chomp(&mut line, b'\n');
            if style == b'a' || style == b't' && !line.is_empty() {
                let digits = next.to_string();
                call.write(" ".repeat(width.saturating_sub(digits.len())).as_bytes())?;
                call.write(digits.as_bytes())?;
                call.write(&separator)?;
                next += step;
            } else {
                call.write(" ".repeat(width + separator.len()).as_bytes())?;
            }
            call.line(&line)?;
        }
        Ok(())
    })
}

/// Puts lines of several files side by side.
pub(crate) fn paste(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "paste [-d LIST] [-s] [FILE]...",
        short: "d:s",
        long: &[("delimiters=", 'd'), ("serial", 's')],
    };
    let options = parse(call, &spec)?;
    let list = options.value('d').unwrap_or(BStr::new("\t"));
    let mut delimiters: Vec<Vec<u8>> = Vec::new();
    let zero_is_nothing = list.find("\\0").is_some();
    delimiters.extend(unescaped(list).iter().map(|byte| match byte {
        0 if zero_is_nothing => Vec::new(),
        byte => vec![*byte],
    }));
    if delimiters.is_empty() {
        delimiters.push(Vec::new());
    }
    let mut names = options.operands.clone();
    if names.is_empty() {
        names.push("-".into());
    }
    let mut inputs: Vec<Input> = Vec::new();
    // Where in `inputs` each is: the standard input is read by one alone.
    let mut places: Vec<usize> = Vec::new();
    for name in &names {
        let known = names.iter().position(|other| other == name && name == "-");
        if let Some(place) = known.and_then(|at| places.get(at)) {
            places.push(*place);
            continue;
        }
        match call.open_lines(name) {
            Ok(input) => inputs.push(input),
            Err(error) => return call.fail_of(name, &error),
        }
        places.push(inputs.len() - 1);
    }
    if options.has('s') {
        return serial(call, inputs, &delimiters);
    }
    let mut line = Vec::new();
    loop {
        let mut row = Vec::new();
        let mut any = false;
        for (index, place) in places.iter().enumerate() {
            let more = read_line(&mut inputs[*place], b'\n', &mut line).map_err(Stop::from)?;
            any |= more;
            chomp(&mut line, b'\n');
            row.extend_from_slice(&line);
            if index + 1 < names.len() {
                row.extend_from_slice(&delimiters[index % delimiters.len()]);
            }
        }
        if !any {
            return Ok(0);
        }
        call.line(&row)?;
    }
}

fn serial(call: &mut Call, inputs: Vec<Input>, delimiters: &[Vec<u8>]) -> Outcome {
    let mut line = Vec::new();
    for mut input in inputs {
        let mut count = 0;
        while read_line(&mut input, b'\n', &mut line).map_err(Stop::from)? {
            chomp(&mut line, b'\n');
            if count > 0 {
                call.write(&delimiters[(count - 1) % delimiters.len()])?;
            }
            call.write(&line)?;
            count += 1;
        }
        call.write(b"\n")?;
    }
    Ok(0)
}

/// Cuts lines to a width.
pub(crate) fn fold(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "fold [-bs] [-w WIDTH] [FILE]...",
        short: "bsw:",
        long: &[("bytes", 'b'), ("spaces", 's'), ("width=", 'w')],
    };
    // `-20` is an old way to say `-w 20`.
    let mut args = call.operands();
    for arg in &mut args {
        if arg.len() > 1 && arg[0] == b'-' && arg[1..].iter().all(u8::is_ascii_digit) {
            *arg = [b"-w", &arg[1..]].concat().into();
        }
    }
    let options = sandbox_world::options::parse_args(call, &spec, args)?;
    let width = match options.value('w').map(BStr::to_owned) {
        Some(text) => call.count(text.as_ref())?.max(1),
        None => 80,
    };
    let (by_bytes, at_spaces) = (options.has('b'), options.has('s'));
    call.each_input(&options.operands, |call, _, input| {
        let mut line = Vec::new();
        while read_line(input, b'\n', &mut line)? {
            let mut out = Vec::new();
            let mut column = 0;
            for byte in &line {
                if *byte == b'\n' {
                    out.push(b'\n');
                    break;
                }
                let mut after = advanced(column, *byte, by_bytes);
                if after > width && !out.is_empty() {
                    let space = out.iter().rposition(|byte| *byte == b' ' || *byte == b'\t');
                    let kept = match space.filter(|_| at_spaces) {
                        Some(at) => out.split_off(at + 1),
                        None => Vec::new(),
                    };
                    call.line(&out)?;
                    column = kept.iter().fold(0, |column, byte| advanced(column, *byte, by_bytes));
                    out = kept;
                    after = advanced(column, *byte, by_bytes);
                }
                out.push(*byte);
                column = after;
            }
            call.write(&out)?;
        }
        Ok(())
    })
}

fn advanced(column: usize, byte: u8, by_bytes: bool) -> usize {
    match byte {
        8 if !by_bytes => column.saturating_sub(1),
        b'\r' if !by_bytes => 0,
        b'\t' if !by_bytes => column + 8 - column % 8,
        _ => column + 1,
    }
}

/// Copies its input to its output and to files.
pub(crate) fn tee(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "tee [-ai] [FILE]...", short: "ia", long: &[("append", 'a')] };
    let options = parse(call, &spec)?;
    let mode = 0o666 & !call.process.umask;
    let how =
        if options.has('a') { OpenOptions::appending(mode) } else { OpenOptions::writing(mode) };
    let mut code = 0;
    let mut outputs = Vec::new();
    for name in &options.operands {
        if name == "-" {
            outputs.push((name, call.process.stdout.clone()));
            continue;
        }
        match call.open_with(name, &how) {
            Ok(stream) => outputs.push((name, stream)),
            Err(error) => {
                call.complain_of(name, &error)?;
                code = 1;
            }
        }
    }
    let mut reader = call.reader(call.process.stdin.clone());
    let mut chunk = vec![0; sandbox_world::input::CHUNK_BYTES];
    loop {
        let count = match reader.read(&mut chunk) {
            Ok(0) => return Ok(code),
            Ok(count) => count,
            Err(error) => return call.fail_of(b"read error", &error),
        };
        call.write(&chunk[..count])?;
        call.flush()?;
        let mut failed = Vec::new();
        for (index, (name, output)) in outputs.iter().enumerate() {
            if let Err(error) = write_all(&**output, &chunk[..count], &call.interrupt) {
                failed.push((index, (*name).clone(), error));
            }
        }
        for (index, name, error) in failed.into_iter().rev() {
            call.complain_of(&name, &error)?;
            outputs.remove(index);
            code = 1;
        }
    }
}

/// Shows the runs of printable bytes.
pub(crate) fn strings(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "strings [-fo] [-t o|d|x] [-n LEN] [FILE]...",
        short: "afon:t:",
        long: &[("bytes=", 'n'), ("radix=", 't')],
    };
    let options = parse(call, &spec)?;
    let least = match options.value('n').map(BStr::to_owned) {
        Some(text) => call.count(text.as_ref())?.max(1),
        None => 4,
    };
    let radix = options.value('t').and_then(|text| text.first().copied());
    let radix = radix.or(options.has('o').then_some(b'o'));
    let named = options.has('f');
    call.each_input(&options.operands, |call, name, input| {
        let mut run: Vec<u8> = Vec::new();
        let mut offset = 0_u64;
        for byte in input.bytes() {
            let byte = byte?;
            offset += 1;
            if (b' '..=b'~').contains(&byte) || byte == b'\t' {
                run.push(byte);
                continue;
            }
            show_run(call, &run, offset - 1, (least, radix), named.then_some(name))?;
            run.clear();
        }
        Ok::<_, Trouble>(show_run(call, &run, offset, (least, radix), named.then_some(name))?)
    })
}

fn show_run(
    call: &mut Call,
    run: &[u8],
    end: u64,
    (least, radix): (usize, Option<u8>),
    name: Option<&BStr>,
) -> Result<(), Stop> {
    if run.len() < least {
        return Ok(());
    }
    if let Some(name) = name {
        call.write(&[name.as_bytes(), b": "].concat())?;
    }
    let start = end - run.len() as u64;
    let place = match radix {
        Some(b'o') => format!("{start:7o} "),
        Some(b'x') => format!("{start:7x} "),
        Some(_) => format!("{start:7} "),
        None => String::new(),
    };
    call.write(place.as_bytes())?;
    call.line(run)
}
