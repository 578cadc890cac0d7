//! `tar`: files in one.

mod create;
mod extract;

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::OpenOptions;
use sandbox_world::options::{Options, Spec, parse_args, usage};
use sandbox_world::stream::Stream;
use sandbox_world::wildcard::Wildcard;

const SPEC: Spec = Spec {
    usage: "tar c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [FILE]...",
    short: "txcC:OokpvmhjJzZaf:T:X:",
    long: &[
        ("list", 't'),
        ("extract", 'x'),
        ("get", 'x'),
        ("create", 'c'),
        ("directory=", 'C'),
        ("to-stdout", 'O'),
        ("no-same-owner", 'o'),
        ("keep-old", 'k'),
        ("same-permissions", 'p'),
        ("preserve-permissions", 'p'),
        ("verbose", 'v'),
        ("touch", 'm'),
        ("dereference", 'h'),
        ("gzip", 'z'),
        ("gunzip", 'z'),
        ("bzip2", 'j'),
        ("xz", 'J'),
        ("auto-compress", 'a'),
        ("file=", 'f'),
        ("files-from=", 'T'),
        ("exclude-from=", 'X'),
        ("exclude=", '\u{1}'),
        ("strip-components=", '\u{2}'),
        ("no-recursion", '\u{3}'),
        ("numeric-owner", '\u{4}'),
        ("no-same-permissions", '\u{5}'),
        ("overwrite", '\u{6}'),
    ],
};

/// Runs it.
pub(crate) fn tar(call: &mut Call) -> Outcome {
    let mut args = call.operands();
    // The first word needs no sign.
    if let Some(first) = args.first_mut()
        && !first.starts_with(b"-")
    {
        first.insert(0, b'-');
    }
    let mut options = parse_args(call, &SPEC, args)?;
    let modes = "txc".chars().filter(|mode| options.has(*mode)).count();
    if modes != 1 {
        return usage(call, &SPEC);
    }
    if options.has_any("jJZ") {
        return call.fail("only gzip is built in");
    }
    for name in options.values('T').map(BStr::to_owned).collect::<Vec<_>>() {
        let list = call.slurp(&name)?;
        options.operands.extend(list.lines().map(BString::from));
    }
    let mut excluded: Vec<BString> = options.values('\u{1}').map(BStr::to_owned).collect();
    for name in options.values('X').map(BStr::to_owned).collect::<Vec<_>>() {
        let list = call.slurp(&name)?;
        excluded.extend(list.lines().map(BString::from));
    }
    let archive = open(call, &options)?;
    if let Some(folder) = options.value('C').map(BStr::to_owned) {
        let path = call.path(&folder);
        match call.files().metadata(&path) {
            Ok(metadata) if metadata.is_dir() => call.process.cwd = path,
            Ok(_) => {
                let error = rustix::io::Errno::NOTDIR.into();
                return call
                    .fail_of(format!("can't change directory to '{folder}'").as_bytes(), &error);
            }
            Err(error) => {
                return call
                    .fail_of(format!("can't change directory to '{folder}'").as_bytes(), &error);
            }
        }
    }
    if options.has('c') {
        return create::create(call, &options, archive, &excluded);
    }
    extract::extract(call, &options, archive, &excluded)
}

fn open(call: &mut Call, options: &Options) -> Result<Arc<dyn Stream>, Stop> {
    let name = options.value('f').unwrap_or(BStr::new("-")).to_owned();
    let writes = options.has('c');
    if name == "-" {
        let process = &call.process;
        return Ok(if writes { process.stdout.clone() } else { process.stdin.clone() });
    }
    let mode = 0o666 & !call.process.umask;
    let how = if writes { OpenOptions::writing(mode) } else { OpenOptions::reading() };
    match call.open_with(&name, &how) {
        Ok(stream) => Ok(stream),
        Err(error) => call.fail_of(format!("can't open '{name}'").as_bytes(), &error),
    }
}

/// True where a member is one of those that are named, or inside of one.
fn is_named(names: &[BString], member: &[u8]) -> bool {
    let member = member.trim_end_with(|c| c == '/');
    names.iter().any(|name| {
        let name = name.trim_end_with(|c| c == '/');
        let inside =
            member.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest[0] == b'/');
        inside || Wildcard::default().matches(name, member)
    })
}
