//! Where the past is read: a running server, or the directory.

use std::{io, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use api_ops::{Step, parse_point, time_of};
use http::StatusCode;
use journal_log::{Seq, Timestamp};
use journal_rocks::{DirSnapshots, ReadOnly};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use projector_containers::Containers;
use projector_engine::{Clock as _, Past, Point, SystemClock, World};
use serde::de::DeserializeOwned;

use crate::{
    control::{self, Refused},
    serve, settings,
    version::VERSION,
};

/// A data directory, with or without a server.
pub(crate) struct Source {
    data: PathBuf,
}

/// The log in a directory without a server, as it is.
pub(crate) struct Log {
    journal: ReadOnly,
    past: Past<Containers>,
}

// === impl Source ===

impl Source {
    pub(crate) fn new(data: Option<PathBuf>) -> anyhow::Result<Self> {
        Ok(Self { data: settings::data_dir(data)? })
    }

    /// Asks a running server for one object; `None` says that none is there.
    pub(crate) fn asked<T: DeserializeOwned>(
        &self,
        route: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<Option<T>> {
        let mut answer = None;
        let asked = self.each_line(route, parameters, |line| {
            answer = Some(serde_json::from_slice(line)?);
            Ok(())
        })?;
        if asked && answer.is_none() {
            anyhow::bail!("the running server said nothing");
        }
        Ok(answer)
    }

    /// Asks a running server, and hands each line of the answer on; `false` says that none is there.
    pub(crate) fn each_line(
        &self,
        route: &str,
        parameters: &[(&str, &str)],
        take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> anyhow::Result<bool> {
        let parts = parameters.iter().map(|(name, value)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        });
        let target = format!("{route}?{}", parts.collect::<Vec<_>>().join("&"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let asked = runtime.block_on(control::lines(&self.data, &target, take));
        asked.map_err(|error| match error.downcast::<Refused>() {
            // Said in the words that the directory alone would be told of with.
            Ok(refused) if refused.status == StatusCode::BAD_REQUEST => {
                anyhow::Error::msg(refused.message)
            }
            Ok(refused) => refused.into(),
            Err(error) => error,
        })
    }

    /// Opens the log in the directory.
    pub(crate) fn log(&self) -> anyhow::Result<Log> {
        let journal = ReadOnly::open(&self.data.join(serve::JOURNAL)).context("opening the log")?;
        let snapshots = Arc::new(DirSnapshots::look(&self.data.join(serve::SNAPSHOTS)));
        let past = Past::new(journal.reader(), snapshots, VERSION);
        Ok(Log { journal, past })
    }

    pub(crate) fn data(&self) -> &std::path::Path {
        &self.data
    }
}

// === impl Log ===

impl Log {
    fn head(&self) -> Seq {
        self.journal.reader().head()
    }

    /// Folds the log up to a point; gives the time that is asked about too.
    pub(super) fn world_at(
        &self,
        point: &str,
    ) -> anyhow::Result<(Arc<World<Containers>>, Timestamp)> {
        let point = parse_point(point, SystemClock::new().now())?;
        let world = self.past.world_at(point, self.head())?;
        let time = time_of(point, &world);
        Ok((world, time))
    }

    /// Folds the whole log.
    pub(crate) fn newest(&self) -> anyhow::Result<Arc<World<Containers>>> {
        Ok(self.past.world_at(Point::Record(self.head()), self.head())?)
    }

    pub(super) fn explain(
        &self,
        container: &str,
        take: &mut dyn FnMut(Step) -> bool,
    ) -> anyhow::Result<()> {
        let world = self.newest()?;
        let reader = self.journal.reader();
        api_ops::explain(&*reader, (&world.state, world.seq), container, take)?;
        Ok(())
    }
}
