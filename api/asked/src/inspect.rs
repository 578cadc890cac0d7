//! `GET /containers/{id}/json`: a container of the state as Docker shows it.

use api_shown::network_settings;
use api_types::{
    ContainerConfig, ContainerInspectResponse, ContainerState, Empty, GraphDriverData, StrSlice,
};
use backends_core::{Backend, BackendInfo};
use journal_domain::ContainerSpec;
use journal_keys::KeyStore;
use projector_containers::{Container, ExecPhase, Phase, PhaseName, State};

use super::{
    health, host_config::host_config, logging::check_readable, mounts::mount_points, pool,
    ports::port_map,
};

/// Makes the answer, without sizes; `keys` open the values of variables.
pub fn inspect(
    state: &State,
    container: &Container,
    backend: &dyn Backend,
    keys: &KeyStore,
) -> ContainerInspectResponse {
    let spec = &container.spec;
    let mounts = mount_points(container, backend);
    let backend = backend.info();
    let (host_config, volumes) = host_config(container);
    let mut argv = spec.argv().into_iter();
    ContainerInspectResponse {
        id: container.id.to_string(),
        created: container.created.to_string(),
        path: argv.next().unwrap_or_default(),
        args: argv.collect(),
        state: container_state(container),
        image: spec.image_id.map(|id| id.to_string()).unwrap_or_default(),
        log_path: log_path(container, &backend),
        name: format!("/{}", container.name),
        driver: backend.storage_driver.to_owned(),
        platform: "linux".to_owned(),
        restart_count: container.restarts.count.into(),
        exec_ids: exec_ids(state, container),
        host_config,
        graph_driver: GraphDriverData { data: None, name: backend.storage_driver.to_owned() },
        mounts,
        config: ContainerConfig { volumes, ..config(container, keys) },
        network_settings: network_settings(state, container, port_map(container)),
        pool: pool::shown(state, container),
        ..ContainerInspectResponse::default()
    }
}

/// Gives the directory of the output, where it is kept to be read.
fn log_path(container: &Container, backend: &BackendInfo) -> String {
    match check_readable(container) {
        Ok(()) => format!("{}/logs/{}", backend.root.trim_end_matches('/'), container.id),
        Err(_) => String::new(),
    }
}

fn container_state(container: &Container) -> ContainerState {
    let phase = PhaseName::of(container);
    let mut shown = ContainerState {
        status: phase.as_str().to_owned(),
        running: container.running().is_some() || container.restarts.due.is_some(),
        paused: container.is_paused(),
        health: health::show(container),
        restarting: phase == PhaseName::Restarting,
        pid: container.running().map_or(0, |run| run.pid.into()),
        ..ContainerState::default()
    };
    if let Some(exit) = &container.last_exit {
        shown.started_at = exit.started_at.to_string();
        shown.finished_at = exit.finished_at.to_string();
    }
    match &container.phase {
        Phase::Running(run) => shown.started_at = run.started_at.to_string(),
        Phase::Exited(exited) => {
            shown.exit_code = exited.report.exit_code;
            shown.oom_killed = exited.report.oom_killed;
            shown.error.clone_from(&exited.report.error);
        }
        Phase::Created(_) | Phase::Starting(_) => {}
    }
    if let Some(failure) = container.start_failure() {
        shown.exit_code = failure.exit_code;
        shown.error = failure.message.clone();
    }
    if let Some(delay) = &container.delay {
        shown.error.clone_from(&delay.reason);
    }
    shown
}

/// Makes the portable half, as it is after the image's own was merged in.
fn config(container: &Container, keys: &KeyStore) -> ContainerConfig {
    let spec: &ContainerSpec = &container.spec;
    let kept = container.options.as_ref().and_then(|options| options.for_images.as_ref());
    ContainerConfig {
        network_disabled: container.no_network().is_some(),
        on_build: kept.map(|kept| kept.on_build.clone()).unwrap_or_default(),
        shell: kept.filter(|kept| !kept.shell.is_empty()).map(|kept| StrSlice(kept.shell.clone())),
        hostname: container.hostname(),
        domainname: spec.domainname.clone(),
        user: spec.user.clone(),
        attach_stdin: spec.attach_stdin,
        attach_stdout: spec.attach_stdout,
        attach_stderr: spec.attach_stderr,
        exposed_ports: spec.exposed_ports.iter().map(|port| (port.clone(), Empty {})).collect(),
        tty: spec.tty,
        open_stdin: spec.open_stdin,
        stdin_once: spec.stdin_once,
        env: keys.show_environment(&spec.env, container.sealed_environment()),
        cmd: spec.cmd.clone().map(StrSlice),
        image: spec.image.clone(),
        working_dir: spec.working_dir.clone(),
        entrypoint: spec.entrypoint.clone().map(StrSlice),
        labels: spec.labels.clone(),
        stop_signal: spec.stop_signal.map(|signal| signal.to_string()).unwrap_or_default(),
        healthcheck: container.health_check().map(health::show_check),
        stop_timeout: spec.stop_timeout_seconds,
        ..ContainerConfig::default()
    }
}

/// Lists the execs that run; where there is none, Docker says `null`.
fn exec_ids(state: &State, container: &Container) -> Option<Vec<String>> {
    let execs = container.execs.iter().filter_map(|id| state.exec(id));
    let running = execs.filter(|exec| matches!(exec.phase, ExecPhase::Running { .. }));
    let ids: Vec<String> = running.map(|exec| exec.id.to_string()).collect();
    (!ids.is_empty()).then_some(ids)
}
