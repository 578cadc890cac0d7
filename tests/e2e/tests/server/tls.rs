//! TCP with TLS: the unmodified docker client, with good certificates and with all others.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use tests_conformance::{Server, exit_code, run};

use crate::setup;

/// Where the server listens, inside its own network.
pub(crate) const ADDRESS: &str = "tcp://127.0.0.1:2376";

/// Calls of which one has to tell why they are turned away.
const TURNED_AWAY_TRIES: u32 = 20;

/// What docker said and how it ended.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) text: String,
}

/// Runs `sockerless cert …` for a server's data and gives what it printed.
pub(crate) fn cert(server: &Server, arguments: &[&str]) -> Result<String> {
    let mut command = server.network().command(server.binary());
    run(command.arg("cert").args(arguments).arg("--data").arg(server.data()))
}

/// Makes an authority with a server's certificate and starts the server with them.
async fn start(arguments: &[&str]) -> Result<Server> {
    let mut server = Server::prepare(&[&["--listen", ADDRESS], arguments].concat())?;
    cert(&server, &["init"])?;
    cert(&server, &["server", "--host", "localhost", "--host", "127.0.0.1"])?;
    server.start_again().await?;
    Ok(server)
}

/// Issues a client's certificate and gives the directory for docker.
pub(crate) fn client(server: &Server, name: &str) -> Result<PathBuf> {
    Ok(PathBuf::from(cert(server, &["client", name])?.trim_end()))
}

/// Runs docker over TLS with what is in a directory.
fn docker(server: &Server, certificates: &Path, arguments: &[&str]) -> Result<Said> {
    docker_at(server, certificates, "", arguments)
}

/// Does the same with what stands behind the address, such as `/at/12`.
pub(crate) fn docker_at(
    server: &Server,
    certificates: &Path,
    prefix: &str,
    arguments: &[&str],
) -> Result<Said> {
    let mut command = server.network().command("docker");
    command.env("DOCKER_CERT_PATH", certificates).env("DOCKER_CLI_HINTS", "false");
    let host = format!("{ADDRESS}{prefix}");
    let output = command.args(["--host", &host, "--tlsverify"]).args(arguments).output()?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Ok(Said { code: exit_code(output.status), text })
}

pub(crate) fn ok(said: Said) -> Result<String> {
    ensure!(said.code == 0, "docker failed: {}", said.text);
    Ok(said.text)
}

/// Checks that docker is turned away with a reason.
pub(crate) fn refused(said: &Said, reason: &str) -> Result<()> {
    ensure!(said.code != 0, "it was let in: {}", said.text);
    ensure!(said.text.contains(reason), "{} for {reason}", said.text);
    Ok(())
}

/// Calls docker until it tells why it is turned away; it has to be turned away each time.
///
/// With TLS 1.3 a client sends its request before it hears of its certificate. Go's reader then closes the connection
/// under its writer, and now and then the writer's error is the one that is told.
fn turned_away(
    server: &Server,
    certificates: &Path,
    arguments: &[&str],
    reason: &str,
) -> Result<()> {
    for _ in 0..TURNED_AWAY_TRIES {
        let said = docker(server, certificates, arguments)?;
        if !said.text.contains("use of closed network connection") {
            return refused(&said, reason);
        }
        ensure!(said.code != 0, "it was let in: {}", said.text);
    }
    anyhow::bail!("{reason} was not told in {TURNED_AWAY_TRIES} calls")
}

#[tokio::test]
async fn d_008_docker_tlsverify_works_with_the_authority_alone() -> Result<()> {
    let mut server = Server::prepare(&[])?;
    cert(&server, &["init"])?;
    cert(&server, &["server", "--host", "localhost", "--host", "127.0.0.1"])?;
    let tls = server.data().join("tls");
    let (certificate, key) = (tls.join("server-cert.pem"), tls.join("server-key.pem"));
    let files = [&certificate, &key].map(|path| path.display().to_string());
    server.add_arguments(&["--listen", ADDRESS, "--insecure-tcp"]);
    server.add_arguments(&["--tlscert", &files[0], "--tlskey", &files[1]]);
    server.start_again().await?;
    let said = docker(&server, &tls, &["version", "--format", "{{.Server.Os}}"])?;
    assert_eq!(ok(said)?, "linux\n");

    let other = tempfile::tempdir()?;
    let mut init = server.network().command(server.binary());
    run(init.args(["cert", "init", "--dir"]).arg(other.path()))?;
    refused(
        &docker(&server, other.path(), &["version"])?,
        "certificate signed by unknown authority",
    )
}

#[tokio::test]
async fn d_009_docker_without_a_client_certificate_is_refused_and_leaves_nothing() -> Result<()> {
    let server = start(&["--tlsverify"]).await?;
    let alice = client(&server, "alice")?;
    let before = setup::records(&server)?.len();

    let nobody = tempfile::tempdir()?;
    std::fs::copy(alice.join("ca.pem"), nobody.path().join("ca.pem"))?;
    let create = ["volume", "create", "kept"];
    turned_away(&server, nobody.path(), &create, "certificate required")?;

    let other = tempfile::tempdir()?;
    for words in [&["init"][..], &["client", "alice", "--out", "strange"]] {
        let mut command = server.network().command(server.binary());
        command.current_dir(other.path()).arg("cert").args(words).args(["--dir", "tls"]);
        run(&mut command)?;
    }
    let strange = other.path().join("strange");
    std::fs::copy(alice.join("ca.pem"), strange.join("ca.pem"))?;
    turned_away(&server, &strange, &create, "tls: ")?;

    assert_eq!(setup::records(&server)?.len(), before);
    assert_eq!(ok(docker(&server, &alice, &create)?)?, "kept\n");
    Ok(())
}

#[tokio::test]
async fn d_009_who_did_it_is_on_record_by_the_name_in_the_certificate() -> Result<()> {
    let server = start(&["--tlsverify"]).await?;
    let alice = client(&server, "alice")?;
    ok(docker(&server, &alice, &["volume", "create", "hers"])?)?;
    refused(&docker(&server, &alice, &["volume", "rm", "nobodys"])?, "no such volume")?;
    let records = setup::records(&server)?;
    let hers: Vec<_> =
        records.iter().filter(|record| record["actor"]["principal"] == "cert:alice").collect();
    ensure!(hers.len() == 2, "{records:?}");
    for record in hers {
        let source = record["actor"]["source"].as_str().unwrap_or_default();
        ensure!(source.starts_with("tls:127.0.0.1:"), "{record}");
    }
    Ok(())
}

#[tokio::test]
async fn d_009_a_revoked_certificate_is_refused_without_a_restart() -> Result<()> {
    let server = start(&["--tlsverify"]).await?;
    let (alice, bob) = (client(&server, "alice")?, client(&server, "bob")?);
    ok(docker(&server, &alice, &["volume", "ls"])?)?;
    ok(docker(&server, &bob, &["volume", "ls"])?)?;
    cert(&server, &["revoke", "alice"])?;
    turned_away(&server, &alice, &["volume", "ls"], "revoked certificate")?;
    ok(docker(&server, &bob, &["volume", "ls"])?)?;
    let listed = cert(&server, &["list"])?;
    let of = |name: &str| listed.lines().find(|line| line.ends_with(name)).unwrap_or_default();
    ensure!(of("alice").contains(" revoked ") && of("bob").contains(" good "), "{listed}");
    Ok(())
}

#[tokio::test]
async fn d_009_streams_work_under_tls() -> Result<()> {
    let server = start(&["--tlsverify"]).await?;
    setup::fill(&server).await?;
    let alice = client(&server, "alice")?;
    let words = [
        "--host",
        ADDRESS,
        "--tlsverify",
        "run",
        "--rm",
        "--interactive",
        tests_conformance::BUSYBOX,
        "sh",
        "-c",
        "cat; echo end >&2",
    ];
    // More than any buffer on the way, and an end of the input that the container has to hear of.
    let input = "0123456789abcdef\n".repeat(20_000);
    let mut command = tokio::process::Command::from(server.network().command("docker"));
    command.env("DOCKER_CERT_PATH", &alice).args(words).kill_on_drop(true);
    command.stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let said = tests_conformance::finish(command.spawn()?, input.as_bytes()).await?;
    ensure!(said.code == 0 && said.err == "end\n", "{} {}", said.code, said.err);
    ensure!(said.out == input, "{} bytes came back of {}", said.out.len(), input.len());
    Ok(())
}

#[tokio::test]
async fn d_009_certificates_that_cannot_be_used_end_the_start_with_a_reason() -> Result<()> {
    for (arguments, reason) in [
        (&["--tlsverify"][..], "server-cert.pem"),
        (&["--tls-cert", "/nowhere/cert.pem"], "--tls-key"),
        (&["--tls-ca", "/nowhere/ca.pem"], "--tls-cert"),
        (&["--tls-cert", "/nowhere/c", "--tls-key", "/nowhere/k", "--tls-crl", "/n"], "--tls-ca"),
    ] {
        let mut server = Server::prepare(&[&["--listen", ADDRESS], arguments].concat())?;
        server.spawn()?;
        ensure!(exit_code(server.wait()?) != 0, "it started with {arguments:?}");
        ensure!(server.log_end().contains(reason), "{}", server.log_end());
    }
    Ok(())
}
