//! Builds over the end of a server, and what of them stays.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use http_body_util::BodyExt as _;
use tests_conformance::{BUSYBOX, Server, eventually};

use crate::setup;

const LIMIT: Duration = Duration::from_secs(30);

fn context(dockerfile: &str) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(dockerfile.len() as u64);
    builder.append_data(&mut header, "Dockerfile", dockerfile.as_bytes())?;
    Ok(builder.into_inner()?)
}

/// Builds until a program of it says something; the build goes on as long as what is given is held.
async fn begin(server: &Server, dockerfile: &str, word: &str) -> Result<impl Sized + use<>> {
    let client = server.client();
    let (connection, response) = client.open_tar("/build?t=never", context(dockerfile)?).await?;
    ensure!(response.status() == 200, "{}", response.status());
    let mut body = response.into_body();
    let mut told = String::new();
    // The step's own text has the word too.
    while told.matches(word).count() < 2 {
        let frame = body.frame().await.with_context(|| told.clone())??;
        told.push_str(&String::from_utf8_lossy(frame.data_ref().map_or(&[], |data| data)));
    }
    Ok((connection, body))
}

/// Names everything that is not finished.
fn unfinished(data: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in ["layers", "blobs/sha256", "rw"] {
        for entry in fs::read_dir(data.join(folder))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(".tmp-") || folder == "rw" {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    Ok(names)
}

#[tokio::test]
async fn d_130_a_server_that_dies_during_a_build_leaves_nothing_of_it() -> Result<()> {
    let mut server = setup::server().await?;
    let dockerfile =
        format!("FROM {BUSYBOX}\nENV STEP=one\nRUN echo x > /f\nRUN echo running; sleep 60\n");
    let build = begin(&server, &dockerfile, "running").await?;
    ensure!(!setup::names(&server).await?.is_empty(), "the step's container is there");
    server.kill()?;
    drop(build);
    server.start_again().await?;
    eventually("the step's container is gone", LIMIT, async || {
        Ok(setup::names(&server).await?.is_empty().then_some(()))
    })
    .await?;
    let data = server.data().to_owned();
    eventually("nothing unfinished is left", LIMIT, async || {
        Ok(unfinished(&data)?.is_empty().then_some(()))
    })
    .await?;
    let listed = server.client().get("/images/json").await?.expect_status(200)?.text();
    ensure!(!listed.contains("never"), "{listed}");
    let failed = setup::records(&server)?.iter().any(|record| {
        record.to_string().contains("the server was restarted while the transfer ran")
    });
    ensure!(failed, "the build's end is not on record");
    // What its steps had made is on record, and is the cache of the next build.
    let again = context(&dockerfile.replace("sleep 60", "true"))?;
    let reply = server.client().post_tar("/build?t=now", again).await?;
    let told = reply.expect_status(200)?.text();
    ensure!(
        told.matches("Using cache").count() == 2 && told.contains("Successfully tagged"),
        "{told}"
    );
    Ok(())
}

#[tokio::test]
async fn d_130_a_client_that_hangs_up_leaves_nothing_of_its_build() -> Result<()> {
    let server = setup::server().await?;
    let dockerfile = format!("FROM {BUSYBOX}\nRUN echo running; sleep 60\n");
    drop(begin(&server, &dockerfile, "running").await?);
    eventually("the step's container is gone", LIMIT, async || {
        Ok(setup::names(&server).await?.is_empty().then_some(()))
    })
    .await?;
    let data = server.data().to_owned();
    eventually("nothing unfinished is left", LIMIT, async || {
        Ok(unfinished(&data)?.is_empty().then_some(()))
    })
    .await
}

#[tokio::test]
async fn d_137_the_cache_outlives_the_server() -> Result<()> {
    let mut server = setup::server().await?;
    let dockerfile = format!("FROM {BUSYBOX}\nWORKDIR /w\nRUN date > time\nCMD x\n");
    let build = async |server: &Server| -> Result<String> {
        let reply = server.client().post_tar("/build?t=kept", context(&dockerfile)?).await?;
        Ok(reply.expect_status(200)?.text())
    };
    let first = build(&server).await?;
    server.kill()?;
    server.start_again().await?;
    let again = build(&server).await?;
    ensure!(again.matches("Using cache").count() == 3, "{again}");
    let id = |told: &str| {
        told.lines().find(|line| line.contains("Successfully built")).map(str::to_owned)
    };
    ensure!(id(&first) == id(&again), "{first}\n{again}");
    Ok(())
}
