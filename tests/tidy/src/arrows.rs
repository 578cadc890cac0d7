//! The arrows between crates are those of the table in ARCHITECTURE.md.
//!
//! The table is the fenced block under the heading "Arrows". A line reads `who, who -> whom, whom`; a `*` at the
//! end of a name stands for any rest, `nothing of ours` for no arrow, `anything but` turns a list round. Only
//! normal and build dependencies are arrows: tests may reach further.

use crate::finding::Finding;
use crate::tree::{Package, Tree};

/// The file that holds the table.
const TABLE_FILE: &str = "ARCHITECTURE.md";

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    from: Vec<String>,
    to: Targets,
}

/// The right side of a line.
#[derive(Debug, PartialEq, Eq)]
enum Targets {
    Only(Vec<String>),
    AnythingBut(Vec<String>),
}

/// Finds arrows that the table does not allow, crates that it forgets and crates that are not there.
pub fn arrows(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.texts.get(TABLE_FILE) else {
        return vec![Finding::of(TABLE_FILE, "is missing, and with it the table of arrows")];
    };
    let table = match parse(text) {
        Ok(table) => table,
        Err(finding) => return vec![finding],
    };
    let mut findings = names_without_crate(&table, tree);
    for package in &tree.packages {
        let lines: Vec<&Line> = table
            .iter()
            .filter(|line| line.from.iter().any(|name| stands_for(name, &package.name)))
            .collect();
        if lines.is_empty() {
            findings.push(Finding::of(
                &package.folder,
                format!("{} is in no line of the table of arrows", package.name),
            ));
            continue;
        }
        findings.extend(forbidden_arrows(package, &lines, tree));
    }
    findings
}

fn forbidden_arrows(package: &Package, lines: &[&Line], tree: &Tree) -> Vec<Finding> {
    let ours = |name: &str| tree.packages.iter().any(|other| other.name == name);
    package
        .dependencies
        .iter()
        .filter(|dependency| !dependency.test_only && ours(&dependency.name))
        .filter(|dependency| !lines.iter().any(|line| line.to.allow(&dependency.name)))
        .map(|dependency| {
            Finding::of(
                format!("{}/Cargo.toml", package.folder),
                format!("the arrow {} -> {} is not in the table", package.name, dependency.name),
            )
        })
        .collect()
}

fn names_without_crate(table: &[Line], tree: &Tree) -> Vec<Finding> {
    let known = |name: &str| tree.packages.iter().any(|package| stands_for(name, &package.name));
    table
        .iter()
        .flat_map(|line| line.from.iter().chain(line.to.names()))
        .filter(|name| !known(name))
        .map(|name| Finding::of(TABLE_FILE, format!("the table names {name}, which is no crate")))
        .collect()
}

impl Targets {
    fn allow(&self, name: &str) -> bool {
        let named = self.names().iter().any(|pattern| stands_for(pattern, name));
        match self {
            Self::Only(_) => named,
            Self::AnythingBut(_) => !named,
        }
    }

    fn names(&self) -> &Vec<String> {
        match self {
            Self::Only(names) | Self::AnythingBut(names) => names,
        }
    }
}

fn stands_for(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

fn parse(text: &str) -> Result<Vec<Line>, Finding> {
    let mut lines = text
        .lines()
        .enumerate()
        .skip_while(|(_, line)| !(line.starts_with('#') && line.contains("Arrows")))
        .skip_while(|(_, line)| !line.starts_with("```"))
        .skip(1)
        .take_while(|(_, line)| !line.starts_with("```"))
        .filter(|(_, line)| !line.trim().is_empty())
        .peekable();
    if lines.peek().is_none() {
        return Err(Finding::of(TABLE_FILE, "has no fenced table under a heading with \"Arrows\""));
    }
    lines.map(|(index, line)| parse_line(index + 1, line)).collect()
}

fn parse_line(number: usize, line: &str) -> Result<Line, Finding> {
    let Some((from, to)) = line.split_once("->") else {
        return Err(Finding::at(TABLE_FILE, number, "a line of the table has no arrow"));
    };
    let to = to.trim();
    let to = match (to, to.strip_prefix("anything but ")) {
        ("nothing of ours", _) => Targets::Only(Vec::new()),
        (_, Some(rest)) => Targets::AnythingBut(names(rest)),
        (list, None) => Targets::Only(names(list)),
    };
    Ok(Line { from: names(from), to })
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests;
