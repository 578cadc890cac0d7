//! Detach keys: descriptions, and the filter against a plain model of it.

use proptest::prelude::*;

use super::{DetachFilter, DetachKeys};

fn filtered(keys: &str, pieces: &[&[u8]]) -> (Vec<u8>, bool) {
    let mut filter = DetachFilter::new(DetachKeys::parse(keys).unwrap());
    let mut passed = Vec::new();
    for piece in pieces {
        if filter.push(piece, &mut passed) {
            return (passed, true);
        }
    }
    (passed, false)
}

#[test]
fn descriptions_name_the_bytes_that_a_terminal_sends() {
    let cases: [(&str, &[u8]); 8] = [
        ("", &[16, 17]),
        ("ctrl-p,ctrl-q", &[16, 17]),
        ("ctrl-@", &[0]),
        ("ctrl-a,a,ctrl-z", &[1, b'a', 26]),
        ("ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", &[27, 28, 29, 30, 31]),
        ("DEL", &[127]),
        ("x", b"x"),
        ("ctrl-e,e", &[5, b'e']),
    ];
    for (description, bytes) in cases {
        assert_eq!(DetachKeys::parse(description).unwrap().as_bytes(), bytes, "{description}");
    }
}

#[test]
fn descriptions_of_no_key_are_refused_with_the_words_of_docker() {
    for description in ["ctrl-P", "ctrl-1", "ctrl-", "ab", ",", "a,,b", "é", "del"] {
        let error = DetachKeys::parse(description).unwrap_err().to_string();
        assert_eq!(error, format!("Invalid detach keys ({description}) provided"));
    }
    assert!(DetachKeys::parse(&"a,".repeat(1_000)).is_err());
}

#[test]
fn the_keys_detach_wherever_the_input_is_cut() {
    assert_eq!(filtered("", &[b"ls\n\x10\x11rest"]), (b"ls\n".to_vec(), true));
    assert_eq!(filtered("", &[b"ls\n\x10", b"\x11rest"]), (b"ls\n".to_vec(), true));
    assert_eq!(filtered("a", &[b"bba"]), (b"bb".to_vec(), true));
}

#[test]
fn the_start_of_the_keys_is_held_back_and_given_when_it_is_broken() {
    assert_eq!(filtered("", &[b"x\x10"]), (b"x".to_vec(), false));
    assert_eq!(filtered("", &[b"x\x10", b"y"]), (b"x\x10y".to_vec(), false));
    assert_eq!(filtered("a,b,c", &[b"ab", b"a"]), (b"aba".to_vec(), false));
}

#[test]
fn the_key_that_breaks_a_sequence_does_not_begin_another() {
    assert_eq!(filtered("", &[b"\x10\x10\x11"]), (b"\x10\x10\x11".to_vec(), false));
}

#[test]
fn what_is_held_back_is_given_at_the_end_of_the_input() {
    let mut filter = DetachFilter::new(DetachKeys::default());
    let mut passed = Vec::new();
    assert!(!filter.push(b"a\x10", &mut passed));
    filter.finish(&mut passed);
    assert_eq!(passed, b"a\x10");
}

proptest! {
    #[test]
    fn cutting_the_input_changes_nothing(
        typed in prop::collection::vec(prop::sample::select(&b"ab\x10\x11"[..]), 0..64),
        cuts in prop::collection::vec(0_usize..64, 0..8),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= typed.len()).collect();
        cuts.extend([0, typed.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &typed[pair[0]..pair[1]]).collect();
        for keys in ["", "a,b", "a,a", "a"] {
            prop_assert_eq!(filtered(keys, &pieces), filtered(keys, &[&typed]));
        }
    }

    #[test]
    fn nothing_is_lost_without_the_keys(typed in prop::collection::vec(any::<u8>(), 0..256)) {
        let mut filter = DetachFilter::new(DetachKeys::default());
        let mut passed = Vec::new();
        if filter.push(&typed, &mut passed) {
            let at = passed.len();
            prop_assert_eq!(&typed[at..at + 2], &[16, 17]);
            prop_assert_eq!(&typed[..at], &passed[..]);
        } else {
            filter.finish(&mut passed);
            prop_assert_eq!(passed, typed);
        }
    }
}
