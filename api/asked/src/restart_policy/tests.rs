//! What is taken, and what is refused.

use super::*;

fn wire(name: &str, maximum_retry_count: i64) -> WirePolicy {
    WirePolicy { name: name.into(), maximum_retry_count }
}

#[test]
fn each_word_comes_back_as_it_was_sent() {
    for (name, retries) in
        [("always", 0), ("unless-stopped", 0), ("on-failure", 0), ("on-failure", 3)]
    {
        let read = restart_policy(&wire(name, retries), false).unwrap();
        assert!(read.is_some(), "{name}");
        assert_eq!(show(read), wire(name, retries));
    }
    for name in ["", "no"] {
        assert_eq!(show(restart_policy(&wire(name, 0), true).unwrap()), wire("no", 0));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (name, retries, auto_remove, words) in [
        ("maybe", 0, false, "unknown policy 'maybe'"),
        ("always", 1, false, "can only be used with 'on-failure'"),
        ("", 2, false, "can only be used with 'on-failure'"),
        ("on-failure", -1, false, "cannot be negative"),
        ("always", 0, true, "can't create 'AutoRemove' container with restart policy"),
    ] {
        let error = restart_policy(&wire(name, retries), auto_remove).unwrap_err();
        let Unfit::Invalid(text) = &error else { panic!("{name}: {error:?}") };
        assert!(text.contains(words), "{text}");
    }
}
