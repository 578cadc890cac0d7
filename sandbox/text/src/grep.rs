//! `grep`: lines that match.

mod search;

use std::io;

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop, path_bytes};
use sandbox_world::options::{Options, Spec, parse, usage};
use sandbox_world::pattern::{Pattern, Syntax};
use sandbox_world::wildcard::Wildcard;
use search::{Searched, search};

const SPEC: Spec = Spec {
    usage: "grep [-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...",
    short: "lnqvscFiyHhe:f:LorRm:wxA:B:C:EGzaI",
    long: &[
        ("include=", '\u{1}'),
        ("exclude=", '\u{2}'),
        ("exclude-dir=", '\u{3}'),
        ("color=?", '\u{4}'),
        ("colour=?", '\u{4}'),
        ("line-number", 'n'),
        ("ignore-case", 'i'),
        ("invert-match", 'v'),
        ("quiet", 'q'),
        ("silent", 'q'),
        ("count", 'c'),
        ("only-matching", 'o'),
        ("files-with-matches", 'l'),
        ("files-without-match", 'L'),
        ("fixed-strings", 'F'),
        ("extended-regexp", 'E'),
        ("word-regexp", 'w'),
        ("line-regexp", 'x'),
        ("recursive", 'r'),
        ("regexp=", 'e'),
        ("file=", 'f'),
        ("max-count=", 'm'),
        ("after-context=", 'A'),
        ("before-context=", 'B'),
        ("context=", 'C'),
        ("no-messages", 's'),
        ("with-filename", 'H'),
        ("no-filename", 'h'),
        ("text", 'a'),
        ("null-data", 'z'),
    ],
};

/// All that is asked.
struct Grep {
    patterns: Vec<Pattern>,
    whole_words: bool,
    whole_lines: bool,
    inverted: bool,
    quiet: bool,
    silent: bool,
    counts: bool,
    only_matching: bool,
    names_with: bool,
    names_without: bool,
    numbers: bool,
    names: bool,
    delimiter: u8,
    most: u64,
    before: usize,
    after: usize,
    follow_links: bool,
    include: Vec<BString>,
    exclude: Vec<BString>,
    exclude_dir: Vec<BString>,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    any: bool,
    any_unmatched: bool,
    failed: bool,
}

/// Runs it.
pub(crate) fn grep(call: &mut Call) -> Outcome {
    call.failure = 2;
    let mut options = parse(call, &SPEC)?;
    let name = call.name();
    let extended = options.last_of("EG") == Some('E') || name == "egrep";
    let fixed = options.has('F') || name == "fgrep";
    let patterns = patterns(call, &mut options, extended, fixed)?;
    let is_recursive = options.has_any("rR");
    if options.operands.is_empty() {
        options.operands.push(BString::from(if is_recursive { "." } else { "-" }));
    }
    let names = options
        .last_of("Hh")
        .map_or(options.operands.len() > 1 || is_recursive, |last| last == 'H');
    let grep = Grep { names, ..asked(call, &options, patterns)? };
    let mut found = Found::default();
    for name in options.operands.clone() {
        let is_dir = name != "-"
            && is_recursive
            && call.files().metadata(&call.path(&name)).is_ok_and(|metadata| metadata.is_dir());
        if is_dir {
            tree(call, &grep, &name, &mut found)?;
        } else {
            file(call, &grep, &name, &mut found)?;
        }
    }
    if found.failed {
        return Ok(2);
    }
    Ok(u8::from(!if grep.names_without { found.any_unmatched } else { found.any }))
}

fn asked(call: &mut Call, options: &Options, patterns: Vec<Pattern>) -> Result<Grep, Stop> {
    let mut number = |options: &Options, option: char| match options.value(option) {
        Some(text) => {
            let text = text.to_owned();
            call.number(text.as_ref(), &[]).map(Some)
        }
        None => Ok(None),
    };
    let around = number(options, 'C')?;
    let context =
        |given: Option<u64>| usize::try_from(given.or(around).unwrap_or(0)).unwrap_or(usize::MAX);
    let (after, before) = (number(options, 'A')?, number(options, 'B')?);
    let list = |option| options.values(option).map(BStr::to_owned).collect();
    Ok(Grep {
        patterns,
        whole_words: options.has('w'),
        whole_lines: options.has('x'),
        inverted: options.has('v'),
        quiet: options.has('q'),
        silent: options.has('s'),
        counts: options.has('c'),
        only_matching: options.has('o'),
        names_with: options.has('l'),
        names_without: options.has('L'),
        numbers: options.has('n'),
        names: false,
        delimiter: if options.has('z') { 0 } else { b'\n' },
        most: number(options, 'm')?.unwrap_or(u64::MAX),
        before: context(before),
        after: context(after),
        follow_links: options.has('R'),
        include: list('\u{1}'),
        exclude: list('\u{2}'),
        exclude_dir: list('\u{3}'),
    })
}

fn patterns(
    call: &mut Call,
    options: &mut Options,
    extended: bool,
    fixed: bool,
) -> Result<Vec<Pattern>, Stop> {
    let mut texts: Vec<BString> = options.values('e').map(BStr::to_owned).collect();
    let files: Vec<BString> = options.values('f').map(BStr::to_owned).collect();
    let is_given = !texts.is_empty() || !files.is_empty();
    for name in &files {
        let text = call.slurp(name)?;
        texts.extend(text.lines().map(BString::from));
    }
    if !is_given {
        if options.operands.is_empty() {
            return usage(call, &SPEC);
        }
        texts.push(options.operands.remove(0));
    }
    let lines: Vec<&[u8]> = texts.iter().flat_map(|text| text.split_str("\n")).collect();
    let syntax = Syntax { extended, ignore_case: options.has_any("iy") };
    match Pattern::any_of(&lines, syntax, fixed) {
        Ok(patterns) => Ok(patterns),
        Err(_) => call.fail(format!("bad regex '{}'", bstr::join("\n", lines).as_bstr())),
    }
}

fn tree(call: &mut Call, grep: &Grep, top: &BString, found: &mut Found) -> Result<(), Stop> {
    let mut pending = vec![top.clone()];
    while let Some(folder) = pending.pop() {
        call.interrupt.check()?;
        let entries = match call.files().read_dir(&call.path(&folder)) {
            Ok(entries) => entries,
            Err(error) => {
                failed(call, grep, &folder, &error, found)?;
                continue;
            }
        };
        for entry in entries {
            let name: BString = path_bytes(&call_join(&folder, &entry.name)).to_owned();
            let path = call.path(&name);
            let Ok(mut metadata) = call.files().symlink_metadata(&path) else { continue };
            if metadata.is_symlink() && grep.follow_links {
                match call.files().metadata(&path) {
                    Ok(target) => metadata = target,
                    Err(_) => continue,
                }
            }
            let is_any = |patterns: &[BString]| {
                patterns.iter().any(|p| Wildcard::default().matches(p, &entry.name))
            };
            if metadata.is_dir() {
                if !is_any(&grep.exclude_dir) {
                    pending.push(name);
                }
            } else if metadata.is_file()
                && (grep.include.is_empty() || is_any(&grep.include))
                && !is_any(&grep.exclude)
            {
                file(call, grep, &name, found)?;
            }
        }
    }
    Ok(())
}

/// A name inside a folder.
fn call_join(folder: &BString, name: &BString) -> std::path::PathBuf {
    use bstr::ByteSlice as _;
    folder.to_path_lossy().join(name.to_path_lossy())
}

fn failed(
    call: &mut Call,
    grep: &Grep,
    name: &BString,
    error: &io::Error,
    found: &mut Found,
) -> Result<(), Stop> {
    if let Some(Stop::Interrupted) = Stop::of(error) {
        return Err(Stop::Interrupted);
    }
    if !grep.silent {
        call.complain_of(name, error)?;
    }
    found.failed = true;
    Ok(())
}

fn file(call: &mut Call, grep: &Grep, name: &BString, found: &mut Found) -> Result<(), Stop> {
    let shown = if name == "-" { BStr::new("(standard input)") } else { name.as_ref() };
    let mut input = match call.open_lines(name) {
        Ok(input) => input,
        Err(error) => return failed(call, grep, name, &error, found),
    };
    let searched = match search(call, grep, shown, &mut input) {
        Searched { stop: Some(stop), .. } => return Err(stop),
        searched => searched,
    };
    if let Some(error) = searched.error
        && let Some(Stop::Interrupted) = Stop::of(&error)
    {
        // What cannot be read otherwise, such as a directory, is as if it were empty.
        return Err(Stop::Interrupted);
    }
    let matched = searched.matched;
    found.any |= matched > 0;
    found.any_unmatched |= matched == 0;
    if matched > 0 && grep.quiet {
        return Err(Stop::Exit(0));
    }
    if grep.names_with && matched > 0 || grep.names_without && matched == 0 {
        if !grep.quiet {
            call.line(shown)?;
        }
    } else if grep.counts && !grep.names_with && !grep.names_without && !grep.quiet {
        if grep.names {
            call.write(shown)?;
            call.write(b":")?;
        }
        call.line(format!("{matched}").as_bytes())?;
    }
    Ok(())
}
