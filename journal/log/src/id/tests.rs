//! Tests of identities.

use crate::{ParseIdError, RequestId, codec};

#[test]
fn an_id_is_its_digits_for_people_and_its_bytes_in_records() {
    let id = RequestId::from_bytes(std::array::from_fn(|i| i as u8 * 16 + 1));
    let digits = "0111213141516171 8191a1b1c1d1e1f1".replace(' ', "");
    assert_eq!(id.to_string(), digits);
    assert_eq!(id.short(), "011121314151");
    assert_eq!(format!("{id:?}"), format!("RequestId({digits})"));
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{digits}\""));
    assert_eq!(serde_json::from_str::<RequestId>(&format!("\"{digits}\"")).unwrap(), id);
    assert_eq!(codec::encode(&id).unwrap(), id.as_bytes());
    assert_eq!(codec::decode::<RequestId>(id.as_bytes()).unwrap(), id);
}

#[test]
fn what_is_no_id_is_refused() {
    let length = ParseIdError::Length { expected: 32, found: 31 };
    assert_eq!("0".repeat(31).parse::<RequestId>(), Err(length));
    assert_eq!("A".repeat(32).parse::<RequestId>(), Err(ParseIdError::Digit));
    assert_eq!("é".repeat(16).parse::<RequestId>(), Err(ParseIdError::Digit));
}
