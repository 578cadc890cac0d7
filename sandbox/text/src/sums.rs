//! `md5sum`, `sha1sum`, `sha256sum`, `sha512sum`, `sum`: sums over files.

use std::io::BufRead;

use bstr::{BString, ByteSlice};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Sha256, Sha512};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::input::Input;
use sandbox_world::options::{Options, Spec, parse};

const SPEC: Spec = Spec {
    usage: "[-c[sw]] [FILE]...",
    short: "scwbt",
    long: &[("check", 'c'), ("status", 's'), ("warn", 'w'), ("binary", 'b'), ("text", 't')],
};

/// Shows sums in hexadecimal, or checks those of a list.
pub(crate) fn digests(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let standard = vec![BString::from("-")];
    let names = if options.operands.is_empty() { standard } else { options.operands.clone() };
    let mut code = 0;
    for name in &names {
        if options.has('c') {
            code |= check(call, &options, name)?;
            continue;
        }
        match digest(call, name)? {
            Some(sum) => call.line(&[sum.as_bytes(), b"  ", name].concat())?,
            None => code = 1,
        }
    }
    Ok(code)
}

fn hasher(name: &[u8]) -> Box<dyn DynDigest> {
    match name {
        b"md5sum" => Box::new(Md5::default()),
        b"sha1sum" => Box::new(Sha1::default()),
        b"sha512sum" => Box::new(Sha512::default()),
        _ => Box::new(Sha256::default()),
    }
}

/// The sum of a file; none where it could not be read, which is told.
fn digest(call: &mut Call, name: &BString) -> Result<Option<String>, Stop> {
    let mut input = match call.open_lines(name) {
        Ok(input) => input,
        Err(error) => {
            call.complain_of(format!("can't open '{name}'").as_bytes(), &error)?;
            return Ok(None);
        }
    };
    let mut hasher = hasher(&call.name());
    match each_chunk(&mut input, |bytes| hasher.update(bytes)) {
        Ok(()) => {
            let hex = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            Ok(Some(hex))
        }
        Err(error) => {
            call.complain_of(format!("can't read '{name}'").as_bytes(), &error)?;
            Ok(None)
        }
    }
}

fn each_chunk(input: &mut Input, mut work: impl FnMut(&[u8])) -> std::io::Result<()> {
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(());
        }
        work(bytes);
        let count = bytes.len();
        input.consume(count);
    }
}

fn check(call: &mut Call, options: &Options, list: &BString) -> Result<u8, Stop> {
    let text = match call.open_input(list).and_then(|stream| call.read_all(stream)) {
        Ok(text) => text,
        Err(error) => return call.fail_of(list, &error),
    };
    let (mut total, mut failed) = (0, 0);
    let quiet = options.has('s');
    for line in ByteSlice::lines(&text[..]) {
        let parts = line.split_once_str(" ").and_then(|(sum, rest)| {
            let name = rest.strip_prefix(b" ").or(rest.strip_prefix(b"*"))?;
            Some((sum, BString::from(name)))
        });
        let Some((sum, name)) = parts else {
            if options.has('w') {
                call.complain("invalid format")?;
            }
            total += 1;
            failed += 1;
            continue;
        };
        total += 1;
        let is_same = digest(call, &name)?.is_some_and(|found| found.as_bytes() == sum);
        failed += usize::from(!is_same);
        if !quiet {
            let word = if is_same { "OK" } else { "FAILED" };
            call.line(&[name.as_slice(), b": ", word.as_bytes()].concat())?;
        }
    }
    if failed > 0 && !quiet {
        call.complain(format!("WARNING: {failed} of {total} computed checksums did NOT match"))?;
    }
    if total == 0 {
        return call.fail(format!("{list}: no checksum lines found"));
    }
    Ok(u8::from(failed > 0))
}

/// Shows sums of 16 bits: BSD's, or with `-s` that of System V.
pub(crate) fn sum(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "sum [-rs] [FILE]...", short: "rs", long: &[("sysv", 's')] };
    let options = parse(call, &spec)?;
    let sysv = options.last_of("rs") == Some('s');
    let named = !options.operands.is_empty();
    call.each_input(&options.operands, |call, name, input| {
        let (mut total, mut size) = (0_u32, 0_u64);
        each_chunk(input, |bytes| {
            size += bytes.len() as u64;
            for byte in bytes {
                total = if sysv {
                    total.wrapping_add(u32::from(*byte))
                } else {
                    ((total >> 1) + ((total & 1) << 15) + u32::from(*byte)) & 0xffff
                };
            }
        })?;
        let mut line = if sysv {
            let folded = (total & 0xffff) + (total >> 16);
            let folded = (folded & 0xffff) + (folded >> 16);
            format!("{folded} {}", size.div_ceil(512)).into_bytes()
        } else {
            format!("{total:05} {:5}", size.div_ceil(1024)).into_bytes()
        };
        if named {
            line.push(b' ');
            line.extend_from_slice(name);
        }
        Ok(call.line(&line)?)
    })
}
