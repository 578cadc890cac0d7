//! `gzip`, `gunzip`, `zcat`: compressed files.

use std::io::{self, Read};

use bstr::{BString, ByteSlice};
use flate2::Compression;
use flate2::bufread::{GzEncoder, MultiGzDecoder};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::{OpenOptions, TimesChange};
use sandbox_world::input::{CHUNK_BYTES, Input};
use sandbox_world::options::{Options, Spec, parse};
use sandbox_world::stream::write_all;

const SPEC: Spec = Spec {
    usage: "gzip [-cfkdt] [FILE]...",
    short: "cfkdtqnv123456789",
    long: &[
        ("stdout", 'c'),
        ("to-stdout", 'c'),
        ("force", 'f'),
        ("keep", 'k'),
        ("decompress", 'd'),
        ("test", 't'),
        ("no-name", 'n'),
        ("best", '9'),
        ("fast", '1'),
    ],
};

/// Runs it.
pub(crate) fn gzip(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let name = call.name();
    let unpacks = name != "gzip" || options.has_any("dt");
    let to_output = options.has_any("ct") || name == "zcat";
    let mut names = options.operands.clone();
    if names.is_empty() {
        names.push("-".into());
    }
    let mut code = 0;
    for name in &names {
        let done = if to_output || name == "-" {
            to_stdout(call, &options, name, unpacks)?
        } else {
            in_place(call, &options, name, unpacks)?
        };
        code |= u8::from(!done);
    }
    Ok(code)
}

/// A reader of what is packed or unpacked.
fn coder(input: Input, options: &Options, unpacks: bool) -> Box<dyn Read> {
    if unpacks {
        return Box::new(MultiGzDecoder::new(input));
    }
    let level = options.last_of("123456789").and_then(|digit| digit.to_digit(10)).unwrap_or(6);
    Box::new(GzEncoder::new(input, Compression::new(level)))
}

/// A gzip stream begins so.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

fn message(error: &io::Error) -> &'static str {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        "unexpected end of file"
    } else {
        "corrupted data"
    }
}

fn to_stdout(
    call: &mut Call,
    options: &Options,
    name: &BString,
    unpacks: bool,
) -> Result<bool, Stop> {
    use std::io::BufRead as _;
    let mut input = match call.open_lines(name) {
        Ok(input) => input,
        Err(error) => return call.complain_of(name, &error).map(|()| false),
    };
    if unpacks && !input.fill_buf().map_err(Stop::from)?.starts_with(&MAGIC) {
        let word = if call.name() == "zcat" { "no gzip/bzip2/xz magic" } else { "invalid magic" };
        return call.complain(word).map(|()| false);
    }
    let mut coder = coder(input, options, unpacks);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match coder.read(&mut chunk) {
            Ok(0) => return Ok(true),
            Ok(_) if options.has('t') => {}
            Ok(count) => {
                call.write(&chunk[..count])?;
                call.flush()?;
            }
            Err(error) => {
                if let Some(stop) = Stop::of(&error) {
                    return Err(stop);
                }
                return call.complain(message(&error)).map(|()| false);
            }
        }
    }
}

fn in_place(
    call: &mut Call,
    options: &Options,
    name: &BString,
    unpacks: bool,
) -> Result<bool, Stop> {
    let target: BString = if unpacks {
        if let Some(start) = name.strip_suffix(b".gz") {
            start.into()
        } else if let Some(start) = name.strip_suffix(b".tgz") {
            [start, b".tar"].concat().into()
        } else {
            return call.complain(format!("{name}: unknown suffix - ignored")).map(|()| false);
        }
    } else {
        [name.as_slice(), b".gz"].concat().into()
    };
    let opened = call.open(name).and_then(|stream| Ok((stream.metadata()?, call.input(stream))));
    let (metadata, input) = match opened {
        Ok(opened) => opened,
        Err(error) => return call.complain_of(name, &error).map(|()| false),
    };
    let how = OpenOptions {
        create_new: !options.has('f'),
        ..OpenOptions::writing(metadata.mode & 0o777)
    };
    let output = match call.open_with(&target, &how) {
        Ok(output) => output,
        Err(error) => {
            let subject = format!("can't open '{target}'");
            return call.complain_of(subject.as_bytes(), &error).map(|()| false);
        }
    };
    let mut coder = coder(input, options, unpacks);
    let mut chunk = vec![0; CHUNK_BYTES];
    let copied = loop {
        match coder.read(&mut chunk) {
            Ok(0) => break Ok(()),
            Ok(count) => match write_all(&*output, &chunk[..count], &call.interrupt) {
                Ok(()) => {}
                Err(error) => break Err(error),
            },
            Err(error) => break Err(error),
        }
    };
    let (done, gone) = match copied {
        Ok(()) => (true, name),
        Err(error) => {
            if Stop::of(&error).is_none() {
                call.complain(message(&error))?;
            }
            (false, &target)
        }
    };
    if done {
        let times =
            TimesChange { accessed: Some(metadata.accessed), modified: Some(metadata.modified) };
        let _ = output.set_times(times);
    }
    if !(done && options.has('k')) {
        let _ = call.files().remove_file(&call.path(gone));
    }
    call.interrupt.check()?;
    Ok(done)
}

/// True where a name says that the file is packed by gzip.
pub(super) fn is_named_so(name: &[u8]) -> bool {
    name.ends_with(b".gz") || name.to_str_lossy().ends_with(".tgz")
}
