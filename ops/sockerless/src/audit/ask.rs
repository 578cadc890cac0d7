//! How the command line asks: a running server through its control socket, else the directory itself.

use std::{
    io::{self, ErrorKind, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;
use api_ops::{AuditAsk, AuditQuery, Auditor as _};
use journal_rocks::ReadOnly;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{arguments::PlaceArguments, book::Book, key};
use crate::{control, serve, settings};

/// Which log is asked, and with which key where no server runs.
pub(super) struct Place {
    pub(super) data: PathBuf,
    key: PathBuf,
}

impl Place {
    pub(super) fn of(arguments: &PlaceArguments) -> anyhow::Result<Self> {
        let data = settings::data_dir(arguments.data.data.clone())?;
        let key = key::path(&data, arguments.audit_key.clone());
        Ok(Self { data, key })
    }
}

/// Asks, and hands the answer to `take` as it comes.
pub(super) fn ask(
    place: &Place,
    ask: &AuditAsk,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if runtime.block_on(control::pieces(&place.data, &target(ask), &mut take))? {
        return Ok(());
    }
    let key = key::load(&place.key)?;
    let journal = ReadOnly::open(&place.data.join(serve::JOURNAL)).context("opening the log")?;
    let book = Book::open(&place.data, journal.reader(), key)?;
    book.answer(ask, &mut |text| take(text.as_bytes()))?;
    Ok(())
}

/// Asks, and prints the answer.
pub(super) fn print(place: &Place, asked: &AuditAsk) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let printed = ask(place, asked, |piece| out.write_all(piece)).and_then(|()| Ok(out.flush()?));
    printed.or_else(|error| if is_closed_pipe(&error) { Ok(()) } else { Err(error) })
}

/// Tells whether whoever reads us has seen enough.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    })
}

/// Gives what a server is asked for.
pub(super) fn target(ask: &AuditAsk) -> String {
    match ask {
        AuditAsk::Export(query) => export_target(query),
        AuditAsk::Checkpoint => "/audit/checkpoint".into(),
        AuditAsk::Key => "/audit/key".into(),
        AuditAsk::Proof(seq) => format!("/audit/proof?seq={seq}"),
        AuditAsk::Growth(older) => format!("/audit/growth?older={older}"),
    }
}

fn export_target(query: &AuditQuery) -> String {
    let mut target = format!("/audit/export?format={}&proofs={}", query.format, query.proofs);
    let from = query.from.map(|from| from.to_string());
    let to = query.to.map(|to| to.to_string());
    let fields = [
        ("from", &from),
        ("to", &to),
        ("since", &query.since),
        ("until", &query.until),
        ("actor", &query.actor),
        ("container", &query.container),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            target.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        }
    }
    target
}
