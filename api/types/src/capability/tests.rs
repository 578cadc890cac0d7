//! Which names are of capabilities.

use super::unknown_capability;

#[test]
fn the_first_name_that_is_of_none_is_told() {
    let unknown = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        unknown_capability(&names)
    };
    assert_eq!(unknown(&["all", "NET_ADMIN", "cap_sys_admin"]), None);
    assert_eq!(unknown(&["CHOWN", "fly", "swim"]).as_deref(), Some("CAP_FLY"));
    assert_eq!(unknown(&["CAP_ALL"]).as_deref(), Some("CAP_ALL"));
}
