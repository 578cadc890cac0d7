//! `stat`: what is known of a file.

use bstr::{BStr, BString, ByteSlice};
use jiff::tz::TimeZone;

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::clock::{strftime, zoned};
use sandbox_world::files::{FileKind, Metadata, Time};
use sandbox_world::format::Conversion;
use sandbox_world::modes::{kind_bits, mode_letters};
use sandbox_world::options::{Spec, parse, usage};
use sandbox_world::owners::name_of;

const SPEC: Spec = Spec {
    usage: "stat [-ltf] [-c FMT] FILE...",
    short: "Ltfc:",
    long: &[("dereference", 'L'), ("format=", 'c'), ("terse", 't'), ("file-system", 'f')],
};

const TERSE: &str = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %o";
const SHOWN: &str = "  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n\
    Device: %Dh/%dd\tInode: %-10i  Links: %-5h";
const OWNERS: &str = "Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n\
    Access: %x\nModify: %y\nChange: %z";
const SPACE: &str = "  File: \"%n\"\nBlock size: %-10s\nBlocks: Total: %-10b Free: %-10f Available: %a\n\
    Inodes: Total: %-10c Free: %d";

/// Runs it.
pub(crate) fn stat(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    if options.operands.is_empty() {
        return usage(call, &SPEC);
    }
    let format = options.value('c').map(BStr::to_owned);
    let zone = call.zone();
    let mut code = 0;
    for name in &options.operands {
        if options.has('f') {
            let format = format.clone().unwrap_or_else(|| SPACE.into());
            if !space(call, name, &format)? {
                code = 1;
            }
            continue;
        }
        let path = call.path(name);
        let files = call.files();
        let found =
            if options.has('L') { files.metadata(&path) } else { files.symlink_metadata(&path) };
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => {
                call.complain_of(format!("can't stat '{name}'").as_bytes(), &error)?;
                code = 1;
                continue;
            }
        };
        let format = match &format {
            Some(format) => format.clone(),
            None if options.has('t') => TERSE.into(),
            None => {
                let device = if is_device(&metadata) { " Device type: %t,%T" } else { "" };
                format!("{SHOWN}{device}\n{OWNERS}").into()
            }
        };
        let line = expand(&format, |letter| field(call, letter, name, &metadata, &zone));
        call.line(&line)?;
    }
    Ok(code)
}

fn is_device(metadata: &Metadata) -> bool {
    matches!(metadata.kind, FileKind::CharDevice | FileKind::BlockDevice)
}

/// The format with its fields filled in.
fn expand(format: &[u8], mut field: impl FnMut(u8) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = format;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            out.push(*first);
            continue;
        }
        if after.first() == Some(&b'%') {
            out.push(b'%');
            rest = &after[1..];
            continue;
        }
        let (conversion, used) = Conversion::parse_letters(after, || 0, b"");
        rest = &after[used..];
        let text = field(conversion.letter);
        let zeros = after.starts_with(b"0") && text.len() < conversion.width;
        if zeros {
            out.extend(std::iter::repeat_n(b'0', conversion.width - text.len()));
            out.extend_from_slice(&text);
        } else {
            out.extend_from_slice(&conversion.text(&text));
        }
    }
    out
}

fn field(call: &Call, letter: u8, name: &BString, metadata: &Metadata, zone: &TimeZone) -> Vec<u8> {
    let moment = |time: Time| {
        let mut text = strftime(b"%Y-%m-%d %H:%M:%S", &zoned(time, zone));
        text.extend_from_slice(format!(".{:09}", time.nanoseconds).as_bytes());
        text.extend_from_slice(&strftime(b" %z", &zoned(time, zone)));
        text
    };
    let major = (metadata.special >> 8 & 0xfff) | (metadata.special >> 32 & 0xffff_f000);
    let minor = (metadata.special & 0xff) | (metadata.special >> 12 & 0xffff_ff00);
    let text = match letter {
        b'n' => return name.to_vec(),
        b'N' if metadata.is_symlink() => {
            let target = call.files().read_link(&call.path(name)).unwrap_or_default();
            return [b"'", name.as_slice(), b"' -> '", &target, b"'"].concat();
        }
        b'N' => return name.to_vec(),
        b'x' => return moment(metadata.accessed),
        b'y' => return moment(metadata.modified),
        b'z' => return moment(metadata.changed),
        b'U' | b'G' => {
            let is_user = letter == b'U';
            let accounts = if is_user { call.users() } else { call.groups() };
            let id = if is_user { metadata.uid } else { metadata.gid };
            return name_of(&accounts, id).map_or(b"UNKNOWN".to_vec(), |name| name.to_vec());
        }
        b'a' => format!("{:o}", metadata.mode),
        b'A' => mode_letters(metadata),
        b'b' => metadata.blocks.to_string(),
        b'B' => "512".to_owned(),
        b'd' => metadata.device.to_string(),
        b'D' => format!("{:x}", metadata.device),
        b'f' => format!("{:x}", kind_bits(metadata.kind) | metadata.mode),
        b'F' => kind_name(metadata).to_owned(),
        b'g' => metadata.gid.to_string(),
        b'h' => metadata.links.to_string(),
        b'i' => metadata.inode.to_string(),
        b'o' => metadata.block_size_bytes.to_string(),
        b's' => metadata.size_bytes.to_string(),
        b't' => format!("{major:x}"),
        b'T' => format!("{minor:x}"),
        b'u' => metadata.uid.to_string(),
        b'X' => metadata.accessed.seconds.to_string(),
        b'Y' => metadata.modified.seconds.to_string(),
        b'Z' => metadata.changed.seconds.to_string(),
        other => char::from(other).to_string(),
    };
    text.into_bytes()
}

fn kind_name(metadata: &Metadata) -> &'static str {
    match metadata.kind {
        FileKind::File if metadata.size_bytes == 0 => "regular empty file",
        FileKind::File => "regular file",
        FileKind::Directory => "directory",
        FileKind::Symlink => "symbolic link",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
        FileKind::CharDevice => "character special file",
        FileKind::BlockDevice => "block special file",
    }
}

fn space(call: &mut Call, name: &BString, format: &[u8]) -> Result<bool, Stop> {
    let space = match call.files().space(&call.path(name)) {
        Ok(space) => space,
        Err(error) => {
            let subject = format!("can't read file system information for '{}'", name.as_bstr());
            return call.complain_of(subject.as_bytes(), &error).map(|()| false);
        }
    };
    let line = expand(format, |letter| match letter {
        b'n' => name.to_vec(),
        b's' | b'S' => space.block_size_bytes.to_string().into_bytes(),
        b'b' => space.blocks.to_string().into_bytes(),
        b'f' => space.free.to_string().into_bytes(),
        b'a' => space.available.to_string().into_bytes(),
        b'c' => space.inodes.to_string().into_bytes(),
        b'd' => space.free_inodes.to_string().into_bytes(),
        _ => b"?".to_vec(),
    });
    call.line(&line)?;
    Ok(true)
}
