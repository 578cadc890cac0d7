//! Execs: from the body of a create request, and to what inspect shows.

use api_types::{ExecCreateRequest, ExecInspectResponse, ProcessConfig};
use journal_domain::ExecSpec;
use projector_containers::{Exec, ExecPhase};

use super::container_spec::terminal_size;
use crate::Unfit;

/// Reads what a client asks for.
pub fn exec_spec(request: &ExecCreateRequest) -> Result<ExecSpec, Unfit> {
    if request.cmd.0.is_empty() {
        return Err(Unfit::invalid("No exec command specified"));
    }
    let mut texts =
        request.cmd.0.iter().chain(&request.env).chain([&request.working_dir, &request.user]);
    if texts.any(|text| text.contains('\0')) {
        return Err(Unfit::invalid("Cmd, Env, WorkingDir and User must not contain a zero byte"));
    }
    if !request.working_dir.is_empty() && !request.working_dir.starts_with('/') {
        return Err(Unfit::invalid(format!(
            "the working directory '{}' is invalid, it needs to be an absolute path",
            request.working_dir
        )));
    }
    api_types::DetachKeys::parse(&request.detach_keys)?;
    Ok(ExecSpec {
        cmd: request.cmd.0.clone(),
        env: request.env.clone(),
        working_dir: request.working_dir.clone(),
        user: request.user.clone(),
        privileged: request.privileged,
        tty: request.tty,
        attach_stdin: request.attach_stdin,
        attach_stdout: request.attach_stdout,
        attach_stderr: request.attach_stderr,
        detach_keys: Some(request.detach_keys.clone()).filter(|keys| !keys.is_empty()),
        console_size: terminal_size(request.console_size),
    })
}

/// Makes the answer to `GET /exec/{id}/json`.
pub fn exec_inspect(exec: &Exec) -> ExecInspectResponse {
    let spec = &exec.spec;
    let (running, pid) = match exec.phase {
        ExecPhase::Running { pid } => (true, pid.into()),
        ExecPhase::Created
        | ExecPhase::Starting { .. }
        | ExecPhase::Failed { .. }
        | ExecPhase::Exited { .. } => (false, 0),
    };
    let mut argv = spec.cmd.iter().cloned();
    ExecInspectResponse {
        id: exec.id.to_string(),
        running,
        exit_code: exec.exit_code(),
        process_config: ProcessConfig {
            tty: spec.tty,
            entrypoint: argv.next().unwrap_or_default(),
            arguments: argv.collect(),
            privileged: Some(spec.privileged),
            user: Some(spec.user.clone()).filter(|user| !user.is_empty()),
        },
        open_stdin: spec.attach_stdin,
        open_stderr: spec.attach_stderr,
        open_stdout: spec.attach_stdout,
        can_remove: false,
        container_id: exec.container.to_string(),
        detach_keys: String::new(),
        pid,
    }
}
