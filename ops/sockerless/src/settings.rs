//! What the server runs with: flags, variables, one file, defaults. The only reader of the environment.

mod pools;
mod tenants;
mod tls;

use std::{
    fs,
    net::SocketAddr,
    num::NonZeroU64,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use anyhow::{Context as _, bail};
use api_access::TlsFiles;
use api_http::ListenAddress;
use backends_images::{InsecureRegistry, Mirror};
use journal_domain::Pool;
use journal_reads::ReadPolicy;
use serde::Deserialize;

use crate::cli::{self, BackendName, LogFormat, RuntimeName, ServeArguments};

pub(crate) use self::tenants::{Tenant, folders as tenant_folders};
pub(crate) use self::tls::{TlsArguments, folder as tls_folder};
use self::{pools::PoolTables, tenants::TenantTables};

/// Read where no other file is named, if it is there.
const DEFAULT_FILE: &str = "/etc/sockerless/config.toml";

/// The name of the program that holds a container, beside the server's own.
const SHIM: &str = "sockerless-shim";

/// The name of the program that compiles and runs WebAssembly, there too.
const WASM: &str = "sockerless-wasm";

/// Records of one seal: sixteen whole tiles, and a signature for some megabytes of log.
const SEAL_RECORDS: NonZeroU64 = NonZeroU64::new(4096).expect("it is not zero");

/// How long the newest records may be without a signature: a rewriting of the log is noticed back to here.
const SEAL_SECONDS: NonZeroU64 = NonZeroU64::new(60).expect("it is not zero");

/// Bytes of the ballast by default.
///
/// It has to take the records of what frees room, and what RocksDB writes for them: some 16 MiB at a time.
const BALLAST_BYTES: u64 = 256 << 20;

/// The shortest time that records are kept: a shorter one would be looked at, and snapshots made, all the time.
const RETAIN_MIN: Duration = Duration::from_secs(3600);

/// What the server runs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) data: PathBuf,
    pub(crate) kek_file: PathBuf,
    pub(crate) listen: Vec<ListenAddress>,
    pub(crate) ops_listen: Option<ListenAddress>,
    pub(crate) ops_audit: bool,
    pub(crate) audit_key: Option<PathBuf>,
    pub(crate) audit_seal_records: NonZeroU64,
    pub(crate) audit_seal_seconds: NonZeroU64,
    pub(crate) backend: BackendName,
    pub(crate) insecure_tcp: bool,
    /// What listeners on TCP go by; they speak no TLS where nothing is said.
    pub(crate) tls: Option<TlsFiles>,
    /// Who may do what; everybody may do everything where nothing is said.
    pub(crate) policy: Option<PathBuf>,
    pub(crate) log_format: LogFormat,
    pub(crate) log: String,
    pub(crate) audit_reads: ReadPolicy,
    pub(crate) room: RoomSettings,
    /// How much of the log is kept; all of it where nothing is said.
    pub(crate) retain: Option<Retain>,
    /// Whether records stay that were not exported, whoever gives them up.
    pub(crate) require_export: bool,
    /// The record at which the log is only looked at.
    pub(crate) read_only_at: Option<u64>,
    pub(crate) rebuild_witness: bool,
    pub(crate) shim: PathBuf,
    pub(crate) wasm: PathBuf,
    /// What runs the programs of containers that name nothing.
    pub(crate) default_runtime: RuntimeName,
    pub(crate) registry_mirrors: Vec<Mirror>,
    pub(crate) insecure_registries: Vec<InsecureRegistry>,
    /// Pools that shall be there, whatever others there are.
    pub(crate) pools: Vec<Pool>,
    /// Who has a server of their own behind this one.
    pub(crate) tenants: Vec<Tenant>,
    /// Who is answered by this server where there are tenants, beside whoever is on its host.
    pub(crate) operators: Vec<String>,
    /// Whose server this is, where it is one behind another.
    pub(crate) tenant: Option<String>,
}

/// How much of the log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retain {
    /// So many records.
    Records(NonZeroU64),
    /// What is younger.
    Span(Duration),
}

/// How much room is left on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoomSettings {
    /// Free bytes below which nothing is taken that grows; by the disk's size where it is not set.
    pub(crate) soft_bytes: Option<u64>,
    /// Free bytes below which only what frees room is taken.
    pub(crate) hard_bytes: Option<u64>,
    /// Bytes of the ballast.
    pub(crate) ballast_bytes: u64,
}

/// The configuration file. A key that is not known is an error, for a misspelt one would be silently ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    kek_file: Option<PathBuf>,
    listen: Option<Vec<String>>,
    ops_listen: Option<SocketAddr>,
    ops_audit: Option<bool>,
    audit_key: Option<PathBuf>,
    audit_seal_records: Option<NonZeroU64>,
    audit_seal_seconds: Option<NonZeroU64>,
    backend: Option<BackendName>,
    insecure_tcp: Option<bool>,
    tlsverify: Option<bool>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    tls_ca: Option<PathBuf>,
    tls_crl: Option<PathBuf>,
    policy: Option<PathBuf>,
    log_format: Option<LogFormat>,
    log: Option<String>,
    audit_reads: Option<String>,
    soft_mark: Option<String>,
    hard_mark: Option<String>,
    ballast: Option<String>,
    retain: Option<String>,
    require_export: Option<bool>,
    shim: Option<PathBuf>,
    wasm: Option<PathBuf>,
    default_runtime: Option<RuntimeName>,
    registry_mirror: Option<Vec<String>>,
    insecure_registry: Option<Vec<String>>,
    pools: Option<PoolTables>,
    tenants: Option<TenantTables>,
    operators: Option<Vec<String>>,
    /// What those tables say, once they are checked.
    #[serde(skip)]
    checked_pools: Vec<Pool>,
    #[serde(skip)]
    checked_tenants: Vec<Tenant>,
}

/// What the host says of the user who runs the server.
struct Host {
    root: bool,
    state_home: Option<PathBuf>,
    runtime_dir: Option<PathBuf>,
    home: Option<PathBuf>,
    beside: Option<PathBuf>,
}

impl Settings {
    /// Puts the settings together from the arguments, the file and this host.
    pub(crate) fn resolve(arguments: ServeArguments) -> anyhow::Result<Self> {
        let file = match &arguments.config {
            Some(path) => read_file(path)?,
            None if Path::new(DEFAULT_FILE).exists() => read_file(Path::new(DEFAULT_FILE))?,
            None => File::default(),
        };
        let tenant = arguments.tenant.clone();
        let mut settings = merge(arguments, file, &Host::this())?;
        match tenant {
            Some(name) => tenants::of_tenant(settings, &name),
            None => {
                tenants::check_operators(&settings)?;
                tenants::share_pools(&mut settings, None)?;
                Ok(settings)
            }
        }
    }
}

/// Gives the data directory for commands that have no other settings.
pub(crate) fn data_dir(argument: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    argument.map_or_else(|| Host::this().data(), Ok)
}

/// Names the program that holds containers, for commands that have no other settings.
pub(crate) fn shim() -> anyhow::Result<PathBuf> {
    Host::this().beside(SHIM, "shim", None)
}

fn read_file(path: &Path) -> anyhow::Result<File> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("reading {shown}"))?;
    read(&text).with_context(|| format!("{shown} is not a configuration file"))
}

/// Reads what a file says; pools and tenants that contradict themselves are refused here.
fn read(text: &str) -> anyhow::Result<File> {
    let mut file: File = toml::from_str(text)?;
    file.checked_pools = pools::checked(text, file.pools.take().unwrap_or_default())?;
    file.checked_tenants = {
        let operators = file.operators.as_deref().unwrap_or_default();
        tenants::checked(text, file.tenants.take().unwrap_or_default(), operators)?
    };
    Ok(file)
}

/// The number of the line that the byte `at` of a text is in.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn merge(arguments: ServeArguments, file: File, host: &Host) -> anyhow::Result<Settings> {
    let mut listen = list(arguments.listen, file.listen)?;
    if listen.is_empty() {
        listen.push(host.socket()?);
    }
    let data = match arguments.data.or(file.data) {
        Some(data) => data,
        None => host.data()?,
    };
    let kek_file = arguments.kek_file.or(file.kek_file);
    let tls = TlsArguments {
        tlsverify: arguments.tls.tlsverify.or(file.tlsverify),
        tls_cert: arguments.tls.tls_cert.or(file.tls_cert),
        tls_key: arguments.tls.tls_key.or(file.tls_key),
        tls_ca: arguments.tls.tls_ca.or(file.tls_ca),
        tls_crl: arguments.tls.tls_crl.or(file.tls_crl),
    };
    let runtime = arguments.default_runtime.or(file.default_runtime);
    Ok(Settings {
        kek_file: kek_file.unwrap_or_else(|| journal_keys::beside(&data)),
        tls: tls.files(&data)?,
        policy: arguments.policy.or(file.policy),
        data,
        listen,
        ops_listen: arguments.ops_listen.or(file.ops_listen).map(ListenAddress::Tcp),
        ops_audit: arguments.ops_audit.or(file.ops_audit).unwrap_or(false),
        audit_key: arguments.audit_key.or(file.audit_key),
        audit_seal_records: arguments
            .audit_seal_records
            .or(file.audit_seal_records)
            .unwrap_or(SEAL_RECORDS),
        audit_seal_seconds: arguments
            .audit_seal_seconds
            .or(file.audit_seal_seconds)
            .unwrap_or(SEAL_SECONDS),
        backend: arguments.backend.or(file.backend).unwrap_or(BackendName::Local),
        insecure_tcp: arguments.insecure_tcp.or(file.insecure_tcp).unwrap_or(false),
        log_format: arguments.log_format.or(file.log_format).unwrap_or(LogFormat::Text),
        audit_reads: match (arguments.audit_reads, file.audit_reads) {
            (Some(policy), _) => policy,
            (None, Some(text)) => text.parse().map_err(anyhow::Error::msg)?,
            (None, None) => ReadPolicy::default(),
        },
        log: arguments.log.or(file.log).unwrap_or_else(|| "info".into()),
        room: RoomSettings {
            soft_bytes: size(arguments.room.soft_mark, file.soft_mark, "soft_mark")?,
            hard_bytes: size(arguments.room.hard_mark, file.hard_mark, "hard_mark")?,
            ballast_bytes: size(arguments.room.ballast, file.ballast, "ballast")?
                .unwrap_or(BALLAST_BYTES),
        },
        retain: match (arguments.retain, file.retain) {
            (Some(retain), _) => Some(retain),
            (None, Some(text)) => Some(text.parse().map_err(anyhow::Error::msg)?),
            (None, None) => None,
        },
        require_export: arguments.require_export.or(file.require_export).unwrap_or(false),
        read_only_at: arguments.read_only_at,
        rebuild_witness: arguments.rebuild_witness,
        shim: host.beside(SHIM, "shim", arguments.shim.or(file.shim))?,
        wasm: host.beside(WASM, "wasm", arguments.wasm.or(file.wasm))?,
        default_runtime: runtime.unwrap_or(RuntimeName::Auto),
        registry_mirrors: list(arguments.registry_mirror, file.registry_mirror)?,
        insecure_registries: list(arguments.insecure_registry, file.insecure_registry)?,
        pools: file.checked_pools,
        tenants: file.checked_tenants,
        operators: file.operators.unwrap_or_default(),
        tenant: None,
    })
}

/// Gives the size in the arguments, or the one in the file where they have none.
fn size(argument: Option<u64>, file: Option<String>, key: &str) -> anyhow::Result<Option<u64>> {
    let Some(text) = file.filter(|_| argument.is_none()) else { return Ok(argument) };
    let read = cli::size(&text).map_err(anyhow::Error::msg);
    read.map(Some).with_context(|| format!("{key} in the configuration file"))
}

/// Gives what the arguments list, or what the file does where they list nothing.
fn list<T>(arguments: Vec<T>, file: Option<Vec<String>>) -> Result<Vec<T>, T::Err>
where
    T: FromStr,
{
    if !arguments.is_empty() {
        return Ok(arguments);
    }
    file.unwrap_or_default().iter().map(|text| text.parse()).collect()
}

impl FromStr for Retain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(count) = text.parse() {
            return Ok(Self::Records(count));
        }
        match cli::span(text) {
            Ok(span) if span < RETAIN_MIN => {
                Err(format!("{text} is too short: an hour is the least that can be kept"))
            }
            Ok(span) => Ok(Self::Span(span)),
            Err(_) => {
                Err(format!("'{text}' is no number of records and no duration as 30d or 12h"))
            }
        }
    }
}

// === impl Host ===

impl Host {
    #[expect(
        clippy::disallowed_methods,
        reason = "this file is the one that reads the environment"
    )]
    fn this() -> Self {
        let path = |name: &str| {
            std::env::var(name).ok().filter(|value| value.starts_with('/')).map(PathBuf::from)
        };
        Self {
            root: rustix::process::geteuid().is_root(),
            state_home: path("XDG_STATE_HOME"),
            runtime_dir: path("XDG_RUNTIME_DIR"),
            home: path("HOME"),
            beside: std::env::current_exe().ok().and_then(|own| Some(own.parent()?.to_owned())),
        }
    }

    fn data(&self) -> anyhow::Result<PathBuf> {
        if self.root {
            return Ok("/var/lib/sockerless".into());
        }
        let state = self.state_home.clone();
        match state.or_else(|| self.home.as_ref().map(|home| home.join(".local/state"))) {
            Some(state) => Ok(state.join("sockerless")),
            None => bail!("no home directory is known: say where with --data DIR"),
        }
    }

    fn socket(&self) -> anyhow::Result<ListenAddress> {
        let directory =
            if self.root { Some(PathBuf::from("/run")) } else { self.runtime_dir.clone() };
        match directory {
            Some(directory) => Ok(ListenAddress::Unix(directory.join("sockerless.sock"))),
            None => bail!("no runtime directory is known: say where with --listen unix:///path"),
        }
    }

    /// Names the program that was `asked` for with `--flag`, or one beside the server's own.
    fn beside(&self, program: &str, flag: &str, asked: Option<PathBuf>) -> anyhow::Result<PathBuf> {
        match (asked, &self.beside) {
            (Some(asked), _) => Ok(asked),
            (None, Some(directory)) => Ok(directory.join(program)),
            (None, None) => {
                bail!("the program's own directory is not known: say --{flag} FILE")
            }
        }
    }
}

#[cfg(test)]
mod tests;
