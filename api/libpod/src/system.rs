//! Routes of the server itself.

mod build;
mod events;
mod prune;
mod usage;

use api_http::RequestBody;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    LIBPOD_VERSION,
    body::{self, Answer},
    call::Call,
    containers,
    error::Failure,
};

/// The oldest of podman's versions whose clients are answered.
const OLDEST: &str = "4.0.0";

/// Answers what is of no kind of object.
pub(crate) async fn answer(
    call: &Call,
    segments: &[&str],
    sent: RequestBody,
) -> Result<Answer, Failure> {
    match (call.method(), segments) {
        ("GET" | "HEAD", ["_ping"]) => Ok(ping()),
        ("GET", ["version"]) => version(call).await,
        ("GET", ["info"]) => info(call).await,
        ("GET", ["events"]) => events::events(call).await,
        ("POST", ["build"]) => build::build(call, sent).await,
        ("POST", ["commit"]) => containers::commit(call, sent).await,
        ("GET", ["system", "df"]) => usage::usage(call).await,
        ("POST", ["system", "prune"]) => prune::prune(call).await,
        (
            _,
            [kind @ ("artifacts" | "generate" | "kube" | "manifests" | "play" | "quadlets"), ..],
        )
        | (_, [kind @ ("secrets" | "system"), ..]) => {
            Err(Failure::not_built(&format!("libpod/{kind}")))
        }
        _ => Err(Failure::no_such_page()),
    }
}

fn ping() -> Answer {
    let mut answer = body::empty(StatusCode::OK);
    *answer.body_mut() = body::of_bytes("OK");
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::PRAGMA, "no-cache"),
        (HeaderName::from_static("docker-experimental"), "false"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Tells what `docker version` tells, with the part that podman's client looks for.
async fn version(call: &Call) -> Result<Answer, Failure> {
    let mut shown = call.get("/version").await?;
    let engine = json!({
        "Name": "Podman Engine",
        "Version": shown["Version"],
        "Details": {
            "APIVersion": LIBPOD_VERSION,
            "Arch": shown["Arch"],
            "BuildTime": shown["BuildTime"],
            "Experimental": "false",
            "GitCommit": shown["GitCommit"],
            "GoVersion": shown["GoVersion"],
            "KernelVersion": shown["KernelVersion"],
            "MinAPIVersion": OLDEST,
            "Os": shown["Os"],
        },
    });
    if let Some(components) = shown["Components"].as_array_mut() {
        components.insert(0, engine);
    }
    Ok(body::json(StatusCode::OK, &shown))
}

async fn info(call: &Call) -> Result<Answer, Failure> {
    let dockers = call.get("/info").await?;
    Ok(body::json(StatusCode::OK, &described(&dockers)))
}

/// Says in podman's fields what `docker info` says.
fn described(dockers: &Value) -> Value {
    let text = |field: &str| dockers[field].as_str().unwrap_or_default().to_owned();
    let words = text("OperatingSystem");
    let version = text("ServerVersion");
    let options: Vec<&str> = dockers["SecurityOptions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let runtime = json!({ "name": text("DefaultRuntime"), "path": "sockerless-shim",
        "package": "", "version": version });
    json!({
        "host": {
            "arch": text("Architecture"),
            "buildahVersion": "",
            "cgroupManager": text("CgroupDriver"),
            "cgroupVersion": format!("v{}", text("CgroupVersion")),
            "cgroupControllers": [],
            "cpus": dockers["NCPU"],
            "distribution": { "distribution": words, "version": text("OSVersion") },
            "eventLogger": "journal",
            "hostname": text("Name"),
            "idMappings": {},
            "kernel": text("KernelVersion"),
            "logDriver": text("LoggingDriver"),
            "memTotal": dockers["MemTotal"],
            "networkBackend": "sockerless",
            "ociRuntime": runtime,
            "os": text("OSType"),
            "security": {
                "rootless": false,
                "apparmorEnabled": options.iter().any(|option| option.contains("apparmor")),
                "seccompEnabled": options.iter().any(|option| option.contains("seccomp")),
                "selinuxEnabled": false,
            },
            "serviceIsRemote": true,
        },
        "store": {
            "containerStore": {
                "number": dockers["Containers"],
                "paused": dockers["ContainersPaused"],
                "running": dockers["ContainersRunning"],
                "stopped": dockers["ContainersStopped"],
            },
            "graphDriverName": text("Driver"),
            "graphRoot": text("DockerRootDir"),
            "imageStore": { "number": dockers["Images"] },
        },
        "registries": {},
        "plugins": {
            "volume": dockers["Plugins"]["Volume"],
            "network": dockers["Plugins"]["Network"],
            "log": dockers["Plugins"]["Log"],
            "authorization": null,
        },
        "version": {
            "APIVersion": LIBPOD_VERSION,
            "Version": version,
            "GoVersion": "",
            "GitCommit": "",
            "BuiltTime": "",
            "Built": 0,
            "OsArch": format!("{}/{}", text("OSType"), text("Architecture")),
            "Os": text("OSType"),
        },
    })
}
