//! `HostConfig.LogConfig`: where a container's output goes, and how much of it is kept.
//!
//! Texts are dockerd's. It reads the values of options only at the start; here they are read before anything is made.

use std::{collections::BTreeMap, num::NonZeroU32};

use api_shown::{Logged, check_log_attributes, log_attributes};
use api_types::{LogConfig, parse_decimal_size_bytes};
use backends_images::Reach;
use journal_domain::{Logging, LoggingDriver, Retention, Syslog, SyslogAddress, parse_bool};
use projector_containers::Container;

use crate::Unfit;

/// Bytes of a file of the driver `local` where its client says nothing: Docker's default.
const LOCAL_FILE_BYTES: u64 = 20 * 1024 * 1024;

/// Files of the driver `local` where its client says nothing: Docker's default.
const LOCAL_FILES: NonZeroU32 = NonZeroU32::new(5).expect("five is not zero");

/// Options of whatever is kept of output that is sent elsewhere. Docker takes them with any driver.
const CACHE: [&str; 4] = [CACHE_DISABLED, CACHE_SIZE, CACHE_FILES, "cache-compress"];

/// The option by which what is kept is not shown.
const CACHE_DISABLED: &str = "cache-disabled";

/// The option that says how large a file of it is.
const CACHE_SIZE: &str = "cache-max-size";

/// The option that says how many files there are of it.
const CACHE_FILES: &str = "cache-max-file";

/// The template of a tag where its client says none: the short id, as in Docker.
const TAG: &str = "{{.ID}}";

/// Drivers of Docker that are not built.
const UNBUILT: [&str; 8] =
    ["journald", "gelf", "fluentd", "awslogs", "splunk", "etwlogs", "gcplogs", "logentries"];

/// Options that drivers of Docker know and that are not built, but for the value that asks for nothing.
const UNBUILT_OPTIONS: [(&str, &str); 2] = [("compress", "false"), ("mode", "blocking")];

/// Options of files whose names differ between drivers: how large one is, and how many there are.
type FileOptions = (&'static str, &'static str);

/// Those of drivers that keep output themselves.
const FILES: FileOptions = ("max-size", "max-file");

/// Reads where output shall go; `None` where all of it is simply kept.
pub(super) fn logging(config: &LogConfig) -> Result<Option<Logging>, Unfit> {
    let driver = match config.kind.as_str() {
        "" | "json-file" => LoggingDriver::JsonFile,
        "local" => LoggingDriver::Local,
        "none" => LoggingDriver::None,
        "syslog" => LoggingDriver::Syslog,
        other if UNBUILT.contains(&other) => {
            return Err(Unfit::unbuilt(format!(
                "not built yet: HostConfig.LogConfig with the driver {other}; \
                 there are json-file, local, syslog and none"
            )));
        }
        other => {
            return Err(Unfit::invalid(format!(
                "error looking up logging plugin {other}: plugin \"{other}\" not found"
            )));
        }
    };
    check_names(driver, &config.config)?;
    if matches!(driver, LoggingDriver::JsonFile | LoggingDriver::Syslog) {
        check_log_attributes(&config.config)?;
    }
    if driver == LoggingDriver::JsonFile && config.config.is_empty() {
        return Ok(None);
    }
    let retention = match driver {
        LoggingDriver::JsonFile => json_file(&config.config)?,
        LoggingDriver::Local => Some(local(&config.config, FILES)?),
        LoggingDriver::Syslog => {
            check_receiver(&Syslog::read(&config.config)?.address)?;
            Some(local(&config.config, (CACHE_SIZE, CACHE_FILES))?)
        }
        LoggingDriver::None => None,
    };
    Ok(Some(Logging { driver, options: config.config.clone(), retention }))
}

/// Refuses a receiver at an address where nothing may lead, as that of a metadata service.
fn check_receiver(address: &SyslogAddress) -> Result<(), Unfit> {
    let place = match address {
        SyslogAddress::Udp(place) | SyslogAddress::Tcp(place) => place,
        SyslogAddress::Local | SyslogAddress::Unix(_) | SyslogAddress::Unixgram(_) => return Ok(()),
    };
    let host = place.rsplit_once(':').map_or(place.as_str(), |(host, _)| host);
    if !Reach::is_denied(host) {
        return Ok(());
    }
    let name = Syslog::ADDRESS;
    Err(Unfit::invalid(format!("{name}: {host} is an address where output must not go")))
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

/// Refuses to read logs that nobody keeps, or not to be read.
pub fn check_readable(container: &Container) -> Result<(), Unfit> {
    let Some(logging) = container.logging() else { return Ok(()) };
    let is_readable = match logging.driver {
        LoggingDriver::None => false,
        LoggingDriver::Syslog => {
            let disabled = logging.options.get(CACHE_DISABLED);
            disabled.is_none_or(|value| parse_bool(value) != Some(true))
        }
        LoggingDriver::JsonFile | LoggingDriver::Local => true,
    };
    if is_readable {
        return Ok(());
    }
    Err(Unfit::unbuilt("configured logging driver does not support reading"))
}

/// Gives the tag that a container's output is sent under.
pub fn log_tag(logging: &Logging, logged: &Logged<'_>) -> Result<String, Unfit> {
    let template = logging.options.get("tag").map_or("", String::as_str);
    Ok(api_shown::log_tag(if template.is_empty() { TAG } else { template }, logged)?)
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
        LoggingDriver::Syslog => {
            (&["labels", "labels-regex", "env", "env-regex", "tag"], "syslog log driver")
        }
    };
    let of_syslog = |name: &str| driver == LoggingDriver::Syslog && Syslog::OPTIONS.contains(&name);
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
            CACHE_DISABLED if !value.is_empty() && parse_bool(value).is_none() => {
                let text = format!("invalid value for option {CACHE_DISABLED}: {value}");
                return Err(Unfit::invalid(text));
            }
            "mode" | "max-buffer-size" => {}
            name if known.contains(&name) || CACHE.contains(&name) || of_syslog(name) => {}
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
    let file_bytes = file_bytes(options, FILES.0, |reason| reason)?;
    let files = files(options, FILES.1)?.unwrap_or(NonZeroU32::MIN);
    Ok(file_bytes.map(|file_bytes| Retention { file_bytes, files }))
}

/// Reads what Docker's own format is kept in, which has limits from the start.
fn local(
    options: &BTreeMap<String, String>,
    (max_size, max_file): FileOptions,
) -> Result<Retention, Unfit> {
    let size = options.get(max_size).cloned().unwrap_or_default();
    let placed = |reason| format!("invalid value for {max_size}: {size}: {reason}");
    let file_bytes = file_bytes(options, max_size, placed)?.unwrap_or(LOCAL_FILE_BYTES);
    Ok(Retention { file_bytes, files: files(options, max_file)?.unwrap_or(LOCAL_FILES) })
}

fn file_bytes(
    options: &BTreeMap<String, String>,
    name: &str,
    placed: impl Fn(String) -> String,
) -> Result<Option<u64>, Unfit> {
    let Some(text) = options.get(name) else { return Ok(None) };
    let bytes = parse_decimal_size_bytes(text)
        .map_err(|error| Unfit::invalid(placed(error.to_string())))?;
    match u64::try_from(bytes) {
        Ok(0) | Err(_) => Err(Unfit::invalid(placed(format!("{name} must be a positive number")))),
        Ok(bytes) => Ok(Some(bytes)),
    }
}

fn files(options: &BTreeMap<String, String>, name: &str) -> Result<Option<NonZeroU32>, Unfit> {
    let Some(text) = options.get(name) else { return Ok(None) };
    let count: i64 = text
        .parse()
        .map_err(|_| Unfit::invalid(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
    let count = u32::try_from(count.min(u32::MAX.into())).ok().and_then(NonZeroU32::new);
    count.map(Some).ok_or_else(|| Unfit::invalid(format!("{name} cannot be less than 1")))
}

#[cfg(test)]
mod tests;
