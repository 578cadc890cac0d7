//! Digest texts.

use super::Digest;

#[test]
fn a_digest_reads_back_what_it_shows() {
    let digest = Digest::from_bytes([0xab; 32]);
    assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
    assert_eq!(digest.short(), "abababababab");
}

#[test]
fn anything_but_lower_case_sha256_is_refused() {
    let upper = format!("sha256:{}", "AB".repeat(32));
    let short = format!("sha256:{}", "ab".repeat(31));
    let other = format!("sha512:{}", "ab".repeat(32));
    for text in ["", "sha256:", &upper, &short, &other, &"ab".repeat(32)] {
        assert!(text.parse::<Digest>().is_err(), "{text}");
    }
}
