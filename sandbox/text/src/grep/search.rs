//! The search through one file.

use std::collections::VecDeque;
use std::io;

use bstr::BStr;

use super::Grep;
use sandbox_world::call::{Call, Stop};
use sandbox_world::input::{Input, Trouble, chomp, read_line};
use sandbox_world::pattern::Found;

/// What a search came to.
pub(super) struct Searched {
    pub(super) matched: u64,
    pub(super) error: Option<io::Error>,
    pub(super) stop: Option<Stop>,
}

/// Where in the file it is.
struct State {
    number: u64,
    matched: u64,
    /// Lines before, with their numbers, that a match would show.
    held: VecDeque<(u64, Vec<u8>)>,
    /// Lines that are still shown after a match.
    after: usize,
    last_shown: u64,
}

/// Searches an input and shows what is asked of its lines.
pub(super) fn search(call: &mut Call, grep: &Grep, name: &BStr, input: &mut Input) -> Searched {
    let mut state = State { number: 0, matched: 0, held: VecDeque::new(), after: 0, last_shown: 0 };
    let outcome = lines(call, grep, name, input, &mut state);
    let matched = state.matched;
    match outcome {
        Ok(()) => Searched { matched, error: None, stop: None },
        Err(Trouble::Read(error)) => Searched { matched, error: Some(error), stop: None },
        Err(Trouble::Stop(stop)) => Searched { matched, error: None, stop: Some(stop) },
    }
}

fn lines(
    call: &mut Call,
    grep: &Grep,
    name: &BStr,
    input: &mut Input,
    state: &mut State,
) -> Result<(), Trouble> {
    let shows_lines = !(grep.quiet || grep.counts || grep.names_with || grep.names_without);
    let mut line = Vec::new();
    while state.matched < grep.most && read_line(input, grep.delimiter, &mut line)? {
        chomp(&mut line, grep.delimiter);
        state.number += 1;
        if grep.is_match(&line) != grep.inverted {
            state.matched += 1;
            if grep.quiet || grep.names_with || grep.names_without {
                return Ok(());
            }
            if shows_lines {
                show_match(call, grep, name, &line, state)?;
            }
        } else if shows_lines {
            pass(call, grep, name, &mut line, state)?;
        }
    }
    // Lines after the last match that is wanted.
    while state.after > 0 && shows_lines && read_line(input, grep.delimiter, &mut line)? {
        chomp(&mut line, grep.delimiter);
        state.number += 1;
        pass(call, grep, name, &mut line, state)?;
    }
    Ok(())
}

fn show_match(
    call: &mut Call,
    grep: &Grep,
    name: &BStr,
    line: &[u8],
    state: &mut State,
) -> Result<(), Stop> {
    let first = state.held.front().map_or(state.number, |(number, _)| *number);
    if grep.before + grep.after > 0 && state.last_shown > 0 && first > state.last_shown + 1 {
        call.write(b"--\n")?;
    }
    while let Some((number, held)) = state.held.pop_front() {
        show(call, grep, name, number, b'-', &held)?;
    }
    state.after = grep.after;
    state.last_shown = state.number;
    if !grep.only_matching {
        return show(call, grep, name, state.number, b':', line);
    }
    if grep.inverted {
        return Ok(());
    }
    let mut at = 0;
    while at <= line.len()
        && let Some(found) = grep.find_at(line, at)
    {
        if found.end > found.start {
            show(call, grep, name, state.number, b':', &line[found.start..found.end])?;
            at = found.end;
        } else {
            at = found.end + 1;
        }
    }
    Ok(())
}

/// A line that does not match: shown where it stands near one that does.
fn pass(
    call: &mut Call,
    grep: &Grep,
    name: &BStr,
    line: &mut Vec<u8>,
    state: &mut State,
) -> Result<(), Stop> {
    if state.after > 0 {
        state.after -= 1;
        state.last_shown = state.number;
        return show(call, grep, name, state.number, b'-', line);
    }
    if grep.before > 0 {
        if state.held.len() == grep.before {
            state.held.pop_front();
        }
        state.held.push_back((state.number, std::mem::take(line)));
    }
    Ok(())
}

fn show(
    call: &mut Call,
    grep: &Grep,
    name: &BStr,
    number: u64,
    mark: u8,
    text: &[u8],
) -> Result<(), Stop> {
    if grep.names {
        call.write(name)?;
        call.write(&[mark])?;
    }
    if grep.numbers {
        call.write(format!("{number}{}", char::from(mark)).as_bytes())?;
    }
    call.write(text)?;
    call.write(&[grep.delimiter])
}

impl Grep {
    fn is_match(&self, line: &[u8]) -> bool {
        if self.whole_words || self.whole_lines {
            self.find_at(line, 0).is_some()
        } else {
            self.patterns.iter().any(|pattern| pattern.is_match(line))
        }
    }

    /// The first match at `at` or later, the longest of those that begin there.
    fn find_at(&self, line: &[u8], at: usize) -> Option<Found> {
        let mut at = at;
        loop {
            let of = |pattern: &sandbox_world::pattern::Pattern| pattern.find_at(line, at);
            let order = |found: &Found| (found.start, std::cmp::Reverse(found.end));
            let found = self.patterns.iter().filter_map(of).min_by_key(order)?;
            let is_whole = found.start == 0 && found.end == line.len();
            if self.whole_lines {
                return is_whole.then_some(found);
            }
            if !self.whole_words || is_word_at(line, found) {
                return Some(found);
            }
            at = found.start + 1;
            if at > line.len() {
                return None;
            }
        }
    }
}

fn is_word_at(line: &[u8], found: Found) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let before = found.start.checked_sub(1).and_then(|at| line.get(at));
    !is_word(before) && !is_word(line.get(found.end))
}
