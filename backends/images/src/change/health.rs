//! `HEALTHCHECK`: `NONE`, or options and a command.

use serde_json::{Map, Value};

use super::{ChangeError, list, wrong};

/// The shortest time that a health check can be told, in nanoseconds: a millisecond, as in Docker.
const NANOS_MIN: i64 = 1_000_000;

/// The options with a time, and how the configuration calls them.
const TIMES: [(&str, &str); 4] = [
    ("interval", "Interval"),
    ("timeout", "Timeout"),
    ("start-period", "StartPeriod"),
    ("start-interval", "StartInterval"),
];

/// Reads an instruction, and gives what the configuration says of it.
pub(super) fn parse(text: &str) -> Result<Value, ChangeError> {
    let mut config = Map::new();
    let mut rest = text;
    while let Some(flag) = rest.strip_prefix("--") {
        let (flag, behind) = flag.split_once(char::is_whitespace).unwrap_or((flag, ""));
        rest = behind.trim_start();
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        set_option(&mut config, name, value)?;
    }
    let (kind, command) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let command = command.trim();
    let test = match (kind.to_uppercase().as_str(), command) {
        ("NONE", "") if config.is_empty() => vec!["NONE".to_owned()],
        ("NONE", _) => return wrong("HEALTHCHECK NONE takes no arguments".to_owned()),
        ("CMD", "") => return wrong("Missing command after HEALTHCHECK CMD".to_owned()),
        ("CMD", command) => match list(command)? {
            Some(list) => [vec!["CMD".to_owned()], list].concat(),
            None => vec!["CMD-SHELL".to_owned(), command.to_owned()],
        },
        _ => return wrong(format!("Unknown type {kind:?} in HEALTHCHECK (try CMD)")),
    };
    config.insert("Test".to_owned(), test.into());
    Ok(Value::Object(config))
}

fn set_option(config: &mut Map<String, Value>, name: &str, value: &str) -> Result<(), ChangeError> {
    if name == "retries" {
        return match value.parse::<u32>() {
            Ok(0) => wrong("--retries must be at least 1 (not 0)".to_owned()),
            Ok(retries) => {
                config.insert("Retries".to_owned(), retries.into());
                Ok(())
            }
            Err(_) => wrong(format!("bad number {value:?} for --retries")),
        };
    }
    let Some((_, key)) = TIMES.iter().find(|(option, _)| *option == name) else {
        return wrong(format!("Unknown flag: {name}"));
    };
    match nanos(value) {
        Some(nanos) if nanos >= NANOS_MIN => {
            config.insert((*key).to_owned(), nanos.into());
            Ok(())
        }
        Some(_) => wrong(format!("{key} {value:?} cannot be less than 1ms")),
        None => wrong(format!("time: invalid duration {value:?}")),
    }
}

/// Reads a time such as `1m30s` or `1.5h`, as Go does.
fn nanos(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut sum = 0.0_f64;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(unit_at);
        let unit_end = behind.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, behind) = behind.split_at(unit_end.unwrap_or(behind.len()));
        let scale = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * scale;
        rest = behind;
    }
    // Go's times end after 292 years.
    (!text.is_empty() && sum < 9.2e18).then_some(sum as i64)
}
