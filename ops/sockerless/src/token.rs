//! `sockerless token`: bearer tokens for who cannot show a certificate.
//!
//! A running server reads what is changed here by itself.

use std::{
    io::{self, Write as _},
    path::Path,
    str::FromStr,
    time::Duration,
};

use anyhow::Context as _;
use api_access::{Token, TokenNames, Tokens};
use clap::{Args, Subcommand};
use projector_engine::{Clock as _, SystemClock};
use serde_json::json;

use crate::{
    cli::{self, DataArgument, LinesArguments},
    settings,
};

/// The directory of the tokens in the data directory.
const FOLDER: &str = "access";

#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print it: it is shown this once, and only a hash of it is kept.
    Create(CreateArguments),
    /// List tokens, without what could be used of them.
    List(LinesArguments),
    /// Revoke tokens: a running server knows their holders no more.
    Revoke(RevokeArguments),
}

#[derive(Debug, Args)]
struct CreateArguments {
    #[command(flatten)]
    data: DataArgument,
    /// Whose it is: ci becomes token:ci on record.
    #[arg(value_name = "NAME")]
    name: String,
    /// The group that its holder belongs to.
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// How long it is good: a time such as 30d, or never for one without an end.
    #[arg(long, value_name = "DURATION|never", default_value = "90d")]
    expires: Life,
}

#[derive(Debug, Args)]
struct RevokeArguments {
    #[command(flatten)]
    data: DataArgument,
    /// A token's public part, or a name for all tokens of it.
    #[arg(value_name = "ID|NAME")]
    which: String,
}

/// How long a token is good.
#[derive(Debug, Clone, Copy)]
struct Life(Option<Duration>);

impl FromStr for Life {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" { Ok(Self(None)) } else { cli::span(text).map(|span| Self(Some(span))) }
    }
}

/// Gives the tokens of the server on `data`.
pub(crate) fn of_server(data: &Path) -> Tokens {
    Tokens::in_folder(&data.join(FOLDER))
}

/// Runs one of the subcommands.
pub(crate) fn run(arguments: TokenArguments) -> anyhow::Result<()> {
    match arguments.command {
        TokenCommand::Create(arguments) => create(arguments),
        TokenCommand::List(arguments) => list(arguments),
        TokenCommand::Revoke(arguments) => revoke(arguments),
    }
}

#[expect(clippy::print_stderr, reason = "what is said beside the answer of the command")]
fn create(arguments: CreateArguments) -> anyhow::Result<()> {
    let names = TokenNames { name: arguments.name, group: arguments.group };
    let now = SystemClock::new().now();
    let (token, text) = tokens(arguments.data)?.make(names, now, arguments.expires.0)?;
    // Whoever reads it next has it alone: a pipe that is closed is a token that nobody has.
    writeln!(io::stdout(), "{}", text.reveal()).context("printing the token")?;
    let ends = token.ends.map_or("it is revoked".to_owned(), |ends| ends.to_string());
    eprintln!("{} is good until {ends}", token.id);
    Ok(())
}

fn list(arguments: LinesArguments) -> anyhow::Result<()> {
    let now = SystemClock::new().now();
    let mut out = io::stdout().lock();
    for token in tokens(arguments.data)?.list()? {
        let standing = token.ended(now).unwrap_or("good");
        if arguments.json {
            writeln!(out, "{}", in_json(&token, standing))?;
        } else {
            let ends = token.ends.map_or("never".to_owned(), |ends| ends.to_string());
            writeln!(out, "{}  {standing:<7}  {ends:<30}  {}", token.id, token.name)?;
        }
    }
    Ok(())
}

fn in_json(token: &Token, standing: &str) -> serde_json::Value {
    json!({
        "id": token.id,
        "name": token.name,
        "group": token.group,
        "standing": standing,
        "made": token.made.to_string(),
        "ends": token.ends.map(|at| at.to_string()),
        "revoked": token.revoked.map(|at| at.to_string()),
    })
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn revoke(arguments: RevokeArguments) -> anyhow::Result<()> {
    let now = SystemClock::new().now();
    for token in tokens(arguments.data)?.revoke(&arguments.which, now)? {
        println!("{}", token.id);
    }
    Ok(())
}

fn tokens(argument: DataArgument) -> anyhow::Result<Tokens> {
    let data = settings::data_dir(argument.data)?;
    // A token of a server that is nowhere would be kept where none looks for it.
    anyhow::ensure!(data.is_dir(), "there is no data directory {}", data.display());
    Ok(of_server(&data))
}
