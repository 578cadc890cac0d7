//! What the kernel says of rules.

use rustix::io::Errno;

use super::acknowledgements;

/// An acknowledgement with its error number, and the head of what it belongs to.
fn answer(code: i32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(36_u32.to_ne_bytes());
    bytes.extend(2_u16.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(code.to_ne_bytes());
    bytes.extend([0; 16]);
    bytes
}

#[test]
fn good_answers_are_counted_and_the_first_bad_one_is_told() {
    let good = [answer(0), answer(0)].concat();
    assert_eq!(acknowledgements(&good), Ok(2));
    let bad = [answer(0), answer(-1)].concat();
    assert_eq!(acknowledgements(&bad), Err(Errno::PERM));
    assert_eq!(acknowledgements(&[]), Ok(0));
    assert_eq!(acknowledgements(&good[..20]), Ok(1), "a message cut short ends it");
}
