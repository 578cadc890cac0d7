//! What this server is and runs on, as `docker version` and `docker info` show it.

use std::fs;

/// What this server is; fixed when it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// An identity that outlives restarts: the journal's.
    pub id: String,
    /// The server's version, as `major.minor.patch`.
    pub version: String,
    /// The commit it was built from; may be empty.
    pub commit: String,
    /// When it was built, RFC 3339; may be empty.
    pub build_time: String,
    /// The compiler it was built with, such as `rustc 1.95`; may be empty.
    pub compiler: String,
    /// The machine it runs on.
    pub host: HostInfo,
}

/// The machine that the server runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostInfo {
    /// The host's name.
    pub name: String,
    /// The kernel's release.
    pub kernel_version: String,
    /// The distribution's name with its version, such as `Debian GNU/Linux 12 (bookworm)`.
    pub operating_system: String,
    /// The distribution's version, such as `12`.
    pub os_version: String,
    /// The processor's name as the kernel has it, such as `x86_64`.
    pub machine: String,
    /// Processors that the server may use.
    pub cpus: u32,
    /// The machine's memory in bytes.
    pub memory_bytes: u64,
    /// Whether the kernel forwards IPv4.
    pub ipv4_forwarding: bool,
}

// === impl ServerInfo ===

impl ServerInfo {
    /// Gives what the `Server` header says, such as `sockerless/0.1.0 (linux)`.
    pub fn header(&self) -> String {
        format!("sockerless/{} (linux)", self.version)
    }
}

// === impl HostInfo ===

impl HostInfo {
    /// Asks the kernel and the distribution's own file; what they do not tell is left empty.
    pub fn of_this_machine() -> Self {
        let uname = rustix::system::uname();
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let forwarding = fs::read_to_string("/proc/sys/net/ipv4/ip_forward");
        let memory = rustix::system::sysinfo();
        let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            name: uname.nodename().to_string_lossy().into_owned(),
            kernel_version: uname.release().to_string_lossy().into_owned(),
            operating_system: release_value(&release, "PRETTY_NAME").unwrap_or("Linux").to_owned(),
            os_version: release_value(&release, "VERSION_ID").unwrap_or_default().to_owned(),
            machine: uname.machine().to_string_lossy().into_owned(),
            cpus: u32::try_from(cpus).unwrap_or(u32::MAX),
            memory_bytes: memory.totalram * u64::from(memory.mem_unit),
            ipv4_forwarding: forwarding.is_ok_and(|text| text.trim() == "1"),
        }
    }

    /// Gives the processor's name in Go's words, which Docker's `Arch` and image configurations use.
    pub fn go_arch(&self) -> &str {
        match self.machine.as_str() {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "armv7l" | "armv6l" => "arm",
            "i686" | "i386" => "386",
            other => other,
        }
    }
}

/// Gives a value of the file `os-release(5)`.
fn release_value<'a>(release: &'a str, name: &str) -> Option<&'a str> {
    let value = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim().trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests;
