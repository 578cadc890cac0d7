//! What is asked for is read as dockerd reads it, and refused in its words.

use api_types::{API_VERSION, ApiVersion, ContainerCreateRequest};
use journal_domain::{MountSource, Mounting, Propagation, ReadOnly};

use super::mounting;

fn read(body: &str, version: ApiVersion) -> Result<Mounting, String> {
    let request = ContainerCreateRequest::from_json(body.as_bytes()).unwrap();
    let read = mounting(&request, version).map_err(|error| error.to_string())?;
    Ok(read.unwrap_or_default())
}

fn bind(text: &str) -> Result<Mounting, String> {
    read(&format!(r#"{{"HostConfig":{{"Binds":["{text}"]}}}}"#), API_VERSION)
}

fn mount(json: &str) -> Result<Mounting, String> {
    read(&format!(r#"{{"HostConfig":{{"Mounts":[{json}]}}}}"#), API_VERSION)
}

#[test]
fn refusals_are_in_dockers_words() {
    let spec = "invalid volume specification: ";
    for (text, reason) in [
        ("/tmp:x", format!("{spec}'/tmp:x': invalid mount config for type \"bind\": invalid mount path: 'x' mount path must be absolute")),
        ("/tmp:/", format!("{spec}'/tmp:/': invalid mount config for type \"bind\": invalid specification: destination can't be '/'")),
        ("/tmp:/x:bad", "invalid mode: bad".to_owned()),
        ("/tmp:/x:ro,rw", "invalid mode: ro,rw".to_owned()),
        ("ab:/x:rslave", format!("{spec}'ab:/x:rslave': invalid mount config for type \"volume\": field BindOptions must not be specified")),
        ("/tmp:/x:nocopy", format!("{spec}'/tmp:/x:nocopy': invalid mount config for type \"bind\": field VolumeOptions must not be specified")),
        ("/tmp:/x:a:b", format!("{spec}'/tmp:/x:a:b'")),
        (":/x", format!("{spec}':/x'")),
        ("/tmp:", format!("{spec}'/tmp:'")),
        ("a:/x", "create a: volume name is too short, names should be at least two alphanumeric characters".to_owned()),
    ] {
        assert_eq!(bind(text), Err(reason), "{text}");
    }
    for (json, reason) in [
        (r#"{"Type":"bind","Source":"","Target":"/x"}"#, "field Source must not be empty"),
        (
            r#"{"Type":"bind","Source":"rel","Target":"/x"}"#,
            "invalid mount path: 'rel' mount path must be absolute",
        ),
        (r#"{"Type":"bind","Source":"/tmp"}"#, "field Target must not be empty"),
        (
            r#"{"Type":"bind","Source":"/tmp","Target":"/x","BindOptions":{"Propagation":"bad"}}"#,
            "invalid propagation mode: bad",
        ),
        (
            r#"{"Type":"bind","Source":"/tmp","Target":"/x","VolumeOptions":{}}"#,
            "field VolumeOptions must not be specified",
        ),
        (
            r#"{"Type":"volume","Target":"/x","ReadOnly":true}"#,
            "must not set ReadOnly mode when using anonymous volumes",
        ),
        (
            r#"{"Type":"volume","Target":"/x","BindOptions":{}}"#,
            "field BindOptions must not be specified",
        ),
        (r#"{"Type":"tmpfs","Source":"a","Target":"/x"}"#, "field Source must not be specified"),
        (r#"{"Type":"foo","Target":"/x"}"#, "mount type unknown"),
        (
            r#"{"Type":"volume","Source":"ab","Target":"/x","VolumeOptions":{"Subpath":"../x"}}"#,
            "subpath must be a relative path within the volume",
        ),
    ] {
        let error = mount(json).unwrap_err();
        assert!(error.starts_with("invalid mount config for type "), "{error}");
        assert!(error.ends_with(reason), "{json}: {error}");
    }
}

#[test]
fn a_bind_is_a_path_of_the_host_or_a_volume() {
    let asked = bind("/tmp/../srv/:/x/:ro,rslave").unwrap().asked.remove(0).mount;
    assert_eq!(asked.source, MountSource::Path { path: "/srv".into(), create: true });
    assert_eq!((asked.target.as_str(), asked.access.read_only), ("/x", ReadOnly::All));
    assert_eq!(asked.access.propagation, Propagation::RecursiveSlave);
    assert_eq!(asked.access.mode, "ro,rslave");
    let asked = bind("data:/x").unwrap().asked.remove(0).mount;
    let MountSource::Volume(volume) = asked.source else { panic!("{asked:?}") };
    assert!(volume.copy && volume.name.unwrap().as_str() == "data");
    assert_eq!((asked.access.mode.as_str(), asked.access.propagation), ("z", Propagation::Unset));
    let asked = bind("/x").unwrap().asked.remove(0).mount;
    assert!(matches!(asked.source, MountSource::Volume(volume) if volume.name.is_none()));
}

#[test]
fn before_1_44_what_is_mounted_below_a_read_only_mount_can_be_written_to() {
    let body = r#"{"HostConfig":{"Binds":["/tmp:/x:ro"]}}"#;
    let access = |version| read(body, version).unwrap().asked.remove(0).mount.access.read_only;
    assert_eq!(access(ApiVersion::new(1, 43)), ReadOnly::Top);
    assert_eq!(access(ApiVersion::new(1, 44)), ReadOnly::All);
}

#[test]
fn options_of_memory_are_those_of_the_command_line() {
    let json = r#"{"Type":"tmpfs","Target":"/t","ReadOnly":true,
        "TmpfsOptions":{"SizeBytes":1048576,"Mode":1016,"Options":[["exec"],["uid","7"]]}}"#;
    let asked = mount(json).unwrap().asked.remove(0).mount;
    let options = "ro,mode=1770,size=1048576,exec,uid=7".to_owned();
    assert_eq!(asked.source, MountSource::Memory { options });
}

#[test]
fn volumes_from_takes_a_mode_without_propagation_and_copies() {
    let read = |text: &str| {
        read(&format!(r#"{{"HostConfig":{{"VolumesFrom":["{text}"]}}}}"#), API_VERSION)
    };
    let from = read("web:ro").unwrap().volumes_from.remove(0);
    assert_eq!((from.container.as_str(), from.read_only), ("web", Some(true)));
    for (text, reason) in [
        ("", "volumes-from specification cannot be an empty string"),
        ("web:bad", "invalid mode: bad"),
        ("web:rslave", "invalid mode: rslave"),
        ("web:nocopy", "invalid mode: nocopy"),
    ] {
        assert_eq!(read(text), Err(reason.to_owned()), "{text}");
    }
}
