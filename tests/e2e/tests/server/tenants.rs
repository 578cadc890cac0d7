//! Tenants, as their docker clients see them: each has a world of its own behind one address.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tests_conformance::{Archives, BUSYBOX, Client, Docker, Said, Server, eventually, run};

use crate::operations::ask;

const LIMIT: Duration = Duration::from_secs(30);

const CONFIG: &str = "operators = ['token:root']\n\n[tenants.red]\nmembers = ['token:red', 'group:reds']\n\n\
    [tenants.blue]\nmembers = ['token:blue']\n\n\
    [pools.narrow]\nrunning = 1\nqueue = 1\ntenants = ['token:red']\n";

/// A server with two tenants, each with the test images.
struct House {
    server: Server,
    folder: tempfile::TempDir,
}

impl House {
    async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("config.toml");
        std::fs::write(&file, CONFIG)?;
        let server = Server::start_with(&["--config", &file.display().to_string()]).await?;
        let house = Self { server, folder };
        let archives = Archives::make(house.folder.path())?;
        for (name, group) in
            [("red", None), ("blue", None), ("mate", Some("reds")), ("stray", None), ("root", None)]
        {
            let mut command = house.server.network().command(house.server.binary());
            command.args(["token", "create", name, "--data"]).arg(house.server.data());
            let token = run(command.args(group.iter().flat_map(|group| ["--group", group])))?;
            let config = house.config(name);
            std::fs::create_dir(&config)?;
            let headers = json!({"Authorization": format!("Bearer {}", token.trim_end())});
            let text = json!({"HttpHeaders": headers}).to_string();
            std::fs::write(config.join("config.json"), text)?;
            std::fs::write(config.join("token"), token.trim_end())?;
        }
        for name in ["red", "blue"] {
            archives.put_into(&house.client(name)?).await?;
        }
        Ok(house)
    }

    /// The folder of a tenant's docker configuration.
    fn config(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn docker(&self, name: &str) -> Docker {
        self.server.docker().configured(&self.config(name))
    }

    fn client(&self, name: &str) -> Result<Client> {
        let token = std::fs::read_to_string(self.config(name).join("token"))?;
        Ok(self.server.client().token(&token))
    }

    /// The data directory of a tenant's server.
    fn data(&self, name: &str) -> std::path::PathBuf {
        self.server.data().join("tenants").join(name)
    }

    /// The process of a tenant's server.
    fn pid(&self, name: &str) -> Result<Pid> {
        let front = self.server.pid()?;
        let children = std::fs::read_to_string(format!("/proc/{front}/task/{front}/children"))?;
        let mut all = children.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for thread in std::fs::read_dir(format!("/proc/{front}/task"))?.flatten() {
            let more = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            all.extend(more.split_ascii_whitespace().map(str::to_owned));
        }
        let is_it = |pid: &String| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&format!("--tenant\0{name}\0"))
        };
        let pid = all.into_iter().find(is_it).context("a tenant's server")?;
        Pid::from_raw(pid.parse()?).context("a process id")
    }
}

async fn ids(docker: &Docker) -> Result<Vec<String>> {
    let listed = docker.ok(&["ps", "-aq", "--no-trunc"]).await?;
    Ok(listed.lines().map(str::to_owned).collect())
}

fn refused(said: &Said, reason: &str) -> Result<()> {
    ensure!(said.code != 0 && said.err.contains(reason), "{said:?} for {reason}");
    Ok(())
}

#[tokio::test]
async fn tenants_use_the_same_names_and_see_only_their_own() -> Result<()> {
    let house = House::start().await?;
    let mut made = Vec::new();
    for name in ["red", "blue"] {
        let docker = house.docker(name);
        docker.ok(&["network", "create", "net"]).await?;
        let script = format!("echo {name} > /data/who; echo {name}; exec sleep 600");
        let run = ["run", "-d", "--name", "web", "--network", "net", "-v", "data:/data"];
        let id = docker.ok(&[&run[..], &[BUSYBOX, "sh", "-c", &script]].concat()).await?;
        made.push(id);
    }
    for (name, own, other) in [("red", &made[0], &made[1]), ("blue", &made[1], &made[0])] {
        let docker = house.docker(name);
        assert_eq!(ids(&docker).await?, std::slice::from_ref(own));
        assert_eq!(docker.ok(&["exec", "web", "cat", "/data/who"]).await?, name);
        assert_eq!(docker.ok(&["volume", "ls", "-q"]).await?, "data");
        refused(
            &docker.run(&["inspect", "--type", "container", other]).await?,
            "No such container",
        )?;
        refused(&docker.run(&["stop", &other[..12]]).await?, "No such container")?;
        let now = run(tests_conformance::command("date").arg("+%s.%N"))?;
        let events = ["events", "--since", "0", "--until", now.trim_end()];
        let told = docker.ok(&events).await?;
        ensure!(told.contains(own.as_str()) && !told.contains(other.as_str()), "{told}");
    }
    // Who is of a group that a tenant names is of that tenant.
    assert_eq!(ids(&house.docker("mate")).await?, std::slice::from_ref(&made[0]));
    // Who shows a token that is named nowhere is nobody.
    refused(&house.docker("stray").run(&["ps"]).await?, "you are of no tenant of this server")?;
    // Who is on the host, and operators, are answered by the server in front, which has none of it.
    assert_eq!(ids(&house.docker("root")).await?, [""; 0]);
    assert_eq!(ids(&house.server.docker()).await?, [""; 0]);
    refused(&house.server.docker().run(&["image", "inspect", BUSYBOX]).await?, "No such image")?;
    Ok(())
}

/// Calls with the id of another's container, network, exec and image: method, path, body.
fn calls(container: &str, exec: &str, network: &str) -> Vec<(&'static str, String, Value)> {
    let none = Value::Null;
    let mut calls = vec![
        ("GET", format!("/exec/{exec}/json"), none.clone()),
        ("POST", format!("/exec/{exec}/start"), json!({"Detach": true})),
        ("POST", format!("/exec/{exec}/resize?h=1&w=1"), none.clone()),
        ("GET", format!("/networks/{network}"), none.clone()),
        ("DELETE", format!("/networks/{network}"), none.clone()),
        ("POST", format!("/networks/{network}/connect"), json!({"Container": container})),
        ("POST", format!("/networks/{network}/disconnect"), json!({"Container": container})),
        ("DELETE", format!("/containers/{container}?force=1"), none.clone()),
        ("POST", format!("/commit?container={container}"), json!({})),
        ("POST", format!("/containers/{container}/exec"), json!({"Cmd": ["true"]})),
        ("POST", format!("/containers/{container}/update"), json!({"Memory": 0})),
        ("HEAD", format!("/containers/{container}/archive?path=/"), none.clone()),
        ("PUT", format!("/containers/{container}/archive?path=/"), none.clone()),
    ];
    for read in
        ["json", "logs?stdout=1", "top", "changes", "export", "stats?stream=0", "archive?path=/"]
    {
        calls.push(("GET", format!("/containers/{container}/{read}"), none.clone()));
    }
    for change in [
        "start",
        "stop",
        "restart",
        "kill",
        "pause",
        "unpause",
        "wait",
        "rename?name=x",
        "resize?h=1&w=1",
        "attach?stream=1&stdout=1",
    ] {
        calls.push(("POST", format!("/containers/{container}/{change}"), none.clone()));
    }
    for share in ["NetworkMode", "PidMode", "IpcMode"] {
        let body = json!({"Image": BUSYBOX, "Cmd": ["true"], "HostConfig": {share: format!("container:{container}")}});
        calls.push(("POST", "/containers/create".to_owned(), body));
    }
    let from =
        json!({"Image": BUSYBOX, "Cmd": ["true"], "HostConfig": {"VolumesFrom": [container]}});
    calls.push(("POST", "/containers/create".to_owned(), from));
    calls
}

#[tokio::test]
async fn no_call_of_one_tenant_reaches_what_is_anothers() -> Result<()> {
    let house = House::start().await?;
    let (red, blue) = (house.docker("red"), house.client("blue")?);
    let container = red.ok(&["run", "-d", "--network", "bridge", BUSYBOX, "sleep", "600"]).await?;
    let network = red.ok(&["network", "create", "own"]).await?;
    let (owner, path) = (house.client("red")?, format!("/containers/{container}/exec"));
    let made = owner.post_json(&path, &json!({"Cmd": ["sleep", "1"]})).await?.expect_status(201)?;
    let exec = made.json()?["Id"].as_str().context("Id")?.to_owned();
    let path = format!("/containers/{container}/json");
    let before = owner.get(&path).await?.expect_status(200)?.json()?;
    for (method, path, body) in calls(&container, &exec, &network) {
        let body = (!body.is_null()).then(|| ("application/json", body.to_string().into()));
        let reply = blue.call(method.parse()?, &path, body).await?;
        // What a container is to share is looked for when it starts, as Docker does: it is made, and starts not.
        if path == "/containers/create" && reply.status == 201 {
            let id = reply.json()?["Id"].as_str().context("Id")?.to_owned();
            let started = blue.post(&format!("/containers/{id}/start")).await?;
            ensure!(started.status.is_client_error(), "{method} {path}: {}", started.status);
            blue.delete(&format!("/containers/{id}")).await?.expect_status(204)?;
            continue;
        }
        // Volumes of a container that is not there are a bad parameter in Docker's words.
        let says_so = reply.status == 400 && reply.message().starts_with("No such container");
        ensure!(
            reply.status == 404 || says_so,
            "{method} {path}: {} {}",
            reply.status,
            reply.text()
        );
    }
    let after = owner.get(&path).await?.expect_status(200)?.json()?;
    assert_eq!(after, before);
    Ok(())
}

#[tokio::test]
async fn streams_pass_both_ways() -> Result<()> {
    let house = House::start().await?;
    let red = house.docker("red");
    let said =
        red.run_with_input(&["run", "--rm", "-i", BUSYBOX, "cat"], b"there and back\n").await?;
    assert_eq!((said.code, said.out.as_str()), (0, "there and back\n"));
    let said = red
        .run(&["run", "--name", "both", BUSYBOX, "sh", "-c", "echo out; echo err >&2; exit 3"])
        .await?;
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (3, "out\n", "err\n"));
    assert_eq!(red.ok(&["logs", "--follow", "both"]).await?, "out");
    let size = (30, 90);
    let said =
        red.run_on_terminal(&["run", "--rm", "-it", BUSYBOX, "stty", "size"], size, b"").await?;
    ensure!(said.out.contains("30 90"), "{said:?}");
    // More than any buffer on the way holds, in both directions.
    let big = vec![b'x'; 3_000_000];
    std::fs::write(house.folder.path().join("big"), &big)?;
    let from = house.folder.path().join("big").display().to_string();
    red.ok(&["cp", &from, "both:/big"]).await?;
    red.ok(&["cp", "both:/big", &format!("{from}.back")]).await?;
    ensure!(std::fs::read(format!("{from}.back"))? == big, "the file has changed on its way");
    let dockerfile = format!("FROM {BUSYBOX}\nRUN echo built > /built\n");
    let said =
        red.run_with_input(&["build", "-q", "-t", "made", "-"], dockerfile.as_bytes()).await?;
    ensure!(said.code == 0, "{said:?}");
    assert_eq!(red.ok(&["run", "--rm", "made", "cat", "/built"]).await?, "built");
    Ok(())
}

#[tokio::test]
async fn each_log_says_who_did_what_and_holds_nothing_of_others() -> Result<()> {
    let house = House::start().await?;
    let id = house.docker("red").ok(&["create", "--name", "mine", BUSYBOX, "true"]).await?;
    let log = |data: &Path| {
        let mut command = house.server.network().command(house.server.binary());
        run(command.args(["journal", "ls", "--json", "--data"]).arg(data))
    };
    let reds = log(&house.data("red"))?;
    let created = reds.lines().find(|line| line.contains("\"mine\"")).context("its record")?;
    ensure!(created.contains("token:red"), "{created}");
    for data in [house.data("blue"), house.server.data()] {
        let text = log(&data)?;
        ensure!(!text.contains(&id) && !text.contains("\"mine\""), "{}: {text}", data.display());
    }
    Ok(())
}

#[tokio::test]
async fn a_kill_of_one_server_leaves_the_others_and_it_comes_back() -> Result<()> {
    let mut house = House::start().await?;
    for name in ["red", "blue"] {
        house.docker(name).ok(&["run", "-d", "--name", "on", BUSYBOX, "sleep", "600"]).await?;
    }
    let running = ["ps", "--filter", "status=running", "--format", "{{.Names}}"];
    let before = house.pid("red")?;
    kill_process(before, Signal::KILL)?;
    assert_eq!(house.docker("blue").ok(&running).await?, "on");
    let red = house.docker("red");
    eventually("the killed server is back", LIMIT, async || {
        let said = red.run(&running).await?;
        Ok((said.code == 0 && said.out == "on\n").then_some(()))
    })
    .await?;
    ensure!(house.pid("red")? != before, "it was not killed");
    let metrics = ask(&house.server, "/metrics")?;
    ensure!(metrics.contains("sockerless_tenant_up{tenant=\"red\"} 1"), "{metrics}");
    house.server.kill()?;
    house.server.start_again().await?;
    for name in ["red", "blue"] {
        let docker = house.docker(name);
        eventually(&format!("{name} is back"), LIMIT, async || {
            let said = docker.run(&running).await?;
            Ok((said.code == 0 && said.out == "on\n").then_some(()))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn with_the_last_table_gone_who_was_a_member_is_no_operator() -> Result<()> {
    let mut house = House::start().await?;
    let nobody = "you are of no tenant of this server";
    for (config, is_operator) in [("", false), ("operators = ['token:root']\n", true)] {
        house.server.stop()?;
        std::fs::write(house.folder.path().join("config.toml"), config)?;
        house.server.start_again().await?;
        for name in ["red", "mate", "stray"] {
            refused(&house.docker(name).run(&["ps"]).await?, nobody)?;
        }
        let root = house.docker("root").run(&["ps", "-q"]).await?;
        ensure!(root.err.contains(nobody) != is_operator, "{root:?}");
        // Who is on the host has shown nothing that could have been a member's.
        assert_eq!(ids(&house.server.docker()).await?, [""; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn pools_are_of_the_tenant_that_they_name_and_the_page_is_not_a_members() -> Result<()> {
    let house = House::start().await?;
    let sleep = ["run", "-d", BUSYBOX, "sleep", "600"];
    house.docker("red").ok(&sleep).await?;
    let second = house.client("red")?;
    let body = json!({"Image": BUSYBOX, "Cmd": ["true"]});
    let created = second.post_json("/containers/create", &body).await?.expect_status(201)?;
    let id = created.json()?["Id"].as_str().context("Id")?.to_owned();
    let pool = second.get(&format!("/containers/{id}/json")).await?.json()?["Pool"].clone();
    assert_eq!(pool["Name"], "narrow", "{pool}");
    // Another tenant is held up by nothing.
    for _ in 0..3 {
        house.docker("blue").ok(&sleep).await?;
    }
    ask(&house.server, "/healthz")?;
    let token = std::fs::read_to_string(house.config("red").join("token"))?;
    let header = format!("Authorization: Bearer {token}");
    let url = "http://127.0.0.1:9417/page/containers";
    let mut command = house.server.network().command("curl");
    let said = run(command.args(["-s", "-H", &header, "-w", "%{http_code}", url]))?;
    ensure!(said.contains("members of tenant red are not answered here"), "{said}");
    ensure!(said.ends_with("403"), "{said}");
    Ok(())
}
