//! The table of bugs and of who catches them.

use std::path::Path;

use anyhow::Result;

use super::Caught;
use super::bugs::BUGS;
use crate::report::write as write_file;

const BEGIN: &str = "\
# Planted bugs

One line of code is made wrong at a time, and a suite has to go red. The bugs are in ONE build that has the feature `planted`
and in no other; one is chosen when a process starts (`journal/log/src/planted.rs`). `make planted` builds it, runs each suite
without a bug, which has to be green, and then with each bug, and writes this table; `ARGS='--only NAME'` renews some rows.

| bug | what is wrong | layer | caught by | after |
|---|---|---|---|--:|
";

/// Writes the page.
pub(super) fn write(all: &[Caught], path: &Path) -> Result<()> {
    let rows: String = all.iter().map(row).collect();
    write_file(path, &format!("{BEGIN}{rows}"))
}

pub(super) fn row(caught: &Caught) -> String {
    let Some(bug) = BUGS.iter().find(|bug| bug.name == caught.bug) else { return String::new() };
    let by = match (caught.is_caught, caught.tests.as_slice()) {
        (false, _) => "**nobody**".to_owned(),
        (true, []) => format!("{}: {}", caught.by, caught.status),
        (true, [test]) => format!("{}: `{test}`", caught.by),
        (true, [test, rest @ ..]) => format!("{}: `{test}` and {} more", caught.by, rest.len()),
    };
    format!("| {} | {} | {} | {by} | {:.1} s |\n", bug.name, bug.what, bug.layer, caught.seconds())
}
