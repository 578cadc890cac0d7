//! `read`, and bash's `mapfile`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sandbox_tools::Interrupt;

use crate::numbers;
use crate::shell::{Flow, Shell};
use crate::vars::{Ifs, Value};
use sandbox_script::is_name;

/// What `read` was told.
struct Options {
    raw: bool,
    fd: u32,
    delimiter: u8,
    most: Option<usize>,
    /// `-N`: exactly so many, newlines among them.
    exact: bool,
    array: Option<Vec<u8>>,
    prompt: Vec<u8>,
    time: Option<Duration>,
}

/// A byte of the line, and whether a backslash stood before it.
type Byte = (u8, bool);

/// Runs `read`.
pub(super) fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut options = Options {
        raw: false,
        fd: 0,
        delimiter: b'\n',
        most: None,
        exact: false,
        array: None,
        prompt: Vec::new(),
        time: None,
    };
    let names = match parse(shell, args, &mut options)? {
        Some(names) => names,
        None => return Ok(2),
    };
    if names.is_empty() && options.array.is_none() && !shell.bash {
        return shell.builtin_fail(&args[0], "arg count", 2);
    }
    for name in names {
        if !is_name(name.split(|byte| *byte == b'[').next().unwrap_or_default()) {
            if shell.bash {
                let message = [b"`", name.as_slice(), b"': not a valid identifier"].concat();
                return shell.builtin_fail(&args[0], message, 1);
            }
            let message = [name.as_slice(), b": bad variable name"].concat();
            return shell.builtin_fail(&args[0], message, 2);
        }
    }
    if !options.prompt.is_empty() && shell.stream(options.fd).is_terminal() {
        let prompt = options.prompt.clone();
        let _ = shell.write(2, &prompt);
    }
    let mut line = Vec::new();
    let status = read_bytes(shell, &options, &mut line)?;
    if let Some(array) = &options.array {
        let fields = split_all(&line, &shell.vars.ifs.clone());
        let items: BTreeMap<i64, Vec<u8>> = (0..).zip(fields).collect();
        shell.set_value(array, Value::Indexed(Arc::new(items)))?;
        return Ok(status);
    }
    if names.is_empty() {
        let text: Vec<u8> = line.iter().map(|(byte, _)| *byte).collect();
        shell.assign(b"REPLY", &text)?;
        return Ok(status);
    }
    if options.exact {
        let text: Vec<u8> = line.iter().map(|(byte, _)| *byte).collect();
        give(shell, &names[0], text)?;
        return Ok(status);
    }
    let ifs = Arc::clone(&shell.vars.ifs);
    let mut rest = line.as_slice();
    rest = skip_blanks(rest, &ifs);
    for (number, name) in names.iter().enumerate() {
        let value = if number + 1 == names.len() {
            last_field(rest, &ifs)
        } else {
            let (field, after) = next_field(rest, &ifs);
            rest = after;
            field
        };
        give(shell, name, value)?;
    }
    Ok(status)
}

fn give(shell: &mut Shell, name: &[u8], value: Vec<u8>) -> Flow {
    match name.iter().position(|byte| *byte == b'[') {
        Some(open) if name.ends_with(b"]") => {
            let subscript = sandbox_script::subscript_of(&name[open + 1..name.len() - 1]);
            shell.assign_element(&name[..open], &subscript, value, false)
        }
        _ => shell.assign(name, &value),
    }
}

fn parse<'a>(
    shell: &mut Shell,
    args: &'a [Vec<u8>],
    options: &mut Options,
) -> Flow<Option<&'a [Vec<u8>]>> {
    let mut at = 1;
    while let Some([b'-', letters @ ..]) = args.get(at).map(Vec::as_slice) {
        if letters.is_empty() {
            break;
        }
        at += 1;
        if letters == b"-" {
            break;
        }
        let mut rest = letters;
        while let Some((letter, after)) = rest.split_first() {
            rest = after;
            let takes = b"p".contains(letter) || shell.bash && b"adinNtu".contains(letter);
            let value = if takes {
                let value = if rest.is_empty() {
                    at += 1;
                    args.get(at - 1).cloned().unwrap_or_default()
                } else {
                    rest.to_vec()
                };
                rest = b"";
                value
            } else {
                Vec::new()
            };
            match letter {
                b'r' => options.raw = true,
                b'p' => options.prompt = value,
                b's' | b'e' | b'i' if shell.bash => {}
                b'a' if shell.bash => options.array = Some(value),
                b'd' if shell.bash => options.delimiter = value.first().copied().unwrap_or(0),
                b'n' | b'N' if shell.bash => {
                    options.most = numbers::unsigned(&value).map(|count| count as usize);
                    options.exact = *letter == b'N';
                }
                b'u' if shell.bash => options.fd = numbers::unsigned(&value).unwrap_or(0),
                b't' if shell.bash => {
                    let seconds = String::from_utf8_lossy(&value).parse().unwrap_or(0.0);
                    options.time = Duration::try_from_secs_f64(seconds).ok();
                }
                letter => {
                    if shell.bash {
                        let message = format!("-{}: invalid option", char::from(*letter));
                        shell.builtin_error(&args[0], message);
                        return Ok(None);
                    }
                    let message = format!("Illegal option -{}", char::from(*letter));
                    return shell.builtin_fail(&args[0], message, 2);
                }
            }
        }
    }
    Ok(Some(args.get(at..).unwrap_or_default()))
}

fn read_bytes(shell: &mut Shell, options: &Options, line: &mut Vec<Byte>) -> Flow<i32> {
    let stream = shell.stream(options.fd);
    let timer = options.time.map(|time| Timer::start(shell, time));
    let interrupt = match &timer {
        Some(timer) => Arc::clone(&timer.reading),
        None => Arc::clone(&shell.interrupt),
    };
    let mut byte = [0];
    let mut escaped = false;
    loop {
        if options.most.is_some_and(|most| line.len() >= most) {
            return Ok(0);
        }
        match stream.read(&mut byte, &interrupt) {
            Ok(0) => return Ok(1),
            Ok(_) => {}
            Err(_) if shell.interrupt.signal().is_some() => {
                shell.look_for_signal()?;
                if !shell.traps.pending.is_empty() {
                    shell.run_traps()?;
                }
                continue;
            }
            Err(_) if interrupt.signal().is_some() => return Ok(142),
            Err(_) => return Ok(1),
        }
        let byte = byte[0];
        if escaped {
            escaped = false;
            // A backslash before the newline joins lines.
            if byte != b'\n' {
                line.push((byte, true));
            }
            continue;
        }
        if byte == options.delimiter && !options.exact {
            return Ok(0);
        }
        match byte {
            b'\\' if !options.raw => escaped = true,
            0 => {}
            byte => line.push((byte, false)),
        }
    }
}

/// How often the timer of a read looks whether a signal came meanwhile.
const TIMER_LOOK_EVERY: Duration = Duration::from_millis(50);

/// Ends a read when its time is over.
struct Timer {
    reading: Arc<Interrupt>,
    done: Arc<Interrupt>,
}

impl Timer {
    fn start(shell: &Shell, time: Duration) -> Self {
        let (reading, done) = (Interrupt::new(), Interrupt::new());
        let timer = Self { reading: Arc::clone(&reading), done: Arc::clone(&done) };
        let own = Arc::clone(&shell.interrupt);
        let world = Arc::clone(&shell.world);
        let deadline = world.elapsed() + time;
        let wait = move || loop {
            let left = deadline.saturating_sub(world.elapsed());
            if done.sleep(Some(left.min(TIMER_LOOK_EVERY))).is_err() {
                return;
            }
            if left.is_zero() || own.signal().is_some() {
                return reading.raise(14);
            }
        };
        if std::thread::Builder::new().stack_size(64 << 10).spawn(wait).is_err() {
            timer.reading.raise(14);
        }
        timer
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.done.raise(1);
    }
}

fn is_blank(byte: &Byte, ifs: &Ifs) -> bool {
    !byte.1 && ifs.is_blank(byte.0)
}

fn skip_blanks<'l>(line: &'l [Byte], ifs: &Ifs) -> &'l [Byte] {
    let blanks = line.iter().take_while(|byte| is_blank(byte, ifs)).count();
    &line[blanks..]
}

/// The first field, and what follows its separator.
fn next_field<'l>(line: &'l [Byte], ifs: &Ifs) -> (Vec<u8>, &'l [Byte]) {
    let end = line.iter().position(|byte| !byte.1 && ifs.has(byte.0)).unwrap_or(line.len());
    let field = line[..end].iter().map(|(byte, _)| *byte).collect();
    let mut rest = skip_blanks(&line[end..], ifs);
    if rest.first().is_some_and(|byte| !byte.1 && ifs.is_other(byte.0)) {
        rest = skip_blanks(&rest[1..], ifs);
    }
    (field, rest)
}

/// What the last variable gets: all that is left, without a separator that only ends it.
fn last_field(line: &[Byte], ifs: &Ifs) -> Vec<u8> {
    let (field, rest) = next_field(line, ifs);
    if rest.is_empty() {
        return field;
    }
    let end = line.iter().rposition(|byte| !is_blank(byte, ifs)).map_or(0, |last| last + 1);
    line[..end].iter().map(|(byte, _)| *byte).collect()
}

fn split_all(line: &[Byte], ifs: &Ifs) -> Vec<Vec<u8>> {
    let mut rest = skip_blanks(line, ifs);
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (field, after) = next_field(rest, ifs);
        fields.push(field);
        rest = after;
    }
    fields
}

/// Runs `mapfile`.
pub(super) fn lines(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let (mut trim, mut fd, mut delimiter, mut skip, mut origin) = (false, 0, b'\n', 0, None);
    let mut most = usize::MAX;
    let mut at = 1;
    while let Some([b'-', letter, attached @ ..]) = args.get(at).map(Vec::as_slice) {
        at += 1;
        if *letter == b't' {
            trim = true;
            continue;
        }
        let value = if attached.is_empty() {
            at += 1;
            args.get(at - 1).cloned().unwrap_or_default()
        } else {
            attached.to_vec()
        };
        let number = numbers::unsigned(&value).unwrap_or(0);
        match letter {
            b'u' => fd = number,
            b'd' => delimiter = value.first().copied().unwrap_or(0),
            b'n' if number > 0 => most = number as usize,
            b's' => skip = number as usize,
            b'O' => origin = Some(i64::from(number)),
            _ => {}
        }
    }
    let name = args.get(at).cloned().unwrap_or_else(|| b"MAPFILE".to_vec());
    let stream = shell.stream(fd);
    let text = shell.read_all(&*stream);
    let mut items: BTreeMap<i64, Vec<u8>> = match (origin, shell.vars.value(&name)) {
        (Some(_), Some(Value::Indexed(old))) => (**old).clone(),
        _ => BTreeMap::new(),
    };
    let read = text.split_inclusive(|byte| *byte == delimiter).skip(skip).take(most);
    for (next, line) in (origin.unwrap_or(0)..).zip(read) {
        let line = if trim { line.strip_suffix(&[delimiter]).unwrap_or(line) } else { line };
        items.insert(next, line.to_vec());
    }
    shell.set_value(&name, Value::Indexed(Arc::new(items)))?;
    Ok(0)
}
