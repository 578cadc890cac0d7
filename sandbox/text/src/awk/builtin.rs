//! The functions of the language.

use std::rc::Rc;

use bstr::{BStr, ByteSlice};
use sandbox_world::clock::{strftime, zoned};
use sandbox_world::files::Time;
use sandbox_world::format::Conversion;
use sandbox_world::pattern::Pattern;

use super::fields::split;
use super::run::{Done, Machine};
use super::tree::{Expr, FS, RLENGTH, RSTART, Slot};
use super::value::{Text, Value};

impl Machine<'_> {
    pub(super) fn builtin(&mut self, name: &'static str, arguments: &[Expr]) -> Done<Value> {
        let least = match name {
            "length" | "rand" | "srand" | "fflush" | "systime" | "strftime" => 0,
            "substr" | "index" | "split" | "sub" | "gsub" | "match" | "atan2" | "and" | "or"
            | "xor" | "lshift" | "rshift" => 2,
            _ => 1,
        };
        if arguments.len() < least {
            return Ok(self.call.fail("cmd. line:1: Too few arguments")?);
        }
        let number = |value: f64| Ok(Value::Number(value));
        match name {
            "length" => self.length(arguments),
            "substr" => self.substring(arguments),
            "index" => {
                let (text, part) = (self.text(&arguments[0])?, self.text(&arguments[1])?);
                let found = if part.is_empty() { None } else { text.find(&part[..]) };
                number(found.map_or(0.0, |at| (at + 1) as f64))
            }
            "split" => self.split_into(arguments),
            "sub" | "gsub" => self.substitute(arguments, name == "gsub"),
            "match" => self.find(arguments),
            "sprintf" => Ok(Value::text(self.formatted(arguments)?)),
            "tolower" => Ok(Value::text(self.text(&arguments[0])?.to_ascii_lowercase())),
            "toupper" => Ok(Value::text(self.text(&arguments[0])?.to_ascii_uppercase())),
            "rand" | "srand" => self.random(name, arguments),
            "system" => {
                let command = self.text(&arguments[0])?;
                number(self.files.system(self.call, &command)?)
            }
            "close" => {
                let name = self.text(&arguments[0])?;
                number(self.files.close(self.call, &name)?.unwrap_or(-1.0))
            }
            "fflush" => {
                self.files.flush(self.call)?;
                number(0.0)
            }
            "systime" => number(self.call.world.now().seconds as f64),
            "strftime" => self.time_text(arguments),
            "mktime" => self.time_number(arguments),
            "sin" | "cos" | "exp" | "log" | "sqrt" | "int" | "compl" => {
                let value = self.value(&arguments[0])?.number();
                number(match name {
                    "sin" => value.sin(),
                    "cos" => value.cos(),
                    "exp" => value.exp(),
                    "log" => value.ln(),
                    "sqrt" => value.sqrt(),
                    "int" => value.trunc(),
                    _ => !(value as u64) as f64,
                })
            }
            _ => {
                let (a, b) =
                    (self.value(&arguments[0])?.number(), self.value(&arguments[1])?.number());
                let (x, y) = (a as u64, b as u64);
                let shift = u32::try_from(y).unwrap_or(64);
                number(match name {
                    "atan2" => a.atan2(b),
                    "and" => (x & y) as f64,
                    "or" => (x | y) as f64,
                    "xor" => (x ^ y) as f64,
                    "lshift" => x.checked_shl(shift).unwrap_or(0) as f64,
                    _ => x.checked_shr(shift).unwrap_or(0) as f64,
                })
            }
        }
    }

    fn length(&mut self, arguments: &[Expr]) -> Done<Value> {
        let count = match arguments.first() {
            None => self.text(&Expr::Field(Box::new(Expr::Constant(Value::Nothing))))?.len(),
            Some(Expr::Variable(slot)) if self.is_array(*slot) => self.array(*slot)?.borrow().len(),
            Some(argument) => self.text(argument)?.len(),
        };
        Ok(Value::Number(count as f64))
    }

    fn substring(&mut self, arguments: &[Expr]) -> Done<Value> {
        let text = self.text(&arguments[0])?;
        let start = self.value(&arguments[1])?.number().round_ties_even();
        let count = match arguments.get(2) {
            Some(count) => self.value(count)?.number().round_ties_even(),
            None => f64::INFINITY,
        };
        // From 1, and what would be before it does not count, as busybox has it.
        let first = (start.max(1.0) as usize - 1).min(text.len());
        let last = first.saturating_add(count.max(0.0) as usize).min(text.len());
        Ok(Value::text(&text[first..last.max(first)]))
    }

    fn array_argument(&mut self, argument: &Expr) -> Done<Slot> {
        let Expr::Variable(slot) = argument else {
            return Ok(self.call.fail("cmd. line:1: Not an array")?);
        };
        Ok(*slot)
    }

    fn split_into(&mut self, arguments: &[Expr]) -> Done<Value> {
        let text = self.text(&arguments[0])?;
        let slot = self.array_argument(&arguments[1])?;
        let separator = match arguments.get(2) {
            Some(Expr::Regex(pattern)) => super::fields::Separator::Regex(pattern.clone()),
            Some(argument) => {
                let text = self.text(argument)?;
                self.separator_of(&text)?
            }
            None => {
                let text = self.special_text(FS);
                self.separator_of(&text)?
            }
        };
        let parts = split(&text, &separator, false);
        let array = self.array(slot)?;
        let mut array = array.borrow_mut();
        array.clear();
        for (index, part) in parts.iter().enumerate() {
            *array.entry((index + 1).to_string().as_bytes()) = Value::input(*part);
        }
        Ok(Value::Number(parts.len() as f64))
    }

    fn find(&mut self, arguments: &[Expr]) -> Done<Value> {
        let text = self.text(&arguments[0])?;
        let pattern = self.pattern(&arguments[1])?;
        let found = pattern.find_at(&text, 0);
        let start = found.map_or(0.0, |found| (found.start + 1) as f64);
        let length = found.map_or(-1.0, |found| (found.end - found.start) as f64);
        self.set_variable(Slot::Global(RSTART), Value::Number(start));
        self.set_variable(Slot::Global(RLENGTH), Value::Number(length));
        Ok(Value::Number(start))
    }

    fn substitute(&mut self, arguments: &[Expr], all: bool) -> Done<Value> {
        let pattern = self.pattern(&arguments[0])?;
        let replacement = self.text(&arguments[1])?;
        let record = Expr::Field(Box::new(Expr::Constant(Value::Nothing)));
        let target = arguments.get(2).unwrap_or(&record);
        let text = self.text(target)?;
        let (count, out) = substituted(&pattern, &replacement, &text, all);
        if count > 0 {
            self.assign(target, Value::text(out))?;
        }
        Ok(Value::Number(count as f64))
    }

    /// The text of `printf`.
    pub(super) fn formatted(&mut self, arguments: &[Expr]) -> Done<Vec<u8>> {
        let Some((format, arguments)) = arguments.split_first() else { return Ok(Vec::new()) };
        let format: Text = self.text(format)?;
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.value(argument)?);
        }
        let conversion_format = self.special_text(super::tree::CONVFMT);
        let mut values = values.into_iter();
        let mut out = Vec::new();
        let mut rest = &format[..];
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
            let (conversion, used) =
                Conversion::parse(after, || values.next().map_or(0, |value| value.number() as i64));
            rest = &after[used..];
            let value = values.next().unwrap_or_default();
            let text = match conversion.letter {
                b'd' | b'i' | b'o' | b'x' | b'X' | b'u' => {
                    conversion.integer(value.number() as i64)
                }
                b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => conversion.float(value.number()),
                b'c' => match &value {
                    Value::Number(number) => conversion.byte(&[(*number as i64 & 255) as u8]),
                    other @ (Value::Nothing | Value::Text(_) | Value::Input(_)) => {
                        let text = other.to_text(&conversion_format);
                        conversion.byte(&text[..text.len().min(1)])
                    }
                },
                b's' => conversion.text(&value.to_text(&conversion_format)),
                _ => [b"%", &after[..used]].concat(),
            };
            out.extend_from_slice(&text);
        }
        Ok(out)
    }

    fn random(&mut self, name: &str, arguments: &[Expr]) -> Done<Value> {
        if name == "srand" {
            let before = self.seed;
            self.seed = match arguments.first() {
                Some(argument) => self.value(argument)?.number() as u64,
                None => self.call.world.now().seconds.cast_unsigned(),
            };
            self.state = self.seed;
            return Ok(Value::Number(before as f64));
        }
        // SplitMix64: each state gives a number of its own, whatever the seed.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bits = (mixed ^ mixed >> 31) >> 11;
        Ok(Value::Number(bits as f64 / (1_u64 << 53) as f64))
    }

    fn time_text(&mut self, arguments: &[Expr]) -> Done<Value> {
        let format = match arguments.first() {
            Some(format) => self.text(format)?,
            None => Rc::from(&b"%a %b %e %H:%M:%S %Z %Y"[..]),
        };
        let seconds = match arguments.get(1) {
            Some(time) => self.value(time)?.number() as i64,
            None => self.call.world.now().seconds,
        };
        let zone = self.call.zone();
        Ok(Value::text(strftime(&format, &zoned(Time { seconds, nanoseconds: 0 }, &zone))))
    }

    fn time_number(&mut self, arguments: &[Expr]) -> Done<Value> {
        let text = self.text(&arguments[0])?;
        let zone = self.call.zone();
        let seconds = sandbox_world::clock::from_fields(BStr::new(&text[..]), &zone);
        Ok(Value::Number(seconds.map_or(-1.0, |seconds| seconds as f64)))
    }
}

/// How often a replacement was made, and the text after.
fn substituted(pattern: &Pattern, replacement: &[u8], text: &[u8], all: bool) -> (usize, Vec<u8>) {
    let (mut count, mut copied, mut at) = (0, 0, 0);
    let mut out = Vec::new();
    let mut last_end = None;
    while at <= text.len()
        && let Some(found) = pattern.find_at(text, at)
    {
        let is_empty = found.start == found.end;
        // An empty match right behind another one is none.
        if !(is_empty && last_end == Some(found.start)) {
            count += 1;
            out.extend_from_slice(&text[copied..found.start]);
            let mut bytes = replacement.iter().copied().peekable();
            while let Some(byte) = bytes.next() {
                match (byte, bytes.peek()) {
                    (b'\\', Some(next @ (b'&' | b'\\'))) => {
                        out.push(*next);
                        bytes.next();
                    }
                    (b'&', _) => out.extend_from_slice(&text[found.start..found.end]),
                    (other, _) => out.push(other),
                }
            }
            copied = found.end;
            if !all {
                break;
            }
        }
        last_end = Some(found.end);
        at = if is_empty { found.end + 1 } else { found.end };
    }
    out.extend_from_slice(&text[copied.min(text.len())..]);
    (count, out)
}
