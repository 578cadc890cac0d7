//! Whose ranges are taken.

use super::{given, names};

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n\
                      other:x:1001:1001::/:/bin/sh\nsame:x:1000:1000::/:/bin/sh\n";

#[test]
fn a_user_goes_by_name_and_by_number() {
    assert_eq!(names(PASSWD, 1000), ["ann", "same", "1000"]);
    assert_eq!(names(PASSWD, 7), ["7"]);
}

#[test]
fn ranges_of_others_and_lines_that_say_nothing_are_passed_over() {
    let text =
        "other:100000:65536\nann:165536:65536\n# ann:1:2\nann:x:1\n\n1000:400000:10\nann:5\n";
    assert_eq!(given(text, &names(PASSWD, 1000)), [(165_536, 65_536), (400_000, 10)]);
    assert_eq!(given(text, &names(PASSWD, 7)), []);
}
