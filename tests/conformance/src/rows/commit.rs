//! `docker diff` and `docker commit`: what a container has changed, listed and made an image.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::told;
use super::images::image;
use crate::cx::Cx;
use crate::images::{BUSYBOX, CONFIG};
use crate::row::{Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_058_what_is_new_changed_and_gone_is_told,
    d_058_without_a_change_there_is_no_list,
    d_058_a_running_container_is_looked_at_too,
    d_058_a_directory_made_anew_tells_what_it_lost,
    d_058_a_missing_container_is_404,
    d_105_the_image_holds_what_the_container_changed,
    d_105_changes_author_and_note_are_the_images,
    d_105_a_running_container_is_committed_and_goes_on,
    d_105_the_configuration_is_the_containers,
    d_105_what_was_deleted_is_not_in_the_image,
    d_105_triggers_and_shell_of_a_container_are_the_images,
    d_105_an_instruction_that_does_something_is_refused,
    d_105_a_missing_container_is_404,
    d_105_a_commit_is_a_step_in_the_history,
    d_181_a_commit_and_a_tag_are_told,
];

/// Gives what is told of a container's files, each as a kind and a path.
async fn changes(cx: &Cx, name: &str) -> Result<BTreeSet<(u64, String)>> {
    let path = format!("/containers/{name}/changes");
    let told = cx.client().get(&path).await?.expect_status(200)?.json()?;
    let one = |change: &Value| -> Result<(u64, String)> {
        let kind = change["Kind"].as_u64().context("Kind")?;
        Ok((kind, change["Path"].as_str().context("Path")?.to_owned()))
    };
    told.as_array().context("a list")?.iter().map(one).collect()
}

fn set(changes: &[(u64, &str)]) -> BTreeSet<(u64, String)> {
    changes.iter().map(|(kind, path)| (*kind, (*path).to_owned())).collect()
}

/// Commits a container as an image of the row's own; `more` is put behind the query.
async fn commit(cx: &Cx, name: &str, part: &str, more: &str) -> Result<String> {
    let tag = cx.tag(part);
    let path = format!("/commit?container={name}&repo={tag}{more}");
    let id = cx.client().post_json(&path, &json!(null)).await?.expect_status(201)?.json()?;
    let id = id["Id"].as_str().context("Id")?.to_owned();
    assert_eq!(image(cx, &tag).await?["Id"], id);
    Ok(tag)
}

/// Runs a command in a container of an image and gives what it wrote.
async fn output_of(cx: &Cx, part: &str, image: &str, command: &[&str]) -> Result<String> {
    let name = cx.name(part);
    let body = json!({"Image": image, "Cmd": command});
    let path = format!("/containers/create?name={name}");
    cx.client().post_json(&path, &body).await?.expect_status(201)?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    Ok(cx.logs(&name).await?.out())
}

async fn d_105_triggers_and_shell_of_a_container_are_the_images(cx: Cx) -> Result<()> {
    let kept = json!({"OnBuild": ["RUN touch /triggered"], "Shell": ["/bin/ash", "-ec"]});
    let name = cx.create("kept", &["true"], kept.clone()).await?;
    let own = cx.inspect(&name).await?;
    let image = image(&cx, &commit(&cx, &name, "kept", "").await?).await?;
    for field in ["OnBuild", "Shell"] {
        assert_eq!(own["Config"][field], kept[field], "{field} of the container");
        assert_eq!(image["Config"][field], kept[field], "{field} of the image");
    }
    Ok(())
}

async fn d_058_what_is_new_changed_and_gone_is_told(cx: Cx) -> Result<()> {
    let script = "echo x > /new; rm /bin/ls; mkdir -p /d/e; touch /d/e/f; chmod 700 /tmp; \
                  echo y >> /etc/passwd; touch /etc/added";
    let (_, code) = cx.run_script("changes", script, json!({})).await?;
    assert_eq!(code, 0);
    let name = format!("{}-changes", cx.key());
    let wanted = set(&[
        (0, "/bin"),
        (0, "/etc"),
        (0, "/etc/passwd"),
        (0, "/tmp"),
        (1, "/d"),
        (1, "/d/e"),
        (1, "/d/e/f"),
        (1, "/etc/added"),
        (1, "/new"),
        (2, "/bin/ls"),
    ]);
    assert_eq!(changes(&cx, &name).await?, wanted);
    let shown = cx.docker().ok(&["diff", &name]).await?;
    let lines: BTreeSet<&str> = shown.lines().collect();
    ensure!(lines.contains("D /bin/ls") && lines.contains("A /new"), "{shown}");
    Ok(())
}

async fn d_058_without_a_change_there_is_no_list(cx: Cx) -> Result<()> {
    let idle = cx.create("idle", &["true"], json!({})).await?;
    cx.run_script("over", "true", json!({})).await?;
    let over = format!("{}-over", cx.key());
    for name in [idle, over] {
        let path = format!("/containers/{name}/changes");
        let told = cx.client().get(&path).await?.expect_status(200)?.text();
        assert_eq!(told.trim(), "null", "{name}");
    }
    Ok(())
}

async fn d_058_a_running_container_is_looked_at_too(cx: Cx) -> Result<()> {
    let name = cx.start_script("up", "touch /one; echo ready; sleep 60", json!({})).await?;
    cx.until_logged(&name, "ready").await?;
    assert_eq!(changes(&cx, &name).await?, set(&[(1, "/one")]));
    cx.exec(&name, &["sh", "-c", "rm /one; ln -s /nowhere /two"], json!({})).await?;
    assert_eq!(changes(&cx, &name).await?, set(&[(1, "/two")]));
    Ok(())
}

async fn d_058_a_directory_made_anew_tells_what_it_lost(cx: Cx) -> Result<()> {
    cx.run_script("first", "mkdir /own; touch /own/a /own/b", json!({})).await?;
    let tag = commit(&cx, &format!("{}-first", cx.key()), "own", "").await?;
    let command = "rm -r /own; mkdir /own; touch /own/b /own/c";
    output_of(&cx, "second", &tag, &["sh", "-c", command]).await?;
    let told = changes(&cx, &format!("{}-second", cx.key())).await?;
    for wanted in [(2, "/own/a"), (1, "/own/c"), (0, "/own")] {
        ensure!(told.contains(&(wanted.0, wanted.1.to_owned())), "{wanted:?} is not in {told:?}");
    }
    Ok(())
}

async fn d_058_a_missing_container_is_404(cx: Cx) -> Result<()> {
    let path = format!("/containers/{}/changes", cx.name("missing"));
    cx.client().get(&path).await?.expect_status(404)?;
    Ok(())
}

async fn d_105_the_image_holds_what_the_container_changed(cx: Cx) -> Result<()> {
    let script = "mkdir -m 711 /made; echo content > /made/file; ln /made/file /made/same; \
                  ln -s file /made/link; chown 12:34 /made/file";
    cx.run_script("from", script, json!({})).await?;
    let tag = commit(&cx, &format!("{}-from", cx.key()), "held", "").await?;
    let look = "cat /made/link; stat -c '%a %u %g %h' /made/file; stat -c %a /made";
    let told = output_of(&cx, "look", &tag, &["sh", "-c", look]).await?;
    assert_eq!(told, "content\n644 12 34 2\n711\n");
    let (below, made) = (image(&cx, BUSYBOX).await?, image(&cx, &tag).await?);
    let layers = |image: &Value| image["RootFS"]["Layers"].as_array().cloned().unwrap_or_default();
    assert_eq!(layers(&made)[..layers(&below).len()], layers(&below)[..]);
    assert_eq!(layers(&made).len(), layers(&below).len() + 1);
    assert_eq!(made["Parent"], below["Id"]);
    Ok(())
}

async fn d_105_changes_author_and_note_are_the_images(cx: Cx) -> Result<()> {
    let name = cx.create("from", &["true"], json!({})).await?;
    let tag = cx.tag("changed");
    let arguments = [
        "commit",
        "-c",
        "CMD [\"echo\", \"by default\"]",
        "-c",
        "ENV A=1 B=two",
        "-c",
        "EXPOSE 80",
        "-c",
        "WORKDIR /tmp",
        "-m",
        "a note",
        "-a",
        "somebody",
        &name,
        &tag,
    ];
    let id = cx.docker().ok(&arguments).await?;
    let made = image(&cx, &tag).await?;
    assert_eq!(made["Id"], id.trim());
    assert_eq!((&made["Comment"], &made["Author"]), (&json!("a note"), &json!("somebody")));
    let config = &made["Config"];
    assert_eq!(config["Cmd"], json!(["echo", "by default"]));
    assert_eq!(
        (&config["WorkingDir"], &config["ExposedPorts"]),
        (&json!("/tmp"), &json!({"80/tcp": {}}))
    );
    for variable in ["A=1", "B=two"] {
        ensure!(super::system::holds(&config["Env"], variable), "{config}");
    }
    let run = cx.name("run");
    assert_eq!(cx.docker().ok(&["run", "--rm", "--name", &run, &tag]).await?, "by default");
    Ok(())
}

async fn d_105_a_running_container_is_committed_and_goes_on(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let name = cx.start_script("up", "echo live > /live; echo ready; sleep 60", json!({})).await?;
    cx.until_logged(&name, "ready").await?;
    let tag = commit(&cx, &name, "live", "").await?;
    let state = cx.inspect(&name).await?["State"].clone();
    assert_eq!((&state["Running"], &state["Paused"]), (&json!(true), &json!(false)));
    assert_eq!(output_of(&cx, "look", &tag, &["cat", "/live"]).await?, "live\n");
    let unpaused = commit(&cx, &name, "unpaused", "&pause=0").await?;
    assert_eq!(output_of(&cx, "again", &unpaused, &["cat", "/live"]).await?, "live\n");
    let events = told(&cx, &name, since).await?;
    let count = |action: &str| events.iter().filter(|event| event["Action"] == action).count();
    assert_eq!((count("pause"), count("unpause"), count("commit")), (1, 1, 2));
    Ok(())
}

async fn d_105_the_configuration_is_the_containers(cx: Cx) -> Result<()> {
    let name = cx.name("from");
    let body = json!({
        "Image": CONFIG, "Cmd": ["three"], "Env": ["OWN=yes"], "User": "root", "Labels": {"own": "label"}
    });
    let path = format!("/containers/create?name={name}");
    cx.client().post_json(&path, &body).await?.expect_status(201)?;
    let tag = commit(&cx, &name, "configured", "").await?;
    let (below, made) = (image(&cx, CONFIG).await?, image(&cx, &tag).await?);
    let (below, config) = (&below["Config"], &made["Config"]);
    assert_eq!((&config["Cmd"], &config["User"]), (&json!(["three"]), &json!("root")));
    for same in ["Entrypoint", "WorkingDir", "ExposedPorts", "StopSignal"] {
        assert_eq!(config[same], below[same], "{same}");
    }
    ensure!(super::system::holds(&config["Env"], "OWN=yes"), "{config}");
    for variable in below["Env"].as_array().context("Env")? {
        ensure!(config["Env"].as_array().context("Env")?.contains(variable), "{variable}");
    }
    assert_eq!(config["Labels"]["own"], "label");
    assert_eq!(config["Labels"]["kind"], "config");
    Ok(())
}

async fn d_105_what_was_deleted_is_not_in_the_image(cx: Cx) -> Result<()> {
    cx.run_script("from", "rm -r /bin/ls /tmp; mkdir /tmp; touch /tmp/new", json!({})).await?;
    let tag = commit(&cx, &format!("{}-from", cx.key()), "less", "").await?;
    let look = "test -e /bin/ls || echo gone; echo /tmp/*";
    assert_eq!(output_of(&cx, "look", &tag, &["sh", "-c", look]).await?, "gone\n/tmp/new\n");
    Ok(())
}

async fn d_105_an_instruction_that_does_something_is_refused(cx: Cx) -> Result<()> {
    let name = cx.create("from", &["true"], json!({})).await?;
    let path = format!("/commit?container={name}&changes=RUN+true");
    let reply = cx.client().post_json(&path, &json!(null)).await?.expect_status(400)?;
    assert_eq!(reply.message(), "run is not a valid change command");
    Ok(())
}

async fn d_105_a_missing_container_is_404(cx: Cx) -> Result<()> {
    let path = format!("/commit?container={}", cx.name("missing"));
    cx.client().post_json(&path, &json!(null)).await?.expect_status(404)?;
    Ok(())
}

async fn d_105_a_commit_is_a_step_in_the_history(cx: Cx) -> Result<()> {
    cx.run_script("from", "head -c 5000 /dev/zero > /zeros", json!({})).await?;
    let tag = commit(&cx, &format!("{}-from", cx.key()), "step", "&comment=noted").await?;
    let path = format!("/images/{tag}/history");
    let steps = cx.client().get(&path).await?.expect_status(200)?.json()?;
    let (first, second) = (&steps[0], &steps[1]);
    assert_eq!(first["CreatedBy"], "sh -c head -c 5000 /dev/zero > /zeros");
    assert_eq!((&first["Comment"], &first["Size"]), (&json!("noted"), &json!(5000)));
    assert_eq!(first["Id"], image(&cx, &tag).await?["Id"]);
    assert_eq!(second["Id"], image(&cx, BUSYBOX).await?["Id"]);
    Ok(())
}

async fn d_181_a_commit_and_a_tag_are_told(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let name = cx.create("from", &["true"], json!({})).await?;
    let tag = commit(&cx, &name, "told", "&comment=why").await?;
    let events = told(&cx, &name, since).await?;
    let told = events.iter().find(|event| event["Action"] == "commit").context("no commit")?;
    let attributes = &told["Actor"]["Attributes"];
    assert_eq!((&attributes["comment"], &attributes["name"]), (&json!("why"), &json!(name)));
    assert_eq!(attributes["imageID"], image(&cx, &tag).await?["Id"]);
    // With a tag or without, as the client wrote it or as it is.
    let named = attributes["imageRef"].as_str().unwrap_or_default();
    ensure!([tag.clone(), format!("{tag}:latest")].contains(&named.to_owned()), "{attributes}");
    Ok(())
}
