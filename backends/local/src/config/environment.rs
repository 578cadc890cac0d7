//! The environment of a program.

/// Where programs are looked for when neither image nor client says, as Docker has it.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Gives a container's environment: Docker's defaults, replaced and followed by `own`.
pub(super) fn environment(hostname: &str, tty: bool, own: &[String]) -> Vec<String> {
    let mut defaults = vec![PATH.to_owned(), format!("HOSTNAME={hostname}")];
    if tty {
        defaults.push("TERM=xterm".to_owned());
    }
    merged(defaults, own)
}

/// Gives `base` with the variables of `over`: a known one is replaced where it stands, a new one comes last, and a name
/// without a value takes the variable away.
pub(super) fn merged(base: Vec<String>, over: &[String]) -> Vec<String> {
    let mut merged = base;
    for variable in over {
        let name = name(variable);
        let known = merged.iter().position(|other| self::name(other) == name);
        match (known, variable.contains('=')) {
            (Some(index), true) => merged[index].clone_from(variable),
            (Some(index), false) => drop(merged.remove(index)),
            (None, true) => merged.push(variable.clone()),
            (None, false) => {}
        }
    }
    merged
}

fn name(variable: &str) -> &str {
    variable.split_once('=').map_or(variable, |(name, _)| name)
}
