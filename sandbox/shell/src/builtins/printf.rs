//! `printf`.

use crate::quote;
use crate::shell::{Flow, Shell};
use sandbox_script::escapes::{self, Dialect, Escape};

/// What a format makes and whether all its arguments were good.
struct Printing<'a> {
    bash: bool,
    args: &'a [Vec<u8>],
    next: usize,
    out: Vec<u8>,
    stopped: bool,
    complaints: Vec<Vec<u8>>,
}

/// One conversion: `%-08.3f`.
#[derive(Default)]
struct Spec {
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

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
                    let spec = self.spec(format, &mut at);
                    let Some(kind) = format.get(at).copied() else {
                        return Err(if self.bash {
                            format!(
                                "`{}': missing format character",
                                String::from_utf8_lossy(&format[start..])
                            )
                        } else {
                            "missing format character".to_owned()
                        });
                    };
                    at += 1;
                    if kind == b'(' {
                        at += self.time(shell, &format[at..], &spec);
                        continue;
                    }
                    if !self.convert(&spec, kind) {
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

    fn spec(&mut self, format: &[u8], at: &mut usize) -> Spec {
        let mut spec = Spec::default();
        while let Some(byte) = format.get(*at) {
            match byte {
                b'-' => spec.minus = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'0' => spec.zero = true,
                b'#' => spec.alternate = true,
                _ => break,
            }
            *at += 1;
        }
        let width = self.count(format, at);
        spec.minus |= width < 0;
        spec.width = usize::try_from(width.unsigned_abs()).unwrap_or(0).min(1 << 20);
        if format.get(*at) == Some(&b'.') {
            *at += 1;
            let precision = self.count(format, at);
            spec.precision = usize::try_from(precision).ok().map(|p| p.min(1 << 20));
        }
        while self.bash && matches!(format.get(*at), Some(b'l' | b'h' | b'j' | b'z' | b'L' | b't'))
        {
            *at += 1;
        }
        spec
    }

    fn count(&mut self, format: &[u8], at: &mut usize) -> i64 {
        if format.get(*at) == Some(&b'*') {
            *at += 1;
            let arg = self.argument().unwrap_or_default();
            return self.integer(&arg);
        }
        let mut value = 0_i64;
        while let Some(digit @ b'0'..=b'9') = format.get(*at) {
            value = value.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
            *at += 1;
        }
        value
    }

    fn convert(&mut self, spec: &Spec, kind: u8) -> bool {
        match kind {
            b's' | b'b' | b'q' => {
                if kind == b'q' && !self.bash {
                    return false;
                }
                let arg = self.argument().unwrap_or_default();
                let mut text = match kind {
                    b'b' => {
                        let dialect = if self.bash { Dialect::BashEcho } else { Dialect::Echo };
                        let (text, stopped) = escapes::replace(&arg, dialect);
                        self.stopped = stopped;
                        text
                    }
                    b'q' => quote::backslashes(&arg),
                    _ => arg,
                };
                if let Some(precision) = spec.precision {
                    text.truncate(precision);
                }
                self.pad(spec, b"", &text, false);
            }
            b'c' => {
                let arg = self.argument().unwrap_or_default();
                let text = arg.first().map(|byte| vec![*byte]).unwrap_or_default();
                self.pad(spec, b"", &text, false);
            }
            b'd' | b'i' => {
                let arg = self.argument();
                let value = arg.map_or(0, |arg| self.integer(&arg));
                let sign: &[u8] = match (value < 0, spec.plus, spec.space) {
                    (true, _, _) => b"-",
                    (_, true, _) => b"+",
                    (_, _, true) => b" ",
                    _ => b"",
                };
                self.number(spec, sign, value.unsigned_abs().to_string());
            }
            b'u' | b'o' | b'x' | b'X' => {
                let arg = self.argument();
                let value = arg.map_or(0, |arg| self.integer(&arg)) as u64;
                let (prefix, digits) = match kind {
                    b'u' => ("", value.to_string()),
                    b'o' if spec.alternate => ("0", format!("{value:o}")),
                    b'o' => ("", format!("{value:o}")),
                    b'x' if spec.alternate && value != 0 => ("0x", format!("{value:x}")),
                    b'x' => ("", format!("{value:x}")),
                    _ if spec.alternate && value != 0 => ("0X", format!("{value:X}")),
                    _ => ("", format!("{value:X}")),
                };
                self.number(spec, prefix.as_bytes(), digits);
            }
            b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A' => {
                let arg = self.argument().unwrap_or_default();
                let value = self.float(&arg);
                let sign: &[u8] = match (value.is_sign_negative(), spec.plus, spec.space) {
                    (true, _, _) => b"-",
                    (_, true, _) => b"+",
                    (_, _, true) => b" ",
                    _ => b"",
                };
                let text = float_text(value.abs(), kind, spec);
                self.pad(spec, sign, text.as_bytes(), value.is_finite());
            }
            _ => return false,
        }
        true
    }

    fn number(&mut self, spec: &Spec, prefix: &[u8], digits: String) {
        match spec.precision {
            Some(precision) => {
                let digits = if precision == 0 && digits == "0" { String::new() } else { digits };
                let text = format!("{digits:0>precision$}");
                self.pad(spec, prefix, text.as_bytes(), false);
            }
            None => self.pad(spec, prefix, digits.as_bytes(), true),
        }
    }

    fn pad(&mut self, spec: &Spec, prefix: &[u8], text: &[u8], zeros: bool) {
        let fill = spec.width.saturating_sub(prefix.len() + text.len());
        let zeros = zeros && spec.zero && !spec.minus;
        if !spec.minus && !zeros {
            self.out.resize(self.out.len() + fill, b' ');
        }
        self.out.extend_from_slice(prefix);
        if zeros {
            self.out.resize(self.out.len() + fill, b'0');
        }
        self.out.extend_from_slice(text);
        if spec.minus {
            self.out.resize(self.out.len() + fill, b' ');
        }
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
    fn time(&mut self, shell: &Shell, format: &[u8], spec: &Spec) -> usize {
        let end = format.iter().position(|byte| *byte == b')').unwrap_or(format.len());
        let arg = self.argument();
        let seconds = match arg.as_deref() {
            None | Some(b"-1" | b"-2") => shell.world.now().seconds,
            Some(arg) => self.integer(arg),
        };
        let text = strftime(&format[..end], seconds);
        self.pad(spec, b"", text.as_bytes(), false);
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

/// A number that is not negative, as C prints it.
fn float_text(value: f64, kind: u8, spec: &Spec) -> String {
    if !value.is_finite() {
        let text = if value.is_nan() { "nan" } else { "inf" };
        return if kind.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text.to_owned() };
    }
    let precision = spec.precision.unwrap_or(6);
    let text = match kind.to_ascii_lowercase() {
        b'f' => format!("{value:.precision$}"),
        b'e' => exponent(&format!("{value:.precision$e}")),
        _ => general(value, precision.max(1), spec.alternate),
    };
    if kind.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text }
}

/// `1.5e3` as C writes it, `1.5e+03`.
fn exponent(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

fn general(value: f64, precision: usize, keep_zeros: bool) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{:.*e}", precision - 1, value);
    let power: i32 =
        scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let places = i32::try_from(precision).unwrap_or(i32::MAX);
    let text = if power < -4 || power >= places {
        exponent(&scientific)
    } else {
        let after = usize::try_from(places - 1 - power).unwrap_or(0);
        format!("{value:.after$}")
    };
    if keep_zeros || !text.contains('.') {
        return text;
    }
    match text.split_once('e') {
        Some((mantissa, power)) => {
            format!("{}e{power}", mantissa.trim_end_matches('0').trim_end_matches('.'))
        }
        None => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

/// A moment in UTC by the letters that scripts use.
fn strftime(format: &[u8], seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let of_day = seconds.rem_euclid(86_400);
    let (year, month, day) = civil(days);
    let mut out = String::new();
    let mut bytes = format.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'%' {
            out.push(char::from(*byte));
            continue;
        }
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        match bytes.next() {
            Some(b'Y') => out.push_str(&year.to_string()),
            Some(b'm') => out.push_str(&format!("{month:02}")),
            Some(b'd') => out.push_str(&format!("{day:02}")),
            Some(b'H') => out.push_str(&format!("{hour:02}")),
            Some(b'M') => out.push_str(&format!("{minute:02}")),
            Some(b'S') => out.push_str(&format!("{second:02}")),
            Some(b's') => out.push_str(&seconds.to_string()),
            Some(b'F') => out.push_str(&format!("{year}-{month:02}-{day:02}")),
            Some(b'T') => out.push_str(&format!("{hour:02}:{minute:02}:{second:02}")),
            Some(b'Z') => out.push_str("UTC"),
            Some(b'z') => out.push_str("+0000"),
            Some(other) => {
                out.push('%');
                out.push(char::from(*other));
            }
            None => out.push('%'),
        }
    }
    out
}

/// Year, month and day of a day counted from 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}
