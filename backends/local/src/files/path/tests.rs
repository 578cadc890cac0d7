//! Paths as clients write them.

use super::ContainerPath;

#[test]
fn the_name_is_the_last_part_or_a_dot() {
    for (text, name, parts) in [
        ("/", "/", ""),
        ("", "/", ""),
        (".", ".", ""),
        ("/.", ".", ""),
        ("/a/b", "b", "a/b"),
        ("a//b/", "b", "a/b"),
        ("/a/b/.", ".", "a/b"),
        ("/a/b/./", ".", "a/b"),
        ("/a/../b", "b", "b"),
        ("/../../b", "b", "b"),
        ("/a/b/..", "a", "a"),
        ("/a/...", "...", "a/..."),
        ("/a/b.", "b.", "a/b."),
    ] {
        let path = ContainerPath::parse(text);
        assert_eq!((path.name(), path.parts.join("/").as_str()), (name, parts), "{text}");
    }
}
