//! Reading of expressions, with the extensions of GNU.

use super::syntax_tree::{ByteSet, Node, Place, is_word};
use crate::wildcard::class_has;

/// The most a count in braces may say, as `RE_DUP_MAX` has it.
const COUNT_MAX: u32 = 32767;

/// How deep groups may be nested: the parser, and what follows it, call themselves.
const DEPTH_MAX: usize = 200;

/// The tree of an expression and how many groups it has, or what `regerror` says.
pub(super) fn parse(text: &[u8], extended: bool) -> Result<(Node, usize), String> {
    let mut parser = Parser { text, at: 0, extended, groups: 0, open: Vec::new() };
    let node = parser.alternatives()?;
    if parser.at < text.len() {
        // Only a closing mark that opens nowhere ends the alternatives early.
        return Err("Unmatched ) or \\)".to_owned());
    }
    Ok((node, parser.groups))
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    extended: bool,
    groups: usize,
    /// The groups that are open.
    open: Vec<usize>,
}

impl Parser<'_> {
    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    /// True where an operator stands here: bare in one syntax, behind a backslash in the other.
    fn is_operator(&self, operator: u8) -> bool {
        match (self.extended, self.rest()) {
            (true, [first, ..]) => *first == operator,
            (false, [b'\\', second, ..]) => *second == operator,
            _ => false,
        }
    }

    fn operator_length(&self) -> usize {
        if self.extended { 1 } else { 2 }
    }

    fn take_operator(&mut self, operator: u8) -> bool {
        let is_here = self.is_operator(operator);
        if is_here {
            self.at += self.operator_length();
        }
        is_here
    }

    fn is_end(&self) -> bool {
        self.at >= self.text.len()
            || self.is_operator(b'|')
            || self.is_operator(b')') && (!self.extended || !self.open.is_empty())
    }

    fn alternatives(&mut self) -> Result<Node, String> {
        let mut parts = vec![self.sequence()?];
        while self.take_operator(b'|') {
            parts.push(self.sequence()?);
        }
        Ok(match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Node::Alternate(parts)
            }
            None => Node::Concat(Vec::new()),
        })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut parts = Vec::new();
        let start = self.at;
        while !self.is_end() {
            let is_first = self.at == start
                || !self.extended && parts.iter().all(|part| *part == Node::At(Place::Start));
            let Some(mut node) = self.one(is_first, self.at == start)? else { continue };
            while let Some((least, most)) = self.counts(&node)? {
                node = Node::Repeat { of: Box::new(node), least, most };
            }
            parts.push(node);
        }
        Ok(match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Node::Concat(parts)
            }
            None => Node::Concat(Vec::new()),
        })
    }

    /// One part without its counts; none for an operator that stands where it means nothing.
    fn one(&mut self, is_first: bool, at_start: bool) -> Result<Option<Node>, String> {
        if self.take_operator(b'(') {
            return self.group().map(Some);
        }
        let first = self.text[self.at];
        self.at += 1;
        let node = match first {
            b'\\' => return self.escape().map(Some),
            b'[' => Node::Set(Box::new(self.set()?)),
            b'.' => Node::Any,
            b'^' if self.extended || at_start => Node::At(Place::Start),
            b'$' if self.extended || self.is_end() => Node::At(Place::End),
            b'*' | b'+' | b'?' if self.extended && is_first => return Ok(None),
            other => Node::Byte(other),
        };
        Ok(Some(node))
    }

    fn group(&mut self) -> Result<Node, String> {
        if self.open.len() >= DEPTH_MAX {
            return Err("Memory exhausted".to_owned());
        }
        self.groups += 1;
        let index = self.groups;
        self.open.push(index);
        let inner = self.alternatives()?;
        if !self.take_operator(b')') {
            return Err("Unmatched ( or \\(".to_owned());
        }
        self.open.pop();
        Ok(Node::Group(Box::new(inner), index))
    }

    fn escape(&mut self) -> Result<Node, String> {
        let Some(byte) = self.text.get(self.at).copied() else {
            return Err("Trailing backslash".to_owned());
        };
        self.at += 1;
        let is_space = |byte| class_has(b"space", byte);
        Ok(match byte {
            b'w' => Node::Set(Box::new(ByteSet::of(is_word))),
            b'W' => Node::Set(Box::new(ByteSet::of(|byte| !is_word(byte)))),
            b's' => Node::Set(Box::new(ByteSet::of(is_space))),
            b'S' => Node::Set(Box::new(ByteSet::of(|byte| !is_space(byte)))),
            b'b' => Node::At(Place::WordBound),
            b'B' => Node::At(Place::NotWordBound),
            b'<' => Node::At(Place::WordStart),
            b'>' => Node::At(Place::WordEnd),
            b'`' => Node::At(Place::Start),
            b'\'' => Node::At(Place::End),
            b'1'..=b'9' => {
                let index = usize::from(byte - b'0');
                if index > self.groups || self.open.contains(&index) {
                    return Err("Invalid back reference".to_owned());
                }
                Node::BackReference(index)
            }
            other => Node::Byte(other),
        })
    }

    /// How often the part before is repeated, where something says so here.
    fn counts(&mut self, node: &Node) -> Result<Option<(u32, Option<u32>)>, String> {
        let is_anchor = !self.extended && *node == Node::At(Place::Start);
        if self.rest().first() == Some(&b'*') && !is_anchor {
            self.at += 1;
            return Ok(Some((0, None)));
        }
        if self.take_operator(b'+') {
            return Ok(Some((1, None)));
        }
        if self.take_operator(b'?') {
            return Ok(Some((0, Some(1))));
        }
        if !self.is_operator(b'{') {
            return Ok(None);
        }
        let before = self.at;
        self.at += self.operator_length();
        if let Some(counts) = self.interval()? {
            return Ok(Some(counts));
        }
        if !self.extended {
            return Err("Invalid content of \\{\\}".to_owned());
        }
        // A brace that opens no counts is itself: it is read again as a byte.
        self.at = before;
        Ok(None)
    }

    fn interval(&mut self) -> Result<Option<(u32, Option<u32>)>, String> {
        let least = self.decimal();
        let most = if self.rest().first() == Some(&b',') {
            self.at += 1;
            self.decimal()
        } else {
            least
        };
        let is_open = self.at > 0 && self.text[self.at - 1] == b',';
        if !self.take_operator(b'}') || least.is_none() && most.is_none() {
            return Ok(None);
        }
        let least = least.unwrap_or(0);
        let most = if is_open { None } else { most };
        if most.is_some_and(|most| most < least) {
            return Err("Invalid content of \\{\\}".to_owned());
        }
        if least > COUNT_MAX || most.is_some_and(|most| most > COUNT_MAX) {
            return Err("Regular expression too big".to_owned());
        }
        Ok(Some((least, most)))
    }

    fn decimal(&mut self) -> Option<u32> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = std::str::from_utf8(&self.rest()[..digits]).ok()?;
        let number = if digits > 9 { Some(u32::MAX) } else { text.parse().ok() };
        self.at += digits;
        number
    }

    fn set(&mut self) -> Result<ByteSet, String> {
        let unmatched = || "Unmatched [, [^, [:, [., or [=".to_owned();
        let negated = self.rest().first() == Some(&b'^');
        self.at += usize::from(negated);
        let mut set = ByteSet::of(|_| false);
        let start = self.at;
        loop {
            let first = *self.rest().first().ok_or_else(unmatched)?;
            if first == b']' && self.at > start {
                self.at += 1;
                return Ok(if negated { set.negated() } else { set });
            }
            if self.rest().starts_with(b"[:") {
                let name = self.until(b":]").ok_or_else(unmatched)?;
                let class = ByteSet::of(|byte| class_has(name, byte));
                if class.0.iter().all(|has| !has) {
                    return Err("Invalid character class name".to_owned());
                }
                (0..=255).filter(|byte| class.has(*byte)).for_each(|byte| set.add(byte));
                continue;
            }
            let low = self.set_member()?.ok_or_else(unmatched)?;
            let is_range = self.rest().first() == Some(&b'-')
                && self.rest().get(1).is_some_and(|next| *next != b']');
            if is_range {
                self.at += 1;
                let high = self.set_member()?.ok_or_else(unmatched)?;
                if high < low {
                    return Err("Invalid range end".to_owned());
                }
                (low..=high).for_each(|byte| set.add(byte));
            } else {
                set.add(low);
            }
        }
    }

    fn set_member(&mut self) -> Result<Option<u8>, String> {
        for (open, close) in [(b"[.", b".]"), (b"[=", b"=]")] {
            if self.rest().starts_with(open) {
                return match self.until(close) {
                    Some([byte]) => Ok(Some(*byte)),
                    Some(_) => Err("Invalid collation character".to_owned()),
                    None => Ok(None),
                };
            }
        }
        let byte = self.rest().first().copied();
        self.at += 1;
        Ok(byte)
    }

    /// What stands between the two bytes here and `close`.
    fn until(&mut self, close: &[u8]) -> Option<&[u8]> {
        let start = self.at + 2;
        let length = self.text.get(start..)?.windows(2).position(|pair| pair == close)?;
        self.at = start + length + 2;
        Some(&self.text[start..start + length])
    }
}
