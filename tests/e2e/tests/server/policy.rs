//! A policy in front of the docker client: what is refused, in which words, and what is on record.

use anyhow::{Result, ensure};
use tests_conformance::{BUSYBOX, Server, exit_code};

use crate::setup;

const POLICY: &str = r#"
    [[rule]]
    name = "root without its powers"
    who = ["uid:0"]
    allow = ["*"]
    mounts = ["/srv"]
"#;

/// Starts a server with a policy and the test images.
async fn start(folder: &std::path::Path) -> Result<Server> {
    let file = folder.join("policy.toml");
    std::fs::write(&file, POLICY)?;
    let server = Server::start_with(&["--policy", &file.display().to_string()]).await?;
    setup::fill(&server).await?;
    Ok(server)
}

#[tokio::test]
async fn docker_hears_which_rule_refuses_it_and_the_command_is_on_record() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = start(folder.path()).await?;
    let docker = server.docker();
    docker.ok(&["run", "--rm", "--volume", "/srv:/srv:ro", BUSYBOX, "true"]).await?;
    for (option, reason) in [
        ("--privileged", "the privilege privileged"),
        ("--cap-add=SYS_ADMIN", "the privilege cap:SYS_ADMIN"),
        ("--pid=host", "the privilege pid:host"),
        ("--volume=/var/run:/run", "the mount of /var/run"),
        ("--device=/dev/fuse", "the privilege device:/dev/fuse"),
    ] {
        let said = docker.run(&["run", "--rm", option, BUSYBOX, "true"]).await?;
        let wanted = format!("rule \"root without its powers\" allows it not with {reason}");
        ensure!(said.code == 125 && said.err.contains(&wanted), "{option}: {said:?}");
    }
    let records = setup::records(&server)?;
    let refused =
        records.iter().filter(|record| record.to_string().contains("policy: uid:0 may not"));
    assert_eq!(refused.count(), 5);
    assert_eq!(setup::names(&server).await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_changed_policy_counts_at_once_and_a_broken_one_changes_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = start(folder.path()).await?;
    let docker = server.docker();
    docker.ok(&["volume", "create", "one"]).await?;
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, POLICY.replace("[\"*\"]", "[\"read.*\"]"))?;
    let said = docker.run(&["volume", "create", "two"]).await?;
    ensure!(said.err.contains("uid:0 may not volume.create: no rule allows it"), "{said:?}");
    std::fs::write(&file, "broken")?;
    let said = docker.run(&["volume", "create", "two"]).await?;
    ensure!(said.err.contains("uid:0 may not volume.create: no rule allows it"), "{said:?}");
    ensure!(server.log_end().contains("the policy was changed and cannot be used"), "no word");
    std::fs::write(&file, POLICY)?;
    docker.ok(&["volume", "create", "two"]).await?;
    Ok(())
}

#[test]
fn a_policy_that_is_none_ends_the_start_with_a_reason() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, "[[rule]]\nname = 'r'\nwho = ['*']\nallow = ['containers']")?;
    let mut server = Server::prepare(&["--policy", &file.display().to_string()])?;
    server.spawn()?;
    ensure!(exit_code(server.wait()?) != 0, "it started");
    ensure!(server.log_end().contains("names what nobody can do"), "{}", server.log_end());
    Ok(())
}
