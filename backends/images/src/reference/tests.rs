//! Names as users write them, whole and familiar, and what Docker says of wrong ones.

use super::Reference;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn check(text: &str, whole: &str, familiar: &str) {
    let reference = Reference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!((reference.to_string().as_str(), reference.familiar().as_str()), (whole, familiar));
    assert_eq!(Reference::parse(whole), Ok(reference.clone()));
    assert_eq!(Reference::parse(&reference.familiar()), Ok(reference));
}

#[test]
fn names_are_made_whole_and_shown_familiar() {
    check("busybox", "docker.io/library/busybox:latest", "busybox:latest");
    check("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36");
    check("library/busybox", "docker.io/library/busybox:latest", "busybox:latest");
    check("index.docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest");
    check("docker.io/a/b/c:x", "docker.io/a/b/c:x", "a/b/c:x");
    check("docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest");
    check("me/app:v1", "docker.io/me/app:v1", "me/app:v1");
    check("localhost/app", "localhost/app:latest", "localhost/app:latest");
    check("localhost:5000/app:T_1.2-x", "localhost:5000/app:T_1.2-x", "localhost:5000/app:T_1.2-x");
    check("ghcr.io/a/b__c.d--e_f", "ghcr.io/a/b__c.d--e_f:latest", "ghcr.io/a/b__c.d--e_f:latest");
    check(
        "[2001:db8::1]:5000/app",
        "[2001:db8::1]:5000/app:latest",
        "[2001:db8::1]:5000/app:latest",
    );
    check("UPPER/app", "UPPER/app:latest", "UPPER/app:latest");
    let digest = format!("busybox@sha256:{HEX}");
    check(&digest, &format!("docker.io/library/{digest}"), &digest);
    let both = format!("busybox:1@sha256:{HEX}");
    check(&both, &format!("docker.io/library/{both}"), &both);
}

#[test]
fn wrong_names_get_the_words_of_docker() {
    let long = "a/".repeat(130) + "b";
    for (text, expected) in [
        ("Foo", "invalid reference format: repository name (library/Foo) must be lowercase"),
        ("me/Foo:Tag", "invalid reference format: repository name (me/Foo) must be lowercase"),
        ("", "repository name must have at least one component"),
        ("a:", "invalid reference format"),
        (":tag", "invalid reference format"),
        ("a b", "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("-a", "invalid reference format"),
        ("a___b", "invalid reference format"),
        ("a._b", "invalid reference format"),
        ("a:b:c", "invalid reference format"),
        ("a:.b", "invalid reference format"),
        ("-host.io/a", "invalid reference format"),
        ("host:port/a", "invalid reference format"),
        ("a@sha256:00", "invalid reference format"),
        ("é", "invalid reference format"),
        (&long, "repository name must not be more than 255 characters"),
        (&format!("a:{}", "t".repeat(129)), "invalid reference format"),
        (&format!("a@md5:{}", &HEX[..32]), "unsupported digest algorithm"),
        (&format!("a@sha256:{}", &HEX[..40]), "invalid checksum digest length"),
        (&format!("a@sha256:{}", HEX.to_uppercase()), "invalid checksum digest format"),
        (
            HEX,
            &format!("invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings"),
        ),
    ] {
        let error = Reference::parse(text).map(|reference| reference.to_string()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn a_tag_is_filled_in_only_where_it_is_wanted() {
    let reference = Reference::parse_untagged("busybox").unwrap();
    assert_eq!((reference.tag(), reference.familiar().as_str()), (None, "busybox"));
    assert_eq!(reference.with_tag("v2").unwrap().familiar(), "busybox:v2");
    assert!(reference.with_tag("no good").is_err());
    assert_eq!((reference.domain(), reference.path()), ("docker.io", "library/busybox"));
}
