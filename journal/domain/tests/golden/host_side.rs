//! Containers that share namespaces, use devices and have limits that few have.

use journal_domain::*;

use super::{container, text};

fn rate(rate: u64) -> Vec<DeviceRate> {
    vec![DeviceRate { path: text("/dev/vda"), rate }]
}

fn options() -> Vec<ContainerOption> {
    let namespaces = Namespaces {
        pid: Some(Sharing::Container(text("web"))),
        ipc: Some(IpcMode::Sharing(Sharing::Host)),
        host_uts: true,
        host_cgroup: false,
    };
    let device =
        Device { on_host: text("/dev/fuse"), inside: text("/dev/fuse"), access: text("rwm") };
    let devices = Devices { devices: vec![device], rules: vec![text("c 42:* rmw")] };
    let more_limits = MoreLimits {
        memory_swappiness: Some(0),
        oom_kill_disable: true,
        cpu_realtime_period_micros: 1000,
        cpu_realtime_runtime_micros: 900,
        blkio_weights: rate(10),
        blkio_read_bytes: rate(1),
        blkio_write_bytes: rate(2),
        blkio_read_operations: rate(3),
        blkio_write_operations: rate(4),
    };
    vec![
        ContainerOption::Namespaces(namespaces),
        ContainerOption::Devices(devices),
        ContainerOption::MoreLimits(more_limits),
    ]
}

pub(crate) fn events() -> Vec<Event> {
    let for_images =
        ForImages { on_build: vec![text("RUN make")], shell: vec![text("/bin/ash"), text("-c")] };
    let kept =
        vec![ContainerOption::ForImages(for_images), ContainerOption::NoNetwork(text("bridge"))];
    let runtimes = [Runtime::Native, Runtime::Wasm].map(ContainerOption::Runtime).to_vec();
    let place = vec![ContainerOption::CgroupParent(text("/system.slice/ci"))];
    let profile = text(r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}"#);
    vec![
        ContainerOptionsSet { id: container(), options: options() }.into(),
        ContainerOptionsSet { id: container(), options: kept }.into(),
        ContainerOptionsSet { id: container(), options: place }.into(),
        ContainerOptionsSet {
            id: container(),
            options: vec![ContainerOption::SeccompProfile(profile)],
        }
        .into(),
        ContainerOptionsSet { id: container(), options: runtimes }.into(),
    ]
}
