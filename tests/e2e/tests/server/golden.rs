//! Golden data: backups by earlier forms of this program, which every later one has to take.
//!
//! `tests/golden/<form>/backup` is what `journal backup` made, `expected.json` beside it what there was. `UPDATE_GOLDEN=NAME`
//! has the present program make one under a new name; one that is there is never touched. Whole data directories are in [`data`].

mod data;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Server, golden_to_make, run};

use crate::setup;

fn folder() -> PathBuf {
    PathBuf::from("tests/golden")
}

/// What golden data has to come to: what a client sees of each container that does not depend on where it is looked at.
async fn seen(server: &Server) -> Result<Value> {
    let mut containers = Vec::new();
    for name in setup::names(server).await? {
        let found = setup::inspect(server, &name).await?;
        containers.push(json!({
            "Name": name, "Id": found["Id"], "Created": found["Created"], "Image": found["Image"],
            "Status": found["State"]["Status"], "ExitCode": found["State"]["ExitCode"],
            "Env": found["Config"]["Env"], "Cmd": found["Config"]["Cmd"],
            "Labels": found["Config"]["Labels"],
        }));
    }
    let records = setup::records(server)?;
    let images = server.client().get("/images/json").await?.expect_status(200)?.json()?;
    let tags: Vec<&Value> =
        images.as_array().context("a list")?.iter().map(|image| &image["RepoTags"]).collect();
    Ok(json!({ "Containers": containers, "Tags": tags, "First": records[0]["seq"] }))
}

/// Has a server do a little of everything that is kept.
async fn work(server: &Server) -> Result<()> {
    let client = server.client();
    setup::create(server, "created", "true").await?;
    setup::start(server, "ended", "exit 3").await?;
    ensure!(setup::wait(server, "ended").await? == 3);
    let body = json!({
        "Image": BUSYBOX, "Cmd": ["true"], "Env": ["TOKEN=hunter2", "LANG=C"],
        "Labels": {"kept": "yes"}
    });
    client.post_json("/containers/create?name=sealed", &body).await?.expect_status(201)?;
    client.post("/containers/created/rename?name=renamed").await?.expect_status(204)?;
    setup::create(server, "removed", "true").await?;
    client.delete("/containers/removed").await?.expect_status(204)?;
    client.post("/containers/none/start").await?.expect_status(404)?;
    server.journal(&["trim", "--before", "3", "--reason", "none"]).err().context("trimmed")?;
    Ok(())
}

/// Makes golden data under `name`.
async fn make(name: &str) -> Result<()> {
    let to = folder().join(name);
    ensure!(!to.exists(), "{name} is there, and what is golden stays as it is");
    fs::create_dir_all(&to)?;
    let server = setup::server().await?;
    work(&server).await?;
    let expected = serde_json::to_string_pretty(&seen(&server).await?)?;
    server.journal(&["backup", to.join("backup").to_str().context("a path")?])?;
    Ok(fs::write(to.join("expected.json"), expected + "\n")?)
}

#[tokio::test]
async fn j_013_golden_data_of_every_form_comes_to_what_it_was() -> Result<()> {
    if let Some(name) = golden_to_make() {
        make(&name).await?;
    }
    let mut forms = 0;
    for entry in fs::read_dir(folder())? {
        let golden = entry?.path();
        let backup = tempfile::tempdir()?;
        setup::copy(&golden.join("backup"), backup.path())?;
        // A repository keeps no modes, and keys are for their owner alone.
        for key in ["kek", "audit.key"] {
            let path = backup.path().join("backup").join(key);
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
        let mut server = Server::prepare(&[])?;
        let mut restore = server.network().command(server.binary());
        restore.args(["journal", "restore"]).arg(backup.path().join("backup"));
        run(restore.arg("--data").arg(server.data()))?;
        let verified = server.journal(&["verify", "--from-snapshots"])?;
        ensure!(verified.contains("the same state from each of"), "{verified}");
        server.start_again().await?;
        let text = fs::read_to_string(golden.join("expected.json"))?;
        let expected: Value = serde_json::from_str(&text)?;
        assert_eq!(seen(&server).await?, expected, "{}", golden.display());
        // It goes on from there.
        server.client().delete("/containers/ended").await?.expect_status(204)?;
        server.stop()?;
        forms += 1;
    }
    ensure!(forms > 0, "there is no golden data");
    Ok(())
}
