//! Tests of the serialised form.

use super::{FormError, read, write};

#[test]
fn a_state_over_the_limit_of_records_is_written_and_read() {
    let state = vec![7_u8; journal_log::BODY_BYTES_MAX + 1];
    let bytes = write(&state).unwrap();
    assert_eq!(read::<Vec<u8>>(&bytes).unwrap(), state);
}

#[test]
fn bytes_that_are_cut_or_too_many_are_refused() {
    let mut bytes = write(&vec![1_u32, 2, 3]).unwrap();
    assert!(matches!(read::<Vec<u32>>(&bytes[..2]), Err(FormError::Codec(_))));
    bytes.push(0);
    assert!(matches!(read::<Vec<u32>>(&bytes), Err(FormError::Trailing { left_bytes: 1 })));
}
