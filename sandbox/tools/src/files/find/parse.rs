//! Reading of expressions.

use bstr::{BString, ByteSlice};

use super::{Asked, Compared, Term, Which};
use sandbox_world::call::{Call, Stop};
use sandbox_world::files::{FileKind, Metadata};
use sandbox_world::modes::parse_mode;
use sandbox_world::pattern::{Pattern, Syntax};
use sandbox_world::wildcard::Wildcard;

/// What takes a value.
const KNOWN: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-wholename",
    "-ipath",
    "-regex",
    "-type",
    "-perm",
    "-mtime",
    "-atime",
    "-ctime",
    "-mmin",
    "-amin",
    "-cmin",
    "-newer",
    "-inum",
    "-samefile",
    "-user",
    "-group",
    "-size",
    "-links",
    "-maxdepth",
    "-mindepth",
];

/// How deep brackets may be nested: the parser calls itself.
const DEPTH_MAX: usize = 100;

/// Reads the words; what acts on nothing prints.
pub(super) fn parse(call: &mut Call, words: Vec<BString>, asked: &mut Asked) -> Result<Term, Stop> {
    if words.is_empty() {
        return Ok(Term::Print(b'\n'));
    }
    let mut parser = Parser { words, at: 0, acts: false, depth: 0, asked };
    let term = parser.either(call)?;
    if parser.at < parser.words.len() {
        let word = parser.words[parser.at].clone();
        return call.fail(format!("unrecognized: {word}"));
    }
    if parser.acts {
        return Ok(term);
    }
    Ok(Term::Both(Box::new(term), Box::new(Term::Print(b'\n'))))
}

struct Parser<'a> {
    words: Vec<BString>,
    at: usize,
    acts: bool,
    depth: usize,
    asked: &'a mut Asked,
}

impl Parser<'_> {
    fn take(&mut self, words: &[&str]) -> bool {
        let is_here = self.words.get(self.at).is_some_and(|here| words.iter().any(|w| here == w));
        self.at += usize::from(is_here);
        is_here
    }

    fn either(&mut self, call: &mut Call) -> Result<Term, Stop> {
        let mut term = self.both(call)?;
        while self.take(&["-o", "-or"]) {
            term = Term::Either(Box::new(term), Box::new(self.both(call)?));
        }
        Ok(term)
    }

    fn both(&mut self, call: &mut Call) -> Result<Term, Stop> {
        self.take(&["-a", "-and"]);
        let mut term = self.one(call)?;
        loop {
            let joined = self.take(&["-a", "-and"]);
            let ends = |word: &BString| word == "-o" || word == "-or" || word == ")";
            if !joined && self.words.get(self.at).is_none_or(ends) {
                return Ok(term);
            }
            term = Term::Both(Box::new(term), Box::new(self.one(call)?));
        }
    }

    fn one(&mut self, call: &mut Call) -> Result<Term, Stop> {
        let Some(word) = self.words.get(self.at).cloned() else {
            return call.fail("missing expression");
        };
        self.at += 1;
        if word == "!" || word == "-not" {
            return Ok(Term::Not(Box::new(self.one(call)?)));
        }
        if word == "(" {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return call.fail("too deep");
            }
            let term = self.either(call)?;
            self.depth -= 1;
            return if self.take(&[")"]) { Ok(term) } else { call.fail("unpaired '('") };
        }
        if let Some(term) = self.bare(&word) {
            return Ok(term);
        }
        if word == "-exec" || word == "-ok" {
            return self.exec(call);
        }
        self.with_value(call, &word)
    }

    /// What takes no value.
    fn bare(&mut self, word: &BString) -> Option<Term> {
        let term = match word.as_slice() {
            b"-print" => self.act(Term::Print(b'\n')),
            b"-print0" => self.act(Term::Print(0)),
            b"-delete" => {
                self.asked.depth_first = true;
                self.act(Term::Delete)
            }
            b"-quit" => self.act(Term::Quit),
            b"-prune" => Term::Prune,
            b"-empty" => Term::Empty,
            b"-executable" => Term::Executable,
            b"-true" => Term::True,
            b"-false" => Term::False,
            b"-depth" | b"-d" => {
                self.asked.depth_first = true;
                Term::True
            }
            b"-xdev" | b"-mount" => {
                self.asked.one_device = true;
                Term::True
            }
            b"-follow" => {
                self.asked.follow = true;
                Term::True
            }
            b"-noleaf" => Term::True,
            _ => return None,
        };
        Some(term)
    }

    fn act(&mut self, term: Term) -> Term {
        self.acts = true;
        term
    }

    fn exec(&mut self, call: &mut Call) -> Result<Term, Stop> {
        self.acts = true;
        let start = self.at;
        while let Some(word) = self.words.get(self.at) {
            let gathers = word == "+" && self.at > start && self.words[self.at - 1] == "{}";
            if word == ";" || gathers {
                let end = if gathers { self.at - 1 } else { self.at };
                let words = self.words[start..end].to_vec();
                self.at += 1;
                if words.is_empty() {
                    break;
                }
                let place = gathers.then_some(self.asked.gathered.len());
                if gathers {
                    self.asked.gathered.push(Vec::new());
                }
                return Ok(Term::Exec(words, place));
            }
            self.at += 1;
        }
        call.fail("-exec requires an argument")
    }

    fn with_value(&mut self, call: &mut Call, word: &BString) -> Result<Term, Stop> {
        if !KNOWN.iter().any(|known| word == known) {
            call.complain(format!("unrecognized: {word}"))?;
            call.write_error(b"Usage: find [-HL] [PATH]... [OPTIONS] [ACTIONS]\n")?;
            return Err(Stop::Exit(1));
        }
        let Some(value) = self.words.get(self.at).cloned() else {
            return call.fail(format!("{word} requires an argument"));
        };
        self.at += 1;
        let plain = Wildcard::default();
        let folded = Wildcard { ignore_case: true, ..plain };
        Ok(match &word[1..] {
            b"name" => Term::Name(value, plain),
            b"iname" => Term::Name(value, folded),
            b"path" | b"wholename" => Term::Path(value, plain),
            b"ipath" => Term::Path(value, folded),
            b"regex" => match Pattern::new(&value, Syntax::BASIC) {
                Ok(pattern) => Term::Regex(Box::new(pattern)),
                Err(error) => return call.fail(format!("bad regex '{value}': {error}")),
            },
            b"type" => Term::Kind(kinds(call, &value)?),
            b"perm" => permissions(call, &value)?,
            b"mtime" => Term::Age(Which::Modified, 86400, compared(call, &value)?),
            b"atime" => Term::Age(Which::Accessed, 86400, compared(call, &value)?),
            b"ctime" => Term::Age(Which::Changed, 86400, compared(call, &value)?),
            b"mmin" => Term::Age(Which::Modified, 60, compared(call, &value)?),
            b"amin" => Term::Age(Which::Accessed, 60, compared(call, &value)?),
            b"cmin" => Term::Age(Which::Changed, 60, compared(call, &value)?),
            b"newer" => Term::Newer(stat(call, &value)?.modified),
            b"samefile" => Term::Same(Box::new(stat(call, &value)?)),
            b"inum" => Term::Inode(compared(call, &value)?),
            b"links" => Term::Links(compared(call, &value)?),
            b"user" => match call.user_id(&value) {
                Some(uid) => Term::User(uid),
                None => return call.fail(format!("unknown user {value}")),
            },
            b"group" => match call.group_id(&value) {
                Some(gid) => Term::Group(gid),
                None => return call.fail(format!("unknown group {value}")),
            },
            b"size" => size(call, &value)?,
            b"maxdepth" => {
                self.asked.depth_max = Some(call.count(value.as_ref())?);
                Term::True
            }
            _ => {
                self.asked.depth_min = call.count(value.as_ref())?;
                Term::True
            }
        })
    }
}

fn stat(call: &mut Call, name: &BString) -> Result<Metadata, Stop> {
    match call.files().metadata(&call.path(name)) {
        Ok(metadata) => Ok(metadata),
        Err(error) => call.fail_of(name, &error),
    }
}

fn compared(call: &mut Call, text: &BString) -> Result<Compared, Stop> {
    let digits = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    let number = call.number(digits.into(), &[])?.cast_signed();
    Ok(match text.first() {
        Some(b'+') => Compared::More(number),
        Some(b'-') => Compared::Less(number),
        _ => Compared::Same(number),
    })
}

fn size(call: &mut Call, text: &BString) -> Result<Term, Stop> {
    let (number, unit) = match text.split_last() {
        Some((b'c', rest)) => (rest, 1),
        Some((b'k', rest)) => (rest, 1 << 10),
        Some((b'M', rest)) => (rest, 1 << 20),
        Some((b'G', rest)) => (rest, 1 << 30),
        Some((b'w', rest)) => (rest, 2),
        Some((b'b', rest)) => (rest, 512),
        _ => (text.as_bytes(), 512),
    };
    // A file of so many bytes, not of so many blocks begun.
    Ok(Term::Size(match compared(call, &number.into())? {
        Compared::More(count) => Compared::More(count.saturating_mul(unit)),
        Compared::Less(count) => Compared::Less(count.saturating_mul(unit)),
        Compared::Same(count) => Compared::Same(count.saturating_mul(unit)),
    }))
}

fn permissions(call: &mut Call, text: &BString) -> Result<Term, Stop> {
    let kind = text.first().copied().filter(|first| b"-+/".contains(first));
    let digits = if kind.is_some() { &text[1..] } else { &text[..] };
    let kind = if kind == Some(b'+') { Some(b'/') } else { kind };
    match parse_mode(digits, 0, 0, false) {
        Some(bits) => Ok(Term::Permissions(kind.unwrap_or(b'='), bits)),
        None => call.fail(format!("invalid mode '{text}'")),
    }
}

fn kinds(call: &mut Call, text: &BString) -> Result<Vec<FileKind>, Stop> {
    let mut kinds = Vec::new();
    for letter in text.split_str(",") {
        kinds.push(match letter {
            b"f" => FileKind::File,
            b"d" => FileKind::Directory,
            b"l" => FileKind::Symlink,
            b"b" => FileKind::BlockDevice,
            b"c" => FileKind::CharDevice,
            b"s" => FileKind::Socket,
            b"p" => FileKind::Fifo,
            _ => return call.fail(format!("invalid argument '{text}' to '-type'")),
        });
    }
    Ok(kinds)
}
