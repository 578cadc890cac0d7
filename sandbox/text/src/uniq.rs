//! `uniq`: lines that repeat the one before.

use bstr::BStr;

use sandbox_world::call::{Call, Outcome};
use sandbox_world::input::{chomp, read_line};
use sandbox_world::options::{Options, Spec, parse, usage};

const SPEC: Spec = Spec {
    usage: "uniq [-cduiz] [-f,s,w N] [FILE [OUTFILE]]",
    short: "cdf:s:uiw:z",
    long: &[
        ("count", 'c'),
        ("repeated", 'd'),
        ("unique", 'u'),
        ("ignore-case", 'i'),
        ("skip-fields=", 'f'),
        ("skip-chars=", 's'),
        ("check-chars=", 'w'),
        ("zero-terminated", 'z'),
    ],
};

/// Which part of a line is compared.
struct Compared {
    fields: usize,
    skipped: usize,
    length: usize,
    ignore_case: bool,
}

/// Runs it.
pub(crate) fn uniq(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    if options.operands.len() > 2 {
        return usage(call, &SPEC);
    }
    let mut number = |option, default| match options.value(option).map(BStr::to_owned) {
        Some(text) => call.count(text.as_ref()),
        None => Ok(default),
    };
    let compared = Compared {
        fields: number('f', 0)?,
        skipped: number('s', 0)?,
        length: number('w', usize::MAX)?,
        ignore_case: options.has('i'),
    };
    let name = options.operands.first().cloned().unwrap_or_else(|| "-".into());
    let mut input = match call.open_lines(&name) {
        Ok(input) => input,
        Err(error) => return call.fail_of(format!("can't open '{name}'").as_bytes(), &error),
    };
    let mut out = Vec::new();
    let to_file = options.operands.get(1).filter(|name| *name != "-");
    let delimiter = if options.has('z') { 0 } else { b'\n' };
    let mut previous: Option<(Vec<u8>, u64)> = None;
    let mut line = Vec::new();
    loop {
        let more = match read_line(&mut input, b'\n', &mut line) {
            Ok(more) => more,
            Err(error) => {
                call.complain_of(&name, &error)?;
                return Ok(1);
            }
        };
        chomp(&mut line, b'\n');
        if more
            && let Some((kept, count)) = &mut previous
            && compared.same(kept, &line)
        {
            *count += 1;
            continue;
        }
        if let Some((kept, count)) = previous.take() {
            show(&options, &kept, count, delimiter, &mut out);
        }
        if to_file.is_none() {
            call.write(&out)?;
            out.clear();
        }
        if !more {
            break;
        }
        previous = Some((std::mem::take(&mut line), 1));
    }
    if let Some(name) = to_file {
        call.write_file(name.as_ref(), &out)?;
    }
    Ok(0)
}

fn show(options: &Options, line: &[u8], count: u64, delimiter: u8, out: &mut Vec<u8>) {
    if options.has('d') && count < 2 || options.has('u') && count > 1 {
        return;
    }
    if options.has('c') {
        out.extend_from_slice(format!("{count:7} ").as_bytes());
    }
    out.extend_from_slice(line);
    out.push(delimiter);
}

impl Compared {
    fn same(&self, a: &[u8], b: &[u8]) -> bool {
        let (a, b) = (self.part(a), self.part(b));
        if self.ignore_case { a.eq_ignore_ascii_case(b) } else { a == b }
    }

    fn part<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        let mut rest = line;
        for _ in 0..self.fields {
            let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            rest = &rest[blanks..];
            let word = rest.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
            rest = &rest[word..];
        }
        rest = &rest[self.skipped.min(rest.len())..];
        &rest[..self.length.min(rest.len())]
    }
}
