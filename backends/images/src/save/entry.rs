//! Entries of an archive that is written: files and directories of root, from the beginning of time, in ustar headers,
//! so that equal images make equal archives.

use std::io::Write;

use super::SaveError;

/// Bytes of a header, and what data is padded to.
const BLOCK_BYTES: u64 = 512;

/// Bytes that an archive ends with: two blocks of zeros.
const END_BYTES: u64 = 2 * BLOCK_BYTES;

/// The largest size that has room in a header in octal digits; above it the size is written in GNU's binary form.
const OCTAL_SIZE_MAX: u64 = 0o777_7777_7777;

/// Writes a directory.
pub(super) fn directory(out: &mut impl Write, name: &str) -> Result<(), SaveError> {
    write(out, &block(name, b'5', 0o755, 0))
}

/// Writes a small file.
pub(super) fn file(out: &mut impl Write, name: &str, bytes: &[u8]) -> Result<(), SaveError> {
    let size_bytes = bytes.len() as u64;
    header(out, name, size_bytes)?;
    write(out, bytes)?;
    padding(out, size_bytes)
}

/// Writes what stands before the bytes of a file.
pub(super) fn header(out: &mut impl Write, name: &str, size_bytes: u64) -> Result<(), SaveError> {
    write(out, &block(name, b'0', 0o644, size_bytes))
}

/// Writes what stands behind the bytes of a file.
pub(super) fn padding(out: &mut impl Write, size_bytes: u64) -> Result<(), SaveError> {
    let zeros = [0; BLOCK_BYTES as usize];
    let length = size_bytes.next_multiple_of(BLOCK_BYTES) - size_bytes;
    write(out, &zeros[..usize::try_from(length).unwrap_or_default()])
}

/// Writes the end of an archive.
pub(super) fn end(out: &mut impl Write) -> Result<(), SaveError> {
    write(out, &[0; END_BYTES as usize])
}

/// Gives the bytes of an archive of two directories and of files of these sizes.
pub(super) fn archive_bytes(files: impl Iterator<Item = u64>) -> u64 {
    let entry = |size_bytes: u64| BLOCK_BYTES + size_bytes.next_multiple_of(BLOCK_BYTES);
    2 * BLOCK_BYTES + files.map(entry).sum::<u64>() + END_BYTES
}

/// Makes a header. The names of an archive of images are far shorter than the 100 bytes that there are for one.
fn block(name: &str, kind: u8, mode: u32, size_bytes: u64) -> [u8; BLOCK_BYTES as usize] {
    let mut block = [0; BLOCK_BYTES as usize];
    let mut set = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    set(0, name.as_bytes());
    set(100, format!("{mode:07o}\0").as_bytes());
    set(108, b"0000000\x000000000\0");
    if size_bytes <= OCTAL_SIZE_MAX {
        set(124, format!("{size_bytes:011o}\0").as_bytes());
    } else {
        set(124, &[0x80]);
        set(128, &size_bytes.to_be_bytes());
    }
    set(136, b"00000000000\0");
    set(148, b"        ");
    set(156, &[kind]);
    set(257, b"ustar\x0000root");
    set(297, b"root");
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn write(out: &mut impl Write, bytes: &[u8]) -> Result<(), SaveError> {
    out.write_all(bytes).map_err(SaveError::Write)
}
