//! Patterns to names of files.

use crate::shell::{Flow, Shell};
use sandbox_script::pattern::{self, Pattern};

/// Directories inside one another that `**` goes into.
const GLOBSTAR_DEPTH_MAX: usize = 64;

impl Shell {
    /// Appends the names that match, or the text as it was where none does.
    pub(super) fn expand_names(
        &mut self,
        pattern: &[u8],
        text: Vec<u8>,
        out: &mut Vec<Vec<u8>>,
    ) -> Flow {
        let mut names = Vec::new();
        let parts: Vec<&[u8]> = split_parts(pattern);
        self.match_parts(Vec::new(), &parts, &mut names);
        if names.is_empty() {
            if self.options.failglob {
                let mut message = b"no match: ".to_vec();
                message.extend_from_slice(&text);
                return self.fail(message);
            }
            if !self.options.nullglob {
                out.push(text);
            }
            return Ok(());
        }
        names.sort();
        out.append(&mut names);
        Ok(())
    }

    fn match_parts(&self, base: Vec<u8>, parts: &[&[u8]], names: &mut Vec<Vec<u8>>) {
        let Some((part, rest)) = parts.split_first() else {
            names.push(base);
            return;
        };
        let last = rest.is_empty();
        let extended = self.options.extglob;
        if !pattern::is_pattern(part, extended) {
            let mut base = base;
            base.extend_from_slice(&pattern::unescape(part));
            if last {
                // A path that ends in a slash is a directory's.
                let there = self.world.files().symlink_metadata(&self.path(&base)).is_ok();
                if there {
                    names.push(base);
                }
                return;
            }
            base.push(b'/');
            self.match_parts(base, rest, names);
            return;
        }
        if *part == b"**" && self.options.globstar {
            self.match_all_below(&base, rest, names, 0);
            return;
        }
        let hidden = matches!(part, [b'.', ..] | [b'\\', b'.', ..]);
        let compiled = if self.options.nocaseglob {
            Pattern::new(&part.to_ascii_lowercase(), extended)
        } else {
            Pattern::new(part, extended)
        };
        let folder = if base.is_empty() { b".".to_vec() } else { base.clone() };
        let Ok(entries) = self.world.files().read_dir(&self.path(&folder)) else { return };
        let mut found: Vec<Vec<u8>> = entries.into_iter().map(|entry| entry.name.into()).collect();
        if hidden && !self.bash {
            found.extend([b".".to_vec(), b"..".to_vec()]);
        }
        for name in found {
            if name.starts_with(b".") && !hidden && !self.options.dotglob {
                continue;
            }
            let matches = if self.options.nocaseglob {
                compiled.matches(&name.to_ascii_lowercase())
            } else {
                compiled.matches(&name)
            };
            if !matches {
                continue;
            }
            let mut path = base.clone();
            path.extend_from_slice(&name);
            if last {
                names.push(path);
            } else if self.world.files().metadata(&self.path(&path)).is_ok_and(|meta| meta.is_dir())
            {
                path.push(b'/');
                self.match_parts(path, rest, names);
            }
        }
    }

    fn match_all_below(&self, base: &[u8], rest: &[&[u8]], names: &mut Vec<Vec<u8>>, depth: usize) {
        if rest.is_empty() {
            if !base.is_empty() {
                names.push(base.to_vec());
            }
        } else {
            self.match_parts(base.to_vec(), rest, names);
        }
        let folder = if base.is_empty() { &b"."[..] } else { base };
        let Ok(entries) = self.world.files().read_dir(&self.path(folder)) else { return };
        for entry in entries {
            let mut path = base.to_vec();
            path.extend_from_slice(&entry.name);
            if entry.name.starts_with(b".") && !self.options.dotglob {
                continue;
            }
            let is_dir =
                self.world.files().symlink_metadata(&self.path(&path)).is_ok_and(|m| m.is_dir());
            if is_dir && depth < GLOBSTAR_DEPTH_MAX {
                path.push(b'/');
                self.match_all_below(&path, rest, names, depth + 1);
            } else if rest.is_empty() {
                names.push(path);
            }
        }
    }
}

/// The parts between slashes; several slashes stay with the part before them.
fn split_parts(pattern: &[u8]) -> Vec<&[u8]> {
    pattern.split(|byte| *byte == b'/').collect()
}
