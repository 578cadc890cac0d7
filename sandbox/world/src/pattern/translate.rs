//! An expression in the syntax of `regex-automata`.

use std::fmt::Write as _;

use super::syntax_tree::{ByteSet, Node, Place};

/// The text that means the same there.
pub(super) fn translate(node: &Node) -> String {
    let mut text = String::from("(?s-u)");
    add(node, &mut text);
    text
}

fn add(node: &Node, text: &mut String) {
    match node {
        Node::Byte(byte) => add_byte(*byte, text),
        Node::Any => text.push('.'),
        Node::Set(set) => add_set(set, text),
        Node::At(place) => text.push_str(match place {
            Place::Start => r"\A",
            Place::End => r"\z",
            Place::WordStart => r"\b{start}",
            Place::WordEnd => r"\b{end}",
            Place::WordBound => r"\b",
            Place::NotWordBound => r"\B",
        }),
        Node::Group(inner, _) => {
            text.push('(');
            add(inner, text);
            text.push(')');
        }
        Node::Concat(parts) => parts.iter().for_each(|part| add(part, text)),
        Node::Alternate(parts) => {
            text.push_str("(?:");
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    text.push('|');
                }
                add(part, text);
            }
            text.push(')');
        }
        Node::Repeat { of, least, most } => {
            text.push_str("(?:");
            add(of, text);
            text.push(')');
            add_counts(*least, *most, text);
        }
        // Such an expression goes to the machine that goes back.
        Node::BackReference(_) => text.push_str("[^\\x00-\\xff]"),
    }
}

fn add_counts(least: u32, most: Option<u32>, text: &mut String) {
    match (least, most) {
        (0, None) => text.push('*'),
        (1, None) => text.push('+'),
        (0, Some(1)) => text.push('?'),
        (least, None) => {
            let _ = write!(text, "{{{least},}}");
        }
        (least, Some(most)) => {
            let _ = write!(text, "{{{least},{most}}}");
        }
    }
}

fn add_byte(byte: u8, text: &mut String) {
    if byte.is_ascii_alphanumeric() {
        text.push(char::from(byte));
    } else {
        let _ = write!(text, "\\x{byte:02x}");
    }
}

fn add_set(set: &ByteSet, text: &mut String) {
    text.push('[');
    let mut byte = 0_usize;
    let mut is_empty = true;
    while byte < 256 {
        if !set.0[byte] {
            byte += 1;
            continue;
        }
        let first = byte;
        while byte < 256 && set.0[byte] {
            byte += 1;
        }
        is_empty = false;
        let _ = write!(text, "\\x{first:02x}-\\x{:02x}", byte - 1);
    }
    if is_empty {
        text.push_str("^\\x00-\\xff");
    }
    text.push(']');
}
