//! `sockerless page`: a link to the operations page of a running server.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{Context as _, bail};
use api_access::TokenNames;
use clap::Args;
use projector_engine::{Clock as _, SystemClock};
use serde::{Deserialize, Serialize};

use crate::{
    cli::{self, DataArgument},
    control, settings, token,
};

/// Whose the token in the link is.
const HOLDER: &str = "page";

/// How records name its holder.
pub(crate) const PRINCIPAL: &str = "token:page";

#[derive(Debug, Args)]
pub(crate) struct PageArguments {
    #[command(flatten)]
    data: DataArgument,
    /// How long the link is good.
    #[arg(long, value_name = "DURATION", default_value = "12h", value_parser = cli::span)]
    expires: Duration,
    /// The group that its holder belongs to, for a policy.
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
}

/// Where the page of a running server is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PagePlace {
    /// As in `tcp://127.0.0.1:9417`.
    pub(crate) address: String,
}

/// Prints a link with a token of its own.
///
/// The token stands behind the `#`, which no browser sends to any server.
pub(crate) fn page(arguments: PageArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut places: Vec<PagePlace> = Vec::new();
    let asked = runtime.block_on(control::lines(&data, "/page", |line| {
        places.push(serde_json::from_slice(line)?);
        Ok(())
    }))?;
    if !asked {
        bail!("no server runs on {}", data.display());
    }
    let place = places.first().context(
        "the server has no operations address: start it with --ops-listen 127.0.0.1:9417",
    )?;
    let names = TokenNames { name: HOLDER.into(), group: arguments.group };
    let now = SystemClock::new().now();
    let (_, text) = token::of_server(&data).make(names, now, Some(arguments.expires))?;
    let address = place.address.trim_start_matches("tcp://");
    writeln!(io::stdout(), "http://{address}/#token={}", text.reveal()).context("printing the link")
}
