//! JSON and text from clients, archives and registries.

use api_types::{ContainerCreateRequest, ExecCreateRequest, from_json};
use backends_build::{Dockerfile, Ignore};
use backends_images::{ImageConfig, Reference, RunConfig, apply_changes};
use journal_domain::{ContainerName, Signal};
use sandbox_shim::{Call, ContainerConfig, FromShim};
use serde::de::DeserializeOwned;

use crate::target::Target;

/// A body as the docker CLI sends it, with more in it than most.
const CREATE: &str = r#"{"Hostname":"web","User":"1000:1000","Tty":true,"Env":["A=b","PATH=/bin"],"Cmd":["sh","-c","sleep 1"],
"Image":"busybox","Volumes":{"/data":{}},"Entrypoint":null,"Labels":{"a":"b"},"ExposedPorts":{"80/tcp":{}},"StopSignal":"SIGTERM",
"HostConfig":{"Binds":["/a:/b:ro"],"NetworkMode":"bridge","PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]},
"RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":true,"Memory":1048576,"NanoCpus":500000000,"Ulimits":
[{"Name":"nofile","Soft":10,"Hard":20}],"Tmpfs":{"/t":"size=1m"},"CapAdd":["NET_ADMIN"],"LogConfig":{"Type":"json-file","Config":{}}},
"NetworkingConfig":{"EndpointsConfig":{}}}"#;

const EXEC: &str = r#"{"AttachStdout":true,"Tty":false,"Cmd":["ls","-l"],"Env":null,"WorkingDir":"/","User":"","DetachKeys":"ctrl-p"}"#;

const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","created":"2024-01-02T03:04:05Z","config":{"Env":["PATH=/bin"],"Cmd":
["sh"],"Entrypoint":null,"ExposedPorts":{"80/tcp":{}},"Labels":{"a":"b"},"Healthcheck":{"Test":["CMD","true"],"Interval":1000000000}},
"rootfs":{"type":"layers","diff_ids":["sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]},"history":
[{"created":"2024-01-02T03:04:05Z","created_by":"/bin/sh","empty_layer":true}]}"#;

/// A Dockerfile with something of everything.
const DOCKERFILE: &str = "# escape=`\nARG V=1\nFROM --platform=linux/amd64 base:${V} AS one\nENV A=1 B=\"two words\" C='x'\n\
    RUN echo a `\n  # between\n\n  b\nRUN [\"p\", \"q r\"]\nCOPY --from=one --chown=a:b [\"x y\", \"/z/\"]\nADD *.tar /d/\n\
    HEALTHCHECK --interval=5s --retries=2 CMD true\nONBUILD RUN x\nVOLUME /a /b\nSHELL [\"sh\", \"-c\"]\nEXPOSE 80-90/udp\n";

/// A file of patterns.
const IGNORE: &str = "# comment\n*.log\n!keep.log\n**/tmp/[a-z]?\n/dir/../x\n";

/// Calls and answers between the server and a shim.
const CALLS: &[&str] = &[
    r#"{"id":1,"request":{"hello":{"version":1}}}"#,
    r#"{"id":2,"request":"stdin"}"#,
    r#"{"reply":{"id":1,"result":{"Ok":"done"}}}"#,
];

/// Texts of names: containers, images, signals.
const NAMES: &[&str] = &[
    "web_1",
    "docker.io/library/busybox:latest",
    "localhost:5000/a/b@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "SIGTERM",
    "9",
];

/// Instructions that only set something.
const INSTRUCTIONS: [&str; 3] = [
    "ENV A=${B:-x${C:+y}} 'D E'=\\$F\nLABEL a b c",
    "HEALTHCHECK --interval=1m30s --retries=3 CMD [\"a\", \"b\"]",
    "EXPOSE 80 8000-8010/udp\nVOLUME [\"/a\"]\nSTOPSIGNAL RTMIN+3\nWORKDIR a/../b\nUSER x:y",
];

pub(super) fn targets() -> Vec<Target> {
    vec![
        Target::new("create", texts(&[CREATE]), |bytes| {
            ContainerCreateRequest::from_json(bytes).is_ok()
        }),
        Target::new("exec", texts(&[EXEC]), go_json::<ExecCreateRequest>),
        Target::new("image-config", texts(&[CONFIG]), json::<ImageConfig>),
        Target::new("shim-messages", texts(CALLS), |bytes| {
            json::<Call>(bytes) | json::<FromShim>(bytes) | json::<ContainerConfig>(bytes)
        }),
        Target::new("dockerfile", texts(&[DOCKERFILE]), |bytes| {
            Dockerfile::parse(&String::from_utf8_lossy(bytes), "Dockerfile").is_ok()
        }),
        Target::new("dockerignore", texts(&[IGNORE]), |bytes| {
            let read = Ignore::parse(&String::from_utf8_lossy(bytes));
            read.is_ok_and(|read| !read.excludes("no/such/file") || !read.is_empty())
        }),
        Target::new("instructions", texts(&INSTRUCTIONS), |bytes| {
            apply_changes(&mut RunConfig::default(), &[String::from_utf8_lossy(bytes)]).is_ok()
        }),
        Target::new("names", texts(NAMES), |bytes| {
            let text = String::from_utf8_lossy(bytes);
            text.parse::<ContainerName>().is_ok()
                | text.parse::<Signal>().is_ok()
                | text.parse::<Reference>().is_ok()
        }),
    ]
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn go_json<T: DeserializeOwned>(bytes: &[u8]) -> bool {
    from_json::<T>(bytes).is_ok()
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> bool {
    serde_json::from_slice::<T>(bytes).is_ok()
}
