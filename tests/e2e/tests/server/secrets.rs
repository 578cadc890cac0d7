//! Secrets: 1,000 canaries through every field that carries one, and not one of them in plain in what is kept.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Connection, Reply, Server, command, request};

use crate::setup;

/// How every canary begins: one search finds them all.
const MARK: &str = "CaNaRy";

/// How base64 of `{"password":"CaNaRy` begins, as far as it does not depend on what follows.
const MARK_IN_HEADER: &str = "eyJwYXNzd29yZCI6IkNhTmFS";

/// Makes canaries, and counts them.
struct Canaries {
    random: fastrand::Rng,
    made: usize,
}

impl Canaries {
    fn next(&mut self) -> String {
        self.made += 1;
        format!("{MARK}{:016x}", self.random.u64(..))
    }
}

/// Counts the files below `place` that hold one of the marks.
fn holding(place: &Path) -> Result<Vec<String>> {
    let mut grep = command("grep");
    grep.args(["-r", "-l", "-a", "-F", "-e", MARK, "-e", MARK_IN_HEADER]).arg(place);
    let output = grep.output()?;
    ensure!(output.status.code().is_some_and(|code| code < 2), "grep failed: {output:?}");
    let files = String::from_utf8_lossy(&output.stdout);
    Ok(files.lines().map(str::to_owned).collect())
}

/// Sends a call with a header that holds a secret.
async fn call_with(
    server: &Server,
    method: Method,
    path: &str,
    header: (&'static str, &str),
) -> Result<Reply> {
    let mut connection = Connection::open(&server.socket()).await?;
    let mut request = request(method, path, Some(("application/json", Bytes::new())))?;
    let value = HeaderValue::from_str(header.1)?;
    request.headers_mut().insert(HeaderName::from_static(header.0), value);
    connection.exchange(request).await
}

/// Credentials for a registry as clients send them.
fn credentials(canary: &str) -> Result<String> {
    let text = json!({"password": canary, "username": "me"}).to_string();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("text");
    std::fs::write(&file, text)?;
    let encoded = tests_conformance::run(command("base64").args(["-w", "0"]).arg(&file))?;
    ensure!(encoded.starts_with(MARK_IN_HEADER), "{encoded}");
    Ok(encoded)
}

async fn create(server: &Server, name: &str, env: Vec<String>) -> Result<()> {
    let body = json!({"Image": BUSYBOX, "Cmd": ["sleep", "1000"], "Env": env});
    let path = format!("/containers/create?name={name}");
    server.client().post_json(&path, &body).await?.expect_status(201).map(drop)
}

/// Sends canaries by every way there is; two containers run with theirs.
async fn send(server: &Server, canaries: &mut Canaries) -> Result<()> {
    let client = server.client();
    for number in 0..250 {
        let env = vec![
            format!("TOKEN={}", canaries.next()),
            format!("URL=https://me:{}@host/x", canaries.next()),
            "LANG=C".to_owned(),
        ];
        create(server, &format!("kept-{number}"), env).await?;
    }
    for name in ["kept-0", "kept-1"] {
        client.post(&format!("/containers/{name}/start")).await?.expect_status(204)?;
        for number in 0..100 {
            let env = [format!("OWN={}", canaries.next())];
            let body = json!({"Cmd": ["sh", "-c", "test -n \"$OWN$TOKEN\""], "Env": env});
            let path = format!("/containers/{name}/exec");
            let made = client.post_json(&path, &body).await?.expect_status(201)?.json()?;
            if number % 25 == 0 {
                let id = made["Id"].as_str().context("Id")?;
                let path = format!("/exec/{id}/start");
                client.post_json(&path, &json!({"Detach": true})).await?.expect_status(200)?;
            }
        }
    }
    for number in 0..20 {
        // Refused: the name is taken. A refusal is a record too.
        let env = [format!("TOKEN={}", canaries.next())];
        let body = json!({"Image": BUSYBOX, "Cmd": ["true"], "Env": env});
        let path = format!("/containers/create?name=kept-{number}");
        client.post_json(&path, &body).await?.expect_status(409)?;
    }
    for number in 0..70 {
        // Nothing listens on that port: the call fails once it has the credentials.
        let image = format!("127.0.0.1:1/app-{number}");
        let canary = credentials(&canaries.next())?;
        let header = ("x-registry-auth", canary.as_str());
        let path = format!("/images/create?fromImage={image}&tag=latest");
        call_with(server, Method::POST, &path, header).await?;
        let canary = credentials(&canaries.next())?;
        let header = ("x-registry-auth", canary.as_str());
        call_with(server, Method::POST, &format!("/images/{image}/push"), header).await?;
        let canary = credentials(&canaries.next())?;
        let header = ("x-registry-config", canary.as_str());
        call_with(server, Method::POST, "/build", header).await?;
        let body = json!({"username": "me", "password": canaries.next(),
            "serveraddress": "127.0.0.1:1"});
        client.post_json("/auth", &body).await?;
    }
    Ok(())
}

async fn environment(server: &Server, name: &str) -> Result<Vec<Value>> {
    let shown = setup::inspect(server, name).await?;
    Ok(shown["Config"]["Env"].as_array().context("Env")?.clone())
}

#[tokio::test]
async fn j_018_no_secret_is_kept_in_plain() -> Result<()> {
    let seed = tests_e2e::seed()?;
    eprintln!("seed {seed}");
    let mut canaries = Canaries { random: fastrand::Rng::with_seed(seed), made: 0 };
    let mut server = Server::start_with(&["--log", "trace", "--audit-reads", "request"]).await?;
    setup::fill(&server).await?;
    send(&server, &mut canaries).await?;
    ensure!(canaries.made >= 1000, "{} canaries", canaries.made);
    // They arrived: who asks is shown them, and what runs has them.
    let shown = environment(&server, "kept-0").await?;
    ensure!(shown[0].as_str().is_some_and(|text| text.starts_with("TOKEN=CaNaRy")), "{shown:?}");
    let pid = setup::inspect(&server, "kept-0").await?["State"]["Pid"].clone();
    let given = std::fs::read(format!("/proc/{pid}/environ"))?;
    ensure!(String::from_utf8_lossy(&given).contains(MARK), "the container has no canary");
    let folder = server.data().parent().context("a folder")?.to_owned();
    let told = server.journal(&["ls", "--json"])?;
    ensure!(told.contains("TOKEN=") && !told.contains(MARK), "the list of records has a canary");
    ensure!(!server.journal(&["reads"])?.contains(MARK), "the list of reads has a canary");
    assert_eq!(holding(&folder)?, [] as [String; 0], "beside a running server");
    server.stop()?;
    assert_eq!(holding(&folder)?, [] as [String; 0], "after its end");
    server.start_again().await?;
    let again = environment(&server, "kept-0").await?;
    assert_eq!(again, shown, "after a restart");
    assert_eq!(holding(&folder)?, [] as [String; 0], "after a restart");
    // The control: a label is no secret, and the search finds it in the log.
    let body = json!({"Image": BUSYBOX, "Cmd": ["true"], "Labels": {"l": canaries.next()}});
    server.client().post_json("/containers/create", &body).await?.expect_status(201)?;
    let found = holding(&folder)?;
    ensure!(
        found.iter().any(|file| file.contains("journal")),
        "the search finds nothing: {found:?}"
    );
    Ok(())
}

/// The bytes of the key files, the wrapping key's among them.
fn key_bytes(server: &Server) -> Result<Vec<u8>> {
    let keys = server.data().join("keys");
    Ok([std::fs::read(keys.join("slots"))?, std::fs::read(keys.join("slots.mirror"))?].concat())
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The ids of the keys that the log names, and whether it says that they are destroyed.
fn keys_of(records: &[Value], event: &str, field: fn(&Value) -> Option<&str>) -> Vec<String> {
    let events = records.iter().filter_map(|record| record["events"].as_array()).flatten();
    let named = events.filter(|found| found["event"] == event);
    named.filter_map(field).map(str::to_owned).collect()
}

#[tokio::test]
async fn j_018_a_removal_destroys_the_key_and_the_log_stays_whole() -> Result<()> {
    let mut server = setup::server().await?;
    for name in ["goes", "stays"] {
        create(&server, name, vec![format!("TOKEN={MARK}-{name}")]).await?;
    }
    let made = keys_of(&setup::records(&server)?, "container.options_set", |event| {
        event["options"][0]["SealedEnvironment"]["key"].as_str()
    });
    ensure!(made.len() == 2, "{made:?}");
    let ids: Vec<Vec<u8>> = made.iter().map(|key| unhex(key)).collect::<Result<_>>()?;
    let before = key_bytes(&server)?;
    ensure!(ids.iter().all(|id| holds(&before, id)), "the control: both keys are there");
    server.client().delete("/containers/goes").await?.expect_status(204)?;
    let after = key_bytes(&server)?;
    ensure!(!holds(&after, &ids[0]) && holds(&after, &ids[1]), "only the first is destroyed");
    let destroyed = keys_of(&setup::records(&server)?, "container.keys_destroyed", |event| {
        event["keys"][0].as_str()
    });
    assert_eq!(destroyed, made[..1]);
    // What is left is as it was, after a kill and a replay too.
    server.kill()?;
    server.start_again().await?;
    let shown = environment(&server, "stays").await?;
    assert_eq!(shown[0], format!("TOKEN={MARK}-stays"));
    server.stop()?;
    let verified = server.journal(&["verify"])?;
    ensure!(verified.contains("verified"), "{verified}");
    server.journal(&["ls"]).map(drop)
}

#[tokio::test]
async fn j_018_a_missing_wrapping_key_is_told_and_a_lost_key_fails_the_start() -> Result<()> {
    let mut server = setup::server().await?;
    create(&server, "web", vec![format!("TOKEN={MARK}")]).await?;
    server.stop()?;
    let wrapping = server.data().with_extension("kek");
    let aside = server.data().with_extension("aside");
    std::fs::rename(&wrapping, &aside)?;
    server.spawn()?;
    ensure!(!server.wait()?.success(), "it serves without its wrapping key");
    let said = server.log_end();
    ensure!(said.contains("put it back"), "{said}");
    std::fs::rename(&aside, &wrapping)?;
    std::fs::remove_dir_all(server.data().join("keys"))?;
    server.start_again().await?;
    let shown = environment(&server, "web").await?;
    assert_eq!(shown[0], "TOKEN=<destroyed>");
    let reply = server.client().post("/containers/web/start").await?.expect_status(500)?;
    ensure!(reply.message().contains("of its environment is destroyed"), "{}", reply.message());
    ensure!(server.log_end().contains("the key of its environment is lost"), "nobody is told");
    server.client().delete("/containers/web").await?.expect_status(204).map(drop)
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair)?, 16).context("digits");
    digits.map(byte).collect()
}
