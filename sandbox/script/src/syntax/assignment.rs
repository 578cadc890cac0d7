//! Assignments and tildes: what a word is apart from its text.

use super::lex::to_text;
use super::scan_command::is_name;
use super::tree::{Piece, Word};

/// True for `name=…`, `name+=…` and `name[…]=…`.
pub(super) fn is_assignment(text: &[u8]) -> bool {
    assignment_parts(&Word::text(text)).is_some()
}

/// An assignment's name, its subscript with the text behind it, and its value.
pub(super) fn assignment_parts(word: &Word) -> Option<(String, Option<Word>, String, Word)> {
    let Some(Piece::Text(first)) = word.pieces.first() else { return None };
    let end = first.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')?;
    if !is_name(&first[..end]) {
        return None;
    }
    let after = match &first[end..] {
        [b'=', ..] => end + 1,
        [b'+', b'=', ..] => end + 2,
        [b'[', ..] => {
            let (index, close, value) = split_subscript(word, end)?;
            return Some((to_text(&first[..end]), Some(index), close, value));
        }
        _ => return None,
    };
    let mut value = Word::text(&first[after..]);
    value.pieces.extend(word.pieces[1..].iter().cloned());
    Some((to_text(&first[..after]), None, String::new(), value))
}

/// `[index]=value` from byte `start` of the first piece: index, the text that closes it, value.
pub(super) fn split_subscript(word: &Word, start: usize) -> Option<(Word, String, Word)> {
    let Some(Piece::Text(first)) = word.pieces.first() else { return None };
    if first.get(start) != Some(&b'[') {
        return None;
    }
    let mut depth = 0_usize;
    for (number, piece) in word.pieces.iter().enumerate() {
        let Piece::Text(text) = piece else { continue };
        let from = if number == 0 { start + 1 } else { 0 };
        for at in from..text.len() {
            match text[at] {
                b'[' => depth += 1,
                b']' if depth > 0 => depth -= 1,
                b']' => {
                    let close = match &text[at..] {
                        [b']', b'=', ..] => 2,
                        [b']', b'+', b'=', ..] => 3,
                        _ => return None,
                    };
                    let mut index = word.pieces[..=number].to_vec();
                    cut(&mut index, number, 0, at);
                    cut(&mut index, 0, start + 1, usize::MAX);
                    let mut value = word.pieces[number..].to_vec();
                    cut(&mut value, 0, at + close, usize::MAX);
                    let close = to_text(&text[at..at + close]);
                    return Some((Word { pieces: index }, close, Word { pieces: value }));
                }
                _ => {}
            }
        }
    }
    None
}

/// Leaves the bytes from `from` to `to` of a piece of text.
fn cut(pieces: &mut [Piece], number: usize, from: usize, to: usize) {
    if let Some(Piece::Text(text)) = pieces.get_mut(number) {
        let to = to.min(text.len());
        *text = text[from.min(to)..to].into();
    }
}

/// Turns the tildes at the start of a word, and in an assignment those after `:`, into pieces.
pub(super) fn tilde(word: &mut Word, assignment: bool, bash: bool) {
    let has = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(&b'~'));
    if !word.pieces.iter().any(has) {
        return;
    }
    let mut out = Vec::new();
    let count = word.pieces.len();
    for (number, piece) in std::mem::take(&mut word.pieces).into_iter().enumerate() {
        let Piece::Text(text) = &piece else {
            out.push(piece);
            continue;
        };
        let last = number + 1 == count;
        let mut from = 0;
        let mut at_start = number == 0;
        let mut at = 0;
        while at < text.len() {
            if at_start && text[at] == b'~' {
                let stop = |byte: &u8| *byte == b'/' || assignment && *byte == b':';
                let end = text[at..].iter().position(stop).map(|end| at + end);
                let name = &text[at + 1..end.unwrap_or(text.len())];
                let complete = end.is_some() || last;
                if complete && (bash || !name.contains(&b'=')) {
                    if from < at {
                        out.push(Piece::Text(text[from..at].into()));
                    }
                    out.push(Piece::Tilde(name.into()));
                    from = end.unwrap_or(text.len());
                    at = from;
                    at_start = false;
                    continue;
                }
            }
            at_start = assignment && text[at] == b':';
            at += 1;
        }
        if from < text.len() {
            out.push(Piece::Text(text[from..].into()));
        }
    }
    word.pieces = out;
}
