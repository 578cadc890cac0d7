//! `jq`: values of JSON, by jaq.
//!
//! What jaq does otherwise than jq 1.7 is in its manual; above all its messages. The environment is that of the call, and
//! filters read no file: modules are not found.

use bstr::{BStr, BString, ByteSlice};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, DataT, Lut, Vars, data, unwrap_valr};
use jaq_json::write::{Pp, Styles};
use jaq_json::{Val, read};
use jaq_std::input::{HasInputs, Inputs, RcIter};
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::options::{Options, Spec, parse_args, usage};

const SPEC: Spec = Spec {
    usage: "jq [OPTIONS] FILTER [FILE]...",
    short: "nrjacCMsSeRf",
    long: &[
        ("null-input", 'n'),
        ("raw-output", 'r'),
        ("join-output", 'j'),
        ("ascii-output", 'a'),
        ("compact-output", 'c'),
        ("color-output", 'C'),
        ("monochrome-output", 'M'),
        ("slurp", 's'),
        ("sort-keys", 'S'),
        ("exit-status", 'e'),
        ("raw-input", 'R'),
        ("from-file", 'f'),
        ("tab", '\u{1}'),
        ("indent=", '\u{2}'),
    ],
};

/// The values that `--arg` and its like give, with their names.
type Named = Vec<(String, Val)>;

/// Runs it.
pub(crate) fn jq(call: &mut Call) -> Outcome {
    let (args, mut named) = named_values(call)?;
    let options = parse_args(call, &SPEC, args)?;
    let mut operands = options.operands.clone();
    if operands.is_empty() {
        usage::<()>(call, &SPEC)?;
    }
    let first = operands.remove(0);
    let code = if options.has('f') { BString::from(call.slurp(&first)?) } else { first };
    let code = code.to_str_lossy().into_owned();
    let env = call.process.env.iter().map(|(key, value)| (text(key), text(value)));
    named.push(("$ENV".to_owned(), Val::obj(env.collect())));
    let values = inputs(call, &options, &operands)?;
    run(call, &options, &code, named, values)
}

fn text(bytes: &[u8]) -> Val {
    Val::utf8_str(bytes.to_vec())
}

/// Takes the options with two values out of the arguments.
fn named_values(call: &mut Call) -> Result<(Vec<BString>, Named), Stop> {
    let mut rest = Vec::new();
    let mut named: Named = Vec::new();
    let mut positional = Vec::new();
    let mut args = call.operands().into_iter();
    let mut kind: Option<&str> = None;
    while let Some(arg) = args.next() {
        let word = arg.to_str_lossy().into_owned();
        match word.as_str() {
            "--arg" | "--argjson" | "--slurpfile" | "--rawfile" => {
                let (Some(name), Some(value)) = (args.next(), args.next()) else {
                    return call.fail(format!("{word} takes two parameters"));
                };
                let value = match word.as_str() {
                    "--arg" => text(&value),
                    "--argjson" => json(call, &value, &value)?,
                    "--rawfile" => text(&call.slurp(&value)?),
                    _ => {
                        let bytes = call.slurp(&value)?;
                        let values: Result<Vec<Val>, _> = read::parse_many(&bytes).collect();
                        match values {
                            Ok(values) => values.into_iter().collect(),
                            Err(error) => return call.fail(format!("{value}: {error}")),
                        }
                    }
                };
                named.push((format!("${}", name.to_str_lossy()), value));
            }
            "--args" | "--jsonargs" => kind = Some(if word == "--args" { "text" } else { "json" }),
            _ if kind.is_some() && !arg.starts_with(b"-") && rest.iter().any(is_filter) => {
                let is_text = kind == Some("text");
                positional.push(if is_text { text(&arg) } else { json(call, &arg, &arg)? });
            }
            _ => rest.push(arg),
        }
    }
    let names = named.iter().map(|(name, value)| (text(&name.as_bytes()[1..]), value.clone()));
    let object = [
        (text(b"positional"), positional.into_iter().collect::<Val>()),
        (text(b"named"), Val::obj(names.collect())),
    ];
    named.push(("$__args".to_owned(), Val::obj(object.into_iter().collect())));
    Ok((rest, named))
}

fn is_filter(arg: &BString) -> bool {
    !arg.starts_with(b"-")
}

fn json(call: &mut Call, bytes: &[u8], shown: &BString) -> Result<Val, Stop> {
    match read::parse_single(bytes) {
        Ok(value) => Ok(value),
        Err(error) => call.fail(format!("invalid JSON text '{shown}': {error}")),
    }
}

/// What the filter is run on, each the value or what is wrong with it.
fn inputs(
    call: &mut Call,
    options: &Options,
    names: &[BString],
) -> Result<Vec<Result<Val, String>>, Stop> {
    let standard = [BString::from("-")];
    let names = if names.is_empty() { &standard } else { names };
    let mut bytes = Vec::new();
    if names[0] == "-" && options.has('n') && call.process.stdin.is_terminal() {
        return Ok(Vec::new());
    }
    for name in names {
        let read = call.open_input(name).and_then(|stream| call.read_all(stream));
        match read {
            Ok(more) => bytes.extend_from_slice(&more),
            Err(error) => {
                call.complain_of(format!("error: Could not open {name}").as_bytes(), &error)?;
                return Err(Stop::Exit(2));
            }
        }
    }
    if options.has('R') {
        if options.has('s') {
            return Ok(vec![Ok(text(&bytes))]);
        }
        return Ok(bytes.lines().map(|line| Ok(text(line))).collect());
    }
    let values = read::parse_many(&bytes).map(|value| value.map_err(|error| error.to_string()));
    if options.has('s') {
        let all: Result<Vec<Val>, String> = values.collect();
        return Ok(vec![all.map(|values| values.into_iter().collect())]);
    }
    Ok(values.collect())
}

/// What filters may reach beside their values: the inputs that are left.
struct Kind;

#[derive(Clone)]
struct Data<'a> {
    lut: &'a Lut<Kind>,
    inputs: Inputs<'a, Val>,
}

impl DataT for Kind {
    type V<'a> = Val;
    type Data<'a> = Data<'a>;
}

impl<'a> data::HasLut<'a, Kind> for Data<'a> {
    fn lut(&self) -> &'a Lut<Kind> {
        self.lut
    }
}

impl<'a> HasInputs<'a, Val> for Data<'a> {
    fn inputs(&self) -> Inputs<'a, Val> {
        self.inputs
    }
}

fn run(
    call: &mut Call,
    options: &Options,
    code: &str,
    named: Named,
    values: Vec<Result<Val, String>>,
) -> Outcome {
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    // The environment of the host's process is nobody's business.
    let funs = jaq_core::funs::<Kind>()
        .chain(jaq_std::funs::<Kind>())
        .chain(jaq_json::funs::<Kind>())
        .chain(
            jaq_std::input::funs::<Kind>()
                .into_vec()
                .into_iter()
                .map(jaq_core::native::run::<Kind>),
        )
        .filter(|fun| fun.0 != "env");
    // The newline ends a comment that the filter may end with.
    let code = format!("def env: $ENV; def args: $__args; {code}\n");
    let arena = Arena::default();
    let loaded = Loader::new(defs).load(&arena, File { code: code.as_str(), path: () });
    let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    let compiled = loaded.map_err(|_| ()).and_then(|modules| {
        let compiler = Compiler::default().with_funs(funs).with_global_vars(names);
        compiler.compile(modules).map_err(|_| ())
    });
    let Ok(filter) = compiled else {
        call.write_error(b"jq: error: the filter could not be compiled\njq: 1 compile error\n")?;
        return Ok(3);
    };
    let vars: Vec<Val> = named.into_iter().map(|(_, value)| value).collect();
    let inputs = RcIter::new(values.into_iter());
    let inputs: Inputs<'_, Val> = &inputs;
    let data = Data { lut: &filter.lut, inputs };
    let printer = Printer::of(call, options)?;
    let mut code = 0;
    let mut last: Option<bool> = None;
    let mut nothing = options.has('n').then_some(Ok(Val::Null));
    loop {
        let next = if options.has('n') { nothing.take() } else { (&mut &*inputs).next() };
        let input = match next {
            None => break,
            Some(Ok(input)) => input,
            Some(Err(message)) => {
                call.complain(format!("error (at <stdin>:0): {message}"))?;
                code = 2;
                break;
            }
        };
        let context = Ctx::<Kind>::new(data.clone(), Vars::new(vars.clone()));
        for output in filter.id.run((context, input)).map(unwrap_valr) {
            call.interrupt.check()?;
            match output {
                Ok(value) => {
                    last = Some(!matches!(value, Val::Null | Val::Bool(false)));
                    printer.print(call, &value)?;
                }
                Err(error) => {
                    call.complain(format!("error (at <stdin>:0): {error}"))?;
                    code = 5;
                }
            }
        }
    }
    Ok(if options.has('e') && code == 0 { status(last) } else { code })
}

/// What `-e` makes of the last value.
fn status(last: Option<bool>) -> u8 {
    match last {
        None => 4,
        Some(holds) => u8::from(!holds),
    }
}

/// How values are shown.
struct Printer {
    pretty: Pp,
    raw: bool,
    joined: bool,
    ascii: bool,
}

impl Printer {
    fn of(call: &mut Call, options: &Options) -> Result<Self, Stop> {
        let width = match options.value('\u{2}').map(BStr::to_owned) {
            Some(text) => call.count(text.as_ref())?.min(7),
            None => 2,
        };
        let indent = if options.has('\u{1}') { "\t".to_owned() } else { " ".repeat(width) };
        let compact = options.has('c') || width == 0;
        let colored = options.has('C') && !options.has('M');
        let pretty = Pp {
            indent: (!compact).then_some(indent),
            sort_keys: options.has('S'),
            styles: if colored { Styles::ansi() } else { Styles::default() },
            sep_space: !compact,
        };
        let joined = options.has('j');
        Ok(Self { pretty, raw: options.has('r') || joined, joined, ascii: options.has('a') })
    }

    fn print(&self, call: &mut Call, value: &Val) -> Result<(), Stop> {
        let mut out = Vec::new();
        if let (true, Val::TStr(bytes) | Val::BStr(bytes)) = (self.raw, value) {
            out.extend_from_slice(bytes);
        } else {
            jaq_json::write::write(&mut out, &self.pretty, 0, value).map_err(Stop::from)?;
        }
        if self.ascii {
            out = escaped(&out);
        }
        if !self.joined {
            out.push(b'\n');
        }
        call.write(&out)
    }
}

/// A text with everything beyond ASCII as `\u` sequences.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut out = String::new();
    for letter in bytes.to_str_lossy().chars() {
        if letter.is_ascii() {
            out.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out.into_bytes()
}
