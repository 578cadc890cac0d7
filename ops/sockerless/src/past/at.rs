//! `sockerless at`.

use std::io;

use api_ops::{Listing, Subject, listing};

use super::{AtArguments, AtCommand, Source, print, until_closed};

/// Tells what was there at a point.
pub(crate) fn at(arguments: AtArguments) -> anyhow::Result<()> {
    let (subject, word) = match arguments.what {
        AtCommand::Ps { all: false } => (Subject::Ps { all: false }, "ps"),
        AtCommand::Ps { all: true } => (Subject::Ps { all: true }, "ps-all"),
        AtCommand::Units => (Subject::Units, "units"),
        AtCommand::Images => (Subject::Images, "images"),
        AtCommand::Inspect { name } => (Subject::Inspect { name }, "inspect"),
    };
    let name = if let Subject::Inspect { name } = &subject { name.as_str() } else { "" };
    let parameters = [("point", arguments.point.as_str()), ("subject", word), ("name", name)];
    let source = Source::new(arguments.data)?;
    let found: Listing = match source.asked("/at", &parameters)? {
        Some(found) => found,
        None => {
            let (world, now) = source.log()?.world_at(&arguments.point)?;
            listing(&world, now, &subject)?
        }
    };
    until_closed(Ok(print(&mut io::stdout().lock(), &found, arguments.json)?))
}
