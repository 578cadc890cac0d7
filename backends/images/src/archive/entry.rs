//! An entry as its header and the extensions before it say.

use super::{
    header::{Block, Header},
    pax::Pax,
    sparse::{self, Piece},
};

/// Bytes of a file that the size field of a header can hold in octal. Larger sizes stand in an extended header, and
/// programs write what they like into the field.
const OCTAL_BYTES_MAX: u64 = 0o77_777_777_777;

/// Owner and group ids up to here; the number above it means "no change" to the system.
const ID_MAX: u64 = u32::MAX as u64 - 1;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    File,
    /// Another name of an earlier entry, which is in `link`.
    HardLink,
    Symlink,
    CharDevice,
    BlockDevice,
    Fifo,
}

/// One entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    /// The name as it stands in the archive.
    pub(crate) name: Vec<u8>,
    /// What a link leads to.
    pub(crate) link: Vec<u8>,
    /// Permissions, with set-id and sticky bits.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Seconds since the Unix epoch, and nanoseconds.
    pub(crate) mtime: (i64, u32),
    /// Major and minor number.
    pub(crate) device: (u32, u32),
    pub(crate) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Bytes of the file, with its holes.
    pub(crate) size_bytes: u64,
    /// Bytes of the entry in the archive.
    pub(crate) stored_bytes: u64,
    /// The parts that the archive holds of a sparse file.
    pub(crate) pieces: Option<Vec<Piece>>,
}

/// What stands before a header and belongs to its entry.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    pax: Option<Pax>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl Extensions {
    pub(super) const fn is_empty(&self) -> bool {
        self.pax.is_none() && self.name.is_none() && self.link.is_none()
    }

    /// Takes an extended header.
    pub(super) fn set_pax(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        once(&mut self.pax, Pax::parse(bytes)?)
    }

    /// Takes a long name.
    pub(super) fn set_name(&mut self, bytes: Vec<u8>) -> Result<(), &'static str> {
        once(&mut self.name, ended(bytes)?)
    }

    /// Takes a long target of a link.
    pub(super) fn set_link(&mut self, bytes: Vec<u8>) -> Result<(), &'static str> {
        once(&mut self.link, ended(bytes)?)
    }
}

/// Puts an entry together; for a sparse file also what is known of its parts.
pub(super) fn build(
    block: &Block,
    header: Header,
    extensions: Extensions,
) -> Result<(Entry, Option<sparse::Form>), &'static str> {
    let pax = extensions.pax.unwrap_or_default();
    let link = one_of(extensions.link, pax.link)?.unwrap_or(header.link);
    let long_name = one_of(extensions.name, pax.path)?;
    let name = pax.sparse.name.clone().or(long_name).unwrap_or(header.name);
    let stored_bytes = stored(header.size_bytes, pax.size_bytes)?;
    let kind = kind(header.type_flag, &name)?;
    let sparse = match header.type_flag {
        b'S' => Some(sparse::of_gnu_header(block)?),
        _ => sparse::of_pax(&pax.sparse)?,
    };
    if sparse.is_some() && kind != Kind::File {
        return Err("a sparse entry that is not a file");
    }
    let stored_bytes = match kind {
        Kind::File => stored_bytes,
        // Some programs write the size of the file that a link leads to, without its data.
        Kind::HardLink => 0,
        Kind::Directory | Kind::Symlink | Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => {
            if stored_bytes > 0 {
                return Err("an entry that has data and is not a file");
            }
            0
        }
    };
    let id =
        |value: u64| u32::try_from(value).ok().filter(|_| value <= ID_MAX).ok_or("a bad owner");
    let entry = Entry {
        kind,
        name,
        link,
        mode: header.mode,
        uid: id(pax.uid.unwrap_or(header.uid))?,
        gid: id(pax.gid.unwrap_or(header.gid))?,
        mtime: pax.mtime.unwrap_or((header.mtime, 0)),
        device: header.device,
        xattrs: pax.xattrs,
        size_bytes: sparse.as_ref().map_or(stored_bytes, |form| form.real_bytes),
        stored_bytes,
        pieces: None,
    };
    if entry.name.contains(&0) || entry.link.contains(&0) {
        return Err("a name with a zero byte");
    }
    Ok((entry, sparse))
}

fn kind(type_flag: u8, name: &[u8]) -> Result<Kind, &'static str> {
    Ok(match type_flag {
        // The oldest archives know a directory by its name alone.
        0 if name.ends_with(b"/") => Kind::Directory,
        0 | b'0' | b'7' | b'S' => Kind::File,
        b'1' => Kind::HardLink,
        b'2' => Kind::Symlink,
        b'3' => Kind::CharDevice,
        b'4' => Kind::BlockDevice,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        _ => return Err("an entry of an unknown type"),
    })
}

/// Chooses between the size of the header and that of the extended header, which must be the same if both can be.
fn stored(header: u64, pax: Option<u64>) -> Result<u64, &'static str> {
    match pax {
        None => Ok(header),
        Some(pax) if pax == header || pax > OCTAL_BYTES_MAX => Ok(pax),
        Some(_) => Err("two sizes that contradict each other"),
    }
}

/// Chooses between GNU's and POSIX' way to write a long text. Readers differ in which they heed.
fn one_of(gnu: Option<Vec<u8>>, pax: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, &'static str> {
    match (gnu, pax) {
        (Some(gnu), Some(pax)) if gnu != pax => Err("two names that contradict each other"),
        (gnu, pax) => Ok(pax.or(gnu)),
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), &'static str> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err("two extended headers of one kind for one entry"),
    }
}

/// Takes the zero from the end of GNU's long names.
fn ended(mut bytes: Vec<u8>) -> Result<Vec<u8>, &'static str> {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    if bytes[end..].iter().any(|&byte| byte != 0) {
        return Err("a name with a zero byte");
    }
    bytes.truncate(end);
    Ok(bytes)
}
