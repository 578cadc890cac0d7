//! The lookup in a directory of odd files.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::{find, variable};

fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, mode) in [("run", 0o755), ("plain", 0o644)] {
        fs::write(dir.path().join(name), "").unwrap();
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::create_dir(dir.path().join("dir")).unwrap();
    dir
}

#[test]
fn a_bare_name_is_found_in_the_path() {
    let dir = tree();
    let root = dir.path().to_str().unwrap();
    assert_eq!(find("run", &format!("/nosuch:{root}")), Ok(format!("{root}/run")));
}

#[test]
fn what_cannot_be_executed_is_not_found_in_the_path() {
    let dir = tree();
    for name in ["plain", "dir", "nosuch", ""] {
        let words = find(name, dir.path().to_str().unwrap()).unwrap_err().to_string();
        assert_eq!(words, format!("exec: \"{name}\": executable file not found in $PATH"));
    }
}

#[test]
fn a_path_is_refused_in_dockers_words() {
    let dir = tree();
    let root = dir.path().to_str().unwrap();
    let words = |name: &str| find(&format!("{root}/{name}"), "").unwrap_err().to_string();
    assert_eq!(words("plain"), format!("exec: \"{root}/plain\": permission denied"));
    assert_eq!(words("dir"), format!("exec: \"{root}/dir\": is a directory"));
    assert_eq!(
        words("no"),
        format!("exec: \"{root}/no\": stat {root}/no: no such file or directory")
    );
    assert_eq!(
        words("run/x"),
        format!("exec: \"{root}/run/x\": stat {root}/run/x: not a directory")
    );
}

#[test]
fn the_last_of_two_equal_variables_wins() {
    let env = ["A=1".to_owned(), "AB=2".to_owned(), "A=3".to_owned()];
    assert_eq!(variable(&env, "A"), Some("3"));
    assert_eq!(variable(&env, "B"), None);
}
