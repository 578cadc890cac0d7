//! `sockerless diff`.

use std::io;

use api_ops::Diff;

use super::{DiffArguments, Source, print, until_closed};

/// Tells what changed between two points.
pub(crate) fn diff(arguments: DiffArguments) -> anyhow::Result<()> {
    let source = Source::new(arguments.data.data)?;
    let parameters = [("from", arguments.from.as_str()), ("to", arguments.to.as_str())];
    let found: Diff = match source.asked("/diff", &parameters)? {
        Some(found) => found,
        None => {
            let log = source.log()?;
            let (from, _) = log.world_at(&arguments.from)?;
            let (to, _) = log.world_at(&arguments.to)?;
            api_ops::diff(&from, &to)
        }
    };
    until_closed(Ok(print(&mut io::stdout().lock(), &found, arguments.json)?))
}
