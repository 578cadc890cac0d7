//! Numbers as shells read and write them.

/// A whole number in decimal, octal or hexadecimal, as `strtoimax` with base 0 reads all of it.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        rest => (10, rest),
    };
    number(digits, base, negative)
}

/// A whole decimal number with blanks around it, as the numbers of `test` are.
pub(crate) fn decimal(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    match text {
        [b'-', rest @ ..] => number(rest, 10, true),
        [b'+', rest @ ..] => number(rest, 10, false),
        rest => number(rest, 10, false),
    }
}

/// A number without a sign that fits an exit status or a count.
pub(crate) fn unsigned(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    u32::try_from(number(text, 10, false)?).ok().filter(|n| *n <= i32::MAX as u32)
}

fn number(digits: &[u8], base: i64, negative: bool) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_i64;
    for digit in digits {
        let digit = i64::from(char::from(*digit).to_digit(u32::try_from(base).ok()?)?);
        value = value.saturating_mul(base).saturating_add(if negative { -digit } else { digit });
    }
    Some(value)
}

/// Writes a number without taking memory.
pub(crate) fn write(value: i64, room: &mut [u8; 24]) -> &[u8] {
    let mut at = room.len();
    let mut left = value.unsigned_abs();
    loop {
        at -= 1;
        room[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        room[at] = b'-';
    }
    &room[at..]
}
