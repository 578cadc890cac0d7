//! `echo`, `pwd`, `sleep`, `basename`, `dirname`, `which`: one answer each.

use std::time::Duration;

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop, path_bytes};
use sandbox_world::escapes::{digits, unescape};
use sandbox_world::options::{Spec, parse, usage};
use sandbox_world::paths::{base_name, dir_name};

/// Writes its arguments; `-n` without a newline, `-e` with escapes taken.
pub(crate) fn echo(call: &mut Call) -> Outcome {
    let words = call.operands();
    let is_option = |word: &&BString| {
        word.len() > 1 && word[0] == b'-' && word[1..].iter().all(|byte| b"neE".contains(byte))
    };
    let options = words.iter().take_while(is_option).count();
    let letters = words[..options].iter().flat_map(|word| word.iter().copied());
    let (mut newline, mut escapes) = (true, false);
    for letter in letters {
        match letter {
            b'n' => newline = false,
            b'e' => escapes = true,
            b'E' => escapes = false,
            _ => {}
        }
    }
    let mut text = bstr::join(" ", &words[options..]);
    if escapes {
        let (taken, ends) = echo_escapes(&text);
        text = taken;
        newline &= !ends;
    }
    if newline {
        text.push(b'\n');
    }
    call.write(&text)?;
    Ok(0)
}

/// A text with its escapes taken, and true where `\c` ended it.
pub(super) fn echo_escapes(text: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            out.push(*first);
        } else if after.first() == Some(&b'c') {
            return (out, true);
        } else if after.first() == Some(&b'0') {
            // Three digits may follow the zero.
            let (byte, count) = digits(&after[1..], 8, 3);
            out.push(byte);
            rest = &after[1 + count..];
        } else {
            let (byte, count) = unescape(after);
            out.push(byte);
            rest = &after[count..];
        }
    }
    (out, false)
}

/// The working directory.
pub(crate) fn pwd(call: &mut Call) -> Outcome {
    let cwd = path_bytes(&call.process.cwd).to_owned();
    call.line(&cwd)?;
    Ok(0)
}

/// Waits for the sum of its times.
pub(crate) fn sleep(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "sleep [N]...", short: "+", long: &[] };
    let options = parse(call, &spec)?;
    if options.operands.is_empty() {
        return usage(call, &spec);
    }
    let mut total = Some(Duration::ZERO);
    for text in &options.operands {
        let time = duration(call, text.as_ref())?;
        total = total.zip(time).map(|(total, time)| total.saturating_add(time));
    }
    call.interrupt.sleep(total)?;
    Ok(0)
}

/// A time with a unit; none for one without end.
pub(super) fn duration(call: &mut Call, text: &BStr) -> Result<Option<Duration>, Stop> {
    if text == "infinity" || text == "inf" {
        return Ok(None);
    }
    let (number, factor) = match text.split_last() {
        Some((b's', rest)) => (rest, 1.0),
        Some((b'm', rest)) => (rest, 60.0),
        Some((b'h', rest)) => (rest, 3600.0),
        Some((b'd', rest)) => (rest, 86400.0),
        _ => (text.as_bytes(), 1.0),
    };
    let starts = number.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.');
    let value = number.to_str().ok().filter(|_| starts).and_then(|text| text.parse::<f64>().ok());
    match value {
        Some(value) => {
            Ok(Some(Duration::try_from_secs_f64(value * factor).unwrap_or(Duration::MAX)))
        }
        None => call.fail(format!("invalid number '{text}'")),
    }
}

/// The last part of a path.
pub(crate) fn basename(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...",
        short: "+as:",
        long: &[],
    };
    let options = parse(call, &spec)?;
    let mut names = options.operands.clone();
    let mut suffix = options.value('s').map(BStr::to_owned);
    if !options.has_any("as") {
        match names.len() {
            1 => {}
            2 => suffix = names.pop(),
            _ => return usage(call, &spec),
        }
    }
    if names.is_empty() {
        return usage(call, &spec);
    }
    for name in &names {
        let base = base_name(name);
        let cut = suffix.as_ref().and_then(|suffix| base.strip_suffix(suffix.as_slice()));
        let shown = cut.filter(|rest| !rest.is_empty()).unwrap_or(base).to_owned();
        call.line(&shown)?;
    }
    Ok(0)
}

/// The part of a path before the last.
pub(crate) fn dirname(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "dirname FILENAME", short: "+", long: &[] };
    let options = parse(call, &spec)?;
    let [name] = &options.operands[..] else { return usage(call, &spec) };
    let folder = dir_name(name).to_owned();
    call.line(&folder)?;
    Ok(0)
}

/// Where programs are.
pub(crate) fn which(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "which [-a] COMMAND...", short: "a", long: &[] };
    let options = parse(call, &spec)?;
    if options.operands.is_empty() {
        return usage(call, &spec);
    }
    let path = call.process.variable("PATH").unwrap_or(BStr::new("/sbin:/usr/sbin:/bin:/usr/bin"));
    let path = path.to_owned();
    let mut code = 0;
    for name in &options.operands {
        let mut places = Vec::new();
        if name.contains(&b'/') {
            places.push(name.clone());
        } else {
            places.extend(path.split_str(":").map(|folder| {
                let folder: &[u8] = if folder.is_empty() { b"." } else { folder };
                BString::from([folder, b"/", name].concat())
            }));
        }
        let mut found = false;
        for place in places {
            let full = call.path(&place);
            let is_file = call.files().metadata(&full).is_ok_and(|metadata| metadata.is_file());
            if is_file && call.files().access(&full, 1).is_ok() && (!found || options.has('a')) {
                call.line(&place)?;
                found = true;
            }
        }
        code |= u8::from(!found);
    }
    Ok(code)
}
