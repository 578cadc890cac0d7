//! Sequences that begin with a backslash.

/// Takes one sequence, whose backslash is already taken: its byte and how many bytes it has. A letter that stands for
/// nothing gives the backslash itself, and 0.
pub fn unescape(after: &[u8]) -> (u8, usize) {
    let Some(first) = after.first() else { return (b'\\', 0) };
    let byte = match first {
        b'a' => 7,
        b'b' => 8,
        b'e' => 27,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'0'..=b'7' => return digits(after, 8, 3),
        b'x' => {
            let (byte, count) = digits(&after[1..], 16, 2);
            return if count == 0 { (b'\\', 0) } else { (byte, count + 1) };
        }
        _ => return (b'\\', 0),
    };
    (byte, 1)
}

/// All sequences of a text taken.
pub fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'\\' {
            let (byte, count) = unescape(after);
            bytes.push(byte);
            rest = &after[count..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

/// A number of at most `most` digits: its low byte, and how many digits there are.
pub fn digits(text: &[u8], radix: u32, most: usize) -> (u8, usize) {
    let mut value = 0_u32;
    let mut count = 0;
    while let Some(digit) = text.get(count).and_then(|byte| char::from(*byte).to_digit(radix)) {
        if count == most || value * radix + digit > 255 {
            break;
        }
        value = value * radix + digit;
        count += 1;
    }
    (u8::try_from(value).unwrap_or(u8::MAX), count)
}
