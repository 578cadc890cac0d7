//! Releases and their order.

use super::Release;

fn release(text: &str) -> Option<Release> {
    text.parse().ok()
}

#[test]
fn releases_are_ordered_by_their_numbers_and_not_by_their_text() {
    assert!(release("0.9.0") < release("0.10.0") && release("1.0.0") > release("0.99.99"));
    assert_eq!(release("1.2.3-rc.1+build"), Some(Release::new(1, 2, 3)));
    assert_eq!(Release::new(1, 2, 3).to_string(), "1.2.3");
}

#[test]
fn what_has_not_three_numbers_is_no_release() {
    for text in ["", "1", "1.2", "1.2.3.4", "1.x.3", "v1.2.3", "1.2.99999999999999999999"] {
        assert_eq!(release(text), None, "{text:?}");
    }
}
