//! Shell patterns: `*`, `?`, `[…]`, and bash's extended ones, over bytes.

use crate::syntax::{Piece, Word};

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    elements: Vec<Element>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    Byte(u8),
    Any,
    Star,
    Class(Box<Class>),
    Extended(u8, Vec<Pattern>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Class {
    negated: bool,
    /// A bit for each byte.
    bytes: [u64; 4],
}

impl Class {
    fn set(&mut self, byte: u8) {
        self.bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    fn has(&self, byte: u8) -> bool {
        (self.bytes[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1) != self.negated
    }
}

/// The pattern of a word that is known before it runs.
pub fn of_word(word: &Word, extended: bool) -> Option<Pattern> {
    let mut escaped = Vec::new();
    for piece in &word.pieces {
        match piece {
            Piece::Text(text) => escaped.extend_from_slice(text),
            Piece::Quoted(text) => escape(text, &mut escaped),
            Piece::Tilde(_)
            | Piece::Param(..)
            | Piece::Command(..)
            | Piece::Arith(..)
            | Piece::Process(..) => return None,
        }
    }
    Some(Pattern::new(&escaped, extended))
}

/// Appends quoted text, each byte that could mean something behind a backslash.
pub fn escape(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if !byte.is_ascii_alphanumeric() && *byte != b'/' {
            out.push(b'\\');
        }
        out.push(*byte);
    }
}

/// True where text has a byte that makes it a pattern.
pub fn is_pattern(escaped: &[u8], extended: bool) -> bool {
    let mut at = 0;
    while at < escaped.len() {
        match escaped[at] {
            b'\\' => at += 1,
            b'*' | b'?' => return true,
            b'[' if escaped[at..].contains(&b']') => return true,
            b'+' | b'@' | b'!' if extended && escaped.get(at + 1) == Some(&b'(') => return true,
            _ => {}
        }
        at += 1;
    }
    false
}

/// Takes the backslashes of [`escape`] off.
pub fn unescape(escaped: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => out.push(*bytes.next().unwrap_or(&b'\\')),
            byte => out.push(*byte),
        }
    }
    out
}

impl Pattern {
    /// Compiles a pattern in which a backslash quotes.
    pub fn new(text: &[u8], extended: bool) -> Self {
        let mut at = 0;
        let mut elements = Vec::new();
        while at < text.len() {
            let byte = text[at];
            at += 1;
            match byte {
                b'\\' => {
                    elements.push(Element::Byte(text.get(at).copied().unwrap_or(b'\\')));
                    at += 1;
                }
                b'?' | b'*' | b'+' | b'@' | b'!' if extended && text.get(at) == Some(&b'(') => {
                    if let Some((alternatives, end)) = alternatives(text, at + 1) {
                        elements.push(Element::Extended(byte, alternatives));
                        at = end;
                    } else {
                        elements.push(plain(byte));
                    }
                }
                b'[' => match class(text, at) {
                    Some((class, end)) => {
                        elements.push(Element::Class(Box::new(class)));
                        at = end;
                    }
                    None => elements.push(Element::Byte(b'[')),
                },
                b'*' if elements.last() == Some(&Element::Star) => {}
                byte => elements.push(plain(byte)),
            }
        }
        Self { elements }
    }

    /// True where all of `text` matches.
    pub fn matches(&self, text: &[u8]) -> bool {
        matches(&self.elements, text)
    }

    /// The bytes that the shortest or longest matching prefix has.
    pub fn prefix(&self, text: &[u8], longest: bool) -> Option<usize> {
        if longest {
            (0..=text.len()).rev().find(|end| self.matches(&text[..*end]))
        } else {
            (0..=text.len()).find(|end| self.matches(&text[..*end]))
        }
    }

    /// Where the shortest or longest matching suffix begins.
    pub fn suffix(&self, text: &[u8], longest: bool) -> Option<usize> {
        if longest {
            (0..=text.len()).find(|start| self.matches(&text[*start..]))
        } else {
            (0..=text.len()).rev().find(|start| self.matches(&text[*start..]))
        }
    }

    /// The first longest match that is not empty.
    pub fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        (from..=text.len()).find_map(|start| {
            let length = self.prefix(&text[start..], true)?;
            (length > 0).then_some((start, start + length))
        })
    }
}

fn plain(byte: u8) -> Element {
    match byte {
        b'*' => Element::Star,
        b'?' => Element::Any,
        byte => Element::Byte(byte),
    }
}

fn alternatives(text: &[u8], start: usize) -> Option<(Vec<Pattern>, usize)> {
    let mut depth = 0_usize;
    let mut from = start;
    let mut all = Vec::new();
    let mut at = start;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b')' => {
                all.push(Pattern::new(&text[from..at], true));
                return Some((all, at + 1));
            }
            b'|' if depth == 0 => {
                all.push(Pattern::new(&text[from..at], true));
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn class(text: &[u8], start: usize) -> Option<(Class, usize)> {
    let mut at = start;
    let negated = matches!(text.get(at), Some(b'!' | b'^'));
    if negated {
        at += 1;
    }
    let mut class = Class { negated, bytes: [0; 4] };
    let first = at;
    loop {
        let byte = *text.get(at)?;
        if byte == b']' && at > first {
            return Some((class, at + 1));
        }
        if byte == b'[' && text.get(at + 1) == Some(&b':') {
            let end = text[at + 2..].windows(2).position(|pair| pair == b":]");
            if let Some(end) = end {
                named(&text[at + 2..at + 2 + end], &mut class);
                at += end + 4;
                continue;
            }
        }
        let (low, next) = class_byte(text, at)?;
        at = next;
        if text.get(at) == Some(&b'-') && !matches!(text.get(at + 1), None | Some(b']')) {
            let (high, next) = class_byte(text, at + 1)?;
            at = next;
            (low..=high).for_each(|byte| class.set(byte));
        } else {
            class.set(low);
        }
    }
}

fn class_byte(text: &[u8], at: usize) -> Option<(u8, usize)> {
    match text.get(at)? {
        b'\\' => Some((*text.get(at + 1)?, at + 2)),
        byte => Some((*byte, at + 1)),
    }
}

fn named(name: &[u8], class: &mut Class) {
    let test: fn(u8) -> bool = match name {
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"digit" => |byte| byte.is_ascii_digit(),
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return,
    };
    (0..=u8::MAX).filter(|byte| test(*byte)).for_each(|byte| class.set(byte));
}

fn matches(elements: &[Element], text: &[u8]) -> bool {
    let mut at = 0;
    let mut element = 0;
    // Where the last star stood, and how far it reaches so far.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match elements.get(element) {
            Some(Element::Star) => {
                star = Some((element, at));
                element += 1;
                continue;
            }
            Some(Element::Extended(kind, alternatives)) => {
                if extended(*kind, alternatives, &elements[element + 1..], &text[at..]) {
                    return true;
                }
                false
            }
            Some(Element::Byte(byte)) => text.get(at) == Some(byte),
            Some(Element::Any) => at < text.len(),
            Some(Element::Class(class)) => text.get(at).is_some_and(|byte| class.has(*byte)),
            None if at == text.len() => return true,
            None => false,
        };
        if step {
            element += 1;
            at += 1;
            continue;
        }
        match star {
            Some((place, reach)) if reach < text.len() => {
                star = Some((place, reach + 1));
                element = place + 1;
                at = reach + 1;
            }
            _ => return false,
        }
    }
}

fn extended(kind: u8, alternatives: &[Pattern], rest: &[Element], text: &[u8]) -> bool {
    let any = |part: &[u8]| alternatives.iter().any(|pattern| pattern.matches(part));
    match kind {
        b'!' => (0..=text.len()).any(|end| !any(&text[..end]) && matches(rest, &text[end..])),
        b'@' => (0..=text.len()).any(|end| any(&text[..end]) && matches(rest, &text[end..])),
        b'?' => {
            matches(rest, text)
                || (1..=text.len()).any(|end| any(&text[..end]) && matches(rest, &text[end..]))
        }
        _ => repeated(kind == b'+', &any, rest, text),
    }
}

/// One or more, or any number: each place of `text` is reached or not.
fn repeated(once: bool, any: &dyn Fn(&[u8]) -> bool, rest: &[Element], text: &[u8]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for start in 0..=text.len() {
        if !reached[start] {
            continue;
        }
        if (start > 0 || !once) && matches(rest, &text[start..]) {
            return true;
        }
        for end in start + 1..=text.len() {
            if !reached[end] && any(&text[start..end]) {
                reached[end] = true;
            }
        }
    }
    once && any(b"") && matches(rest, text)
}
