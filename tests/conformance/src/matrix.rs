//! The support matrix: a line a row of acceptance, a column an endpoint, made of results alone.

use std::fmt::Write as _;

use anyhow::Result;

use crate::acceptance::{Chapter, Feature, chapters};
use crate::results::{Results, Word};

/// What stands at the top of the file.
const HEAD: &str = "# Support matrix\n\n\
    Made by `make conformance` of the files in `results/`; not written by hand.\n\n\
    - **pass**: every test of the row passes.\n\
    - **fail**: at least one does not; the notes say which.\n\
    - **unsupported**: the endpoint answers 501 and says why.\n\
    - **not asked**: there is a test, but this endpoint cannot know the behaviour, or differs on purpose.\n\
    - **no test yet**: open.\n";

/// The matrix of several endpoints as Markdown.
pub fn markdown(all: &[Results]) -> Result<String> {
    let chapters = chapters()?;
    let mut text = HEAD.to_owned();
    summary(&mut text, &chapters, all)?;
    for chapter in &chapters {
        write!(text, "\n## {}\n\n| row | feature |", chapter.title)?;
        let columns = all.len() + 2;
        for results in all {
            write!(text, " {} |", results.endpoint)?;
        }
        writeln!(text, "\n|{}", "---|".repeat(columns))?;
        for feature in &chapter.features {
            write!(text, "| {} | {} |", feature.id, feature.title)?;
            for results in all {
                write!(text, " {} |", cell(feature, results, all))?;
            }
            text.push('\n');
        }
    }
    notes(&mut text, &chapters, all)?;
    Ok(text)
}

/// Who was asked, and how many rows have which word.
fn summary(text: &mut String, chapters: &[Chapter], all: &[Results]) -> Result<()> {
    let words = ["pass", "fail", "unsupported", "not asked", "no test yet"];
    writeln!(text, "\n| endpoint | version | API | kernel | date | {} |", words.join(" | "))?;
    writeln!(text, "|{}", "---|".repeat(5 + words.len()))?;
    for results in all {
        let Results { endpoint, version, api_version, kernel, date, .. } = results;
        write!(text, "| {endpoint} | {version} | {api_version} | {kernel} | {date} |")?;
        for word in words {
            let features = chapters.iter().flat_map(|chapter| &chapter.features);
            let count = features.filter(|feature| shown(&feature.id, results, all) == word).count();
            write!(text, " {count} |")?;
        }
        text.push('\n');
    }
    Ok(())
}

/// A cell: the word, and how many of its tests pass.
fn cell(feature: &Feature, results: &Results, all: &[Results]) -> String {
    let word = shown(&feature.id, results, all);
    let Some(tests) = results.rows.get(&feature.id) else { return word.to_owned() };
    let passed = tests.iter().filter(|test| test.result == Word::Pass).count();
    match results.word(&feature.id) {
        Some(Word::Pass) => format!("{word} ({passed})"),
        Some(Word::Fail | Word::Unsupported) => format!("**{word}** ({passed} of {})", tests.len()),
        Some(Word::NotAsked) | None => word.to_owned(),
    }
}

/// The word of a row; a row that only another endpoint was asked has a test.
fn shown(id: &str, results: &Results, all: &[Results]) -> &'static str {
    match results.word(id) {
        Some(word) => word.name(),
        None if all.iter().any(|other| other.rows.contains_key(id)) => Word::NotAsked.name(),
        None => "no test yet",
    }
}

/// Every test that does not pass, with its reason.
fn notes(text: &mut String, chapters: &[Chapter], all: &[Results]) -> Result<()> {
    text.push_str("\n## Notes\n");
    for results in all {
        writeln!(text, "\n### {}\n", results.endpoint)?;
        let mut any = false;
        for feature in chapters.iter().flat_map(|chapter| &chapter.features) {
            for test in results.rows.get(&feature.id).into_iter().flatten() {
                if test.result == Word::Pass {
                    continue;
                }
                let reason = test.reason.as_deref().unwrap_or("no reason is told");
                writeln!(text, "- `{}`: {}: {}", test.test, test.result.name(), one_line(reason))?;
                any = true;
            }
        }
        if !any {
            text.push_str("Every test passes.\n");
        }
    }
    Ok(())
}

/// The first line of a reason, so long that a person reads it.
fn one_line(reason: &str) -> String {
    /// Longer reasons hold whole answers; the file of results has all of them.
    const SHOWN_CHARS: usize = 160;
    let line = reason.lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;
