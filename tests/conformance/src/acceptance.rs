//! The acceptance table: every row that a tester can check, whether a test does so yet or not.

use anyhow::{Context as _, Result, ensure};

/// The table as text: chapters as headings, below each its rows.
const TABLE: &str = include_str!("../acceptance.txt");

/// A chapter of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chapter {
    /// Its title.
    pub(crate) title: String,
    /// Its rows, in order.
    pub(crate) features: Vec<Feature>,
}

/// A row of the table: one behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Feature {
    /// The id, such as `D-031`.
    pub(crate) id: String,
    /// What the table calls it.
    pub(crate) title: String,
}

/// The whole table.
pub(crate) fn chapters() -> Result<Vec<Chapter>> {
    parse(TABLE)
}

/// The id of the row that a test is named for, as `d_031_the_exit_code…` for D-031; none for other names.
pub(crate) fn id_of(test: &str) -> Option<String> {
    let (letter, rest) = test.split_once('_')?;
    let number = rest.split('_').next()?;
    let is_id = ["d", "w"].contains(&letter)
        && number.len() == 3
        && number.chars().all(|digit| digit.is_ascii_digit());
    is_id.then(|| format!("{}-{number}", letter.to_uppercase()))
}

fn parse(text: &str) -> Result<Vec<Chapter>> {
    let mut chapters: Vec<Chapter> = Vec::new();
    // The text before the first heading is for the reader.
    let lines = text.lines().skip_while(|line| !line.starts_with("# "));
    for line in lines.filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_prefix("# ") {
            chapters.push(Chapter { title: title.to_owned(), features: Vec::new() });
            continue;
        }
        let (id, title) = line.split_once(' ').with_context(|| format!("no row: {line}"))?;
        let named = format!("{}_", id.to_lowercase().replace('-', "_"));
        ensure!(id_of(&named).as_deref() == Some(id), "{id} is no id of a row");
        let chapter = chapters.last_mut().context("a row before the first chapter")?;
        chapter.features.push(Feature { id: id.to_owned(), title: title.to_owned() });
    }
    Ok(chapters)
}

#[cfg(test)]
mod tests;
