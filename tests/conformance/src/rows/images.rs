//! Images: import, load, list, inspect, tag, remove.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::list::{encoded, encoded_text};
use crate::cx::Cx;
use crate::images::{BUSYBOX, CONFIG, LAYERS};
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_106_an_imported_archive_runs,
    d_106_changes_are_applied,
    d_106_an_archive_is_fetched_from_a_url,
    d_106_what_is_not_at_a_url_is_told,
    d_115_a_tag_is_added_and_taken_away,
    // Docker Engine 20.10 answers 500, later ones 400.
    d_115_a_bad_tag_is_400(Oracle::KnowsFrom(1, 42)),
    d_116_images_are_listed_with_their_fields,
    d_116_filters_choose_images,
    d_117_inspect_tells_the_configuration_and_the_layers,
    d_117_an_image_is_found_by_id_name_and_prefix,
    d_117_a_missing_image_is_404,
    d_120_a_loaded_archive_brings_images_and_tags,
    d_120_docker_load_tells_what_was_loaded,
    d_121_an_image_in_use_is_kept,
    d_121_the_last_tag_takes_the_image,
    d_121_force_removes_a_used_tag,
];

pub(super) async fn image(cx: &Cx, name: &str) -> Result<Value> {
    cx.client().get(&format!("/images/{name}/json")).await?.expect_status(200)?.json()
}

/// Imports a small root file system of its own, so that nobody else uses the image; `more` is put behind the query.
pub(super) async fn own_image(cx: &Cx, part: &str, more: &str) -> Result<String> {
    let tag = cx.tag(part);
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(tag.len() as u64);
    builder.append_data(&mut header, "name", tag.as_bytes())?;
    let path = format!("{}{more}", cx.target().archives.import_path(&tag));
    cx.client().post_tar(&path, builder.into_inner()?).await?.expect_status(200)?;
    Ok(tag)
}

async fn d_106_an_imported_archive_runs(cx: Cx) -> Result<()> {
    let tag = cx.tag("import");
    let path = cx.target().archives.busybox.to_string_lossy().into_owned();
    let said =
        cx.docker().ok(&["import", "--message", "by hand", &path, &format!("{tag}:v1")]).await?;
    ensure!(said.starts_with("sha256:"), "{said}");
    let name = cx.name("run");
    let reference = format!("{tag}:v1");
    let arguments = ["run", "--rm", "--name", &name, &reference, "echo", "imported"];
    assert_eq!(cx.docker().ok(&arguments).await?, "imported");
    let inspected = image(&cx, &reference).await?;
    assert_eq!(inspected["Comment"], "by hand");
    assert_eq!(inspected["Os"], "linux");
    cx.docker().ok(&["rmi", &reference]).await?;
    Ok(())
}

async fn d_106_changes_are_applied(cx: Cx) -> Result<()> {
    let tag = cx.tag("changed");
    let path = cx.target().archives.busybox.to_string_lossy().into_owned();
    let arguments = [
        "import",
        "--change",
        "CMD [\"echo\", \"by default\"]",
        "--change",
        "ENV A=1 B=2",
        "--change",
        "WORKDIR /tmp",
        "--change",
        "LABEL made=here",
        &path,
        &tag,
    ];
    cx.docker().ok(&arguments).await?;
    let config = image(&cx, &tag).await?["Config"].clone();
    assert_eq!(config["Cmd"], json!(["echo", "by default"]));
    assert_eq!(
        (&config["WorkingDir"], &config["Labels"]),
        (&json!("/tmp"), &json!({"made": "here"}))
    );
    ensure!(
        super::system::holds(&config["Env"], "A=1") && super::system::holds(&config["Env"], "B=2"),
        "{config}"
    );
    let name = cx.name("run");
    assert_eq!(cx.docker().ok(&["run", "--rm", "--name", &name, &tag]).await?, "by default");
    Ok(())
}

/// Serves a folder `/www` of a container, which `script` fills, and gives the address.
async fn served(cx: &Cx, script: &str) -> Result<String> {
    let script = format!("mkdir /www; {script}; touch /www/up; exec httpd -f -p 80 -h /www");
    let name = cx.start_script("web", &script, json!({})).await?;
    let listens = "until wget -q -O /dev/null http://127.0.0.1/up; do sleep 0.1; done";
    cx.exec(&name, &["sh", "-c", listens], json!({})).await?;
    let inspected = cx.inspect(&name).await?;
    Ok(inspected["NetworkSettings"]["IPAddress"].as_str().context("an address")?.to_owned())
}

async fn d_106_an_archive_is_fetched_from_a_url(cx: Cx) -> Result<()> {
    let script = "mkdir /in; echo fetched > /in/f; cp -r /bin /in; tar -cf /www/a.tar -C /in f bin";
    let address = served(&cx, script).await?;
    // A source without a scheme is one of http.
    for (source, part) in
        [(format!("http://{address}/a.tar"), "whole"), (format!("{address}/a.tar"), "short")]
    {
        let tag = cx.tag(part);
        let path = format!("/images/create?fromSrc={}&repo={tag}&tag=v1", encoded_text(&source));
        let reply = cx.client().post(&path).await?.expect_status(200)?;
        assert_eq!(reply.header("content-type"), "application/json");
        let told = super::build::lines(&reply)?;
        let url = format!("http://{address}/a.tar");
        assert_eq!(told[0], json!({ "status": format!("Downloading from {url}") }));
        let bars: Vec<_> = told.iter().filter(|line| line["status"] == "Importing").collect();
        let detail = &bars.last().context("no word of bytes")?["progressDetail"];
        ensure!(
            detail["current"] == detail["total"] && detail["total"].as_u64() > Some(1 << 19),
            "{detail}"
        );
        let end = told.last().context("an end")?;
        let shown = image(&cx, &format!("{tag}:v1")).await?;
        assert_eq!(
            (end, &shown["Comment"]),
            (&json!({ "status": shown["Id"] }), &json!(format!("Imported from {url}")))
        );
        let name = cx.name(part);
        let arguments = ["run", "--rm", "--name", &name, &format!("{tag}:v1"), "cat", "/f"];
        assert_eq!(cx.docker().ok(&arguments).await?, "fetched");
    }
    Ok(())
}

async fn d_106_what_is_not_at_a_url_is_told(cx: Cx) -> Result<()> {
    let address = served(&cx, "echo text > /www/text").await?;
    let path =
        |source: &str, more: &str| format!("/images/create?fromSrc={}{more}", encoded_text(source));
    let missing = format!("http://{address}/none");
    let reply = cx.client().post(&path(&missing, "")).await?.expect_status(404)?;
    let words = format!("failed to GET {missing} with status 404 Not Found: ");
    ensure!(reply.message().starts_with(&words), "{}", reply.message());
    let closed = format!("http://{address}:1/x");
    let reply = cx.client().post(&path(&closed, "")).await?.expect_status(500)?;
    let message = reply.message().to_lowercase();
    ensure!(message.starts_with(&format!("get \"{closed}\": ")), "{message}");
    ensure!(message.contains("connection refused"), "{message}");
    // A change that is wrong is told before anything is fetched.
    cx.client().post(&path(&missing, "&changes=RUN%20x")).await?.expect_status(400)?;
    // What is no archive is known when its bytes are here, and told in the stream.
    let reply =
        cx.client().post(&path(&format!("http://{address}/text"), "")).await?.expect_status(200)?;
    let told = super::build::lines(&reply)?;
    ensure!(told.last().is_some_and(|line| line["error"].is_string()), "{told:?}");
    Ok(())
}

async fn d_115_a_tag_is_added_and_taken_away(cx: Cx) -> Result<()> {
    let tag = own_image(&cx, "own", "").await?;
    let other = cx.tag("other");
    cx.client()
        .post(&format!("/images/{tag}/tag?repo={other}&tag=v2"))
        .await?
        .expect_status(201)?;
    let inspected = image(&cx, &tag).await?;
    let tags = &inspected["RepoTags"];
    for wanted in [format!("{tag}:latest"), format!("{other}:v2")] {
        ensure!(super::system::holds(tags, &wanted), "{wanted} is not in {tags}");
    }
    let removed = cx.client().delete(&format!("/images/{other}:v2")).await?.expect_status(200)?;
    assert_eq!(removed.json()?, json!([{"Untagged": format!("{other}:v2")}]));
    assert_eq!(image(&cx, &tag).await?["RepoTags"], json!([format!("{tag}:latest")]));
    Ok(())
}

async fn d_115_a_bad_tag_is_400(cx: Cx) -> Result<()> {
    let path = format!("/images/{BUSYBOX}/tag?repo=UPPER/Case");
    cx.client().post(&path).await?.expect_status(400)?;
    let path = format!("/images/{}/tag?repo=a", cx.tag("missing"));
    cx.client().post(&path).await?.expect_status(404)?;
    Ok(())
}

async fn d_116_images_are_listed_with_their_fields(cx: Cx) -> Result<()> {
    let listed = cx.client().get("/images/json").await?.expect_status(200)?.json()?;
    let listed = listed.as_array().context("a list")?;
    let tag = format!("{CONFIG}:latest");
    let entry = listed.iter().find(|entry| super::system::holds(&entry["RepoTags"], &tag));
    let entry = entry.with_context(|| format!("{tag} is not listed"))?;
    ensure!(entry["Id"].as_str().unwrap_or_default().starts_with("sha256:"), "{entry}");
    ensure!(entry["Size"].as_u64().unwrap_or_default() > 1 << 20, "{entry}");
    ensure!(entry["Created"].as_i64().unwrap_or_default() == 1_704_067_200, "{entry}");
    assert_eq!(entry["Labels"]["kind"], "config");
    let shown = cx.docker().ok(&["images", "--format", "{{.Repository}}:{{.Tag}}"]).await?;
    ensure!(shown.lines().any(|line| line == tag), "{shown}");
    Ok(())
}

async fn d_116_filters_choose_images(cx: Cx) -> Result<()> {
    let tag = own_image(&cx, "own", "").await?;
    for (filters, mine, config) in [
        (json!({"reference": [tag]}), true, false),
        (json!({"reference": ["sockerless-test/*"]}), false, true),
        (json!({"label": ["kind=config"]}), false, true),
        (json!({"since": [CONFIG], "reference": [tag]}), true, false),
        (json!({"before": [tag]}), false, true),
        (json!({"dangling": ["false"]}), true, true),
    ] {
        let path = format!("/images/json?filters={}", encoded(&filters));
        let listed = cx.client().get(&path).await?.expect_status(200)?.text();
        assert_eq!(listed.contains(&tag), mine, "{filters}: {listed}");
        assert_eq!(listed.contains(CONFIG), config, "{filters}: {listed}");
    }
    let path = format!("/images/json?filters={}", encoded(&json!({"nosuch": ["x"]})));
    cx.client().get(&path).await?.expect_status(400)?;
    Ok(())
}

async fn d_117_inspect_tells_the_configuration_and_the_layers(cx: Cx) -> Result<()> {
    let inspected = image(&cx, CONFIG).await?;
    let config = &inspected["Config"];
    assert_eq!((&config["User"], &config["WorkingDir"]), (&json!("app"), &json!("/srv/data")));
    assert_eq!(config["Entrypoint"], json!(["/bin/echo", "entry"]));
    assert_eq!(config["Cmd"], json!(["one", "two"]));
    assert_eq!(config["Labels"], json!({"made.by": "build.sh", "kind": "config"}));
    let created = inspected["Created"].as_str().unwrap_or_default();
    ensure!(created.starts_with("2024-01-01T00:00:00"), "{created}");
    let layers = |image: &Value| image["RootFS"]["Layers"].as_array().map(Vec::len);
    assert_eq!(
        (inspected["RootFS"]["Type"].as_str(), layers(&inspected)),
        (Some("layers"), Some(1))
    );
    let two = image(&cx, LAYERS).await?;
    assert_eq!(layers(&two), Some(2));
    assert_eq!(two["RootFS"]["Layers"][0], inspected["RootFS"]["Layers"][0]);
    ensure!(
        ["amd64", "arm64"].contains(&two["Architecture"].as_str().unwrap_or_default()),
        "{two}"
    );
    Ok(())
}

async fn d_117_an_image_is_found_by_id_name_and_prefix(cx: Cx) -> Result<()> {
    let id = image(&cx, CONFIG).await?["Id"].as_str().context("Id")?.to_owned();
    let bare = id.strip_prefix("sha256:").context("sha256:")?;
    for way in [&id, bare, &bare[..12], &format!("{CONFIG}:latest"), &format!("docker.io/{CONFIG}")]
    {
        assert_eq!(image(&cx, way).await?["Id"], id.as_str(), "by {way}");
    }
    Ok(())
}

async fn d_117_a_missing_image_is_404(cx: Cx) -> Result<()> {
    let reply = cx.client().get("/images/nosuch/json").await?.expect_status(404)?;
    ensure!(reply.message().contains("No such image: nosuch"), "{}", reply.message());
    Ok(())
}

async fn d_120_a_loaded_archive_brings_images_and_tags(cx: Cx) -> Result<()> {
    // Loading again what is there is no error, and its answer names every image.
    let archive = cx.target().archives.images_tar()?;
    let reply = cx.client().post_tar("/images/load", archive).await?.expect_status(200)?;
    for name in ["config", "signals", "layers"] {
        let wanted = format!("Loaded image: sockerless-test/{name}:latest");
        ensure!(reply.text().contains(&wanted), "{wanted} is not in {}", reply.text());
    }
    ensure!(reply.header("content-type").starts_with("application/json"), "{:?}", reply.headers);
    Ok(())
}

async fn d_120_docker_load_tells_what_was_loaded(cx: Cx) -> Result<()> {
    let path = cx.target().archives.images.to_string_lossy().into_owned();
    let shown = cx.docker().ok(&["load", "--input", &path]).await?;
    ensure!(shown.contains("Loaded image: sockerless-test/config:latest"), "{shown}");
    let name = cx.name("run");
    assert_eq!(cx.docker().ok(&["run", "--rm", "--name", &name, CONFIG]).await?, "entry one two");
    Ok(())
}

async fn d_121_an_image_in_use_is_kept(cx: Cx) -> Result<()> {
    let tag = own_image(&cx, "used", "").await?;
    let name = cx.name("user");
    cx.create_named(&name, &["/name"], json!({"Image": tag})).await?.expect_status(201)?;
    let reply = cx.client().delete(&format!("/images/{tag}")).await?.expect_status(409)?;
    let message = reply.message();
    ensure!(
        message.contains("conflict") && message.contains("is using its referenced image"),
        "{message}"
    );
    image(&cx, &tag).await?;
    cx.client().delete(&format!("/containers/{name}")).await?.expect_status(204)?;
    cx.client().delete(&format!("/images/{tag}")).await?.expect_status(200)?;
    Ok(())
}

async fn d_121_the_last_tag_takes_the_image(cx: Cx) -> Result<()> {
    let tag = own_image(&cx, "last", "").await?;
    let id = image(&cx, &tag).await?["Id"].as_str().context("Id")?.to_owned();
    let removed =
        cx.client().delete(&format!("/images/{tag}")).await?.expect_status(200)?.json()?;
    let removed = removed.as_array().context("a list")?;
    assert_eq!(removed[0], json!({"Untagged": format!("{tag}:latest")}));
    ensure!(removed.contains(&json!({"Deleted": id})), "{removed:?}");
    cx.client().get(&format!("/images/{id}/json")).await?.expect_status(404)?;
    cx.client().delete(&format!("/images/{tag}")).await?.expect_status(404)?;
    Ok(())
}

async fn d_121_force_removes_a_used_tag(cx: Cx) -> Result<()> {
    let tag = own_image(&cx, "forced", "").await?;
    let name = cx.name("user");
    cx.create_named(&name, &["/name"], json!({"Image": tag})).await?.expect_status(201)?;
    let path = format!("/images/{tag}?force=1");
    let removed = cx.client().delete(&path).await?.expect_status(200)?;
    ensure!(removed.text().contains("Untagged"), "{}", removed.text());
    cx.client().get(&format!("/images/{tag}/json")).await?.expect_status(404)?;
    // The container still has what it was made of.
    ensure!(cx.inspect(&name).await?["Image"].as_str().unwrap_or_default().starts_with("sha256:"));
    Ok(())
}
