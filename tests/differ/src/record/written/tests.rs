//! Scripts of calls, with names for ids.

use super::*;

fn call(method: &str, path: &str, body: &str, begun: usize, ended: Option<usize>) -> Call {
    let (method, path, body) = (method.to_owned(), path.to_owned(), body.to_owned().into());
    Call { method, path, body, begun, ended, ..Call::default() }
}

#[test]
fn ids_become_names_and_what_lasts_is_left_open() {
    let id = "0123456789abcdef".repeat(4);
    let mut create = call(
        "POST",
        "/v1.47/containers/create?name=x",
        "{\"Image\":\"a\",\"Dir\":\"/somewhere/x\"}\n",
        0,
        Some(1),
    );
    create.answer = format!("{{\"Id\":\"{id}\"}}").into_bytes();
    let wait =
        call("POST", &format!("/v1.47/containers/{id}/wait?condition=removed"), "", 2, Some(5));
    let start = call("POST", &format!("/v1.47/containers/{id}/start"), "", 3, Some(4));
    let events = call("GET", "/v1.47/events", "", 6, None);
    let build = call("POST", "/build?t=x", "\0tar", 7, Some(8));
    let (text, bodies) =
        written("run", "docker run x\n", "/somewhere", vec![create, wait, start, events, build]);
    assert_eq!(
        text,
        "# Recorded by `conformance record` of what clients send for run.sh:\n#   docker run x\n\
         \nPOST /containers/create?name=x\n{\"Image\":\"a\",\"Dir\":\"/project/x\"}\n> made0 = /Id\n\
         \nPOST /containers/$made0/wait?condition=removed\n@open\n\
         \nPOST /containers/$made0/start\n\
         \nGET /events\n@cut\n\
         \nPOST /build?t=x\n@file bodies/run-0\n"
    );
    assert_eq!(bodies, [("run-0".to_owned(), Bytes::from_static(b"\0tar"))]);
}
