//! `ls`: what is in folders.

use std::cmp::Ordering;

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::clock::{strftime, zoned};
use sandbox_world::files::{FileKind, Metadata, Time};
use sandbox_world::modes::mode_letters;
use sandbox_world::numbers::human;
use sandbox_world::options::{Options, Spec, parse};
use sandbox_world::owners::{Account, name_of};
use sandbox_world::paths::inside;
use sandbox_world::version::by_version;

const SPEC: Spec = Spec {
    usage: "ls [-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...",
    short: "1AaCxdLHRFplinshrSXvctuw:",
    long: &[
        ("full-time", '\u{1}'),
        ("group-directories-first", '\u{2}'),
        ("color=?", '\u{3}'),
        ("all", 'a'),
        ("almost-all", 'A'),
        ("recursive", 'R'),
        ("human-readable", 'h'),
        ("directory", 'd'),
        ("reverse", 'r'),
        ("classify", 'F'),
    ],
};

/// Half a year: what is older shows its year instead of its hour.
const RECENT_SECONDS: i64 = 365 * 24 * 3600 / 2;

/// One name with what is known of it.
struct Entry {
    name: BString,
    path: BString,
    metadata: Metadata,
}

struct Listing {
    options: Options,
    users: Vec<Account>,
    groups: Vec<Account>,
    columns: bool,
    code: u8,
}

/// Runs it.
pub(crate) fn ls(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let is_long = options.has_any("ln\u{1}");
    let (users, groups) =
        if is_long && !options.has('n') { (call.users(), call.groups()) } else { (vec![], vec![]) };
    let wanted = options.last_of("1Cxl");
    let columns = !is_long
        && (matches!(wanted, Some('C' | 'x'))
            || wanted.is_none() && call.process.stdout.is_terminal());
    let mut names = options.operands.clone();
    if names.is_empty() {
        names.push(".".into());
    }
    let mut listing = Listing { options, users, groups, columns, code: 0 };
    let mut files = Vec::new();
    let mut folders = Vec::new();
    for name in &names {
        let options = &listing.options;
        // A link to a folder that is named is gone through, but where it is itself asked for.
        let follow = options.has_any("LH") || !options.has_any("ldF");
        match stat(call, name, follow) {
            Ok(metadata) => {
                let entry = Entry { name: name.clone(), path: name.clone(), metadata };
                let is_dir = entry.metadata.is_dir() && !options.has('d');
                if is_dir { folders.push(entry) } else { files.push(entry) }
            }
            Err(error) => {
                call.complain_of(name, &error)?;
                listing.code = 1;
            }
        }
    }
    listing.sort(&mut files);
    listing.sort(&mut folders);
    let any = !files.is_empty();
    listing.show(call, &files)?;
    let headed = names.len() > 1 || listing.options.has('R');
    let mut pending: Vec<BString> = folders.into_iter().rev().map(|entry| entry.path).collect();
    let mut is_first = !any;
    while let Some(folder) = pending.pop() {
        call.interrupt.check()?;
        if headed {
            let gap = if is_first { "" } else { "\n" };
            call.write(&[gap.as_bytes(), &folder, b":\n"].concat())?;
        }
        is_first = false;
        listing.folder(call, &folder, &mut pending)?;
    }
    Ok(listing.code)
}

fn stat(call: &Call, name: &[u8], follow: bool) -> std::io::Result<Metadata> {
    let path = call.path(name);
    let files = call.files();
    if follow && let Ok(metadata) = files.metadata(&path) {
        return Ok(metadata);
    }
    files.symlink_metadata(&path)
}

impl Listing {
    fn folder(
        &mut self,
        call: &mut Call,
        folder: &BString,
        pending: &mut Vec<BString>,
    ) -> Result<(), Stop> {
        let read = match call.files().read_dir(&call.path(folder)) {
            Ok(read) => read,
            Err(error) => {
                self.code = 1;
                return call.complain_of(format!("can't open '{folder}'").as_bytes(), &error);
            }
        };
        let mut names: Vec<BString> = read.into_iter().map(|entry| entry.name).collect();
        let all = self.options.has('a');
        names.retain(|name| all || self.options.has('A') || !name.starts_with(b"."));
        if all {
            names.extend([".".into(), "..".into()]);
        }
        let mut entries = Vec::new();
        for name in names {
            let path = inside(folder, &name);
            let full = call.path(&path);
            let files = call.files();
            let follow = self.options.has('L');
            match if follow { files.metadata(&full) } else { files.symlink_metadata(&full) } {
                Ok(metadata) => entries.push(Entry { name, path, metadata }),
                Err(error) => {
                    call.complain_of(&path, &error)?;
                    self.code = 1;
                }
            }
        }
        self.sort(&mut entries);
        if self.options.has_any("lns\u{1}") {
            let blocks: u64 = entries.iter().map(|entry| entry.metadata.blocks).sum();
            let total =
                if self.options.has('h') { human(blocks * 512) } else { (blocks / 2).to_string() };
            call.line(format!("total {total}").as_bytes())?;
        }
        self.show(call, &entries)?;
        if self.options.has('R') {
            let is_inner =
                |entry: &&Entry| entry.metadata.is_dir() && entry.name != "." && entry.name != "..";
            pending.extend(entries.iter().rev().filter(is_inner).map(|entry| entry.path.clone()));
        }
        Ok(())
    }

    fn sort(&self, entries: &mut [Entry]) {
        let options = &self.options;
        let by = options.last_of("SXvt");
        entries.sort_by(|a, b| {
            let first = match by {
                Some('S') => b.metadata.size_bytes.cmp(&a.metadata.size_bytes),
                Some('t') => self.time(b).cmp(&self.time(a)),
                Some('X') => extension(&a.name).cmp(extension(&b.name)),
                Some('v') => by_version(&a.name, &b.name),
                _ => Ordering::Equal,
            };
            let order = first.then_with(|| a.name.cmp(&b.name));
            let order = if options.has('r') { order.reverse() } else { order };
            if options.has('\u{2}') {
                b.metadata.is_dir().cmp(&a.metadata.is_dir()).then(order)
            } else {
                order
            }
        });
    }

    fn time(&self, entry: &Entry) -> Time {
        match self.options.last_of("cu") {
            Some('c') => entry.metadata.changed,
            Some('u') => entry.metadata.accessed,
            _ => entry.metadata.modified,
        }
    }

    fn show(&self, call: &mut Call, entries: &[Entry]) -> Result<(), Stop> {
        let mut lines = Vec::new();
        for entry in entries {
            lines.push(self.line(call, entry));
        }
        if !self.columns {
            for line in lines {
                call.line(&line)?;
            }
            return Ok(());
        }
        let width = lines.iter().map(|line| line.len()).max().unwrap_or(0) + 2;
        let total = self.options.value('w').and_then(|text| text.to_str().ok()?.parse().ok());
        let across = (total.unwrap_or_else(|| terminal_width(call)) / width).max(1);
        let down = lines.len().div_ceil(across);
        for row in 0..down {
            let mut text = Vec::new();
            for column in 0..across {
                let by_lines = self.options.last_of("Cx") == Some('x');
                let index = if by_lines { row * across + column } else { column * down + row };
                let Some(line) = lines.get(index) else { break };
                if column > 0 {
                    let filled = column * width;
                    text.resize(filled.max(text.len()), b' ');
                }
                text.extend_from_slice(line);
            }
            call.line(&text)?;
        }
        Ok(())
    }

    fn line(&self, call: &Call, entry: &Entry) -> Vec<u8> {
        let (options, metadata) = (&self.options, &entry.metadata);
        let mut line = Vec::new();
        if options.has('i') {
            line.extend_from_slice(format!("{:7} ", metadata.inode).as_bytes());
        }
        if options.has('s') {
            line.extend_from_slice(format!("{:6} ", metadata.blocks / 2).as_bytes());
        }
        let is_long = options.has_any("ln\u{1}");
        if is_long {
            line.extend_from_slice(self.details(call, entry).as_bytes());
        }
        line.extend_from_slice(&entry.name);
        if is_long && metadata.is_symlink() {
            let target = call.files().read_link(&call.path(&entry.path)).unwrap_or_default();
            line.extend_from_slice(b" -> ");
            line.extend_from_slice(&target);
            if options.has('F')
                && let Ok(target) = call.files().metadata(&call.path(&entry.path))
            {
                line.extend(indicator(&target, true));
            }
        } else if options.has_any("Fp") {
            line.extend(indicator(metadata, options.has('F')));
        }
        line
    }

    fn details(&self, call: &Call, entry: &Entry) -> String {
        let (options, metadata) = (&self.options, &entry.metadata);
        let owner = |accounts: &[Account], id: u32| match name_of(accounts, id) {
            Some(name) if !options.has('n') => format!("{:<8.8} ", BStr::new(name).to_string()),
            _ => format!("{id:<8} "),
        };
        let mut line = format!("{} {:4} ", mode_letters(metadata), metadata.links);
        line.push_str(&owner(&self.users, metadata.uid));
        line.push_str(&owner(&self.groups, metadata.gid));
        let size = metadata.size_bytes;
        let is_device = matches!(metadata.kind, FileKind::CharDevice | FileKind::BlockDevice);
        line.push_str(&if is_device {
            format!("{:4}, {:3} ", metadata.special >> 8 & 0xfff, metadata.special & 0xff)
        } else if options.has('h') {
            format!("{:>7} ", human(size))
        } else {
            format!("{size:9} ")
        });
        let time = self.time(entry);
        let age = call.world.now().seconds - time.seconds;
        let format: &[u8] = if options.has('\u{1}') {
            b"%Y-%m-%d %H:%M:%S %z"
        } else if (0..RECENT_SECONDS).contains(&age) {
            b"%b %e %H:%M"
        } else {
            b"%b %e  %Y"
        };
        let text = strftime(format, &zoned(time, &call.zone()));
        line.push_str(&text.to_str_lossy());
        line.push(' ');
        line
    }
}

fn extension(name: &[u8]) -> &[u8] {
    name.rfind_byte(b'.').map_or(&[], |at| &name[at..])
}

fn indicator(metadata: &Metadata, all: bool) -> Option<u8> {
    match metadata.kind {
        FileKind::Directory => Some(b'/'),
        FileKind::File => (all && metadata.mode & 0o111 != 0).then_some(b'*'),
        FileKind::Symlink => all.then_some(b'@'),
        FileKind::Fifo => all.then_some(b'|'),
        FileKind::Socket => all.then_some(b'='),
        FileKind::CharDevice | FileKind::BlockDevice => None,
    }
}

fn terminal_width(call: &Call) -> usize {
    let size =
        call.process.stdout.descriptor().and_then(|fd| rustix::termios::tcgetwinsize(fd).ok());
    size.map(|size| usize::from(size.ws_col)).filter(|width| *width > 0).unwrap_or(80)
}
