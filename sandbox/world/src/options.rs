//! Arguments as `getopt_long` reads them.

use bstr::{BStr, BString, ByteSlice};

use crate::call::{Call, Stop};

/// What a tool takes.
pub struct Spec {
    /// The text after `Usage: `.
    pub usage: &'static str,
    /// Options as `getopt` has them: a colon after one that takes a value, two where the value may be left out, a `+`
    /// at the start where the first operand ends the options.
    pub short: &'static str,
    /// Long names and the short option they stand for. A `=` at the end takes a value, `=?` may.
    pub long: &'static [(&'static str, char)],
}

/// What was given.
#[derive(Debug, Default)]
pub struct Options {
    given: Vec<(char, Option<BString>)>,
    /// What is no option.
    pub operands: Vec<BString>,
}

impl Options {
    /// True where the option was given.
    pub fn has(&self, option: char) -> bool {
        self.given.iter().any(|(given, _)| *given == option)
    }

    /// True where any of the options was given.
    pub fn has_any(&self, options: &str) -> bool {
        options.chars().any(|option| self.has(option))
    }

    /// The last value of an option.
    pub fn value(&self, option: char) -> Option<&BStr> {
        self.values(option).last()
    }

    /// The values of an option.
    pub fn values(&self, option: char) -> impl Iterator<Item = &BStr> {
        let of = move |(given, _): &&(char, Option<BString>)| *given == option;
        self.given.iter().filter(of).filter_map(|(_, value)| value.as_ref().map(AsRef::as_ref))
    }

    /// The one of `options` that was given last.
    pub fn last_of(&self, options: &str) -> Option<char> {
        self.given.iter().rev().map(|(given, _)| *given).find(|given| options.contains(*given))
    }

    /// All options in their order.
    pub fn in_order(&self) -> impl Iterator<Item = (char, Option<&BStr>)> {
        self.given.iter().map(|(given, value)| (*given, value.as_ref().map(AsRef::as_ref)))
    }
}

/// Reads the arguments of the call.
pub fn parse(call: &mut Call, spec: &Spec) -> Result<Options, Stop> {
    let args = call.operands();
    if args.len() == 1 && args[0] == "--help" {
        call.line(format!("Usage: {}", spec.usage).as_bytes())?;
        return Err(Stop::Exit(0));
    }
    parse_args(call, spec, args)
}

/// Reads arguments.
pub fn parse_args(call: &mut Call, spec: &Spec, args: Vec<BString>) -> Result<Options, Stop> {
    let stops_early = spec.short.starts_with('+');
    let mut options = Options::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        if arg == "--" {
            break;
        } else if let Some(long) = arg.strip_prefix(b"--") {
            let result = long_option(spec, long.into(), &mut args, &mut options);
            refuse(call, spec, result)?;
        } else if arg.len() > 1 && arg[0] == b'-' {
            let result = short_options(spec, &arg[1..], &mut args, &mut options);
            refuse(call, spec, result)?;
        } else {
            options.operands.push(arg);
            if stops_early {
                break;
            }
        }
    }
    options.operands.extend(args);
    Ok(options)
}

/// Says how the tool is used and ends with 1.
pub fn usage<T>(call: &mut Call, spec: &Spec) -> Result<T, Stop> {
    call.write_error(format!("Usage: {}\n", spec.usage).as_bytes())?;
    Err(Stop::Exit(call.failure))
}

fn refuse(call: &mut Call, spec: &Spec, result: Result<(), Vec<u8>>) -> Result<(), Stop> {
    if let Err(message) = result {
        call.complain(message)?;
        return usage(call, spec);
    }
    Ok(())
}

fn short_options(
    spec: &Spec,
    letters: &[u8],
    args: &mut impl Iterator<Item = BString>,
    options: &mut Options,
) -> Result<(), Vec<u8>> {
    for (at, letter) in letters.iter().enumerate() {
        let option = char::from(*letter);
        let message = |text: &str| format!("{text} -- '{option}'").into_bytes();
        let known = spec.short.find(option).filter(|_| !":+".contains(option));
        let Some(known) = known else { return Err(message("invalid option")) };
        let after = &spec.short[known + 1..];
        let rest = &letters[at + 1..];
        if after.starts_with("::") {
            let value = (!rest.is_empty()).then(|| BString::from(rest));
            options.given.push((option, value));
            return Ok(());
        }
        if after.starts_with(':') {
            let value = if rest.is_empty() { args.next() } else { Some(rest.into()) };
            let Some(value) = value else { return Err(message("option requires an argument")) };
            options.given.push((option, Some(value)));
            return Ok(());
        }
        options.given.push((option, None));
    }
    Ok(())
}

fn long_option(
    spec: &Spec,
    text: &BStr,
    args: &mut impl Iterator<Item = BString>,
    options: &mut Options,
) -> Result<(), Vec<u8>> {
    let (name, value) = match text.split_once_str("=") {
        Some((name, value)) => (name, Some(BString::from(value))),
        None => (text.as_bytes(), None),
    };
    let matches = |long: &&(&str, char)| {
        long.0.trim_end_matches('?').trim_end_matches('=').as_bytes().starts_with(name)
    };
    let exact = |long: &&(&str, char)| {
        long.0.trim_end_matches('?').trim_end_matches('=').as_bytes() == name
    };
    let shown = name.to_str_lossy();
    let found = spec.long.iter().find(exact).or_else(|| {
        let mut found = spec.long.iter().filter(matches);
        found.next().filter(|_| found.next().is_none())
    });
    let Some((long, option)) = found else {
        return Err(format!("unrecognized option '--{shown}'").into_bytes());
    };
    let value = if long.ends_with("=?") {
        value
    } else if long.ends_with('=') {
        let Some(value) = value.or_else(|| args.next()) else {
            return Err(format!("option '--{shown}' requires an argument").into_bytes());
        };
        Some(value)
    } else if value.is_some() {
        return Err(format!("option '--{shown}' doesn't allow an argument").into_bytes());
    } else {
        None
    };
    options.given.push((*option, value));
    Ok(())
}
