//! Instructions as the docker daemon notes them in an image's history.

use serde_json::Value;

/// Shows words as Go quotes a list of them.
pub(super) fn list(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    format!("[{}]", quoted.join(" "))
}

/// Shows names with their values.
pub(super) fn pairs(pairs: &[(String, String)]) -> String {
    let shown: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    shown.join(" ")
}

/// Shows a health check: its test, its three times, and its number of tries as the character of that number.
pub(super) fn health(check: &Value) -> String {
    let test = check["Test"].as_array().map(Vec::as_slice).unwrap_or_default();
    let test: Vec<String> = test.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let time = |key: &str| format!("{:?}", duration(check[key].as_i64().unwrap_or_default()));
    let tries = check["Retries"].as_u64().unwrap_or_default();
    let times = ["Interval", "Timeout", "StartPeriod"].map(time).join(" ");
    format!("&{{{} {times} '\\x{tries:02x}'}}", list(&test))
}

/// Shows nanoseconds as Go does: `1m30s`.
fn duration(nanos: i64) -> String {
    const UNITS: [(&str, i64); 2] = [("h", 3_600_000_000_000), ("m", 60_000_000_000)];
    const SMALL: [(&str, i64); 3] = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)];
    if nanos == 0 {
        return "0s".to_owned();
    }
    if nanos < SMALL[0].1 {
        let unit = SMALL.iter().find(|(_, size)| nanos >= *size);
        return unit
            .map_or_else(|| format!("{nanos}ns"), |(name, size)| decimal(nanos, *size, name));
    }
    let mut rest = nanos;
    let mut shown = String::new();
    for (name, size) in UNITS {
        if nanos >= size {
            shown.push_str(&format!("{}{name}", rest / size));
            rest %= size;
        }
    }
    shown + &decimal(rest, SMALL[0].1, "s")
}

fn decimal(nanos: i64, size: i64, name: &str) -> String {
    let digits = size.ilog10() as usize;
    let fraction = format!("{:0digits$}", nanos % size);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{name}", nanos / size)
}
