//! Patterns as Go matches them.

use super::{BadPattern, matches};

#[test]
fn stars_marks_and_classes_take_what_they_say() {
    for (pattern, name, expected) in [
        ("abc", "abc", true),
        ("*", "abc", true),
        ("*c", "abc", true),
        ("a*", "a", true),
        ("a*b*c", "axxbyyc", true),
        ("a*b*c", "axxbyy", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false),
        ("[^a-c]x", "dx", true),
        ("[a\\]]x", "]x", true),
        ("\\*", "*", true),
        ("\\*", "a", false),
        ("größe*", "größer", true),
        ("", "", true),
        ("", "a", false),
    ] {
        assert_eq!(matches(pattern, name), Ok(expected), "{pattern} {name}");
    }
    for bad in ["[", "[a", "[]a]", "[a-]", "\\", "[-x]"] {
        assert_eq!(matches(bad, "a"), Err(BadPattern), "{bad}");
    }
}

#[test]
fn many_stars_take_no_longer_than_few() {
    let pattern = "*a".repeat(200);
    assert_eq!(matches(&pattern, &"a".repeat(20_000)), Ok(true));
    assert_eq!(matches(&(pattern + "b"), &"a".repeat(20_000)), Ok(false));
}
