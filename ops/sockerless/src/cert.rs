//! `sockerless cert`: a certificate authority of one's own for `serve --tlsverify` and its clients.
//!
//! A running server reads what is changed here by itself.

mod arguments;
mod list;

use api_access::{Authority, Certificate, ClientNames};
use journal_log::Timestamp;
use projector_engine::{Clock as _, SystemClock};

pub(crate) use self::arguments::CertArguments;
use self::arguments::{
    CertCommand, ClientArguments, FolderArgument, InitArguments, RevokeArguments, ServerArguments,
};
use crate::{serve, settings};

/// Runs one of the subcommands.
pub(crate) fn run(arguments: CertArguments) -> anyhow::Result<()> {
    match arguments.command {
        CertCommand::Init(arguments) => init(arguments),
        CertCommand::Server(arguments) => server(arguments),
        CertCommand::Client(arguments) => client(arguments),
        CertCommand::Revoke(arguments) => revoke(arguments),
        CertCommand::List(arguments) => list::list(&authority(arguments.folder)?, arguments.json),
    }
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn init(arguments: InitArguments) -> anyhow::Result<()> {
    let authority = authority(arguments.folder)?;
    let made = authority.make(&arguments.name, now())?;
    println!("{} is an authority until {}", made.name, made.ends);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn server(arguments: ServerArguments) -> anyhow::Result<()> {
    let authority = authority(arguments.folder)?;
    let mut hosts = arguments.host;
    if hosts.is_empty() {
        hosts.extend([serve::host_name(), "localhost".into(), "127.0.0.1".into(), "::1".into()]);
    }
    let issued = authority.issue_server(&hosts, now(), arguments.days.get())?;
    println!("{}", issued.certificate_file.display());
    tell(&issued.certificate, &hosts.join(", "));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn client(arguments: ClientArguments) -> anyhow::Result<()> {
    let authority = authority(arguments.folder)?;
    let folder = arguments.out.unwrap_or_else(|| authority.client_folder(&arguments.name));
    let names = ClientNames { name: arguments.name, group: arguments.group };
    let issued = authority.issue_client(&names, &folder, now(), arguments.days.get())?;
    println!("{}", folder.display());
    tell(&issued.certificate, "DOCKER_CERT_PATH is this directory");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn revoke(arguments: RevokeArguments) -> anyhow::Result<()> {
    let authority = authority(arguments.folder)?;
    for certificate in authority.revoke(&arguments.which, now())? {
        println!("{}", certificate.serial);
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "what is said beside the answer of the command")]
fn tell(certificate: &Certificate, more: &str) {
    eprintln!("{} until {}: {more}", certificate.serial, certificate.ends);
}

fn authority(argument: FolderArgument) -> anyhow::Result<Authority> {
    let folder = match argument.dir {
        Some(folder) => folder,
        None => settings::tls_folder(&settings::data_dir(argument.data.data)?),
    };
    Ok(Authority::in_folder(&folder))
}

fn now() -> Timestamp {
    SystemClock::new().now()
}
