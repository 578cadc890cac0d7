//! Brace expansion (bash): it is all syntax, so a word becomes its words when the script is read.

use super::tree::{Piece, Word};

/// Words that one brace expansion may make: as many as anyone lists, and no memory eater.
const WORDS_MAX: usize = 100_000;

/// A word taken apart: a byte of unquoted text, or a piece as it is.
#[derive(Clone)]
enum Unit {
    Byte(u8),
    Piece(Piece),
}

/// Appends the words that `word` stands for.
pub(super) fn expand(word: &Word, out: &mut Vec<Word>) {
    let braces = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(&b'{'));
    if !word.pieces.iter().any(braces) {
        out.push(word.clone());
        return;
    }
    let units: Vec<Unit> = word
        .pieces
        .iter()
        .flat_map(|piece| {
            if let Piece::Text(text) = piece {
                return text.iter().map(|byte| Unit::Byte(*byte)).collect::<Vec<_>>();
            }
            vec![Unit::Piece(piece.clone())]
        })
        .collect();
    for units in alternatives(&units) {
        out.push(join(&units));
    }
}

/// All that `units` expand to.
fn alternatives(units: &[Unit]) -> Vec<Vec<Unit>> {
    let mut at = 0;
    while at < units.len() {
        if is(units, at, b'{')
            && let Some((end, choices)) = group(units, at)
        {
            let rest = alternatives(&units[end..]);
            let mut all = Vec::new();
            for choice in &choices {
                for tail in &rest {
                    if all.len() >= WORDS_MAX {
                        return all;
                    }
                    let mut one = units[..at].to_vec();
                    one.extend(choice.iter().cloned());
                    one.extend(tail.iter().cloned());
                    all.push(one);
                }
            }
            return all;
        }
        at += 1;
    }
    vec![units.to_vec()]
}

fn is(units: &[Unit], at: usize, byte: u8) -> bool {
    matches!(units.get(at), Some(Unit::Byte(b)) if *b == byte)
}

/// The end and the choices of the group that begins at `start`, if it is one.
fn group(units: &[Unit], start: usize) -> Option<(usize, Vec<Vec<Unit>>)> {
    let mut depth = 0_usize;
    let mut parts = vec![start + 1];
    for at in start + 1..units.len() {
        if is(units, at, b'{') {
            depth += 1;
        } else if is(units, at, b'}') {
            if depth > 0 {
                depth -= 1;
                continue;
            }
            if parts.len() == 1 {
                let choices = sequence(&units[start + 1..at])?;
                return Some((at + 1, choices));
            }
            parts.push(at + 1);
            let choices = parts
                .windows(2)
                .flat_map(|pair| alternatives(&units[pair[0]..pair[1] - 1]))
                .collect();
            return Some((at + 1, choices));
        } else if depth == 0 && is(units, at, b',') {
            parts.push(at + 1);
        }
    }
    None
}

/// `1..10`, `a..z`, with a step.
fn sequence(units: &[Unit]) -> Option<Vec<Vec<Unit>>> {
    let mut text = Vec::new();
    for unit in units {
        let Unit::Byte(byte) = unit else { return None };
        text.push(*byte);
    }
    let text = String::from_utf8(text).ok()?;
    let parts: Vec<&str> = text.split("..").collect();
    let (first, last, step) = match parts.as_slice() {
        [first, last] => (*first, *last, None),
        [first, last, step] => (*first, *last, Some(step.parse::<i64>().ok()?)),
        _ => return None,
    };
    let (from, to, letters) = match (first.parse::<i64>(), last.parse::<i64>()) {
        (Ok(from), Ok(to)) => (from, to, false),
        _ => match (first.as_bytes(), last.as_bytes()) {
            ([from], [to]) if from.is_ascii_alphabetic() && to.is_ascii_alphabetic() => {
                (i64::from(*from), i64::from(*to), true)
            }
            _ => return None,
        },
    };
    let padded = |text: &str| {
        let digits = text.trim_start_matches('-');
        digits.len() > 1 && digits.starts_with('0')
    };
    let width = if padded(first) || padded(last) { first.len().max(last.len()) } else { 0 };
    let step = step.unwrap_or(1).unsigned_abs().max(1);
    let count = (from.abs_diff(to) / step).min(WORDS_MAX as u64);
    let word = |number: u64| {
        let by = i64::try_from(number * step).unwrap_or(i64::MAX);
        let value = if from <= to { from.saturating_add(by) } else { from.saturating_sub(by) };
        let text = match u8::try_from(value) {
            Ok(letter) if letters => vec![letter],
            _ => format!("{value:0width$}").into_bytes(),
        };
        text.into_iter().map(Unit::Byte).collect()
    };
    Some((0..=count).map(word).collect())
}

fn join(units: &[Unit]) -> Word {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut text: Vec<u8> = Vec::new();
    for unit in units {
        match unit {
            Unit::Byte(byte) => text.push(*byte),
            Unit::Piece(piece) => {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text).into()));
                }
                pieces.push(piece.clone());
            }
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.into()));
    }
    Word { pieces }
}
