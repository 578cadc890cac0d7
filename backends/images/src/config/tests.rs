//! Configurations as other programs write them.

use super::{ImageConfig, RunConfig};

const DIFF_ID: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn what_docker_writes_is_read_with_its_nulls_and_its_old_forms() {
    let text = format!(
        r#"{{"architecture":"arm","variant":"v7","os":"linux","author":null,"created":"2020-01-02T03:04:05Z",
        "config":{{"Hostname":"","Env":null,"Cmd":"sh","Entrypoint":["a"],"ExposedPorts":{{"80/tcp":{{}}}},
        "Healthcheck":{{"Test":["NONE"]}},"OnBuild":["RUN x"],"Labels":null,"Shell":["/bin/bash"]}},
        "container_config":{{"Cmd":["ignored"]}},"docker_version":"20.10",
        "history":[{{"created":"2020","created_by":"ADD","empty_layer":true}},{{"comment":"c"}}],
        "rootfs":{{"type":"layers","diff_ids":["{DIFF_ID}"]}}}}"#
    );
    let config = ImageConfig::parse(text.as_bytes()).unwrap();
    assert_eq!(config.diff_ids()[0].to_string(), DIFF_ID);
    assert_eq!(config.config.cmd, Some(vec!["sh".to_owned()]));
    assert_eq!(config.config.exposed_ports.keys().collect::<Vec<_>>(), ["80/tcp"]);
    assert_eq!(config.history.iter().filter(|step| step.empty_layer).count(), 1);
    assert_eq!((config.author.as_str(), config.variant.as_str()), ("", "v7"));
    let again = serde_json::to_vec(&config).unwrap();
    assert_eq!(ImageConfig::parse(&again).unwrap(), config);
}

#[test]
fn a_configuration_that_cannot_run_is_refused() {
    let many = vec![DIFF_ID; 126];
    let many = serde_json::json!({"rootfs": {"type": "layers", "diff_ids": many}}).to_string();
    for (text, expected) in [
        ("3", "the image configuration cannot be read"),
        (r#"{"os":"linux"}"#, "the image configuration has no rootfs"),
        (r#"{"os":"windows","rootfs":{"type":"layers"}}"#, "cannot load windows image on linux"),
        (&many, "max depth exceeded: the image has 126 layers, 125 are allowed"),
        (
            r#"{"rootfs":{"type":"layers","diff_ids":["sha256:../../x"]}}"#,
            "the image configuration cannot be read",
        ),
    ] {
        assert_eq!(ImageConfig::parse(text.as_bytes()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn webassembly_is_for_whatever_its_image_says() {
    let text = r#"{"architecture":"wasm","os":"wasip1","rootfs":{"type":"layers","diff_ids":[]}}"#;
    let config = ImageConfig::parse(text.as_bytes()).unwrap();
    assert_eq!(config.platform().to_string(), "wasip1/wasm");
}

#[test]
fn what_is_not_set_is_not_written() {
    assert_eq!(serde_json::to_string(&RunConfig::default()).unwrap(), "{}");
}
