//! `printf`.

use crate::quote;
use crate::shell::{Flow, Shell};
use sandbox_script::escapes::{self, Dialect, Escape};
use sandbox_tools::{Conversion, strftime_utc};

/// What a format makes and whether all its arguments were good.
struct Printing<'a> {
    bash: bool,
    args: &'a [Vec<u8>],
    next: usize,
    out: Vec<u8>,
    stopped: bool,
    complaints: Vec<Vec<u8>>,
}

/// A field is no wider, nor are there more digits: it is the shell's own memory.
const WIDTH_MAX: usize = 1 << 20;

/// The letters that say how long a number is; dash knows none.
const LENGTHS: &[u8] = b"lhjzLt";

/// Runs it.
pub(super) fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut rest = &args[1..];
    let mut variable = None;
    if shell.bash && rest.first().is_some_and(|arg| arg == b"-v") && rest.len() > 1 {
        variable = Some(rest[1].clone());
        rest = &rest[2..];
    }
    if rest.first().is_some_and(|arg| arg == b"--") {
        rest = &rest[1..];
    }
    let Some((format, values)) = rest.split_first() else {
        if shell.bash {
            let text = b"printf: usage: printf [-v var] format [arguments]\n";
            let _ = shell.write(2, text);
            return Ok(2);
        }
        return shell.builtin_fail(&args[0], "usage: printf format [arg ...]", 2);
    };
    let mut printing = Printing {
        bash: shell.bash,
        args: values,
        next: 0,
        out: Vec::new(),
        stopped: false,
        complaints: Vec::new(),
    };
    loop {
        let before = printing.next;
        if let Err(message) = printing.once(shell, format) {
            let _ = shell.write(1, &printing.out);
            return shell.builtin_fail(&args[0], message, 1);
        }
        if printing.stopped || printing.next >= values.len() || printing.next == before {
            break;
        }
    }
    let failed = !printing.complaints.is_empty();
    for complaint in &printing.complaints {
        if !shell.bash {
            shell.complain(complaint);
        } else {
            shell.builtin_error(&args[0], complaint);
        }
    }
    match variable {
        Some(name) => set_variable(shell, &name, printing.out)?,
        None => {
            let status = shell.output(&args[0], &printing.out)?;
            if status != 0 {
                return Ok(status);
            }
        }
    }
    Ok(i32::from(failed))
}

fn set_variable(shell: &mut Shell, name: &[u8], value: Vec<u8>) -> Flow {
    match name.iter().position(|byte| *byte == b'[') {
        Some(open) if name.ends_with(b"]") => {
            let subscript = sandbox_script::subscript_of(&name[open + 1..name.len() - 1]);
            shell.assign_element(&name[..open], &subscript, value, false)
        }
        _ => shell.assign(name, &value),
    }
}

impl Printing<'_> {
    /// Goes through the format once.
    fn once(&mut self, shell: &Shell, format: &[u8]) -> Result<(), String> {
        let dialect = if self.bash { Dialect::BashFormat } else { Dialect::Format };
        let mut at = 0;
        while at < format.len() {
            let byte = format[at];
            at += 1;
            match byte {
                b'\\' => match escapes::escape(&format[at..], dialect) {
                    Escape::Bytes(bytes, used) => {
                        self.out.extend_from_slice(&bytes);
                        at += used;
                    }
                    Escape::Stop | Escape::None => self.out.push(b'\\'),
                },
                b'%' if format.get(at) == Some(&b'%') => {
                    self.out.push(b'%');
                    at += 1;
                }
                b'%' => {
                    let start = at - 1;
                    let (conversion, length) = self.conversion(&format[at..]);
                    at += length;
                    let kind = conversion.letter;
                    if kind == 0 {
                        return Err(if self.bash {
                            format!(
                                "`{}': missing format character",
                                String::from_utf8_lossy(&format[start..])
                            )
                        } else {
                            "missing format character".to_owned()
                        });
                    }
                    if kind == b'(' {
                        at += self.time(shell, &format[at..], &conversion);
                        continue;
                    }
                    if !self.convert(&conversion) {
                        let kind = char::from(kind);
                        return Err(if self.bash {
                            format!("`{kind}': invalid format character")
                        } else {
                            format!("%{kind}: invalid directive")
                        });
                    }
                    if self.stopped {
                        return Ok(());
                    }
                }
                byte => self.out.push(byte),
            }
        }
        Ok(())
    }

    fn argument(&mut self) -> Option<Vec<u8>> {
        let arg = self.args.get(self.next).cloned();
        if arg.is_some() {
            self.next += 1;
        }
        arg
    }

    /// Reads a conversion behind its `%`, and tells how long it is.
    fn conversion(&mut self, format: &[u8]) -> (Conversion, usize) {
        let lengths = if self.bash { LENGTHS } else { b"" };
        let star = || {
            let arg = self.argument().unwrap_or_default();
            self.integer(&arg)
        };
        let (mut conversion, length) = Conversion::parse_letters(format, star, lengths);
        conversion.width = conversion.width.min(WIDTH_MAX);
        conversion.precision = conversion.precision.map(|precision| precision.min(WIDTH_MAX));
        (conversion, length)
    }

    fn convert(&mut self, conversion: &Conversion) -> bool {
        let text = match conversion.letter {
            b'q' if !self.bash => return false,
            kind @ (b's' | b'b' | b'q') => {
                let arg = self.argument().unwrap_or_default();
                let text = match kind {
                    b'b' => {
                        let dialect = if self.bash { Dialect::BashEcho } else { Dialect::Echo };
                        let (text, stopped) = escapes::replace(&arg, dialect);
                        self.stopped = stopped;
                        text
                    }
                    b'q' => quote::backslashes(&arg),
                    _ => arg,
                };
                conversion.text(&text)
            }
            b'c' => {
                let arg = self.argument().unwrap_or_default();
                conversion.byte(arg.get(..1).unwrap_or_default())
            }
            b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
                let arg = self.argument();
                conversion.integer(arg.map_or(0, |arg| self.integer(&arg)))
            }
            b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A' => {
                let arg = self.argument().unwrap_or_default();
                conversion.float(self.float(&arg))
            }
            _ => return false,
        };
        self.out.extend_from_slice(&text);
        true
    }

    fn integer(&mut self, arg: &[u8]) -> i64 {
        if let [b'\'' | b'"', rest @ ..] = arg {
            return rest.first().map_or(0, |byte| (*byte).into());
        }
        let text = arg.trim_ascii_start();
        let end = number_end(text);
        let value = crate::numbers::integer(&text[..end]);
        if end < text.len() || value.is_none() {
            if !self.bash {
                let words: &[u8] = if end == 0 || value.is_none() {
                    b": expected numeric value"
                } else {
                    b": not completely converted"
                };
                self.complaints.push([arg, words].concat());
            } else if !arg.is_empty() {
                self.complaints.push([arg, b": invalid number"].concat());
            }
        }
        value.unwrap_or(0)
    }

    fn float(&mut self, arg: &[u8]) -> f64 {
        if let [b'\'' | b'"', rest @ ..] = arg {
            return rest.first().map_or(0.0, |byte| f64::from(*byte));
        }
        let text = String::from_utf8_lossy(arg.trim_ascii());
        if let Some(value) = crate::numbers::integer(text.as_bytes()) {
            return value as f64;
        }
        match text.parse::<f64>() {
            Ok(value) => value,
            Err(_) if text.is_empty() && self.bash => 0.0,
            Err(_) if text.is_empty() => 0.0,
            Err(_) => {
                let end = (0..text.len())
                    .rev()
                    .find(|end| text.is_char_boundary(*end) && text[..*end].parse::<f64>().is_ok());
                let words: &[u8] = match (self.bash, end) {
                    (true, _) => b": invalid number",
                    (false, None) => b": expected numeric value",
                    (false, Some(_)) => b": not completely converted",
                };
                self.complaints.push([arg, words].concat());
                end.and_then(|end| text[..end].parse().ok()).unwrap_or(0.0)
            }
        }
    }

    /// `%(format)T`: how many bytes of the format it took.
    fn time(&mut self, shell: &Shell, format: &[u8], conversion: &Conversion) -> usize {
        let end = format.iter().position(|byte| *byte == b')').unwrap_or(format.len());
        let arg = self.argument();
        let seconds = match arg.as_deref() {
            None | Some(b"-1" | b"-2") => shell.world.now().seconds,
            Some(arg) => self.integer(arg),
        };
        let text = strftime_utc(&format[..end], seconds);
        self.out.extend_from_slice(&conversion.byte(&text));
        (end + 2).min(format.len())
    }
}

/// Where the number at the start of a text ends.
fn number_end(text: &[u8]) -> usize {
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let digits = &text[sign..];
    let count = match digits {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => {
            2 + rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
        }
        [b'0', ..] => digits.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count(),
        _ => digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
    };
    if count == 0 { 0 } else { sign + count }
}
