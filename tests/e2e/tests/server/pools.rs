//! Pools, as the docker client sees them: it waits, it is turned away, and a killed server forgets nobody's place.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Server, eventually, run_binary};

use crate::{operations::ask, setup};

const LIMIT: Duration = Duration::from_secs(20);

const LABEL: &str = "--label=com.sockerless.pool=ci";

/// One runs, two wait.
const NARROW: &str = "[pools.ci]\nrunning = 1\nqueue = 2\n";

struct Pooled {
    server: Server,
    folder: tempfile::TempDir,
}

impl Pooled {
    /// Starts a server with a configuration file and the test images.
    async fn start(config: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("config.toml");
        std::fs::write(&file, config)?;
        let server = Server::start_with(&["--config", &file.display().to_string()]).await?;
        setup::fill(&server).await?;
        Ok(Self { server, folder })
    }

    fn configure(&self, config: &str) -> Result<()> {
        Ok(std::fs::write(self.folder.path().join("config.toml"), config)?)
    }

    /// Starts a container of the pool that goes on until it is killed, or waits.
    async fn create(&self, name: &str) -> Result<()> {
        let arguments = ["create", "--name", name, LABEL, BUSYBOX, "sleep", "600"];
        self.server.docker().ok(&arguments).await.map(drop)
    }

    /// Runs the docker client beside what the test does.
    fn docker(
        &self,
        arguments: &[&str],
    ) -> tokio::task::JoinHandle<Result<tests_conformance::Said>> {
        let docker = self.server.docker();
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        tokio::spawn(async move {
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            docker.run(&words).await
        })
    }

    async fn place(&self, name: &str) -> Result<Value> {
        Ok(setup::inspect(&self.server, name).await?["Pool"]["Position"].clone())
    }

    /// Waits until a container waits in this place.
    async fn waits(&self, name: &str, place: u64) -> Result<()> {
        eventually(&format!("{name} waits as number {place}"), LIMIT, async || {
            let found = setup::inspect(&self.server, name).await.ok();
            let position = found.map(|seen| seen["Pool"]["Position"].clone());
            Ok((position == Some(json!(place))).then_some(()))
        })
        .await
    }

    async fn runs(&self, name: &str) -> Result<()> {
        eventually(&format!("{name} runs"), LIMIT, async || {
            let seen = setup::inspect(&self.server, name).await?;
            Ok((seen["State"]["Running"] == true).then_some(()))
        })
        .await
    }

    fn pool(&self, arguments: &[&str]) -> Result<(i32, String)> {
        let data = self.server.data().display().to_string();
        let words = ["pool"].iter().chain(arguments).copied().chain(["--data", &data]);
        run_binary(&words.collect::<Vec<_>>())
    }
}

#[tokio::test]
async fn d_305_docker_run_waits_for_its_turn() -> Result<()> {
    let pooled = Pooled::start(NARROW).await?;
    let docker = pooled.server.docker();
    docker.ok(&["run", "-d", "--name", "first", LABEL, BUSYBOX, "sleep", "600"]).await?;
    let second = pooled.docker(&["run", "--name", "second", LABEL, BUSYBOX, "echo", "its turn"]);
    pooled.waits("second", 1).await?;
    assert_eq!(setup::inspect(&pooled.server, "second").await?["State"]["Status"], "created");
    ensure!(!second.is_finished(), "it did not wait");
    let third = pooled.docker(&["run", "--rm", "--name", "third", LABEL, BUSYBOX, "true"]);
    pooled.waits("third", 2).await?;
    let shown = docker.ok(&["inspect", "--format", "{{json .Pool}}", "third"]).await?;
    let shown: Value = serde_json::from_str(&shown)?;
    assert_eq!((&shown["Position"], &shown["Waiting"]), (&json!(2), &json!(2)));
    // Who is stopped while it waits hears of it, and is gone where it removes itself.
    docker.ok(&["stop", "third"]).await?;
    let said = third.await??;
    ensure!(said.code == 125 && said.err.contains("taken out of its pool's queue"), "{said:?}");
    eventually("it is gone", LIMIT, async || {
        Ok((!setup::names(&pooled.server).await?.contains(&"third".to_owned())).then_some(()))
    })
    .await?;
    docker.ok(&["kill", "first"]).await?;
    let said = second.await??;
    assert_eq!((said.code, said.out.as_str()), (0, "its turn\n"));
    assert_eq!(setup::inspect(&pooled.server, "second").await?["Pool"], json!({"Name": "ci"}));
    Ok(())
}

#[tokio::test]
async fn d_305_a_full_queue_is_429_and_all_of_it_is_counted() -> Result<()> {
    let pooled = Pooled::start(NARROW).await?;
    for name in ["first", "second", "third", "fourth"] {
        pooled.create(name).await?;
    }
    pooled.server.docker().ok(&["start", "first"]).await?;
    let second = pooled.docker(&["start", "second"]);
    pooled.waits("second", 1).await?;
    let third = pooled.docker(&["start", "third"]);
    eventually("two wait", LIMIT, async || {
        let metrics = ask(&pooled.server, "/metrics")?;
        Ok(metrics.contains(r#"sockerless_pool_queued{pool="ci"} 2"#).then_some(()))
    })
    .await?;
    let head = || -> Result<usize> { Ok(setup::records(&pooled.server)?.len()) };
    let before = head()?;
    let client = pooled.server.client();
    let reply = client.post("/containers/fourth/start").await?.expect_status(429)?;
    ensure!(reply.header("retry-after").parse::<u32>()? > 0, "{reply:?}");
    ensure!(
        reply.message().contains("pool ci is full: 1 of its containers run, 2 wait"),
        "{reply:?}"
    );
    assert_eq!(head()?, before + 1, "the refusal and nothing else is on record");
    assert_eq!(pooled.place("fourth").await?, Value::Null);
    let metrics = ask(&pooled.server, "/metrics")?;
    for line in ["running", "queued", "refused_total", "running_max", "queue_max"]
        .into_iter()
        .zip([1, 2, 1, 1, 2])
        .map(|(name, value)| format!("sockerless_pool_{name}{{pool=\"ci\"}} {value}\n"))
    {
        ensure!(metrics.contains(&line), "{line}: {metrics}");
    }
    let (code, listed) = pooled.pool(&["ls"])?;
    ensure!(code == 0 && listed.contains("1 of 1 run, 2 of 2 wait, 4 containers"), "{listed}");
    for name in ["second", "third", "first"] {
        pooled.server.docker().ok(&["kill", name]).await?;
    }
    for withdrawn in [second, third] {
        assert_eq!(withdrawn.await??.code, 1);
    }
    Ok(())
}

#[tokio::test]
async fn d_305_a_killed_server_forgets_neither_who_runs_nor_who_waits() -> Result<()> {
    let mut pooled = Pooled::start(NARROW).await?;
    for name in ["first", "second", "third", "fourth"] {
        pooled.create(name).await?;
    }
    pooled.server.docker().ok(&["start", "first"]).await?;
    let waiting = [pooled.docker(&["start", "second"])];
    pooled.waits("second", 1).await?;
    let more = pooled.docker(&["start", "third"]);
    pooled.waits("third", 2).await?;
    pooled.server.kill()?;
    for lost in waiting.into_iter().chain([more]) {
        ensure!(lost.await??.code != 0, "a client did not notice");
    }
    pooled.server.start_again().await?;
    assert_eq!(pooled.place("second").await?, json!(1));
    assert_eq!(pooled.place("third").await?, json!(2));
    let client = pooled.server.client();
    client.post("/containers/fourth/start").await?.expect_status(429)?;
    // Asked again, a start goes on waiting in its place.
    let again = pooled.docker(&["start", "second"]);
    pooled.server.docker().ok(&["kill", "first"]).await?;
    let said = again.await??;
    assert_eq!((said.code, said.out.as_str()), (0, "second\n"));
    assert_eq!(pooled.place("third").await?, json!(1));
    // What runs is killed while the server is dead, and its place is the next one's all the same.
    let second = setup::inspect(&pooled.server, "second").await?;
    let pid = second["State"]["Pid"].as_u64().context("Pid")?;
    pooled.server.kill()?;
    tests_conformance::run(pooled.server.network().command("kill").args(["-9", &pid.to_string()]))?;
    pooled.server.start_again().await?;
    pooled.runs("third").await?;
    pooled.server.docker().ok(&["kill", "third"]).await?;
    Ok(())
}

#[tokio::test]
async fn d_305_pools_are_added_drained_and_removed_while_the_server_runs() -> Result<()> {
    let pooled = Pooled::start("").await?;
    let docker = pooled.server.docker();
    let run = ["run", "--rm", LABEL, "--memory=32m", BUSYBOX, "true"];
    let said = docker.run(&run).await?;
    ensure!(said.code == 125 && said.err.contains("no such pool: ci"), "{said:?}");
    let (code, told) = pooled.pool(&["add", "ci", "--running=2", "--queue=1", "--memory=64MiB"])?;
    ensure!(code == 0 && told.contains("recorded as "), "{told}");
    docker.ok(&run).await?;
    let said = docker.run(&["run", "--rm", LABEL, BUSYBOX, "true"]).await?;
    ensure!(said.err.contains("the container has to say how much it wants (--memory)"), "{said:?}");
    docker.ok(&["create", "--name", "kept", LABEL, "--memory=32m", BUSYBOX, "true"]).await?;
    let (code, told) = pooled.pool(&["rm", "ci"])?;
    ensure!(code != 0 && told.contains("still used by 1 containers"), "{told}");
    assert_eq!(pooled.pool(&["drain", "ci"])?.0, 0);
    let said = docker.run(&run).await?;
    ensure!(said.code == 125 && said.err.contains("pool ci is draining"), "{said:?}");
    docker.ok(&["rm", "kept"]).await?;
    eventually("it can go", LIMIT, async || Ok((pooled.pool(&["rm", "ci"])?.0 == 0).then_some(())))
        .await?;
    assert_eq!(pooled.pool(&["ls"])?, (0, String::new()));
    Ok(())
}

#[tokio::test]
async fn d_305_containers_without_a_label_are_of_their_tenants_pool() -> Result<()> {
    let pooled = Pooled::start("[pools.root]\nrunning = 3\ntenants = ['uid:0']\n").await?;
    let docker = pooled.server.docker();
    docker.ok(&["create", "--name", "mine", BUSYBOX, "true"]).await?;
    assert_eq!(setup::inspect(&pooled.server, "mine").await?["Pool"], json!({"Name": "root"}));
    Ok(())
}

#[tokio::test]
async fn d_305_a_file_that_contradicts_itself_changes_nothing() -> Result<()> {
    let mut pooled = Pooled::start(NARROW).await?;
    pooled.server.stop()?;
    pooled.configure("[pools.ci]\nrunning = 9\n\n[pools.more]\nqueue = 3\n")?;
    let error = format!("{:#}", pooled.server.start_again().await.unwrap_err());
    let why = "line 4: pool more has a queue that nothing ever waits in";
    ensure!(error.contains(why), "{error}");
    pooled.configure("")?;
    pooled.server.start_again().await?;
    let (_, listed) = pooled.pool(&["ls"])?;
    ensure!(listed.starts_with("ci ") && listed.contains("0 of 1 run, 0 of 2 wait"), "{listed}");
    Ok(())
}
