//! Tests of identities.

use std::cmp::Ordering;

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

#[test]
fn ids_are_ordered_as_their_bytes_are() {
    let of = |text: &str| text.parse::<RequestId>().unwrap();
    let ordered = [
        "00000000000000000000000000000000",
        "00000000000000000000000000000001",
        "000000000000000000000000000000ff",
        "00000000000000000100000000000000",
        "00000000000000010000000000000000",
        "01000000000000000000000000000000",
        "7f000000000000000000000000000000",
        "80000000000000000000000000000000",
        "ffffffffffffffffffffffffffffffff",
    ]
    .map(of);
    for pair in ordered.windows(2) {
        assert_eq!(pair[0].cmp(&pair[1]), Ordering::Less, "{pair:?}");
        assert_eq!(pair[1].cmp(&pair[0]), Ordering::Greater, "{pair:?}");
    }
    for id in ordered {
        assert_eq!(id.cmp(&id), Ordering::Equal);
    }
}
