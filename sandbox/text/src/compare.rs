//! `cmp`, `comm`, `join`: two files side by side.

use std::cmp::Ordering;

use bstr::{BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::input::{Input, chomp, read_line};
use sandbox_world::numbers::{UNITS, parse_with};
use sandbox_world::options::{Options, Spec, parse, usage};

/// Finds the first difference of two files, or all.
pub(crate) fn cmp(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "cmp [-ls] [-n NUM] FILE1 [FILE2 [SKIP1 [SKIP2]]]",
        short: "lsn:b",
        long: &[("verbose", 'l'), ("silent", 's'), ("quiet", 's'), ("bytes=", 'n')],
    };
    let options = parse(call, &spec)?;
    let operands = &options.operands;
    if operands.is_empty() || operands.len() > 4 {
        return usage(call, &spec);
    }
    let names = [operands[0].clone(), operands.get(1).cloned().unwrap_or_else(|| "-".into())];
    let size = |text: Option<&BString>| text.and_then(|text| parse_with(text, UNITS));
    let skips = [size(operands.get(2)).unwrap_or(0), size(operands.get(3)).unwrap_or(0)];
    let limit = options.value('n').and_then(|text| parse_with(text, UNITS)).unwrap_or(u64::MAX);
    let mut inputs = Vec::new();
    for (name, skip) in names.iter().zip(skips) {
        match call.open_lines(name) {
            Ok(mut input) => {
                next_bytes(&mut input, skip).map_err(Stop::from)?;
                inputs.push(input);
            }
            Err(error) => {
                if !options.has('s') {
                    call.complain_of(name, &error)?;
                }
                return Ok(2);
            }
        }
    }
    compare(call, &options, &names, inputs, limit)
}

/// Passes over bytes.
fn next_bytes(input: &mut Input, count: u64) -> std::io::Result<()> {
    use std::io::{Read as _, copy, sink};
    copy(&mut input.by_ref().take(count), &mut sink()).map(|_| ())
}

fn compare(
    call: &mut Call,
    options: &Options,
    names: &[BString; 2],
    inputs: Vec<Input>,
    limit: u64,
) -> Outcome {
    use std::io::Read as _;
    let mut streams = inputs.into_iter().map(Input::bytes);
    let (Some(mut first), Some(mut second)) = (streams.next(), streams.next()) else {
        return Ok(2);
    };
    let (mut at, mut line, mut code) = (0_u64, 1_u64, 0);
    while at < limit {
        let a = first.next().transpose().map_err(Stop::from)?;
        let b = second.next().transpose().map_err(Stop::from)?;
        at += 1;
        match (a, b) {
            (None, None) => break,
            (Some(a), Some(b)) if a == b => line += u64::from(a == b'\n'),
            (Some(a), Some(b)) => {
                code = 1;
                if options.has('s') {
                    break;
                }
                if !options.has('l') {
                    let [one, other] = names;
                    call.line(format!("{one} {other} differ: char {at}, line {line}").as_bytes())?;
                    break;
                }
                call.line(format!("{at} {a:3o} {b:3o}").as_bytes())?;
                line += u64::from(a == b'\n');
            }
            (a, _) => {
                if !options.has('s') {
                    let short = &names[usize::from(a.is_some())];
                    call.complain(format!("EOF on {short}"))?;
                }
                return Ok(1);
            }
        }
    }
    Ok(code)
}

/// Two files, a line of each at hand.
struct Pair {
    inputs: [Input; 2],
    lines: [Option<Vec<u8>>; 2],
}

impl Pair {
    fn open(call: &mut Call, names: &[BString]) -> Result<Self, Stop> {
        let mut open = |name: &BString| match call.open_lines(name) {
            Ok(input) => Ok(input),
            Err(error) => call.fail_of(name, &error),
        };
        let inputs = [open(&names[0])?, open(&names[1])?];
        let mut pair = Self { inputs, lines: [None, None] };
        pair.next(0)?;
        pair.next(1)?;
        Ok(pair)
    }

    fn next(&mut self, which: usize) -> Result<Option<Vec<u8>>, Stop> {
        let mut line = Vec::new();
        let more = read_line(&mut self.inputs[which], b'\n', &mut line)?;
        chomp(&mut line, b'\n');
        Ok(std::mem::replace(&mut self.lines[which], more.then_some(line)))
    }
}

/// Shows which lines of two sorted files are in one, the other, and both.
pub(crate) fn comm(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "comm [-123] FILE1 FILE2", short: "123", long: &[] };
    let options = parse(call, &spec)?;
    if options.operands.len() != 2 {
        return usage(call, &spec);
    }
    let mut pair = Pair::open(call, &options.operands)?;
    loop {
        let order = match &pair.lines {
            [None, None] => return Ok(0),
            [Some(a), Some(b)] => a.cmp(b),
            [Some(_), None] => Ordering::Less,
            [None, Some(_)] => Ordering::Greater,
        };
        let column = match order {
            Ordering::Less => '1',
            Ordering::Greater => '2',
            Ordering::Equal => '3',
        };
        let line = pair.next(usize::from(order == Ordering::Greater))?.unwrap_or_default();
        if order == Ordering::Equal {
            pair.next(1)?;
        }
        if options.has(column) {
            continue;
        }
        let tabs = "12".chars().filter(|other| *other < column && !options.has(*other)).count();
        call.write("\t".repeat(tabs).as_bytes())?;
        call.line(&line)?;
    }
}

/// How `join` takes lines apart and together.
struct Join {
    separator: Option<u8>,
    keys: [usize; 2],
    shown: Vec<(usize, usize)>,
    empty: BString,
    alone: [bool; 2],
    pairs: bool,
}

/// Joins the lines of two sorted files that have a field alike.
pub(crate) fn join(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "join [OPTIONS] FILE1 FILE2", short: "1:2:j:t:a:v:o:e:i", long: &[] };
    let options = parse(call, &spec)?;
    if options.operands.len() != 2 {
        return usage(call, &spec);
    }
    let field = |option: char| {
        let text = options.value(option).or(options.value('j'))?;
        text.to_str().ok()?.parse::<usize>().ok()
    };
    let has = |option, number: &str| options.values(option).any(|value| value == number);
    let list = options.value('o').unwrap_or_default();
    let shown = list.split(|byte| b", ".contains(byte)).filter_map(|part| {
        if part == b"0" {
            return Some((0, 0));
        }
        let (file, field) = part.split_once_str(".")?;
        Some((file.to_str().ok()?.parse().ok()?, field.to_str().ok()?.parse().ok()?))
    });
    let join = Join {
        separator: options.value('t').and_then(|text| text.first().copied()),
        keys: [field('1').unwrap_or(1), field('2').unwrap_or(1)],
        shown: shown.collect(),
        empty: options.value('e').unwrap_or_default().to_owned(),
        alone: [has('a', "1") || has('v', "1"), has('a', "2") || has('v', "2")],
        pairs: !options.has('v'),
    };
    let mut pair = Pair::open(call, &options.operands)?;
    loop {
        let order = match &pair.lines {
            [None, None] => return Ok(0),
            [Some(a), Some(b)] => join.key(0, a).cmp(join.key(1, b)),
            [Some(_), None] => Ordering::Less,
            [None, Some(_)] => Ordering::Greater,
        };
        if order != Ordering::Equal {
            let which = usize::from(order == Ordering::Greater);
            let line = pair.next(which)?.unwrap_or_default();
            if join.alone[which] {
                let lines =
                    if which == 0 { [Some(&line[..]), None] } else { [None, Some(&line[..])] };
                call.line(&join.row(lines))?;
            }
            continue;
        }
        // All lines of both that have this key.
        let key = pair.lines[0].as_ref().map(|line| join.key(0, line).to_vec()).unwrap_or_default();
        let mut groups = [Vec::new(), Vec::new()];
        for (which, group) in groups.iter_mut().enumerate() {
            while pair.lines[which].as_ref().is_some_and(|line| join.key(which, line) == key) {
                group.extend(pair.next(which)?);
            }
        }
        for a in groups[0].iter().filter(|_| join.pairs) {
            for b in &groups[1] {
                call.line(&join.row([Some(a), Some(b)]))?;
            }
        }
    }
}

impl Join {
    fn fields<'l>(&self, line: &'l [u8]) -> Vec<&'l [u8]> {
        match self.separator {
            Some(byte) => line.split(|other| *other == byte).collect(),
            None => line.fields().collect(),
        }
    }

    fn key<'l>(&self, which: usize, line: &'l [u8]) -> &'l [u8] {
        self.fields(line).get(self.keys[which] - 1).copied().unwrap_or_default()
    }

    fn row(&self, lines: [Option<&[u8]>; 2]) -> Vec<u8> {
        let fields = lines.map(|line| line.map(|line| self.fields(line)).unwrap_or_default());
        let which = usize::from(lines[0].is_none());
        let key = lines[which].map(|line| self.key(which, line)).unwrap_or_default();
        let mut parts: Vec<&[u8]> = Vec::new();
        if self.shown.is_empty() {
            parts.push(key);
            for (which, fields) in fields.iter().enumerate() {
                let others = fields.iter().enumerate();
                let own = others.filter(|(index, _)| index + 1 != self.keys[which]);
                parts.extend(own.map(|(_, field)| *field));
            }
        }
        for (file, field) in &self.shown {
            let found = match file {
                0 => Some(key),
                file => fields
                    .get(file - 1)
                    .and_then(|fields| fields.get(field.wrapping_sub(1)).copied()),
            };
            parts.push(found.unwrap_or(&self.empty));
        }
        bstr::join([self.separator.unwrap_or(b' ')], parts)
    }
}
