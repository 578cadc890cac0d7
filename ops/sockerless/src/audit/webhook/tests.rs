//! Tests of the signature of deliveries.

use super::signature;

#[test]
fn deliveries_are_signed_as_rfc_4231_has_it() {
    let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(signature(b"Jefe", b"what do ya want for nothing?"), expected);
}
