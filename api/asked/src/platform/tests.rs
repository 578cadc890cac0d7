//! Platforms as clients write them.

use super::*;

#[test]
fn kernel_words_become_gos() {
    assert_eq!(platform("linux/x86_64").unwrap().to_string(), "linux/amd64");
    assert_eq!(platform("linux/aarch64/v8").unwrap().to_string(), "linux/arm64/v8");
    assert_eq!(platform("Linux/ARM/V7").unwrap().to_string(), "linux/arm/v7");
}

#[test]
fn a_part_that_is_left_out_is_this_hosts() {
    assert_eq!(platform("linux").unwrap(), Platform::host());
    assert_eq!(platform("arm64").unwrap().to_string(), "linux/arm64");
}

#[test]
fn what_is_no_platform_is_refused() {
    for text in ["", "/", "linux/", "linux/amd64/v1/x", "linux/am d64", "linux\\amd64"] {
        assert!(platform(text).is_err(), "{text:?}");
    }
}
