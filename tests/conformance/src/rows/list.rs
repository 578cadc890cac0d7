//! Listing and inspecting containers.

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::images::{BUSYBOX, CONFIG};
use crate::row::{Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_052_an_entry_has_its_fields,
    d_052_only_running_ones_without_all,
    d_052_newest_first_and_limit_means_all,
    d_052_size_is_told_when_asked_for,
    d_052_docker_ps_prints,
    d_053_filters_by_name_id_and_label,
    d_053_filters_by_status_and_ancestor,
    d_053_filters_by_before_since_and_exited,
    d_053_the_same_key_is_any_and_keys_are_all,
    d_053_a_bad_filter_is_400,
    d_055_inspect_has_its_parts,
    d_055_inspect_returns_what_was_sent,
];

async fn d_052_an_entry_has_its_fields(cx: Cx) -> Result<()> {
    let labels = json!({"Labels": {"row": cx.key(), "b": "2"}});
    let name = cx.start_script("entry", "sleep 60", labels).await?;
    let listed = filtered(&cx, json!({"name": [name]}), false).await?;
    ensure!(listed.len() == 1, "{listed:?}");
    let entry = &listed[0];
    assert_eq!(entry["Names"], json!([format!("/{name}")]));
    assert_eq!((&entry["Image"], &entry["State"]), (&json!(BUSYBOX), &json!("running")));
    assert_eq!(entry["Command"], "sh -c 'sleep 60'");
    assert_eq!(entry["Labels"], json!({"row": cx.key(), "b": "2"}));
    ensure!(entry["Status"].as_str().unwrap_or_default().starts_with("Up "), "{entry}");
    ensure!(entry["ImageID"].as_str().unwrap_or_default().starts_with("sha256:"), "{entry}");
    let age = Timestamp::now().as_second() - entry["Created"].as_i64().unwrap_or_default();
    ensure!((-2..120).contains(&age), "created {age} s ago");
    ensure!(entry["Ports"].is_array() && entry["Mounts"].is_array(), "{entry}");
    ensure!(entry["NetworkSettings"]["Networks"]["bridge"].is_object(), "{entry}");
    ensure!(entry["HostConfig"]["NetworkMode"].is_string(), "{entry}");
    Ok(())
}

async fn d_052_only_running_ones_without_all(cx: Cx) -> Result<()> {
    let up = cx.start_script("up", "sleep 60", json!({})).await?;
    let idle = cx.create("idle", &["true"], json!({})).await?;
    let over = cx.start_script("over", "exit 3", json!({})).await?;
    cx.wait(&over).await?;
    let mine = json!({"name": [cx.key()]});
    assert_eq!(names(&filtered(&cx, mine.clone(), false).await?), own(&[&up]));
    let all = filtered(&cx, mine, true).await?;
    assert_eq!(names(&all), [over, idle, up]);
    let status = |index: usize| all[index]["Status"].as_str().unwrap_or_default();
    ensure!(status(0).starts_with("Exited (3) "), "{}", status(0));
    assert_eq!(status(1), "Created");
    Ok(())
}

async fn d_052_newest_first_and_limit_means_all(cx: Cx) -> Result<()> {
    for part in ["one", "two", "three"] {
        cx.create(part, &["true"], json!({})).await?;
    }
    let filters = encoded(&json!({"name": [cx.key()]}));
    let path = format!("/containers/json?limit=2&filters={filters}");
    let listed = cx.client().get(&path).await?.expect_status(200)?.json()?;
    let listed = listed.as_array().context("a list")?;
    let wanted = [format!("{}-three", cx.key()), format!("{}-two", cx.key())];
    assert_eq!(names(listed), wanted);
    Ok(())
}

async fn d_052_size_is_told_when_asked_for(cx: Cx) -> Result<()> {
    let script = "head -c 100000 /dev/zero > /written";
    let name = cx.start_script("sized", script, json!({})).await?;
    cx.wait(&name).await?;
    let filters = encoded(&json!({"name": [name]}));
    let path = format!("/containers/json?all=1&size=1&filters={filters}");
    let listed = cx.client().get(&path).await?.expect_status(200)?.json()?;
    ensure!(listed[0]["SizeRw"].as_u64().unwrap_or_default() >= 100_000, "{listed}");
    ensure!(listed[0]["SizeRootFs"].as_u64() > listed[0]["SizeRw"].as_u64(), "{listed}");
    let path = format!("/containers/{name}/json?size=1");
    let inspected = cx.client().get(&path).await?.expect_status(200)?.json()?;
    assert_eq!(inspected["SizeRw"], listed[0]["SizeRw"]);
    Ok(())
}

async fn d_052_docker_ps_prints(cx: Cx) -> Result<()> {
    let name = cx.start_script("shown", "exit 0", json!({})).await?;
    cx.wait(&name).await?;
    let filter = format!("name={name}");
    let line = "{{.Names}}|{{.Image}}|{{.Command}}|{{.State}}";
    let arguments = ["ps", "-a", "--no-trunc", "--filter", &filter, "--format", line];
    let shown = cx.docker().ok(&arguments).await?;
    assert_eq!(shown, format!("{name}|{BUSYBOX}|\"sh -c 'exit 0'\"|exited"));
    Ok(())
}

async fn d_053_filters_by_name_id_and_label(cx: Cx) -> Result<()> {
    let one = cx.create("one", &["true"], json!({"Labels": {"row": cx.key(), "n": "1"}})).await?;
    let two = cx.create("two", &["true"], json!({"Labels": {"row": cx.key()}})).await?;
    let id = cx.inspect(&one).await?["Id"].as_str().context("Id")?.to_owned();
    let row = format!("row={}", cx.key());
    for (filters, wanted) in [
        (json!({"name": [format!("^/{}-o.e$", cx.key())]}), vec![&one]),
        (json!({"name": [format!("{}-t", cx.key())]}), vec![&two]),
        (json!({"id": [&id[..14]]}), vec![&one]),
        (json!({"id": [id]}), vec![&one]),
        (json!({"label": [row]}), vec![&two, &one]),
        (json!({"label": [row, "n"]}), vec![&one]),
        (json!({"label": [row, "n=2"]}), vec![]),
    ] {
        assert_eq!(names(&filtered(&cx, filters.clone(), true).await?), own(&wanted), "{filters}");
    }
    Ok(())
}

async fn d_053_filters_by_status_and_ancestor(cx: Cx) -> Result<()> {
    let up = cx.start_script("up", "sleep 60", json!({})).await?;
    let idle = cx.create("idle", &["true"], json!({"Image": CONFIG})).await?;
    let over = cx.start_script("over", "exit 0", json!({})).await?;
    cx.wait(&over).await?;
    let image = cx.inspect(&up).await?["Image"].as_str().context("Image")?.to_owned();
    for (filters, wanted) in [
        (json!({"status": ["running"]}), vec![&up]),
        (json!({"status": ["created"]}), vec![&idle]),
        (json!({"status": ["exited", "created"]}), vec![&over, &idle]),
        (json!({"ancestor": [CONFIG]}), vec![&idle]),
        (json!({"ancestor": [format!("{BUSYBOX}:latest")]}), vec![&over, &up]),
        (json!({"ancestor": [image]}), vec![&over, &up]),
        (json!({"network": ["bridge"], "status": ["running"]}), vec![&up]),
        (json!({"network": ["nosuch"]}), vec![]),
    ] {
        let mut mine = filters.clone();
        mine["name"] = json!([cx.key()]);
        assert_eq!(names(&filtered(&cx, mine, true).await?), own(&wanted), "{filters}");
    }
    Ok(())
}

async fn d_053_filters_by_before_since_and_exited(cx: Cx) -> Result<()> {
    let one = cx.create("one", &["true"], json!({})).await?;
    let two = cx.start_script("two", "exit 4", json!({})).await?;
    let three = cx.create("three", &["true"], json!({})).await?;
    cx.wait(&two).await?;
    for (filters, wanted) in [
        (json!({"before": [two]}), vec![&one]),
        (json!({"since": [two]}), vec![&three]),
        (json!({"exited": ["4"]}), vec![&two]),
        (json!({"exited": ["5"]}), vec![]),
    ] {
        let mut mine = filters.clone();
        mine["name"] = json!([cx.key()]);
        assert_eq!(names(&filtered(&cx, mine, true).await?), own(&wanted), "{filters}");
    }
    Ok(())
}

async fn d_053_the_same_key_is_any_and_keys_are_all(cx: Cx) -> Result<()> {
    let one = cx.create("one", &["true"], json!({"Labels": {"n": "1"}})).await?;
    let two = cx.create("two", &["true"], json!({"Labels": {"n": "2"}})).await?;
    let any = json!({"name": [one, two]});
    assert_eq!(names(&filtered(&cx, any.clone(), true).await?), own(&[&two, &one]));
    let mut all = any.clone();
    all["label"] = json!(["n=1"]);
    assert_eq!(names(&filtered(&cx, all, true).await?), own(&[&one]));
    // Older clients send an object of booleans instead of a list.
    let old = json!({"name": {one.clone(): true}});
    assert_eq!(names(&filtered(&cx, old, true).await?), own(&[&one]));
    Ok(())
}

async fn d_053_a_bad_filter_is_400(cx: Cx) -> Result<()> {
    let mut bad = vec![json!({"nosuch": ["a"]}), json!({"status": ["sleeping"]})];
    // Docker Engine 20.10 answers 500 to what is no object, later ones 400.
    bad.extend(cx.target().ours.then(|| json!([1])));
    for filters in bad {
        let path = format!("/containers/json?filters={}", encoded(&filters));
        let reply = cx.client().get(&path).await?;
        ensure!(reply.status == 400, "{filters} gave {}: {}", reply.status, reply.message());
    }
    Ok(())
}

async fn d_055_inspect_has_its_parts(cx: Cx) -> Result<()> {
    let name = cx.start_script("whole", "sleep 60", json!({})).await?;
    let whole = cx.inspect(&name).await?;
    for field in ["Id", "Created", "Path", "Image", "Name", "Driver", "Platform", "LogPath"] {
        ensure!(whole[field].is_string(), "{field} is no string: {whole}");
    }
    for field in ["State", "Config", "HostConfig", "NetworkSettings", "GraphDriver"] {
        ensure!(whole[field].is_object(), "{field} is no object: {whole}");
    }
    for field in ["Args", "Mounts"] {
        ensure!(whole[field].is_array(), "{field} is no list: {whole}");
    }
    ensure!(whole["Image"].as_str().unwrap_or_default().starts_with("sha256:"), "{whole}");
    let network = &whole["NetworkSettings"];
    ensure!(network["Ports"].is_object(), "{network}");
    let bridge = &network["Networks"]["bridge"];
    for field in ["IPAddress", "Gateway", "MacAddress"] {
        ensure!(!bridge[field].as_str().unwrap_or_default().is_empty(), "{field}: {bridge}");
    }
    Ok(())
}

async fn d_055_inspect_returns_what_was_sent(cx: Cx) -> Result<()> {
    let sent = json!({
        "Env": ["A=1", "B="], "Labels": {"x": "y"}, "WorkingDir": "/tmp", "User": "1000",
        "Hostname": "inspected", "Tty": false, "OpenStdin": true, "StdinOnce": true, "StopSignal": "SIGINT",
        "HostConfig": {"Memory": 67_108_864, "NanoCpus": 500_000_000, "PidsLimit": 77, "ReadonlyRootfs": true,
                       "CapDrop": ["CHOWN"], "ExtraHosts": ["db:10.9.8.7"]}
    });
    let name = cx.create("sent", &["true"], sent.clone()).await?;
    let whole = cx.inspect(&name).await?;
    for field in
        ["Labels", "WorkingDir", "User", "Hostname", "OpenStdin", "StdinOnce", "StopSignal"]
    {
        assert_eq!(whole["Config"][field], sent[field], "{field}");
    }
    for pair in ["A=1", "B="] {
        ensure!(super::system::holds(&whole["Config"]["Env"], pair), "{}", whole["Config"]["Env"]);
    }
    for (field, value) in sent["HostConfig"].as_object().into_iter().flatten() {
        assert_eq!(&whole["HostConfig"][field], value, "{field}");
    }
    Ok(())
}

async fn filtered(cx: &Cx, filters: Value, all: bool) -> Result<Vec<Value>> {
    let path = format!("/containers/json?all={}&filters={}", u8::from(all), encoded(&filters));
    let listed = cx.client().get(&path).await?.expect_status(200)?.json()?;
    Ok(listed.as_array().context("a list")?.clone())
}

/// The filters as they stand in a query.
pub(super) fn encoded(filters: &Value) -> String {
    encoded_text(&filters.to_string())
}

/// A text with what has no place in a query as `%` and two digits.
pub(super) fn encoded_text(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escaped).collect()
}

fn names(listed: &[Value]) -> Vec<String> {
    let name = |entry: &Value| {
        entry["Names"][0].as_str().unwrap_or_default().trim_start_matches('/').to_owned()
    };
    listed.iter().map(name).collect()
}

fn own(names: &[&String]) -> Vec<String> {
    names.iter().map(|name| (*name).clone()).collect()
}
