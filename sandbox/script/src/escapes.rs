//! Backslash escapes: of `echo`, `printf`, and `$'…'`.

/// What an escape came to.
pub enum Escape {
    /// Bytes, and how many of the text they took.
    Bytes(Vec<u8>, usize),
    /// `\c`: nothing more is written.
    Stop,
    /// No escape: the backslash stands for itself.
    None,
}

/// Which escapes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Dash's echo and `%b`: octal digits after `\0`.
    Echo,
    /// Dash's printf format: octal digits at once.
    Format,
    /// Bash's echo -e and `%b`: hexadecimal and Unicode too.
    BashEcho,
    /// Bash's printf format.
    BashFormat,
    /// `$'…'`.
    Ansi,
}

/// The escape at the start of `text`, which follows a backslash.
pub fn escape(text: &[u8], dialect: Dialect) -> Escape {
    let bash = matches!(dialect, Dialect::BashEcho | Dialect::BashFormat | Dialect::Ansi);
    let echo = matches!(dialect, Dialect::Echo | Dialect::BashEcho);
    let one = |byte: u8| Escape::Bytes(vec![byte], 1);
    match text.first() {
        Some(b'a') => one(7),
        Some(b'b') => one(8),
        Some(b'f') => one(12),
        Some(b'n') => one(b'\n'),
        Some(b'r') => one(b'\r'),
        Some(b't') => one(b'\t'),
        Some(b'v') => one(11),
        Some(b'\\') => one(b'\\'),
        Some(b'e' | b'E') if bash => one(27),
        Some(b'"') if matches!(dialect, Dialect::BashFormat | Dialect::Ansi) => one(b'"'),
        Some(b'\'') if dialect == Dialect::Ansi => one(b'\''),
        Some(b'?') if dialect == Dialect::Ansi => one(b'?'),
        Some(b'c') if echo => Escape::Stop,
        Some(b'c') if dialect == Dialect::Ansi && text.len() > 1 => {
            Escape::Bytes(vec![text[1].to_ascii_uppercase() ^ 0x40], 2)
        }
        Some(b'0') if echo => octal(text, 1, 3),
        Some(b'0'..=b'7') if !echo => octal(text, 0, 3),
        Some(b'1'..=b'7') if dialect == Dialect::BashEcho => octal(text, 0, 3),
        Some(b'x') if bash => {
            let (value, digits) = hex(&text[1..], 2);
            if digits == 0 { Escape::None } else { Escape::Bytes(vec![value as u8], 1 + digits) }
        }
        Some(b'u') if bash => unicode(text, 4),
        Some(b'U') if bash => unicode(text, 8),
        _ => Escape::None,
    }
}

fn octal(text: &[u8], from: usize, most: usize) -> Escape {
    let digits = text[from..].iter().take(most).take_while(|b| matches!(b, b'0'..=b'7')).count();
    let value = text[from..from + digits].iter().fold(0_u32, |n, d| n * 8 + u32::from(d - b'0'));
    Escape::Bytes(vec![(value & 0xff) as u8], from + digits)
}

fn hex(text: &[u8], most: usize) -> (u32, usize) {
    let mut value = 0;
    let mut digits = 0;
    for byte in text.iter().take(most) {
        let Some(digit) = char::from(*byte).to_digit(16) else { break };
        value = value * 16 + digit;
        digits += 1;
    }
    (value, digits)
}

fn unicode(text: &[u8], most: usize) -> Escape {
    let (value, digits) = hex(&text[1..], most);
    match char::from_u32(value) {
        Some(c) if digits > 0 => Escape::Bytes(c.to_string().into_bytes(), 1 + digits),
        _ => Escape::None,
    }
}

/// Text with its escapes replaced; true where `\c` cut it off.
pub fn replace(text: &[u8], dialect: Dialect) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'\\' {
            out.push(text[at]);
            at += 1;
            continue;
        }
        at += 1;
        match escape(&text[at..], dialect) {
            Escape::Bytes(bytes, used) => {
                out.extend_from_slice(&bytes);
                at += used;
            }
            Escape::Stop => return (out, true),
            Escape::None => out.push(b'\\'),
        }
    }
    (out, false)
}

/// The inside of `$'…'`; a zero byte ends it.
pub fn ansi_c(text: &[u8]) -> Vec<u8> {
    let mut out = replace(text, Dialect::Ansi).0;
    if let Some(end) = out.iter().position(|byte| *byte == 0) {
        out.truncate(end);
    }
    out
}
