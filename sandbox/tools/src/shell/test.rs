//! `test` and `[`: conditions.

use bstr::{BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::{FileKind, Metadata};

/// Operators between two words.
const BINARY: &[&str] = &[
    "=", "==", "!=", "<", ">", "-eq", "-ne", "-ge", "-gt", "-le", "-lt", "-nt", "-ot", "-ef", "-a",
    "-o",
];

/// Operators before a word.
const UNARY: &[u8] = b"refdsSLhpcbugkwxOGnztN";

/// How deep brackets may be nested: the parser calls itself.
const DEPTH_MAX: usize = 100;

/// Runs it.
pub(crate) fn test(call: &mut Call) -> Outcome {
    let mut words = call.operands();
    if call.name() == "[" && words.pop().is_none_or(|last| last != "]") {
        call.complain("missing ]")?;
        return Ok(2);
    }
    if words.is_empty() {
        return Ok(1);
    }
    let mut parser = Parser { words, at: 0, depth: 0 };
    let value = match parser.either(call) {
        Ok(value) if parser.at == parser.words.len() => value,
        Ok(_) => {
            let word = parser.words[parser.at].clone();
            call.complain(format!("{word}: unknown operand"))?;
            return Ok(2);
        }
        Err(Failed::Message(message)) => {
            call.complain(message)?;
            return Ok(2);
        }
        Err(Failed::Stop(stop)) => return Err(stop),
    };
    Ok(u8::from(!value))
}

enum Failed {
    Message(String),
    Stop(Stop),
}

struct Parser {
    words: Vec<BString>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn word(&self, ahead: usize) -> Option<&BString> {
        self.words.get(self.at + ahead)
    }

    fn is(&self, word: &str) -> bool {
        self.word(0).is_some_and(|here| here == word)
    }

    fn take(&mut self, word: &str) -> bool {
        let is_here = self.is(word);
        self.at += usize::from(is_here);
        is_here
    }

    fn either(&mut self, call: &Call) -> Result<bool, Failed> {
        let mut value = self.both(call)?;
        while self.take("-o") {
            value |= self.both(call)?;
        }
        Ok(value)
    }

    fn both(&mut self, call: &Call) -> Result<bool, Failed> {
        let mut value = self.negated(call)?;
        while self.take("-a") {
            value &= self.negated(call)?;
        }
        Ok(value)
    }

    fn negated(&mut self, call: &Call) -> Result<bool, Failed> {
        let mut odd = false;
        while self.is("!") && self.word(1).is_some() && !self.is_binary(1) {
            odd = !odd;
            self.at += 1;
        }
        Ok(self.primary(call)? != odd)
    }

    /// True where the word `ahead` stands between two others and compares them.
    fn is_binary(&self, ahead: usize) -> bool {
        self.word(ahead + 1).is_some()
            && self.word(ahead).is_some_and(|word| BINARY.iter().any(|known| word == known))
    }

    fn primary(&mut self, call: &Call) -> Result<bool, Failed> {
        let Some(first) = self.word(0).cloned() else {
            return Err(Failed::Message("argument expected".to_owned()));
        };
        if self.is_binary(1) && !(self.joins(1) && self.is_unary(&first)) {
            let operator = self.words[self.at + 1].clone();
            if operator != "-a" && operator != "-o" {
                let second = self.words[self.at + 2].clone();
                self.at += 3;
                return compare(call, &first, &operator, &second);
            }
        }
        self.at += 1;
        if first == "(" && self.word(0).is_some() {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(Failed::Message("too deep".to_owned()));
            }
            let value = self.either(call)?;
            self.depth -= 1;
            if !self.take(")") {
                return Err(Failed::Message("closing paren expected".to_owned()));
            }
            return Ok(value);
        }
        if self.is_unary(&first)
            && let Some(second) = self.word(0).cloned()
        {
            self.at += 1;
            return unary(call, first[1], &second);
        }
        Ok(!first.is_empty())
    }

    fn joins(&self, ahead: usize) -> bool {
        self.word(ahead).is_some_and(|word| word == "-a" || word == "-o")
    }

    fn is_unary(&self, word: &BString) -> bool {
        word.len() == 2 && word[0] == b'-' && UNARY.contains(&word[1])
    }
}

fn number(text: &BString) -> Result<i64, Failed> {
    let parsed = text.trim().to_str().ok().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| Failed::Message(format!("{text}: bad number")))
}

fn compare(call: &Call, a: &BString, operator: &BString, b: &BString) -> Result<bool, Failed> {
    let modified = |name: &BString| {
        call.files().metadata(&call.path(name)).ok().map(|metadata| metadata.modified)
    };
    Ok(match operator.as_slice() {
        b"=" | b"==" => a == b,
        b"!=" => a != b,
        b"<" => a < b,
        b">" => a > b,
        b"-eq" => number(a)? == number(b)?,
        b"-ne" => number(a)? != number(b)?,
        b"-ge" => number(a)? >= number(b)?,
        b"-gt" => number(a)? > number(b)?,
        b"-le" => number(a)? <= number(b)?,
        b"-lt" => number(a)? < number(b)?,
        b"-nt" => modified(a) > modified(b) && modified(a).is_some() && modified(b).is_some(),
        b"-ot" => modified(a) < modified(b) && modified(a).is_some() && modified(b).is_some(),
        _ => {
            let of = |name: &BString| call.files().metadata(&call.path(name)).ok();
            of(a).zip(of(b)).is_some_and(|(a, b)| a.is_same_file(&b))
        }
    })
}

fn unary(call: &Call, letter: u8, word: &BString) -> Result<bool, Failed> {
    let path = call.path(word);
    let files = call.files();
    let is = |check: fn(&Metadata) -> bool| files.metadata(&path).is_ok_and(|m| check(&m));
    let may = |mode| !word.is_empty() && files.access(&path, mode).is_ok();
    let identity = call.world.identity();
    if !matches!(letter, b'n' | b'z' | b't') && word.is_empty() {
        return Ok(false);
    }
    Ok(match letter {
        b'n' => !word.is_empty(),
        b'z' => word.is_empty(),
        b't' => {
            let stream = match number(word)? {
                0 => &call.process.stdin,
                1 => &call.process.stdout,
                2 => &call.process.stderr,
                _ => return Ok(false),
            };
            stream.is_terminal()
        }
        b'r' => may(4),
        b'w' => may(2),
        b'x' => may(1),
        b'e' => files.metadata(&path).is_ok(),
        b'f' => is(Metadata::is_file),
        b'd' => is(Metadata::is_dir),
        b's' => is(|metadata| metadata.size_bytes > 0),
        b'p' => is(|metadata| metadata.kind == FileKind::Fifo),
        b'S' => is(|metadata| metadata.kind == FileKind::Socket),
        b'c' => is(|metadata| metadata.kind == FileKind::CharDevice),
        b'b' => is(|metadata| metadata.kind == FileKind::BlockDevice),
        b'u' => is(|metadata| metadata.mode & 0o4000 != 0),
        b'g' => is(|metadata| metadata.mode & 0o2000 != 0),
        b'k' => is(|metadata| metadata.mode & 0o1000 != 0),
        b'N' => is(|metadata| metadata.modified > metadata.accessed),
        b'O' => files.metadata(&path).is_ok_and(|metadata| metadata.uid == identity.uid),
        b'G' => files.metadata(&path).is_ok_and(|metadata| metadata.gid == identity.gid),
        _ => files.symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()),
    })
}

impl From<Stop> for Failed {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}
