//! `HostConfig.RestartPolicy`, both ways. Texts are those of moby's `ValidateRestartPolicy`.

use api_types::RestartPolicy as WirePolicy;
use journal_domain::RestartPolicy;

use crate::Unfit;

/// Reads a policy; `None` where a container does not run again by itself.
pub(crate) fn restart_policy(
    policy: &WirePolicy,
    auto_remove: bool,
) -> Result<Option<RestartPolicy>, Unfit> {
    let retries = policy.maximum_retry_count;
    let read = match policy.name.as_str() {
        "" | "no" => None,
        "always" => Some(RestartPolicy::Always),
        "unless-stopped" => Some(RestartPolicy::UnlessStopped),
        "on-failure" => {
            let retries_max = u32::try_from(retries).map_err(|_| {
                Unfit::invalid("invalid restart policy: maximum retry count cannot be negative")
            })?;
            Some(RestartPolicy::OnFailure { retries_max })
        }
        other => {
            return Err(Unfit::invalid(format!(
                "invalid restart policy: unknown policy '{other}'; use one of 'no', 'always', \
                 'on-failure', or 'unless-stopped'"
            )));
        }
    };
    if retries != 0 && !matches!(read, Some(RestartPolicy::OnFailure { .. })) {
        return Err(Unfit::invalid(
            "invalid restart policy: maximum retry count can only be used with 'on-failure'",
        ));
    }
    if read.is_some() && auto_remove {
        return Err(Unfit::invalid("can't create 'AutoRemove' container with restart policy"));
    }
    Ok(read)
}

/// Shows a policy.
pub(crate) fn show(policy: Option<RestartPolicy>) -> WirePolicy {
    WirePolicy {
        name: policy.map_or("no", RestartPolicy::as_str).to_owned(),
        maximum_retry_count: policy.map_or(0, RestartPolicy::retries_max).into(),
    }
}

#[cfg(test)]
mod tests;
