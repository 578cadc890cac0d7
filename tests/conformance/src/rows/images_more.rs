//! Images: history, save, loading again what was saved, prune.

use std::{io::Read as _, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{
    images::{image, own_image},
    list::encoded,
};
use crate::{
    cx::Cx,
    eventually::eventually,
    images::{BUSYBOX, CONFIG, LAYERS},
    row::{Oracle, Row, rows},
};

pub(super) const ROWS: &[Row] = rows![
    d_118_the_history_has_a_line_for_each_step,
    d_118_a_missing_image_has_no_history,
    d_119_a_saved_image_comes_back_with_its_identity_and_its_tags,
    d_119_images_saved_together_share_an_archive_with_dockers_tables,
    d_119_a_name_without_a_tag_is_all_of_them_and_an_identity_is_none,
    d_119_what_is_not_here_is_told_before_the_archive,
    d_119_the_layout_is_one_of_oci(Oracle::KnowsFrom(1, 44)),
    // Where the image store is containerd's, there is no driver to tell of.
    d_117_the_driver_tells_where_files_are,
    d_120_a_layout_without_dockers_tables_is_loaded(Oracle::KnowsFrom(1, 44)),
    d_120_an_archive_that_is_cut_brings_nothing,
    d_122_a_prune_takes_images_without_a_name,
    d_122_a_prune_of_all_leaves_what_containers_use,
    d_122_a_prune_obeys_until_and_labels,
    d_122_a_bad_filter_is_400,
];

/// The turn of the row that prunes: a dockerd refuses a prune while another one runs.
static PRUNES: Mutex<()> = Mutex::const_new(());

async fn d_118_the_history_has_a_line_for_each_step(cx: Cx) -> Result<()> {
    let path = format!("/images/{LAYERS}/history");
    let history = cx.client().get(&path).await?.expect_status(200)?.json()?;
    let id = image(&cx, LAYERS).await?["Id"].clone();
    assert_eq!(history.as_array().map(Vec::len), Some(2), "{history}");
    assert_eq!((&history[0]["Id"], &history[1]["Id"]), (&id, &json!("<missing>")));
    let (upper, lower) = (&history[0], &history[1]);
    assert_eq!(
        (&upper["CreatedBy"], &lower["CreatedBy"]),
        (&json!("upper.tar"), &json!("base.tar"))
    );
    assert_eq!(upper["Created"], 1_704_067_200);
    ensure!(super::system::holds(&upper["Tags"], &format!("{LAYERS}:latest")), "{upper}");
    assert_eq!((&lower["Tags"], &upper["Comment"]), (&Value::Null, &json!("")));
    ensure!(upper["Size"] == 18 && lower["Size"].as_u64() > Some(1 << 20), "{history}");
    let shown =
        cx.docker().ok(&["history", "--format", "{{.CreatedBy}} {{.Size}}", LAYERS]).await?;
    ensure!(shown.starts_with("upper.tar 18B\nbase.tar "), "{shown}");
    Ok(())
}

async fn d_118_a_missing_image_has_no_history(cx: Cx) -> Result<()> {
    let reply = cx.client().get("/images/nosuch/history").await?.expect_status(404)?;
    assert_eq!(reply.message(), "No such image: nosuch:latest");
    Ok(())
}

async fn d_119_a_saved_image_comes_back_with_its_identity_and_its_tags(cx: Cx) -> Result<()> {
    let (tag, other) = (own_image(&cx, "own", "").await?, cx.tag("other"));
    cx.docker().ok(&["tag", &tag, &format!("{other}:v2")]).await?;
    let id = image(&cx, &tag).await?["Id"].clone();
    let path = format!("/images/get?names={tag}&names={other}:v2");
    let saved = cx.client().get(&path).await?.expect_status(200)?;
    assert_eq!(saved.header("content-type"), "application/x-tar");
    cx.docker().ok(&["rmi", &tag, &format!("{other}:v2")]).await?;
    let loaded = cx.client().post_tar("/images/load", saved.body).await?.expect_status(200)?;
    for name in [format!("{tag}:latest"), format!("{other}:v2")] {
        ensure!(loaded.text().contains(&format!("Loaded image: {name}")), "{}", loaded.text());
        assert_eq!(image(&cx, &name).await?["Id"], id, "{name}");
    }
    Ok(())
}

async fn d_119_images_saved_together_share_an_archive_with_dockers_tables(cx: Cx) -> Result<()> {
    let path = format!("/images/get?names={CONFIG}:latest&names={LAYERS}:latest");
    let saved = cx.client().get(&path).await?.expect_status(200)?;
    let manifest = table(&saved.body, "manifest.json")?;
    let tags: Vec<_> = (0..2).map(|n| manifest[n]["RepoTags"].clone()).collect();
    for name in [CONFIG, LAYERS] {
        ensure!(tags.contains(&json!([format!("{name}:latest")])), "{name}: {manifest}");
    }
    for item in manifest.as_array().context("a list")? {
        let config = table(&saved.body, item["Config"].as_str().context("Config")?)?;
        let layers = item["Layers"].as_array().context("Layers")?;
        assert_eq!(config["rootfs"]["diff_ids"].as_array().map(Vec::len), Some(layers.len()));
        for layer in layers {
            let path = layer.as_str().context("a path")?;
            ensure!(entry(&saved.body, path)?.is_some(), "{path} is not there");
        }
    }
    let repositories = table(&saved.body, "repositories")?;
    ensure!(repositories[CONFIG]["latest"].is_string(), "{repositories}");
    Ok(())
}

async fn d_119_a_name_without_a_tag_is_all_of_them_and_an_identity_is_none(cx: Cx) -> Result<()> {
    let tag = own_image(&cx, "own", "").await?;
    let second = format!("{tag}:v2");
    cx.docker().ok(&["tag", &tag, &second]).await?;
    let id = image(&cx, &tag).await?["Id"].as_str().context("Id")?.to_owned();
    let both = json!([format!("{tag}:latest"), second]);
    for (name, tags) in [(&tag, both), (&second, json!([second])), (&id, Value::Null)] {
        let saved = cx.client().get(&format!("/images/{name}/get")).await?.expect_status(200)?;
        assert_eq!(table(&saved.body, "manifest.json")?[0]["RepoTags"], tags, "{name}");
    }
    cx.docker().ok(&["rmi", &second]).await?;
    Ok(())
}

async fn d_119_what_is_not_here_is_told_before_the_archive(cx: Cx) -> Result<()> {
    for path in ["/images/get?names=nosuch", "/images/nosuch/get"] {
        let reply = cx.client().get(path).await?.expect_status(404)?;
        assert_eq!(reply.message(), "No such image: nosuch", "{path}");
    }
    let path = format!("/images/get?names={BUSYBOX}&names={BUSYBOX}:nosuch");
    cx.client().get(&path).await?.expect_status(404)?;
    Ok(())
}

async fn d_119_the_layout_is_one_of_oci(cx: Cx) -> Result<()> {
    let saved =
        cx.client().get(&format!("/images/{LAYERS}:latest/get")).await?.expect_status(200)?;
    assert_eq!(table(&saved.body, "oci-layout")?["imageLayoutVersion"], "1.0.0");
    let index = table(&saved.body, "index.json")?;
    let descriptor = &index["manifests"][0];
    let name = &descriptor["annotations"]["io.containerd.image.name"];
    assert_eq!(name, &format!("docker.io/{LAYERS}:latest"));
    let path = |descriptor: &Value| -> Result<String> {
        let digest = descriptor["digest"].as_str().context("digest")?;
        Ok(format!("blobs/{}", digest.replace(':', "/")))
    };
    let manifest = table(&saved.body, &path(descriptor)?)?;
    assert_eq!(image(&cx, LAYERS).await?["Id"], manifest["config"]["digest"]);
    for layer in manifest["layers"].as_array().context("layers")? {
        let bytes = entry(&saved.body, &path(layer)?)?.context("a layer")?;
        assert_eq!(layer["size"], bytes.len());
    }
    Ok(())
}

async fn d_117_the_driver_tells_where_files_are(cx: Cx) -> Result<()> {
    let of_image = image(&cx, LAYERS).await?["GraphDriver"]["Data"].clone();
    for name in ["LowerDir", "UpperDir"] {
        let directory =
            of_image[name].as_str().with_context(|| format!("no {name}: {of_image}"))?;
        ensure!(Path::new(directory).is_dir(), "{name}: {directory}");
    }
    let name = cx.start_script("files", "echo mine > /mine; sleep 60", json!({})).await?;
    let upper = cx.inspect(&name).await?["GraphDriver"]["Data"]["UpperDir"].clone();
    let mine = Path::new(upper.as_str().context("no UpperDir")?).join("mine");
    eventually("the container's file is in its directory", Duration::from_secs(30), async || {
        Ok(mine.is_file().then_some(()))
    })
    .await
}

async fn d_120_a_layout_without_dockers_tables_is_loaded(cx: Cx) -> Result<()> {
    let tag = own_image(&cx, "own", "").await?;
    let id = image(&cx, &tag).await?["Id"].clone();
    let saved = cx.client().get(&format!("/images/{tag}/get")).await?.expect_status(200)?;
    let mut layout = tar::Builder::new(Vec::new());
    for entry in tar::Archive::new(&saved.body[..]).entries()? {
        let mut entry = entry?;
        let header = entry.header().clone();
        if !["manifest.json", "repositories"].map(str::as_bytes).contains(&&*entry.path_bytes()) {
            layout.append(&header, &mut entry)?;
        }
    }
    cx.client().delete(&format!("/images/{tag}")).await?.expect_status(200)?;
    let loaded = cx.client().post_tar("/images/load", layout.into_inner()?).await?;
    ensure!(loaded.text().contains(&format!("Loaded image: {tag}:latest")), "{}", loaded.text());
    assert_eq!(image(&cx, &tag).await?["Id"], id);
    Ok(())
}

async fn d_120_an_archive_that_is_cut_brings_nothing(cx: Cx) -> Result<()> {
    let tag = own_image(&cx, "own", "").await?;
    let saved = cx.client().get(&format!("/images/{tag}/get")).await?.expect_status(200)?;
    cx.client().delete(&format!("/images/{tag}")).await?.expect_status(200)?;
    let cut = saved.body.slice(..saved.body.len() / 2);
    let loaded = cx.client().post_tar("/images/load", cut).await?;
    ensure!(!loaded.text().contains("Loaded image"), "{}", loaded.text());
    cx.client().get(&format!("/images/{tag}/json")).await?.expect_status(404)?;
    Ok(())
}

async fn d_122_a_prune_takes_images_without_a_name(cx: Cx) -> Result<()> {
    let _turn = PRUNES.lock().await;
    let label = format!("LABEL+prune={}", cx.key());
    let tag = own_image(&cx, "own", &format!("&changes={label}")).await?;
    let id = image(&cx, &tag).await?["Id"].clone();
    let filters = json!({"label": [format!("prune={}", cx.key())]});
    let pruned = prune(&cx, &filters).await?;
    assert_eq!(pruned, json!({"ImagesDeleted": null, "SpaceReclaimed": 0}), "it has a name");
    // Another image takes the name.
    own_image(&cx, "own", &format!("&changes={label}&changes=ENV+A=1")).await?;
    let pruned = prune(&cx, &filters).await?;
    let deleted = pruned["ImagesDeleted"].as_array().context("a list")?;
    ensure!(deleted.contains(&json!({"Deleted": id})), "{pruned}");
    let gone = id.as_str().context("Id")?;
    cx.client().get(&format!("/images/{gone}/json")).await?.expect_status(404)?;
    image(&cx, &tag).await?;
    Ok(())
}

async fn d_122_a_prune_of_all_leaves_what_containers_use(cx: Cx) -> Result<()> {
    let _turn = PRUNES.lock().await;
    let label = format!("LABEL+prune={}", cx.key());
    let used = own_image(&cx, "used", &format!("&changes={label}")).await?;
    let free = own_image(&cx, "free", &format!("&changes={label}")).await?;
    let name = cx.name("user");
    cx.create_named(&name, &["/name"], json!({"Image": used})).await?.expect_status(201)?;
    let filter = format!("label=prune={}", cx.key());
    let arguments = ["image", "prune", "--all", "--force", "--filter", &filter];
    let shown = cx.docker().ok(&arguments).await?;
    // The files of the two differ: each holds its own name.
    let bytes = format!("Total reclaimed space: {}B", free.len());
    ensure!(
        shown.contains(&format!("untagged: {free}:latest")) && shown.ends_with(&bytes),
        "{shown}"
    );
    ensure!(!shown.contains(&used), "{shown}");
    cx.client().get(&format!("/images/{free}/json")).await?.expect_status(404)?;
    image(&cx, &used).await?;
    Ok(())
}

async fn d_122_a_prune_obeys_until_and_labels(cx: Cx) -> Result<()> {
    let _turn = PRUNES.lock().await;
    let label = format!("LABEL+prune={}+keep=yes", cx.key());
    let tag = own_image(&cx, "own", &format!("&changes={label}")).await?;
    let mine = format!("prune={}", cx.key());
    for filters in [
        json!({"dangling": ["false"], "label": [mine], "until": ["1h"]}),
        json!({"dangling": ["false"], "label": [mine, "keep=no"]}),
        json!({"dangling": ["false"], "label": [mine], "label!": ["keep"]}),
    ] {
        assert_eq!(prune(&cx, &filters).await?["ImagesDeleted"], Value::Null, "{filters}");
    }
    image(&cx, &tag).await?;
    let filters = json!({"dangling": ["false"], "label": [mine], "label!": ["keep=no"]});
    let pruned = prune(&cx, &filters).await?;
    assert_eq!(pruned["SpaceReclaimed"], tag.len(), "{pruned}");
    Ok(())
}

async fn d_122_a_bad_filter_is_400(cx: Cx) -> Result<()> {
    let _turn = PRUNES.lock().await;
    for filters in [json!({"nosuch": ["x"]}), json!({"dangling": ["perhaps"]})] {
        let path = format!("/images/prune?filters={}", encoded(&filters));
        cx.client().post(&path).await?.expect_status(400)?;
    }
    Ok(())
}

async fn prune(cx: &Cx, filters: &Value) -> Result<Value> {
    let path = format!("/images/prune?filters={}", encoded(filters));
    cx.client().post(&path).await?.expect_status(200)?.json()
}

/// Reads a JSON file of an archive.
fn table(archive: &Bytes, path: &str) -> Result<Value> {
    let bytes = entry(archive, path)?.with_context(|| format!("{path} is not in the archive"))?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Reads an entry of an archive; one that is a link has no bytes.
fn entry(archive: &Bytes, path: &str) -> Result<Option<Vec<u8>>> {
    for entry in tar::Archive::new(&archive[..]).entries()? {
        let mut entry = entry?;
        if entry.path_bytes() == path.as_bytes() {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}
