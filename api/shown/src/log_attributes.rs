//! What the options of a log have `docker logs --details` tell before each line: labels, variables, a tag.
//!
//! Docker writes them into each line when it is logged. Here they are made when lines are read: labels and variables are those
//! of the creation, and a name in a tag is the present one.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

use crate::Invalid;

/// What Go escapes in a query.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Characters of an id in a tag, with `sha256:` where it is an image's, as in Docker.
const SHORT_ID: usize = 12;

/// What a container's attributes are made of.
#[derive(Debug, Clone, Copy)]
pub struct Logged<'l> {
    /// The container's id.
    pub id: &'l str,
    /// Its name, without a slash.
    pub name: &'l str,
    /// The id of its image.
    pub image_id: &'l str,
    /// Its image, as its client named it.
    pub image: &'l str,
    /// Program and arguments.
    pub command: &'l [String],
    /// Its labels.
    pub labels: &'l BTreeMap<String, String>,
    /// Its variables, each `NAME=value`.
    pub env: &'l [String],
}

/// Checks options before anything is logged.
pub fn check_log_attributes(options: &BTreeMap<String, String>) -> Result<(), Invalid> {
    pattern(options, "labels-regex")?;
    pattern(options, "env-regex")?;
    tag(option(options, "tag"), |_| Some(String::new())).map(drop)
}

/// Gives what stands before each line, without the space that ends it.
pub fn log_attributes(
    options: &BTreeMap<String, String>,
    logged: &Logged<'_>,
) -> Result<String, Invalid> {
    let env = logged.env.iter().filter_map(|variable| variable.split_once('='));
    let env: BTreeMap<&str, &str> = env.collect();
    let labels = logged.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut chosen = choose(options, ("labels", "labels-regex"), &labels.collect())?;
    chosen.extend(choose(options, ("env", "env-regex"), &env)?);
    let tag = tag(option(options, "tag"), |field| logged.field(field))?;
    if !tag.is_empty() {
        chosen.insert("tag", &tag);
    }
    let shown = chosen.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    Ok(shown.collect::<Vec<_>>().join(","))
}

/// Fills a tag's template.
pub fn log_tag(template: &str, logged: &Logged<'_>) -> Result<String, Invalid> {
    tag(template, |field| logged.field(field))
}

/// Chooses what is named in a list, or has a name that a pattern matches.
fn choose<'v>(
    options: &BTreeMap<String, String>,
    (list, regex): (&str, &str),
    values: &BTreeMap<&'v str, &'v str>,
) -> Result<BTreeMap<&'v str, &'v str>, Invalid> {
    let names: Vec<&str> = option(options, list).split(',').collect();
    let pattern = pattern(options, regex)?;
    let is_chosen = |name: &str| {
        names.contains(&name) || pattern.as_ref().is_some_and(|pattern| pattern.is_match(name))
    };
    Ok(values.iter().filter(|(name, _)| is_chosen(name)).map(|(n, v)| (*n, *v)).collect())
}

fn option<'o>(options: &'o BTreeMap<String, String>, name: &str) -> &'o str {
    options.get(name).map_or("", String::as_str)
}

fn pattern(options: &BTreeMap<String, String>, name: &str) -> Result<Option<Regex>, Invalid> {
    match option(options, name) {
        "" => Ok(None),
        text => Regex::new(text).map(Some).map_err(|_| {
            Invalid::new(format!(
                "failed to initialize logging driver: error parsing regexp: {text:?}"
            ))
        }),
    }
}

/// Fills the fields of a tag's template, which is Go's: of its language the fields alone are known.
fn tag(template: &str, field: impl Fn(&str) -> Option<String>) -> Result<String, Invalid> {
    let failed = |what: String| {
        Invalid::new(format!("failed to initialize logging driver: template: log-tag:1: {what}"))
    };
    let (mut filled, mut rest) = (String::new(), template);
    while let Some((before, action)) = rest.split_once("{{") {
        let (action, after) =
            action.split_once("}}").ok_or_else(|| failed("unclosed action".to_owned()))?;
        let action = action.trim();
        let name = action.strip_prefix('.').filter(|name| FIELDS.contains(name));
        let value = name.and_then(&field).ok_or_else(|| {
            let known = FIELDS.map(|name| format!("{{{{.{name}}}}}")).join(", ");
            failed(format!("can't evaluate {action:?}; there are {known}"))
        })?;
        filled.push_str(before);
        filled.push_str(&value);
        rest = after;
    }
    Ok(filled + rest)
}

/// The fields of a tag.
const FIELDS: [&str; 8] =
    ["ID", "FullID", "Name", "ImageID", "ImageFullID", "ImageName", "DaemonName", "Command"];

/// Writes a text as Go's `url.QueryEscape` does.
fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string().replace("%20", "+")
}

// === impl Logged ===

impl Logged<'_> {
    fn field(&self, name: &str) -> Option<String> {
        let short = |id: &str| id.chars().take(SHORT_ID).collect();
        Some(match name {
            "ID" => short(self.id),
            "FullID" => self.id.to_owned(),
            "Name" => self.name.to_owned(),
            "ImageID" => short(self.image_id),
            "ImageFullID" => self.image_id.to_owned(),
            "ImageName" => self.image.to_owned(),
            "DaemonName" => "docker".to_owned(),
            "Command" => self.command.join(" "),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
