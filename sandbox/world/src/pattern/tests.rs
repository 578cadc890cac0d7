//! What glibc's `regexec` answers for the same.

use super::{Pattern, Syntax};

fn check(syntax: Syntax, pattern: &str, text: &str, expected: &str) {
    let shown = match Pattern::new(pattern.as_bytes(), syntax) {
        Err(error) => error,
        Ok(pattern) => match pattern.groups_at(text.as_bytes(), 0) {
            None => "none".to_owned(),
            Some(groups) => {
                let found = pattern.find_at(text.as_bytes(), 0);
                assert_eq!(found, groups[0]);
                let show = |group: &Option<super::Found>| match group {
                    Some(found) => format!("{},{}", found.start, found.end),
                    None => "-".to_owned(),
                };
                groups.iter().map(show).collect::<Vec<_>>().join(" ")
            }
        },
    };
    assert_eq!(shown, expected, "{pattern} in {text}");
}

#[test]
fn the_longest_alternative_wins() {
    check(Syntax::EXTENDED, "a|ab|abc", "xabcd", "1,4");
    check(Syntax::EXTENDED, "(a|ab)(c|bcd)", "abcd", "0,4 0,1 1,4");
    check(Syntax::EXTENDED, "a?(ab)?", "ab", "0,2 0,2");
}

#[test]
fn back_references_match_what_their_group_did() {
    check(Syntax::BASIC, r"\(.\)\1", "abccd", "2,4 2,3");
    check(Syntax::EXTENDED, r"(a*)b\1", "aabaa", "0,5 0,2");
    check(Syntax::EXTENDED, r"^(.+)\1$", "abcabd", "none");
}

#[test]
fn marks_mean_themselves_where_they_can_be_no_operator() {
    check(Syntax::BASIC, "*a", "*a", "0,2");
    check(Syntax::BASIC, "a^b$c", "a^b$c", "0,5");
    check(Syntax::BASIC, r"\(^a\)", "ba", "none");
    check(Syntax::BASIC, "a+b", "a+b", "0,3");
    check(Syntax::EXTENDED, "a{,2}b", "aaab", "1,4");
    check(Syntax::BASIC, r"a\{2\}", "baaa", "1,3");
    check(Syntax::BASIC, r"a\|b", "b", "0,1");
    check(Syntax::EXTENDED, "a]", "a]", "0,2");
}

#[test]
fn sets_hold_ranges_classes_and_closing_brackets() {
    check(Syntax::BASIC, "[]x]*", "]x]y", "0,3");
    check(Syntax::BASIC, "[^]x]", "]xy", "2,3");
    check(Syntax::EXTENDED, "[[:digit:]a-c.-]+", "zb-9.x", "1,5");
    check(Syntax::EXTENDED, r"[\n]+", r"a\n", "1,3");
    check(Syntax::EXTENDED, r"\<w\w+\>", "awe wet", "4,7");
}

#[test]
fn bad_expressions_are_refused_as_regerror_says() {
    check(Syntax::BASIC, r"\(a", "", "Unmatched ( or \\(");
    check(Syntax::BASIC, r"a\)", "", "Unmatched ) or \\)");
    check(Syntax::BASIC, "[a", "", "Unmatched [, [^, [:, [., or [=");
    check(Syntax::BASIC, r"a\", "", "Trailing backslash");
    check(Syntax::BASIC, r"\(a\)\2", "", "Invalid back reference");
    check(Syntax::BASIC, "[b-a]", "", "Invalid range end");
    check(Syntax::BASIC, "[[:foo:]]", "", "Invalid character class name");
}
