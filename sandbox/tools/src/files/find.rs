//! `find`: files that fit, and what is done with them.

mod parse;

use std::path::PathBuf;

use bstr::{BString, ByteSlice};

use crate::shell::run::{start, wait};
use sandbox_world::call::{Call, Outcome, Stop, error_text};
use sandbox_world::files::{FileKind, Metadata, Time};
use sandbox_world::paths::base_name;
use sandbox_world::paths::inside;
use sandbox_world::pattern::Pattern;
use sandbox_world::wildcard::Wildcard;

/// A number that is compared: `+N`, `-N` or `N`.
#[derive(Clone, Copy)]
enum Compared {
    More(i64),
    Less(i64),
    Same(i64),
}

impl Compared {
    fn holds(self, value: i64) -> bool {
        match self {
            Self::More(than) => value > than,
            Self::Less(than) => value < than,
            Self::Same(as_this) => value == as_this,
        }
    }
}

/// Which of a file's times.
#[derive(Clone, Copy)]
enum Which {
    Accessed,
    Modified,
    Changed,
}

/// A part of the expression.
enum Term {
    Either(Box<Self>, Box<Self>),
    Both(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Name(BString, Wildcard),
    Path(BString, Wildcard),
    Regex(Box<Pattern>),
    Kind(Vec<FileKind>),
    Executable,
    Permissions(u8, u32),
    Age(Which, i64, Compared),
    Newer(Time),
    Inode(Compared),
    Same(Box<Metadata>),
    User(u32),
    Group(u32),
    Size(Compared),
    Links(Compared),
    Empty,
    Prune,
    Print(u8),
    Delete,
    Quit,
    /// The words, and the place of the names that are gathered where one run takes many.
    Exec(Vec<BString>, Option<usize>),
    True,
    False,
}

/// All that is asked.
#[derive(Default)]
struct Asked {
    follow: bool,
    follow_named: bool,
    one_device: bool,
    depth_first: bool,
    depth_min: usize,
    depth_max: Option<usize>,
    /// Names that wait for a run that takes many.
    gathered: Vec<Vec<BString>>,
}

/// A file that is looked at.
struct Visit<'v> {
    name: &'v BString,
    path: PathBuf,
    metadata: &'v Metadata,
    depth: usize,
}

struct Search {
    asked: Asked,
    code: u8,
    pruned: bool,
}

/// Names that one run is given at most.
const GATHERED_MAX: usize = 1000;

/// Runs it.
pub(crate) fn find(call: &mut Call) -> Outcome {
    let mut words = call.operands();
    let mut asked = Asked::default();
    while let Some(first) = words.first() {
        match first.as_slice() {
            b"-L" => asked.follow = true,
            b"-H" => asked.follow_named = true,
            b"-P" => {}
            _ => break,
        }
        words.remove(0);
    }
    let is_expression = |word: &BString| {
        word.len() > 1 && word.starts_with(b"-") || word == "(" || word == "!" || word == ")"
    };
    let count = words.iter().take_while(|word| !is_expression(word)).count();
    let mut names: Vec<BString> = words.drain(..count).collect();
    if names.is_empty() {
        names.push(".".into());
    }
    let term = parse::parse(call, words, &mut asked)?;
    let mut search = Search { asked, code: 0, pruned: false };
    for name in &names {
        search.walk(call, &term, name, 0, None)?;
    }
    search.flush(call, &term)?;
    Ok(search.code)
}

impl Search {
    fn walk(
        &mut self,
        call: &mut Call,
        term: &Term,
        name: &BString,
        depth: usize,
        device: Option<u64>,
    ) -> Result<(), Stop> {
        call.interrupt.check()?;
        let path = call.path(name);
        let files = call.files();
        let follow = self.asked.follow || self.asked.follow_named && depth == 0;
        let reached = if follow { files.metadata(&path).ok() } else { None };
        let found = reached.map_or_else(|| files.symlink_metadata(&path), Ok);
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => {
                self.code = 1;
                return call.complain_of(name, &error);
            }
        };
        let visit = Visit { name, path, metadata: &metadata, depth };
        self.pruned = false;
        if !self.asked.depth_first {
            self.look(call, term, &visit)?;
        }
        let pruned = std::mem::take(&mut self.pruned);
        let stays = !self.asked.one_device || device.is_none_or(|device| device == metadata.device);
        let goes_on = metadata.is_dir()
            && !pruned
            && stays
            && self.asked.depth_max.is_none_or(|most| depth < most);
        if goes_on {
            match call.files().read_dir(&visit.path) {
                Ok(entries) => {
                    for entry in entries {
                        let inner = inside(name, &entry.name);
                        self.walk(call, term, &inner, depth + 1, Some(metadata.device))?;
                    }
                }
                Err(error) => {
                    self.code = 1;
                    call.complain_of(name, &error)?;
                }
            }
        }
        if self.asked.depth_first {
            self.look(call, term, &visit)?;
        }
        Ok(())
    }

    fn look(&mut self, call: &mut Call, term: &Term, visit: &Visit<'_>) -> Result<(), Stop> {
        if visit.depth >= self.asked.depth_min {
            self.holds(call, term, visit)?;
        }
        Ok(())
    }

    fn holds(&mut self, call: &mut Call, term: &Term, visit: &Visit<'_>) -> Result<bool, Stop> {
        let metadata = visit.metadata;
        Ok(match term {
            Term::Either(a, b) => self.holds(call, a, visit)? || self.holds(call, b, visit)?,
            Term::Both(a, b) => self.holds(call, a, visit)? && self.holds(call, b, visit)?,
            Term::Not(inner) => !self.holds(call, inner, visit)?,
            Term::Name(pattern, wildcard) => wildcard.matches(pattern, base_name(visit.name)),
            Term::Path(pattern, wildcard) => wildcard.matches(pattern, visit.name),
            Term::Regex(pattern) => {
                let found = pattern.find_at(visit.name, 0);
                found.is_some_and(|found| found.start == 0 && found.end == visit.name.len())
            }
            Term::Kind(kinds) => kinds.contains(&metadata.kind),
            Term::Executable => call.files().access(&visit.path, 1).is_ok(),
            Term::Permissions(b'-', bits) => metadata.mode & bits == *bits,
            Term::Permissions(b'/', bits) => *bits == 0 || metadata.mode & bits != 0,
            Term::Permissions(_, bits) => metadata.mode == *bits,
            Term::Age(which, unit, compared) => {
                let time = match which {
                    Which::Accessed => metadata.accessed,
                    Which::Modified => metadata.modified,
                    Which::Changed => metadata.changed,
                };
                compared.holds((call.world.now().seconds - time.seconds) / unit)
            }
            Term::Newer(time) => metadata.modified > *time,
            Term::Inode(compared) => compared.holds(metadata.inode.cast_signed()),
            Term::Same(other) => metadata.is_same_file(other),
            Term::User(uid) => metadata.uid == *uid,
            Term::Group(gid) => metadata.gid == *gid,
            Term::Size(compared) => compared.holds(metadata.size_bytes.cast_signed()),
            Term::Links(compared) => compared.holds(metadata.links.cast_signed()),
            Term::Empty if metadata.is_dir() => {
                call.files().read_dir(&visit.path).is_ok_and(|entries| entries.is_empty())
            }
            Term::Empty => metadata.is_file() && metadata.size_bytes == 0,
            Term::Prune => {
                self.pruned = true;
                true
            }
            Term::Print(end) => {
                call.write(visit.name)?;
                call.write(&[*end])?;
                true
            }
            Term::Delete => self.delete(call, visit)?,
            Term::Quit => {
                call.flush()?;
                return Err(Stop::Exit(self.code));
            }
            Term::Exec(words, place) => self.exec(call, words, *place, visit.name)?,
            Term::True => true,
            Term::False => false,
        })
    }

    fn delete(&mut self, call: &mut Call, visit: &Visit<'_>) -> Result<bool, Stop> {
        if visit.name == "." {
            return Ok(true);
        }
        let files = call.files();
        let done = if visit.metadata.is_dir() {
            files.remove_dir(&visit.path)
        } else {
            files.remove_file(&visit.path)
        };
        if let Err(error) = done {
            self.code = 1;
            call.complain_of(visit.name, &error)?;
        }
        Ok(true)
    }

    fn exec(
        &mut self,
        call: &mut Call,
        words: &[BString],
        place: Option<usize>,
        name: &BString,
    ) -> Result<bool, Stop> {
        if let Some(place) = place {
            self.asked.gathered[place].push(name.clone());
            if self.asked.gathered[place].len() >= GATHERED_MAX {
                let names = std::mem::take(&mut self.asked.gathered[place]);
                self.run(call, [words, &names].concat())?;
            }
            return Ok(true);
        }
        let filled = words.iter().map(|word| word.replace("{}", name).into()).collect();
        Ok(self.run(call, filled)? == 0)
    }

    fn run(&mut self, call: &mut Call, words: Vec<BString>) -> Result<u8, Stop> {
        let program = words[0].clone();
        match start(call, words)? {
            Ok(mut child) => Ok(wait(call, &mut *child, None)?.unwrap_or(0)),
            Err(error) => {
                call.complain(format!("{program}: {}", error_text(&error)))?;
                Ok(1)
            }
        }
    }

    /// Runs what still has names that wait.
    fn flush(&mut self, call: &mut Call, term: &Term) -> Result<(), Stop> {
        if let Term::Either(a, b) | Term::Both(a, b) = term {
            self.flush(call, a)?;
            self.flush(call, b)?;
        } else if let Term::Not(inner) = term {
            self.flush(call, inner)?;
        } else if let Term::Exec(words, Some(place)) = term {
            let names = std::mem::take(&mut self.asked.gathered[*place]);
            if !names.is_empty() {
                let code = self.run(call, [words.clone(), names].concat())?;
                self.code |= u8::from(code != 0);
            }
        }
        Ok(())
    }
}
