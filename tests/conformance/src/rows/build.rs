//! `docker build` with the classic builder: what is told, what runs, what is kept of it, what is not done again.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::images::image;
use super::list::encoded;
use crate::cx::Cx;
use crate::http::Reply;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_130_the_stream_tells_steps_ids_and_the_end,
    d_130_docker_build_prints_and_the_image_runs,
    d_130_no_container_is_left,
    d_131_a_quiet_build_tells_the_id_alone,
    d_131_arguments_and_labels_are_the_clients,
    d_131_several_names_and_another_dockerfile,
    d_131_limits_and_hosts_are_those_of_the_steps,
    d_131_a_network_can_be_left_out,
    d_131_squash_is_an_experiment_and_refused,
    d_131_security_options_are_for_windows_and_refused,
    d_131_steps_are_in_the_network_that_is_named,
    d_131_what_is_not_built_is_refused_by_name(Oracle::Differs("the docker daemon has BuildKit")),
    d_134_a_program_really_runs_and_its_files_stay,
    d_134_its_output_is_told_as_it_comes,
    d_134_a_step_sees_what_the_steps_before_left,
    d_136_instructions_are_in_the_configuration,
    d_136_arguments_are_filled_in_where_they_are_known,
    d_137_the_same_build_again_uses_the_cache,
    d_137_another_file_is_another_step,
    d_137_no_cache_does_every_step,
    d_137_an_image_that_is_named_spares_its_steps,
    d_139_a_program_that_fails_is_told_with_its_code,
    d_139_what_is_no_dockerfile_is_refused,
    d_139_a_missing_file_is_named,
    d_139_docker_build_fails_as_the_program_does,
];

/// Makes a context of files.
pub(super) fn context(files: &[(&str, &str)]) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, name, text.as_bytes())?;
    }
    Ok(builder.into_inner()?)
}

/// Builds; `more` is put behind the query.
pub(super) async fn post(cx: &Cx, more: &str, files: &[(&str, &str)]) -> Result<Reply> {
    cx.client().post_tar(&format!("/build?{more}"), context(files)?).await
}

/// Builds what must be built, and gives the lines that are told.
pub(super) async fn build(cx: &Cx, more: &str, files: &[(&str, &str)]) -> Result<Vec<Value>> {
    let told = lines(&post(cx, more, files).await?.expect_status(200)?)?;
    let failed = told.iter().find(|line| line.get("error").is_some());
    ensure!(failed.is_none(), "{failed:?}");
    Ok(told)
}

/// Builds a Dockerfile on busybox as an image of the row's own, and gives its name.
pub(super) async fn built(
    cx: &Cx,
    part: &str,
    steps: &str,
    files: &[(&str, &str)],
) -> Result<String> {
    let tag = cx.tag(part);
    let dockerfile = format!("FROM {BUSYBOX}\n{steps}");
    let files = [files, &[("Dockerfile", dockerfile.as_str())]].concat();
    build(cx, &format!("t={tag}"), &files).await?;
    Ok(tag)
}

pub(super) fn lines(reply: &Reply) -> Result<Vec<Value>> {
    let text = reply.text();
    let lines = text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str);
    lines.collect::<Result<_, _>>().with_context(|| format!("no JSON lines: {text}"))
}

/// Puts the text together that a client prints.
pub(super) fn text(lines: &[Value]) -> String {
    lines.iter().filter_map(|line| line["stream"].as_str()).collect()
}

/// Gives the failure that ends a stream.
pub(super) fn failure(lines: &[Value]) -> Result<(String, i64)> {
    let last = lines.last().context("no lines")?;
    let message = last["error"].as_str().with_context(|| format!("no error: {last}"))?;
    assert_eq!(last["errorDetail"]["message"], message);
    Ok((message.to_owned(), last["errorDetail"]["code"].as_i64().unwrap_or_default()))
}

/// Runs a shell script in a container of an image and gives what it wrote.
pub(super) async fn output_of(cx: &Cx, image: &str, script: &str) -> Result<String> {
    let name = cx.name(&format!("look{}", script.len()));
    let body =
        json!({"Image": image, "Entrypoint": ["sh", "-c", script], "Cmd": [], "User": "root"});
    let path = format!("/containers/create?name={name}");
    cx.client().post_json(&path, &body).await?.expect_status(201)?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    let output = cx.logs(&name).await?;
    cx.client().delete(&format!("/containers/{name}?force=1")).await?.expect_status(204)?;
    Ok(output.out())
}

fn cached(lines: &[Value]) -> usize {
    text(lines).matches("Using cache").count()
}

async fn d_130_the_stream_tells_steps_ids_and_the_end(cx: Cx) -> Result<()> {
    let tag = cx.tag("told");
    let dockerfile = format!("FROM {BUSYBOX}\nENV A=1\nRUN echo $A > /f\n");
    let told = build(&cx, &format!("t={tag}:v1"), &[("Dockerfile", &dockerfile)]).await?;
    let text = text(&told);
    for wanted in [
        &format!("Step 1/3 : FROM {BUSYBOX}\n"),
        "Step 2/3 : ENV A=1\n",
        "Step 3/3 : RUN echo $A > /f\n",
    ] {
        ensure!(text.contains(wanted), "{wanted:?} is not in {text}");
    }
    let id = image(&cx, &format!("{tag}:v1")).await?["Id"].as_str().context("Id")?.to_owned();
    let short = &id["sha256:".len()..][..12];
    ensure!(text.contains(" ---> Running in "), "{text}");
    let end = format!(" ---> {short}\nSuccessfully built {short}\nSuccessfully tagged {tag}:v1\n");
    ensure!(text.ends_with(&end), "{text}");
    let aux: Vec<&Value> = told.iter().filter_map(|line| line.get("aux")).collect();
    assert_eq!(aux, [&json!({"ID": id})]);
    assert_eq!(output_of(&cx, &format!("{tag}:v1"), "cat /f").await?, "1\n");
    Ok(())
}

async fn d_130_docker_build_prints_and_the_image_runs(cx: Cx) -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("f"), "from the context\n")?;
    let dockerfile = format!("FROM {BUSYBOX}\nCOPY f /f\nCMD [\"cat\", \"/f\"]\n");
    std::fs::write(folder.path().join("Dockerfile"), dockerfile)?;
    let tag = cx.tag("cli");
    let path = folder.path().to_string_lossy().into_owned();
    let said = cx.docker().ok(&["build", "-t", &tag, &path]).await?;
    ensure!(said.contains(&format!("Successfully tagged {tag}:latest")), "{said}");
    let run = cx.name("run");
    assert_eq!(cx.docker().ok(&["run", "--rm", "--name", &run, &tag]).await?, "from the context");
    Ok(())
}

async fn d_130_no_container_is_left(cx: Cx) -> Result<()> {
    let label = format!("LABEL row={}\nRUN true\n", cx.key());
    built(&cx, "gone", &label, &[]).await?;
    let filters = encoded(&json!({"label": [format!("row={}", cx.key())]}));
    let path = format!("/containers/json?all=1&filters={filters}");
    let left = cx.client().get(&path).await?.expect_status(200)?.json()?;
    assert_eq!(left, json!([]));
    Ok(())
}

async fn d_131_a_quiet_build_tells_the_id_alone(cx: Cx) -> Result<()> {
    let tag = cx.tag("quiet");
    let dockerfile = format!("FROM {BUSYBOX}\nRUN echo loud\n");
    let told = build(&cx, &format!("q=1&t={tag}"), &[("Dockerfile", &dockerfile)]).await?;
    let id = image(&cx, &tag).await?["Id"].as_str().context("Id")?.to_owned();
    assert_eq!(text(&told), format!("{id}\n"));
    Ok(())
}

async fn d_131_arguments_and_labels_are_the_clients(cx: Cx) -> Result<()> {
    let tag = cx.tag("asked");
    let dockerfile = format!("FROM {BUSYBOX}\nARG v=default\nRUN echo $v > /v\n");
    let arguments = encoded(&json!({"v": "the client's", "unused": "x"}));
    let labels = encoded(&json!({"asked": "label"}));
    let query = format!("t={tag}&buildargs={arguments}&labels={labels}");
    let told = build(&cx, &query, &[("Dockerfile", &dockerfile)]).await?;
    ensure!(text(&told).contains("build-args [unused] were not consumed"), "{}", text(&told));
    assert_eq!(output_of(&cx, &tag, "cat /v").await?, "the client's\n");
    assert_eq!(image(&cx, &tag).await?["Config"]["Labels"]["asked"], "label");
    Ok(())
}

async fn d_131_several_names_and_another_dockerfile(cx: Cx) -> Result<()> {
    let (one, two) = (cx.tag("one"), cx.tag("two"));
    let dockerfile = format!("FROM {BUSYBOX}\nENV WHICH=this\n");
    let files = [("Dockerfile", "FROM nosuch\n"), ("sub/Other", dockerfile.as_str())];
    build(&cx, &format!("t={one}&t={two}:v2&dockerfile=sub/Other"), &files).await?;
    let (first, second) = (image(&cx, &one).await?, image(&cx, &format!("{two}:v2")).await?);
    assert_eq!(first["Id"], second["Id"]);
    ensure!(super::system::holds(&first["Config"]["Env"], "WHICH=this"), "{first}");
    Ok(())
}

async fn d_131_limits_and_hosts_are_those_of_the_steps(cx: Cx) -> Result<()> {
    let tag = cx.tag("limited");
    let script = "grep -q '10.1.2.3.*elsewhere' /etc/hosts && ulimit -n > /n && df -k /dev/shm | tail -1 > /shm";
    let dockerfile = format!("FROM {BUSYBOX}\nRUN {script}\n");
    let ulimits = encoded(&json!([{"Name": "nofile", "Soft": 99, "Hard": 99}]));
    let query = format!(
        "t={tag}&extrahosts=elsewhere:10.1.2.3&shmsize=8388608&memory=67108864&memswap=67108864&ulimits={ulimits}"
    );
    build(&cx, &query, &[("Dockerfile", &dockerfile)]).await?;
    let told = output_of(&cx, &tag, "cat /n /shm").await?;
    ensure!(told.starts_with("99\n") && told.contains("8192"), "{told}");
    Ok(())
}

async fn d_131_a_network_can_be_left_out(cx: Cx) -> Result<()> {
    let tag = cx.tag("alone");
    let dockerfile = format!("FROM {BUSYBOX}\nRUN ls /sys/class/net > /nets\n");
    let query = format!("t={tag}&networkmode=none");
    build(&cx, &query, &[("Dockerfile", &dockerfile)]).await?;
    assert_eq!(
        output_of(&cx, &tag, "grep -v -e tunl -e sit -e gre -e ip6 -e ip_v /nets").await?,
        "lo\n"
    );
    Ok(())
}

async fn d_131_squash_is_an_experiment_and_refused(cx: Cx) -> Result<()> {
    let dockerfile = format!("FROM {BUSYBOX}\n");
    let reply = post(&cx, "squash=1", &[("Dockerfile", &dockerfile)]).await?.expect_status(400)?;
    assert_eq!(reply.message(), "squash is only supported with experimental mode");
    Ok(())
}

async fn d_131_security_options_are_for_windows_and_refused(cx: Cx) -> Result<()> {
    let text = "The daemon on this platform does not support setting security options on build";
    let dockerfile = format!("FROM {BUSYBOX}\n");
    for option in ["seccomp%3Dunconfined", ""] {
        let files = [("Dockerfile", dockerfile.as_str())];
        let reply =
            post(&cx, &format!("securityopt={option}"), &files).await?.expect_status(400)?;
        assert_eq!(reply.message(), text);
    }
    Ok(())
}

async fn d_131_steps_are_in_the_network_that_is_named(cx: Cx) -> Result<()> {
    let network = super::networks::create(&cx, "steps", json!({})).await?;
    let settings = json!({
        "HostConfig": {"NetworkMode": network},
        "NetworkingConfig": {"EndpointsConfig": {network.clone(): {"Aliases": ["store"]}}},
    });
    let script = "mkdir /w; echo of the store > /w/x; exec httpd -f -p 8098 -h /w";
    cx.start_script("server", script, settings).await?;
    let steps = "RUN i=0; until wget -q -O /got http://store:8098/x; do i=$((i+1)); [ $i -lt 50 ] || exit 1; \
                 sleep 0.1; done\n";
    let tag = cx.tag("inside");
    let dockerfile = format!("FROM {BUSYBOX}\n{steps}");
    let query = format!("t={tag}&networkmode={network}");
    let told = post(&cx, &query, &[("Dockerfile", &dockerfile)]).await?.expect_status(200)?.text();
    ensure!(told.contains("Successfully tagged"), "{told}");
    assert_eq!(output_of(&cx, &tag, "cat /got").await?, "of the store\n");
    let query = "networkmode=nosuch-network&nocache=1";
    let lost = post(&cx, query, &[("Dockerfile", &dockerfile)]).await?;
    let told = lost.expect_status(200)?.text();
    ensure!(told.contains("network nosuch-network not found"), "{told}");
    Ok(())
}

async fn d_131_what_is_not_built_is_refused_by_name(cx: Cx) -> Result<()> {
    let dockerfile = format!("FROM {BUSYBOX}\n");
    for (query, named) in
        [("outputs=%5B%7B%22Type%22%3A%22tar%22%7D%5D", "outputs"), ("version=2", "BuildKit")]
    {
        let reply = post(&cx, query, &[("Dockerfile", &dockerfile)]).await?.expect_status(501)?;
        ensure!(reply.message().contains(named), "{}", reply.message());
    }
    Ok(())
}

async fn d_134_a_program_really_runs_and_its_files_stay(cx: Cx) -> Result<()> {
    let steps = "RUN mkdir -m 711 /made && echo x > /made/f && chown 12:34 /made/f && ln -s f /made/l\n\
                 RUN [\"cp\", \"/made/f\", \"/with a blank\"]\nRUN rm /bin/ls\n";
    let tag = built(&cx, "ran", steps, &[]).await?;
    let look = "stat -c '%a %u %g' /made/f; stat -c %a /made; readlink /made/l; cat '/with a blank'; \
                test -e /bin/ls || echo gone";
    assert_eq!(output_of(&cx, &tag, look).await?, "644 12 34\n711\nf\nx\ngone\n");
    let inspected = image(&cx, &tag).await?;
    let below = image(&cx, BUSYBOX).await?;
    let count = |image: &Value| image["RootFS"]["Layers"].as_array().map_or(0, Vec::len);
    assert_eq!(count(&inspected), count(&below) + 3);
    Ok(())
}

async fn d_134_its_output_is_told_as_it_comes(cx: Cx) -> Result<()> {
    let tag = cx.tag("loud");
    let dockerfile = format!("FROM {BUSYBOX}\nRUN echo to-out; echo to-err >&2\n");
    let told = build(&cx, &format!("t={tag}"), &[("Dockerfile", &dockerfile)]).await?;
    let text = text(&told);
    ensure!(text.contains("to-out\n"), "{text}");
    ensure!(text.contains("\u{1b}[91mto-err\n\u{1b}[0m"), "{text:?}");
    Ok(())
}

async fn d_134_a_step_sees_what_the_steps_before_left(cx: Cx) -> Result<()> {
    let steps = "ENV A=env\nWORKDIR /place\nUSER 1000\nSHELL [\"/bin/sh\", \"-ec\"]\n\
                 RUN test \"$A $(pwd) $(id -u)\" = 'env /place 1000'\nUSER root\nRUN echo ok > here\n";
    let tag = built(&cx, "seen", steps, &[]).await?;
    assert_eq!(output_of(&cx, &tag, "cat /place/here").await?, "ok\n");
    Ok(())
}

async fn d_136_instructions_are_in_the_configuration(cx: Cx) -> Result<()> {
    let steps = "MAINTAINER somebody\nENV A=1 B=\"two words\"\nENV C three $A\nLABEL l=$A \"m n\"=o\n\
                 WORKDIR /w\nWORKDIR sub\nEXPOSE 80 90/udp\nVOLUME /data [\"/other\"]\nUSER 1000\n\
                 HEALTHCHECK --interval=5s --retries=2 CMD true\nSTOPSIGNAL SIGKILL\n\
                 SHELL [\"/bin/sh\",\"-ec\"]\nONBUILD RUN echo onb\nCMD echo hi\nENTRYPOINT [\"/bin/sh\"]\n";
    let tag = built(&cx, "set", &steps.replace(" [\"/other\"]", " /other"), &[]).await?;
    let inspected = image(&cx, &tag).await?;
    let config = &inspected["Config"];
    for variable in ["A=1", "B=two words", "C=three 1"] {
        ensure!(super::system::holds(&config["Env"], variable), "{config}");
    }
    ensure!(config["Env"].to_string().contains("PATH=/usr/local/sbin:"), "{config}");
    assert_eq!(inspected["Author"], "somebody");
    assert_eq!(config["Labels"], json!({"l": "1", "m n": "o"}));
    assert_eq!((&config["WorkingDir"], &config["User"]), (&json!("/w/sub"), &json!("1000")));
    assert_eq!(config["ExposedPorts"], json!({"80/tcp": {}, "90/udp": {}}));
    assert_eq!(config["Volumes"], json!({"/data": {}, "/other": {}}));
    assert_eq!(config["Healthcheck"]["Test"], json!(["CMD-SHELL", "true"]));
    assert_eq!(config["Healthcheck"]["Interval"], 5_000_000_000_u64);
    assert_eq!(
        (&config["StopSignal"], &config["Shell"]),
        (&json!("SIGKILL"), &json!(["/bin/sh", "-ec"]))
    );
    assert_eq!(config["OnBuild"], json!(["RUN echo onb"]));
    assert_eq!(
        (&config["Cmd"], &config["Entrypoint"]),
        (&json!(["/bin/sh", "-ec", "echo hi"]), &json!(["/bin/sh"]))
    );
    assert_eq!(output_of(&cx, &tag, "stat -c '%u %a' /w/sub").await?, "0 755\n");
    Ok(())
}

async fn d_136_arguments_are_filled_in_where_they_are_known(cx: Cx) -> Result<()> {
    let tag = cx.tag("filled");
    let dockerfile = format!(
        "ARG BASE={BUSYBOX}\nARG v=global\nFROM $BASE\nENV before=${{v:-unset}}\nARG v\nENV after=$v\n\
         ENV alt=${{v:+set}} none=${{nosuch:+set}} esc=\\$v\n"
    );
    build(&cx, &format!("t={tag}"), &[("Dockerfile", &dockerfile)]).await?;
    let config = image(&cx, &tag).await?["Config"].clone();
    for variable in ["before=unset", "after=global", "alt=set", "none=", "esc=$v"] {
        ensure!(super::system::holds(&config["Env"], variable), "{variable}: {config}");
    }
    Ok(())
}

async fn d_137_the_same_build_again_uses_the_cache(cx: Cx) -> Result<()> {
    let tag = cx.tag("again");
    let dockerfile =
        format!("FROM {BUSYBOX}\nLABEL row={}\nCOPY f /f\nRUN date +%N > /time\nCMD x\n", cx.key());
    let files = [("Dockerfile", dockerfile.as_str()), ("f", "x")];
    let first = build(&cx, &format!("t={tag}"), &files).await?;
    assert_eq!(cached(&first), 0);
    let id = image(&cx, &tag).await?["Id"].clone();
    let again = build(&cx, &format!("t={tag}"), &files).await?;
    assert_eq!(cached(&again), 4, "{}", text(&again));
    assert_eq!(image(&cx, &tag).await?["Id"], id);
    ensure!(!text(&again).contains("Running in"), "{}", text(&again));
    Ok(())
}

async fn d_137_another_file_is_another_step(cx: Cx) -> Result<()> {
    let tag = cx.tag("other");
    let dockerfile = format!("FROM {BUSYBOX}\nLABEL row={}\nCOPY f /f\nRUN true\n", cx.key());
    let with = |text: &'static str| {
        [("Dockerfile".to_owned(), dockerfile.clone()), ("f".to_owned(), text.to_owned())]
    };
    for (text, wanted) in [("x", 0), ("x", 3), ("y", 1), ("x", 3)] {
        let files = with(text);
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let told = build(&cx, &format!("t={tag}"), &files).await?;
        assert_eq!(cached(&told), wanted, "{text}");
    }
    Ok(())
}

async fn d_137_no_cache_does_every_step(cx: Cx) -> Result<()> {
    let tag = cx.tag("fresh");
    let dockerfile = format!("FROM {BUSYBOX}\nLABEL row={}\nRUN true\n", cx.key());
    let files = [("Dockerfile", dockerfile.as_str())];
    build(&cx, &format!("t={tag}"), &files).await?;
    let told = build(&cx, &format!("t={tag}&nocache=1"), &files).await?;
    assert_eq!(cached(&told), 0);
    Ok(())
}

async fn d_137_an_image_that_is_named_spares_its_steps(cx: Cx) -> Result<()> {
    let tag = cx.tag("source");
    let dockerfile = format!("FROM {BUSYBOX}\nLABEL row={}\nRUN echo x > /f\nCMD x\n", cx.key());
    let files = [("Dockerfile", dockerfile.as_str())];
    build(&cx, &format!("t={tag}"), &files).await?;
    let saved = cx.client().get(&format!("/images/{tag}/get")).await?.expect_status(200)?.body;
    cx.client().delete(&format!("/images/{tag}")).await?.expect_status(200)?;
    cx.client().post_tar("/images/load", saved).await?.expect_status(200)?;
    let sources = encoded(&json!([tag]));
    let told = build(&cx, &format!("t={}&cachefrom={sources}", cx.tag("second")), &files).await?;
    assert_eq!(cached(&told), 3, "{}", text(&told));
    Ok(())
}

async fn d_139_a_program_that_fails_is_told_with_its_code(cx: Cx) -> Result<()> {
    let dockerfile = format!("FROM {BUSYBOX}\nRUN exit 3\nRUN never\n");
    let reply = post(&cx, "forcerm=1", &[("Dockerfile", &dockerfile)]).await?.expect_status(200)?;
    let told = lines(&reply)?;
    let (message, code) = failure(&told)?;
    assert_eq!(message, "The command '/bin/sh -c exit 3' returned a non-zero code: 3");
    assert_eq!(code, 3);
    ensure!(!text(&told).contains("never"), "{}", text(&told));
    Ok(())
}

async fn d_139_what_is_no_dockerfile_is_refused(cx: Cx) -> Result<()> {
    let from = format!("FROM {BUSYBOX}\n");
    for (dockerfile, wanted) in [
        (format!("{from}FOO bar\n"), "dockerfile parse error line 2: unknown instruction: FOO"),
        ("RUN x\n".to_owned(), "no build stage in current context"),
        (String::new(), "the Dockerfile (Dockerfile) cannot be empty"),
        (format!("{from}ENV a\n"), "failed to parse Dockerfile: ENV must have two arguments"),
        (
            format!("{from}RUN <<EOF\nx\nEOF\n"),
            "dockerfile parse error line 3: unknown instruction: X",
        ),
    ] {
        let reply = post(&cx, "", &[("Dockerfile", &dockerfile)]).await?;
        ensure!(
            reply.status.is_client_error() || reply.status.is_server_error(),
            "{}",
            reply.status
        );
        assert_eq!(reply.message(), wanted);
    }
    let reply = post(&cx, "dockerfile=nosuch", &[("Dockerfile", &from)]).await?;
    ensure!(
        reply.message().contains("Cannot locate specified Dockerfile: nosuch"),
        "{}",
        reply.message()
    );
    let query = "target=nosuch";
    let reply = post(&cx, query, &[("Dockerfile", &from)]).await?;
    ensure!(
        reply.text().contains("failed to reach build target nosuch in Dockerfile"),
        "{}",
        reply.text()
    );
    Ok(())
}

async fn d_139_a_missing_file_is_named(cx: Cx) -> Result<()> {
    let dockerfile = format!("FROM {BUSYBOX}\nCOPY nosuch /x\n");
    let told = lines(&post(&cx, "", &[("Dockerfile", &dockerfile)]).await?.expect_status(200)?)?;
    let (message, _) = failure(&told)?;
    ensure!(message.starts_with("COPY failed: file not found in build context"), "{message}");
    ensure!(message.contains("stat nosuch"), "{message}");
    Ok(())
}

async fn d_139_docker_build_fails_as_the_program_does(cx: Cx) -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("Dockerfile"), format!("FROM {BUSYBOX}\nRUN exit 7\n"))?;
    let path = folder.path().to_string_lossy().into_owned();
    let said = cx.docker().run(&["build", "--force-rm", &path]).await?;
    assert_eq!(said.code, 7, "{said:?}");
    ensure!(said.err.contains("returned a non-zero code: 7"), "{said:?}");
    Ok(())
}
