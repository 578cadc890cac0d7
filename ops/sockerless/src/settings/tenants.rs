//! Tenants in the configuration file, and the settings of the server that each of them has.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use api_http::ListenAddress;
use serde::Deserialize;
use toml::Spanned;

use super::{Settings, line_of};

/// Where the data directories of tenants are, in the server's own.
const FOLDER: &str = "tenants";

/// Where a tenant's server listens, in its data directory.
const SOCKET: &str = "docker.sock";

/// Where it answers what a server does on its operations address, there too.
const OPS_SOCKET: &str = "ops.sock";

/// Letters of a tenant's name: it is the name of a directory whose path goes into a socket's address.
const NAME_LETTERS_MAX: usize = 32;

/// Tenants of one server: each has a process and a log of its own.
const TENANTS_MAX: usize = 64;

/// The tables of the file, by the names of their tenants.
pub(super) type TenantTables = BTreeMap<String, Spanned<TenantTable>>;

/// `[tenants.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantTable {
    members: Vec<String>,
}

/// Somebody who has a server of their own behind this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub(crate) name: String,
    /// Callers as records name them, `cert:alice`, and their groups, `group:ci`.
    pub(crate) members: Vec<String>,
}

/// Makes the tenants of `tables`, which were read of `text` beside the `operators`.
pub(super) fn checked(
    text: &str,
    tables: TenantTables,
    operators: &[String],
) -> anyhow::Result<Vec<Tenant>> {
    if operators.iter().any(|operator| is_nobody(operator)) {
        bail!("an operator is nobody");
    }
    if tables.len() > TENANTS_MAX {
        bail!("there are {} tenants: at most {TENANTS_MAX} are possible", tables.len());
    }
    let mut tenants: Vec<(usize, Tenant)> = tables
        .into_iter()
        .map(|(name, table)| {
            let line = line_of(text, table.span().start);
            (line, Tenant { name, members: table.into_inner().members })
        })
        .collect();
    // Of two that contradict each other the later one is told.
    tenants.sort_by_key(|(line, _)| *line);
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (line, tenant) in &tenants {
        let name = &tenant.name;
        if let Err(wrong) = tenant.check() {
            bail!("line {line}: tenant {name} {wrong}");
        }
        for member in &tenant.members {
            if let Some(owner) = owners.insert(member, name) {
                bail!("line {line}: tenant {name} names {member}, who is of tenant {owner}");
            }
            if operators.contains(member) {
                bail!("line {line}: tenant {name} names {member}, who is an operator");
            }
        }
    }
    Ok(tenants.into_iter().map(|(_, tenant)| tenant).collect())
}

fn is_nobody(caller: &str) -> bool {
    caller.is_empty() || caller.contains(char::is_whitespace)
}

// === impl Tenant ===

impl Tenant {
    fn check(&self) -> Result<(), &'static str> {
        let is_plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let starts_plain = self.name.bytes().next().is_some_and(is_plain);
        let is_name = self.name.bytes().all(|letter| is_plain(letter) || b"-_".contains(&letter));
        if !starts_plain || !is_name || self.name.len() > NAME_LETTERS_MAX {
            return Err(
                "cannot be called so: small letters, digits, - and _ make a name, at most 32 of them",
            );
        }
        if self.members.is_empty() {
            return Err("has no members");
        }
        if self.members.iter().any(|member| is_nobody(member)) {
            return Err("has a member who is nobody");
        }
        Ok(())
    }

    /// The data directory of its server.
    pub(crate) fn data(&self, data: &Path) -> PathBuf {
        data.join(FOLDER).join(&self.name)
    }

    /// The socket of its server.
    pub(crate) fn socket(&self, data: &Path) -> PathBuf {
        self.data(data).join(SOCKET)
    }

    /// The socket of its server's operations side.
    pub(crate) fn ops_socket(&self, data: &Path) -> PathBuf {
        self.data(data).join(OPS_SOCKET)
    }
}

/// The data directories of all tenants that a server has or had.
pub(crate) fn folders(data: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = data.join(FOLDER);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in
        fs::read_dir(&folder).with_context(|| format!("looking at {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    Ok(folders)
}

/// Refuses operators where nobody is told apart from them: there are no tenants, and no data of any that were.
pub(super) fn check_operators(settings: &Settings) -> anyhow::Result<()> {
    let is_apart = !settings.tenants.is_empty() || !folders(&settings.data)?.is_empty();
    if !is_apart && !settings.operators.is_empty() {
        bail!("operators are named beside tenants, and there are none");
    }
    Ok(())
}

/// Gives each pool to the server of the tenant whose members it names, or to the one in front.
pub(super) fn share_pools(settings: &mut Settings, own: Option<&str>) -> anyhow::Result<()> {
    let tenants = &settings.tenants;
    let owner = |member: &String| {
        tenants.iter().find(|tenant| tenant.members.contains(member)).map(|one| one.name.as_str())
    };
    for pool in &settings.pools {
        let owners: BTreeSet<_> = pool.tenants.iter().map(owner).collect();
        if owners.len() > 1 {
            bail!("pool {} names members of more than one tenant, or of one and others", pool.name);
        }
    }
    let kept = |pool: &&journal_domain::Pool| pool.tenants.first().and_then(owner) == own;
    let pools = settings.pools.iter().filter(kept).cloned().collect();
    settings.pools = pools;
    Ok(())
}

/// Makes the settings of the server in front those of its tenant's.
pub(super) fn of_tenant(mut settings: Settings, name: &str) -> anyhow::Result<Settings> {
    let Some(tenant) = settings.tenants.iter().find(|tenant| tenant.name == name).cloned() else {
        bail!("no tenant is called {name}");
    };
    share_pools(&mut settings, Some(name))?;
    // The room is that of one disk: the server in front gives its ballast up for all.
    settings.room.ballast_bytes = 0;
    let data = tenant.data(&settings.data);
    Ok(Settings {
        kek_file: journal_keys::beside(&data),
        listen: vec![ListenAddress::Unix(tenant.socket(&settings.data))],
        ops_listen: Some(ListenAddress::Unix(tenant.ops_socket(&settings.data))),
        ops_audit: false,
        audit_key: None,
        tls: None,
        tenants: Vec::new(),
        operators: Vec::new(),
        tenant: Some(name.to_owned()),
        data,
        ..settings
    })
}
