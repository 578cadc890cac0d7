//! What a pattern stands for.

use super::Pattern;

#[test]
fn a_star_stands_for_any_letters_and_nothing_else_does() {
    for (pattern, name, wanted) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("ab", "a", false),
        ("*", "", true),
        ("*", "a/b:c", true),
        ("a*", "a", true),
        ("a*c", "abbc", true),
        ("a*c", "abcd", false),
        ("a*b*c", "a-b-b-c", true),
        ("*.example.com/*", "x.example.com/y", true),
        ("registry.example.com/*", "evil.example/registry.example.com/x", false),
        ("a?c", "abc", false),
        ("a.c", "abc", false),
        ("**", "x", true),
    ] {
        let read = Pattern::try_from(pattern.to_owned()).unwrap();
        assert_eq!(read.matches(name), wanted, "{pattern} {name}");
    }
    assert!(Pattern::try_from(String::new()).is_err());
}

#[test]
fn many_stars_take_no_long_time() {
    let pattern = Pattern::try_from("*a".repeat(200)).unwrap();
    assert!(!pattern.matches(&format!("{}b", "a".repeat(5_000))));
}
