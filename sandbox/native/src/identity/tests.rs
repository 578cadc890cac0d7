//! The lookup against small passwd and group files.

use super::{Identity, IdentityError, resolve};

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n# comment\n\nbroken\nweb:x:33:34::/var/www:/bin/sh\n1000:x:7:8::/odd:/bin/sh\n";
const GROUP: &str = "root:x:0:\naudio:x:29:web,other\nwww:x:34:\nvideo:x:44: web\ndocker:x:999:\n";

fn look_up(user: &str, additional: &[&str]) -> Result<Identity, IdentityError> {
    let additional: Vec<String> = additional.iter().map(|name| (*name).to_owned()).collect();
    resolve(user, &additional, Some(PASSWD.as_bytes()), Some(GROUP.as_bytes()))
}

fn check(user: &str, additional: &[&str], uid: u32, groups: &[u32], home: &str) {
    let found = look_up(user, additional).unwrap();
    assert_eq!((found.uid, found.gid), (uid, groups[0]), "{user}");
    assert_eq!((&found.groups[..], found.home.as_str()), (groups, home), "{user}");
}

#[test]
fn names_and_numbers_find_the_entry() {
    check("", &[], 0, &[0], "/root");
    check("root", &[], 0, &[0], "/root");
    check("web", &[], 33, &[34, 29, 44], "/var/www");
    check("33", &[], 33, &[34, 29, 44], "/var/www");
}

#[test]
fn a_number_needs_no_entry() {
    check("4711", &[], 4711, &[0], "/");
    check("4711:4712", &[], 4711, &[4712], "/");
}

#[test]
fn a_name_that_looks_like_a_number_wins() {
    check("1000", &[], 7, &[8], "/odd");
}

#[test]
fn a_given_group_replaces_those_of_the_user() {
    check("web:docker", &[], 33, &[999], "/var/www");
    check("web:", &[], 33, &[34, 29, 44], "/var/www");
}

#[test]
fn additional_groups_are_added_once() {
    check("root", &["audio", "29", "5"], 0, &[0, 5, 29], "/root");
}

#[test]
fn what_is_not_there_is_named() {
    let words = |user: &str, groups: &[&str]| look_up(user, groups).unwrap_err().to_string();
    assert_eq!(words("foo", &[]), "unable to find user foo: no matching entries in passwd file");
    assert_eq!(
        words("web:bar", &[]),
        "unable to find group bar: no matching entries in group file"
    );
    assert_eq!(words("0", &["baz"]), "unable to find group baz: no matching entries in group file");
    assert_eq!(words("-1", &[]), "uids and gids must be in range 0-2147483647");
    assert_eq!(words("2147483648", &[]), "uids and gids must be in range 0-2147483647");
}

#[test]
fn missing_files_leave_numbers_alone() {
    let none = || None::<&[u8]>;
    assert_eq!(resolve("5:6", &[], none(), none()).unwrap().uid, 5);
    assert!(resolve("root", &[], none(), none()).is_err());
}
