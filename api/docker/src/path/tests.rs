//! Names as clients write them.

use super::*;

#[test]
fn a_segment_is_decoded_and_loses_its_slash() {
    let target = |segment: &str| segment.parse::<Target>().unwrap().0;
    assert_eq!(target("web"), "web");
    assert_eq!(target("%2Fweb"), "web");
    assert_eq!(target("a%20b"), "a b");
    assert_eq!(target("%zz"), "%zz");
}
