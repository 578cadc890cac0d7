//! `docker build` of a git repository: what of it is the context, and what is no context.

use anyhow::{Context as _, Result, ensure};
use http::Method;
use serde_json::json;

use super::build::{lines, output_of, text};
use super::list::encoded_text;
use crate::cx::Cx;
use crate::git::Git;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_131_a_git_repository_is_the_context,
    d_131_a_branch_and_a_directory_of_a_repository_are_the_context,
    d_131_a_repository_brings_its_submodules,
    d_131_a_repository_is_fetched_over_http,
    d_131_what_is_wrong_with_a_repository_is_told_in_gits_words,
    d_131_a_repository_may_not_be_at_a_metadata_service(Oracle::Differs("20.10 asks anywhere")),
];

/// Builds of a place, and gives the status and all that is told.
async fn built_from(cx: &Cx, tag: &str, remote: &str) -> Result<(u16, String)> {
    let path = format!("/build?t={tag}&remote={}", encoded_text(remote));
    let reply = cx.client().post(&path).await?;
    Ok((reply.status.as_u16(), reply.text()))
}

/// Builds what must be built.
async fn built(cx: &Cx, part: &str, remote: &str) -> Result<String> {
    let tag = cx.tag(part);
    let path = format!("/build?t={tag}&remote={}", encoded_text(remote));
    let told = lines(&cx.client().post(&path).await?.expect_status(200)?)?;
    ensure!(text(&told).contains("Successfully tagged"), "{told:?}");
    Ok(tag)
}

fn dockerfile(steps: &str) -> String {
    format!("FROM {BUSYBOX}\n{steps}")
}

async fn d_131_a_git_repository_is_the_context(cx: Cx) -> Result<()> {
    let git = Git::start(&cx).await?;
    let dockerfile = dockerfile("COPY . /all\n");
    git.repository("repo.git", &[("Dockerfile", &dockerfile), ("a/f", "of git")])?;
    let tag = built(&cx, "whole", &git.url("repo.git")).await?;
    let look = "cat /all/a/f; stat -c ' %a %u' /all/a/f; cat /all/.git/HEAD; ls /all";
    let told = output_of(&cx, &tag, look).await?;
    assert_eq!(told, "of git 644 0\nref: refs/heads/master\nDockerfile\na\n");
    Ok(())
}

async fn d_131_a_branch_and_a_directory_of_a_repository_are_the_context(cx: Cx) -> Result<()> {
    let git = Git::start(&cx).await?;
    let dockerfile = dockerfile("COPY f /f\n");
    git.repository("repo", &[("sub/Dockerfile", &dockerfile), ("sub/f", "first")])?;
    git.git("repo", &["tag", "v1"])?;
    git.git("repo", &["checkout", "-q", "-b", "branch"])?;
    git.commit("repo", &[("sub/f", "second")])?;
    git.git("repo", &["checkout", "-q", "master"])?;
    for (part, wanted, content) in
        [("branch", "branch:sub", "second"), ("tag", "v1:/sub/", "first"), ("no", ":sub", "first")]
    {
        let tag = built(&cx, part, &git.url(&format!("repo#{wanted}"))).await?;
        assert_eq!(output_of(&cx, &tag, "cat /f").await?, content, "{wanted}");
    }
    Ok(())
}

async fn d_131_a_repository_brings_its_submodules(cx: Cx) -> Result<()> {
    let git = Git::start(&cx).await?;
    git.repository("part", &[("f", "of a part")])?;
    git.repository("repo", &[("Dockerfile", &dockerfile("COPY part/f /f\n"))])?;
    git.git("repo", &["submodule", "--quiet", "add", &git.url("part"), "part"])?;
    git.commit("repo", &[])?;
    let tag = built(&cx, "parts", &git.url("repo")).await?;
    assert_eq!(output_of(&cx, &tag, "cat /f").await?, "of a part");
    Ok(())
}

async fn d_131_a_repository_is_fetched_over_http(cx: Cx) -> Result<()> {
    let git = Git::start(&cx).await?;
    git.repository("repo", &[("Dockerfile", &dockerfile("COPY f /f\n")), ("f", "over http")])?;
    git.git("repo", &["update-server-info"])?;
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir_all("www", git.path("repo"))?;
    let script = "while [ ! -f /www/.git/HEAD ]; do sleep 0.1; done; exec httpd -f -p 80 -h /www";
    let name = cx.start_script("web", script, json!({})).await?;
    let put = format!("/containers/{name}/archive?path=/");
    let body = Some(("application/x-tar", archive.into_inner()?.into()));
    cx.client().call(Method::PUT, &put, body).await?.expect_status(200)?;
    let listens = "until wget -q -O /dev/null http://127.0.0.1/.git/HEAD; do sleep 0.1; done";
    cx.exec(&name, &["sh", "-c", listens], json!({})).await?;
    let inspected = cx.inspect(&name).await?;
    let address = inspected["NetworkSettings"]["IPAddress"].as_str().context("an address")?;
    let tag = built(&cx, "http", &format!("http://{address}/.git#master")).await?;
    assert_eq!(output_of(&cx, &tag, "cat /f").await?, "over http");
    Ok(())
}

async fn d_131_what_is_wrong_with_a_repository_is_told_in_gits_words(cx: Cx) -> Result<()> {
    let git = Git::start(&cx).await?;
    git.repository("repo", &[("Dockerfile", &dockerfile(""))])?;
    for (wanted, told) in [
        ("repo#nosuch", "error fetching: fatal: couldn't find remote ref nosuch"),
        ("repo#--upload-pack=x", "invalid refspec: --upload-pack=x"),
        ("repo#:../..", "error setting git context"),
        ("repo#:nosuch", "no such file or directory"),
        ("repo#:Dockerfile", "error setting git context, not a directory: "),
        ("nosuch", "error fetching: fatal: "),
    ] {
        let (status, text) = built_from(&cx, &cx.tag("no"), &git.url(wanted)).await?;
        ensure!(status >= 400 && text.contains(told), "{wanted}: {status} {text}");
    }
    let (status, text) = built_from(&cx, &cx.tag("no"), "ftp://127.0.0.1/x.git").await?;
    ensure!(status >= 400 && text.contains("could not be recognized as URL"), "{status} {text}");
    Ok(())
}

async fn d_131_a_repository_may_not_be_at_a_metadata_service(cx: Cx) -> Result<()> {
    for url in ["http://169.254.169.254/r.git", "git://169.254.169.254/r"] {
        let (status, text) = built_from(&cx, &cx.tag("no"), url).await?;
        ensure!(status == 400 && text.contains("must not lead"), "{status} {text}");
    }
    Ok(())
}
