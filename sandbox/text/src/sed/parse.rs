//! Reading of scripts.

use std::collections::HashMap;
use std::rc::Rc;

use bstr::{BString, ByteSlice};

use super::{Action, Address, Command, Script, line_end};
use super::{Case, Part, Substitution};
use sandbox_world::escapes::unescape;
use sandbox_world::pattern::{Pattern, Syntax};

/// Reads a script.
pub(super) fn parse(text: &[u8], extended: bool) -> Result<Script, String> {
    let mut parser = Parser {
        text,
        at: 0,
        extended,
        commands: Vec::new(),
        outputs: Vec::new(),
        labels: HashMap::new(),
        jumps: Vec::new(),
        open: Vec::new(),
    };
    let mut silent = false;
    if text.starts_with(b"#n\n") || text == b"#n" {
        silent = true;
    }
    parser.script()?;
    if !parser.open.is_empty() {
        return Err("unmatched '{'".to_owned());
    }
    for (command, label) in std::mem::take(&mut parser.jumps) {
        let Some(place) = parser.labels.get(&label).copied() else {
            return Err(format!("can't find label for jump to '{label}'"));
        };
        if let Action::Branch(to) | Action::BranchIf(to) | Action::BranchUnless(to) =
            &mut parser.commands[command].action
        {
            *to = Some(place);
        }
    }
    Ok(Script { commands: parser.commands, outputs: parser.outputs, silent })
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    extended: bool,
    commands: Vec<Command>,
    outputs: Vec<BString>,
    labels: HashMap<BString, usize>,
    jumps: Vec<(usize, BString)>,
    open: Vec<usize>,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        &self.text[self.at.min(self.text.len())..]
    }

    fn skip(&mut self, bytes: &[u8]) {
        while self.peek().is_some_and(|byte| bytes.contains(&byte)) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> u64 {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = self.rest()[..digits].to_str_lossy();
        self.at += digits;
        text.parse().unwrap_or(0)
    }

    fn script(&mut self) -> Result<(), String> {
        loop {
            self.skip(b" \t\n;");
            if self.peek().is_none() {
                return Ok(());
            }
            self.command()?;
        }
    }

    fn command(&mut self) -> Result<(), String> {
        let first = self.address()?;
        let mut second = None;
        self.skip(b" \t");
        if first.is_some() && self.peek() == Some(b',') {
            self.at += 1;
            self.skip(b" \t");
            second = self.second_address()?;
            if second.is_none() {
                return Err("no address after comma".to_owned());
            }
        }
        self.skip(b" \t");
        let mut negated = false;
        while self.peek() == Some(b'!') {
            negated = true;
            self.at += 1;
            self.skip(b" \t");
        }
        let Some(letter) = self.peek() else { return Err("missing command".to_owned()) };
        self.at += 1;
        let action = self.action(letter)?;
        self.commands.push(Command { first, second, negated, action, active: None });
        Ok(())
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        let address = match self.peek() {
            Some(b'0'..=b'9') => {
                let number = self.number();
                if self.peek() == Some(b'~') {
                    self.at += 1;
                    Address::Step(number, self.number())
                } else {
                    Address::Line(number)
                }
            }
            Some(b'$') => {
                self.at += 1;
                Address::Last
            }
            Some(mark @ (b'/' | b'\\')) => {
                self.at += 1;
                let delimiter = if mark == b'/' {
                    mark
                } else {
                    let delimiter = self.peek().unwrap_or(b'/');
                    self.at += 1;
                    delimiter
                };
                let text = self.delimited(delimiter, true)?;
                let ignore_case = matches!(self.peek(), Some(b'I'));
                self.at += usize::from(ignore_case);
                Address::Regex(self.regex(&text, ignore_case)?)
            }
            _ => return Ok(None),
        };
        Ok(Some(address))
    }

    fn second_address(&mut self) -> Result<Option<Address>, String> {
        let relative = self.peek();
        if let Some(b'+' | b'~') = relative {
            self.at += 1;
            let number = self.number();
            return Ok(Some(match relative {
                Some(b'+') => Address::Plus(number),
                _ => Address::Multiple(number),
            }));
        }
        self.address()
    }

    fn regex(&self, text: &[u8], ignore_case: bool) -> Result<Option<Rc<Pattern>>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let syntax = Syntax { extended: self.extended, ignore_case };
        match Pattern::new(text, syntax) {
            Ok(pattern) => Ok(Some(Rc::new(pattern))),
            Err(error) => Err(format!("bad regex '{}': {error}", text.as_bstr())),
        }
    }

    /// The text up to the delimiter, which is taken too. In an expression, sets may hold the delimiter.
    fn delimited(&mut self, delimiter: u8, is_regex: bool) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        let mut set_start = None;
        loop {
            let Some(byte) = self.peek() else {
                return Err(format!("unmatched '{}'", char::from(delimiter)));
            };
            self.at += 1;
            if let Some(start) = set_start {
                if byte == b']' && text.len() > start {
                    set_start = None;
                } else if byte == b'[' && self.peek() == Some(b':') {
                    let length = self.rest().find(":]").map_or(0, |at| at + 2);
                    text.push(byte);
                    text.extend_from_slice(&self.rest()[..length]);
                    self.at += length;
                    continue;
                } else if byte == b'\\' && self.peek() == Some(b'n') {
                    self.at += 1;
                    text.push(b'\n');
                    continue;
                }
                text.push(byte);
                continue;
            }
            if byte == delimiter {
                return Ok(text);
            }
            if byte == b'\\' {
                self.escaped(delimiter, is_regex, &mut text);
                continue;
            }
            text.push(byte);
            if byte == b'[' && is_regex {
                let negated = self.peek() == Some(b'^');
                if negated {
                    text.push(b'^');
                    self.at += 1;
                }
                set_start = Some(text.len());
            }
        }
    }

    fn escaped(&mut self, delimiter: u8, is_regex: bool, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else {
            text.push(b'\\');
            return;
        };
        self.at += 1;
        match byte {
            _ if byte == delimiter && !(is_regex && b"|+?(){}".contains(&byte)) => {
                // A delimiter that means something in an expression keeps its backslash there.
                if is_regex && b".*[]^$".contains(&byte) || byte == b'&' && !is_regex {
                    text.push(b'\\');
                }
                text.push(byte);
            }
            b'n' => text.push(b'\n'),
            b't' => text.push(b'\t'),
            b'r' => text.push(b'\r'),
            b'f' => text.push(12),
            b'v' => text.push(11),
            b'a' => text.push(7),
            b'x' | b'o' | b'd' if is_regex || byte == b'x' => {
                match unescape(&[b"x", self.rest()].concat()) {
                    (value, count) if count > 1 && byte == b'x' => {
                        self.at += count - 1;
                        text.push(value);
                    }
                    _ => text.extend_from_slice(&[b'\\', byte]),
                }
            }
            _ => text.extend_from_slice(&[b'\\', byte]),
        }
    }

    fn action(&mut self, letter: u8) -> Result<Action, String> {
        let action = match letter {
            b'{' => {
                self.open.push(self.commands.len());
                return Ok(Action::Open(0));
            }
            b'}' => return self.close(),
            b'#' => {
                self.at += line_end(self.rest());
                return Ok(Action::Nothing);
            }
            b':' => {
                let label = self.word();
                self.labels.insert(label, self.commands.len());
                Action::Nothing
            }
            b'a' => return self.text_argument().map(Action::Append),
            b'i' => return self.text_argument().map(Action::Insert),
            b'c' => return self.text_argument().map(Action::Change),
            b'b' => self.branch(Action::Branch(None)),
            b't' => self.branch(Action::BranchIf(None)),
            b'T' => self.branch(Action::BranchUnless(None)),
            b'd' => Action::Delete,
            b'D' => Action::DeleteFirst,
            b'g' => Action::CopyHold,
            b'G' => Action::AppendHold,
            b'h' => Action::ToHold,
            b'H' => Action::AppendToHold,
            b'x' => Action::Exchange,
            b'l' => Action::List,
            b'n' => Action::Next,
            b'N' => Action::AppendNext,
            b'p' => Action::Print,
            b'P' => Action::PrintFirst,
            b'=' => Action::Number,
            b'q' | b'Q' => {
                self.skip(b" \t");
                let code = u8::try_from(self.number() & 255).unwrap_or(0);
                if letter == b'q' { Action::Quit(code) } else { Action::QuitSilently(code) }
            }
            b'r' => Action::Read(self.file_name()?),
            b'w' => {
                let name = self.file_name()?;
                Action::Write(self.output(name))
            }
            b's' => Action::Substitute(Box::new(self.substitution()?)),
            b'y' => self.translation()?,
            other => return Err(format!("unsupported command {}", char::from(other))),
        };
        self.end_of_command()?;
        Ok(action)
    }

    fn close(&mut self) -> Result<Action, String> {
        let Some(open) = self.open.pop() else { return Err("unexpected '}'".to_owned()) };
        let here = self.commands.len();
        self.commands[open].action = Action::Open(here);
        self.end_of_command()?;
        Ok(Action::Nothing)
    }

    fn end_of_command(&mut self) -> Result<(), String> {
        self.skip(b" \t\r");
        match self.peek() {
            None | Some(b'\n' | b';' | b'#' | b'}') => Ok(()),
            Some(_) => {
                let rest = &self.rest()[..line_end(self.rest())];
                Err(format!("unsupported command {}", rest.as_bstr()))
            }
        }
    }

    fn branch(&mut self, action: Action) -> Action {
        let label = self.word();
        if !label.is_empty() {
            self.jumps.push((self.commands.len(), label));
        }
        action
    }

    fn word(&mut self) -> BString {
        self.skip(b" \t");
        let length = self.rest().iter().take_while(|byte| !b" \t\n;}".contains(byte)).count();
        let word = &self.rest()[..length];
        self.at += length;
        word.into()
    }

    fn file_name(&mut self) -> Result<BString, String> {
        self.skip(b" \t");
        let length = line_end(self.rest());
        let name = &self.rest()[..length];
        self.at += length;
        if name.is_empty() { Err("empty filename".to_owned()) } else { Ok(name.into()) }
    }

    fn output(&mut self, name: BString) -> usize {
        if let Some(known) = self.outputs.iter().position(|output| *output == name) {
            return known;
        }
        self.outputs.push(name);
        self.outputs.len() - 1
    }

    /// What `a`, `i` and `c` write: up to the end of a line that no backslash carries on.
    fn text_argument(&mut self) -> Result<BString, String> {
        self.skip(b" \t");
        if self.rest().starts_with(b"\\") {
            let gap = self.rest()[1..].iter().take_while(|byte| b" \t".contains(byte)).count();
            if self.rest().get(1 + gap) == Some(&b'\n') {
                self.at += 2 + gap;
            } else {
                self.at += 1;
            }
        }
        if self.peek().is_none() && self.text.last() != Some(&b'\\') {
            return Err("expected \\ after 'a', 'c' or 'i'".to_owned());
        }
        let mut text = BString::default();
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\n' => break,
                b'\\' => {
                    if let Some(next) = self.peek() {
                        self.at += 1;
                        text.push(if next == b't' { b'\t' } else { next });
                    }
                }
                other => text.push(other),
            }
        }
        text.push(b'\n');
        Ok(text)
    }

    fn substitution(&mut self) -> Result<Substitution, String> {
        let Some(delimiter) = self.peek().filter(|byte| *byte != b'\n' && *byte != b'\\') else {
            return Err("bad format in substitution expression".to_owned());
        };
        self.at += 1;
        let regex = self.delimited(delimiter, true)?;
        let replacement = self.delimited(delimiter, false)?;
        let mut found = Substitution {
            regex: None,
            parts: parts(&replacement),
            nth: 1,
            all: false,
            prints: false,
            output: None,
        };
        let mut ignore_case = false;
        while let Some(flag) = self.peek() {
            match flag {
                b'g' => found.all = true,
                b'p' => found.prints = true,
                b'i' | b'I' => ignore_case = true,
                b'0'..=b'9' => {
                    found.nth = usize::try_from(self.number()).unwrap_or(usize::MAX).max(1);
                    continue;
                }
                b'w' => {
                    self.at += 1;
                    let name = self.file_name()?;
                    found.output = Some(self.output(name));
                    break;
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'}' | b'#' => break,
                _ => return Err("unknown option to 's' command".to_owned()),
            }
            self.at += 1;
        }
        found.regex = self.regex(&regex, ignore_case)?;
        let highest = found.parts.iter().map(|part| if let Part::Group(n) = part { *n } else { 0 });
        let groups = found.regex.as_ref().map_or(9, |regex| regex.group_count());
        match highest.max() {
            Some(highest) if highest > groups => {
                Err(format!("invalid reference \\{highest} on s command's RHS"))
            }
            _ => Ok(found),
        }
    }

    fn translation(&mut self) -> Result<Action, String> {
        let Some(delimiter) = self.peek() else { return Err("missing command".to_owned()) };
        self.at += 1;
        let plain = |text: Vec<u8>| {
            let mut bytes = Vec::new();
            let mut rest = text.iter();
            while let Some(byte) = rest.next() {
                bytes.push(if *byte == b'\\' { *rest.next().unwrap_or(byte) } else { *byte });
            }
            bytes
        };
        let from = plain(self.delimited(delimiter, false)?);
        let to = plain(self.delimited(delimiter, false)?);
        if from.len() != to.len() {
            return Err("strings for 'y' command are different lengths".to_owned());
        }
        let mut table = Box::new(std::array::from_fn(|byte| u8::try_from(byte).unwrap_or(0)));
        for (from, to) in from.iter().zip(to) {
            table[usize::from(*from)] = to;
        }
        Ok(Action::Translate(table))
    }
}

/// The parts of a replacement.
fn parts(text: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = Vec::new();
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        let part = match byte {
            b'&' => Part::Group(0),
            b'\\' => match bytes.next() {
                Some(digit @ b'0'..=b'9') => Part::Group(usize::from(digit - b'0')),
                Some(b'U') => Part::Case(Case::Upper),
                Some(b'L') => Part::Case(Case::Lower),
                Some(b'u') => Part::Case(Case::FirstUpper),
                Some(b'l') => Part::Case(Case::FirstLower),
                Some(b'E') => Part::Case(Case::AsIs),
                Some(other) => {
                    plain.push(other);
                    continue;
                }
                None => continue,
            },
            other => {
                plain.push(other);
                continue;
            }
        };
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(part);
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    parts
}
