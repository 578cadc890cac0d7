//! How cases are written.
//!
//! A case begins with `# its name`. Its lines are:
//!
//! - `run: words`, with quotes as a shell has them and ⏎ for a newline; several are run one after the other
//! - `in: text`, the standard input of each run, with escapes taken
//! - `file NAME: text`, `dir NAME`, `link NAME: target`, `mode NAME: octal`: what is there before
//! - `with: gnu`, for the program in `/usr/bin` as what it is compared with
//! - `errors: any`, where the texts of errors are not compared, only that there are some
//! - `files: no`, where what is left behind is not compared

/// A case.
#[derive(Debug, Default, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// As it is written.
    pub(crate) text: String,
    pub(crate) runs: Vec<Vec<String>>,
    pub(crate) input: Vec<u8>,
    pub(crate) before: Vec<Thing>,
    pub(crate) gnu: bool,
    pub(crate) any_errors: bool,
    pub(crate) files_matter: bool,
}

/// What is there before a case.
#[derive(Debug, Clone)]
pub(crate) enum Thing {
    File(String, Vec<u8>),
    Dir(String),
    Link(String, String),
    Mode(String, u32),
}

/// The cases of a file.
pub(crate) fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            cases.push(Case { name: name.to_owned(), files_matter: true, ..Case::default() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if line.trim().is_empty() {
            continue;
        }
        case.text.push_str(line);
        case.text.push('\n');
        let (what, rest) = line.split_once(':').unwrap_or((line, ""));
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let (what, name) = what.split_once(' ').unwrap_or((what, ""));
        let name = name.to_owned();
        match what {
            "run" => case.runs.push(words(rest)),
            "in" => case.input = unescaped(rest),
            "file" => case.before.push(Thing::File(name, unescaped(rest))),
            "dir" => case.before.push(Thing::Dir(name)),
            "link" => case.before.push(Thing::Link(name, rest.to_owned())),
            "mode" => {
                case.before.push(Thing::Mode(name, u32::from_str_radix(rest, 8).unwrap()));
            }
            "with" => case.gnu = rest == "gnu",
            "errors" => case.any_errors = true,
            "files" => case.files_matter = false,
            other => panic!("{other} in {line}"),
        }
    }
    cases
}

/// Words, with quotes as a shell has them.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                word.extend(letters.by_ref().take_while(|letter| *letter != '\''));
            }
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                    match letter {
                        '\\' => word.extend(letters.next()),
                        other => word.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(letters.next()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words.into_iter().map(|word| word.replace('⏎', "\n")).collect()
}

/// A text with `\n`, `\t`, `\r`, `\0`, `\\` and `\xHH` taken.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let Some((second, after)) = rest.split_first() else { break };
        rest = after;
        bytes.push(match second {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'0' => 0,
            b'x' => {
                let byte = std::str::from_utf8(&rest[..2]).unwrap();
                rest = &rest[2..];
                u8::from_str_radix(byte, 16).unwrap()
            }
            other => *other,
        });
    }
    bytes
}
