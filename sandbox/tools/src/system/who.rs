//! `id`, `whoami`, `uname`, `hostname`, `tty`, `ps`: who and where this is.

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome};
use sandbox_world::options::{Spec, parse, usage};
use sandbox_world::owners::{Account, name_of};

/// Shows users and groups by number and name.
pub(crate) fn id(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "id [-ugGnr] [USER]",
        short: "rnugG",
        long: &[("user", 'u'), ("group", 'g'), ("groups", 'G'), ("name", 'n')],
    };
    let options = parse(call, &spec)?;
    let (users, groups) = (call.users(), call.groups());
    let mut identity = call.world.identity();
    if let Some(name) = options.operands.first() {
        let Some(account) = users.iter().find(|account| account.name == *name) else {
            return call.fail(format!("unknown user {name}"));
        };
        let is_member = |group: &&Account| {
            group.rest.first().is_some_and(|list| list.split_str(",").any(|member| member == name))
        };
        identity.uid = account.id;
        identity.gid =
            account.rest.first().and_then(|gid| gid.to_str().ok()?.parse().ok()).unwrap_or(0);
        let others = groups.iter().filter(is_member).map(|group| group.id);
        identity.groups = std::iter::once(identity.gid).chain(others).collect();
    }
    let mut all = vec![identity.gid];
    all.extend(identity.groups.iter().filter(|gid| **gid != identity.gid));
    let named = |accounts: &[Account], id: u32| match name_of(accounts, id) {
        Some(name) if options.has('n') => name.to_string(),
        _ => id.to_string(),
    };
    let line = if options.has('u') {
        named(&users, identity.uid)
    } else if options.has('g') {
        named(&groups, identity.gid)
    } else if options.has('G') {
        all.iter().map(|gid| named(&groups, *gid)).collect::<Vec<_>>().join(" ")
    } else {
        let both = |accounts: &[Account], id: u32| match name_of(accounts, id) {
            Some(name) => format!("{id}({name})"),
            None => id.to_string(),
        };
        let mut line =
            format!("uid={} gid={}", both(&users, identity.uid), both(&groups, identity.gid));
        if !identity.groups.is_empty() {
            let list: Vec<_> = all.iter().map(|gid| both(&groups, *gid)).collect();
            line.push_str(&format!(" groups={}", list.join(",")));
        }
        line
    };
    call.line(line.as_bytes())?;
    Ok(0)
}

/// Shows the name of the user.
pub(crate) fn whoami(call: &mut Call) -> Outcome {
    if !call.operands().is_empty() {
        call.write_error(b"Usage: whoami\n")?;
        return Ok(1);
    }
    let uid = call.world.identity().uid;
    match name_of(&call.users(), uid).cloned() {
        Some(name) => call.line(&name)?,
        None => return call.fail(format!("unknown uid {uid}")),
    }
    Ok(0)
}

/// Shows what the system is.
pub(crate) fn uname(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "uname [-amnrspvio]", short: "snrvmpioa", long: &[("all", 'a')] };
    let options = parse(call, &spec)?;
    let system = call.world.system();
    let parts = [
        ('s', system.name.as_str()),
        ('n', &system.host),
        ('r', &system.release),
        ('v', &system.version),
        ('m', &system.machine),
        ('p', "unknown"),
        ('i', "unknown"),
        ('o', "GNU/Linux"),
    ];
    let all = options.has('a');
    let is_default = options.in_order().next().is_none();
    let chosen = parts.iter().filter(|(option, value)| {
        options.has(*option) && !all || all && *value != "unknown" || is_default && *option == 's'
    });
    let line: Vec<&str> = chosen.map(|(_, value)| *value).collect();
    call.line(line.join(" ").as_bytes())?;
    Ok(0)
}

/// Shows the name of the host.
pub(crate) fn hostname(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "hostname [-sidf] [HOSTNAME | -F FILE]",
        short: "dfisF:v",
        long: &[("short", 's'), ("fqdn", 'f'), ("domain", 'd')],
    };
    let options = parse(call, &spec)?;
    if !options.operands.is_empty() || options.has('F') {
        return call.fail("sethostname: Operation not permitted");
    }
    let host = call.world.system().host;
    let (short, domain) = host.split_once('.').unwrap_or((&host, ""));
    let line = match options.last_of("dfis") {
        Some('s') => short,
        Some('d') => domain,
        _ => &host,
    };
    call.line(line.as_bytes())?;
    Ok(0)
}

/// Shows which terminal the input is.
pub(crate) fn tty(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "tty [-s]", short: "s", long: &[("silent", 's')] };
    let options = parse(call, &spec)?;
    let stdin = call.process.stdin.clone();
    let name = match stdin.descriptor() {
        Some(descriptor) if stdin.is_terminal() => rustix::termios::ttyname(descriptor, Vec::new())
            .map_or_else(|_| BString::from("/dev/tty"), |name| name.into_bytes().into()),
        _ if stdin.is_terminal() => "/dev/tty".into(),
        _ => "not a tty".into(),
    };
    if !options.has('s') {
        call.line(&name)?;
    }
    Ok(u8::from(!stdin.is_terminal()))
}

/// Shows the processes.
pub(crate) fn ps(call: &mut Call) -> Outcome {
    let spec = Spec { usage: "ps [-o COL1,COL2=HEADER] [-T]", short: "o:TaAefwlx", long: &[] };
    let args = call.operands().into_iter().filter(|arg| arg.starts_with(b"-")).collect::<Vec<_>>();
    if args.len() < call.operands().len() && call.operands()[0] != "-o" {
        // Letters without a sign mean as little as they do elsewhere: all are shown.
        call.process.args.truncate(1);
    }
    let options = parse(call, &spec)?;
    let listed = options.value('o').unwrap_or(BStr::new("pid,user,args")).to_string();
    let mut columns: Vec<(&str, String)> = Vec::new();
    for column in listed.split(',') {
        let (name, title) = match column.split_once('=') {
            Some((name, title)) => (name, title.to_owned()),
            None if column == "args" => (column, "COMMAND".to_owned()),
            None => (column, column.to_uppercase()),
        };
        if !["pid", "ppid", "user", "uid", "args", "comm", "time"].contains(&name) {
            call.complain(format!("bad -o argument '{column}'"))?;
            return usage(call, &spec);
        }
        columns.push((name, title));
    }
    let users = call.users();
    let mut rows = vec![columns.iter().map(|(_, title)| title.clone()).collect::<Vec<_>>()];
    for process in call.world.processes() {
        let seconds = process.used.as_secs();
        let cell = |(name, _): &(&str, String)| match *name {
            "pid" => format!("{:>5}", process.pid),
            "ppid" => format!("{:>5}", process.parent),
            "uid" => process.uid.to_string(),
            "user" => {
                name_of(&users, process.uid).map_or(process.uid.to_string(), |n| n.to_string())
            }
            "time" => format!("{}:{:02}", seconds / 60, seconds % 60),
            "comm" => process.args.first().map(|arg| arg.to_string()).unwrap_or_default(),
            _ => bstr::join(" ", &process.args).to_str_lossy().into_owned(),
        };
        rows.push(columns.iter().map(cell).collect());
    }
    for row in rows {
        let mut line = String::new();
        for (index, cell) in row.iter().enumerate() {
            let width = match columns[index].0 {
                "pid" | "ppid" => 5,
                "user" => 8,
                "time" => 6,
                _ => 0,
            };
            let is_last = index + 1 == row.len();
            line.push_str(&if is_last { cell.clone() } else { format!("{cell:<width$} ") });
        }
        call.line(line.as_bytes())?;
    }
    Ok(0)
}
