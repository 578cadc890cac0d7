//! The 512 bytes before an entry's data.

use std::ops::Range;

/// Bytes of a header, and what data is padded to.
pub(super) const BLOCK_BYTES: usize = 512;

/// One block of an archive.
pub(super) type Block = [u8; BLOCK_BYTES];

/// The fields of a header that are there for every kind of entry.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) type_flag: u8,
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) mode: u32,
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) size_bytes: u64,
    /// Seconds since the Unix epoch.
    pub(super) mtime: i64,
    pub(super) device: (u32, u32),
}

impl Header {
    /// Reads a header, whose checksum must be right.
    pub(super) fn parse(block: &Block) -> Result<Self, &'static str> {
        check_sum(block)?;
        let unsigned = |range: Range<usize>, what| {
            number(&block[range]).and_then(|value| u64::try_from(value).ok()).ok_or(what)
        };
        // Old headers have rubbish behind the link, where later ones have devices.
        let has_devices = &block[257..262] == b"ustar";
        let device = |range: Range<usize>| {
            if !has_devices {
                return Ok(0);
            }
            let value = unsigned(range, "a bad device number")?;
            u32::try_from(value).map_err(|_| "a bad device number")
        };
        Ok(Self {
            type_flag: block[156],
            name: name(block),
            link: text(&block[157..257]).to_vec(),
            mode: (unsigned(100..108, "a bad mode")? & 0o7777) as u32,
            uid: unsigned(108..116, "a bad owner")?,
            gid: unsigned(116..124, "a bad group")?,
            size_bytes: unsigned(124..136, "a bad size")?,
            mtime: number(&block[136..148])
                .and_then(|value| i64::try_from(value).ok())
                .ok_or("a bad time")?,
            device: (device(329..337)?, device(337..345)?),
        })
    }
}

/// Tells whether the header is GNU's own, which has other fields where ustar has the beginning of the name.
pub(super) fn is_gnu(block: &Block) -> bool {
    &block[257..265] == b"ustar  \0"
}

/// Reads a number: octal digits between blanks, or binary when the first bit is set. A blank field is zero.
pub(super) fn number(field: &[u8]) -> Option<i128> {
    if field.first().is_some_and(|first| first & 0x80 != 0) {
        return binary(field);
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_blank(byte)).unwrap_or(field.len());
    let digits = &field[start..];
    let end = digits.iter().position(is_blank).unwrap_or(digits.len());
    if !digits[end..].iter().all(is_blank) {
        return None;
    }
    digits[..end].iter().try_fold(0_i128, |value, digit| match digit {
        b'0'..=b'7' => Some(value * 8 + i128::from(digit - b'0')),
        _ => None,
    })
}

/// Reads a number of GNU's binary form: two's complement, the highest bit is the mark and not part of it.
fn binary(field: &[u8]) -> Option<i128> {
    let negative = field[0] & 0x40 != 0;
    let first = if negative { field[0] } else { field[0] & 0x7f };
    let seed = if negative { -1_i128 } else { 0 };
    let rest = field[1..].iter();
    let value = std::iter::once(&first)
        .chain(rest)
        .fold(seed, |value, byte| (value << 8) | i128::from(*byte));
    Some(value)
}

/// Gives the bytes of a text up to the first zero.
fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    &field[..end]
}

fn name(block: &Block) -> Vec<u8> {
    let name = text(&block[..100]);
    let is_ustar = &block[257..263] == b"ustar\0";
    let prefix: &[u8] = if is_ustar { text(&block[345..500]) } else { &[] };
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

fn check_sum(block: &Block) -> Result<(), &'static str> {
    let expected = number(&block[148..156]).ok_or("a bad checksum")?;
    let covered = |(at, byte): (usize, &u8)| if (148..156).contains(&at) { b' ' } else { *byte };
    let bytes = || block.iter().enumerate().map(covered);
    let unsigned: i128 = bytes().map(i128::from).sum();
    // Some old programs added signed bytes.
    let signed: i128 = bytes().map(|byte| i128::from(byte.cast_signed())).sum();
    if expected == unsigned || expected == signed { Ok(()) } else { Err("the checksum is wrong") }
}
