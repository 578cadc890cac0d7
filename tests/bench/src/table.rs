//! The table on standard output, and the JSON file.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::figure::{Figure, milliseconds};
use crate::goal::GOALS;
use crate::machine::Machine;
use crate::subject::Kind;

/// Prints the figures and what became of the goals.
pub(crate) fn print(figures: &[Figure], machine: &Machine) {
    say(&format!("\n{}\n", machine.line()));
    say(&format!("{}\n{}", head(), rows(figures)));
    let verdicts = verdicts(figures);
    if !verdicts.is_empty() {
        say(&verdicts);
    }
}

/// Writes everything as JSON, for plots and for comparing runs.
pub(crate) fn write_json(figures: &[Figure], machine: &Machine, path: &Path) -> Result<()> {
    let all: Vec<_> = figures.iter().map(Figure::to_json).collect();
    let text =
        serde_json::to_string_pretty(&json!({"machine": machine.to_json(), "figures": all}))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, text)?)
}

/// Prints one line.
#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

fn head() -> String {
    line(&["what", "subject", "figure", "", "p50 ms", "p99 ms", "cpu µs"].map(str::to_owned))
}

/// The figures, one a line.
pub(crate) fn rows(figures: &[Figure]) -> String {
    let mut lines = Vec::new();
    for figure in figures {
        let time = |duration: Option<_>| {
            duration.map_or_else(String::new, |d| format!("{:.2}", milliseconds(d)))
        };
        lines.push(line(&[
            figure.what.to_owned(),
            figure.subject.map_or("machine", Kind::name).to_owned(),
            figure.value.map_or_else(|| "unsupported".to_owned(), grouped),
            figure.unit.name().to_owned(),
            time(figure.spread.map(|spread| spread.p50)),
            time(figure.spread.map(|spread| spread.p99)),
            figure.cpu.map_or_else(String::new, |cpu| format!("{:.0}", milliseconds(cpu) * 1000.0)),
        ]));
    }
    lines.join("\n")
}

fn line(cells: &[String; 7]) -> String {
    let [what, subject, figure, unit, p50, p99, cpu] = cells;
    format!("{what:<38} {subject:<11} {figure:>12} {unit:<5} {p50:>9} {p99:>9} {cpu:>9}")
        .trim_end()
        .to_owned()
}

fn verdicts(figures: &[Figure]) -> String {
    GOALS
        .iter()
        .filter_map(|goal| goal.verdict(figures).map(|verdict| (goal.what(), verdict)))
        .map(|(what, (words, met))| {
            format!("\n{:<7} {what}: {words}", if met { "met" } else { "MISSED" })
        })
        .collect()
}

/// A figure with as many digits as matter, thousands apart.
pub(crate) fn grouped(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
