//! Health checks and what they told, both ways.

use std::time::Duration;

use api_types::{Health, HealthConfig, HealthcheckResult};
use journal_domain::HealthCheck;
use projector_containers::Container;

use crate::Unfit;

/// The shortest time that a health check may say: Docker's.
const TIME_MIN: Duration = Duration::from_millis(1);

/// Reads what a client asks for; `None` where it says nothing. Texts are those of moby's `validateHealthCheck`.
pub(crate) fn health_check(asked: Option<&HealthConfig>) -> Result<Option<HealthCheck>, Unfit> {
    let Some(asked) = asked.filter(|asked| **asked != HealthConfig::default()) else {
        return Ok(None);
    };
    let retries = u32::try_from(asked.retries)
        .map_err(|_| Unfit::invalid("Retries in Healthcheck cannot be negative"))?;
    Ok(Some(HealthCheck {
        test: asked.test.clone(),
        interval: time("Interval", asked.interval)?,
        timeout: time("Timeout", asked.timeout)?,
        start_period: time("StartPeriod", asked.start_period)?,
        start_interval: time("StartInterval", asked.start_interval)?,
        retries,
        shell: Vec::new(),
    }))
}

fn time(name: &str, nanos: i64) -> Result<Duration, Unfit> {
    let time = u64::try_from(nanos).ok().map(Duration::from_nanos);
    let good = time.filter(|time| time.is_zero() || *time >= TIME_MIN);
    good.ok_or_else(|| {
        Unfit::invalid(format!("{name} in Healthcheck cannot be less than {TIME_MIN:?}"))
    })
}

/// Shows the health check of a container, the image's own merged in.
pub(crate) fn show_check(check: &HealthCheck) -> HealthConfig {
    let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    HealthConfig {
        test: check.test.clone(),
        interval: nanos(check.interval),
        timeout: nanos(check.timeout),
        start_period: nanos(check.start_period),
        start_interval: nanos(check.start_interval),
        retries: check.retries.into(),
    }
}

/// Shows how a container is; `None` where nothing finds that out.
pub(crate) fn show(container: &Container) -> Option<Health> {
    let health = container.health.as_ref()?;
    let results = health.results.iter().map(|result| HealthcheckResult {
        start: result.started_at.to_string(),
        end: result.finished_at.to_string(),
        exit_code: result.exit_code,
        output: result.output.clone(),
    });
    Some(Health {
        status: health.status.as_str().to_owned(),
        failing_streak: health.failing_streak.into(),
        log: results.collect(),
    })
}

#[cfg(test)]
mod tests;
