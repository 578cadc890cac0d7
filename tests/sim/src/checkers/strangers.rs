//! What belongs to another cluster is left alone.

use backends_core::RunId;

use crate::{Violation, provider::Provider};

/// Workloads of another cluster.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    runs: Vec<RunId>,
}

// === impl Strangers ===

impl Strangers {
    /// Expects `run` to stay.
    pub(crate) fn expect(&mut self, run: RunId) {
        self.runs.push(run);
    }

    pub(crate) fn count(&self) -> usize {
        self.runs.len()
    }

    pub(super) fn check(&self, provider: &Provider) -> Result<(), Violation> {
        let gone = self
            .runs
            .iter()
            .find(|run| provider.of_run(**run).any(|task| provider.task(task).ended.is_some()));
        gone.map_or(Ok(()), |run| {
            Err(Violation::new("strangers", format!("{run} of another cluster was ended")))
        })
    }
}
