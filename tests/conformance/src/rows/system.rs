//! System endpoints: ping, versions, information, sizes, the shape of errors.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_001_ping_answers_get_and_head_with_its_headers,
    d_002_every_version_prefix_from_1_24_on_is_accepted,
    d_002_a_version_out_of_range_is_refused,
    d_002_the_cli_speaks_an_old_version,
    d_003_version_tells_engine_and_api,
    d_003_docker_version_shows_a_server,
    d_004_info_counts_and_describes,
    d_004_docker_info_prints,
    d_005_sizes_are_told,
    d_011_an_error_is_json_with_a_message,
    d_011_an_unknown_path_is_404,
    d_012_what_is_of_a_swarm_is_503,
    d_012_docker_node_ls_tells_that_there_is_no_swarm,
    d_012_a_swarm_is_not_made(Oracle::Differs("it makes one")),
    d_004_there_are_no_plugins,
];

async fn d_001_ping_answers_get_and_head_with_its_headers(cx: Cx) -> Result<()> {
    let got = cx.client().get("/_ping").await?.expect_status(200)?;
    assert_eq!(got.text(), "OK");
    let head = cx.client().head("/_ping").await?.expect_status(200)?;
    assert_eq!(head.text(), "");
    for reply in [got, head] {
        assert!(version_of(reply.header("api-version"))? >= (1, 40));
        assert_eq!(reply.header("ostype"), "linux");
        assert_eq!(reply.header("docker-experimental"), "false");
        assert!(reply.header("cache-control").contains("no-cache"), "{:?}", reply.headers);
        assert_eq!(reply.header("pragma"), "no-cache");
        assert!(!reply.header("server").is_empty());
    }
    Ok(())
}

async fn d_002_every_version_prefix_from_1_24_on_is_accepted(cx: Cx) -> Result<()> {
    let reply = cx.client().get("/_ping").await?;
    let (major, newest) = version_of(reply.header("api-version"))?;
    for minor in 24..=newest {
        let client = cx.client().version(&format!("{major}.{minor}"));
        client.get("/version").await?.expect_status(200)?;
        client.get("/containers/json").await?.expect_status(200)?;
    }
    cx.client().get("/version").await?.expect_status(200)?;
    Ok(())
}

async fn d_002_a_version_out_of_range_is_refused(cx: Cx) -> Result<()> {
    let version = cx.client().get("/version").await?.json()?;
    let newest = version["ApiVersion"].as_str().context("ApiVersion")?;
    let oldest = version["MinAPIVersion"].as_str().context("MinAPIVersion")?;
    let reply = cx.client().version("9.99").get("/containers/json").await?.expect_status(400)?;
    let wanted =
        format!("client version 9.99 is too new. Maximum supported API version is {newest}");
    assert_eq!(reply.message(), wanted);
    let reply = cx.client().version("1.5").get("/containers/json").await?.expect_status(400)?;
    assert!(reply.message().contains("client version 1.5 is too old"), "{}", reply.message());
    assert!(reply.message().contains(oldest), "{}", reply.message());
    Ok(())
}

async fn d_002_the_cli_speaks_an_old_version(cx: Cx) -> Result<()> {
    let name = cx.create("old", &["true"], json!({})).await?;
    let client = cx.client().version("1.24");
    let inspected = client.get(&format!("/containers/{name}/json")).await?.expect_status(200)?;
    assert_eq!(inspected.json()?["Name"], format!("/{name}"));
    assert_eq!(inspected.header("ostype"), "linux");
    Ok(())
}

async fn d_003_version_tells_engine_and_api(cx: Cx) -> Result<()> {
    let version = cx.client().get("/version").await?.expect_status(200)?.json()?;
    for field in ["Version", "ApiVersion", "MinAPIVersion", "Os", "Arch", "KernelVersion"] {
        let text = version[field].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "{field} is empty: {version}");
    }
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    assert_eq!(version["KernelVersion"], kernel.trim());
    let components = version["Components"].as_array().context("Components")?;
    let engine = components.iter().find(|component| component["Name"] == "Engine");
    let engine = engine.context("no component Engine")?;
    assert_eq!(engine["Version"], version["Version"]);
    assert_eq!(engine["Details"]["ApiVersion"], version["ApiVersion"]);
    // What holds containers: containerd in a dockerd, the shim in ours, where no containerd may be claimed.
    let names = components.iter().filter_map(|component| component["Name"].as_str());
    let holder = if cx.target().ours { "sockerless-shim" } else { "containerd" };
    ensure!(names.clone().any(|name| name == holder), "no {holder}: {version}");
    ensure!(!cx.target().ours || names.clone().all(|name| name != "containerd"), "{version}");
    Ok(())
}

async fn d_003_docker_version_shows_a_server(cx: Cx) -> Result<()> {
    let line = "{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Os}}";
    let shown = cx.docker().ok(&["version", "--format", line]).await?;
    let words: Vec<&str> = shown.split(' ').collect();
    ensure!(words.len() == 3 && words[2] == "linux", "{shown}");
    let whole = cx.docker().ok(&["version"]).await?;
    assert!(whole.contains("Server:") && whole.contains("Engine:"), "{whole}");
    Ok(())
}

async fn d_004_info_counts_and_describes(cx: Cx) -> Result<()> {
    let name = cx.start_script("counted", "sleep 60", json!({})).await?;
    let info = cx.client().get("/info").await?.expect_status(200)?.json()?;
    let count = |field: &str| info[field].as_u64().unwrap_or_default();
    assert!(count("ContainersRunning") >= 1, "{info}");
    let parts = count("ContainersRunning") + count("ContainersPaused") + count("ContainersStopped");
    assert_eq!(count("Containers"), parts);
    assert!(count("Images") >= 1);
    assert!(count("NCPU") >= 1);
    assert!(count("MemTotal") > 1 << 20);
    assert_eq!(info["OSType"], "linux");
    for field in ["ID", "Driver", "Architecture", "Name", "KernelVersion", "ServerVersion"] {
        assert!(!info[field].as_str().unwrap_or_default().is_empty(), "{field}: {info}");
    }
    assert!(info["Plugins"].is_object() && info["RegistryConfig"].is_object(), "{info}");
    assert_eq!(cx.inspect(&name).await?["State"]["Running"], true);
    Ok(())
}

async fn d_004_docker_info_prints(cx: Cx) -> Result<()> {
    let shown = cx.docker().ok(&["info"]).await?;
    for line in ["Containers:", "Images:", "Storage Driver:", "OSType: linux", "CPUs:"] {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }
    Ok(())
}

async fn d_005_sizes_are_told(cx: Cx) -> Result<()> {
    let name = cx.create("sized", &["true"], json!({})).await?;
    let sizes = cx.client().get("/system/df").await?.expect_status(200)?.json()?;
    assert!(sizes["LayersSize"].as_u64().unwrap_or_default() > 1 << 20, "{sizes}");
    let containers = sizes["Containers"].as_array().context("Containers")?;
    let named = format!("/{name}");
    assert!(containers.iter().any(|entry| entry["Names"][0] == named.as_str()));
    assert!(sizes["Images"].as_array().is_some_and(|images| !images.is_empty()));
    let shown = cx.docker().ok(&["system", "df"]).await?;
    for kind in ["Images", "Containers", "Local Volumes", "Build Cache"] {
        assert!(shown.contains(kind), "{kind} is not in {shown}");
    }
    Ok(())
}

async fn d_011_an_error_is_json_with_a_message(cx: Cx) -> Result<()> {
    let missing = cx.name("missing");
    let calls = [
        cx.client().get(&format!("/containers/{missing}/json")).await?,
        cx.client().post(&format!("/containers/{missing}/start")).await?,
        cx.client().delete(&format!("/containers/{missing}")).await?,
        cx.client().get(&format!("/containers/{missing}/logs?stdout=1")).await?,
    ];
    for reply in calls {
        let reply = reply.expect_status(404)?;
        assert!(reply.header("content-type").starts_with("application/json"));
        assert_eq!(reply.json()?, json!({"message": format!("No such container: {missing}")}));
    }
    Ok(())
}

async fn d_011_an_unknown_path_is_404(cx: Cx) -> Result<()> {
    for path in ["/nothing/here", "/v1.41/nothing", "/containers/a/b/c/d"] {
        let reply = cx.client().get(path).await?.expect_status(404)?;
        assert_eq!(reply.json()?, json!({"message": "page not found"}), "{path}");
    }
    Ok(())
}

async fn d_012_what_is_of_a_swarm_is_503(cx: Cx) -> Result<()> {
    for path in ["/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs"] {
        let reply = cx.client().get(path).await?.expect_status(503)?;
        let message = reply.message();
        ensure!(message.starts_with("This node is not a swarm manager."), "{path}: {message}");
    }
    Ok(())
}

async fn d_012_docker_node_ls_tells_that_there_is_no_swarm(cx: Cx) -> Result<()> {
    let said = cx.docker().run(&["node", "ls"]).await?;
    ensure!(said.code == 1 && said.err.contains("This node is not a swarm manager"), "{said:?}");
    let info = cx.client().get("/info").await?.expect_status(200)?.json()?;
    assert_eq!(info["Swarm"]["LocalNodeState"], "inactive");
    Ok(())
}

async fn d_012_a_swarm_is_not_made(cx: Cx) -> Result<()> {
    let body = json!({"ListenAddr": "127.0.0.1:2377"});
    let reply = cx.client().post_json("/swarm/init", &body).await?.expect_status(501)?;
    ensure!(reply.message().contains("docker swarm init is not supported"), "{}", reply.message());
    Ok(())
}

pub(super) fn version_of(text: &str) -> Result<(u32, u32)> {
    let (major, minor) = text.split_once('.').with_context(|| format!("no version: {text:?}"))?;
    Ok((major.parse()?, minor.parse()?))
}

/// The API version that an endpoint advertises, as major and minor.
pub(crate) async fn advertised(cx: &Cx) -> Result<(u32, u32)> {
    version_of(cx.client().get("/_ping").await?.header("api-version"))
}

/// True where a list of JSON strings holds `text`.
pub(super) fn holds(list: &Value, text: &str) -> bool {
    list.as_array().is_some_and(|entries| entries.iter().any(|entry| entry == text))
}

async fn d_004_there_are_no_plugins(cx: Cx) -> Result<()> {
    assert_eq!(cx.docker().ok(&["plugin", "ls", "--quiet"]).await?, "");
    assert_eq!(cx.client().get("/plugins").await?.expect_status(200)?.json()?, json!([]));
    let missing = cx.client().get("/plugins/some/plugin:latest/json").await?.expect_status(404)?;
    ensure!(missing.message().contains("not found"), "{}", missing.message());
    Ok(())
}
