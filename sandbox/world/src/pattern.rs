//! POSIX regular expressions: basic and extended, leftmost and longest, with back references.
//!
//! An expression is parsed as POSIX and GNU have it (`pattern/parse.rs`). Without back references it is handed to
//! `regex-automata`, which finds where the leftmost match begins; where another match that begins there may be longer, a
//! second automaton finds its end. With back references, and for the groups of such a longer match, there is a machine
//! that goes back (`pattern/backtrack.rs`).
//!
//! Differs from POSIX: which part of a match a group inside a repetition has is what Perl would say. Everything is
//! bytes, as in the C locale.

mod backtrack;
mod parse;
mod syntax_tree;
mod translate;

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use std::sync::Mutex;

use backtrack::Program;
use syntax_tree::Node;

/// How an expression is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Syntax {
    /// Extended instead of basic.
    pub extended: bool,
    /// Letters of both cases are alike.
    pub ignore_case: bool,
}

impl Syntax {
    /// Extended, both cases apart.
    pub const EXTENDED: Self = Self { extended: true, ignore_case: false };
    /// Basic, both cases apart.
    pub const BASIC: Self = Self { extended: false, ignore_case: false };
}

/// A match: where it begins and where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The place of its first byte.
    pub start: usize,
    /// The place behind its last byte.
    pub end: usize,
}

/// The whole match and the groups.
pub type Groups = Vec<Option<Found>>;

/// An expression that is ready to search.
pub struct Pattern {
    engine: Engine,
    groups: usize,
}

enum Engine {
    Automaton(Box<Automaton>),
    Backtrack(Program),
}

struct Automaton {
    regex: Regex,
    /// Where another match may be longer than the one `regex` prefers.
    longest: Option<Longest>,
}

struct Longest {
    automaton: DFA,
    cache: Mutex<Cache>,
    program: Program,
}

impl Pattern {
    /// Reads an expression; the error is what `regerror` says.
    pub fn new(text: &[u8], syntax: Syntax) -> Result<Self, String> {
        let (node, groups) = parse::parse(text, syntax.extended)?;
        if node.has_back_reference() {
            let program = Program::new(&node, groups, syntax.ignore_case)?;
            return Ok(Self { engine: Engine::Backtrack(program), groups });
        }
        let automaton = Automaton::new(&node, groups, syntax.ignore_case)?;
        Ok(Self { engine: Engine::Automaton(Box::new(automaton)), groups })
    }

    /// Any of several texts or expressions, as few patterns as can be.
    pub fn any_of(texts: &[&[u8]], syntax: Syntax, is_literal: bool) -> Result<Vec<Self>, String> {
        let mut apart = Vec::new();
        let mut together = Vec::new();
        for text in texts {
            if is_literal {
                together.push(Node::Concat(text.iter().map(|byte| Node::Byte(*byte)).collect()));
                continue;
            }
            let (node, groups) = parse::parse(text, syntax.extended)?;
            if node.has_back_reference() {
                let program = Program::new(&node, groups, syntax.ignore_case)?;
                apart.push(Self { engine: Engine::Backtrack(program), groups });
            } else {
                together.push(node);
            }
        }
        let node = if together.len() == 1 { together.pop() } else { None };
        let node = node.unwrap_or(Node::Alternate(together));
        if node != Node::Alternate(Vec::new()) {
            let automaton = Automaton::new(&node.without_groups(), 0, syntax.ignore_case)?;
            apart.push(Self { engine: Engine::Automaton(Box::new(automaton)), groups: 0 });
        }
        Ok(apart)
    }

    /// How many groups it has.
    pub fn group_count(&self) -> usize {
        self.groups
    }

    /// True where some part of `text` is a match.
    pub fn is_match(&self, text: &[u8]) -> bool {
        match &self.engine {
            Engine::Automaton(automaton) => automaton.regex.is_match(text),
            Engine::Backtrack(program) => program.find_at(text, 0).is_some(),
        }
    }

    /// The first match that begins at `at` or later.
    pub fn find_at(&self, text: &[u8], at: usize) -> Option<Found> {
        match &self.engine {
            Engine::Automaton(automaton) => automaton.find_at(text, at),
            Engine::Backtrack(program) => program.find_at(text, at)?[0],
        }
    }

    /// The groups of the first match that begins at `at` or later.
    pub fn groups_at(&self, text: &[u8], at: usize) -> Option<Groups> {
        match &self.engine {
            Engine::Automaton(automaton) => automaton.groups_at(text, at, self.groups),
            Engine::Backtrack(program) => program.find_at(text, at),
        }
    }
}

impl Automaton {
    fn new(node: &Node, groups: usize, ignore_case: bool) -> Result<Self, String> {
        let text = translate::translate(node);
        let syntax = syntax::Config::new().unicode(false).utf8(false).case_insensitive(ignore_case);
        let too_big = |_| "Regular expression too big".to_owned();
        let regex = Regex::builder()
            .syntax(syntax)
            .configure(Regex::config().utf8_empty(false))
            .build(&text)
            .map_err(|_| "Regular expression too big".to_owned())?;
        let longest = if node.may_prefer_shorter() {
            let automaton = DFA::builder()
                .configure(DFA::config().match_kind(MatchKind::All).skip_cache_capacity_check(true))
                .syntax(syntax)
                .build(&text)
                .map_err(too_big)?;
            let cache = Mutex::new(automaton.create_cache());
            Some(Longest { automaton, cache, program: Program::new(node, groups, ignore_case)? })
        } else {
            None
        };
        Ok(Self { regex, longest })
    }

    fn find_at(&self, text: &[u8], at: usize) -> Option<Found> {
        let input = Input::new(text).range(at.min(text.len())..);
        let found = self.regex.search(&input)?;
        let end = self.longest_end(text, found.start(), found.end());
        Some(Found { start: found.start(), end })
    }

    fn longest_end(&self, text: &[u8], start: usize, end: usize) -> usize {
        let Some(longest) = &self.longest else { return end };
        if end == text.len() {
            return end;
        }
        let mut cache = longest.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let input = Input::new(text).range(start..).anchored(Anchored::Yes);
        match longest.automaton.try_search_fwd(&mut cache, &input) {
            Ok(Some(half)) => half.offset().max(end),
            Ok(None) | Err(_) => end,
        }
    }

    fn groups_at(&self, text: &[u8], at: usize, count: usize) -> Option<Groups> {
        let mut captures = self.regex.create_captures();
        let input = Input::new(text).range(at.min(text.len())..);
        self.regex.search_captures(&input, &mut captures);
        let whole = captures.get_match()?;
        let end = self.longest_end(text, whole.start(), whole.end());
        if end > whole.end()
            && let Some(longest) = &self.longest
            && let Some(groups) = longest.program.groups_of(text, whole.start(), end)
        {
            return Some(groups);
        }
        let group = |index| {
            let span = captures.get_group(index)?;
            Some(Found { start: span.start, end: span.end })
        };
        Some((0..=count).map(group).collect())
    }
}

#[cfg(test)]
mod tests;
