//! The head of an entry, as the docker daemon writes it: ustar, with an extended header where ustar has no room.

use super::{
    entry::{Entry, Kind},
    header::BLOCK_BYTES,
};

/// Bytes of a name, or of what a link leads to, in a header.
const NAME_BYTES_MAX: usize = 100;

/// Bytes of the beginning of a path, in a header.
const PREFIX_BYTES_MAX: usize = 155;

/// The greatest number of seven octal digits, and of eleven.
const OCTAL_7_MAX: u64 = 0o7_777_777;
const OCTAL_11_MAX: u64 = 0o77_777_777_777;

/// The two blocks of zeros that end an archive.
pub(crate) const END: [u8; 2 * BLOCK_BYTES] = [0; 2 * BLOCK_BYTES];

/// Appends the head of an entry to `out`; its data follows, padded to whole blocks.
///
/// Nanoseconds are left out, as the docker daemon leaves them out: they would cost each entry a kilobyte.
pub(crate) fn head(entry: &Entry, out: &mut Vec<u8>) {
    let mut records = Vec::new();
    let (prefix, name) = split(&entry.name).unwrap_or_else(|| {
        record(&mut records, b"path", &entry.name);
        (&[], cut(&entry.name))
    });
    let plain_link = entry.link.len() <= NAME_BYTES_MAX && entry.link.is_ascii();
    if !plain_link {
        record(&mut records, b"linkpath", &entry.link);
    }
    let mut numbers = |key: &[u8], value: u64, max: u64| {
        if value <= max {
            return value;
        }
        record(&mut records, key, value.to_string().as_bytes());
        0
    };
    let uid = numbers(b"uid", entry.uid.into(), OCTAL_7_MAX);
    let gid = numbers(b"gid", entry.gid.into(), OCTAL_7_MAX);
    let size = numbers(b"size", entry.size_bytes, OCTAL_11_MAX);
    let mtime = match u64::try_from(entry.mtime.0) {
        Ok(mtime) => numbers(b"mtime", mtime, OCTAL_11_MAX),
        Err(_) => {
            record(&mut records, b"mtime", entry.mtime.0.to_string().as_bytes());
            0
        }
    };
    for (key, value) in &entry.xattrs {
        record(&mut records, &[b"SCHILY.xattr.", key.as_slice()].concat(), value);
    }
    if !records.is_empty() {
        let mut block = Block::new(b'x', b"", cut(b"PaxHeaders.0/entry"));
        block.octal(124, 11, records.len() as u64);
        out.extend_from_slice(&block.finish());
        let len = records.len();
        out.append(&mut records);
        pad(len as u64, out);
    }
    let mut block = Block::new(type_flag(entry.kind), prefix, name);
    block.octal(100, 7, (entry.mode | type_bits(entry.kind)).into());
    block.octal(108, 7, uid);
    block.octal(116, 7, gid);
    block.octal(124, 11, size);
    block.octal(136, 11, mtime);
    block.text(157, cut(&entry.link));
    block.octal(329, 7, u64::from(entry.device.0).min(OCTAL_7_MAX));
    block.octal(337, 7, u64::from(entry.device.1).min(OCTAL_7_MAX));
    out.extend_from_slice(&block.finish());
}

/// Appends zeros up to the next block after `len` bytes of data.
pub(crate) fn pad(len: u64, out: &mut Vec<u8>) {
    let zeros = super::padding(len);
    out.resize(out.len() + usize::try_from(zeros).unwrap_or_default(), 0);
}

/// A header that is being written.
struct Block([u8; BLOCK_BYTES]);

impl Block {
    fn new(type_flag: u8, prefix: &[u8], name: &[u8]) -> Self {
        let mut block = Self([0; BLOCK_BYTES]);
        block.text(0, name);
        // Fields that an extended header leaves alone are numbers all the same.
        for (at, digits) in [(100, 7), (108, 7), (116, 7), (124, 11), (136, 11)] {
            block.octal(at, digits, 0);
        }
        block.0[156] = type_flag;
        block.text(257, b"ustar\x0000");
        block.text(345, prefix);
        block
    }

    fn text(&mut self, at: usize, text: &[u8]) {
        self.0[at..at + text.len()].copy_from_slice(text);
    }

    fn octal(&mut self, at: usize, digits: usize, value: u64) {
        self.text(at, format!("{value:0digits$o}\0").as_bytes());
    }

    /// Puts the checksum in, which counts itself as blanks.
    fn finish(mut self) -> [u8; BLOCK_BYTES] {
        self.text(148, b"        ");
        let sum: u64 = self.0.iter().map(|&byte| u64::from(byte)).sum();
        self.octal(148, 6, sum);
        self.0
    }
}

/// Divides a name between the two fields that hold it; `None` where it needs an extended header.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if !name.is_ascii() || name.len() > PREFIX_BYTES_MAX + 1 + NAME_BYTES_MAX {
        return None;
    }
    if name.len() <= NAME_BYTES_MAX {
        return Some((&[], name));
    }
    // The last slash of a directory belongs to its name.
    let body = &name[..name.len() - 1];
    let ends = body[..body.len().min(PREFIX_BYTES_MAX + 1)].iter().rposition(|&byte| byte == b'/');
    let at = ends.filter(|&at| at > 0 && name.len() - at - 1 <= NAME_BYTES_MAX)?;
    Some((&name[..at], &name[at + 1..]))
}

/// Gives as much of a text as has room, for readers that do not know extended headers.
fn cut(text: &[u8]) -> &[u8] {
    &text[..text.len().min(NAME_BYTES_MAX)]
}

/// Appends a line of an extended header. It begins with its own length, digits and all.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut len = rest + digits(rest);
    if digits(len) > digits(rest) {
        len += 1;
    }
    records.extend_from_slice(len.to_string().as_bytes());
    for part in [b" ".as_slice(), key, b"=", value, b"\n"] {
        records.extend_from_slice(part);
    }
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

const fn type_flag(kind: Kind) -> u8 {
    match kind {
        Kind::File => b'0',
        Kind::HardLink => b'1',
        Kind::Symlink => b'2',
        Kind::CharDevice => b'3',
        Kind::BlockDevice => b'4',
        Kind::Directory => b'5',
        Kind::Fifo => b'6',
    }
}

/// Gives the bits of a mode that tell the kind. The docker daemon writes them, and readers ignore them.
const fn type_bits(kind: Kind) -> u32 {
    match kind {
        Kind::File | Kind::HardLink => 0o100_000,
        Kind::Symlink => 0o120_000,
        Kind::CharDevice => 0o020_000,
        Kind::BlockDevice => 0o060_000,
        Kind::Directory => 0o040_000,
        Kind::Fifo => 0o010_000,
    }
}
