//! An operator's way into the worlds of tenants, as docker and the operations address show it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{Archives, BUSYBOX, Server, eventually, finish, run};
use tokio::process::Command;

use crate::tls::{Said, cert, client, docker_at, ok, refused};

const LIMIT: Duration = Duration::from_secs(30);

/// One runs in each; two wait in the first, one in the second.
const POOLS: &str = "operators = ['cert:root']\n\n\
    [tenants.alpha]\nmembers = ['cert:alice']\n\n[tenants.beta]\nmembers = ['cert:bob']\n\n\
    [pools.north]\nrunning = 1\nqueue = 2\ntenants = ['cert:alice']\n\n\
    [pools.south]\nrunning = 1\nqueue = 1\ntenants = ['cert:bob']\n";

/// What the operations address answers: the status, then the body.
type Answer = (u16, String);

/// A server with two tenants, whose members and operators have certificates.
struct House {
    server: Server,
    token: String,
    alice: PathBuf,
    bob: PathBuf,
    root: PathBuf,
    _folder: tempfile::TempDir,
}

impl House {
    async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("config.toml");
        std::fs::write(&file, POOLS)?;
        let config = file.display().to_string();
        let mut server = Server::prepare(&[
            "--listen",
            crate::tls::ADDRESS,
            "--tlsverify",
            "--config",
            &config,
        ])?;
        cert(&server, &["init"])?;
        cert(&server, &["server", "--host", "127.0.0.1"])?;
        server.start_again().await?;
        let archives = Archives::make(folder.path())?;
        for name in ["alpha", "beta"] {
            // Who is on the host is an operator.
            archives.put_into(&server.client().behind(&format!("/tenants/{name}"))).await?;
        }
        let mut page = server.network().command(server.binary());
        let link = run(page.arg("page").arg("--data").arg(server.data()))?;
        let token = link.trim_end().split_once("#token=").context("a link with a token")?.1;
        let [alice, bob, root] = ["alice", "bob", "root"].map(|name| client(&server, name));
        let (token, alice, bob, root) = (token.to_owned(), alice?, bob?, root?);
        Ok(Self { server, token, alice, bob, root, _folder: folder })
    }

    /// Runs docker as a member, on what is theirs.
    fn docker(&self, who: &Path, arguments: &[&str]) -> Result<Said> {
        docker_at(&self.server, who, "", arguments)
    }

    /// Runs docker as an operator, inside a tenant's world.
    fn inside(&self, place: &str, arguments: &[&str]) -> Result<Said> {
        docker_at(&self.server, &self.root, &format!("/tenants/{place}"), arguments)
    }

    /// Starts a docker client of a member that waits for its turn.
    fn waiting(&self, who: &Path, arguments: &[&str]) -> Result<tokio::process::Child> {
        let mut command = Command::from(self.server.network().command("docker"));
        command.env("DOCKER_CERT_PATH", who).args(["--host", crate::tls::ADDRESS, "--tlsverify"]);
        command.args(arguments).stdin(Stdio::piped()).kill_on_drop(true);
        Ok(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
    }

    /// Waits until an operator sees a container of a tenant in this place of its queue.
    async fn waits(&self, tenant: &str, name: &str, place: u64) -> Result<()> {
        eventually(&format!("{name} waits as number {place}"), LIMIT, async || {
            let said = self.inside(tenant, &["inspect", "--format", "{{json .Pool}}", name])?;
            let pool: Value = serde_json::from_str(&said.text).unwrap_or_default();
            Ok((pool["Position"] == json!(place)).then_some(()))
        })
        .await
    }

    /// Asks the operations address, with a token or with none.
    fn ask(&self, token: Option<&str>, path: &str) -> Result<Answer> {
        let header = token.map(|token| format!("Authorization: Bearer {token}"));
        let url = format!("http://127.0.0.1:9417{path}");
        let mut command = self.server.network().command("curl");
        command.args(["-s", "-w", "%{http_code}", &url]);
        let said = run(command.args(header.iter().flat_map(|header| ["-H", header])))?;
        let (body, status) = said.split_at(said.len().saturating_sub(3));
        Ok((status.parse()?, body.to_owned()))
    }

    /// What the page is told of a tenant.
    fn page(&self, path: &str) -> Result<Value> {
        let (status, body) = self.ask(Some(&self.token), path)?;
        ensure!(status == 200, "{path}: {status} {body}");
        Ok(serde_json::from_str(&body)?)
    }
}

/// What runs and what waits in the one pool of a tenant.
fn pool(summary: &Value) -> (&str, u64, u64) {
    let pool = &summary["pools"][0];
    let number = |field: &str| pool[field].as_u64().unwrap_or(u64::MAX);
    (pool["name"].as_str().unwrap_or_default(), number("running"), number("waiting"))
}

#[tokio::test]
async fn a_tenants_queue_fills_and_drains_and_its_operator_sees_it_then_and_later() -> Result<()> {
    let house = House::start().await?;
    for who in [&house.alice, &house.bob] {
        ok(house.docker(who, &["run", "-d", "--name", "first", BUSYBOX, "sleep", "600"])?)?;
    }
    let run = |name| ["run", "--name", name, BUSYBOX, "echo", name];
    let second = house.waiting(&house.alice, &run("second"))?;
    house.waits("alpha", "second", 1).await?;
    let third = house.waiting(&house.alice, &run("third"))?;
    house.waits("alpha", "third", 2).await?;
    let bobs = house.waiting(&house.bob, &run("second"))?;
    house.waits("beta", "second", 1).await?;
    ok(house.docker(&house.alice, &["create", "--name", "fourth", BUSYBOX, "true"])?)?;
    let full = "pool north is full: 1 of its containers run, 2 wait";
    refused(&house.docker(&house.alice, &["start", "fourth"])?, full)?;

    let now = house.page("/tenants/alpha/page/summary")?;
    assert_eq!((&now["containers"], &now["running"]), (&json!(4), &json!(1)), "{now}");
    assert_eq!(pool(&now), ("north", 1, 2));
    assert_eq!(pool(&house.page("/tenants/beta/page/summary")?), ("south", 1, 1));
    // Another tenant sees nothing of it, nor the way there; nor do its own members.
    assert_eq!(
        ok(house.docker(&house.bob, &["ps", "-a", "--format", "{{.Names}}"])?)?,
        "second\nfirst\n"
    );
    for (who, tenant) in [(&house.bob, "alpha"), (&house.alice, "beta"), (&house.alice, "alpha")] {
        let said = docker_at(&house.server, who, &format!("/tenants/{tenant}"), &["ps"])?;
        refused(&said, "page not found")?;
    }
    refused(&house.inside("gamma", &["ps"])?, "no such tenant: gamma")?;

    ok(house.inside("alpha", &["kill", "first"])?)?;
    for (child, name) in [(second, "second\n"), (third, "third\n")] {
        let said = finish(child, b"").await?;
        assert_eq!((said.code, said.out.as_str()), (0, name), "{}", said.err);
    }
    eventually("nothing waits", LIMIT, async || {
        let summary = house.page("/tenants/alpha/page/summary")?;
        Ok((pool(&summary) == ("north", 0, 0)).then_some(()))
    })
    .await?;
    let seq = now["at"]["seq"].as_u64().context("the record at which it was full")?;
    assert_eq!(house.page(&format!("/tenants/alpha/page/at/{seq}/summary"))?, now);
    let position = ["inspect", "--format", "{{.Pool.Position}}", "third"];
    let then = house.inside(&format!("alpha/at/{seq}"), &position)?;
    assert_eq!(ok(then)?, "2\n");
    // What the operator did is on record under their name, in the tenant's log.
    let mut log = house.server.network().command(house.server.binary());
    log.args(["journal", "ls", "--json", "--data"]).arg(house.server.data().join("tenants/alpha"));
    let log = tests_conformance::run(&mut log)?;
    let kill = log.lines().find(|line| line.contains("container.kill")).context("the kill")?;
    ensure!(kill.contains("\"cert:root\""), "{kill}");
    drop(bobs);
    Ok(())
}

#[tokio::test]
async fn the_operations_address_leads_to_tenants_with_an_operators_token_alone() -> Result<()> {
    let house = House::start().await?;
    let tenants = house.page("/page/tenants")?;
    let line = |name: &str, member: &str| json!({"name": name, "members": [member], "up": true});
    assert_eq!(tenants, json!([line("alpha", "cert:alice"), line("beta", "cert:bob")]));
    let world = house.page("/tenants/alpha/page/world")?;
    assert_eq!((&world["containers"], &world["pools"][0]["name"]), (&json!([]), &json!("north")));
    let (status, metrics) = house.ask(Some(&house.token), "/tenants/beta/metrics")?;
    ensure!(status == 200 && metrics.contains("{pool=\"south\"}"), "{status} {metrics}");
    let (_, own) = house.ask(Some(&house.token), "/metrics")?;
    ensure!(own.contains("\"/tenants/{name}\"") && !own.contains("/tenants/beta"), "{own}");
    let mut create = house.server.network().command(house.server.binary());
    let stray = run(create.args(["token", "create", "stray", "--data"]).arg(house.server.data()))?;
    let (none, page) = (None, Some(house.token.as_str()));
    for (token, path, wanted, reason) in [
        (none, "/tenants/alpha/page/world", 401, "an operator's token"),
        (none, "/tenants/alpha/healthz", 401, "an operator's token"),
        (none, "/page/tenants", 401, "a token is wanted here"),
        (Some(stray.trim_end()), "/tenants/alpha/page/world", 403, "you are of no tenant"),
        (Some(stray.trim_end()), "/page/tenants", 403, "you are of no tenant"),
        (page, "/tenants/gamma/page/world", 404, "no such tenant: gamma"),
        (page, "/tenants/alpha/containers/json", 404, "page not found"),
        (page, "/tenants/alpha/tenants/beta/page/world", 404, "page not found"),
    ] {
        let (status, body) = house.ask(token, path)?;
        ensure!(status == wanted && body.contains(reason), "{path}: {status} {body}");
    }
    Ok(())
}

/// A server with a tenant that whoever reaches it by TCP is an operator of.
struct Open {
    server: Server,
    _folder: tempfile::TempDir,
}

impl Open {
    async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "[tenants.red]\nmembers = ['token:red']\n")?;
        let config = file.display().to_string();
        let tcp = ["--listen", "tcp://127.0.0.1:2375", "--insecure-tcp", "--config", &config];
        let server = Server::start_with(&tcp).await?;
        let archives = Archives::make(folder.path())?;
        archives.put_into(&server.client().behind("/tenants/red")).await?;
        Ok(Self { server, _folder: folder })
    }

    /// Runs a client inside the tenant's world, with this input.
    async fn run(&self, words: &[&str], input: &[u8]) -> Result<String> {
        let mut command = Command::from(self.server.network().command(words[0]));
        let host = "tcp://127.0.0.1:2375/tenants/red";
        command.env("DOCKER_HOST", host).env("DOCKER_BUILDKIT", "0");
        command.args(&words[1..]).stdin(Stdio::piped()).kill_on_drop(true);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let said = finish(child, input).await?;
        ensure!(said.code == 0, "{words:?}: {said:?}");
        Ok(said.out)
    }
}

#[tokio::test]
async fn streams_of_every_kind_go_through_a_tenants_name() -> Result<()> {
    let open = Open::start().await?;
    let big = "0123456789abcdef\n".repeat(20_000);
    let cat = ["docker", "run", "--rm", "-i", BUSYBOX, "cat"];
    ensure!(open.run(&cat, big.as_bytes()).await? == big, "the bytes have changed on their way");
    let script = "echo begun; cat /pipe; touch /done; exec sleep 600";
    let run = ["docker", "run", "-d", "--name", "on", BUSYBOX, "sh", "-c"];
    open.run(&[&run[..], &[&format!("mkfifo /pipe; {script}")]].concat(), b"").await?;
    let follow = open.run(&["docker", "logs", "--follow", "on"], b"");
    let write = async {
        let until = |what| format!("until test {what}; do sleep 0.1; done");
        let script = format!("{}; cat >/pipe; {}", until("-p /pipe"), until("-e /done"));
        let exec = ["docker", "exec", "-i", "on", "sh", "-c", &script];
        open.run(&exec, b"and ended\n").await?;
        // Its end is that of the output.
        open.run(&["docker", "kill", "on"], b"").await
    };
    let (followed, written) = tokio::join!(follow, write);
    written?;
    assert_eq!(followed?, "begun\nand ended\n");
    let now = run_date()?;
    let events = ["docker", "events", "--since", "0", "--until", now.trim_end()];
    ensure!(open.run(&events, b"").await?.contains("name=on"), "no event of it");
    let dockerfile = format!("FROM {BUSYBOX}\nRUN echo built > /built\n");
    open.run(&["docker", "build", "-q", "-t", "made", "-"], dockerfile.as_bytes()).await?;
    let built = ["docker", "run", "--rm", "made", "cat", "/built"];
    assert_eq!(open.run(&built, b"").await?, "built\n");
    // The server in front has none of it.
    assert_eq!(open.server.docker().ok(&["ps", "-aq"]).await?, "");
    Ok(())
}

fn run_date() -> Result<String> {
    run(tests_conformance::command("date").arg("+%s.%N"))
}
