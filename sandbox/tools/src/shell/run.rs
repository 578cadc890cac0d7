//! `time`, `timeout`, `nohup`: another program, watched.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bstr::{BStr, BString, ByteSlice};

use super::echo::duration;
use sandbox_world::call::{Call, Outcome, Stop, error_text};
use sandbox_world::files::OpenOptions;
use sandbox_world::null::Null;
use sandbox_world::options::{Spec, parse, usage};
use sandbox_world::process::{Child, Process};

/// Starts a program with what this process has.
pub(crate) fn start(
    call: &mut Call,
    words: Vec<BString>,
) -> Result<io::Result<Box<dyn Child>>, Stop> {
    call.flush()?;
    let process = Process { args: words, ..call.process.clone() };
    Ok(call.world.start(process))
}

/// The exit code of a program that could not be started.
pub(crate) fn code_of(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
}

/// Runs a program in this one's place.
pub(super) fn run_to_end(call: &mut Call, words: Vec<BString>) -> Outcome {
    let name = words[0].clone();
    match start(call, words)? {
        Ok(mut child) => Ok(wait(call, &mut *child, None)?.unwrap_or(0)),
        Err(error) => not_started(call, &name, &error),
    }
}

fn not_started(call: &mut Call, name: &BString, error: &io::Error) -> Outcome {
    call.complain(format!("can't execute '{name}': {}", error_text(error)))?;
    Ok(code_of(error))
}

/// Waits for a program; it is told where this process is asked to stop.
pub(crate) fn wait(
    call: &Call,
    child: &mut dyn Child,
    time: Option<Duration>,
) -> Result<Option<u8>, Stop> {
    match child.wait(time, &call.interrupt) {
        Ok(code) => Ok(code),
        Err(error) => {
            if let Some(signal) = call.interrupt.signal() {
                let _ = child.kill(signal);
            }
            Err(error.into())
        }
    }
}

/// Shows how long a program took.
pub(crate) fn time(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "time [-vpa] [-o FILE] PROG ARGS", short: "+vpao:f:", long: &[] };
    let options = parse(call, &spec)?;
    if options.operands.is_empty() {
        return usage(call, &spec);
    }
    let begun = call.world.elapsed();
    let name = options.operands[0].clone();
    let code = match start(call, options.operands.clone())? {
        Ok(mut child) => wait(call, &mut *child, None)?.unwrap_or(0),
        Err(error) => not_started(call, &name, &error)?,
    };
    let took = call.world.elapsed().saturating_sub(begun);
    let mut text = String::new();
    if code != 0 && !options.has('p') {
        text.push_str(&format!("Command exited with non-zero status {code}\n"));
    }
    // What the processor did for one process among threads is not known.
    for (label, time) in [("real", took), ("user", Duration::ZERO), ("sys", Duration::ZERO)] {
        let (seconds, hundredths) = (time.as_secs(), time.subsec_millis() / 10);
        text.push_str(&if options.has('p') {
            format!("{label} {seconds}.{hundredths:02}\n")
        } else {
            format!("{label}\t{}m {}.{hundredths:02}s\n", seconds / 60, seconds % 60)
        });
    }
    call.write_error(text.as_bytes())?;
    Ok(code)
}

/// Ends a program that takes too long.
pub(crate) fn timeout(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS",
        short: "+s:k:",
        long: &[("signal=", 's'), ("kill-after=", 'k')],
    };
    let options = parse(call, &spec)?;
    if options.operands.len() < 2 {
        return usage(call, &spec);
    }
    let signal = match options.value('s').map(BStr::to_owned) {
        None => 15,
        Some(text) => match signal_number(&text) {
            Some(signal) => signal,
            None => return call.fail(format!("unknown signal '{text}'")),
        },
    };
    let kill_after = match options.value('k').map(BStr::to_owned) {
        Some(text) => duration(call, text.as_ref())?,
        None => None,
    };
    let time = duration(call, options.operands[0].as_ref())?.filter(|time| !time.is_zero());
    let name = options.operands[1].clone();
    let mut child = match start(call, options.operands[1..].to_vec())? {
        Ok(child) => child,
        Err(error) => return not_started(call, &name, &error),
    };
    if let Some(code) = wait(call, &mut *child, time)? {
        return Ok(code);
    }
    let _ = child.kill(signal);
    if kill_after.is_some() && wait(call, &mut *child, kill_after)?.is_none() {
        let _ = child.kill(9);
        return Ok(137);
    }
    wait(call, &mut *child, None)?;
    // 143 whatever the signal was, as a shell says of one that was ended.
    Ok(128 + signal)
}

/// A signal by its number or name.
pub(crate) fn signal_number(text: &[u8]) -> Option<u8> {
    const NAMES: &[(&str, u8)] = &[
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ABRT", 6),
        ("KILL", 9),
        ("USR1", 10),
        ("USR2", 12),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
        ("CHLD", 17),
        ("CONT", 18),
        ("STOP", 19),
    ];
    let name = text.to_str().ok()?.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    named.or_else(|| name.parse().ok().filter(|number| *number < 65))
}

/// Runs a program that goes on when the terminal is gone.
pub(crate) fn nohup(call: &mut Call) -> Outcome {
    let words = call.operands();
    if words.is_empty() {
        call.write_error(b"Usage: nohup PROG ARGS\n")?;
        return Ok(1);
    }
    if call.process.stdin.is_terminal() {
        call.process.stdin = Arc::new(Null);
    }
    if call.process.stdout.is_terminal() {
        match call.open_with(b"nohup.out", &OpenOptions::appending(0o600)) {
            Ok(stream) => {
                call.complain("appending output to nohup.out")?;
                call.process.stdout = stream;
            }
            Err(error) => return call.fail_of(b"can't open 'nohup.out'", &error),
        }
    }
    if call.process.stderr.is_terminal() {
        call.process.stderr = call.process.stdout.clone();
    }
    run_to_end(call, words)
}
