//! The program, its environment and what is told of it.

use std::collections::BTreeMap;

use journal_domain::Signal;
use serde_json::{Value, json};

use super::Made;
use crate::{error::Failure, fields::Fields};

/// The annotation that podman's client sets on each container, for other runtimes.
const TERMINAL_NOTE: &str = "io.kubernetes.cri-o.TTY";

pub(super) fn take(fields: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    made.config("Image", fields.take::<String>("image")?);
    for (field, name) in [("command", "Cmd"), ("entrypoint", "Entrypoint")] {
        // An empty list is an answer of its own: the image's is not wanted.
        if let Some(words) = fields.take::<Option<Vec<String>>>(field)? {
            made.config.insert(name.to_owned(), json!(words));
        }
    }
    let env: BTreeMap<String, String> = fields.take("env")?;
    made.config(
        "Env",
        env.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
    );
    made.config("Labels", json!(fields.take::<BTreeMap<String, String>>("labels")?));
    made.config("WorkingDir", fields.take::<String>("work_dir")?);
    made.config("User", fields.take::<String>("user")?);
    made.config("Hostname", fields.take::<String>("hostname")?);
    made.config("Tty", fields.take::<bool>("terminal")?);
    let stdin: bool = fields.take("stdin")?;
    made.config("OpenStdin", stdin);
    made.config("StdinOnce", stdin);
    made.host("Init", fields.take::<bool>("init")?);
    made.host("AutoRemove", fields.take::<bool>("remove")?);
    let mut annotations: BTreeMap<String, String> = fields.take("annotations")?;
    annotations.remove(TERMINAL_NOTE);
    made.host("Annotations", json!(annotations));
    take_end(fields, made)?;
    take_health(fields, made)?;
    fields.only("systemd", &["true", "false"])?;
    fields.only("sdnotifyMode", &["container"])?;
    fields.only("umask", &["0022"])?;
    take_logging(fields, made)
}

/// How it is stopped, and what happens after an end.
fn take_end(fields: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    let signal: Option<Value> = fields.take("stop_signal")?;
    if let Some(signal) = signal {
        // A number of clients of 4, a number or a name of later ones.
        let text = signal.as_str().map_or_else(|| signal.to_string(), str::to_owned);
        let signal: Signal =
            text.parse().map_err(|_| Failure::invalid(format!("invalid signal: {text}")))?;
        made.config("StopSignal", signal.to_string());
    }
    if let Some(seconds) = fields.take::<Option<i64>>("stop_timeout")? {
        made.config.insert("StopTimeout".to_owned(), json!(seconds));
    }
    let policy: String = fields.take("restart_policy")?;
    let tries: Option<i64> = fields.take("restart_tries")?;
    if !policy.is_empty() {
        let policy = json!({ "Name": policy, "MaximumRetryCount": tries.unwrap_or(0) });
        made.host("RestartPolicy", policy);
    }
    Ok(())
}

fn take_health(fields: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    made.config("Healthcheck", fields.take::<Value>("healthconfig")?);
    // What clients of 5 send where nobody said anything: results are kept with the container, five of 500 bytes.
    fields.only("healthLogDestination", &["local"])?;
    for (name, default) in [("healthMaxLogCount", 5), ("healthMaxLogSize", 500)] {
        let count: Option<i64> = fields.take(name)?;
        if count.is_some_and(|count| count != default) {
            return Err(Failure::not_built(name));
        }
    }
    Ok(())
}

fn take_logging(fields: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    let mut logging = fields.object("log_configuration")?;
    let driver: String = logging.take("driver")?;
    let options: BTreeMap<String, String> = logging.take("options")?;
    logging.finish()?;
    if !driver.is_empty() || !options.is_empty() {
        made.host("LogConfig", json!({ "Type": driver, "Config": options }));
    }
    Ok(())
}
