//! Tests of `fields`.

use super::*;

fn fields(text: &str) -> Fields {
    Fields::of_body(text.as_bytes()).unwrap()
}

#[test]
fn what_is_left_and_asks_for_something_is_refused_by_its_name() {
    let mut asked = fields(r#"{"name":"web","timezone":"local","secrets":[{"source":"x"}]}"#);
    assert_eq!(asked.take::<String>("name").unwrap(), "web");
    let refused = asked.finish().unwrap_err();
    assert_eq!(refused.status().as_u16(), 501);
    assert_eq!(refused.message(), "not built yet: secrets, timezone");
}

#[test]
fn what_nobody_set_asks_for_nothing() {
    let empty = fields(r#"{"a":null,"b":false,"c":0,"d":"","e":[],"f":{"g":{"h":0}}}"#);
    assert!(empty.finish().is_ok());
}

#[test]
fn a_field_of_an_object_is_named_with_it() {
    let mut asked = fields(r#"{"resource_limits":{"rdma":{"x":1}}}"#);
    let limits = asked.object("resource_limits").unwrap();
    assert_eq!(limits.finish().unwrap_err().message(), "not built yet: resource_limits.rdma");
}

#[test]
fn a_value_beside_the_honoured_ones_is_refused() {
    let mut asked = fields(r#"{"systemd":"always","sdnotifyMode":"container"}"#);
    assert!(asked.only("sdnotifyMode", &["container"]).is_ok());
    let refused = asked.only("systemd", &["true", "false"]).unwrap_err();
    assert_eq!(refused.message(), "not built yet: systemd=always");
}
