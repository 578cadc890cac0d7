//! `COPY`, `ADD` and `.dockerignore`: which files get where, whose they are, and what leads nowhere.

use std::io::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::build::{build, built, context, failure, lines, output_of, post};
use crate::cx::Cx;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_132_the_docker_client_leaves_out_what_is_ignored,
    d_132_a_dockerfile_can_ignore_itself,
    d_135_files_and_directories_get_where_they_are_sent,
    d_135_a_copied_file_is_roots_and_keeps_its_permissions,
    d_135_chown_finds_names_in_the_image,
    d_135_chmod_sets_permissions(Oracle::Differs("20.10 has it with BuildKit only")),
    d_135_patterns_choose_files,
    d_135_several_sources_want_a_directory,
    d_135_links_in_the_image_are_followed_and_in_directories_kept,
    d_135_an_archive_is_unpacked_by_add_alone,
    d_135_every_compression_is_unpacked,
    d_135_a_url_is_fetched,
    d_135_a_context_is_compressed_or_not,
    d_135_a_context_cannot_lead_out,
    d_135_a_path_outside_is_refused,
];

async fn d_132_the_docker_client_leaves_out_what_is_ignored(cx: Cx) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it is in the folder"))?;
        std::fs::write(path, text)
    };
    write("Dockerfile", &format!("FROM {BUSYBOX}\nCOPY . /all/\n"))?;
    write(".dockerignore", "*.log\n!keep.log\n**/tmp\nsecret/*\n!secret/public\n")?;
    for path in
        ["a.log", "keep.log", "x/tmp/y", "tmp/z", "secret/private", "secret/public", "a.txt"]
    {
        write(path, "x")?;
    }
    let (tag, path) = (cx.tag("ignored"), folder.path().to_string_lossy().into_owned());
    cx.docker().ok(&["build", "-t", &tag, &path]).await?;
    let told = output_of(&cx, &tag, "cd /all && find . -type f | sort").await?;
    assert_eq!(told, "./.dockerignore\n./Dockerfile\n./a.txt\n./keep.log\n./secret/public\n");
    Ok(())
}

async fn d_132_a_dockerfile_can_ignore_itself(cx: Cx) -> Result<()> {
    let tag = cx.tag("itself");
    let dockerfile = format!("FROM {BUSYBOX}\nCOPY . /all/\n");
    let files = [
        ("Dockerfile", dockerfile.as_str()),
        (".dockerignore", "Dockerfile\n.dockerignore\n"),
        ("f", "x"),
    ];
    build(&cx, &format!("t={tag}"), &files).await?;
    assert_eq!(output_of(&cx, &tag, "find /all -type f").await?, "/all/f\n");
    Ok(())
}

async fn d_135_files_and_directories_get_where_they_are_sent(cx: Cx) -> Result<()> {
    let steps = "WORKDIR /w\nCOPY f.txt .\nCOPY f.txt renamed\nCOPY f.txt new/dir/\nCOPY dir /d\nCOPY dir /w/\n\
                 COPY [\"with blank\", \"/b/\"]\nADD dir/sub/ /s\n";
    let files = [("f.txt", "f"), ("dir/sub/y", "y"), ("dir/z", "z"), ("with blank", "b")];
    let tag = built(&cx, "placed", steps, &files).await?;
    let told = output_of(&cx, &tag, "find /w /d /b /s -type f | sort").await?;
    assert_eq!(
        told,
        "/b/with blank\n/d/sub/y\n/d/z\n/s/y\n/w/f.txt\n/w/new/dir/f.txt\n/w/renamed\n/w/sub/y\n/w/z\n"
    );
    Ok(())
}

/// Makes a context with one entry beside its Dockerfile.
fn with_entry(
    steps: &str,
    set: impl FnOnce(&mut tar::Header),
    name: &str,
    data: &[u8],
) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    let dockerfile = format!("FROM {BUSYBOX}\n{steps}");
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(dockerfile.len() as u64);
    builder.append_data(&mut header, "Dockerfile", dockerfile.as_bytes())?;
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(data.len() as u64);
    set(&mut header);
    builder.append_data(&mut header, name, data)?;
    Ok(builder.into_inner()?)
}

async fn sent(cx: &Cx, query: &str, context: Vec<u8>) -> Result<Vec<Value>> {
    let reply = cx.client().post_tar(&format!("/build?{query}"), context).await?;
    lines(&reply.expect_status(200)?)
}

async fn d_135_a_copied_file_is_roots_and_keeps_its_permissions(cx: Cx) -> Result<()> {
    let tag = cx.tag("owned");
    let set = |header: &mut tar::Header| {
        header.set_mode(0o751);
        header.set_uid(1234);
        header.set_gid(5678);
        header.set_mtime(1_600_000_000);
    };
    let steps = "USER 1000\nCOPY f /made/for/f\n";
    let told = sent(&cx, &format!("t={tag}"), with_entry(steps, set, "f", b"x")?).await?;
    ensure!(told.last().is_some_and(|line| line.get("error").is_none()), "{told:?}");
    let look = "stat -c '%a %u %g %Y' /made/for/f; stat -c '%a %u' /made/for";
    assert_eq!(output_of(&cx, &tag, look).await?, "751 0 0 1600000000\n755 0\n");
    Ok(())
}

async fn d_135_chown_finds_names_in_the_image(cx: Cx) -> Result<()> {
    let steps = "RUN echo 'own:x:41:42::/:/bin/sh' >> /etc/passwd && echo 'own:x:77:' >> /etc/group\n\
                 COPY --chown=own f /one\nCOPY --chown=own:0 f /two\nCOPY --chown=5:6 dir /three\n\
                 COPY --chown=7 f /four\n";
    let tag = built(&cx, "names", steps, &[("f", "x"), ("dir/sub/y", "y")]).await?;
    let look = "for p in /one /two /three /three/sub/y /four; do stat -c '%u %g' $p; done";
    assert_eq!(output_of(&cx, &tag, look).await?, "41 77\n41 0\n5 6\n5 6\n7 7\n");
    let dockerfile = format!("FROM {BUSYBOX}\nCOPY --chown=nosuch f /\n");
    let files = [("Dockerfile", dockerfile.as_str()), ("f", "x")];
    let (message, _) = failure(&lines(&post(&cx, "", &files).await?.expect_status(200)?)?)?;
    ensure!(message.contains("can't find uid for user nosuch: no such user: nosuch"), "{message}");
    Ok(())
}

async fn d_135_chmod_sets_permissions(cx: Cx) -> Result<()> {
    let steps = "COPY --chmod=640 f /one\nCOPY --chmod=700 dir /two\nADD --chmod=4755 --chown=1:2 f /three\n";
    let tag = built(&cx, "modes", steps, &[("f", "x"), ("dir/sub/y", "y")]).await?;
    let look = "for p in /one /two /two/sub/y /three; do stat -c '%a %u' $p; done";
    assert_eq!(output_of(&cx, &tag, look).await?, "640 0\n700 0\n700 0\n4755 1\n");
    Ok(())
}

async fn d_135_patterns_choose_files(cx: Cx) -> Result<()> {
    let steps = "COPY *.txt /t/\nCOPY d?r/[ab]* /p/\n";
    let files = [
        ("a.txt", ""),
        ("b.txt", ""),
        ("c.md", ""),
        ("dir/aa", ""),
        ("dir/bb", ""),
        ("dir/cc", ""),
        ("dxr/ax", ""),
    ];
    let tag = built(&cx, "chosen", steps, &files).await?;
    let told = output_of(&cx, &tag, "find /t /p -type f | sort").await?;
    assert_eq!(told, "/p/aa\n/p/ax\n/p/bb\n/t/a.txt\n/t/b.txt\n");
    Ok(())
}

async fn d_135_several_sources_want_a_directory(cx: Cx) -> Result<()> {
    let dockerfile = format!("FROM {BUSYBOX}\nCOPY a b /x\n");
    let files = [("Dockerfile", dockerfile.as_str()), ("a", ""), ("b", "")];
    let (message, _) = failure(&lines(&post(&cx, "", &files).await?.expect_status(200)?)?)?;
    ensure!(message.contains("the destination must be a directory and end with a /"), "{message}");
    Ok(())
}

async fn d_135_links_in_the_image_are_followed_and_in_directories_kept(cx: Cx) -> Result<()> {
    let steps = "RUN mkdir -p /real /opt && ln -s /real /opt/link && ln -s ../real /opt/rel\n\
                 COPY f /opt/link/one\nCOPY f /opt/rel/\nCOPY dir /opt/link/\n";
    let tag = cx.tag("links");
    let mut builder = tar::Builder::new(Vec::new());
    let dockerfile = format!("FROM {BUSYBOX}\n{steps}");
    for (name, text) in [("Dockerfile", dockerfile.as_str()), ("f", "x"), ("dir/file", "y")] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, name, text.as_bytes())?;
    }
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "dir/link", "/etc/passwd")?;
    let told = sent(&cx, &format!("t={tag}"), builder.into_inner()?).await?;
    ensure!(told.last().is_some_and(|line| line.get("error").is_none()), "{told:?}");
    let look = "readlink /opt/link; ls /real; readlink /real/link";
    assert_eq!(output_of(&cx, &tag, look).await?, "/real\nf\nfile\nlink\none\n/etc/passwd\n");
    Ok(())
}

/// Makes an archive of one file.
fn archive(name: &str, text: &str) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o600);
    header.set_uid(12);
    header.set_gid(34);
    header.set_size(text.len() as u64);
    builder.append_data(&mut header, name, text.as_bytes())?;
    Ok(builder.into_inner()?)
}

async fn d_135_an_archive_is_unpacked_by_add_alone(cx: Cx) -> Result<()> {
    let tag = cx.tag("unpacked");
    let steps = "ADD a.tar /added/\nCOPY a.tar /copied/\n";
    let context = with_entry(steps, |_| {}, "a.tar", &archive("inner/f", "x")?)?;
    let told = sent(&cx, &format!("t={tag}"), context).await?;
    ensure!(told.last().is_some_and(|line| line.get("error").is_none()), "{told:?}");
    let look = "find /added /copied -type f | sort; stat -c '%a %u %g' /added/inner/f";
    assert_eq!(output_of(&cx, &tag, look).await?, "/added/inner/f\n/copied/a.tar\n600 12 34\n");
    Ok(())
}

/// Compresses with a program of the host.
fn compressed(program: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    let mut command = crate::process::command(program);
    command.arg("-c").arg(file.path());
    let output = command.output().with_context(|| format!("running {program}"))?;
    ensure!(output.status.success(), "{program} failed");
    Ok(output.stdout)
}

async fn d_135_every_compression_is_unpacked(cx: Cx) -> Result<()> {
    for program in ["gzip", "bzip2", "xz"] {
        let tag = cx.tag(program);
        let packed = compressed(program, &archive("f", program)?)?;
        let context = with_entry("ADD packed /\n", |_| {}, "packed", &packed)?;
        let told = sent(&cx, &format!("t={tag}"), context).await?;
        ensure!(told.last().is_some_and(|line| line.get("error").is_none()), "{told:?}");
        assert_eq!(output_of(&cx, &tag, "cat /f").await?, program);
    }
    Ok(())
}

async fn d_135_a_url_is_fetched(cx: Cx) -> Result<()> {
    let script = "mkdir /www; echo -n fetched > /www/file.txt; touch -d '2015-10-21 07:28:00' /www/file.txt; \
                  exec httpd -f -p 80 -h /www";
    let name = cx.start_script("web", script, json!({})).await?;
    let listens = "until wget -q -O /dev/null http://127.0.0.1/file.txt; do sleep 0.1; done";
    cx.exec(&name, &["sh", "-c", listens], json!({})).await?;
    let inspected = cx.inspect(&name).await?;
    let address = inspected["NetworkSettings"]["IPAddress"].as_str().context("an address")?;
    let tag = cx.tag("fetched");
    let dockerfile = format!(
        "FROM {BUSYBOX}\nADD http://{address}/file.txt /d/\nADD http://{address}/file.txt /named\n"
    );
    let told = build(&cx, &format!("t={tag}"), &[("Dockerfile", &dockerfile)]).await?;
    let is_last = |line: &&Value| line["progressDetail"] == json!({"current": 7, "total": 7});
    let bar = told.iter().find(is_last).context("no word of seven bytes")?;
    assert_eq!(bar["status"], "Downloading");
    let drawn = "[==================================================>]       7B/7B";
    assert_eq!(bar["progress"], drawn);
    let look = "cat /d/file.txt /named; stat -c ' %a %Y' /d/file.txt";
    assert_eq!(output_of(&cx, &tag, look).await?, "fetchedfetched 600 1445412480\n");
    Ok(())
}

async fn d_135_a_context_is_compressed_or_not(cx: Cx) -> Result<()> {
    let dockerfile = format!("FROM {BUSYBOX}\nCOPY f /f\n");
    let plain = context(&[("Dockerfile", &dockerfile), ("f", "x")])?;
    for program in ["gzip", "bzip2", "xz"] {
        let told =
            sent(&cx, &format!("t={}", cx.tag(program)), compressed(program, &plain)?).await?;
        ensure!(told.last().is_some_and(|line| line.get("error").is_none()), "{program}: {told:?}");
    }
    Ok(())
}

async fn d_135_a_context_cannot_lead_out(cx: Cx) -> Result<()> {
    let secret = tempfile::NamedTempFile::new()?;
    std::fs::write(secret.path(), "of the host")?;
    let target = secret.path().to_string_lossy().into_owned();
    let mut builder = tar::Builder::new(Vec::new());
    let dockerfile = format!("FROM {BUSYBOX}\nCOPY way /got\n");
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(dockerfile.len() as u64);
    builder.append_data(&mut header, "Dockerfile", dockerfile.as_bytes())?;
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "way", &target)?;
    let reply = cx.client().post_tar("/build?forcerm=1", builder.into_inner()?).await?;
    let told = reply.text();
    ensure!(told.contains("error") || told.contains("message"), "{told}");
    ensure!(!told.contains("Successfully"), "{told}");
    Ok(())
}

async fn d_135_a_path_outside_is_refused(cx: Cx) -> Result<()> {
    let dockerfile = format!("FROM {BUSYBOX}\nCOPY ../outside /x\n");
    let files = [("Dockerfile", dockerfile.as_str())];
    let (message, _) = failure(&lines(&post(&cx, "", &files).await?.expect_status(200)?)?)?;
    assert_eq!(message, "COPY failed: forbidden path outside the build context: ../outside ()");
    Ok(())
}
