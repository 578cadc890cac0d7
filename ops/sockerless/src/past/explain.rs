//! `sockerless explain`.

use std::io::{self, BufWriter, Write};

use api_ops::Step;

use super::{ExplainArguments, Source, print, until_closed};

/// Tells everything that is on record about one container.
pub(crate) fn explain(arguments: ExplainArguments) -> anyhow::Result<()> {
    let source = Source::new(arguments.data.data)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let (json, container) = (arguments.json, arguments.container.as_str());
    let parameters = [("container", container)];
    let told = source.each_line("/explain", &parameters, |line| {
        let step: Step = serde_json::from_slice(line)?;
        print(&mut out, &step, json)
    });
    let told = told.and_then(|asked| {
        if !asked {
            let (log, mut failed) = (source.log()?, Ok(()));
            let mut take = |step: Step| {
                failed = print(&mut out, &step, json);
                failed.is_ok()
            };
            log.explain(container, &mut take)?;
            failed?;
        }
        Ok(out.flush()?)
    });
    until_closed(told)
}
