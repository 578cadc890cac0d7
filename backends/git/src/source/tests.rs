//! What is read of what clients write.

use expect_test::{Expect, expect};

use super::{Source, is_git};

fn check(text: &str, read: Expect) {
    let told = match Source::parse(text) {
        Ok(Source { remote, reference, directory }) => {
            format!("{remote} {reference} {directory:?}")
        }
        Err(error) => format!("refused: {error}"),
    };
    read.assert_eq(&told);
}

#[test]
fn places_of_repositories_are_told_apart_from_files() {
    for text in [
        "https://github.com/user/repo.git",
        "http://host/repo.git#ref:directory",
        "git://host/repo",
        "github.com/user/repo",
        "git@github.com:user/repo.git",
    ] {
        assert!(is_git(text), "{text}");
    }
    for text in
        ["https://host/context.tar", "http://host/repo.git#", "ssh://host/repo.git", "x.git"]
    {
        assert!(!is_git(text), "{text}");
    }
}

#[test]
fn a_repository_is_wanted_at_master_and_whole() {
    check("git://host/repo", expect![[r#"git://host/repo master """#]]);
    check("GIT://host/repo.git", expect![[r#"git://host/repo.git master """#]]);
    check("github.com/user/repo", expect![[r#"https://github.com/user/repo master """#]]);
    check("http://host/r.git#:d", expect![[r#"http://host/r.git master "d""#]]);
}

#[test]
fn what_is_behind_the_number_sign_says_what_of_it() {
    check("git://host/r#branch:a/b/", expect![[r#"git://host/r branch "a/b/""#]]);
    check("https://host/r.git#pull/4/head", expect![[r#"https://host/r.git pull/4/head """#]]);
    check("https://host/r.git#a%20b:c:d", expect![[r#"https://host/r.git a b "c:d""#]]);
}

#[test]
fn options_of_git_and_keys_of_the_server_are_out_of_reach() {
    check("git://host/r#--upload-pack=x:", expect!["refused: invalid refspec: --upload-pack=x"]);
    check("git://host/r#%2Dx", expect!["refused: invalid refspec: -x"]);
    check(
        "git@host:r.git#x",
        expect![
            "refused: not built yet: a git repository over SSH (git@host:r.git), for the keys would be those of the server; name it by https, or clone it and send the directory"
        ],
    );
    check("git:///etc", expect!["refused: this is no git repository: it names no host"]);
    check("http://:x@/r.git", expect!["refused: this is no git repository: empty host"]);
}

#[test]
fn a_directory_stays_in_the_tree() {
    let directory =
        |text: &str| Source::parse(&format!("git://host/r#:{text}")).unwrap().directory();
    assert_eq!(directory("").as_deref(), Some(""));
    assert_eq!(directory("/a//./b/../c/").as_deref(), Some("a/c"));
    assert_eq!(directory("a/../../b"), None);
    assert_eq!(directory(".."), None);
}

#[test]
fn a_password_is_not_shown() {
    let source = Source::parse("https://user:secret@host/r.git#x").unwrap();
    assert_eq!(source.shown().as_str(), "https://host/r.git");
}
