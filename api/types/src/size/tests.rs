//! Sizes in words.

use super::parse_size_bytes;

#[test]
fn sizes_are_powers_of_1024_in_any_spelling_of_the_unit() {
    let cases = [
        ("32", 32),
        ("32b", 32),
        ("32B", 32),
        ("32k", 32 << 10),
        ("32KiB", 32 << 10),
        ("32kb", 32 << 10),
        ("32 Mb", 32 << 20),
        ("1.5g", 3 << 29),
        ("1t", 1 << 40),
        ("1P", 1 << 50),
        (".5k", 512),
    ];
    for (text, bytes) in cases {
        assert_eq!(parse_size_bytes(text), Ok(bytes), "{text}");
    }
}

#[test]
fn what_is_no_size_is_refused_with_the_words_of_docker() {
    let cases = [
        ("", "invalid size: ''"),
        ("hello", "invalid size: 'hello'"),
        ("-32", "invalid size: '-32'"),
        ("1e3", "invalid size: '1e3'"),
        (" 32 ", "invalid size: ' 32 '"),
        ("32x", "invalid suffix: 'x'"),
        ("32kbx", "invalid suffix: 'kbx'"),
        ("32bb", "invalid suffix: 'bb'"),
    ];
    for (text, error) in cases {
        assert_eq!(parse_size_bytes(text).unwrap_err().to_string(), error, "{text}");
    }
}
