//! The tools by their names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bstr::{BStr, ByteSlice};
use sandbox_world::call::Tool;

use crate::archive::{gzip, tar, unzip};
use crate::files::{change, copy, dd, find as find_files, link, list, make, remove, stat, usage};
use crate::jq;
use crate::shell::{echo, env, expr, printf, run, test, xargs};
use crate::system::{date, wget, who};

/// The tools of this crate; those of text are sandbox-text's.
const TOOLS: &[(&str, Tool)] = &[
    ("[", test::test),
    ("basename", echo::basename),
    ("chgrp", change::chown),
    ("chmod", change::chmod),
    ("chown", change::chown),
    ("cp", copy::cp),
    ("date", date::date),
    ("dd", dd::dd),
    ("df", usage::df),
    ("dirname", echo::dirname),
    ("du", usage::du),
    ("echo", echo::echo),
    ("env", env::env),
    ("expr", expr::expr),
    ("false", |_| Ok(1)),
    ("find", find_files::find),
    ("gunzip", gzip::gzip),
    ("gzip", gzip::gzip),
    ("hostname", who::hostname),
    ("id", who::id),
    ("install", copy::install),
    ("jq", jq::jq),
    ("ln", link::ln),
    ("ls", list::ls),
    ("mkdir", make::mkdir),
    ("mkfifo", make::mkfifo),
    ("mktemp", make::mktemp),
    ("mv", copy::mv),
    ("nohup", run::nohup),
    ("printenv", env::printenv),
    ("printf", printf::printf),
    ("ps", who::ps),
    ("pwd", echo::pwd),
    ("readlink", link::readlink),
    ("realpath", link::realpath),
    ("rm", remove::rm),
    ("rmdir", remove::rmdir),
    ("sleep", echo::sleep),
    ("stat", stat::stat),
    ("tar", tar::tar),
    ("test", test::test),
    ("time", run::time),
    ("timeout", run::timeout),
    ("touch", make::touch),
    ("true", |_| Ok(0)),
    ("truncate", make::truncate),
    ("tty", who::tty),
    ("uname", who::uname),
    ("unzip", unzip::unzip),
    ("wget", wget::wget),
    ("which", echo::which),
    ("whoami", who::whoami),
    ("xargs", xargs::xargs),
    ("zcat", gzip::gzip),
];

static BY_NAME: LazyLock<BTreeMap<&'static str, Tool>> =
    LazyLock::new(|| TOOLS.iter().chain(sandbox_text::TOOLS).copied().collect());

/// The tool of that name.
pub fn find(name: &BStr) -> Option<Tool> {
    BY_NAME.get(name.to_str().ok()?).copied()
}

/// The names of all tools, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
