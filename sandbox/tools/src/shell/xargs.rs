//! `xargs`: a program on what is read.

use bstr::{BStr, BString, ByteSlice};

use super::run::{code_of, start, wait};
use sandbox_world::call::{Call, Outcome, Stop, error_text};
use sandbox_world::null::Null;
use sandbox_world::options::{Options, Spec, parse};
use sandbox_world::process::Child;

const SPEC: Spec = Spec {
    usage: "xargs [OPTIONS] [PROG ARGS]",
    short: "+rte::E:0n:s:xI:i::P:pa:L:d:",
    long: &[
        ("no-run-if-empty", 'r'),
        ("verbose", 't'),
        ("null", '0'),
        ("max-args=", 'n'),
        ("max-procs=", 'P'),
        ("replace=", 'I'),
        ("arg-file=", 'a'),
        ("delimiter=", 'd'),
        ("max-lines=", 'L'),
    ],
};

/// The bytes of arguments that a program is given: half of what Linux lets through, as others do.
const COMMAND_BYTES_MAX: usize = 32 << 10;

/// Programs at once, when as many as can be are asked for.
const PARALLEL_MAX: usize = 64;

/// What is known of the programs that ran.
struct Programs {
    running: Vec<Box<dyn Child>>,
    parallel: usize,
    traced: bool,
    code: u8,
}

/// Runs it.
pub(crate) fn xargs(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let mut command = options.operands.clone();
    if command.is_empty() {
        command.push("echo".into());
    }
    let name = options.value('a').map(BStr::to_owned);
    let text = match name {
        Some(name) => call.slurp(&name)?,
        None => {
            let text = call.slurp(b"-")?;
            call.process.stdin = std::sync::Arc::new(Null);
            text
        }
    };
    let mut number = |option, default| match options.value(option).map(BStr::to_owned) {
        Some(text) => call.count(text.as_ref()),
        None => Ok(default),
    };
    let most = number('n', usize::MAX)?.min(number('L', usize::MAX)?).max(1);
    let bytes_max = number('s', COMMAND_BYTES_MAX)?;
    let parallel = match number('P', 1)? {
        0 => PARALLEL_MAX,
        count => count.min(PARALLEL_MAX),
    };
    let replaced = match (options.value('I'), options.has('i')) {
        (Some(text), _) => Some(text.to_owned()),
        (None, true) => Some(options.value('i').map_or("{}".into(), BStr::to_owned)),
        (None, false) => None,
    };
    let items = items(call, &options, &text, replaced.is_some())?;
    let mut programs =
        Programs { running: Vec::new(), parallel, traced: options.has('t'), code: 0 };
    if let Some(mark) = &replaced {
        for item in items {
            let words = command.iter().map(|word| word.replace(mark, &item).into()).collect();
            programs.run(call, words)?;
        }
        return programs.finish(call);
    }
    let length = |words: &[BString]| words.iter().map(|word| word.len() + 1).sum::<usize>();
    let base = length(&command);
    let mut batch: Vec<BString> = Vec::new();
    let mut is_first = true;
    for item in items {
        let is_full = base + length(&batch) + item.len() + 1 > bytes_max;
        if batch.len() == most || is_full && !batch.is_empty() {
            programs.run(call, [command.clone(), std::mem::take(&mut batch)].concat())?;
            is_first = false;
        }
        if base + item.len() + 1 > bytes_max {
            return call.fail("argument line too long");
        }
        batch.push(item);
    }
    if !batch.is_empty() || is_first && !options.has('r') {
        programs.run(call, [command, batch].concat())?;
    }
    programs.finish(call)
}

/// What is read, cut into items.
fn items(
    call: &mut Call,
    options: &Options,
    text: &[u8],
    by_lines: bool,
) -> Result<Vec<BString>, Stop> {
    let by_byte = match options.value('d') {
        _ if options.has('0') => Some(0),
        Some(mark) => sandbox_world::escapes::unescaped(mark).first().copied(),
        None => None,
    };
    if let Some(byte) = by_byte {
        let text = text.strip_suffix(&[byte]).unwrap_or(text);
        let none = text.is_empty();
        return Ok(text.split(|b| *b == byte).filter(|_| !none).map(BString::from).collect());
    }
    let end = options.value('E').or(options.value('e')).filter(|end| !end.is_empty());
    let mut items: Vec<BString> = Vec::new();
    for line in text.lines() {
        let mut words = match words(line, by_lines) {
            Ok(words) => words,
            Err(quote) => {
                let kind = if quote == b'"' { "double" } else { "single" };
                return call.fail(format!("unmatched {kind} quote"));
            }
        };
        if let Some(end) = end
            && let Some(at) = words.iter().position(|word| word == end)
        {
            words.truncate(at);
            items.extend(words);
            break;
        }
        items.extend(words);
    }
    Ok(items)
}

/// The words of a line, quotes and backslashes taken; the whole line as one where `whole`.
fn words(line: &[u8], whole: bool) -> Result<Vec<BString>, u8> {
    if whole {
        let line = line.trim_start();
        return Ok((!line.is_empty()).then(|| line.into()).into_iter().collect());
    }
    let mut words = Vec::new();
    let mut word: Option<BString> = None;
    let mut bytes = line.trim_start().iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' => words.extend(word.take()),
            b'"' | b'\'' => {
                let text = word.get_or_insert_default();
                loop {
                    match bytes.next() {
                        Some(close) if close == byte => break,
                        Some(other) => text.push(other),
                        None => return Err(byte),
                    }
                }
            }
            b'\\' => word.get_or_insert_default().extend(bytes.next()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

impl Programs {
    fn run(&mut self, call: &mut Call, words: Vec<BString>) -> Result<(), Stop> {
        call.interrupt.check()?;
        if self.traced {
            let mut line = bstr::join(" ", &words);
            line.push(b'\n');
            call.write_error(&line)?;
        }
        let name = words[0].clone();
        match start(call, words)? {
            Ok(child) => self.running.push(child),
            Err(error) => {
                call.complain(format!("{name}: {}", error_text(&error)))?;
                return Err(Stop::Exit(code_of(&error)));
            }
        }
        if self.running.len() >= self.parallel {
            self.wait_first(call)?;
        }
        Ok(())
    }

    fn wait_first(&mut self, call: &mut Call) -> Result<(), Stop> {
        let mut child = self.running.remove(0);
        match wait(call, &mut *child, None)?.unwrap_or(0) {
            0 => {}
            255 => {
                call.complain("exited with status 255; aborting")?;
                return Err(Stop::Exit(124));
            }
            code if code > 128 => {
                call.complain(format!("terminated by signal {}", code - 128))?;
                return Err(Stop::Exit(125));
            }
            _ => self.code = 123,
        }
        Ok(())
    }

    fn finish(mut self, call: &mut Call) -> Outcome {
        while !self.running.is_empty() {
            self.wait_first(call)?;
        }
        Ok(self.code)
    }
}
