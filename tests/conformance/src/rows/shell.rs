//! Scripts under the runtime `wasm`, where no program of the image runs: what an image's shell and its usual tools do.
//!
//! Another endpoint runs the same scripts by the image's own shell, so it says what they have to print.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cx::{Cx, merge};
use crate::row::{Oracle, Row, rows};
use crate::stream::Output;

pub(super) const ROWS: &[Row] = rows![
    w_020_scripts_print_what_a_shell_prints,
    w_021_what_bash_has_more_is_there(Oracle::Differs("the image has no bash")),
    w_022_tools_do_what_those_of_the_image_do,
    w_023_files_are_the_images_with_their_modes_and_owners,
    w_023_what_is_written_stays_in_the_container,
    w_024_streams_are_apart_and_lines_have_no_limit,
    w_025_exit_codes_are_exact,
    w_026_what_waits_for_ever_ends_when_it_is_stopped,
    w_027_no_path_leads_out_of_the_container,
    w_028_limits_hold_and_others_do_not_notice,
    w_029_a_script_reaches_its_own_networks_only(Oracle::Differs(
        "the wget of Debian's static busybox crashes"
    )),
];

/// How long a stop may take that has a minute.
const AT_ONCE: Duration = Duration::from_secs(20);

/// What a container is created with so that nothing of its image runs natively, where there is a choice.
fn without_natives(cx: &Cx, mut more: Value) -> Value {
    if cx.target().ours {
        merge(&mut more, json!({"HostConfig": {"Runtime": "wasm"}}));
    }
    more
}

async fn run(cx: &Cx, part: &str, script: &str, more: Value) -> Result<(Output, i64)> {
    cx.run_script(part, script, without_natives(cx, more)).await
}

async fn prints(cx: &Cx, part: &str, script: &str, wanted: &str) -> Result<()> {
    let (output, code) = run(cx, part, script, json!({})).await?;
    assert_eq!((output.out().as_str(), code), (wanted, 0), "{part}: {}", output.err());
    Ok(())
}

async fn w_020_scripts_print_what_a_shell_prints(cx: Cx) -> Result<()> {
    let words = "set -eu; f() { local x=$1; echo \"<$x>\"; }; for w in a 'b c'; do f \"$w\"; done
        cat <<END | tr a-z A-Z
        $(echo here) $((6 * 7)) ${HOME:+home} ${none:-unset}
END
        case abc in a*) echo star;; *) echo none;; esac";
    prints(&cx, "words", words, "<a>\n<b c>\n        HERE 42 HOME UNSET\nstar\n").await?;
    let processes = "trap 'echo bye' EXIT; (sleep 0.1; echo later) & echo first; wait; x=1; (x=2); echo $x
        printf '%s\\n' one two three | while read -r w; do echo \"$w\" >> /tmp/all; done; wc -l < /tmp/all
        exec 3> /tmp/three; echo three >&3; exec 3>&-; cat /tmp/three; ls /nosuch 2> /dev/null || echo missed";
    prints(&cx, "processes", processes, "first\nlater\n1\n3\nthree\nmissed\nbye\n").await
}

async fn w_021_what_bash_has_more_is_there(cx: Cx) -> Result<()> {
    // The name is the image's to have; what it holds does not run.
    let script = "ln -s busybox /bin/bash; exec bash -c 'set -euo pipefail; a=(one \"two 2\" three); \
        [[ ${a[1]} == two* && ${#a[@]} -eq 3 ]] && echo \"${a[@]//t/T}\"; declare -A m=([k]=v); echo ${m[k]} {1..3}; \
        while read -r l; do echo \"got $l\"; done < <(printf \"x\\ny\\n\"); echo 'echo sourced' > /tmp/s; source /tmp/s'";
    let wanted = "one Two 2 Three\nv 1 2 3\ngot x\ngot y\nsourced\n";
    prints(&cx, "bash", &script.replace("echo 'echo sourced'", "echo echo sourced"), wanted).await
}

async fn w_022_tools_do_what_those_of_the_image_do(cx: Cx) -> Result<()> {
    let script = "seq 1 20 | grep -v 5 | sort -rn | head -3 | paste -sd,
        printf 'b 2\\na 1\\n' | awk '{s += $2; print $1} END {print s}' | sed 's/a/A/'
        mkdir -p /tmp/d/e && touch /tmp/d/f && find /tmp/d | sort && tar -cf - -C /tmp d | tar -tf - | sort | tail -1
        printf text | sha256sum | cut -c1-8; printf text | base64; printf text | gzip | gunzip; echo
        basename /a/b.c .c; dirname /a/b; printf '%03d|%s\\n' 7 x; echo a:b | tr : ' ' | xargs -n 1 echo -";
    let wanted = "20,19,18\nb\nA\n3\n/tmp/d\n/tmp/d/e\n/tmp/d/f\nd/f\n982d9e3e\ndGV4dA==\ntext\nb\n/a\n007|x\n- a\n- b\n";
    prints(&cx, "tools", script, wanted).await
}

async fn w_023_files_are_the_images_with_their_modes_and_owners(cx: Cx) -> Result<()> {
    let script = "stat -c '%a %u %F' /bin/busybox /tmp; id -u; echo x > /tmp/own && stat -c '%a %u' /tmp/own
        echo y 2> /dev/null > /bin/new || echo refused; cat /etc/shadow 2> /dev/null || echo hidden";
    let (output, code) = run(&cx, "user", script, json!({"User": "1000"})).await?;
    let wanted = "755 0 regular file\n1777 0 directory\n1000\n644 1000\nrefused\nhidden\n";
    assert_eq!((output.out().as_str(), code), (wanted, 0), "{}", output.err());
    Ok(())
}

async fn w_023_what_is_written_stays_in_the_container(cx: Cx) -> Result<()> {
    let script = "test ! -e /made && echo content > /made && chmod 640 /made && cat /made";
    for part in ["one", "two"] {
        prints(&cx, part, script, "content\n").await?;
        let path = format!("/containers/{}-{part}/changes", cx.key());
        let changes = cx.client().get(&path).await?.expect_status(200)?.text();
        ensure!(changes.contains(r#""Path":"/made""#), "{changes}");
    }
    let sealed = json!({"HostConfig": {"ReadonlyRootfs": true}});
    let (output, code) = run(&cx, "sealed", "echo x > /made", sealed).await?;
    ensure!(code != 0 && output.err().contains("Read-only file system"), "{}", output.err());
    Ok(())
}

async fn w_024_streams_are_apart_and_lines_have_no_limit(cx: Cx) -> Result<()> {
    let script = "for i in 1 2 3; do echo out$i; echo err$i >&2; done; head -c 300000 /dev/zero | tr '\\0' x; echo";
    let (output, code) = run(&cx, "both", script, json!({})).await?;
    assert_eq!((output.err().as_str(), code), ("err1\nerr2\nerr3\n", 0));
    let long = format!("{}\n", "x".repeat(300_000));
    ensure!(output.out() == format!("out1\nout2\nout3\n{long}"), "{} bytes", output.out().len());
    Ok(())
}

async fn w_025_exit_codes_are_exact(cx: Cx) -> Result<()> {
    for (part, script, wanted) in [
        ("exit", "exit 3", 3),
        ("missing", "nosuchprogram", 127),
        ("refused", "echo x > /tmp/f; /tmp/f", 126),
        ("signal", "sleep 100 & p=$!; kill -TERM $p; wait $p", 143),
        ("self", "trap 'exit 9' TERM; kill -TERM $$; sleep 1", 9),
        ("errexit", "set -e; false; echo not reached", 1),
        ("pipe", "set -o pipefail; false | true", 1),
    ] {
        let (output, code) = run(&cx, part, script, json!({})).await?;
        assert_eq!((output.out().as_str(), code), ("", wanted), "{part}: {}", output.err());
    }
    Ok(())
}

async fn w_026_what_waits_for_ever_ends_when_it_is_stopped(cx: Cx) -> Result<()> {
    for (part, script) in [
        ("tail", "echo up; trap 'exit 143' TERM; tail -f /dev/null & wait"),
        ("sleep", "echo up; trap 'exit 143' TERM; sleep 1000 & wait"),
        ("loop", "echo up; trap 'exit 143' TERM; while :; do sleep 0.1; done"),
    ] {
        let name = cx.start_script(part, script, without_natives(&cx, json!({}))).await?;
        cx.until_logged(&name, "up").await?;
        let begun = Instant::now();
        cx.client().post(&format!("/containers/{name}/stop?t=60")).await?.expect_status(204)?;
        ensure!(begun.elapsed() < AT_ONCE, "{part}: {:?}", begun.elapsed());
        assert_eq!(cx.wait(&name).await?, 143, "{part}");
    }
    Ok(())
}

async fn w_027_no_path_leads_out_of_the_container(cx: Cx) -> Result<()> {
    let secret = tempfile::NamedTempFile::new()?;
    let path = secret.path().display().to_string();
    let script = format!(
        "cd /tmp; up=../../../../../../../..; ln -s $up{path} rel; ln -s {path} abs; ln -s / root; mkdir -p a/b; ln -s $up a/b/up
         for f in {path} $up{path} rel abs root{path} a/b/up{path} /proc/1/root{path} /proc/self/cwd/$up{path}; do
             test -e $f && echo found $f; ln $f hard 2> /dev/null && test -e hard && echo linked $f; rm -f hard; cp $f copied 2> /dev/null && echo copied $f
         done
         mknod disk b 254 0 2> /dev/null && head -c 1 disk > /dev/null 2>&1 && echo a disk
         echo end"
    );
    prints(&cx, "escapes", &script, "end\n").await
}

async fn w_028_limits_hold_and_others_do_not_notice(cx: Cx) -> Result<()> {
    let limited = |limits: Value| without_natives(&cx, json!({ "HostConfig": limits }));
    let spin = "echo up; while :; do :; done";
    let spins = cx.start_script("spin", spin, limited(json!({"NanoCpus": 200_000_000}))).await?;
    let bomb = "echo up; f() { f | f & f; }; f";
    let bombs = limited(json!({"PidsLimit": 64, "NanoCpus": 200_000_000, "Memory": 128 << 20}));
    let bombs = cx.start_script("bomb", bomb, bombs).await?;
    cx.until_logged(&spins, "up").await?;
    cx.until_logged(&bombs, "up").await?;
    let eats = "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}";
    let (output, code) = {
        let limits = limited(json!({"Memory": 32 << 20, "MemorySwap": 32 << 20}));
        cx.run_script("memory", eats, limits).await?
    };
    assert_eq!((output.out().as_str(), code), ("", 137), "{}", output.err());
    let shown = cx.inspect(&format!("{}-memory", cx.key())).await?;
    assert_eq!(shown["State"]["OOMKilled"], true);
    prints(&cx, "beside", "echo all is well", "all is well\n").await?;
    for name in [spins, bombs] {
        cx.client().post(&format!("/containers/{name}/kill")).await?;
        cx.wait(&name).await?;
    }
    Ok(())
}

async fn w_029_a_script_reaches_its_own_networks_only(cx: Cx) -> Result<()> {
    let (ours, other) = (cx.network("ours"), cx.network("other"));
    for name in [&ours, &other] {
        let body = json!({ "Name": name });
        cx.client().post_json("/networks/create", &body).await?.expect_status(201)?;
    }
    let on = |network: &str| json!({"HostConfig": {"NetworkMode": network}});
    let serve = "mkdir /www; echo page > /www/index.html; echo up; exec httpd -f -p 80 -h /www";
    let web = cx.start_script("web", serve, on(&ours)).await?;
    let asks = format!(
        "n=0; until wget -q -T 2 -O - http://{web}/; do n=$((n+1)); [ $n -lt 20 ] || exit 1; sleep 0.2; done"
    );
    let (output, code) = run(&cx, "member", &asks, on(&ours)).await?;
    assert_eq!((output.out().as_str(), code), ("page\n", 0), "{}", output.err());
    let inspected = cx.inspect(&web).await?;
    let address = inspected["NetworkSettings"]["Networks"][&ours]["IPAddress"].clone();
    let asks = format!("wget -q -T 2 -O - http://{}/", address.as_str().unwrap_or_default());
    let (output, code) = run(&cx, "stranger", &asks, on(&other)).await?;
    ensure!(code != 0 && output.out().is_empty(), "{} {code}", output.out());
    Ok(())
}
