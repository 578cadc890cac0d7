//! Rules, as they are written and as they are asked.
//!
//! What no rule allows is refused, and what a rule denies is refused whatever others allow. A rule that allows gives
//! no mounts of the host and no privileges but those that it lists.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use journal_domain::clean_path;
use serde::Deserialize;

use crate::{
    action::ACTIONS,
    facts::{Facts, KNOWN_PRIVILEGES, Labels, Names},
    pattern::Pattern,
};

/// Rules of a policy: each of them is looked at for each call, and this many still take few microseconds.
const RULES_MAX: usize = 200;

/// What a group is written with.
const GROUP: &str = "group:";

/// Rules about who may do what.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Who is in which group, beside what certificates and tokens say.
    #[serde(default)]
    groups: BTreeMap<String, Vec<Pattern>>,
    #[serde(default)]
    rule: Vec<Rule>,
}

/// What somebody may do.
#[derive(Debug, Clone)]
pub struct Rights {
    policy: Arc<Policy>,
    principal: String,
    /// The rules that are about them.
    rules: Vec<usize>,
}

/// Why a policy cannot be gone by.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is not written as one.
    #[error("the policy cannot be read")]
    Form(#[from] toml::de::Error),
    /// A rule makes no sense.
    #[error("rule {name:?} {wrong}")]
    Rule {
        /// The rule.
        name: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// There are too many rules.
    #[error("the policy has {0} rules, at most {RULES_MAX} are gone by")]
    TooMany(usize),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: String,
    who: Vec<Pattern>,
    allow: Option<Vec<Pattern>>,
    deny: Option<Vec<Pattern>>,
    labels: Option<BTreeMap<String, Pattern>>,
    images: Option<Vec<Pattern>>,
    mounts: Option<Vec<String>>,
    privileges: Option<Vec<Pattern>>,
    pools: Option<Vec<Pattern>>,
    /// The actions that it is for, a bit for each of [`ACTIONS`].
    #[serde(skip)]
    actions: u64,
}

// === impl Policy ===

impl Policy {
    /// Reads a policy in TOML; one with a rule that can mean nothing is refused.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let mut policy: Self = toml::from_str(text)?;
        if policy.rule.len() > RULES_MAX {
            return Err(PolicyError::TooMany(policy.rule.len()));
        }
        for at in 0..policy.rule.len() {
            let (before, rest) = policy.rule.split_at_mut(at);
            let rule = &mut rest[0];
            let twice = before.iter().any(|other| other.name == rule.name);
            let checked = if twice { Err("is there twice".to_owned()) } else { rule.checked() };
            checked.map_err(|wrong| PolicyError::Rule { name: rule.name.clone(), wrong })?;
        }
        Ok(policy)
    }

    /// Gives what somebody may do who is known by a name, and belongs to groups by a certificate or a token.
    pub fn rights(self: &Arc<Self>, principal: &str, groups: &[String]) -> Rights {
        let own =
            self.groups.iter().filter(|(_, who)| who.iter().any(|one| one.matches(principal)));
        let names: Vec<String> = own
            .map(|(name, _)| name)
            .chain(groups)
            .map(|name| format!("{GROUP}{name}"))
            .chain([principal.to_owned()])
            .collect();
        let is_about =
            |rule: &Rule| rule.who.iter().any(|one| names.iter().any(|name| one.matches(name)));
        let rules = self.rule.iter().enumerate().filter(|(_, rule)| is_about(rule));
        let rules = rules.map(|(at, _)| at).collect();
        Rights { policy: Arc::clone(self), principal: principal.to_owned(), rules }
    }
}

// === impl Rule ===

impl Rule {
    /// Checks that it can mean something, and cleans its paths.
    fn checked(&mut self) -> Result<(), String> {
        if self.who.is_empty() {
            return Err("is about nobody: who has to list somebody".into());
        }
        let actions = match (&self.allow, &self.deny) {
            (Some(actions), None) | (None, Some(actions)) => actions,
            _ => return Err("has to have one of allow and deny".into()),
        };
        for pattern in actions {
            let meant = bits(|action| pattern.matches(action));
            self.actions |= meant;
            if meant == 0 {
                let known = ACTIONS.join(", ");
                return Err(format!(
                    "names what nobody can do: {:?}; there are {known}",
                    pattern.as_str()
                ));
            }
        }
        for pattern in self.privileges.iter().flatten() {
            let text = pattern.as_str();
            let is_known = |known: &str| match known.strip_suffix('*') {
                Some(start) => text.starts_with(start) || pattern.matches(start),
                None => pattern.matches(known),
            };
            if !KNOWN_PRIVILEGES.iter().any(|known| is_known(known)) {
                let known = KNOWN_PRIVILEGES.join(", ");
                return Err(format!("lists a privilege that is none: {text:?}; there are {known}"));
            }
        }
        for path in self.mounts.iter_mut().flatten() {
            if !path.starts_with('/') {
                return Err(format!("lists a mount that is no absolute path: {path:?}"));
            }
            *path = clean_path(path);
        }
        Ok(())
    }

    /// Tells whether it is for an action, which is given by its bit.
    const fn is_for(&self, action: u64) -> bool {
        self.actions & action != 0
    }

    /// Tells whether everything that it looks for is there.
    fn denies(&self, facts: &Facts<'_>) -> bool {
        let labels = self
            .labels
            .as_ref()
            .is_none_or(|wanted| facts.labels.iter().any(|labels| has_all(labels, wanted)));
        let images = self
            .images
            .as_ref()
            .is_none_or(|patterns| facts.images.iter().any(|names| is_one_of(names, patterns)));
        let mounts = self
            .mounts
            .as_ref()
            .is_none_or(|folders| facts.paths.iter().any(|path| is_under_one(path, folders)));
        let privileges = self.privileges.as_ref().is_none_or(|patterns| {
            facts.privileges.iter().any(|asked| matches_one(asked, patterns))
        });
        let pools = self
            .pools
            .as_ref()
            .is_none_or(|patterns| facts.pools.iter().any(|name| matches_one(name, patterns)));
        labels && images && mounts && privileges && pools
    }

    /// Tells whether it allows something that it is for.
    fn allows(&self, facts: &Facts<'_>) -> bool {
        let has_labels = |wanted| facts.labels.iter().all(|labels| has_all(labels, wanted));
        let has_images =
            |patterns: &Vec<Pattern>| facts.images.iter().all(|names| is_one_of(names, patterns));
        let folders = self.mounts.as_deref().unwrap_or_default();
        let privileges = self.privileges.as_deref().unwrap_or_default();
        self.labels.as_ref().is_none_or(has_labels)
            && self.images.as_ref().is_none_or(has_images)
            && self.is_of_pools(facts)
            && facts.paths.iter().all(|path| is_under_one(path, folders))
            && facts.privileges.iter().all(|asked| matches_one(asked, privileges))
    }

    /// Tells whether every container is of a pool that it lists, where it lists any.
    fn is_of_pools(&self, facts: &Facts<'_>) -> bool {
        self.pools
            .as_ref()
            .is_none_or(|patterns| facts.pools.iter().all(|name| matches_one(name, patterns)))
    }

    /// Says what it does not allow of something that it is for.
    fn missing(&self, facts: &Facts<'_>) -> Option<String> {
        if let Some(wanted) = &self.labels
            && facts.labels.iter().any(|labels| !has_all(labels, wanted))
        {
            let each = wanted.iter().map(|(name, value)| format!("{name}={}", value.as_str()));
            return Some(format!("only with the labels {}", each.collect::<Vec<_>>().join(", ")));
        }
        if let Some(patterns) = &self.images
            && let Some(names) = facts.images.iter().find(|names| !is_one_of(names, patterns))
        {
            let name = names.0.first().map_or("an image without a name", String::as_str);
            return Some(format!("not with the image {name}"));
        }
        if !self.is_of_pools(facts) {
            let listed = self.pools.iter().flatten().map(Pattern::as_str);
            return Some(format!("only in the pools {}", listed.collect::<Vec<_>>().join(", ")));
        }
        let folders = self.mounts.as_deref().unwrap_or_default();
        if let Some(path) = facts.paths.iter().find(|path| !is_under_one(path, folders)) {
            return Some(format!("not with the mount of {path}"));
        }
        let patterns = self.privileges.as_deref().unwrap_or_default();
        let privilege = facts.privileges.iter().find(|asked| !matches_one(asked, patterns));
        privilege.map(|privilege| format!("not with the privilege {privilege}"))
    }
}

/// Gives the bits of the actions that are meant. There are fewer than a number has bits.
fn bits(is_meant: impl Fn(&str) -> bool) -> u64 {
    let meant = ACTIONS.iter().enumerate().filter(|(_, action)| is_meant(action));
    meant.fold(0, |bits, (at, _)| bits | 1 << at)
}

fn has_all(labels: &Labels, wanted: &BTreeMap<String, Pattern>) -> bool {
    wanted.iter().all(|(name, value)| labels.get(name).is_some_and(|own| value.matches(own)))
}

fn is_one_of(names: &Names, patterns: &[Pattern]) -> bool {
    names.0.iter().any(|name| matches_one(name, patterns))
}

fn matches_one(name: &str, patterns: &[Pattern]) -> bool {
    patterns.iter().any(|pattern| pattern.matches(name))
}

/// By whole segments: `/srv/ci` has `/srv/ci/x` under it, and not `/srv/cigar`.
fn is_under_one(path: &str, folders: &[String]) -> bool {
    folders.iter().any(|folder| Path::new(path).starts_with(folder))
}

// === impl Rights ===

impl Rights {
    /// Decides; the text of a refusal is for who is refused.
    pub(crate) fn decide(&self, action: &str, facts: &Facts<'_>) -> Result<(), String> {
        let bit = bits(|known| known == action);
        let rules = || {
            let own = self.rules.iter().map(|at| &self.policy.rule[*at]);
            own.filter(|rule| rule.is_for(bit))
        };
        let refused =
            |why: String| Err(format!("policy: {} may not {action}: {why}", self.principal));
        if let Some(rule) = rules().find(|rule| rule.deny.is_some() && rule.denies(facts)) {
            return refused(format!("rule {:?} denies it", rule.name));
        }
        let allowing = || rules().filter(|rule| rule.allow.is_some());
        if allowing().any(|rule| rule.allows(facts)) {
            return Ok(());
        }
        // Only who is refused pays for the reason.
        match allowing().find_map(|rule| Some((rule, rule.missing(facts)?))) {
            Some((rule, missing)) => refused(format!("rule {:?} allows it {missing}", rule.name)),
            None => refused("no rule allows it".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
