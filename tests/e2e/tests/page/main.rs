//! The operations page: that what is committed is what its sources make, and what a browser sees of a real server.
//!
//! What a browser does is told by `ops/dashboard/e2e`, which Playwright runs in the machine's own Chromium.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests_conformance::{Archives, BUSYBOX, Process, Server, command, eventually, run};

/// The script that builds, compares and drives the page.
const DASHBOARD: &str = "../../ops/setup/dashboard.sh";

/// One runs, two wait.
const POOLS: &str = "[pools.ci]\nrunning = 1\nqueue = 2\n";

/// Two tenants, in each of whose pools one runs.
const TENANTS: &str = "[tenants.alpha]\nmembers = ['cert:alice']\n\n[tenants.beta]\nmembers = ['cert:bob']\n\n\
    [pools.north]\nrunning = 1\nqueue = 2\ntenants = ['cert:alice']\n\n\
    [pools.south]\nrunning = 1\nqueue = 1\ntenants = ['cert:bob']\n";

/// Where members of tenants come in, with certificates.
const TLS: &str = "tcp://127.0.0.1:2376";

/// How long the browser may take for all that it does: half a minute on an idle machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Gives a link to the page, as its owner is given one.
fn link(server: &Server) -> Result<String> {
    let mut page = server.network().command(server.binary());
    Ok(run(page.arg("page").arg("--data").arg(server.data()))?.trim().to_owned())
}

/// The browser that does what `name` says, inside the network of the server.
fn browser(server: &Server, name: &str, folder: &Path) -> Result<Command> {
    let link = link(server)?;
    let address = link.split('#').next().context("a link")?;
    let socket = format!("unix://{}", server.socket().display());
    let mut browser = server.network().command(DASHBOARD);
    browser
        .args(["drive", name])
        .env("SOCKERLESS_PAGE", address)
        .env("SOCKERLESS_PAGE_LINK", &link);
    browser.env("SOCKERLESS_PAGE_IMAGE", BUSYBOX).env("SOCKERLESS_PAGE_FOLDER", folder);
    browser.env("SOCKERLESS_PAGE_SERVER", server.pid()?.to_string());
    browser.env("DOCKER_HOST", &socket).env("CONTAINER_HOST", &socket);
    browser.env("DOCKER_CLI_HINTS", "false");
    Ok(browser)
}

fn check(status: std::process::ExitStatus, log: &Path) -> Result<()> {
    let said = std::fs::read_to_string(log)?;
    ensure!(status.success(), "{status}: {said}");
    ensure!(said.contains(" passed (") && !said.contains("skipped"), "{said}");
    Ok(())
}

#[test]
fn what_is_committed_is_what_its_sources_make() -> Result<()> {
    run(command(DASHBOARD).arg("check")).map(drop)
}

#[tokio::test]
async fn a_browser_sees_what_there_is_and_goes_back_to_what_there_was() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("config.toml");
    std::fs::write(&config, POOLS)?;
    let mut server = Server::start_with(&["--config", &config.display().to_string()]).await?;
    let images = tempfile::tempdir()?;
    Archives::make(images.path())?.put_into(&server.client()).await?;

    let (log, again) = (folder.path().join("log"), folder.path().join("start-again"));
    let mut browser = Process::start(&mut browser(&server, "page", folder.path())?, &log)?;
    // It kills the server, looks, and says when it is to be started again.
    let status = eventually("the browser is done", LIMIT, async || {
        if again.exists() && server.ended()?.is_some() {
            std::fs::remove_file(&again)?;
            server.start_again().await?;
        }
        browser.ended()
    });
    let status = status.await.with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
    check(status, &log)
}

#[tokio::test]
async fn a_browser_goes_from_tenant_to_tenant_and_back_to_when_a_queue_was_full() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config.toml");
    std::fs::write(&file, TENANTS)?;
    let config = file.display().to_string();
    let mut server = Server::prepare(&["--listen", TLS, "--tlsverify", "--config", &config])?;
    let certificates = folder.path().join("certificates");
    let cert = |arguments: &[&str]| {
        let mut cert = command(server.binary());
        run(cert.arg("cert").args(arguments).arg("--data").arg(server.data()))
    };
    cert(&["init"])?;
    cert(&["server", "--host", "127.0.0.1"])?;
    for name in ["alice", "bob"] {
        cert(&["client", name, "--out", &certificates.join(name).display().to_string()])?;
    }
    server.start_again().await?;
    let archives = Archives::make(folder.path())?;
    for name in ["alpha", "beta"] {
        archives.put_into(&server.client().behind(&format!("/tenants/{name}"))).await?;
    }
    let mut browser = browser(&server, "tenants", folder.path())?;
    browser.env("SOCKERLESS_PAGE_TLS", TLS).env("SOCKERLESS_PAGE_CERTIFICATES", &certificates);
    let log = folder.path().join("log");
    let mut browser = Process::start(&mut browser, &log)?;
    let status = eventually("the browser is done", LIMIT, async || browser.ended()).await;
    check(status.with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?, &log)
}

#[tokio::test]
async fn the_listener_shows_files_to_everybody_and_nothing_else_without_a_token() -> Result<()> {
    let server = Server::start().await?;
    let link = link(&server)?;
    let (address, token) = link.split_once("/#token=").context("a link with a token")?;
    let ask = |path: &str, header: &str| {
        let mut ask = server.network().command("busybox");
        ask.args(["wget", "-q", "-O", "-", "--header", header, &format!("{address}{path}")]);
        run(&mut ask)
    };
    ensure!(ask("/", "Accept: */*")?.contains("<div id=\"root\">"));
    ensure!(ask("/page/world", "Accept: */*").is_err(), "it is told to who shows no token");
    let good = format!("Authorization: Bearer {token}");
    for (foreign, reason) in [
        ("Host: evil.example\r\n", "must name this machine"),
        ("Host: 127.0.0.1:9417\r\nOrigin: http://evil.example\r\n", "of another origin"),
    ] {
        let request = format!("GET /page/world HTTP/1.1\r\n{foreign}{good}\r\n\r\n");
        let script = format!("printf '{request}' | busybox nc 127.0.0.1 9417");
        let said = run(server.network().command("sh").args(["-c", &script]))?;
        ensure!(said.starts_with("HTTP/1.1 403 ") && said.contains(reason), "{foreign}: {said}");
    }
    let world: serde_json::Value = serde_json::from_str(&ask("/page/world", &good)?)?;
    assert_eq!((&world["backend"], &world["containers"]), (&json!("local"), &json!([])));
    let mut revoke = command(server.binary());
    run(revoke.args(["token", "revoke", "page", "--data"]).arg(server.data()))?;
    ensure!(ask("/page/world", &good).is_err(), "a revoked token is good");
    // Whoever scrapes the figures shows none.
    ensure!(ask("/metrics", "Accept: */*")?.contains("sockerless_"));
    Ok(())
}
