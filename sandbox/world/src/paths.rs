//! Parts of paths, as bytes.

use bstr::{BStr, BString, ByteSlice};

use crate::call::{Call, Stop};
use crate::files::OpenOptions;
use crate::stream::write_all;

/// The last part of a path, without slashes at its end.
pub fn base_name(path: &[u8]) -> &[u8] {
    let trimmed = path.trim_end_with(|c| c == '/');
    if trimmed.is_empty() {
        return &path[..path.len().min(1)];
    }
    trimmed.rfind_byte(b'/').map_or(trimmed, |at| &trimmed[at + 1..])
}

/// The part of a path before the last, `.` where there is none.
pub fn dir_name(path: &[u8]) -> &[u8] {
    let trimmed = path.trim_end_with(|c| c == '/');
    if trimmed.starts_with(b"//") && !trimmed[2..].contains(&b'/') {
        return b"//";
    }
    if trimmed.is_empty() {
        return if path.is_empty() { b"." } else { b"/" };
    }
    match trimmed.rfind_byte(b'/') {
        None => b".",
        Some(at) => {
            let folder = trimmed[..at].trim_end_with(|c| c == '/');
            if folder.is_empty() { b"/" } else { folder }
        }
    }
}

/// A name in a folder.
pub fn inside(folder: &[u8], name: &[u8]) -> BString {
    let gap: &[u8] = if folder.ends_with(b"/") { b"" } else { b"/" };
    [folder, gap, name].concat().into()
}

impl Call {
    /// Writes a whole file, made where it is not there; what fails is told and ends the tool with 1.
    pub fn write_file(&mut self, name: &BStr, bytes: &[u8]) -> Result<(), Stop> {
        let mode = 0o666 & !self.process.umask;
        let opened = self.open_with(name, &OpenOptions::writing(mode));
        match opened.and_then(|stream| write_all(&*stream, bytes, &self.interrupt)) {
            Ok(()) => Ok(()),
            Err(error) => self.fail_of(format!("can't open '{name}'").as_bytes(), &error),
        }
    }
}
