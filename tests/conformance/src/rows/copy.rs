//! Copies between containers and clients: `docker cp` both ways, `docker export`.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::http::Reply;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_059_export_gives_the_whole_root,
    d_059_docker_export_writes_an_archive,
    d_100_files_keep_their_attributes,
    d_100_docker_cp_copies_files_and_directories_in,
    d_100_a_path_that_is_no_directory_is_refused,
    d_100_kinds_are_kept_where_that_is_asked_for,
    d_100_compressed_archives_are_taken,
    d_100_a_copy_in_is_told_as_an_event,
    d_101_a_directory_comes_as_a_tar_with_its_name,
    d_101_docker_cp_copies_out_of_each_phase,
    d_101_docker_cp_follows_links_only_if_told,
    d_102_stat_tells_kind_size_time_and_target,
    d_102_a_missing_path_is_404,
    d_103_a_copy_before_the_start_is_there_after_it,
    d_104_archives_do_not_lead_out_of_the_directory,
    // Docker Engine 20.10 answers 500, later ones 400.
    d_104_a_read_only_root_stays_as_it_is(Oracle::KnowsFrom(1, 44)),
];

/// A tar of one file in gzip.
const ZIPPED: &str = "H4sIAAAAAAACA6vKLChITWGgKTAAAjMTEzANBOg0EJgjsUHi5oZmBgwKBgx0AKXFJYlFQCsZRiZIqlRIr8osYBgFo2AUjIJRMLIAALlpv+0ACAAA";

/// A tar of some entries: name, kind, content or target of a link.
fn tar_of(entries: &[(&str, tar::EntryType, &str)]) -> Result<Bytes> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, text) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(*kind);
        header.set_mode(0o2750);
        header.set_uid(1234);
        header.set_gid(5678);
        header.set_mtime(1_577_934_245);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        let is_link = matches!(kind, tar::EntryType::Symlink | tar::EntryType::Link);
        if is_link {
            header.set_link_name_literal(text)?;
        }
        let data = if is_link { &[] } else { text.as_bytes() };
        header.set_size(data.len() as u64);
        header.set_cksum();
        builder.append(&header, data)?;
    }
    Ok(builder.into_inner()?.into())
}

fn path_of(name: &str, path: &str) -> String {
    format!("/containers/{name}/archive?path={path}")
}

async fn put(cx: &Cx, name: &str, path: &str, archive: Bytes) -> Result<Reply> {
    let body = Some(("application/x-tar", archive));
    cx.client().call(Method::PUT, &path_of(name, path), body).await
}

/// Gives the names in an archive and, of links, where they lead.
fn listed(archive: &[u8]) -> Result<Vec<String>> {
    let mut archive = tar::Archive::new(archive);
    let mut names = Vec::new();
    for entry in archive.entries()? {
        let entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let link = entry.link_name_bytes();
        names.push(match link {
            Some(link) => format!("{name} -> {}", String::from_utf8_lossy(&link)),
            None => name,
        });
    }
    Ok(names)
}

fn stat_of(reply: &Reply) -> Result<Value> {
    let decoded = STANDARD.decode(reply.header("x-docker-container-path-stat"))?;
    Ok(serde_json::from_slice(&decoded)?)
}

/// Starts a container with a directory of everything.
async fn furnished(cx: &Cx, part: &str) -> Result<String> {
    let script = "mkdir -p /d/sub; echo hi > /d/f; chmod 4755 /d/f; ln /d/f /d/hard; ln -s f /d/l; \
        ln -s /nosuch /d/broken; ln -s /etc /d/abs; mkfifo /d/pipe; touch -d '2020-01-02 03:04:05' /d/f; \
        echo ready; exec sleep 1000";
    let name = cx.start_script(part, script, json!({})).await?;
    cx.until_logged(&name, "ready").await?;
    Ok(name)
}

const DIRECTORY: [&str; 8] = [
    "d/",
    "d/abs -> /etc",
    "d/broken -> /nosuch",
    "d/f",
    "d/hard -> d/f",
    "d/l -> f",
    "d/pipe",
    "d/sub/",
];

async fn d_059_export_gives_the_whole_root(cx: Cx) -> Result<()> {
    let name = furnished(&cx, "c").await?;
    let reply = cx.client().get(&format!("/containers/{name}/export")).await?.expect_status(200)?;
    assert_eq!(reply.header("content-type"), "application/octet-stream");
    let names = listed(&reply.body)?;
    for wanted in DIRECTORY.iter().chain(&["etc/passwd", "proc/", "bin/busybox"]) {
        ensure!(names.iter().any(|name| name == wanted), "{wanted} is not in {names:?}");
    }
    ensure!(!names.iter().any(|name| name.starts_with("proc/1")), "{names:?}");
    cx.client().get("/containers/nosuch/export").await?.expect_status(404)?;
    Ok(())
}

async fn d_059_docker_export_writes_an_archive(cx: Cx) -> Result<()> {
    let name = cx.create("c", &["true"], json!({})).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("root.tar");
    cx.docker().ok(&["export", "-o", &file.to_string_lossy(), &name]).await?;
    let names = listed(&fs::read(&file)?)?;
    ensure!(names.iter().any(|name| name == "etc/passwd"), "{names:?}");
    Ok(())
}

async fn d_100_files_keep_their_attributes(cx: Cx) -> Result<()> {
    let name = furnished(&cx, "c").await?;
    let archive = tar_of(&[
        ("new", tar::EntryType::Directory, ""),
        ("new/file", tar::EntryType::Regular, "text"),
        ("new/link", tar::EntryType::Symlink, "file"),
        ("new/other", tar::EntryType::Regular, "text"),
        ("new/hard", tar::EntryType::Link, "new/other"),
        ("new/pipe", tar::EntryType::Fifo, ""),
        ("implied/file", tar::EntryType::Regular, ""),
    ])?;
    put(&cx, &name, "/d", archive).await?.expect_status(200)?;
    let script = "cd /d; stat -c '%n %F %a %u %g %h %Y' new/file new/pipe new; readlink new/link; \
        stat -c '%a %u' implied; cat new/hard";
    let (output, _) = cx.exec(&name, &["sh", "-c", script], json!({})).await?;
    let wanted = "new/file regular file 2750 1234 5678 1 1577934245\n\
        new/pipe fifo 2750 1234 5678 1 1577934245\nnew directory 2750 1234 5678 2 1577934245\n\
        file\n755 0\ntext";
    assert_eq!(output.out(), wanted);
    Ok(())
}

async fn d_100_docker_cp_copies_files_and_directories_in(cx: Cx) -> Result<()> {
    let name = furnished(&cx, "c").await?;
    let folder = tempfile::tempdir()?;
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("dir/inner"))?;
    fs::write(at("file"), "text")?;
    fs::set_permissions(at("file"), fs::Permissions::from_mode(0o751))?;
    fs::write(at("dir/inner/deep"), "deep")?;
    symlink("inner", at("dir/link"))?;
    let copy = async |from: &str, to: &str| -> Result<String> {
        let from = at(from).to_string_lossy().into_owned();
        cx.docker().ok(&["cp", &from, &format!("{name}:{to}")]).await
    };
    copy("file", "/d/renamed").await?;
    copy("file", "/d/sub/").await?;
    copy("dir", "/d/made").await?;
    copy("dir", "/d/sub").await?;
    let whole = format!("{}/.", at("dir").display());
    cx.docker().ok(&["cp", &whole, &format!("{name}:/d/sub")]).await?;
    let archive = tar_of(&[("streamed", tar::EntryType::Regular, "by hand")])?;
    let said = cx.docker().run_with_input(&["cp", "-", &format!("{name}:/d")], &archive).await?;
    ensure!(said.code == 0, "{said:?}");
    let script = "cd /d; stat -c '%n %a' renamed; cat sub/file made/inner/deep sub/dir/inner/deep \
        sub/link/deep streamed";
    let (output, _) = cx.exec(&name, &["sh", "-c", script], json!({})).await?;
    assert_eq!(output.out(), "renamed 751\ntextdeepdeepdeepby hand");
    let (from, to) = (at("file").to_string_lossy().into_owned(), format!("{name}:/nosuch/x/"));
    ensure!(cx.docker().run(&["cp", &from, &to]).await?.code != 0);
    Ok(())
}

async fn d_100_a_path_that_is_no_directory_is_refused(cx: Cx) -> Result<()> {
    let name = furnished(&cx, "c").await?;
    let archive = tar_of(&[("x", tar::EntryType::Regular, "")])?;
    for path in ["/d/f", "/d/l", "/etc/passwd"] {
        let reply = put(&cx, &name, path, archive.clone()).await?;
        assert_eq!(reply.message(), "extraction point is not a directory", "{path}");
    }
    for path in ["/nosuch", "/d/broken"] {
        let reply = put(&cx, &name, path, archive.clone()).await?.expect_status(404)?;
        assert_eq!(reply.message(), format!("Could not find the file {path} in container {name}"));
    }
    put(&cx, &name, "/d/abs", archive.clone()).await?.expect_status(200)?;
    put(&cx, "nosuch", "/", archive).await?.expect_status(404)?;
    let path = format!("/containers/{name}/archive");
    cx.client().call(Method::PUT, &path, None).await?.expect_status(400)?;
    Ok(())
}

async fn d_100_kinds_are_kept_where_that_is_asked_for(cx: Cx) -> Result<()> {
    let name = furnished(&cx, "c").await?;
    let over_file = tar_of(&[("f", tar::EntryType::Directory, "")])?;
    let over_directory = tar_of(&[("sub", tar::EntryType::Regular, "")])?;
    for (archive, words) in [
        (&over_file, "cannot overwrite non-directory"),
        (&over_directory, "cannot overwrite directory"),
    ] {
        let path = format!("{}&noOverwriteDirNonDir=1", path_of(&name, "/d"));
        let body = Some(("application/x-tar", archive.clone()));
        let reply = cx.client().call(Method::PUT, &path, body).await?.expect_status(500)?;
        ensure!(reply.message().contains(words), "{}", reply.message());
    }
    put(&cx, &name, "/d", over_file).await?.expect_status(200)?;
    put(&cx, &name, "/d", over_directory).await?.expect_status(200)?;
    let (output, _) = cx.exec(&name, &["stat", "-c", "%F", "/d/f", "/d/sub"], json!({})).await?;
    assert_eq!(output.out(), "directory\nregular empty file\n");
    Ok(())
}

async fn d_100_compressed_archives_are_taken(cx: Cx) -> Result<()> {
    let name = furnished(&cx, "c").await?;
    put(&cx, &name, "/d", STANDARD.decode(ZIPPED)?.into()).await?.expect_status(200)?;
    let (output, _) = cx.exec(&name, &["cat", "/d/zipped"], json!({})).await?;
    assert_eq!(output.out(), "by gzip");
    // Nothing at all is an archive of nothing; anything else is none.
    put(&cx, &name, "/d", Bytes::new()).await?.expect_status(200)?;
    put(&cx, &name, "/d", b"garbage".repeat(10).into()).await?.expect_status(500)?;
    Ok(())
}

async fn d_100_a_copy_in_is_told_as_an_event(cx: Cx) -> Result<()> {
    let since = jiff::Timestamp::now().as_second();
    let name = cx.create("c", &["true"], json!({})).await?;
    let archive = tar_of(&[("f", tar::EntryType::Regular, "")])?;
    put(&cx, &name, "/", archive).await?.expect_status(200)?;
    let told = super::events::told(&cx, &name, since).await?;
    ensure!(told.iter().any(|event| event["Action"] == "extract-to-dir"), "{told:?}");
    Ok(())
}

async fn d_101_a_directory_comes_as_a_tar_with_its_name(cx: Cx) -> Result<()> {
    let name = furnished(&cx, "c").await?;
    let read = async |path: &str| -> Result<Reply> {
        cx.client().get(&path_of(&name, path)).await?.expect_status(200)
    };
    let reply = read("/d").await?;
    assert_eq!(reply.header("content-type"), "application/x-tar");
    assert_eq!(stat_of(&reply)?["name"], "d");
    assert_eq!(listed(&reply.body)?, DIRECTORY);
    let dot = listed(&read("/d/.").await?.body)?;
    assert_eq!((dot[0].as_str(), dot[3].as_str()), ("./", "./f"));
    assert_eq!(listed(&read("/d/l").await?.body)?, ["l -> f"]);
    assert_eq!(listed(&read("/d/sub/").await?.body)?, ["sub/"]);
    assert_eq!(listed(&read("/d/pipe").await?.body)?, ["pipe"]);
    assert_eq!(listed(&read("/proc").await?.body)?, ["proc/"]);
    ensure!(read("/etc/hosts").await?.text().contains("localhost"));
    for (path, status) in [("", 400), ("/nosuch", 404), ("/d/f/", 500)] {
        cx.client().get(&path_of(&name, path)).await?.expect_status(status)?;
    }
    Ok(())
}

async fn d_101_docker_cp_copies_out_of_each_phase(cx: Cx) -> Result<()> {
    let created = cx.create("created", &["true"], json!({})).await?;
    let running = furnished(&cx, "running").await?;
    let stopped = furnished(&cx, "stopped").await?;
    cx.client().post(&format!("/containers/{stopped}/kill")).await?.expect_status(204)?;
    cx.wait(&stopped).await?;
    let folder = tempfile::tempdir()?;
    let copy = async |name: &str, from: &str, to: &Path| -> Result<String> {
        let to = to.to_string_lossy().into_owned();
        cx.docker().ok(&["cp", "-a", &format!("{name}:{from}"), &to]).await
    };
    for name in [&running, &stopped] {
        let to = folder.path().join(name);
        copy(name, "/d", &to).await?;
        let file = fs::metadata(to.join("f"))?;
        assert_eq!((file.mode() & 0o7777, file.nlink(), file.mtime()), (0o4755, 2, 1_577_934_245));
        assert_eq!(fs::read_link(to.join("l"))?.to_str(), Some("f"));
        copy(name, "/d/f", &folder.path().join("single")).await?;
        assert_eq!(fs::read_to_string(folder.path().join("single"))?, "hi\n");
    }
    copy(&created, "/etc/passwd", folder.path()).await?;
    ensure!(fs::read_to_string(folder.path().join("passwd"))?.starts_with("root:"));
    let said = cx.docker().run(&["cp", &format!("{running}:/d/sub"), "-"]).await?;
    ensure!(said.code == 0 && said.out.starts_with("sub/"), "{said:?}");
    Ok(())
}

async fn d_101_docker_cp_follows_links_only_if_told(cx: Cx) -> Result<()> {
    let name = furnished(&cx, "c").await?;
    let folder = tempfile::tempdir()?;
    let to = |part: &str| folder.path().join(part).to_string_lossy().into_owned();
    cx.docker().ok(&["cp", &format!("{name}:/d/l"), &to("link")]).await?;
    assert_eq!(fs::read_link(to("link"))?.to_str(), Some("f"));
    cx.docker().ok(&["cp", "-L", &format!("{name}:/d/l"), &to("file")]).await?;
    assert_eq!(fs::read_to_string(to("file"))?, "hi\n");
    cx.docker().ok(&["cp", "-L", &format!("{name}:/d/abs"), &to("etc")]).await?;
    ensure!(fs::read_to_string(to("etc/passwd"))?.starts_with("root:"));
    Ok(())
}

async fn d_102_stat_tells_kind_size_time_and_target(cx: Cx) -> Result<()> {
    let name = furnished(&cx, "c").await?;
    for (path, base, kind, target) in [
        ("/d", "d", 1_u64 << 31, ""),
        ("/d/.", ".", 1 << 31, ""),
        ("/", "/", 1 << 31, ""),
        ("/d/f", "f", 1 << 23, ""),
        ("d/../d/f", "f", 1 << 23, ""),
        ("/d/l", "l", 1 << 27, "/d/f"),
        ("/d/broken", "broken", 1 << 27, "/nosuch"),
        ("/d/abs", "abs", 1 << 27, "/etc"),
        ("/d/abs/", "abs", 1 << 31, ""),
        ("/d/pipe", "pipe", 1 << 25, ""),
    ] {
        let reply = cx.client().head(&path_of(&name, path)).await?.expect_status(200)?;
        let stat = stat_of(&reply)?;
        let mode = stat["mode"].as_u64().context("a mode")?;
        assert_eq!(
            (&stat["name"], mode & !0o777, &stat["linkTarget"]),
            (&json!(base), kind, &json!(target)),
            "{path}"
        );
    }
    let stat = stat_of(&cx.client().head(&path_of(&name, "/d/f")).await?)?;
    let wanted = json!({"name": "f", "size": 3, "mode": 8_389_101, "mtime": "2020-01-02T03:04:05Z", "linkTarget": ""});
    assert_eq!(stat, wanted);
    Ok(())
}

async fn d_102_a_missing_path_is_404(cx: Cx) -> Result<()> {
    let name = cx.create("c", &["true"], json!({})).await?;
    for (path, status) in
        [("/nosuch", 404), ("/etc/nosuch/x", 404), ("", 400), ("/etc/passwd/x", 500)]
    {
        cx.client().head(&path_of(&name, path)).await?.expect_status(status)?;
    }
    cx.client().head("/containers/nosuch/archive?path=/").await?.expect_status(404)?;
    let reply = cx.client().get(&path_of(&name, "/nosuch")).await?.expect_status(404)?;
    assert_eq!(reply.message(), format!("Could not find the file /nosuch in container {name}"));
    Ok(())
}

async fn d_103_a_copy_before_the_start_is_there_after_it(cx: Cx) -> Result<()> {
    let name = cx.create("c", &["cat", "/srv/data"], json!({})).await?;
    let archive = tar_of(&[("srv/data", tar::EntryType::Regular, "before the start")])?;
    put(&cx, &name, "/", archive).await?.expect_status(200)?;
    cx.start(&name).await?;
    assert_eq!(cx.wait(&name).await?, 0);
    assert_eq!(cx.logs(&name).await?.out(), "before the start");
    let archive = tar_of(&[("data", tar::EntryType::Regular, "between two runs")])?;
    put(&cx, &name, "/srv", archive).await?.expect_status(200)?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    ensure!(cx.logs(&name).await?.out().ends_with("between two runs"));
    Ok(())
}

async fn d_104_archives_do_not_lead_out_of_the_directory(cx: Cx) -> Result<()> {
    use tar::EntryType::{Link, Regular, Symlink};
    let name = furnished(&cx, "c").await?;
    for entries in [
        [("../escaped", Regular, "x")].as_slice(),
        &[("l1", Symlink, "../../../../tmp"), ("l1/escaped", Regular, "x")],
        &[("h", Link, "../../etc/passwd")],
        &[("h", Link, "nosuch")],
    ] {
        let reply = put(&cx, &name, "/d", tar_of(entries)?).await?;
        ensure!(reply.status.as_u16() == 500, "{entries:?}: {}", reply.status);
    }
    // A link of the container leads where it leads in the container.
    let archive = tar_of(&[("escaped-by-a-test", Regular, "x")])?;
    put(&cx, &name, "/d/abs", archive).await?.expect_status(200)?;
    ensure!(!Path::new("/etc/escaped-by-a-test").exists() && !Path::new("/tmp/escaped").exists());
    let (output, code) = cx
        .exec(
            &name,
            &["sh", "-c", "ls /etc/escaped-by-a-test; ls /escaped /tmp/escaped"],
            json!({}),
        )
        .await?;
    assert_eq!((output.out(), code), ("/etc/escaped-by-a-test\n".to_owned(), 1));
    Ok(())
}

async fn d_104_a_read_only_root_stays_as_it_is(cx: Cx) -> Result<()> {
    let body = json!({"HostConfig": {"ReadonlyRootfs": true}});
    let name = cx.create("c", &["true"], body).await?;
    let archive = tar_of(&[("x", tar::EntryType::Regular, "")])?;
    let reply = put(&cx, &name, "/tmp", archive).await?.expect_status(400)?;
    assert_eq!(reply.message(), "container rootfs is marked read-only");
    Ok(())
}
