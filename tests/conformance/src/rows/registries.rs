//! Registries: login, pull, push, and what is asked of them.

use anyhow::{Context as _, Result, ensure};
use http::{HeaderValue, Method};
use serde_json::{Value, json};

use super::images::own_image;
use crate::cx::Cx;
use crate::http::{Connection, Reply, request};
use crate::images::BUSYBOX;
use crate::registry::{Registry, USER};
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_006_a_login_is_checked_by_the_registry,
    d_014_an_image_is_described_by_its_registry,
    d_021_an_image_for_another_platform_is_not_found(Oracle::KnowsFrom(1, 44)),
    d_110_a_pull_brings_the_image_and_a_second_one_finds_it,
    d_110_what_is_not_in_the_registry_is_404,
    d_110_run_pulls_what_is_missing,
    d_111_a_digest_leads_to_exactly_its_image,
    d_112_stored_credentials_are_used,
    d_113_a_registry_that_is_not_there_is_named,
    d_114_a_push_tells_the_digest_and_the_same_image_has_it_everywhere,
    d_114_a_layer_that_is_there_is_not_sent_again,
    d_123_a_registry_that_cannot_be_searched_says_so,
    d_124_a_private_image_wants_a_login,
    d_306_progress_counts_the_bytes_of_the_layers,
];

/// Pushes busybox under a name in the registry, and gives the lines of the answer.
async fn push(cx: &Cx, name: &str) -> Result<Vec<Value>> {
    push_as(cx, BUSYBOX, name).await
}

/// Pushes an image that no other row has, so that all of it goes when it is removed.
async fn push_own(cx: &Cx, name: &str) -> Result<Vec<Value>> {
    let own = own_image(cx, "own", "").await?;
    let told = push_as(cx, &own, name).await?;
    remove(cx, &own).await?;
    Ok(told)
}

async fn push_as(cx: &Cx, image: &str, name: &str) -> Result<Vec<Value>> {
    cx.docker().ok(&["tag", image, &format!("{name}:v1")]).await?;
    let reply = send(cx, &format!("/images/{name}/push?tag=v1")).await?;
    lines(&reply.expect_status(200)?.text())
}

/// Posts with credentials that say nothing, as clients without a login do.
async fn send(cx: &Cx, path: &str) -> Result<Reply> {
    let mut request = request(Method::POST, path, None)?;
    request.headers_mut().insert("x-registry-auth", HeaderValue::from_static("e30="));
    Connection::open(&cx.target().socket).await?.exchange(request).await
}

async fn pull(cx: &Cx, name: &str, tag: &str) -> Result<Reply> {
    send(cx, &format!("/images/create?fromImage={name}&tag={tag}")).await
}

async fn remove(cx: &Cx, name: &str) -> Result<()> {
    cx.client().delete(&format!("/images/{name}")).await?.expect_status(200)?;
    Ok(())
}

fn lines(text: &str) -> Result<Vec<Value>> {
    text.lines().map(|line| Ok(serde_json::from_str(line.trim())?)).collect()
}

fn statuses(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["status"].as_str()).collect()
}

/// Gives the digest that a push tells programs.
fn digest(lines: &[Value]) -> Result<String> {
    let aux = lines.iter().find_map(|line| line["aux"]["Digest"].as_str());
    aux.map(str::to_owned).with_context(|| format!("no digest: {lines:?}"))
}

async fn d_006_a_login_is_checked_by_the_registry(cx: Cx) -> Result<()> {
    let registry = Registry::start_private(&cx).await?;
    let login = async |password: &str| {
        let (username, serveraddress) = (USER.0, registry.address());
        let body = json!({
            "username": username, "password": password, "serveraddress": serveraddress,
        });
        cx.client().post_json("/auth", &body).await
    };
    let good = login(USER.1).await?;
    assert_eq!(good.expect_status(200)?.json()?["Status"], "Login Succeeded");
    let bad = login("wrong").await?;
    ensure!([401, 500].contains(&bad.status.as_u16()), "{}", bad.status);
    ensure!(bad.text().contains("401 Unauthorized"), "{}", bad.text());
    Ok(())
}

async fn d_014_an_image_is_described_by_its_registry(cx: Cx) -> Result<()> {
    let registry = Registry::start(&cx).await?;
    let name = registry.name(&cx.tag("app"));
    let digest = digest(&push(&cx, &name).await?)?;
    let described = cx.client().get(&format!("/distribution/{name}:v1/json")).await?;
    let described = described.expect_status(200)?.json()?;
    assert_eq!(described["Descriptor"]["digest"], digest);
    assert_eq!(described["Platforms"][0]["os"], "linux");
    let missing = cx.client().get(&format!("/distribution/{name}:none/json")).await?;
    assert_eq!(missing.status, 404);
    remove(&cx, &format!("{name}:v1")).await
}

async fn d_021_an_image_for_another_platform_is_not_found(cx: Cx) -> Result<()> {
    let path = format!("/containers/create?name={}&platform=linux/s390x", cx.name("other"));
    let reply = cx.client().post_json(&path, &json!({"Image": BUSYBOX, "Cmd": ["true"]})).await?;
    assert_eq!(reply.status, 404);
    ensure!(reply.text().contains("does not match the specified platform"), "{}", reply.text());
    Ok(())
}

async fn d_110_a_pull_brings_the_image_and_a_second_one_finds_it(cx: Cx) -> Result<()> {
    let registry = Registry::start(&cx).await?;
    let (rest, name) = (cx.tag("app"), registry.name(&cx.tag("app")));
    let digest = digest(&push_own(&cx, &name).await?)?;
    remove(&cx, &format!("{name}:v1")).await?;
    for status in ["Downloaded newer image", "Image is up to date"] {
        let told = lines(&pull(&cx, &name, "v1").await?.expect_status(200)?.text())?;
        let told = statuses(&told);
        assert_eq!(told[0], format!("Pulling from {rest}"));
        let end = [format!("Digest: {digest}"), format!("Status: {status} for {name}:v1")];
        assert_eq!(told[told.len() - 2..], end);
    }
    let shown = cx.client().get(&format!("/images/{name}:v1/json")).await?.json()?;
    assert_eq!(shown["RepoDigests"], json!([format!("{name}@{digest}")]));
    remove(&cx, &format!("{name}:v1")).await
}

async fn d_110_what_is_not_in_the_registry_is_404(cx: Cx) -> Result<()> {
    let registry = Registry::start(&cx).await?;
    let name = registry.name("nothing");
    let reply = pull(&cx, &name, "here").await?;
    assert_eq!(reply.status, 404);
    let expected =
        format!("manifest for {name}:here not found: manifest unknown: manifest unknown");
    assert_eq!(reply.json()?["message"], expected);
    Ok(())
}

async fn d_110_run_pulls_what_is_missing(cx: Cx) -> Result<()> {
    let registry = Registry::start(&cx).await?;
    let name = registry.name(&cx.tag("app"));
    push(&cx, &name).await?;
    let image = format!("{name}:v1");
    remove(&cx, &image).await?;
    let container = cx.name("run");
    let said =
        cx.docker().run(&["run", "--rm", "--name", &container, &image, "echo", "hi"]).await?;
    ensure!(said.code == 0 && said.out == "hi\n", "{said:?}");
    ensure!(said.err.contains("Downloaded newer image"), "{said:?}");
    remove(&cx, &image).await
}

async fn d_111_a_digest_leads_to_exactly_its_image(cx: Cx) -> Result<()> {
    let registry = Registry::start(&cx).await?;
    let name = registry.name(&cx.tag("app"));
    let digest = digest(&push(&cx, &name).await?)?;
    let id = cx.client().get(&format!("/images/{name}:v1/json")).await?.json()?["Id"].clone();
    remove(&cx, &format!("{name}:v1")).await?;
    pull(&cx, &name, &digest).await?.expect_status(200)?;
    let digested = format!("{name}@{digest}");
    let shown = cx.client().get(&format!("/images/{digested}/json")).await?.json()?;
    assert_eq!(shown["Id"], id);
    ensure!(super::system::holds(&shown["RepoDigests"], &digested), "{shown}");
    assert_eq!(cx.client().get(&format!("/images/{name}:v1/json")).await?.status, 404);
    let container = cx.name("run");
    let arguments = ["run", "--rm", "--name", &container, &digested, "echo", "by digest"];
    assert_eq!(cx.docker().ok(&arguments).await?, "by digest");
    let other = format!("sha256:{}", "12".repeat(32));
    assert_eq!(pull(&cx, &name, &other).await?.status, 404);
    remove(&cx, &digested).await
}

async fn d_112_stored_credentials_are_used(cx: Cx) -> Result<()> {
    let registry = Registry::start_private(&cx).await?;
    let folder = tempfile::tempdir()?;
    let config = folder.path().to_string_lossy().into_owned();
    let image = format!("{}:v1", registry.name(&cx.tag("app")));
    let docker = cx.docker();
    let (user, password) = USER;
    let login = ["--config", &config, "login", "-u", user, "--password-stdin", registry.address()];
    let refused = docker.run_with_input(&login, b"wrong").await?;
    ensure!(refused.code != 0 && refused.err.contains("401"), "{refused:?}");
    let taken = docker.run_with_input(&login, password.as_bytes()).await?;
    ensure!(taken.code == 0 && taken.out.contains("Login Succeeded"), "{taken:?}");
    docker.ok(&["tag", BUSYBOX, &image]).await?;
    docker.ok(&["--config", &config, "push", &image]).await?;
    remove(&cx, &image).await?;
    docker.ok(&["--config", &config, "pull", &image]).await?;
    remove(&cx, &image).await
}

async fn d_113_a_registry_that_is_not_there_is_named(cx: Cx) -> Result<()> {
    let gone = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let reply = pull(&cx, &format!("{gone}/app"), "v1").await?;
    assert_eq!(reply.status, 500);
    let text = reply.text().to_lowercase();
    ensure!(text.contains(&gone) && text.contains("connection refused"), "{text}");
    let container = cx.create("here", &["true"], json!({})).await?;
    cx.start(&container).await
}

async fn d_114_a_push_tells_the_digest_and_the_same_image_has_it_everywhere(cx: Cx) -> Result<()> {
    let (one, two) = (Registry::start(&cx).await?, Registry::start(&cx).await?);
    let first = one.name(&cx.tag("app"));
    let told = push(&cx, &first).await?;
    assert_eq!(told[0]["status"], format!("The push refers to repository [{first}]"));
    ensure!(statuses(&told).contains(&"Pushed"), "{told:?}");
    let digest = digest(&told)?;
    let line = format!("v1: digest: {digest} size: ");
    ensure!(statuses(&told).iter().any(|status| status.starts_with(&line)), "{told:?}");
    remove(&cx, &format!("{first}:v1")).await?;
    pull(&cx, &first, "v1").await?.expect_status(200)?;
    let second = two.name(&cx.tag("app"));
    cx.docker().ok(&["tag", &format!("{first}:v1"), &format!("{second}:v1")]).await?;
    let reply = send(&cx, &format!("/images/{second}/push?tag=v1")).await?;
    assert_eq!(self::digest(&lines(&reply.expect_status(200)?.text())?)?, digest);
    remove(&cx, &format!("{first}:v1")).await?;
    remove(&cx, &format!("{second}:v1")).await
}

async fn d_114_a_layer_that_is_there_is_not_sent_again(cx: Cx) -> Result<()> {
    let registry = Registry::start(&cx).await?;
    let name = registry.name(&cx.tag("app"));
    push(&cx, &name).await?;
    let told = push(&cx, &name).await?;
    ensure!(statuses(&told).contains(&"Layer already exists"), "{told:?}");
    let other = registry.name(&cx.tag("other"));
    let told = push(&cx, &other).await?;
    let mounted = statuses(&told).iter().any(|status| status.starts_with("Mounted from "));
    ensure!(mounted, "{told:?}");
    remove(&cx, &format!("{name}:v1")).await?;
    remove(&cx, &format!("{other}:v1")).await
}

async fn d_123_a_registry_that_cannot_be_searched_says_so(cx: Cx) -> Result<()> {
    let registry = Registry::start(&cx).await?;
    let path = format!("/images/search?term={}/x", registry.address());
    let reply = cx.client().get(&path).await?;
    ensure!([404, 500].contains(&reply.status.as_u16()), "{}", reply.status);
    ensure!(reply.text().contains("404"), "{}", reply.text());
    Ok(())
}

async fn d_124_a_private_image_wants_a_login(cx: Cx) -> Result<()> {
    let registry = Registry::start_private(&cx).await?;
    let reply = pull(&cx, &registry.name("app"), "v1").await?;
    ensure!([401, 404, 500].contains(&reply.status.as_u16()), "{}", reply.status);
    ensure!(reply.text().contains("no basic auth credentials"), "{}", reply.text());
    Ok(())
}

async fn d_306_progress_counts_the_bytes_of_the_layers(cx: Cx) -> Result<()> {
    let registry = Registry::start(&cx).await?;
    let name = registry.name(&cx.tag("app"));
    push_own(&cx, &name).await?;
    remove(&cx, &format!("{name}:v1")).await?;
    let told = lines(&pull(&cx, &name, "v1").await?.expect_status(200)?.text())?;
    let of = |status: &str| {
        let found = told.iter().filter(|line| line["status"] == status);
        found.map(|line| line["progressDetail"].clone()).collect::<Vec<_>>()
    };
    let (down, out) = (of("Downloading"), of("Extracting"));
    ensure!(!down.is_empty() && !out.is_empty(), "{told:?}");
    let total = out[0]["total"].as_u64().context("no total")?;
    ensure!(down.iter().chain(&out).all(|step| step["total"] == total), "{told:?}");
    ensure!(down.iter().all(|step| step["current"].as_u64() <= Some(total)), "{told:?}");
    assert_eq!(out[out.len() - 1]["current"], total);
    remove(&cx, &format!("{name}:v1")).await
}
