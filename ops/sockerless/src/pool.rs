//! `sockerless pool`: the pools of a running server.

use std::{
    io::{self, Write as _},
    num::{NonZeroU32, NonZeroU64},
    path::Path,
};

use anyhow::bail;
use api_ops::PoolLine;
use clap::{Args, Subcommand};
use journal_domain::{DrainPool, Pool, PoolName, RemovePool, SetPools};
use serde::Serialize;

use crate::{
    cli::{self, DataArgument, LinesArguments},
    control, settings,
};

/// What `pool` can be told.
#[derive(Debug, Args)]
pub(crate) struct PoolArguments {
    #[command(subcommand)]
    command: PoolCommand,
}

#[derive(Debug, Subcommand)]
enum PoolCommand {
    /// List the pools: what they let run, what runs, what waits.
    Ls(LinesArguments),
    /// Add a pool, or replace one: one that was drained takes containers again.
    Add(AddArguments),
    /// Have a pool take nothing new. What runs and what waits goes on to its end.
    Drain(NameArguments),
    /// Remove a pool that no container is of.
    Rm(NameArguments),
}

#[derive(Debug, Args)]
struct NameArguments {
    #[command(flatten)]
    data: DataArgument,
    /// The pool.
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Debug, Args)]
struct AddArguments {
    #[command(flatten)]
    data: DataArgument,
    /// The pool: containers with the label com.sockerless.pool=NAME are of it.
    #[arg(value_name = "NAME")]
    name: PoolName,
    /// How many of its containers run side by side [default: any number].
    #[arg(long, value_name = "COUNT")]
    running: Option<NonZeroU32>,
    /// How many starts wait when it is full; further ones are turned away.
    #[arg(long, value_name = "COUNT", default_value = "0")]
    queue: u32,
    /// CPUs that those which run have together, such as 2.5; each then has to say how much it wants [default: any number].
    #[arg(long, value_name = "CPUS", value_parser = cli::cpus)]
    cpus: Option<NonZeroU64>,
    /// Memory that those which run have together, such as 4GiB; each then has to say how much it wants
    /// [default: any amount].
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    memory: Option<NonZeroU64>,
    /// Whose containers are of it where their labels do not say, such as token:ci or group:builders; may be given more
    /// than once.
    #[arg(long = "tenant", value_name = "WHO")]
    tenants: Vec<String>,
}

fn memory(text: &str) -> Result<NonZeroU64, String> {
    cli::size(text)?.try_into().map_err(|_| "no memory is none to share out".to_owned())
}

/// Runs one of the subcommands.
pub(crate) fn run(arguments: PoolArguments) -> anyhow::Result<()> {
    match arguments.command {
        PoolCommand::Ls(arguments) => list(arguments),
        PoolCommand::Add(arguments) => {
            let pool = Pool {
                name: arguments.name,
                running_max: arguments.running,
                queue_max: arguments.queue,
                nano_cpus: arguments.cpus,
                memory_bytes: arguments.memory,
                tenants: arguments.tenants,
            };
            change(arguments.data, "/pools/set", &SetPools { pools: vec![pool] })
        }
        PoolCommand::Drain(NameArguments { data, name }) => {
            change(data, "/pools/drain", &DrainPool { name })
        }
        PoolCommand::Rm(NameArguments { data, name }) => {
            change(data, "/pools/remove", &RemovePool { name })
        }
    }
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn change(data: DataArgument, target: &str, asked: &impl Serialize) -> anyhow::Result<()> {
    let data = settings::data_dir(data.data)?;
    let request = serde_json::to_value(asked)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(control::ask(&data, target, &request))? {
        Some(done) => println!("recorded as {}", done["seq"]),
        None => return Err(no_server(&data)),
    }
    Ok(())
}

fn list(arguments: LinesArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut lines: Vec<PoolLine> = Vec::new();
    let asked = control::lines(&data, "/pools", |line| {
        lines.push(serde_json::from_slice(line)?);
        Ok(())
    });
    if !runtime.block_on(asked)? {
        bail!(no_server(&data));
    }
    let mut out = io::stdout().lock();
    for line in &lines {
        if arguments.json {
            writeln!(out, "{}", serde_json::to_string(line)?)?;
        } else {
            writeln!(out, "{}", in_words(line))?;
        }
    }
    Ok(())
}

fn in_words(line: &PoolLine) -> String {
    let pool = &line.pool;
    let most = |most: Option<String>| most.map_or_else(String::new, |most| format!(" of {most}"));
    let mut text = format!(
        "{:<16} {}{} run, {} of {} wait",
        pool.name.as_str(),
        line.running,
        most(pool.running_max.map(|max| max.to_string())),
        line.waiting,
        pool.queue_max
    );
    if let Some(total) = pool.nano_cpus {
        let cpus = |nano: u64| nano as f64 / 1e9;
        text += &format!(", {} of {} CPUs", cpus(line.used_nano_cpus), cpus(total.get()));
    }
    if let Some(total) = pool.memory_bytes {
        text += &format!(", {} of {total} bytes of memory", line.used_memory_bytes);
    }
    text += &format!(", {} containers", line.containers);
    if !pool.tenants.is_empty() {
        text += &format!(", of {}", pool.tenants.join(" "));
    }
    if line.draining { text + ", draining" } else { text }
}

fn no_server(data: &Path) -> anyhow::Error {
    anyhow::anyhow!("no server runs on {}: pools are asked of a running one", data.display())
}
