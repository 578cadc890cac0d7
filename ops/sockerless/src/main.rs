//! The `sockerless` binary: settings, wiring, and the command line.
//!
//! Only this crate names concrete journals and backends, reads the environment, and ends the process.

mod audit;
mod cert;
mod cli;
mod control;
mod damage;
mod exit;
mod fatal;
mod folder;
mod journal;
mod logging;
mod page;
mod past;
mod places;
mod plan;
mod pool;
mod serve;
mod settings;
mod token;
mod version;

use clap::Parser;

use crate::cli::{Cli, Command};

// Small allocations from many threads are what a durable create is made of.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Serve(arguments) => serve::serve(*arguments),
        Command::Journal(arguments) => journal::run(arguments),
        Command::Audit(arguments) => audit::run(*arguments),
        Command::Cert(arguments) => cert::run(arguments),
        Command::At(arguments) => past::at(arguments),
        Command::Diff(arguments) => past::diff(arguments),
        Command::Explain(arguments) => past::explain(arguments),
        Command::Plan(arguments) => plan::plan(arguments),
        Command::Page(arguments) => page::page(arguments),
        Command::Pool(arguments) => pool::run(arguments),
        Command::Down(arguments) => serve::down(&arguments),
        Command::Token(arguments) => token::run(arguments),
        Command::Version => version::print(),
    };
    if let Err(error) = outcome {
        exit::failed(&error);
    }
}
