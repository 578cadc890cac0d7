//! The processes of a run, by the host's `ps`: what its columns mean is known to it alone.

use std::{collections::BTreeSet, process::Command};

use backends_core::{EffectError, ProcessTable};

/// Asks `ps` with a client's arguments and keeps the rows of these processes.
///
/// As dockerd does it: with `-q` where the arguments go with that, and else among all processes of the host.
pub(crate) fn processes(
    pids: &BTreeSet<u32>,
    arguments: &[String],
) -> Result<ProcessTable, EffectError> {
    let listed: Vec<String> = pids.iter().map(u32::to_string).collect();
    let only = [format!("-q{}", listed.join(","))];
    let told = ask(arguments, &only).or_else(|_| ask(arguments, &[]))?;
    table(&told, pids)
}

#[expect(clippy::disallowed_methods, reason = "the host's ps is this file's own")]
fn ask(arguments: &[String], more: &[String]) -> Result<String, EffectError> {
    let output = Command::new("ps").args(arguments).args(more).output();
    let output =
        output.map_err(|error| EffectError::Failed(format!("Error running ps: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(EffectError::Failed(format!("Error running ps: {}", said.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads what `ps` has written. What has no number of its own, as a thread has none, belongs to the row above it.
fn table(told: &str, pids: &BTreeSet<u32>) -> Result<ProcessTable, EffectError> {
    let mut lines = told.lines();
    let titles = words(lines.next().unwrap_or_default());
    let Some(column) = titles.iter().position(|title| title == "PID") else {
        return Err(EffectError::Failed("Couldn't find PID field in ps output".to_owned()));
    };
    let mut processes = Vec::new();
    let mut is_own = false;
    for fields in lines.map(words).filter(|fields| fields.len() > column) {
        if fields[column] != "-" {
            let pid: u32 = fields[column].parse().map_err(|_| {
                let text = format!("Unexpected pid '{}'", fields[column]);
                EffectError::Failed(text)
            })?;
            is_own = pids.contains(&pid);
        }
        if is_own {
            processes.push(row(fields, titles.len()));
        }
    }
    Ok(ProcessTable { titles, processes })
}

fn words(line: &str) -> Vec<String> {
    line.split_ascii_whitespace().map(str::to_owned).collect()
}

/// Joins what is beyond the last column into it: a command line has spaces.
fn row(mut fields: Vec<String>, columns: usize) -> Vec<String> {
    if fields.len() > columns {
        let last = fields.split_off(columns - 1).join(" ");
        fields.push(last);
    }
    fields
}

#[cfg(test)]
mod tests;
