//! Creating containers, and what a program finds in its container: environment, user, folder, names.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::cx::Cx;
use crate::images::CONFIG;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_020_create_answers_an_id_and_warnings,
    d_020_a_name_is_given_where_none_was_asked_for,
    d_020_a_taken_name_is_409,
    d_020_a_missing_image_is_404,
    d_020_nothing_to_run_is_400,
    d_041_the_environment_is_the_images_and_the_clients,
    d_041_a_terminal_sets_term,
    d_042_a_user_by_number,
    d_042_a_user_by_name_with_its_groups,
    d_042_an_unknown_user_does_not_start,
    d_043_the_working_folder_is_made,
    d_044_a_command_is_appended_to_the_entry_point,
    d_044_an_entry_point_drops_the_images_command,
    d_044_an_empty_entry_point_clears,
    d_045_the_host_name_is_in_its_files,
    d_045_the_host_name_is_the_short_id_else,
    d_301_the_same_create_under_one_key_is_done_once(Oracle::Differs("dockerd knows no keys")),
    d_305_a_pool_that_nobody_knows_is_named(Oracle::Differs("dockerd knows no pools")),
];

async fn d_020_create_answers_an_id_and_warnings(cx: Cx) -> Result<()> {
    let name = cx.name("made");
    let reply = cx.create_named(&name, &["true"], json!({})).await?.expect_status(201)?;
    let body = reply.json()?;
    let id = body["Id"].as_str().context("Id")?;
    assert!(id.len() == 64 && id.chars().all(|c| c.is_ascii_hexdigit() && !c.is_uppercase()));
    assert!(body["Warnings"].is_array(), "{body}");
    let inspected = cx.inspect(id).await?;
    assert_eq!(inspected["Id"], id);
    assert_eq!(inspected["Name"], format!("/{name}"));
    assert_eq!(inspected["State"]["Status"], "created");
    Ok(())
}

async fn d_020_a_name_is_given_where_none_was_asked_for(cx: Cx) -> Result<()> {
    let body = json!({"Image": crate::images::BUSYBOX, "Cmd": ["true"]});
    let reply = cx.client().post_json("/containers/create", &body).await?.expect_status(201)?;
    let id = reply.json()?["Id"].as_str().context("Id")?.to_owned();
    let name = cx.inspect(&id).await?["Name"].as_str().unwrap_or_default().to_owned();
    cx.client().delete(&format!("/containers/{id}")).await?.expect_status(204)?;
    assert!(name.len() > 3 && name.starts_with('/'), "{name}");
    Ok(())
}

async fn d_020_a_taken_name_is_409(cx: Cx) -> Result<()> {
    let name = cx.create("twice", &["true"], json!({})).await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    let reply = cx.create_named(&name, &["true"], json!({})).await?.expect_status(409)?;
    let wanted = format!(
        "Conflict. The container name \"/{name}\" is already in use by container \"{id}\". You have to remove \
         (or rename) that container to be able to reuse that name."
    );
    assert_eq!(reply.message(), wanted);
    Ok(())
}

async fn d_020_a_missing_image_is_404(cx: Cx) -> Result<()> {
    let name = cx.name("none");
    let more = json!({"Image": "sockerless-test/nosuch"});
    let reply = cx.create_named(&name, &["true"], more).await?.expect_status(404)?;
    assert_eq!(reply.message(), "No such image: sockerless-test/nosuch:latest");
    Ok(())
}

async fn d_020_nothing_to_run_is_400(cx: Cx) -> Result<()> {
    let name = cx.name("idle");
    let reply = cx.create_named(&name, &[], json!({})).await?.expect_status(400)?;
    assert_eq!(reply.message().to_lowercase(), "no command specified");
    Ok(())
}

async fn d_041_the_environment_is_the_images_and_the_clients(cx: Cx) -> Result<()> {
    let more = json!({"Image": CONFIG, "Entrypoint": ["env"], "Env": ["COLOUR=red", "MORE=1"]});
    let name = cx.create("env", &[], more).await?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    let out = cx.logs(&name).await?.out();
    let lines: Vec<&str> = out.lines().collect();
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for wanted in [path, "COLOUR=red", "MORE=1", "EMPTY=", "HOME=/home/app"] {
        assert!(lines.contains(&wanted), "{wanted} is not in {out}");
    }
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    assert!(lines.contains(&format!("HOSTNAME={}", &id[..12]).as_str()), "{out}");
    assert!(!out.contains("TERM="), "{out}");
    Ok(())
}

async fn d_041_a_terminal_sets_term(cx: Cx) -> Result<()> {
    let name = cx.create("term", &["env"], json!({"Tty": true})).await?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    let logs = cx.client().get(&format!("/containers/{name}/logs?stdout=1")).await?;
    assert!(logs.text().contains("TERM=xterm\r\n"), "{}", logs.text());
    Ok(())
}

async fn d_042_a_user_by_number(cx: Cx) -> Result<()> {
    let script = "id -u; id -g; id -G; echo $HOME";
    let (output, code) = cx.run_script("user", script, json!({"User": "1000:2000"})).await?;
    assert_eq!((output.out().as_str(), code), ("1000\n2000\n2000\n/home/app\n", 0));
    let (output, code) = cx.run_script("stranger", "id -u; id -g", json!({"User": "4321"})).await?;
    assert_eq!((output.out().as_str(), code), ("4321\n0\n", 0));
    Ok(())
}

async fn d_042_a_user_by_name_with_its_groups(cx: Cx) -> Result<()> {
    let script = "id -u; id -g; id -G; whoami";
    let (output, _) = cx.run_script("user", script, json!({"User": "app"})).await?;
    assert_eq!(output.out(), "1000\n1000\n1000 2000\napp\n");
    Ok(())
}

async fn d_042_an_unknown_user_does_not_start(cx: Cx) -> Result<()> {
    let name = cx.create("nobody", &["true"], json!({"User": "nosuch"})).await?;
    let reply = cx.client().post(&format!("/containers/{name}/start")).await?;
    assert!([400, 500].contains(&reply.status.as_u16()), "{}", reply.status);
    let message = reply.message();
    assert!(message.contains("unable to find user nosuch"), "{message}");
    assert_eq!(cx.inspect(&name).await?["State"]["Running"], false);
    Ok(())
}

async fn d_043_the_working_folder_is_made(cx: Cx) -> Result<()> {
    let more = json!({"WorkingDir": "/deep/er"});
    let (output, code) = cx.run_script("folder", "pwd; ls -ld .", more).await?;
    assert!(output.out().starts_with("/deep/er\n"), "{}", output.out());
    assert_eq!(code, 0);
    let name =
        cx.create("image", &["ignored"], json!({"Image": CONFIG, "Entrypoint": ["pwd"]})).await?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    assert_eq!(cx.logs(&name).await?.out(), "/srv/data\n");
    Ok(())
}

async fn d_044_a_command_is_appended_to_the_entry_point(cx: Cx) -> Result<()> {
    let own = cx.docker().ok(&["run", "--rm", "--name", &cx.name("own"), CONFIG]).await?;
    assert_eq!(own, "entry one two");
    let name = cx.name("given");
    let given = cx.docker().ok(&["run", "--name", &name, CONFIG, "three"]).await?;
    assert_eq!(given, "entry three");
    let config = cx.inspect(&name).await?;
    assert_eq!(config["Config"]["Entrypoint"], json!(["/bin/echo", "entry"]));
    assert_eq!(config["Config"]["Cmd"], json!(["three"]));
    assert_eq!(
        (&config["Path"], &config["Args"]),
        (&json!("/bin/echo"), &json!(["entry", "three"]))
    );
    Ok(())
}

async fn d_044_an_entry_point_drops_the_images_command(cx: Cx) -> Result<()> {
    let name = cx.name("other");
    let arguments = ["run", "--rm", "--name", &name, "--entrypoint", "echo", CONFIG];
    assert_eq!(cx.docker().ok(&arguments).await?, "");
    let arguments = ["run", "--rm", "--name", &name, "--entrypoint", "echo", CONFIG, "mine"];
    assert_eq!(cx.docker().ok(&arguments).await?, "mine");
    Ok(())
}

async fn d_044_an_empty_entry_point_clears(cx: Cx) -> Result<()> {
    let name = cx.name("clear");
    let arguments = ["run", "--rm", "--name", &name, "--entrypoint", "", CONFIG, "echo", "plain"];
    assert_eq!(cx.docker().ok(&arguments).await?, "plain");
    Ok(())
}

async fn d_045_the_host_name_is_in_its_files(cx: Cx) -> Result<()> {
    let script = "hostname; cat /etc/hostname; cat /etc/hosts; echo $HOSTNAME";
    let more = json!({"Hostname": "box", "Domainname": "example.test"});
    let (output, _) = cx.run_script("host", script, more).await?;
    let out = output.out();
    assert!(out.starts_with("box\n"), "{out}");
    let hosts = out.lines().find(|line| line.contains("box.example.test"));
    let hosts = hosts.with_context(|| format!("no line for the host in {out}"))?;
    assert!(hosts.ends_with("box.example.test box"), "{hosts}");
    assert!(out.contains("127.0.0.1\tlocalhost"), "{out}");
    assert!(out.ends_with("box\n") || out.ends_with("box.example.test\n"), "{out}");
    Ok(())
}

async fn d_045_the_host_name_is_the_short_id_else(cx: Cx) -> Result<()> {
    let name = cx.start_script("host", "hostname; cat /etc/hostname", json!({})).await?;
    cx.wait(&name).await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    let short = &id[..12];
    assert_eq!(cx.logs(&name).await?.out(), format!("{short}\n{short}\n"));
    assert_eq!(cx.inspect(&name).await?["Config"]["Hostname"], short);
    Ok(())
}

async fn d_301_the_same_create_under_one_key_is_done_once(cx: Cx) -> Result<()> {
    let (path, key) = (format!("/containers/create?name={}", cx.name("once")), cx.name("key"));
    let body = json!({"Image": crate::images::BUSYBOX, "Cmd": ["true"]});
    let first = cx.client().post_json_once(&path, &key, &body).await?.expect_status(201)?;
    let again = cx.client().post_json_once(&path, &key, &body).await?.expect_status(201)?;
    assert_eq!(again.json()?["Id"], first.json()?["Id"]);
    assert_eq!(
        (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
        ("", "true")
    );
    let other = json!({"Image": crate::images::BUSYBOX, "Cmd": ["false"]});
    cx.client().post_json_once(&path, &key, &other).await?.expect_status(422)?;
    Ok(())
}

async fn d_305_a_pool_that_nobody_knows_is_named(cx: Cx) -> Result<()> {
    let name = cx.name("pooled");
    for (pool, why) in [("nobody.knows", "no such pool: nobody.knows"), ("", "invalid pool name")] {
        let more = json!({"Labels": {"com.sockerless.pool": pool}});
        let refused = cx.create_named(&name, &["true"], more).await?.expect_status(400)?;
        ensure!(refused.message().contains(why), "{refused:?}");
    }
    Ok(())
}
