//! From the body of a create request to what the container shall be.
//!
//! Texts of the refusals are dockerd's where it has some, for clients show and match them.

use std::net::IpAddr;

use api_shown::network_mode;
use api_types::{ContainerConfig, ContainerCreateRequest, HostConfig, StrSlice};
use journal_domain::{ContainerSpec, LogDriver, TerminalSize};

use super::{security, unsupported};
use crate::Unfit;

/// Bytes of a host name that the kernel takes (`sethostname(2)`).
const HOSTNAME_BYTES_MAX: usize = 64;

/// Labels of a container.
///
/// Compose sets some fifteen. Each is in every list of containers, so a hundred containers with this many already make
/// a list of tens of megabytes.
const LABELS_MAX: usize = 4096;

/// Reads what a client asks for; `cpus` is how many processors the host has.
pub fn container_spec(request: &ContainerCreateRequest, cpus: u32) -> Result<ContainerSpec, Unfit> {
    let host = request.host();
    let config = &request.config;
    check(config, host)?;
    unsupported::refuse_unsupported(request)?;
    Ok(ContainerSpec {
        image: config.image.clone(),
        image_id: None,
        layers: Vec::new(),
        cmd: words(config.cmd.as_ref()),
        entrypoint: words(config.entrypoint.as_ref()),
        env: config.env.clone(),
        working_dir: config.working_dir.clone(),
        user: config.user.clone(),
        hostname: config.hostname.clone(),
        domainname: config.domainname.clone(),
        labels: config.labels.clone(),
        exposed_ports: config
            .exposed_ports
            .keys()
            .map(|port| exposed_port(port))
            .collect::<Result<_, _>>()?,
        stop_signal: stop_signal(&config.stop_signal)?,
        stop_timeout_seconds: config.stop_timeout,
        attach_stdin: config.attach_stdin,
        attach_stdout: config.attach_stdout,
        attach_stderr: config.attach_stderr,
        tty: config.tty,
        open_stdin: config.open_stdin,
        stdin_once: config.stdin_once,
        console_size: terminal_size(Some(host.console_size)),
        auto_remove: host.auto_remove,
        network: network_mode(&host.network_mode),
        extra_hosts: host
            .extra_hosts
            .iter()
            .map(|line| extra_host(line))
            .collect::<Result<_, _>>()?,
        dns: host.dns.iter().map(|server| name_server(server)).collect::<Result<_, _>>()?,
        dns_search: host.dns_search.clone(),
        dns_options: host.dns_options.clone(),
        limits: api_shown::limits(host, cpus)?,
        security: security::read(host)?,
        read_only_rootfs: host.readonly_rootfs,
        init: host.init == Some(true),
        tmpfs: host.tmpfs.clone(),
        shm_size_bytes: shm_size(host.shm_size)?,
        sysctls: host.sysctls.clone(),
        log_driver: LogDriver::Kept,
        annotations: host.annotations.clone(),
    })
}

/// Reads a terminal's size as clients send it: height, then width; zeros mean that there is none yet.
pub(crate) fn terminal_size(size: Option<[u32; 2]>) -> Option<TerminalSize> {
    let [rows, columns] = size?;
    let cells = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    (rows > 0 && columns > 0).then(|| TerminalSize { rows: cells(rows), columns: cells(columns) })
}

fn check(config: &ContainerConfig, host: &HostConfig) -> Result<(), Unfit> {
    if config.image.is_empty() {
        return Err(Unfit::invalid("no image specified: set Image to a name or an id"));
    }
    check_zero_bytes(config)?;
    if !config.working_dir.is_empty() && !config.working_dir.starts_with('/') {
        return Err(Unfit::invalid(format!(
            "the working directory '{}' is invalid, it needs to be an absolute path",
            config.working_dir
        )));
    }
    if config.hostname.len() > HOSTNAME_BYTES_MAX {
        return Err(Unfit::invalid(format!("invalid hostname format: {}", config.hostname)));
    }
    if config.labels.len() > LABELS_MAX {
        let count = config.labels.len();
        let text = format!("too many labels: {count}, at most {LABELS_MAX} are possible");
        return Err(Unfit::invalid(text));
    }
    if let Some(variable) =
        config.env.iter().find(|variable| variable.is_empty() || variable.starts_with('='))
    {
        return Err(Unfit::invalid(format!("invalid environment variable: {variable}")));
    }
    for path in host.tmpfs.keys() {
        if !path.starts_with('/') {
            return Err(Unfit::invalid(format!(
                "invalid mount path: '{path}' mount path must be absolute"
            )));
        }
        if path.trim_matches('/').is_empty() {
            return Err(Unfit::invalid("invalid specification: destination can't be '/'"));
        }
    }
    if host.annotations.contains_key("") {
        return Err(Unfit::invalid(
            "invalid Annotations: the empty string is not permitted as an annotation key",
        ));
    }
    if !host.storage_opt.is_empty() {
        // The root file systems are overlays over what the host has, and nothing there counts one container's bytes.
        return Err(Unfit::invalid(
            "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
        ));
    }
    check_modes(host)
}

/// No argument of `execve(2)` can hold a zero byte.
fn check_zero_bytes(config: &ContainerConfig) -> Result<(), Unfit> {
    let lists = [config.cmd.as_ref(), config.entrypoint.as_ref()].into_iter().flatten();
    let words = lists.flat_map(|list| &list.0).chain(&config.env);
    let mut texts = words.chain([&config.working_dir, &config.user, &config.hostname]);
    if texts.any(|text| text.contains('\0')) {
        return Err(Unfit::invalid(
            "Cmd, Entrypoint, Env, WorkingDir, User and Hostname must not contain a zero byte",
        ));
    }
    Ok(())
}

/// Refuses words that no release will ever know. Known ones that are not built yet are refused elsewhere.
fn check_modes(host: &HostConfig) -> Result<(), Unfit> {
    let joins = |mode: &str| mode.starts_with("container:");
    let modes = [
        ("IPC mode", &host.ipc_mode, &["none", "private", "shareable", "host"][..], true),
        ("PID mode", &host.pid_mode, &["host"], true),
        ("UTS mode", &host.uts_mode, &["host"], false),
        ("user namespace mode", &host.userns_mode, &["host"], false),
        ("cgroup namespace mode", &host.cgroupns_mode, &["private", "host"], false),
        ("isolation", &host.isolation, &["default"], false),
    ];
    for (what, mode, known, may_join) in modes {
        let good = mode.is_empty() || known.contains(&mode.as_str()) || (may_join && joins(mode));
        if !good {
            return Err(Unfit::invalid(format!("invalid {what}: {mode}")));
        }
    }
    Ok(())
}

fn words(list: Option<&StrSlice>) -> Option<Vec<String>> {
    list.map(|list| list.0.clone())
}

/// Reads `80`, `80/tcp` and the like; what is kept always has its protocol.
fn exposed_port(text: &str) -> Result<String, Unfit> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    let is_port = port.parse::<u16>().is_ok_and(|number| number > 0);
    if !is_port || !["tcp", "udp", "sctp"].contains(&protocol.as_str()) {
        return Err(Unfit::invalid(format!("invalid port specification: \"{text}\"")));
    }
    Ok(format!("{port}/{protocol}"))
}

fn stop_signal(text: &str) -> Result<Option<journal_domain::Signal>, Unfit> {
    if text.is_empty() {
        return Ok(None);
    }
    let signal = text.parse().map_err(|_| Unfit::invalid(format!("Invalid signal: {text}")))?;
    Ok(Some(signal))
}

/// Reads a line `name:address`, where the address may be in brackets.
fn extra_host(line: &str) -> Result<String, Unfit> {
    let parts = line.split_once(':').filter(|(name, _)| !name.is_empty());
    let Some((name, address)) = parts else {
        return Err(Unfit::invalid(format!("bad format for add-host: \"{line}\"")));
    };
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    // The host as the container sees it, which is known when it starts.
    if bare != "host-gateway" && bare.parse::<IpAddr>().is_err() {
        return Err(Unfit::invalid(format!("invalid IP address in add-host: \"{address}\"")));
    }
    Ok(format!("{name}:{bare}"))
}

fn name_server(text: &str) -> Result<String, Unfit> {
    match text.parse::<IpAddr>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(Unfit::invalid(format!("invalid DNS address: {text:?} is no IP address"))),
    }
}

fn shm_size(bytes: i64) -> Result<Option<u64>, Unfit> {
    match u64::try_from(bytes) {
        Ok(0) => Ok(None),
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) => Err(Unfit::invalid("SHM size can not be less than 0")),
    }
}

#[cfg(test)]
mod tests;
