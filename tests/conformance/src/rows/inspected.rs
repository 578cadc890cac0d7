//! What inspect tells beside the configuration: places of files, times, ends; and the mark in a container's root.

use anyhow::{Context as _, Result, ensure};
use http::Method;
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::http::Reply;
use crate::images::BUSYBOX;
use crate::row::{Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_030_a_start_that_fails_is_told_to_who_waits_for_the_removal,
    d_055_the_files_that_a_container_is_given_are_where_inspect_says,
    d_058_the_mark_of_a_container_is_there_and_no_change_of_it,
    d_058_what_is_mounted_is_told_at_its_old_place_too,
    d_083_details_tell_what_the_options_of_a_log_choose,
    d_117_the_time_of_the_last_tag_is_told,
];

/// The files and what inspect calls their places.
const GIVEN: [(&str, &str); 3] = [
    ("HostsPath", "/etc/hosts"),
    ("HostnamePath", "/etc/hostname"),
    ("ResolvConfPath", "/etc/resolv.conf"),
];

async fn d_030_a_start_that_fails_is_told_to_who_waits_for_the_removal(cx: Cx) -> Result<()> {
    let body = json!({"HostConfig": {"AutoRemove": true}});
    let name = cx.create("fails", &["/nosuch/program"], body).await?;
    let path = format!("/containers/{name}/wait?condition=removed");
    let (_connection, response) = cx.client().open(Method::POST, &path, None).await?;
    let started = cx.client().post(&format!("/containers/{name}/start")).await?;
    ensure!(started.status.is_client_error(), "{}", started.status);
    let waited = Reply::read(response).await?.json()?;
    assert_eq!(waited["StatusCode"], 127, "{waited}");
    Ok(())
}

async fn d_055_the_files_that_a_container_is_given_are_where_inspect_says(cx: Cx) -> Result<()> {
    let created = cx.create("new", &["true"], json!({})).await?;
    let new = cx.inspect(&created).await?;
    for (field, _) in GIVEN {
        assert_eq!(new[field], "", "{field} of a container that never ran");
    }
    let name = cx.start_script("runs", "sleep 1000", json!({"Hostname": "told"})).await?;
    let runs = cx.inspect(&name).await?;
    for (field, inside) in GIVEN {
        let place = runs[field].as_str().context(field)?;
        let (seen, _) = cx.exec(&name, &["cat", inside], json!({})).await?;
        let given = std::fs::read_to_string(place).with_context(|| format!("{field}: {place}"))?;
        assert_eq!(given, seen.out(), "{field} is not {inside}");
    }
    Ok(())
}

async fn d_058_the_mark_of_a_container_is_there_and_no_change_of_it(cx: Cx) -> Result<()> {
    let script = "stat -c '%F %a %s %u:%g' /.dockerenv";
    let name = cx.start_script("marked", script, json!({})).await?;
    assert_eq!(cx.wait(&name).await?, 0);
    assert_eq!(cx.logs(&name).await?.out(), "regular empty file 755 0 0:0\n");
    let changes: Value = cx.client().get(&format!("/containers/{name}/changes")).await?.json()?;
    ensure!(!changes.to_string().contains("dockerenv"), "{changes}");
    let reply = cx.client().get(&format!("/containers/{name}/export")).await?.expect_status(200)?;
    let mut archive = tar::Archive::new(&*reply.body);
    let mut names = archive.entries()?.map(|entry| Ok(entry?.path()?.display().to_string()));
    ensure!(names.any(|name: Result<String>| name.is_ok_and(|name| name == ".dockerenv")));
    Ok(())
}

async fn d_058_what_is_mounted_is_told_at_its_old_place_too(cx: Cx) -> Result<()> {
    let script = "readlink /etc/mtab; grep -c ' / ' /etc/mtab";
    let name = cx.start_script("mounted", script, json!({})).await?;
    assert_eq!(cx.wait(&name).await?, 0);
    assert_eq!(cx.logs(&name).await?.out(), "/proc/mounts\n1\n");
    let changes: Value = cx.client().get(&format!("/containers/{name}/changes")).await?.json()?;
    ensure!(!changes.to_string().contains("etc"), "{changes}");
    Ok(())
}

async fn d_083_details_tell_what_the_options_of_a_log_choose(cx: Cx) -> Result<()> {
    let options = json!({
        "labels": "a,z", "labels-regex": "^re", "env": "E,Q", "env-regex": "^R.x", "tag": "{{.Name}} {{.ImageName}}",
    });
    let body = json!({
        "Labels": {"a": "x y,=~*", "red": "1", "other": "2"},
        "Env": ["E=é", "Rax=3", "Other=4"],
        "HostConfig": {"LogConfig": {"Type": "json-file", "Config": options}},
    });
    let name = cx.start_script("told", "echo one; echo two >&2", body).await?;
    cx.wait(&name).await?;
    let attributes =
        format!("E=%C3%A9,Rax=3,a=x+y%2C%3D~%2A,red=1,tag={name}+{}", BUSYBOX.replace('/', "%2F"));
    let said = cx.docker().run(&["logs", "--details", &name]).await?;
    assert_eq!(
        (said.out, said.err),
        (format!("{attributes} one\n"), format!("{attributes} two\n"))
    );
    let said = cx.docker().run(&["logs", "--details", "--timestamps", &name]).await?;
    let (time, rest) = said.out.split_once(' ').context("no time")?;
    ensure!(time.ends_with('Z') && rest == format!("{attributes} one\n"), "{}", said.out);
    let plain = cx.start_script("plain", "echo one", json!({})).await?;
    cx.wait(&plain).await?;
    assert_eq!(cx.docker().run(&["logs", "--details", &plain]).await?.out, " one\n");
    Ok(())
}

async fn d_117_the_time_of_the_last_tag_is_told(cx: Cx) -> Result<()> {
    let told = async |name: &str| -> Result<String> {
        let image: Value = cx.client().get(&format!("/images/{name}/json")).await?.json()?;
        Ok(image["Metadata"]["LastTagTime"].as_str().context("LastTagTime")?.to_owned())
    };
    let mut before = "0001-01-01T00:00:00Z".to_owned();
    // The last one is a name that the image has already.
    for name in [cx.tag("one"), cx.tag("two"), cx.tag("two")] {
        let path = format!("/images/{BUSYBOX}/tag?repo={name}&tag=latest");
        cx.client().post(&path).await?.expect_status(201)?;
        let at = told(&name).await?;
        ensure!(at > before, "{name}: {at} is not after {before}");
        before = at;
    }
    Ok(())
}
