//! J-050 and J-052: exports, beside a running server and without one; proofs.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests_conformance::{Server, run};

use crate::setup::{audit, audit_command, history, other, server, verify};

fn lines(text: &str) -> Result<Vec<Value>> {
    text.lines().map(|line| serde_json::from_str(line).context("a line of an export")).collect()
}

#[tokio::test]
async fn j_050_an_export_has_every_record_and_is_the_same_without_a_server() -> Result<()> {
    let mut server = server().await?;
    let key = audit(&server, &["key"])?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("export");
    let path = file.to_str().context("a path")?;
    audit(&server, &["export", "-o", path])?;
    let (code, words) = verify(&server, key.trim(), &file, &[])?;
    // The log is too young for a seal.
    ensure!(code == 0 && words.contains("WARNING: no signature from before"), "{code}: {words}");
    ensure!(!words.contains("all good"), "{words}");
    let checkpoint = folder.path().join("checkpoint");
    fs::write(&checkpoint, audit(&server, &["checkpoint"])?)?;
    let given = ["--checkpoint", checkpoint.to_str().context("a path")?];
    let (code, words) = verify(&server, key.trim(), &file, &given)?;
    ensure!(code == 0 && words.contains("1 checkpoints from elsewhere: all good"), "{words}");
    let exported = lines(&fs::read_to_string(&file)?)?;
    let records = &exported[1..exported.len() - 1];
    ensure!(records.iter().zip(1..).all(|(record, seq)| record["seq"] == seq), "a gap");
    let refused = records.iter().find(|record| record["outcome"] == "refused");
    let refused = refused.context("no refusal")?;
    ensure!(refused["reason"].as_str().unwrap_or_default().contains("already in use"), "{refused}");
    assert_eq!(
        (&refused["actor"]["principal"], &refused["command"]),
        (&"uid:0".into(), &"container.create".into())
    );
    server.stop()?;
    let sealed = folder.path().join("sealed");
    let text = audit(&server, &["export"])?;
    fs::write(&sealed, &text)?;
    let (code, words) = verify(&server, key.trim(), &sealed, &[])?;
    ensure!(code == 0 && words.contains("1 seals, 0 proofs"), "{code}: {words}");
    ensure!(words.contains("all good") && !words.contains("WARNING"), "{words}");
    let stopped = lines(&text)?;
    assert_eq!(&stopped[1..=records.len()], records);
    // The end is a record too: an orderly stop seals the log.
    assert_eq!(stopped[stopped.len() - 2]["kind"], "seal");
    let (code, words) = other(key.trim(), &["export", path])?;
    ensure!(code == 0 && words.contains(&format!("{} records", records.len())), "{words}");
    Ok(())
}

#[tokio::test]
async fn j_050_parts_are_by_time_actor_and_container_and_say_so() -> Result<()> {
    let server = server().await?;
    let key = audit(&server, &["key"])?;
    let all = lines(&audit(&server, &["export"])?)?;
    let created = all.iter().find(|line| line["asked"]["name"] == "a2").context("a2")?;
    let time = created["time"].as_str().context("time")?;
    for (arguments, least) in [
        (vec!["--container", "a2"], 2),
        (vec!["--actor", "uid:0"], 10),
        (vec!["--since", time], 4),
        (vec!["--until", time], 4),
    ] {
        let part = audit(&server, &[&["export", "--proofs"], arguments.as_slice()].concat())?;
        let found = lines(&part)?;
        ensure!(found[0]["filter"].is_object(), "{}", found[0]);
        let records = &found[1..found.len() - 1];
        ensure!(
            records.len() >= least && found.len() < all.len(),
            "{arguments:?}: {}",
            found.len()
        );
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("part");
        fs::write(&file, &part)?;
        let (code, words) = verify(&server, key.trim(), &file, &[])?;
        ensure!(code == 0 && words.contains("cannot be proven"), "{arguments:?}: {words}");
    }
    let refused = audit(&server, &["export", "--container", "nobody"]).unwrap_err().to_string();
    ensure!(refused.contains("no container in the log is or was called nobody"), "{refused}");
    let refused = audit(&server, &["export", "--since", "yesterday"]).unwrap_err().to_string();
    ensure!(refused.contains("is no RFC 3339 time"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn j_050_every_format_tells_the_same_records() -> Result<()> {
    let server = server().await?;
    let count = |format: &str| -> Result<usize> {
        let text = audit(&server, &["export", "--format", format])?;
        Ok(match format {
            "csv" => text.matches("\r\n").count() - 1,
            "jsonl" => text.lines().count() - 2,
            _ => lines(&text)?.len(),
        })
    };
    let records = count("jsonl")?;
    // Asking makes no record, so all formats have as many; a seal may come between.
    for format in ["csv", "cloudevents", "ocsf"] {
        let found = count(format)?;
        ensure!(found >= records && found <= records + 1, "{format}: {found}, not {records}");
    }
    Ok(())
}

#[tokio::test]
async fn j_050_a_cursor_goes_on_without_gap_or_repeat() -> Result<()> {
    let mut server = server().await?;
    let folder = tempfile::tempdir()?;
    let cursor = folder.path().join("cursor");
    let cursor = cursor.to_str().context("a path")?;
    let mut seqs = Vec::new();
    for round in 0..3 {
        let text = audit(&server, &["export", "--format", "ocsf", "--cursor", cursor])?;
        seqs.extend(
            lines(&text)?.iter().filter_map(|event| event["metadata"]["sequence"].as_u64()),
        );
        if round == 1 {
            server.kill()?;
            server.start_again().await?;
        }
        history(&server, &format!("r{round}-")).await?;
    }
    ensure!(seqs.iter().copied().eq(1..=seqs.len() as u64), "{seqs:?}");
    Ok(())
}

#[tokio::test]
async fn j_050_a_full_export_is_marked_and_a_part_is_not() -> Result<()> {
    let server = server().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("export");
    let path = path.to_str().context("a path")?;
    audit(&server, &["export", "-o", path, "--mark-exported"])?;
    let last =
        lines(&fs::read_to_string(path)?)?.last().context("a last line")?["end"]["next"].clone();
    let marked: u64 = fs::read_to_string(server.data().join("audit/exported"))?.trim().parse()?;
    assert_eq!(last, marked + 1);
    let part = ["export", "-o", path, "--mark-exported", "--actor", "uid:0"];
    ensure!(audit(&server, &part).is_err(), "a part was marked");
    let gap = (marked + 3).to_string();
    history(&server, "more").await?;
    let late = ["export", "-o", path, "--mark-exported", "--from-seq", &gap];
    ensure!(audit(&server, &late).is_err(), "a gap was marked");
    Ok(())
}

#[tokio::test]
async fn j_050_the_operations_address_answers_auditors_where_it_is_told_to() -> Result<()> {
    let ask = |server: &Server| {
        let url = "http://127.0.0.1:9417/audit/export?format=cloudevents";
        run(server.network().command("busybox").args(["wget", "-q", "-O", "-", url]))
    };
    let closed = Server::start().await?;
    ensure!(ask(&closed).is_err(), "records are told to everybody");
    let open = Server::start_with(&["--ops-audit"]).await?;
    ensure!(lines(&ask(&open)?)?.iter().all(|event| event["specversion"] == "1.0"), "no events");
    Ok(())
}

#[tokio::test]
async fn j_052_a_proof_is_accepted_by_another_program() -> Result<()> {
    let mut server = server().await?;
    let key = audit(&server, &["key"])?;
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("older"), audit(&server, &["checkpoint"])?)?;
    history(&server, "b").await?;
    for round in 0..2 {
        for seq in ["1", "2", "7", "20"] {
            let proof = audit(&server, &["prove", seq])?;
            fs::write(path("proof"), &proof)?;
            let (code, words) = other(key.trim(), &["proof", &path("proof")])?;
            ensure!(code == 0 && words.starts_with(&format!("record {seq} of")), "{words}");
            let index =
                proof.lines().position(|line| line.starts_with("index ")).context("index")?;
            let mut lines: Vec<&str> = proof.lines().collect();
            lines.remove(index + 1);
            fs::write(path("changed"), lines.join("\n") + "\n")?;
            let (code, words) = other(key.trim(), &["proof", &path("changed")])?;
            ensure!(code == 65, "a changed proof: {code}: {words}");
        }
        fs::write(path("growth"), audit(&server, &["prove", "--older", &path("older")])?)?;
        let (code, words) = other(key.trim(), &["growth", &path("growth"), &path("older")])?;
        ensure!(code == 0, "round {round}: {words}");
        // The same without a server, and with the tiles gone.
        server.stop()?;
        fs::remove_dir_all(server.data().join("audit"))?;
    }
    let absent = audit_command(&server, &["prove", "100000"]).output()?;
    ensure!(
        String::from_utf8_lossy(&absent.stderr).contains("record 100000 is not there"),
        "{absent:?}"
    );
    Ok(())
}
