//! Challenges as registries write them, and as nobody should.

use super::Challenge;

fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
    Challenge::Bearer {
        realm: realm.into(),
        service: service.map(Into::into),
        scope: scope.map(Into::into),
        error: None,
    }
}

#[test]
fn challenges_of_known_registries_are_read() {
    for (text, expected) in [
        (r#"Basic realm="Registry Realm""#, vec![Challenge::Basic]),
        ("basic", vec![Challenge::Basic]),
        (
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/x:pull""#,
            vec![bearer(
                "https://auth.docker.io/token",
                Some("registry.docker.io"),
                Some("repository:library/x:pull"),
            )],
        ),
        (
            r#"bearer realm=https://a/t , service = "s , \"q\"" , scope="a:b:pull,push""#,
            vec![bearer("https://a/t", Some("s , \"q\""), Some("a:b:pull,push"))],
        ),
        (
            r#"Basic realm="a, Bearer b", Bearer realm="https://a""#,
            vec![Challenge::Basic, bearer("https://a", None, None)],
        ),
        (r#"Negotiate, Basic realm=x"#, vec![Challenge::Basic]),
    ] {
        assert_eq!(Challenge::parse(text), expected, "{text}");
    }
}

#[test]
fn what_makes_no_sense_gives_no_challenge() {
    for text in ["", ",", "=", "realm=x", "Bearer", "Bearer service=x", "Digest realm=x", "===,=\""]
    {
        assert_eq!(Challenge::parse(text), vec![], "{text}");
    }
    assert_eq!(
        Challenge::parse("Bearer realm=\"never ends"),
        vec![bearer("never ends", None, None)]
    );
}
