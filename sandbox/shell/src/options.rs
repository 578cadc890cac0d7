//! What `set` and `shopt` switch.

/// The options of `set`, in the order in which dash lists them: name and letter.
///
/// `pipefail` is of POSIX.1-2024 and of the shells of most images; Debian's dash 0.5.12 has none, so it is listed only where
/// it is on.
pub(crate) const DASH: &[(&str, u8)] = &[
    ("errexit", b'e'),
    ("noglob", b'f'),
    ("ignoreeof", b'I'),
    ("interactive", b'i'),
    ("monitor", b'm'),
    ("noexec", b'n'),
    ("stdin", b's'),
    ("xtrace", b'x'),
    ("verbose", b'v'),
    ("vi", b'V'),
    ("emacs", b'E'),
    ("noclobber", b'C'),
    ("allexport", b'a'),
    ("notify", b'b'),
    ("nounset", b'u'),
    ("privileged", b'p'),
    ("nolog", 0),
    ("debug", 0),
    ("pipefail", 0),
];

/// The options that bash has besides; `pipefail` alone does something.
pub(crate) const BASH: &[(&str, u8)] = &[
    ("allexport", b'a'),
    ("braceexpand", b'B'),
    ("emacs", 0),
    ("errexit", b'e'),
    ("errtrace", b'E'),
    ("functrace", b'T'),
    ("hashall", b'h'),
    ("histexpand", b'H'),
    ("history", 0),
    ("ignoreeof", 0),
    ("interactive-comments", 0),
    ("keyword", b'k'),
    ("monitor", b'm'),
    ("noclobber", b'C'),
    ("noexec", b'n'),
    ("noglob", b'f'),
    ("nolog", 0),
    ("notify", b'b'),
    ("nounset", b'u'),
    ("onecmd", b't'),
    ("physical", b'P'),
    ("pipefail", 0),
    ("posix", 0),
    ("privileged", b'p'),
    ("verbose", b'v'),
    ("vi", 0),
    ("xtrace", b'x'),
];

/// Which are on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    /// A bit for each place in the list of the dialect.
    bits: u32,
    bash: bool,
    /// Copies of what is looked at for each command.
    pub(crate) errexit: bool,
    pub(crate) xtrace: bool,
    pub(crate) nounset: bool,
    pub(crate) noglob: bool,
    pub(crate) noexec: bool,
    pub(crate) pipefail: bool,
    pub(crate) noclobber: bool,
    pub(crate) verbose: bool,
    pub(crate) allexport: bool,
    pub(crate) monitor: bool,
    pub(crate) errtrace: bool,
    pub(crate) extglob: bool,
    pub(crate) nullglob: bool,
    pub(crate) failglob: bool,
    pub(crate) dotglob: bool,
    pub(crate) nocasematch: bool,
    pub(crate) globstar: bool,
    pub(crate) lastpipe: bool,
    pub(crate) inherit_errexit: bool,
    pub(crate) nocaseglob: bool,
    pub(crate) expand_aliases: bool,
}

impl Options {
    pub(crate) fn new(bash: bool) -> Self {
        let mut options = Self { bash, expand_aliases: !bash, ..Self::default() };
        if bash {
            for name in ["braceexpand", "hashall", "interactive-comments"] {
                options.set_name(name, true);
            }
        }
        options
    }

    fn list(&self) -> &'static [(&'static str, u8)] {
        if self.bash { BASH } else { DASH }
    }

    /// Switches an option by its letter; false where there is none.
    pub(crate) fn set_letter(&mut self, letter: u8, on: bool) -> bool {
        let Some(place) = self.list().iter().position(|(_, known)| *known == letter) else {
            return false;
        };
        self.set_place(place, on);
        true
    }

    /// Switches an option by its name; false where there is none.
    pub(crate) fn set_name(&mut self, name: &str, on: bool) -> bool {
        let Some(place) = self.list().iter().position(|(known, _)| *known == name) else {
            return false;
        };
        self.set_place(place, on);
        true
    }

    fn set_place(&mut self, place: usize, on: bool) {
        if on {
            self.bits |= 1 << place;
        } else {
            self.bits &= !(1 << place);
        }
        let flag = match self.list()[place].0 {
            "errexit" => &mut self.errexit,
            "xtrace" => &mut self.xtrace,
            "nounset" => &mut self.nounset,
            "noglob" => &mut self.noglob,
            "noexec" => &mut self.noexec,
            "pipefail" => &mut self.pipefail,
            "noclobber" => &mut self.noclobber,
            "verbose" => &mut self.verbose,
            "allexport" => &mut self.allexport,
            "monitor" => &mut self.monitor,
            "errtrace" => &mut self.errtrace,
            _ => return,
        };
        *flag = on;
    }

    pub(crate) fn is_on(&self, name: &str) -> Option<bool> {
        let place = self.list().iter().position(|(known, _)| *known == name)?;
        Some(self.bits >> place & 1 == 1)
    }

    /// Names with their state, as `set -o` lists them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let Self { bits, bash, .. } = *self;
        let state =
            move |(place, (name, _)): (usize, &(&'static str, u8))| (*name, bits >> place & 1 == 1);
        let listed = move |(name, on): &(&str, bool)| bash || *on || *name != "pipefail";
        self.list().iter().enumerate().map(state).filter(listed)
    }

    /// `$-`.
    pub(crate) fn letters(&self) -> Vec<u8> {
        let on = |(place, (_, letter)): (usize, &(&str, u8))| {
            (self.bits >> place & 1 == 1 && *letter != 0).then_some(*letter)
        };
        let mut letters: Vec<u8> = self.list().iter().enumerate().filter_map(on).collect();
        if !self.bash {
            letters.reverse();
        } else {
            letters.sort_by_key(|letter| (letter.is_ascii_uppercase(), *letter));
        }
        letters
    }

    /// The switches of `shopt` that do something.
    pub(crate) fn shopt(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "extglob" => &mut self.extglob,
            "nullglob" => &mut self.nullglob,
            "failglob" => &mut self.failglob,
            "dotglob" => &mut self.dotglob,
            "nocasematch" => &mut self.nocasematch,
            "nocaseglob" => &mut self.nocaseglob,
            "globstar" => &mut self.globstar,
            "lastpipe" => &mut self.lastpipe,
            "inherit_errexit" => &mut self.inherit_errexit,
            "expand_aliases" => &mut self.expand_aliases,
            _ => return None,
        })
    }
}
