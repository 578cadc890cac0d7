//! Trims: what is given up, what is not, and what goes on behind it.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests_conformance::{Server, eventually, exit_code};

use super::{create_some, line, refused, sockerless, text};
use crate::{operations, setup};

/// How long a log may take to become short: it is looked at each second.
const LIMIT: Duration = Duration::from_secs(30);

/// A place behind every record of these tests.
const ALL: &str = "1000000";

#[tokio::test]
async fn j_015_a_trimmed_log_goes_on_and_tells_what_is_gone() -> Result<()> {
    let mut server = setup::server().await?;
    create_some(&server, 10, "n").await?;
    let names = setup::names(&server).await?;
    let reason = ["--reason", "the test has seen enough"];
    let told = server.journal(&[&["trim", "--before", ALL][..], &reason].concat())?;
    ensure!(told.contains("records trimmed"), "{told}");
    let records = setup::records(&server)?;
    let first = records[0]["seq"].as_u64().context("seq")?;
    ensure!(first > 10, "the log begins at {first}");
    // It is a record, with who did it and why, and it goes no further than a snapshot.
    let trim = records.iter().find(|record| record["kind"] == "trim").context("no trim")?;
    assert_eq!(trim["body"]["through"], json!(first - 1));
    assert_eq!(trim["body"]["reason"], "the test has seen enough");
    assert_eq!(trim["body"]["actor"]["principal"], "uid:0");
    ensure!(trim["body"]["snapshot"].as_u64() >= Some(first), "{trim}");
    let data = server.data();
    let (_, said) = refused(&server, &["journal", "ls", "--from", "2", "--data", text(&data)])?;
    ensure!(said.contains(&format!("the log begins at record {first}")), "{said}");
    let reply = server.client().get("/events?since=1&until=2").await?;
    ensure!(reply.status == 410 && reply.text().contains("trimmed"), "{}", reply.text());
    create_some(&server, 1, "after").await?;
    server.kill()?;
    let verified = server.journal(&["verify", "--from-snapshots"])?;
    ensure!(verified.contains("the same state from each of"), "{verified}");
    server.start_again().await?;
    let mut wanted = names;
    wanted.insert(0, "after00".to_owned());
    assert_eq!(setup::names(&server).await?, wanted);
    // The log is sealed on, and exports what there is.
    server.stop()?;
    let records = setup::records(&server)?;
    assert_eq!(records.last().context("records")?["kind"], "seal");
    Ok(())
}

#[tokio::test]
async fn j_015_records_that_were_not_exported_stay_where_that_is_asked() -> Result<()> {
    let mut server = Server::start_with(&["--require-export"]).await?;
    setup::fill(&server).await?;
    create_some(&server, 3, "n").await?;
    let data = server.data();
    let trim = ["journal", "trim", "--before", ALL, "--data", text(&data)];
    let last = setup::records(&server)?.len();
    // The policy is the server's; nothing was exported.
    let (_, said) = refused(&server, &trim)?;
    ensure!(said.contains("only those up to 0 were exported"), "{said}");
    ensure!(setup::records(&server)?.len() >= last, "records are gone");
    let file = data.with_file_name("export");
    let export = ["audit", "export", "--mark-exported", "-o", text(&file), "--data", text(&data)];
    sockerless(&server, &export)?;
    let exported: u64 = fs::read_to_string(data.join("audit/exported"))?.trim().parse()?;
    // What came after the export stays too.
    create_some(&server, 3, "later").await?;
    let (_, said) = refused(&server, &trim)?;
    ensure!(said.contains(&format!("only those up to {exported} were exported")), "{said}");
    assert_eq!(setup::records(&server)?[0]["seq"], 1);
    let before = ["journal", "trim", "--before", &exported.to_string(), "--data", text(&data)];
    let told = sockerless(&server, &before)?;
    ensure!(told.contains("records trimmed"), "{told}");
    let first = setup::records(&server)?[0]["seq"].as_u64().context("seq")?;
    ensure!((2..=exported).contains(&first), "{first} of {exported} exported");
    server.stop()?;
    // Without a server the policy is asked for.
    let arguments = [&trim[..], &["--require-export"]].concat();
    let (_, said) = refused(&server, &arguments)?;
    ensure!(said.contains("were exported"), "{said}");
    sockerless(&server, &trim)?;
    ensure!(setup::records(&server)?[0]["seq"].as_u64() > Some(exported), "nothing was trimmed");
    server.start_again().await?;
    let names = setup::names(&server).await?;
    assert_eq!(names, ["later00", "later01", "later02", "n00", "n01", "n02"]);
    Ok(())
}

#[tokio::test]
async fn j_015_what_is_younger_than_asked_stays() -> Result<()> {
    let server = setup::server().await?;
    create_some(&server, 3, "n").await?;
    let data = server.data();
    for (before, why) in [
        ("30d", "no record is older than"),
        ("2020-01-01T00:00:00Z", "no record is older than"),
        ("soon", "is no record, no RFC 3339 time and no duration"),
        ("5", "no usable snapshot at or before record 5"),
    ] {
        let (_, said) =
            refused(&server, &["journal", "trim", "--before", before, "--data", text(&data)])?;
        ensure!(said.contains(why), "{before}: {said}");
    }
    assert_eq!(setup::records(&server)?[0]["seq"], 1);
    Ok(())
}

#[tokio::test]
async fn j_015_a_trimmed_log_whose_snapshots_are_lost_has_a_way_out() -> Result<()> {
    let mut server = setup::server().await?;
    create_some(&server, 5, "n").await?;
    server.journal(&["trim", "--before", ALL])?;
    create_some(&server, 1, "later").await?;
    let names = setup::names(&server).await?;
    let info = server.client().get("/info").await?.expect_status(200)?.json()?;
    let folder = tempfile::tempdir()?;
    let backup = folder.path().join("backup");
    let told = server.journal(&["backup", text(&backup)])?;
    server.stop()?;

    // Looked at, it is known by the same name.
    let seq = line(&told, "head ")?.split(' ').nth(1).context("a record")?.to_owned();
    let mut reader = Server::prepare_on(&server.data(), &["--read-only-at", &seq])?;
    reader.start_again().await?;
    let seen = reader.client().get("/info").await?.expect_status(200)?.json()?;
    assert_eq!(seen["ID"], info["ID"]);
    ensure!(operations::ask(&reader, "/healthz")?.contains("read-only at record"));
    reader.stop()?;

    fs::remove_dir_all(server.data().join("snapshots"))?;
    server.spawn()?;
    assert_eq!(exit_code(server.wait()?), 65);
    let (log, data) = (server.log_end(), server.data());
    let way = format!("sockerless journal repair --data {} --from-backup DIR", data.display());
    ensure!(log.contains("is trimmed, and no snapshot stands for it"), "{log}");
    ensure!(log.contains(&way), "{log}");
    let told = server.journal(&["repair", "--from-backup", text(&backup)])?;
    ensure!(told.contains("snapshots were taken from a backup"), "{told}");
    server.start_again().await?;
    assert_eq!(setup::names(&server).await?, names);
    Ok(())
}

#[tokio::test]
async fn j_015_a_log_that_is_told_how_much_to_keep_stays_that_short() -> Result<()> {
    let mut server = Server::start_with(&["--retain", "50"]).await?;
    setup::fill(&server).await?;
    let mut made = 0;
    for round in 0..4 {
        create_some(&server, 40, &format!("r{round}-")).await?;
        made += 40;
        // A snapshot is made of the present alone: what it lets go of is known once enough has come after it.
        let short = eventually("the log is short", LIMIT, async || {
            let records = setup::records(&server)?;
            if records.len() <= 160 {
                return Ok(Some(records));
            }
            create_some(&server, 1, &format!("more{made}-")).await?;
            made += 1;
            Ok(None)
        });
        let records = short.await?;
        ensure!(records[0]["seq"] == 1 || records.len() >= 50, "{} are left", records.len());
    }
    let records = setup::records(&server)?;
    let trims: Vec<_> = records.iter().filter(|record| record["kind"] == "trim").collect();
    let trim = trims.last().context("no trim")?;
    assert_eq!(trim["body"]["reason"], "50 records are kept");
    let names = setup::names(&server).await?;
    assert_eq!(names.len(), made);
    server.kill()?;
    server.start_again().await?;
    assert_eq!(setup::names(&server).await?, names);
    server.stop()?;
    let verified = server.journal(&["verify", "--from-snapshots"])?;
    ensure!(verified.contains("the same state from each of"), "{verified}");
    Ok(())
}

/// What starts a program in whose eyes it is so much later. The linker's `$LIB` is where this machine has libraries.
const fn later(by: &str) -> [&str; 3] {
    ["env", "LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1", by]
}

#[tokio::test]
async fn j_015_a_log_that_keeps_a_span_gives_up_what_is_older() -> Result<()> {
    let mut server = Server::start_with(&["--retain", "1h"]).await?;
    setup::fill(&server).await?;
    create_some(&server, 5, "old").await?;
    server.stop()?;
    let last_old = setup::records(&server)?.len();

    // Half an hour later nothing is old enough.
    server.trace_with(&later("FAKETIME=+30m"));
    server.start_again().await?;
    create_some(&server, 5, "young").await?;
    server.stop()?;
    assert_eq!(setup::records(&server)?[0]["seq"], 1);

    // Seventy minutes later the first records are, and those of half an hour later are not.
    server.trace_with(&later("FAKETIME=+70m"));
    server.start_again().await?;
    let trimmed = eventually("the log is short", LIMIT, async || {
        let records = setup::records(&server)?;
        Ok((records[0]["seq"] != 1).then_some(records))
    });
    let records = trimmed.await?;
    let first = records[0]["seq"].as_u64().context("seq")?;
    ensure!((2..=last_old as u64 + 1).contains(&first), "{first}, where {last_old} were old");
    let trim = records.iter().find(|record| record["kind"] == "trim").context("no trim")?;
    assert_eq!(trim["body"]["reason"], "3600 seconds of records are kept");
    let names = setup::names(&server).await?;
    assert_eq!(names.len(), 10, "{names:?}");
    server.stop()?;
    let verified = server.journal(&["verify", "--from-snapshots"])?;
    ensure!(verified.contains("the same state from each of"), "{verified}");
    Ok(())
}
