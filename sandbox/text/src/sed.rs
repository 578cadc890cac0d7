//! `sed`: an editor of streams.

mod input;
mod parse;
mod run;
mod substitute;

use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome};
use sandbox_world::options::{Spec, parse as parse_options, usage};
use sandbox_world::pattern::Pattern;

const SPEC: Spec = Spec {
    usage: "sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...",
    short: "i::rEne:f:z",
    long: &[
        ("in-place=?", 'i'),
        ("regexp-extended", 'r'),
        ("quiet", 'n'),
        ("silent", 'n'),
        ("expression=", 'e'),
        ("file=", 'f'),
        ("null-data", 'z'),
    ],
};

/// Which lines a command is for.
#[derive(Clone)]
enum Address {
    Line(u64),
    /// The first and the step.
    Step(u64, u64),
    Last,
    /// None is the expression that was used last.
    Regex(Option<Rc<Pattern>>),
    /// So many lines after the first address.
    Plus(u64),
    /// Up to a line whose number is a multiple.
    Multiple(u64),
}

/// One command.
struct Command {
    first: Option<Address>,
    second: Option<Address>,
    negated: bool,
    action: Action,
    /// True inside a range, with the line it ends at where that is known.
    active: Option<Option<u64>>,
}

/// What a command does.
enum Action {
    /// The place of the closing brace.
    Open(usize),
    Nothing,
    Append(BString),
    Insert(BString),
    Change(BString),
    /// A place, or the end.
    Branch(Option<usize>),
    BranchIf(Option<usize>),
    BranchUnless(Option<usize>),
    Delete,
    DeleteFirst,
    CopyHold,
    AppendHold,
    ToHold,
    AppendToHold,
    Exchange,
    List,
    Next,
    AppendNext,
    Print,
    PrintFirst,
    Quit(u8),
    QuitSilently(u8),
    Read(BString),
    Write(usize),
    Substitute(Box<Substitution>),
    Translate(Box<[u8; 256]>),
    Number,
}

/// `s`.
struct Substitution {
    regex: Option<Rc<Pattern>>,
    parts: Vec<Part>,
    /// The first match that is replaced, from 1.
    nth: usize,
    all: bool,
    prints: bool,
    output: Option<usize>,
}

/// A part of a replacement.
enum Part {
    Text(Vec<u8>),
    Group(usize),
    Case(Case),
}

/// How what follows in a replacement is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    AsIs,
    Upper,
    Lower,
    FirstUpper,
    FirstLower,
}

/// A script and the files it writes.
struct Script {
    commands: Vec<Command>,
    outputs: Vec<BString>,
    silent: bool,
}

/// Runs it.
pub(crate) fn sed(call: &mut Call) -> Outcome {
    let mut options = parse_options(call, &SPEC)?;
    let mut text = Vec::new();
    let mut is_given = false;
    for (option, value) in options.in_order() {
        let Some(value) = value else { continue };
        let piece = match option {
            'e' => value.to_vec(),
            'f' => {
                let file = call.slurp(value)?;
                file.strip_suffix(b"\n").map(<[u8]>::to_vec).unwrap_or(file)
            }
            _ => continue,
        };
        if is_given {
            text.push(b'\n');
        }
        is_given = true;
        text.extend_from_slice(&piece);
    }
    if !is_given {
        if options.operands.is_empty() {
            return usage(call, &SPEC);
        }
        text = options.operands.remove(0).into();
    }
    let extended = options.has_any("rE");
    let mut script = match parse::parse(&text, extended) {
        Ok(script) => script,
        Err(message) => return call.fail(message),
    };
    script.silent |= options.has('n');
    let delimiter = if options.has('z') { 0 } else { b'\n' };
    let mut names = options.operands.clone();
    if names.is_empty() {
        names.push(BString::from("-"));
    }
    if options.has('i') {
        let suffix = options.value('i').map(BStr::to_owned);
        return run::in_place(call, script, &names, suffix, delimiter);
    }
    run::to_output(call, script, names, delimiter)
}

/// Where a text has an unescaped newline, as the end of a line of a script.
fn line_end(text: &[u8]) -> usize {
    text.find_byte(b'\n').unwrap_or(text.len())
}
