//! Known routes are named, whatever the name in them; unknown ones are not.

use super::*;

fn check(method: &str, path: &str, expected: Option<&str>) {
    let method = method.parse().unwrap();
    assert_eq!(known(&method, path).map(|(template, _)| template), expected, "{method} {path}");
}

#[test]
fn a_route_of_docker_is_known_by_its_method_and_path() {
    check("GET", "/services/web", Some("/services/{id}"));
    check("POST", "/services/web", None);
    check("GET", "/nodes", Some("/nodes"));
    check("GET", "/nodes/one", Some("/nodes/{id}"));
    check("POST", "/secrets/create", Some("/secrets/create"));
    check("POST", "/plugins/localhost:5000/team/app/push", Some("/plugins/{name}/push"));
    check("PUT", "/volumes/data", Some("/volumes/{name}"));
}

#[test]
fn any_other_path_is_not_known() {
    check("GET", "/", None);
    check("GET", "/containers", None);
    check("GET", "/nodes/", None);
    check("GET", "/nodes/a/b", None);
    check("POST", "/plugins//push", None);
}
