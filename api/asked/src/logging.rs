//! `HostConfig.LogConfig`: where a container's output goes, and how much of it is kept.
//!
//! Texts are dockerd's. It reads the values of options only at the start; here they are read before anything is made.

use std::{collections::BTreeMap, num::NonZeroU32};

use api_shown::{Logged, check_log_attributes, log_attributes};
use api_types::{LogConfig, parse_decimal_size_bytes};
use journal_domain::{Logging, LoggingDriver, Retention};
use projector_containers::Container;

use crate::Unfit;

/// Bytes of a file of the driver `local` where its client says nothing: Docker's default.
const LOCAL_FILE_BYTES: u64 = 20 * 1024 * 1024;

/// Files of the driver `local` where its client says nothing: Docker's default.
const LOCAL_FILES: NonZeroU32 = NonZeroU32::new(5).expect("five is not zero");

/// Drivers of Docker that are not built.
const UNBUILT: [&str; 9] = [
    "syslog",
    "journald",
    "gelf",
    "fluentd",
    "awslogs",
    "splunk",
    "etwlogs",
    "gcplogs",
    "logentries",
];

/// Options that drivers of Docker know and that are not built, but for the value that asks for nothing.
const UNBUILT_OPTIONS: [(&str, &str); 2] = [("compress", "false"), ("mode", "blocking")];

/// Reads where output shall go; `None` where all of it is simply kept.
pub(super) fn logging(config: &LogConfig) -> Result<Option<Logging>, Unfit> {
    let driver = match config.kind.as_str() {
        "" | "json-file" => LoggingDriver::JsonFile,
        "local" => LoggingDriver::Local,
        "none" => LoggingDriver::None,
        other if UNBUILT.contains(&other) => {
            return Err(Unfit::unbuilt(format!(
                "not built yet: HostConfig.LogConfig with the driver {other}; \
                 there are json-file, local and none"
            )));
        }
        other => {
            return Err(Unfit::invalid(format!(
                "error looking up logging plugin {other}: plugin \"{other}\" not found"
            )));
        }
    };
    check_names(driver, &config.config)?;
    if driver == LoggingDriver::JsonFile {
        check_log_attributes(&config.config)?;
    }
    if driver == LoggingDriver::JsonFile && config.config.is_empty() {
        return Ok(None);
    }
    let retention = match driver {
        LoggingDriver::JsonFile => json_file(&config.config)?,
        LoggingDriver::Local => Some(local(&config.config)?),
        LoggingDriver::None => None,
    };
    Ok(Some(Logging { driver, options: config.config.clone(), retention }))
}

/// Shows what was sent.
pub(super) fn log_config(container: &Container) -> LogConfig {
    match container.logging() {
        None => LogConfig { kind: "json-file".into(), config: BTreeMap::new() },
        Some(logging) => {
            LogConfig { kind: logging.driver.as_str().into(), config: logging.options.clone() }
        }
    }
}

/// Gives what stands before each line where its details are asked for, and the space behind it; `env` are the container's
/// variables.
pub fn log_details(container: &Container, env: &[String]) -> Result<String, Unfit> {
    let logging = container.logging().filter(|logging| logging.driver == LoggingDriver::JsonFile);
    let Some(logging) = logging else { return Ok(" ".to_owned()) };
    let spec = &container.spec;
    let attributes = log_attributes(
        &logging.options,
        &Logged {
            id: &container.id.to_string(),
            name: &container.name.to_string(),
            image_id: &spec.image_id.map(|id| id.to_string()).unwrap_or_default(),
            image: &spec.image,
            command: &spec.argv(),
            labels: &spec.labels,
            env,
        },
    )?;
    Ok(attributes + " ")
}

/// Refuses to read logs that nobody keeps.
pub fn check_readable(container: &Container) -> Result<(), Unfit> {
    match container.logging().map(|logging| logging.driver) {
        Some(LoggingDriver::None) => {
            Err(Unfit::unbuilt("configured logging driver does not support reading"))
        }
        Some(LoggingDriver::JsonFile | LoggingDriver::Local) | None => Ok(()),
    }
}

fn check_names(driver: LoggingDriver, options: &BTreeMap<String, String>) -> Result<(), Unfit> {
    // Docker takes whatever is said to the driver that does nothing.
    let (known, place): (&[&str], _) = match driver {
        LoggingDriver::None => return Ok(()),
        LoggingDriver::JsonFile => (
            &[
                "max-file",
                "max-size",
                "compress",
                "labels",
                "labels-regex",
                "env",
                "env-regex",
                "tag",
            ],
            "json-file log driver",
        ),
        LoggingDriver::Local => (&["max-file", "max-size", "compress"], "log driver local"),
    };
    for (name, value) in options {
        match name.as_str() {
            "mode" if !matches!(value.as_str(), "blocking" | "non-blocking") => {
                return Err(Unfit::invalid(format!("logger: logging mode not supported: {value}")));
            }
            "max-buffer-size" if options.get("mode").is_none_or(|mode| mode != "non-blocking") => {
                return Err(Unfit::invalid(
                    "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
                ));
            }
            "mode" | "max-buffer-size" => {}
            name if known.contains(&name) => {}
            name => {
                return Err(Unfit::invalid(format!("unknown log opt '{name}' for {place}")));
            }
        }
    }
    let unbuilt = UNBUILT_OPTIONS
        .iter()
        .find(|(name, harmless)| options.get(*name).is_some_and(|value| value != harmless));
    match unbuilt {
        None => Ok(()),
        Some((name, _)) => Err(Unfit::unbuilt(format!(
            "not built yet: the option {name} of HostConfig.LogConfig; create the container without"
        ))),
    }
}

fn json_file(options: &BTreeMap<String, String>) -> Result<Option<Retention>, Unfit> {
    let file_bytes = file_bytes(options, |reason| reason)?;
    let files = files(options)?.unwrap_or(NonZeroU32::MIN);
    Ok(file_bytes.map(|file_bytes| Retention { file_bytes, files }))
}

fn local(options: &BTreeMap<String, String>) -> Result<Retention, Unfit> {
    let size = options.get("max-size").cloned().unwrap_or_default();
    let placed = |reason| format!("invalid value for max-size: {size}: {reason}");
    let file_bytes = file_bytes(options, placed)?.unwrap_or(LOCAL_FILE_BYTES);
    Ok(Retention { file_bytes, files: files(options)?.unwrap_or(LOCAL_FILES) })
}

fn file_bytes(
    options: &BTreeMap<String, String>,
    placed: impl Fn(String) -> String,
) -> Result<Option<u64>, Unfit> {
    let Some(text) = options.get("max-size") else { return Ok(None) };
    let bytes = parse_decimal_size_bytes(text)
        .map_err(|error| Unfit::invalid(placed(error.to_string())))?;
    match u64::try_from(bytes) {
        Ok(0) | Err(_) => {
            Err(Unfit::invalid(placed("max-size must be a positive number".to_owned())))
        }
        Ok(bytes) => Ok(Some(bytes)),
    }
}

fn files(options: &BTreeMap<String, String>) -> Result<Option<NonZeroU32>, Unfit> {
    let Some(text) = options.get("max-file") else { return Ok(None) };
    let count: i64 = text
        .parse()
        .map_err(|_| Unfit::invalid(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
    let count = u32::try_from(count.min(u32::MAX.into())).ok().and_then(NonZeroU32::new);
    count.map(Some).ok_or_else(|| Unfit::invalid("max-file cannot be less than 1"))
}

#[cfg(test)]
mod tests;
