//! `printf`: arguments by a format.

use bstr::{BStr, BString, ByteSlice};

use super::echo::echo_escapes;
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::escapes::{digits, unescape};
use sandbox_world::format::Conversion;

/// Runs it.
pub(crate) fn printf(call: &mut Call) -> Outcome {
    let mut words = call.operands();
    if words.first().is_some_and(|word| *word == "--") {
        words.remove(0);
    }
    if words.is_empty() {
        call.write_error(b"Usage: printf FORMAT [ARG]...\n")?;
        return Ok(1);
    }
    let format = words.remove(0);
    let mut printer = Printer { args: words, next: 0, code: 0 };
    loop {
        let before = printer.next;
        if printer.once(call, &format)? {
            break;
        }
        // The format begins again while it takes arguments and there are some.
        if printer.next >= printer.args.len() || printer.next == before {
            break;
        }
    }
    Ok(printer.code)
}

struct Printer {
    args: Vec<BString>,
    next: usize,
    code: u8,
}

impl Printer {
    fn take(&mut self) -> Option<BString> {
        let arg = self.args.get(self.next).cloned();
        self.next += usize::from(arg.is_some());
        arg
    }

    /// Goes through the format once; true where nothing more is to be written.
    fn once(&mut self, call: &mut Call, format: &[u8]) -> Result<bool, Stop> {
        let mut rest = format;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match first {
                b'\\' if after.first() == Some(&b'c') => return Ok(true),
                b'\\' => {
                    let (byte, count) = escape(after);
                    call.write(&[byte])?;
                    rest = &after[count..];
                }
                b'%' if after.first() == Some(&b'%') => {
                    call.write(b"%")?;
                    rest = &after[1..];
                }
                b'%' => {
                    let mut stars = Vec::new();
                    let (conversion, used) = Conversion::parse(after, || {
                        let value = self.take().map_or(0, |arg| whole(&arg).unwrap_or(0));
                        stars.push(value);
                        value
                    });
                    rest = &after[used..];
                    if self.convert(call, &conversion)? {
                        return Ok(true);
                    }
                }
                other => call.write(&[*other])?,
            }
        }
        Ok(false)
    }

    fn convert(&mut self, call: &mut Call, conversion: &Conversion) -> Result<bool, Stop> {
        match conversion.letter {
            b's' => {
                let arg = self.take().unwrap_or_default();
                call.write(&conversion.text(&arg))?;
            }
            b'b' => {
                let (text, ends) = echo_escapes(&self.take().unwrap_or_default());
                call.write(&conversion.text(&text))?;
                return Ok(ends);
            }
            b'c' => {
                let arg = self.take().unwrap_or_default();
                call.write(&conversion.byte(&[arg.first().copied().unwrap_or(0)]))?;
            }
            b'd' | b'i' | b'o' | b'u' | b'x' | b'X' => {
                let arg = self.take();
                let value = self.number(call, arg.as_ref(), whole)?;
                call.write(&conversion.integer(value))?;
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let arg = self.take();
                let value = self
                    .number(call, arg.as_ref(), |text| text.to_str().ok()?.trim().parse().ok())?;
                call.write(&conversion.float(value))?;
            }
            _ => return call.fail("%: invalid format"),
        }
        Ok(false)
    }

    fn number<N>(
        &mut self,
        call: &mut Call,
        arg: Option<&BString>,
        parse: impl Fn(&[u8]) -> Option<N>,
    ) -> Result<N, Stop>
    where
        N: FromByte + Default,
    {
        let nothing = BString::default();
        let arg = arg.unwrap_or(&nothing);
        if let Some((b'\'' | b'"', rest)) = arg.split_first() {
            return Ok(N::from_byte(rest.first().copied().unwrap_or(0)));
        }
        if let Some(value) = parse(arg) {
            return Ok(value);
        }
        call.complain(format!("invalid number '{arg}'"))?;
        self.code = 1;
        Ok(N::default())
    }
}

/// Numbers that a quoted byte stands for.
trait FromByte {
    fn from_byte(byte: u8) -> Self;
}

impl FromByte for i64 {
    fn from_byte(byte: u8) -> Self {
        byte.into()
    }
}

impl FromByte for f64 {
    fn from_byte(byte: u8) -> Self {
        byte.into()
    }
}

fn escape(after: &[u8]) -> (u8, usize) {
    if after.first().is_some_and(|byte| (b'0'..=b'7').contains(byte)) {
        return digits(after, 8, 3);
    }
    unescape(after)
}

/// A whole number as `strtol` reads it with any base.
pub(super) fn whole(text: &[u8]) -> Option<i64> {
    let text = BStr::new(text.trim_start());
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text.as_bytes()),
    };
    let (digits, radix) = match digits {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (rest, 16),
        [b'0', rest @ ..] if !rest.is_empty() => (rest, 8),
        _ => (digits, 10),
    };
    if !digits.first()?.is_ascii_hexdigit() {
        return None;
    }
    let value = u64::from_str_radix(digits.to_str().ok()?, radix).ok()?.cast_signed();
    Some(if negative { value.wrapping_neg() } else { value })
}
