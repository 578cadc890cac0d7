//! Who sees which argument.

use super::Arguments;

fn given(pairs: &[(&str, &str)]) -> Arguments {
    let pairs = pairs.iter().map(|(name, value)| ((*name).into(), Some((*value).into())));
    Arguments::new(pairs.collect())
}

#[test]
fn an_argument_is_a_stages_own_and_the_client_has_the_last_word() {
    let mut arguments = given(&[("a", "client"), ("never", "x")]);
    arguments.declare("a", Some("default".into()));
    arguments.declare("b", Some("default".into()));
    arguments.declare("c", None);
    assert_eq!(arguments.variables(&[]), ["a=client", "b=default"]);
    assert_eq!(arguments.variables(&["b=env".into()]), ["a=client"], "the image's own comes first");
    arguments.enter_stage();
    assert!(arguments.variables(&[]).is_empty());
    assert_eq!(arguments.unused(), ["never"]);
}

#[test]
fn one_from_before_the_stages_is_seen_where_it_is_declared_again() {
    let mut arguments = given(&[]);
    arguments.declare_globally("v", Some("1".into()));
    assert_eq!(arguments.global_variables(), ["v=1"]);
    assert!(arguments.variables(&[]).is_empty());
    arguments.declare("v", None);
    assert_eq!(arguments.variables(&[]), ["v=1"]);
}

#[test]
fn proxies_need_no_declaration_and_are_noted_only_with_one() {
    let mut arguments = given(&[("HTTP_PROXY", "http://p"), ("x", "1")]);
    assert_eq!(arguments.variables(&[]), ["HTTP_PROXY=http://p"]);
    assert!(arguments.noted(&[]).is_empty());
    assert_eq!(arguments.unused(), ["x"]);
    arguments.declare("HTTP_PROXY", None);
    assert_eq!(arguments.noted(&[]), ["HTTP_PROXY=http://p"]);
}
