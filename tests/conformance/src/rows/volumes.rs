//! Volumes: made, listed, used, shared, removed, and told of.

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::told_of;
use super::list::encoded;
use crate::cx::Cx;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_005_volumes_have_sizes_and_users,
    d_032_volumes_without_a_name_go_with_a_container_that_removes_itself,
    d_033_volumes_without_a_name_go_with_their_container_when_told,
    d_170_a_volume_is_created_inspected_and_removed,
    d_170_a_volume_that_is_there_stays_as_it_is,
    d_170_a_volume_in_use_is_not_removed,
    d_170_bad_volumes_are_refused,
    d_170_a_directory_of_the_host_stands_for_a_volume,
    d_170_docker_volume_does_all_of_it,
    d_171_filters_choose_volumes,
    d_172_labels_choose_what_is_pruned,
    // Docker Engine 20.10 removes volumes with a name too.
    d_172_volumes_with_a_name_stay_unless_all_are_meant(Oracle::KnowsFrom(1, 42)),
    d_173_a_volume_is_made_by_its_first_use,
    d_174_an_images_content_is_copied_into_an_empty_volume,
    d_175_a_volume_is_shared_and_outlives_its_containers,
    d_181_the_life_of_a_volume_is_told,
];

/// Creates a volume with more fields of the body, and returns what the answer says.
async fn created(cx: &Cx, part: &str, more: Value) -> Result<Value> {
    let mut body = json!({"Name": cx.volume(part), "Labels": {"row": cx.key()}});
    crate::cx::merge(&mut body, more);
    cx.client().post_json("/volumes/create", &body).await?.expect_status(201)?.json()
}

/// Names the volumes that `filters` let through.
async fn listed(cx: &Cx, filters: Value) -> Result<Vec<String>> {
    let path = format!("/volumes?filters={}", encoded(&filters));
    let list = cx.client().get(&path).await?.expect_status(200)?.json()?;
    let volumes = list["Volumes"].as_array().context("Volumes")?;
    let name = |volume: &Value| volume["Name"].as_str().unwrap_or_default().to_owned();
    let mut names: Vec<String> = volumes.iter().map(name).collect();
    names.sort();
    Ok(names)
}

async fn status(cx: &Cx, volume: &str) -> Result<u16> {
    Ok(cx.client().get(&format!("/volumes/{volume}")).await?.status.as_u16())
}

/// Creates a container with a volume without a name and one with; returns both names.
async fn with_both(cx: &Cx, part: &str, more: Value) -> Result<(String, String, String)> {
    let named = cx.volume(part);
    let mut body =
        json!({"Volumes": {"/anon": {}}, "HostConfig": {"Binds": [format!("{named}:/n")]}});
    crate::cx::merge(&mut body, more);
    let name = cx.create(part, &["true"], body).await?;
    let shown = cx.inspect(&name).await?;
    let mounts = shown["Mounts"].as_array().context("Mounts")?;
    let anonymous = mounts.iter().find(|mount| mount["Destination"] == "/anon");
    let anonymous = anonymous.and_then(|mount| mount["Name"].as_str()).context("/anon")?;
    Ok((name, named, anonymous.to_owned()))
}

async fn d_005_volumes_have_sizes_and_users(cx: Cx) -> Result<()> {
    let volume = cx.volume("v");
    let host = json!({"HostConfig": {"Binds": [format!("{volume}:/v")]}});
    cx.run_script("c", "head -c 300000 /dev/zero > /v/f; ln /v/f /v/g", host).await?;
    let sizes = cx.client().get("/system/df").await?.expect_status(200)?.json()?;
    let volumes = sizes["Volumes"].as_array().context("Volumes")?;
    let own = volumes.iter().find(|one| one["Name"] == volume).context("the volume")?;
    assert_eq!(own["UsageData"], json!({"RefCount": 1, "Size": 300_000}));
    let said = cx.docker().ok(&["system", "df", "-v"]).await?;
    let line = said.lines().find(|line| line.starts_with(&volume)).context("no line")?;
    assert_eq!(line.split_whitespace().skip(1).collect::<Vec<_>>(), ["1", "300kB"]);
    Ok(())
}

async fn d_032_volumes_without_a_name_go_with_a_container_that_removes_itself(
    cx: Cx,
) -> Result<()> {
    let host = json!({"HostConfig": {"AutoRemove": true}});
    let (name, named, anonymous) = with_both(&cx, "c", host).await?;
    let docker = cx.docker();
    let waiting = docker.start(&["wait", &name])?;
    assert_eq!(status(&cx, &anonymous).await?, 200);
    cx.start(&name).await?;
    crate::cli::finish(waiting, b"").await?;
    let filters = json!({"name": [anonymous]});
    let gone = async || Ok(listed(&cx, filters.clone()).await?.is_empty().then_some(()));
    let limit = std::time::Duration::from_secs(30);
    crate::eventually::eventually("the volume goes", limit, gone).await?;
    assert_eq!(status(&cx, &named).await?, 200);
    Ok(())
}

async fn d_033_volumes_without_a_name_go_with_their_container_when_told(cx: Cx) -> Result<()> {
    let (name, _, kept) = with_both(&cx, "one", json!({})).await?;
    cx.client().delete(&format!("/containers/{name}")).await?.expect_status(204)?;
    assert_eq!(status(&cx, &kept).await?, 200);
    cx.client().delete(&format!("/volumes/{kept}")).await?.expect_status(204)?;
    let (name, named, gone) = with_both(&cx, "two", json!({})).await?;
    cx.client().delete(&format!("/containers/{name}?v=1")).await?.expect_status(204)?;
    assert_eq!((status(&cx, &gone).await?, status(&cx, &named).await?), (404, 200));
    Ok(())
}

async fn d_170_a_volume_is_created_inspected_and_removed(cx: Cx) -> Result<()> {
    let volume = created(&cx, "v", json!({})).await?;
    let name = volume["Name"].as_str().context("Name")?;
    let mountpoint = volume["Mountpoint"].as_str().context("Mountpoint")?;
    ensure!(mountpoint.ends_with(&format!("/volumes/{name}/_data")), "{mountpoint}");
    ensure!(std::path::Path::new(mountpoint).is_dir(), "there is no {mountpoint}");
    assert_eq!((&volume["Driver"], &volume["Scope"]), (&json!("local"), &json!("local")));
    assert_eq!((&volume["Labels"]["row"], &volume["Options"]), (&json!(cx.key()), &Value::Null));
    let age = Timestamp::now().as_second()
        - volume["CreatedAt"].as_str().context("CreatedAt")?.parse::<Timestamp>()?.as_second();
    ensure!((0..60).contains(&age), "created {age} seconds ago");
    let path = format!("/volumes/{name}");
    assert_eq!(cx.client().get(&path).await?.expect_status(200)?.json()?, volume);
    cx.client().delete(&path).await?.expect_status(204)?;
    ensure!(!std::path::Path::new(mountpoint).exists(), "{mountpoint} is still there");
    let reply = cx.client().delete(&path).await?;
    let text = format!("get {name}: no such volume");
    assert_eq!((reply.status.as_u16(), reply.message()), (404, text));
    cx.client().delete(&format!("{path}?force=1")).await?.expect_status(204)?;
    Ok(())
}

async fn d_170_a_volume_that_is_there_stays_as_it_is(cx: Cx) -> Result<()> {
    let volume = created(&cx, "v", json!({})).await?;
    let body = json!({"Name": volume["Name"], "Labels": {"other": "label"}});
    let again = cx.client().post_json("/volumes/create", &body).await?.expect_status(201)?;
    assert_eq!(again.json()?, volume);
    Ok(())
}

async fn d_170_a_volume_in_use_is_not_removed(cx: Cx) -> Result<()> {
    let (name, named, _) = with_both(&cx, "c", json!({})).await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    for force in ["", "?force=1"] {
        let reply = cx.client().delete(&format!("/volumes/{named}{force}")).await?;
        let text = format!("remove {named}: volume is in use - [{id}]");
        assert_eq!((reply.status.as_u16(), reply.message()), (409, text));
    }
    Ok(())
}

async fn d_170_bad_volumes_are_refused(cx: Cx) -> Result<()> {
    let characters = "\"a/b\" includes invalid characters for a local volume name, only \
        \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path";
    for (body, status, text) in [
        (
            json!({"Name": "a"}),
            400,
            "create a: volume name is too short, names should be at least two alphanumeric characters"
                .to_owned(),
        ),
        (json!({"Name": "a/b"}), 400, format!("create a/b: {characters}")),
        (
            json!({"Name": "ab", "Driver": "nosuch"}),
            404,
            "create ab: error looking up volume plugin nosuch: plugin \"nosuch\" not found".to_owned(),
        ),
        (
            json!({"Name": "ab", "DriverOpts": {"x": "y"}}),
            400,
            "create ab: invalid option: \"x\"".to_owned(),
        ),
        (
            json!({"Name": "ab", "DriverOpts": {"type": "tmpfs"}}),
            400,
            "create ab: missing required option: \"device\"".to_owned(),
        ),
    ] {
        let reply = cx.client().post_json("/volumes/create", &body).await?;
        assert_eq!((reply.status.as_u16(), reply.message()), (status, text), "{body}");
    }
    Ok(())
}

async fn d_170_a_directory_of_the_host_stands_for_a_volume(cx: Cx) -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("f"), "of the host\n")?;
    let device = folder.path().display().to_string();
    let options = json!({"type": "none", "o": "bind", "device": device});
    let volume = created(&cx, "v", json!({"DriverOpts": options})).await?;
    assert_eq!(volume["Options"], options);
    let name = volume["Name"].as_str().context("Name")?;
    let host = json!({"HostConfig": {"Binds": [format!("{name}:/v")]}});
    let (output, _) = cx.run_script("c", "cat /v/f; echo new > /v/g", host).await?;
    assert_eq!(output.out(), "of the host\n");
    assert_eq!(std::fs::read_to_string(folder.path().join("g"))?, "new\n");
    Ok(())
}

async fn d_170_docker_volume_does_all_of_it(cx: Cx) -> Result<()> {
    let (docker, name) = (cx.docker(), cx.volume("v"));
    let label = format!("row={}", cx.key());
    assert_eq!(docker.ok(&["volume", "create", "--label", &label, &name]).await?, name);
    let filter = format!("label={label}");
    let said = docker.ok(&["volume", "ls", "--filter", &filter]).await?;
    assert_eq!(
        said.lines().nth(1).context("a line")?.split_whitespace().collect::<Vec<_>>(),
        ["local", &name]
    );
    let format = "{{.Name}} {{.Driver}} {{index .Labels \"row\"}}";
    let said = docker.ok(&["volume", "inspect", "--format", format, &name]).await?;
    assert_eq!(said, format!("{name} local {}", cx.key()));
    assert_eq!(docker.ok(&["volume", "rm", &name]).await?, name);
    let said = docker.run(&["volume", "inspect", &name]).await?;
    ensure!(said.code == 1 && said.err.contains("no such volume"), "{said:?}");
    Ok(())
}

async fn d_171_filters_choose_volumes(cx: Cx) -> Result<()> {
    let own = format!("row={}", cx.key());
    created(&cx, "one", json!({"Labels": {"kind": "a"}})).await?;
    created(&cx, "two", json!({})).await?;
    let (one, two) = (cx.volume("one"), cx.volume("two"));
    let host = json!({"HostConfig": {"Binds": [format!("{two}:/v")]}});
    cx.create("c", &["true"], host).await?;
    for (filters, expected) in [
        (json!({"label": [own]}), vec![&one, &two]),
        (json!({"label": [own, "kind=a"]}), vec![&one]),
        (json!({"label": [own, "kind=b"]}), vec![]),
        (json!({"name": [one]}), vec![&one]),
        (json!({"name": [format!("^{}-t", cx.key())]}), vec![&two]),
        (json!({"label": [own], "driver": ["local"]}), vec![&one, &two]),
        (json!({"label": [own], "driver": ["nosuch"]}), vec![]),
        (json!({"label": [own], "dangling": ["true"]}), vec![&one]),
        (json!({"label": [own], "dangling": ["0"]}), vec![&two]),
    ] {
        let names = listed(&cx, filters.clone()).await?;
        assert_eq!(names.iter().collect::<Vec<_>>(), expected, "{filters}");
    }
    for filters in [json!({"bad": ["x"]}), json!({"dangling": ["x"]})] {
        let path = format!("/volumes?filters={}", encoded(&filters));
        cx.client().get(&path).await?.expect_status(400)?;
    }
    Ok(())
}

/// Prunes by filters that no other row's volumes fit.
async fn pruned(cx: &Cx, version: &str, filters: Value) -> Result<(Value, u64)> {
    let path = format!("{version}/volumes/prune?filters={}", encoded(&filters));
    let told = cx.client().post(&path).await?.expect_status(200)?.json()?;
    Ok((told["VolumesDeleted"].clone(), told["SpaceReclaimed"].as_u64().context("bytes")?))
}

async fn d_172_labels_choose_what_is_pruned(cx: Cx) -> Result<()> {
    let own = format!("row={}", cx.key());
    created(&cx, "used", json!({})).await?;
    created(&cx, "kept", json!({"Labels": {"keep": ""}})).await?;
    created(&cx, "free", json!({})).await?;
    let (used, free) = (cx.volume("used"), cx.volume("free"));
    let host = json!({"HostConfig": {"Binds": [format!("{used}:/v")]}});
    cx.create("c", &["true"], host).await?;
    let host = json!({"HostConfig": {"Binds": [format!("{free}:/v")], "AutoRemove": true}});
    let name = cx.start_script("w", "head -c 123456 /dev/zero > /v/f", host).await?;
    cx.client().post(&format!("/containers/{name}/wait?condition=removed")).await?;
    let filters = json!({"label": [own], "label!": ["keep"]});
    assert_eq!(pruned(&cx, "/v1.41", filters.clone()).await?, (json!([free]), 123_456));
    assert_eq!(pruned(&cx, "/v1.41", filters).await?.1, 0);
    assert_eq!(listed(&cx, json!({"label": [own]})).await?.len(), 2);
    Ok(())
}

async fn d_172_volumes_with_a_name_stay_unless_all_are_meant(cx: Cx) -> Result<()> {
    let own = format!("row={}", cx.key());
    created(&cx, "named", json!({})).await?;
    let body = json!({"Labels": {"row": cx.key()}});
    let reply = cx.client().post_json("/volumes/create", &body).await?.expect_status(201)?;
    let anonymous = reply.json()?;
    assert_eq!(anonymous["Labels"]["com.docker.volume.anonymous"], "");
    let label = json!({"label": [own]});
    assert_eq!(pruned(&cx, "", label).await?.0, json!([anonymous["Name"]]));
    let all = json!({"label": [own], "all": ["true"]});
    assert_eq!(pruned(&cx, "", all).await?.0, json!([cx.volume("named")]));
    Ok(())
}

async fn d_173_a_volume_is_made_by_its_first_use(cx: Cx) -> Result<()> {
    let (bind, mount) = (cx.volume("bind"), cx.volume("mount"));
    let body = json!({"HostConfig": {
        "Binds": [format!("{bind}:/b")],
        "Mounts": [{"Type": "volume", "Source": mount, "Target": "/m", "VolumeOptions": {"Labels": {"a": "b"}}}],
    }});
    let (output, code) =
        cx.run_script("c", "echo 1 > /b/f; echo 2 > /m/f; cat /b/f /m/f", body).await?;
    assert_eq!((output.out().as_str(), code), ("1\n2\n", 0));
    assert_eq!(status(&cx, &bind).await?, 200);
    let made = cx.client().get(&format!("/volumes/{mount}")).await?.expect_status(200)?.json()?;
    assert_eq!(made["Labels"], json!({"a": "b"}));
    Ok(())
}

async fn d_174_an_images_content_is_copied_into_an_empty_volume(cx: Cx) -> Result<()> {
    let (volume, bare) = (cx.volume("v"), cx.volume("bare"));
    let binds = json!([format!("{volume}:/etc"), format!("{bare}:/var/tmp:nocopy")]);
    // It is there once the container is created, and may be looked at from another one.
    cx.create("first", &["true"], json!({"HostConfig": {"Binds": binds}})).await?;
    let look = |path: &str| json!({"HostConfig": {"Binds": [format!("{path}:/look")]}});
    let script = "stat -c '%a' /look; grep -c . /look/passwd; cat /look/replaced; echo mine > /look/replaced; rm /look/hidden";
    let (output, _) = cx.run_script("second", script, look(&volume)).await?;
    assert_eq!(output.out(), "755\n4\nbelow\n", "{}", output.err());
    let again = json!({"HostConfig": {"Binds": [format!("{volume}:/etc")]}});
    let (output, _) = cx.run_script("third", "cat /etc/replaced; ls /etc/hidden", again).await?;
    assert_eq!(output.out(), "mine\n", "what a volume holds is not written over");
    let (output, _) = cx.run_script("fourth", "stat -c '%a' /look", look(&bare)).await?;
    assert_eq!(output.out(), "755\n", "without a copy the image's mode is not taken");
    let tmp = json!({"HostConfig": {"Binds": [format!("{}:/tmp", cx.volume("tmp"))]}});
    let (output, _) = cx.run_script("fifth", "stat -c '%a' /tmp", tmp).await?;
    assert_eq!(output.out(), "1777\n", "the directory's own mode is copied too");
    Ok(())
}

async fn d_175_a_volume_is_shared_and_outlives_its_containers(cx: Cx) -> Result<()> {
    let volume = cx.volume("v");
    let host = json!({"HostConfig": {"Binds": [format!("{volume}:/v")]}});
    let script =
        "until [ -e /v/from-two ]; do sleep 0.02; done; cat /v/from-two; echo one > /v/from-one";
    let one = cx.start_script("one", script, host.clone()).await?;
    cx.run_script("two", "echo two > /v/new; mv /v/new /v/from-two", host.clone()).await?;
    assert_eq!(cx.wait(&one).await?, 0);
    assert_eq!(cx.logs(&one).await?.out(), "two\n");
    cx.client().delete(&format!("/containers/{one}?v=1")).await?.expect_status(204)?;
    let (output, _) = cx.run_script("three", "cat /v/from-one", host).await?;
    assert_eq!(output.out(), "one\n");
    Ok(())
}

async fn d_181_the_life_of_a_volume_is_told(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let volume = cx.volume("v");
    let host = json!({"HostConfig": {"Binds": [format!("{volume}:/v:ro")]}});
    let name = cx.start_script("c", "true", host).await?;
    cx.wait(&name).await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    cx.client().delete(&format!("/containers/{name}")).await?.expect_status(204)?;
    cx.client().delete(&format!("/volumes/{volume}")).await?.expect_status(204)?;
    let filters = json!({"volume": [volume], "type": ["volume"]});
    let mut told = Vec::new();
    for event in told_of(&cx, since, &filters).await? {
        assert_eq!((&event["Type"], &event["Actor"]["ID"]), (&json!("volume"), &json!(volume)));
        told.push((event["Action"].clone(), event["Actor"]["Attributes"].clone()));
    }
    let driver = json!({"driver": "local"});
    let mounted = json!({"container": id, "destination": "/v", "driver": "local", "propagation": "", "read/write": "false"});
    let unmounted = json!({"container": id, "driver": "local"});
    let expected =
        [("create", &driver), ("mount", &mounted), ("unmount", &unmounted), ("destroy", &driver)];
    let expected: Vec<_> = expected.map(|(action, more)| (json!(action), more.clone())).into();
    assert_eq!(told, expected);
    Ok(())
}
