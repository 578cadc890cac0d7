//! Tests of the codec's limits.

use super::{BODY_BYTES_MAX, DecodeError, EncodeError, decode, encode};

#[test]
fn whatever_can_be_written_can_be_read() {
    // Small integers take one byte each but are accounted for at full width.
    let value = (vec![1_u64; BODY_BYTES_MAX / 2], vec![1_u128; BODY_BYTES_MAX / 2 - 10]);
    let bytes = encode(&value).unwrap();
    assert!(bytes.len() > BODY_BYTES_MAX - 10);
    assert_eq!(decode::<(Vec<u64>, Vec<u128>)>(&bytes).unwrap(), value);
}

#[test]
fn a_value_over_the_limit_is_refused_on_both_sides() {
    let value = vec![7_u8; BODY_BYTES_MAX];
    assert!(matches!(encode(&value), Err(EncodeError::TooLong { .. })));
    let bytes = vec![0; BODY_BYTES_MAX + 1];
    assert!(matches!(decode::<u8>(&bytes), Err(DecodeError::TooLong { .. })));
}

#[test]
fn bytes_left_over_or_missing_are_refused() {
    let mut bytes = encode(&"text").unwrap();
    bytes.push(0);
    assert!(matches!(decode::<String>(&bytes), Err(DecodeError::Trailing { left_bytes: 1 })));
    bytes.truncate(3);
    assert!(matches!(decode::<String>(&bytes), Err(DecodeError::Codec(_))));
    // A length that promises more than memory holds is refused before it is believed.
    assert!(matches!(decode::<Vec<u8>>(&[0xfd; 9]), Err(DecodeError::Codec(_))));
}
