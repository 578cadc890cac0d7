//! Permissions, in octal and in letters.

use bstr::ByteSlice;

use crate::files::{FileKind, Metadata};

/// The mode that `text` makes of `mode`, or none where it says nothing.
pub fn parse_mode(text: &[u8], mode: u32, umask: u32, is_dir: bool) -> Option<u32> {
    if text.first().is_some_and(|first| (b'0'..=b'7').contains(first)) {
        let value = u32::from_str_radix(text.to_str().ok()?, 8).ok()?;
        return (value <= 0o7777).then_some(value);
    }
    let mut mode = mode;
    for clause in text.split_str(",") {
        mode = apply_clause(clause, mode, umask, is_dir)?;
    }
    Some(mode)
}

fn apply_clause(clause: &[u8], mode: u32, umask: u32, is_dir: bool) -> Option<u32> {
    let who_end = clause.iter().take_while(|byte| b"ugoa".contains(byte)).count();
    let mut who = 0;
    for letter in &clause[..who_end] {
        who |= match letter {
            b'u' => 0o4700,
            b'g' => 0o2070,
            b'o' => 0o1007,
            _ => 0o7777,
        };
    }
    let mask = if who == 0 { 0o7777 & !umask } else { who };
    let who = if who == 0 { 0o7777 } else { who };
    let mut mode = mode;
    let mut rest = &clause[who_end..];
    if rest.is_empty() {
        return None;
    }
    while let Some((operator, after)) = rest.split_first() {
        let end = after.iter().take_while(|byte| !b"+-=".contains(byte)).count();
        let bits = permission_bits(&after[..end], mode, is_dir)?;
        match operator {
            b'+' => mode |= bits & mask,
            b'-' => mode &= !(bits & mask),
            b'=' => mode = (mode & !(who & if is_dir { 0o1777 } else { 0o7777 })) | (bits & mask),
            _ => return None,
        }
        rest = &after[end..];
    }
    Some(mode)
}

fn permission_bits(letters: &[u8], mode: u32, is_dir: bool) -> Option<u32> {
    let copied = |shift: u32| {
        let bits = (mode >> shift) & 7;
        bits << 6 | bits << 3 | bits
    };
    let mut bits = 0;
    for letter in letters {
        bits |= match letter {
            b'r' => 0o444,
            b'w' => 0o222,
            b'x' => 0o111,
            b'X' if is_dir || mode & 0o111 != 0 => 0o111,
            b'X' => 0,
            b's' => 0o6000,
            b't' => 0o1000,
            b'u' => copied(6),
            b'g' => copied(3),
            b'o' => copied(0),
            _ => return None,
        };
    }
    Some(bits)
}

/// The ten letters that `ls -l` shows.
pub fn mode_letters(metadata: &Metadata) -> String {
    let mode = metadata.mode;
    let kind = match metadata.kind {
        FileKind::File => '-',
        FileKind::Directory => 'd',
        FileKind::Symlink => 'l',
        FileKind::Fifo => 'p',
        FileKind::Socket => 's',
        FileKind::CharDevice => 'c',
        FileKind::BlockDevice => 'b',
    };
    let mut letters = String::from(kind);
    for (shift, special, (with, without)) in
        [(6, 0o4000, ('s', 'S')), (3, 0o2000, ('s', 'S')), (0, 0o1000, ('t', 'T'))]
    {
        let bits = (mode >> shift) & 7;
        letters.push(if bits & 4 != 0 { 'r' } else { '-' });
        letters.push(if bits & 2 != 0 { 'w' } else { '-' });
        letters.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => with,
            (true, false) => without,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    letters
}

/// The bits of the kind, as `st_mode` has them above the permissions.
pub fn kind_bits(kind: FileKind) -> u32 {
    match kind {
        FileKind::Fifo => 0o010_000,
        FileKind::CharDevice => 0o020_000,
        FileKind::Directory => 0o040_000,
        FileKind::BlockDevice => 0o060_000,
        FileKind::File => 0o100_000,
        FileKind::Symlink => 0o120_000,
        FileKind::Socket => 0o140_000,
    }
}
