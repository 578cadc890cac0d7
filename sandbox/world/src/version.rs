//! Names with numbers in them, in the order of the numbers.

use std::cmp::Ordering;

/// As `strverscmp`: runs of digits by their value, those with a zero in front as fractions.
pub fn by_version(a: &[u8], b: &[u8]) -> Ordering {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    // The run of digits that the difference is in begins before it.
    let start = a[..same].iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    let digits =
        |text: &[u8]| text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (in_a, in_b) = (digits(a), digits(b));
    if in_a > same - start && in_b > same - start || (in_a > 0 && in_b > 0 && same > start) {
        let is_fraction = a[start] == b'0' || b[start] == b'0';
        if !is_fraction && in_a != in_b {
            return in_a.cmp(&in_b);
        }
    }
    a[same..].cmp(&b[same..])
}
