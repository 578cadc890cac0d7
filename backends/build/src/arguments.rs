//! Build arguments: what a client gives, what `ARG` says, and who sees which of them.

use std::collections::{BTreeMap, BTreeSet};

/// Arguments that need no `ARG`: they are for programs of the build, and make no other image of it.
const PROXIES: [&str; 10] = [
    "ALL_PROXY",
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "all_proxy",
    "ftp_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// The arguments of a build, as a stage sees them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    /// What the client gives.
    given: BTreeMap<String, Option<String>>,
    /// What stands before the first stage.
    global: BTreeMap<String, Option<String>>,
    /// What the stage has declared.
    own: BTreeMap<String, Option<String>>,
    /// Every name that was declared anywhere.
    declared: BTreeSet<String>,
}

impl Arguments {
    pub(crate) fn new(given: BTreeMap<String, Option<String>>) -> Self {
        Self { given, ..Self::default() }
    }

    /// Declares an argument before the first stage.
    pub(crate) fn declare_globally(&mut self, name: &str, default: Option<String>) {
        self.declared.insert(name.to_owned());
        self.global.insert(name.to_owned(), default);
    }

    /// Declares an argument in the stage.
    pub(crate) fn declare(&mut self, name: &str, default: Option<String>) {
        self.declared.insert(name.to_owned());
        let default = default.or_else(|| self.global.get(name).cloned().flatten());
        self.own.insert(name.to_owned(), default);
    }

    /// Begins another stage, which has declared nothing.
    pub(crate) fn enter_stage(&mut self) {
        self.own.clear();
    }

    /// Takes over what another stage has declared, so that it counts as used.
    pub(crate) fn note_declared(&mut self, other: &Self) {
        self.declared.extend(other.declared.iter().cloned());
    }

    /// Gives the variables of `FROM`.
    pub(crate) fn global_variables(&self) -> Vec<String> {
        self.variables_of(&self.global).map(shown).collect()
    }

    /// Gives the variables of the stage, without those that `env` has.
    pub(crate) fn variables(&self, env: &[String]) -> Vec<String> {
        let own = self.variables_of(&self.own);
        let undeclared = PROXIES.iter().filter(|name| !self.own.contains_key(**name));
        let proxies = undeclared.filter_map(|name| {
            let value = self.given.get(*name)?.clone()?;
            Some(((*name).to_owned(), value))
        });
        let all: BTreeMap<String, String> = own.chain(proxies).collect();
        all.into_iter().filter(|(name, _)| !has(env, name)).map(shown).collect()
    }

    /// Gives those of them that make another image.
    pub(crate) fn noted(&self, env: &[String]) -> Vec<String> {
        let is_noted = |variable: &String| {
            let name = variable.split('=').next().unwrap_or_default();
            !PROXIES.contains(&name) || self.declared.contains(name)
        };
        self.variables(env).into_iter().filter(is_noted).collect()
    }

    /// Gives the names that a client gave and nothing declared.
    pub(crate) fn unused(&self) -> Vec<&str> {
        let names = self.given.keys().map(String::as_str);
        names.filter(|name| !self.declared.contains(*name) && !PROXIES.contains(name)).collect()
    }

    fn variables_of<'a>(
        &'a self,
        declared: &'a BTreeMap<String, Option<String>>,
    ) -> impl Iterator<Item = (String, String)> + 'a {
        declared.iter().filter_map(|(name, default)| {
            let given = self.given.get(name).cloned().flatten();
            given.or_else(|| default.clone()).map(|value| (name.clone(), value))
        })
    }
}

fn shown((name, value): (String, String)) -> String {
    format!("{name}={value}")
}

fn has(env: &[String], name: &str) -> bool {
    env.iter().any(|variable| variable.split('=').next() == Some(name))
}

#[cfg(test)]
mod tests;
