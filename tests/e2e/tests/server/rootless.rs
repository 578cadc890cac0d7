//! A server that an ordinary user has started: root in a user namespace of its own, and nobody outside.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests_conformance::{BUSYBOX, Server, eventually};

use crate::setup;

/// `www-data` of Debian: somebody who has a name, and nothing else.
const USER: u32 = 33;

/// Other users that it is given: where they begin, and how many.
const GIVEN: &str = "www-data:700000:65536\n";

const LIMIT: Duration = Duration::from_secs(30);

/// Makes a place where the user reaches the program, and alone sees what it was given and the device of tunnels, which
/// distributions have for everybody.
const PREPARE: &str = r#"
place=$1 program=$2; shift 2
mount --bind "$place/given" /etc/subuid && mount --bind "$place/given" /etc/subgid &&
mount --bind "$(dirname "$program")" "$place/bin" &&
{ [ -e "$place/tun" ] || mknod -m 666 "$place/tun" c 10 200; } &&
mount --bind "$place/tun" /dev/net/tun || exit 1
"#;

/// Becomes the user.
const BECOME: &str = r#"
exec setpriv --reuid 33 --regid 33 --clear-groups "$place/bin/$(basename "$program")" "$@"
"#;

/// Does so where the kernel makes no user namespaces: for a process whose root is not the one of its mounts.
const BECOME_SHUT_IN: &str = r#"
mount --rbind / /mnt || exit 1
exec chroot /mnt setpriv --reuid 33 --regid 33 --clear-groups "$place/bin/$(basename "$program")" "$@"
"#;

/// A server that is to be started as the user.
struct Rootless {
    server: Server,
    /// What it needs on its way; it outlives the server.
    _place: TempDir,
}

impl Rootless {
    fn prepare(given: &str, how: &str) -> Result<Self> {
        let place = tempfile::tempdir()?;
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755))?;
        fs::create_dir(place.path().join("bin"))?;
        fs::write(place.path().join("given"), given)?;
        let mut server = Server::prepare(&[])?;
        let socket = server.socket();
        chown(socket.parent().context("a folder")?, Some(USER), Some(USER))?;
        let (script, shown) = (format!("{PREPARE}{how}"), place.path().display().to_string());
        server.trace_with(&["unshare", "-m", "sh", "-c", &script, "sh", &shown]);
        Ok(Self { server, _place: place })
    }
}

/// Runs a container to its end, and gives what it wrote.
async fn run(server: &Server, name: &str, more: Value, script: &str) -> Result<String> {
    let mut body = json!({"Image": BUSYBOX, "Cmd": ["sh", "-c", script]});
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    let path = format!("/containers/create?name={name}");
    server.client().post_json(&path, &body).await?.expect_status(201)?;
    server.client().post(&format!("/containers/{name}/start")).await?.expect_status(204)?;
    let code = setup::wait(server, name).await?;
    let written = setup::output(server, name).await?;
    ensure!(code == 0, "{name} ended with {code}: {written}");
    Ok(written)
}

/// The process that keeps the namespaces.
fn keeper(server: &Server) -> Result<u64> {
    let record: Value = serde_json::from_slice(&fs::read(server.data().join("namespaces.json"))?)?;
    record["keeper"]["pid"].as_u64().context("the keeper's number")
}

fn real_user(pid: u64) -> Result<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:")).context("Uid")?;
    Ok(line.split_whitespace().next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn w_009_a_server_without_root_rights_runs_containers_in_a_user_namespace() -> Result<()> {
    let Rootless { mut server, _place } = Rootless::prepare(GIVEN, BECOME)?;
    server.start_again().await?;
    setup::fill(&server).await?;
    let info = server.client().get("/info").await?.expect_status(200)?.json()?;
    ensure!(info["SecurityOptions"].to_string().contains("name=rootless"), "{info}");

    let told = run(&server, "own", json!({"Hostname": "inside"}), "id -u; hostname").await?;
    ensure!(told == "0\ninside\n", "{told}");
    let told = run(&server, "other", json!({"User": "1000:1000"}), "id -u; id -g").await?;
    ensure!(told == "1000\n1000\n", "{told}");

    // Names, addresses and ports.
    let network = json!({"Name": "shop"});
    server.client().post_json("/networks/create", &network).await?.expect_status(201)?;
    let body = json!({
        "Image": BUSYBOX,
        "Cmd": ["sh", "-c", "mkdir /www; echo hello > /www/index.html; httpd -f -h /www"],
        "HostConfig": {"NetworkMode": "shop", "PortBindings": {"80/tcp": [{"HostPort": ""}]}},
        "ExposedPorts": {"80/tcp": {}},
    });
    let path = "/containers/create?name=web";
    server.client().post_json(path, &body).await?.expect_status(201)?;
    server.client().post("/containers/web/start").await?.expect_status(204)?;
    let asks = "until wget -qO- http://web; do sleep 0.1; done";
    let on_it = json!({"HostConfig": {"NetworkMode": "shop"}});
    ensure!(run(&server, "guest", on_it, asks).await? == "hello\n");
    let web = setup::inspect(&server, "web").await?;
    let pid = web["State"]["Pid"].as_u64().context("Pid")?;
    ensure!(real_user(pid)? == USER.to_string());
    let port = web["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"].as_str().context("port")?;
    let port = port.to_owned();
    let from_outside = |server: &Server| {
        let url = format!("http://127.0.0.1:{port}/");
        tests_conformance::run(server.network().command("busybox").args(["wget", "-qO-", &url]))
    };
    ensure!(from_outside(&server)? == "hello\n");

    // The next server finds the container where it is.
    let keeper_of_first = keeper(&server)?;
    server.kill()?;
    server.start_again().await?;
    ensure!(keeper(&server)? == keeper_of_first);
    let again = setup::inspect(&server, "web").await?;
    ensure!(again["State"]["Pid"] == web["State"]["Pid"] && again["State"]["Running"] == true);
    ensure!(from_outside(&server)? == "hello\n");
    let docker = server.docker();
    ensure!(docker.ok(&["exec", "web", "cat", "/www/index.html"]).await? == "hello");

    // A folder that is there again is not what it was before, also in the image that is made of it.
    let anew = "rm -r /etc; mkdir /etc; echo new > /etc/new";
    docker.ok(&["run", "--name", "changed", BUSYBOX, "sh", "-c", anew]).await?;
    docker.ok(&["commit", "changed", "anew"]).await?;
    let listed = docker.ok(&["run", "--rm", "anew", "ls", "/etc"]).await?;
    // What the engine gives each container is there beside it.
    ensure!(listed.contains("new") && !listed.contains("passwd"), "{listed}");

    // Nothing outlives what is taken down.
    server.stop()?;
    let down = ["down", "--data"];
    tests_conformance::run(
        tests_conformance::command(server.binary()).args(down).arg(server.data()),
    )?;
    eventually("everything has ended", LIMIT, async || {
        Ok((!setup::is_alive(keeper_of_first) && !setup::is_alive(pid)).then_some(()))
    })
    .await
}

/// What a job of CI leaves in the folder that the next one is given.
const BUILD: &str = r#"
mkdir -p src
for n in 3 1 2; do echo "line $n" > src/$n.txt; done
sort src/*.txt > all
tar cf src.tar src
sha256sum all > sums
trap 'echo cleaned > trapped' EXIT
"#;

/// What the next one makes of it: pipes, a loop over input, a part that runs beside, and what a service on the network says.
const CHECK: &str = r#"
sha256sum -c sums
tar tf src.tar | grep -c 'txt$'
while read -r word n; do sum=$((${sum:-0} + n)); done < all
(sleep 0.1; echo beside > beside) &
wait $!
echo "$CI $sum $(id -u) $(cat trapped beside | tr '\n' ' ')"
wget -qO- http://service/index.html
"#;

#[tokio::test]
async fn w_009_an_ordinary_users_server_runs_jobs_on_the_wasm_engine() -> Result<()> {
    let Rootless { mut server, _place } = Rootless::prepare(GIVEN, BECOME)?;
    server.start_again().await?;
    setup::fill(&server).await?;
    let docker = server.docker();
    docker.ok(&["network", "create", "jobs"]).await?;
    let serves = "mkdir /www; echo served > /www/index.html; httpd -f -h /www";
    let service = ["run", "-d", "--name", "service", "--network", "jobs", BUSYBOX];
    docker.ok(&[&service[..], &["sh", "-c", serves]].concat()).await?;
    let job = async |script: &str| {
        let place = ["run", "--rm", "--runtime", "wasm", "--network", "jobs", "-v", "work:/work"];
        let step = ["-w", "/work", "-e", "CI=true", BUSYBOX, "sh", "-euo", "pipefail", "-c"];
        docker.run(&[&place[..], &step[..], &[script]].concat()).await
    };
    let built = job(BUILD).await?;
    ensure!(built.code == 0 && built.out.is_empty(), "{built:?}");
    let checked = job(CHECK).await?;
    let wanted = "all: OK\n3\ntrue 6 0 cleaned beside \nserved\n";
    ensure!(checked.code == 0 && checked.out == wanted, "{checked:?}");
    // The first command that fails is the end of a job.
    let failed = job("grep nothing all | sort; echo not here").await?;
    ensure!(failed.code == 1 && failed.out.is_empty(), "{failed:?}");

    // One that goes on is the user's, is looked into, and ends when it is told to.
    let waits = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done";
    let long = ["run", "-d", "--name", "long", "--runtime", "wasm", BUSYBOX, "sh", "-c", waits];
    docker.ok(&long).await?;
    eventually("it is ready", LIMIT, async || {
        Ok((docker.ok(&["logs", "long"]).await? == "ready").then_some(()))
    })
    .await?;
    let pid = setup::inspect(&server, "long").await?["State"]["Pid"].as_u64().context("Pid")?;
    ensure!(real_user(pid)? == USER.to_string());
    ensure!(docker.ok(&["exec", "long", "sh", "-c", "echo $((6 * 7))"]).await? == "42");
    docker.ok(&["stop", "long"]).await?;
    ensure!(docker.ok(&["wait", "long"]).await? == "9");
    docker.ok(&["rm", "-f", "long", "service"]).await.map(drop)
}

#[tokio::test]
async fn w_009_what_needs_control_groups_is_refused_where_none_can_be_made() -> Result<()> {
    let Rootless { mut server, _place } = Rootless::prepare(GIVEN, BECOME)?;
    server.start_again().await?;
    setup::fill(&server).await?;
    setup::start(&server, "loop", "while :; do sleep 1; done").await?;
    let paused = server.client().post("/containers/loop/pause").await?;
    ensure!(
        paused.status.as_u16() >= 400 && paused.text().contains("control groups"),
        "{}",
        paused.text()
    );
    let limited = json!({"HostConfig": {"Memory": 64 << 20}});
    let limited = run(&server, "limited", limited, "true").await;
    ensure!(limited.as_ref().is_err_and(|error| error.to_string().contains("control groups")));
    server.client().post("/containers/loop/kill").await?.expect_status(204)?;
    setup::wait(&server, "loop").await.map(drop)
}

#[tokio::test]
async fn w_009_without_other_users_there_is_one_and_the_server_says_so() -> Result<()> {
    let Rootless { mut server, _place } = Rootless::prepare("", BECOME)?;
    server.start_again().await?;
    ensure!(server.log_end().contains("/etc/subuid"), "{}", server.log_end());
    Ok(())
}

#[tokio::test]
async fn w_009_where_user_namespaces_are_forbidden_the_server_says_what_is_missing() -> Result<()> {
    let Rootless { mut server, _place } = Rootless::prepare(GIVEN, BECOME_SHUT_IN)?;
    server.spawn()?;
    let status = server.wait()?;
    ensure!(!status.success(), "{status}");
    ensure!(server.log_end().contains("user.max_user_namespaces"), "{}", server.log_end());
    ensure!(!Path::new(&server.socket()).exists());
    Ok(())
}
