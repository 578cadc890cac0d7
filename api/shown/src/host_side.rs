//! Namespaces, devices and the limits that few containers have, both ways. Texts are dockerd's where it has some.

use api_types::{
    ContainerConfig, DeviceMapping, HostConfig, ResourcesBlkioWeightDevice, ThrottleDevice,
};
use journal_domain::{
    ContainerId, ContainerOption, Device, DeviceRate, Devices, IpcMode, MoreLimits, Namespaces,
    Sharing,
};
use projector_containers::Container;

use crate::{
    Invalid,
    limits::{BLKIO_WEIGHTS, signed},
};

/// What a device may be used for where nothing is said.
const ALL_ACCESS: &str = "rwm";

/// Percent.
const SWAPPINESS: std::ops::RangeInclusive<i64> = 0..=100;

/// Bytes of a path in a hierarchy of control groups: what the system takes, less the mount point and a container's id.
const CGROUP_PATH_BYTES_MAX: usize = 3500;

/// Bytes of a profile of system calls: a quarter of what a record holds, and ten times Docker's own.
const SECCOMP_PROFILE_BYTES_MAX: usize = 256 * 1024;

/// What joins another container's namespace.
const JOINED: &str = "container:";

/// Reads what a request asks; most ask nothing.
pub fn host_side(
    config: &ContainerConfig,
    host: &HostConfig,
) -> Result<impl Iterator<Item = ContainerOption> + use<>, Invalid> {
    let namespaces = namespaces(config, host)?;
    let (devices, more_limits) = (devices(host)?, more_limits(host)?);
    let namespaces =
        (namespaces != Namespaces::default()).then_some(ContainerOption::Namespaces(namespaces));
    let devices = (devices != Devices::default()).then_some(ContainerOption::Devices(devices));
    let more_limits =
        (more_limits != MoreLimits::default()).then_some(ContainerOption::MoreLimits(more_limits));
    let parent = cgroup_parent(&host.cgroup_parent)?;
    let profile = seccomp_profile(&host.security_opt)?;
    Ok(namespaces.into_iter().chain(devices).chain(more_limits).chain(parent).chain(profile))
}

/// Reads the profile of system calls that a container shall have: the last word on it counts. What is in it is looked at by the
/// start, as with dockerd.
fn seccomp_profile(options: &[String]) -> Result<Option<ContainerOption>, Invalid> {
    let values = options.iter().filter_map(|option| option.split_once(['=', ':']));
    let last = values.filter(|(name, _)| *name == "seccomp").map(|(_, value)| value).next_back();
    match last {
        None | Some("" | "unconfined" | "builtin") => Ok(None),
        Some(json) if json.len() > SECCOMP_PROFILE_BYTES_MAX => {
            let (got, max) = (json.len(), SECCOMP_PROFILE_BYTES_MAX);
            Err(Invalid::new(format!("the seccomp profile has {got} bytes, more than {max}")))
        }
        Some(json) => Ok(Some(ContainerOption::SeccompProfile(json.to_owned()))),
    }
}

/// Reads in which control group of the host its own is made. As with dockerd's driver of files, a path that does not begin with a
/// slash is in the group that all have, and any will do but the group of another container.
pub fn cgroup_parent(path: &str) -> Result<Option<ContainerOption>, Invalid> {
    if path.is_empty() {
        return Ok(None);
    }
    let refused = |why: &str| Invalid::new(format!("invalid cgroup parent {path:?}: {why}"));
    if path.contains('\0') || path.len() > CGROUP_PATH_BYTES_MAX {
        return Err(refused("it is no path of the host"));
    }
    if path.split('/').any(|part| part.parse::<ContainerId>().is_ok()) {
        return Err(refused("it leads into a container"));
    }
    Ok(Some(ContainerOption::CgroupParent(path.to_owned())))
}

/// Shows what a container has.
pub fn show_host_side(container: &Container, host: &mut HostConfig) {
    let options = container.options.as_deref();
    if let Some(namespaces) = options.and_then(|options| options.namespaces.as_ref()) {
        show_namespaces(namespaces, host);
    }
    if let Some(devices) = options.and_then(|options| options.devices.as_ref()) {
        host.devices = devices.devices.iter().map(shown_device).collect();
        host.device_cgroup_rules.clone_from(&devices.rules);
    }
    if let Some(parent) = options.and_then(|options| options.cgroup_parent.as_ref()) {
        host.cgroup_parent.clone_from(parent);
    }
    if let Some(json) = options.and_then(|options| options.seccomp_profile.as_ref()) {
        host.security_opt.push(format!("seccomp={json}"));
    }
    if let Some(limits) = options.and_then(|options| options.more_limits.as_ref()) {
        show_limits(limits, host);
    }
}

/// Reads whose namespaces it has. Unknown words were refused before.
fn namespaces(config: &ContainerConfig, host: &HostConfig) -> Result<Namespaces, Invalid> {
    let host_uts = host.uts_mode == "host";
    if host_uts && !config.hostname.is_empty() {
        return Err(Invalid::new("conflicting options: hostname and the UTS mode"));
    }
    Ok(Namespaces {
        pid: sharing(&host.pid_mode)?,
        ipc: match host.ipc_mode.as_str() {
            "none" => Some(IpcMode::None),
            "shareable" => Some(IpcMode::Shareable),
            mode => sharing(mode)?.map(IpcMode::Sharing),
        },
        host_uts,
        host_cgroup: host.cgroupns_mode == "host",
    })
}

fn sharing(mode: &str) -> Result<Option<Sharing>, Invalid> {
    match mode.strip_prefix(JOINED) {
        Some("") => Err(Invalid::new(format!("invalid mode {mode:?}: name a container"))),
        Some(container) => Ok(Some(Sharing::Container(container.to_owned()))),
        None => Ok((mode == "host").then_some(Sharing::Host)),
    }
}

fn show_namespaces(namespaces: &Namespaces, host: &mut HostConfig) {
    let shown = |sharing: &Sharing| match sharing {
        Sharing::Host => "host".to_owned(),
        Sharing::Container(text) => format!("{JOINED}{text}"),
    };
    host.pid_mode = namespaces.pid.as_ref().map(shown).unwrap_or_default();
    match &namespaces.ipc {
        None => {}
        Some(IpcMode::None) => host.ipc_mode = "none".to_owned(),
        Some(IpcMode::Shareable) => host.ipc_mode = "shareable".to_owned(),
        Some(IpcMode::Sharing(sharing)) => host.ipc_mode = shown(sharing),
    }
    if namespaces.host_uts {
        host.uts_mode = "host".to_owned();
    }
    if namespaces.host_cgroup {
        host.cgroupns_mode = "host".to_owned();
    }
}

fn devices(host: &HostConfig) -> Result<Devices, Invalid> {
    if let Some(request) = host.device_requests.first() {
        let (driver, wanted) =
            (request.driver.clone().unwrap_or_default(), request.capabilities.clone());
        return Err(Invalid::new(format!(
            "could not select device driver {driver:?} with capabilities: {:?}",
            wanted.unwrap_or_default()
        )));
    }
    let rules = host.device_cgroup_rules.clone();
    if let Some(rule) = rules.iter().find(|rule| !is_rule(rule)) {
        let text = format!("invalid device cgroup rule format: '{rule}'");
        return Err(Invalid::new(text));
    }
    let devices = host.devices.iter().map(device).collect::<Result<_, _>>()?;
    Ok(Devices { devices, rules })
}

fn device(asked: &DeviceMapping) -> Result<Device, Invalid> {
    let on_host = asked.path_on_host.clone().unwrap_or_default();
    let inside = asked.path_in_container.clone().filter(|path| !path.is_empty());
    let inside = inside.unwrap_or_else(|| on_host.clone());
    let access = asked.cgroup_permissions.clone().filter(|access| !access.is_empty());
    let access = access.unwrap_or_else(|| ALL_ACCESS.to_owned());
    if !access.chars().all(|letter| ALL_ACCESS.contains(letter)) {
        return Err(Invalid::new(format!("bad mode specified: {access}")));
    }
    if let Some(path) = [&on_host, &inside].into_iter().find(|path| !path.starts_with('/')) {
        return Err(Invalid::new(format!("{path:?} is not an absolute path")));
    }
    Ok(Device { on_host, inside, access })
}

/// Tells whether a rule is one of moby's `^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$`.
fn is_rule(rule: &str) -> bool {
    let number = |text: &str| text == "*" || text.parse::<u32>().is_ok();
    let words: Vec<&str> = rule.split(' ').collect();
    let [kind, numbers, access] = words.as_slice() else { return false };
    matches!(*kind, "a" | "b" | "c")
        && numbers.split_once(':').is_some_and(|(major, minor)| number(major) && number(minor))
        && (1..=3).contains(&access.len())
        && access.chars().all(|letter| ALL_ACCESS.contains(letter))
}

fn shown_device(device: &Device) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(device.on_host.clone()),
        path_in_container: Some(device.inside.clone()),
        cgroup_permissions: Some(device.access.clone()),
    }
}

fn more_limits(host: &HostConfig) -> Result<MoreLimits, Invalid> {
    Ok(MoreLimits {
        memory_swappiness: swappiness(host.memory_swappiness)?,
        oom_kill_disable: host.oom_kill_disable == Some(true),
        cpu_realtime_period_micros: positive("CPU real-time period", host.cpu_realtime_period)?,
        cpu_realtime_runtime_micros: realtime(host)?,
        blkio_weights: host.blkio_weight_device.iter().map(weight).collect::<Result<_, _>>()?,
        blkio_read_bytes: rates(&host.blkio_device_read_bps)?,
        blkio_write_bytes: rates(&host.blkio_device_write_bps)?,
        blkio_read_operations: rates(&host.blkio_device_read_iops)?,
        blkio_write_operations: rates(&host.blkio_device_write_iops)?,
    })
}

fn show_limits(limits: &MoreLimits, host: &mut HostConfig) {
    host.memory_swappiness = limits.memory_swappiness.map(i64::from);
    host.oom_kill_disable = Some(limits.oom_kill_disable);
    host.cpu_realtime_period = signed(limits.cpu_realtime_period_micros);
    host.cpu_realtime_runtime = signed(limits.cpu_realtime_runtime_micros);
    let weights = limits.blkio_weights.iter().map(|weight| ResourcesBlkioWeightDevice {
        path: Some(weight.path.clone()),
        weight: usize::try_from(weight.rate).ok(),
    });
    host.blkio_weight_device = weights.collect();
    host.blkio_device_read_bps = shown_rates(&limits.blkio_read_bytes);
    host.blkio_device_write_bps = shown_rates(&limits.blkio_write_bytes);
    host.blkio_device_read_iops = shown_rates(&limits.blkio_read_operations);
    host.blkio_device_write_iops = shown_rates(&limits.blkio_write_operations);
}

/// The docker CLI sends -1 where its user said nothing.
fn swappiness(asked: Option<i64>) -> Result<Option<u8>, Invalid> {
    let Some(asked) = asked.filter(|asked| *asked != -1) else { return Ok(None) };
    let range = format!("Invalid value: {asked}, valid memory swappiness range is 0-100");
    let good = SWAPPINESS.contains(&asked).then(|| u8::try_from(asked).ok()).flatten();
    good.map(Some).ok_or_else(|| Invalid::new(range))
}

fn realtime(host: &HostConfig) -> Result<u64, Invalid> {
    let (period, runtime) = (host.cpu_realtime_period, host.cpu_realtime_runtime);
    if period != 0 && runtime > period {
        let text = "cpu real-time runtime cannot be higher than cpu real-time period";
        return Err(Invalid::new(text));
    }
    positive("CPU real-time runtime", runtime)
}

fn positive(what: &str, value: i64) -> Result<u64, Invalid> {
    u64::try_from(value).map_err(|_| Invalid::new(format!("{what} must not be negative")))
}

fn weight(asked: &ResourcesBlkioWeightDevice) -> Result<DeviceRate, Invalid> {
    let path = asked.path.clone().unwrap_or_default();
    let weight = asked.weight.unwrap_or_default();
    match u16::try_from(weight).is_ok_and(|weight| BLKIO_WEIGHTS.contains(&weight)) {
        true => Ok(DeviceRate { path, rate: weight as u64 }),
        false => Err(Invalid::new("range of blkio weight is from 10 to 1000")),
    }
}

fn rates(asked: &[ThrottleDevice]) -> Result<Vec<DeviceRate>, Invalid> {
    let rate = |asked: &ThrottleDevice| {
        let rate = positive("a limit of a device", asked.rate.unwrap_or_default())?;
        Ok(DeviceRate { path: asked.path.clone().unwrap_or_default(), rate })
    };
    asked.iter().map(rate).collect()
}

fn shown_rates(rates: &[DeviceRate]) -> Vec<ThrottleDevice> {
    let shown = |rate: &DeviceRate| ThrottleDevice {
        path: Some(rate.path.clone()),
        rate: Some(signed(rate.rate)),
    };
    rates.iter().map(shown).collect()
}

#[cfg(test)]
mod tests;
