//! Changes as `docker import --change` takes them, beside what they make of a configuration.

use super::apply_changes;
use crate::config::RunConfig;

fn check(changes: &[&str], expected: &str) {
    let mut config = RunConfig::default();
    let result = apply_changes(&mut config, changes);
    let shown = match result {
        Ok(()) => serde_json::to_string(&config).unwrap(),
        Err(error) => {
            assert_eq!(config, RunConfig::default(), "{changes:?} changed something");
            error.to_string()
        }
    };
    assert_eq!(shown, expected, "{changes:?}");
}

#[test]
fn commands_are_lists_or_for_the_shell() {
    check(&["CMD echo hi"], r#"{"Cmd":["/bin/sh","-c","echo hi"]}"#);
    check(&[r#"CMD ["echo", "$HOME"]"#], r#"{"Cmd":["echo","$HOME"]}"#);
    check(&["CMD [broken"], r#"{"Cmd":["/bin/sh","-c","[broken"]}"#);
    check(&["cmd a", r#"ENTRYPOINT ["b"]"#], r#"{"Entrypoint":["b"],"Cmd":["/bin/sh","-c","a"]}"#);
    check(&["CMD [1]"], "When using JSON array syntax, arrays must be comprised of strings only.");
    check(&["CMD"], "CMD requires at least one argument");
}

#[test]
fn a_new_program_takes_old_arguments_away() {
    let mut config = RunConfig { cmd: Some(vec!["old".to_owned()]), ..RunConfig::default() };
    apply_changes(&mut config, &[r#"ENTRYPOINT ["new"]"#]).unwrap();
    assert_eq!(config.cmd, None);
}

#[test]
fn variables_are_set_replaced_and_filled_in() {
    check(
        &["ENV A=1 B=\"two words\" C=three\\ words", "ENV A=${A}2 D=$B", "ENV E the  rest '$A'"],
        r#"{"Env":["A=12","B=two words","C=three words","D=two words","E=the  rest $A"]}"#,
    );
    check(
        &["ENV A=${X:-d} B=${X-e} C=${X:+f}", "ENV D=${A:+g}$"],
        r#"{"Env":["A=d","B=e","C=","D=g$"]}"#,
    );
    check(&["ENV A"], "ENV must have two arguments");
    check(&["ENV A=1 b"], r#"Syntax error - can't find = in "b". Must be of the form: name=value"#);
    check(&["ENV =x"], "ENV names can not be blank");
    check(&["ENV A='x"], "unexpected end of statement while looking for matching single-quote");
    check(&["ENV A=${X"], "syntax error: missing '}'");
    check(&["ENV A=${X:?gone}"], "X: gone");
}

#[test]
fn labels_and_volumes_and_ports() {
    check(
        &["LABEL a=b \"c d\"=\"e\\\"f\"", "LABEL g h i"],
        r#"{"Labels":{"a":"b","c d":"e\"f","g":"h i"}}"#,
    );
    check(&["VOLUME /a /b"], r#"{"Volumes":{"/a":{},"/b":{}}}"#);
    check(&[r#"VOLUME ["/a b"]"#], r#"{"Volumes":{"/a b":{}}}"#);
    check(&[r#"VOLUME [""]"#], "VOLUME specified can not be an empty string");
    check(
        &["ENV P=7", "EXPOSE 80 53/UDP 8000-8002/tcp $P"],
        r#"{"ExposedPorts":{"53/udp":{},"7/tcp":{},"80/tcp":{},"8000/tcp":{},"8001/tcp":{},"8002/tcp":{}},"Env":["P=7"]}"#,
    );
    check(&["EXPOSE many"], "Invalid containerPort: many");
    check(&["EXPOSE 9-8"], "Invalid containerPort: 9-8");
    check(&["EXPOSE 80/icmp"], "Invalid proto: icmp");
}

#[test]
fn the_working_directory_is_joined_to_the_one_before() {
    check(&["WORKDIR /a", "WORKDIR b/./c", "WORKDIR ../d"], r#"{"WorkingDir":"/a/b/d"}"#);
    check(&["WORKDIR x"], r#"{"WorkingDir":"/x"}"#);
    check(&["ENV D=/srv", "WORKDIR $D/../.."], r#"{"Env":["D=/srv"],"WorkingDir":"/"}"#);
    check(&["WORKDIR"], "WORKDIR requires exactly one argument");
}

#[test]
fn user_signal_and_triggers() {
    check(
        &["USER me:us", "STOPSIGNAL SIGRTMIN+3"],
        r#"{"User":"me:us","StopSignal":"SIGRTMIN+3"}"#,
    );
    check(&["STOPSIGNAL 9"], r#"{"StopSignal":"9"}"#);
    check(&["STOPSIGNAL whatever"], "Invalid signal: whatever");
    check(&["STOPSIGNAL 65"], "Invalid signal: 65");
    check(&["ONBUILD RUN make  all"], r#"{"OnBuild":["RUN make  all"]}"#);
    check(&["ONBUILD onbuild RUN x"], "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    check(&["ONBUILD from x"], "FROM isn't allowed as an ONBUILD trigger");
}

#[test]
fn health_checks() {
    check(&["HEALTHCHECK NONE"], r#"{"Healthcheck":{"Test":["NONE"]}}"#);
    check(
        &["HEALTHCHECK --interval=1m30s --timeout=1.5s --retries=3 CMD curl -f localhost"],
        r#"{"Healthcheck":{"Interval":90000000000,"Retries":3,"Test":["CMD-SHELL","curl -f localhost"],"Timeout":1500000000}}"#,
    );
    check(
        &[r#"HEALTHCHECK --start-period=5s CMD ["a"]"#],
        r#"{"Healthcheck":{"StartPeriod":5000000000,"Test":["CMD","a"]}}"#,
    );
    check(&["HEALTHCHECK --interval=1us CMD x"], r#"Interval "1us" cannot be less than 1ms"#);
    check(&["HEALTHCHECK --interval=soon CMD x"], r#"time: invalid duration "soon""#);
    check(&["HEALTHCHECK --weight=2 CMD x"], "Unknown flag: weight");
    check(&["HEALTHCHECK CMD"], "Missing command after HEALTHCHECK CMD");
    check(&["HEALTHCHECK PING x"], r#"Unknown type "PING" in HEALTHCHECK (try CMD)"#);
}

#[test]
fn other_instructions_are_refused_and_nothing_is_changed() {
    check(&["ENV A=1", "RUN rm -rf /"], "run is not a valid change command");
    check(&["FROM busybox"], "from is not a valid change command");
}

#[test]
fn comments_and_joined_lines_are_read_as_in_a_dockerfile() {
    check(&["# nothing\n\nENV A=1 \\\n  B=2"], r#"{"Env":["A=1","B=2"]}"#);
}
