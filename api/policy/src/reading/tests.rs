//! Which route reads what.

use super::{Object, Reading};

#[test]
fn a_read_is_named_by_what_it_tells_of() {
    let read = |is_get, template| Reading::of(is_get, template, None).map(|read| read.action);
    for (template, wanted) in [
        ("/_ping", None),
        ("/version", None),
        ("/info", Some("read.system")),
        ("/events", Some("read.system")),
        ("/containers/json", Some("read.containers")),
        ("/containers/{id}/logs", Some("read.containers")),
        ("/containers/{id}/archive", Some("read.files")),
        ("/containers/{id}/export", Some("read.files")),
        ("/images/{name}/get", Some("read.images")),
        ("/exec/{id}/json", Some("read.execs")),
        ("/volumes/{name}", Some("read.volumes")),
        ("/networks", Some("read.networks")),
        ("/nothing/known", Some("read.system")),
    ] {
        assert_eq!(read(true, template), wanted, "{template}");
    }
    assert_eq!(read(false, "/containers/{id}/wait"), Some("read.containers"));
    assert_eq!(read(false, "/containers/{id}/start"), None);
    assert_eq!(read(false, "/containers/{id}/archive"), None);
}

#[test]
fn what_is_read_is_the_object_in_the_path_or_all_of_them() {
    let object = |template| Reading::of(true, template, Some("x")).map(|read| read.object);
    for (template, wanted) in [
        ("/containers/{id}/json", Object::Container("x")),
        ("/containers/{id}/archive", Object::Container("x")),
        ("/containers/json", Object::All),
        ("/exec/{id}/json", Object::Exec("x")),
        ("/networks/{id}", Object::Network("x")),
        ("/volumes/{name}", Object::Volume("x")),
        ("/volumes", Object::All),
        ("/images/{name}/json", Object::Images),
        ("/distribution/{name}/json", Object::Images),
        ("/events", Object::All),
    ] {
        assert_eq!(object(template), Some(wanted), "{template}");
    }
}
