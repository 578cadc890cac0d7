//! What containers mount: memory, paths of the host, volumes of others.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_047_memory_is_empty_and_lost_at_the_end,
    d_047_options_of_memory_are_honoured,
    d_047_bad_places_of_memory_are_refused,
    d_103_a_copy_into_a_volume_is_there_for_others,
    d_176_a_path_of_the_host_is_seen_and_written,
    d_176_read_only_is_read_only,
    d_176_a_missing_path_is_made_for_binds_and_refused_for_mounts,
    d_176_bad_mounts_are_refused,
    d_176_a_place_is_taken_once,
    d_176_what_is_mounted_below_a_read_only_mount_is_so_too(Oracle::KnowsFrom(1, 44)),
    d_177_mounts_of_another_container_are_taken,
    d_177_a_path_in_a_volume_is_mounted(Oracle::KnowsFrom(1, 45)),
    d_178_inspect_and_list_tell_mounts,
];

fn binds(texts: &[String]) -> Value {
    json!({"HostConfig": {"Binds": texts}})
}

async fn d_047_memory_is_empty_and_lost_at_the_end(cx: Cx) -> Result<()> {
    let body = json!({"HostConfig": {"Tmpfs": {"/etc": "", "/new": ""}}});
    let script = "ls -A /etc /new; grep -c ' /new tmpfs ' /proc/mounts; touch /new/f; sh -c 'cat /new/x' 2>/dev/null; true";
    let name = cx.start_script("c", script, body.clone()).await?;
    cx.wait(&name).await?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    let once = "/etc:\nhostname\nhosts\nresolv.conf\n\n/new:\n1\n";
    assert_eq!(cx.logs(&name).await?.out(), once.repeat(2));
    assert_eq!(cx.inspect(&name).await?["HostConfig"]["Tmpfs"], body["HostConfig"]["Tmpfs"]);
    Ok(())
}

async fn d_047_options_of_memory_are_honoured(cx: Cx) -> Result<()> {
    let body = json!({"HostConfig": {
        "Tmpfs": {"/t": "size=64k,mode=700,exec", "/d": ""},
        "Mounts": [{"Type": "tmpfs", "Target": "/m", "TmpfsOptions": {"SizeBytes": 65536, "Mode": 0o1770}}],
    }});
    let script = "stat -c '%n %a' /t /m; df -k /t /m | awk 'NR > 1 {print $2}'; \
        for d in /t /d; do printf '#!/bin/sh\\necho ran\\n' > $d/s; chmod 755 $d/s; $d/s 2>/dev/null || echo no; done";
    let (output, _) = cx.run_script("c", script, body).await?;
    assert_eq!(output.out(), "/t 700\n/m 1770\n64\n64\nran\nno\n", "{}", output.err());
    Ok(())
}

async fn d_047_bad_places_of_memory_are_refused(cx: Cx) -> Result<()> {
    for (place, text) in [
        ("x", "invalid mount path: 'x' mount path must be absolute"),
        ("/", "invalid specification: destination can't be '/'"),
    ] {
        let body = json!({"HostConfig": {"Tmpfs": {place: ""}}});
        let reply = cx.create_named(&cx.name("c"), &["true"], body).await?;
        assert_eq!((reply.status.as_u16(), reply.message().as_str()), (400, text));
    }
    Ok(())
}

async fn d_103_a_copy_into_a_volume_is_there_for_others(cx: Cx) -> Result<()> {
    let (volume, folder) = (cx.volume("v"), tempfile::tempdir()?);
    let file = folder.path().join("f");
    fs::write(&file, "copied\n")?;
    let bind = binds(&[format!("{volume}:/no/such/place")]);
    let helper = cx.create("helper", &["true"], bind).await?;
    let docker = cx.docker();
    docker.ok(&["cp", &file.to_string_lossy(), &format!("{helper}:/no/such/place/g")]).await?;
    let (output, _) = cx.run_script("c", "cat /v/g", binds(&[format!("{volume}:/v")])).await?;
    assert_eq!(output.out(), "copied\n");
    let back = folder.path().join("back");
    docker.ok(&["cp", &format!("{helper}:/no/such/place/g"), &back.to_string_lossy()]).await?;
    assert_eq!(fs::read_to_string(back)?, "copied\n");
    Ok(())
}

async fn d_176_a_path_of_the_host_is_seen_and_written(cx: Cx) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let host = folder.path().display();
    fs::write(folder.path().join("f"), "of the host\n")?;
    let body = json!({"HostConfig": {
        "Binds": [format!("{host}:/b"), format!("{host}/f:/etc/passwd")],
        "Mounts": [{"Type": "bind", "Source": folder.path(), "Target": "/m/deep"}],
    }});
    let script = "cat /b/f /m/deep/f /etc/passwd; echo b > /b/b; echo m > /m/deep/m";
    let (output, code) = cx.run_script("c", script, body).await?;
    assert_eq!((output.out(), code), ("of the host\n".repeat(3), 0), "{}", output.err());
    assert_eq!(fs::read_to_string(folder.path().join("b"))?, "b\n");
    assert_eq!(fs::read_to_string(folder.path().join("m"))?, "m\n");
    Ok(())
}

async fn d_176_read_only_is_read_only(cx: Cx) -> Result<()> {
    let (folder, volume) = (tempfile::tempdir()?, cx.volume("v"));
    let body = json!({"HostConfig": {
        "Binds": [format!("{}:/b:ro", folder.path().display()), format!("{volume}:/v:ro")],
        "Mounts": [{"Type": "bind", "Source": folder.path(), "Target": "/m", "ReadOnly": true}],
    }});
    let script = "for d in /b /v /m; do touch $d/f || echo $d; done";
    let (output, _) = cx.run_script("c", script, body).await?;
    assert_eq!(output.out(), "/b\n/v\n/m\n");
    assert_eq!(output.err().matches("Read-only file system").count(), 3, "{}", output.err());
    assert_eq!(fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}

async fn d_176_a_missing_path_is_made_for_binds_and_refused_for_mounts(cx: Cx) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let missing = folder.path().join("deep/er");
    let mount = json!({"Type": "bind", "Source": missing, "Target": "/x"});
    let body = json!({"HostConfig": {"Mounts": [mount]}});
    let reply = cx.create_named(&cx.name("refused"), &["true"], body).await?;
    let text = format!(
        "invalid mount config for type \"bind\": bind source path does not exist: {}",
        missing.display()
    );
    assert_eq!((reply.status.as_u16(), reply.message()), (400, text));
    ensure!(!missing.exists(), "it was made");
    let bind = binds(&[format!("{}:/x", missing.display())]);
    let (_, code) = cx.run_script("made", "touch /x/f", bind).await?;
    assert_eq!(code, 0);
    ensure!(missing.join("f").exists(), "it was not made");
    Ok(())
}

async fn d_176_bad_mounts_are_refused(cx: Cx) -> Result<()> {
    // Docker Engine 20.10 answers 500 where a text cannot be read, later ones 400.
    for (text, message) in [
        (
            "/tmp:x",
            "invalid volume specification: '/tmp:x': invalid mount config for type \"bind\": invalid mount path: 'x' mount path must be absolute",
        ),
        (
            "/tmp:/",
            "invalid volume specification: '/tmp:/': invalid mount config for type \"bind\": invalid specification: destination can't be '/'",
        ),
        ("/tmp:/x:bad", "invalid mode: bad"),
        ("/tmp:/x:ro,rw", "invalid mode: ro,rw"),
        (
            "ab:/x:rslave",
            "invalid volume specification: 'ab:/x:rslave': invalid mount config for type \"volume\": field BindOptions must not be specified",
        ),
        (
            "/tmp:/x:nocopy",
            "invalid volume specification: '/tmp:/x:nocopy': invalid mount config for type \"bind\": field VolumeOptions must not be specified",
        ),
        ("/tmp:/x:a:b", "invalid volume specification: '/tmp:/x:a:b'"),
        (":/x", "invalid volume specification: ':/x'"),
    ] {
        let reply = cx.create_named(&cx.name("c"), &["true"], binds(&[text.to_owned()])).await?;
        ensure!([400, 500].contains(&reply.status.as_u16()), "{text}: {}", reply.status);
        assert_eq!(reply.message(), message);
    }
    for (mount, reason) in [
        (json!({"Type": "bind", "Source": "", "Target": "/x"}), "field Source must not be empty"),
        (json!({"Type": "bind", "Source": "/tmp"}), "field Target must not be empty"),
        (
            json!({"Type": "tmpfs", "Source": "a", "Target": "/x"}),
            "field Source must not be specified",
        ),
        (
            json!({"Type": "volume", "Target": "/x", "ReadOnly": true}),
            "must not set ReadOnly mode when using anonymous volumes",
        ),
        (
            json!({"Type": "bind", "Source": "/tmp", "Target": "/x", "BindOptions": {"Propagation": "bad"}}),
            "invalid propagation mode: bad",
        ),
        (json!({"Type": "nosuch", "Target": "/x"}), "mount type unknown"),
    ] {
        let kind = mount["Type"].as_str().unwrap_or_default();
        let message = format!("invalid mount config for type {kind:?}: {reason}");
        let body = json!({"HostConfig": {"Mounts": [mount]}});
        let reply = cx.create_named(&cx.name("c"), &["true"], body).await?;
        assert_eq!((reply.status.as_u16(), reply.message()), (400, message));
    }
    Ok(())
}

async fn d_176_a_place_is_taken_once(cx: Cx) -> Result<()> {
    let bind = json!(["/tmp:/x"]);
    let volume = json!([{"Type": "volume", "Target": "/x"}]);
    for host in [
        json!({"Binds": ["/tmp:/x", "/tmp:/x/"]}),
        json!({"Binds": bind, "Mounts": volume}),
        json!({"Binds": bind, "Tmpfs": {"/x": ""}}),
    ] {
        let body = json!({"HostConfig": host});
        let reply = cx.create_named(&cx.name("c"), &["true"], body.clone()).await?;
        let told = (reply.status.as_u16(), reply.message());
        assert_eq!(told, (400, "Duplicate mount point: /x".to_owned()), "{body}");
    }
    Ok(())
}

async fn d_176_what_is_mounted_below_a_read_only_mount_is_so_too(cx: Cx) -> Result<()> {
    let mount = |target: &str, options: Value| json!({"Type": "bind", "Source": "/dev", "Target": target, "ReadOnly": true, "BindOptions": options});
    let body = json!({"HostConfig": {"Mounts": [
        mount("/all", json!({})),
        mount("/top", json!({"ReadOnlyNonRecursive": true})),
        mount("/alone", json!({"NonRecursive": true})),
    ]}});
    let script = "touch /all/shm/f 2>/dev/null || echo all; touch /top/shm/f && rm /top/shm/f && echo top; grep -c ' /alone/' /proc/mounts";
    let (output, _) = cx.run_script("c", script, body).await?;
    assert_eq!(output.out(), "all\ntop\n0\n");
    Ok(())
}

async fn d_177_mounts_of_another_container_are_taken(cx: Cx) -> Result<()> {
    let (folder, volume) = (tempfile::tempdir()?, cx.volume("v"));
    let mut body = binds(&[format!("{volume}:/v"), format!("{}:/b", folder.path().display())]);
    body["Volumes"] = json!({"/anon": {}});
    let one =
        cx.start_script("one", "echo v > /v/f; echo b > /b/f; echo a > /anon/f", body).await?;
    cx.wait(&one).await?;
    let from = json!({"HostConfig": {"VolumesFrom": [format!("{one}:ro")]}});
    let script = "cat /v/f /b/f /anon/f; touch /v/g || touch /anon/g || touch /b/g || echo refused";
    let (output, _) = cx.run_script("two", script, from).await?;
    assert_eq!(output.out(), "v\nb\na\nrefused\n");
    let two = cx.inspect(&cx.name("two")).await?;
    assert_eq!(two["HostConfig"]["VolumesFrom"], json!([format!("{one}:ro")]));
    let from = json!({"HostConfig": {"VolumesFrom": ["nosuch-container"]}});
    let reply = cx.create_named(&cx.name("three"), &["true"], from).await?;
    ensure!(reply.status.is_client_error(), "{}", reply.status);
    assert_eq!(reply.message(), "No such container: nosuch-container");
    Ok(())
}

async fn d_177_a_path_in_a_volume_is_mounted(cx: Cx) -> Result<()> {
    let volume = cx.volume("v");
    let bind = binds(&[format!("{volume}:/v")]);
    cx.run_script("fill", "mkdir -p /v/deep/er; echo in > /v/deep/er/f; ln -s / /v/out", bind)
        .await?;
    let part = |subpath: &str| json!({"HostConfig": {"Mounts": [{"Type": "volume", "Source": volume, "Target": "/p", "VolumeOptions": {"Subpath": subpath}}]}});
    let (output, _) = cx.run_script("part", "cat /p/f", part("deep/er")).await?;
    assert_eq!(output.out(), "in\n");
    let name = cx.create("missing", &["true"], part("nosuch")).await?;
    let reply = cx.client().post(&format!("/containers/{name}/start")).await?;
    ensure!(
        reply.status.as_u16() >= 400 && reply.message().contains("nosuch"),
        "{}",
        reply.message()
    );
    let reply = cx.create_named(&cx.name("up"), &["true"], part("../x")).await?;
    assert_eq!(reply.status, 400);
    Ok(())
}

async fn d_178_inspect_and_list_tell_mounts(cx: Cx) -> Result<()> {
    let (folder, volume) = (tempfile::tempdir()?, cx.volume("v"));
    let host = folder.path().display().to_string();
    let body = json!({"Volumes": {"/anon": {}}, "HostConfig": {
        "Binds": [format!("{host}:/b:ro"), format!("{volume}:/v")],
        "Mounts": [{"Type": "tmpfs", "Target": "/t"}, {"Type": "bind", "Source": host, "Target": "/m"}],
    }});
    let name = cx.create("c", &["true"], body.clone()).await?;
    let shown = cx.inspect(&name).await?;
    assert_eq!(shown["HostConfig"]["Mounts"], body["HostConfig"]["Mounts"]);
    let mut kept: Vec<String> = serde_json::from_value(shown["HostConfig"]["Binds"].clone())?;
    kept.sort();
    let mut sent: Vec<String> = serde_json::from_value(body["HostConfig"]["Binds"].clone())?;
    sent.sort();
    assert_eq!(kept, sent);
    assert_eq!(shown["Config"]["Volumes"], body["Volumes"]);
    let path = format!(
        "/containers/json?all=1&filters={}",
        super::list::encoded(&json!({"volume": [volume]}))
    );
    let line = cx.client().get(&path).await?.expect_status(200)?.json()?;
    let mountpoint =
        cx.client().get(&format!("/volumes/{volume}")).await?.json()?["Mountpoint"].clone();
    let expected = [
        json!({"Type": "bind", "Source": host, "Destination": "/b", "Mode": "ro", "RW": false, "Propagation": "rprivate"}),
        json!({"Type": "bind", "Source": host, "Destination": "/m", "Mode": "", "RW": true, "Propagation": "rprivate"}),
        json!({"Type": "tmpfs", "Source": "", "Destination": "/t", "Mode": "", "RW": true, "Propagation": ""}),
        json!({"Type": "volume", "Name": volume, "Source": mountpoint, "Destination": "/v", "Driver": "local", "Mode": "z", "RW": true, "Propagation": ""}),
    ];
    for mounts in [&shown["Mounts"], &line[0]["Mounts"]] {
        let mounts = mounts.as_array().context("Mounts")?;
        assert_eq!(mounts.len(), 5);
        for wanted in &expected {
            ensure!(mounts.contains(wanted), "{wanted} is not in {mounts:?}");
        }
        let anonymous =
            mounts.iter().find(|mount| mount["Destination"] == "/anon").context("/anon")?;
        assert_eq!((&anonymous["Type"], &anonymous["Mode"]), (&json!("volume"), &json!("")));
        assert_eq!(anonymous["Name"].as_str().map(str::len), Some(64));
    }
    Ok(())
}
