//! Bearer tokens: the unmodified docker client sends one that stands in its configuration.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::json;
use tests_conformance::{Server, exit_code, run, run_binary};

use crate::setup;

/// Where the server listens, inside its own network.
const ADDRESS: &str = "tcp://127.0.0.1:2376";

/// Runs `sockerless WORD …` for a server's data and gives what it printed.
fn sockerless(server: &Server, words: &[&str]) -> Result<String> {
    let mut command = server.network().command(server.binary());
    Ok(run(command.args(words).arg("--data").arg(server.data()))?.trim_end().to_owned())
}

/// Starts a server whose clients show tokens: it has a certificate and asks for none.
async fn start() -> Result<Server> {
    let mut server = Server::prepare(&["--listen", ADDRESS])?;
    for words in [&["cert", "init"][..], &["cert", "server", "--host", "127.0.0.1"]] {
        sockerless(&server, words)?;
    }
    let tls = server.data().join("tls");
    let path = |name: &str| tls.join(name).display().to_string();
    let (certificate, key) = (path("server-cert.pem"), path("server-key.pem"));
    server.add_arguments(&["--tls-cert", &certificate, "--tls-key", &key]);
    server.start_again().await?;
    Ok(server)
}

/// Runs docker with a token in its configuration; gives its exit code and what it said.
fn docker(server: &Server, token: Option<&str>, words: &[&str]) -> Result<(i32, String)> {
    let folder = tempfile::tempdir()?;
    configure(folder.path(), token)?;
    std::fs::copy(server.data().join("tls/ca.pem"), folder.path().join("ca.pem"))?;
    let mut command = server.network().command("docker");
    command.env("DOCKER_CERT_PATH", folder.path()).env("DOCKER_CLI_HINTS", "false");
    command.arg("--config").arg(folder.path()).args(["--host", ADDRESS, "--tlsverify"]);
    let output = command.args(words).output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Ok((exit_code(output.status), said))
}

fn configure(folder: &Path, token: Option<&str>) -> Result<()> {
    let headers = token.map(|token| json!({"Authorization": format!("Bearer {token}")}));
    let text = json!({"HttpHeaders": headers}).to_string();
    Ok(std::fs::write(folder.join("config.json"), text)?)
}

#[tokio::test]
async fn d_008_a_token_lets_docker_in_and_is_who_did_it_on_record() -> Result<()> {
    let server = start().await?;
    let token = sockerless(&server, &["token", "create", "ci"])?;
    let create = ["volume", "create", "built"];
    let (code, said) = docker(&server, Some(&token), &create)?;
    ensure!(code == 0 && said == "built\n", "{code}: {said}");
    let records = setup::records(&server)?;
    let own = records.iter().find(|record| record["actor"]["principal"] == "token:ci");
    ensure!(own.is_some(), "{records:?}");
    Ok(())
}

#[tokio::test]
async fn d_008_without_a_good_token_docker_is_refused_and_leaves_nothing() -> Result<()> {
    let server = start().await?;
    let token = sockerless(&server, &["token", "create", "ci"])?;
    let before = setup::records(&server)?.len();
    let create = ["volume", "create", "kept"];
    let forged = format!("{}0", &token[..token.len() - 1]);
    let other = format!("{}1", &token[..token.len() - 1]);
    let wrong = if forged == token { other } else { forged };
    for (token, reason) in [
        (None, "a token is wanted here"),
        (Some(wrong.as_str()), "the token is not known"),
        (Some("secret"), "the token is not known"),
    ] {
        let (code, said) = docker(&server, token, &create)?;
        ensure!(code != 0 && said.contains(reason), "{code}: {said}");
    }
    sockerless(&server, &["token", "revoke", "ci"])?;
    let (code, said) = docker(&server, Some(&token), &create)?;
    ensure!(code != 0 && said.contains("is revoked"), "{code}: {said}");
    assert_eq!(setup::records(&server)?.len(), before);
    let listed = sockerless(&server, &["token", "list"])?;
    ensure!(listed.contains(" revoked ") && listed.ends_with("ci"), "{listed}");
    Ok(())
}

#[tokio::test]
async fn a_token_names_the_caller_on_the_unix_socket_too_and_is_nowhere_in_the_data() -> Result<()>
{
    let server = Server::start().await?;
    let token = sockerless(&server, &["token", "create", "ci", "--expires", "never"])?;
    let folder = tempfile::tempdir()?;
    configure(folder.path(), Some(&token))?;
    let host = format!("unix://{}", server.socket().display());
    let mut command = server.network().command("docker");
    command.arg("--config").arg(folder.path()).args(["--host", &host, "volume", "create", "vol"]);
    run(&mut command)?;
    let records = setup::records(&server)?;
    let own = records.iter().find(|record| record["actor"]["principal"] == "token:ci");
    ensure!(own.is_some(), "{records:?}");
    let secret = token.rsplit_once('_').map_or("", |(_, secret)| secret);
    ensure!(secret.len() == 64, "{token}");
    let mut search = tests_conformance::command("grep");
    let found = search.args(["-rlF", secret]).arg(server.data()).output()?;
    ensure!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
    ensure!(!server.log_end().contains(secret), "the token is in the server's log");
    Ok(())
}

#[test]
fn tokens_with_wrong_arguments_are_refused_with_a_reason() -> Result<()> {
    for (words, reason) in [
        (&["token", "create", "ci", "--expires", "soon"][..], "invalid duration"),
        (&["token", "create", "", "--data", "/tmp"], "is no name of a token"),
        (&["token", "create", "ci", "--data", "/nowhere"], "there is no data directory"),
        (&["token", "revoke", "ci", "--data", "/tmp"], "no token of \"ci\" is good"),
    ] {
        let (code, said) = run_binary(words)?;
        ensure!(code != 0 && said.contains(reason), "{words:?}: {code}: {said}");
    }
    Ok(())
}
