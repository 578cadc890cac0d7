//! Paths on their way from the client to the routes.

use super::*;

#[test]
fn a_name_with_its_slash_is_the_name() {
    assert_eq!(without_empty_segments("/containers//web/json"), "/containers/web/json");
    assert_eq!(without_empty_segments("/containers/web/json"), "/containers/web/json");
    assert_eq!(without_empty_segments("//"), "");
}

#[test]
fn the_query_stays_when_the_path_changes() {
    let uri: Uri = "/v1.47/containers/json?all=1&x=%2F".parse().unwrap();
    let rewritten = with_path(&uri, "/containers/json");
    assert_eq!(rewritten, "/containers/json?all=1&x=%2F");
    assert_eq!(with_path(&uri, ""), "/?all=1&x=%2F");
}
