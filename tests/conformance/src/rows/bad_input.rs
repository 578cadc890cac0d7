//! Bad input: it is refused with Docker's status and a message that says what is wrong, and nothing changes.

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};

/// A body larger than any endpoint takes for a description of a container.
const OVERSIZE_BYTES: usize = 20 << 20;

pub(super) const ROWS: &[Row] = rows![
    // Docker Engine 20.10 answers 500 to these, later ones 400.
    d_020_malformed_json_is_refused(Oracle::KnowsFrom(1, 42)),
    d_020_a_wrong_type_is_refused(Oracle::KnowsFrom(1, 42)),
    d_020_an_empty_body_is_refused(Oracle::KnowsFrom(1, 42)),
    d_020_a_bad_name_is_refused,
    d_020_unknown_fields_are_ignored,
    d_020_an_oversize_body_is_refused_with_the_limit(Oracle::Differs(
        "dockerd reads a body of any size"
    )),
    d_106_a_truncated_archive_is_refused,
    d_120_an_archive_without_images_is_refused,
    d_120_an_archive_that_climbs_out_is_refused,
    d_106_a_link_in_an_archive_leads_nowhere_outside,
];

async fn d_020_malformed_json_is_refused(cx: Cx) -> Result<()> {
    let name = cx.name("bad");
    for body in ["{\"Image\":", "[1, 2", "not json at all"] {
        let reply = raw_create(&cx, &name, body).await?;
        let reply = reply.expect_status(400)?;
        ensure!(!reply.message().is_empty(), "no message for {body}");
    }
    nothing_was_made(&cx, &name).await
}

async fn d_020_a_wrong_type_is_refused(cx: Cx) -> Result<()> {
    let name = cx.name("bad");
    for body in [
        json!({"Image": BUSYBOX, "Env": "A=b"}),
        json!({"Image": BUSYBOX, "Tty": "yes"}),
        json!({"Image": 7}),
        json!({"Image": BUSYBOX, "HostConfig": {"Memory": "much"}}),
        json!({"Image": BUSYBOX, "Labels": ["a"]}),
    ] {
        let reply = raw_create(&cx, &name, &body.to_string()).await?;
        ensure!(reply.status == 400, "{body} gave {}: {}", reply.status, reply.message());
    }
    nothing_was_made(&cx, &name).await
}

async fn d_020_an_empty_body_is_refused(cx: Cx) -> Result<()> {
    let name = cx.name("bad");
    raw_create(&cx, &name, "").await?.expect_status(400)?;
    nothing_was_made(&cx, &name).await
}

async fn d_020_a_bad_name_is_refused(cx: Cx) -> Result<()> {
    for name in ["%2Fa%2Fb", "-begins", "with%20blank", "a", "%C3%A9t%C3%A9"] {
        let reply = cx.create_named(name, &["true"], json!({})).await?;
        ensure!(reply.status == 400, "{name} gave {}", reply.status);
        let message = reply.message();
        ensure!(message.contains("[a-zA-Z0-9][a-zA-Z0-9_.-]"), "{name}: {message}");
    }
    Ok(())
}

async fn d_020_unknown_fields_are_ignored(cx: Cx) -> Result<()> {
    let more = json!({"NoSuchField": {"a": [1]}, "HostConfig": {"NoSuchEither": true}});
    let name = cx.create("odd", &["true"], more).await?;
    assert_eq!(cx.inspect(&name).await?["State"]["Status"], "created");
    Ok(())
}

async fn d_020_an_oversize_body_is_refused_with_the_limit(cx: Cx) -> Result<()> {
    let name = cx.name("bad");
    let body = json!({"Image": BUSYBOX, "Cmd": ["echo", "x".repeat(OVERSIZE_BYTES)]});
    let reply = raw_create(&cx, &name, &body.to_string()).await?;
    ensure!([400, 413].contains(&reply.status.as_u16()), "{}", reply.status);
    ensure!(reply.message().chars().any(|c| c.is_ascii_digit()), "{}", reply.message());
    nothing_was_made(&cx, &name).await
}

async fn d_106_a_truncated_archive_is_refused(cx: Cx) -> Result<()> {
    let whole = cx.target().archives.busybox_tar()?;
    let tag = cx.tag("cut");
    let cut = whole.slice(..whole.len() / 2);
    let reply = cx.client().post_tar(&cx.target().archives.import_path(&tag), cut).await?;
    ensure!(failed(&reply.text()) || reply.status.as_u16() >= 400, "{}", reply.text());
    cx.client().get(&format!("/images/{tag}/json")).await?.expect_status(404)?;
    Ok(())
}

async fn d_120_an_archive_without_images_is_refused(cx: Cx) -> Result<()> {
    let archive = archive_of("readme.txt", b"no image")?;
    let reply = cx.client().post_tar("/images/load", archive).await?;
    ensure!(failed(&reply.text()) || reply.status.as_u16() >= 400, "{}", reply.text());
    let noise = Bytes::from(vec![0x5a; 4096]);
    let reply = cx.client().post_tar("/images/load", noise).await?;
    ensure!(failed(&reply.text()) || reply.status.as_u16() >= 400, "{}", reply.text());
    Ok(())
}

async fn d_120_an_archive_that_climbs_out_is_refused(cx: Cx) -> Result<()> {
    let outside = format!("/tmp/{}-outside", cx.key());
    let tag = cx.tag("climb");
    let archive = archive_of(&format!("../../../../../../../..{outside}"), b"escaped")?;
    let reply = cx.client().post_tar(&cx.target().archives.import_path(&tag), archive).await?;
    if reply.status == 200 && !failed(&reply.text()) {
        // An endpoint may also keep the name inside of the image: then using it must stay inside too.
        cx.create("climb", &["/nothing"], json!({"Image": tag})).await?;
    }
    ensure!(!std::path::Path::new(&outside).exists(), "{outside} was written");
    Ok(())
}

async fn d_106_a_link_in_an_archive_leads_nowhere_outside(cx: Cx) -> Result<()> {
    let outside = tempfile::tempdir()?;
    let tag = cx.tag("link");
    let mut builder = tar::Builder::new(Vec::new());
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "way", outside.path())?;
    let mut file = tar::Header::new_gnu();
    file.set_size(7);
    file.set_mode(0o644);
    builder.append_data(&mut file, "way/file", &b"escaped"[..])?;
    let path = cx.target().archives.import_path(&tag);
    let reply = cx.client().post_tar(&path, builder.into_inner()?).await?;
    if reply.status == 200 && !failed(&reply.text()) {
        // Following the link inside of the image is fine.
        cx.create("link", &["/nothing"], json!({"Image": tag})).await?;
    }
    ensure!(std::fs::read_dir(outside.path())?.next().is_none(), "a file was written outside");
    Ok(())
}

fn failed(text: &str) -> bool {
    text.contains("\"error\"") || text.contains("\"errorDetail\"")
}

/// A tar archive with one file whose name is taken as it is.
fn archive_of(name: &str, content: &[u8]) -> Result<Bytes> {
    let mut header = tar::Header::new_gnu();
    let gnu = header.as_gnu_mut().context("a header of this kind")?;
    gnu.name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, content)?;
    Ok(builder.into_inner()?.into())
}

async fn raw_create(cx: &Cx, name: &str, body: &str) -> Result<crate::http::Reply> {
    let path = format!("/containers/create?name={name}");
    let body = Bytes::from(body.to_owned());
    cx.client().call(Method::POST, &path, Some(("application/json", body))).await
}

async fn nothing_was_made(cx: &Cx, name: &str) -> Result<()> {
    let reply = cx.client().get(&format!("/containers/{name}/json")).await?;
    let body: Value = reply.expect_status(404)?.json()?;
    ensure!(body["message"] == format!("No such container: {name}"), "{body}");
    Ok(())
}
