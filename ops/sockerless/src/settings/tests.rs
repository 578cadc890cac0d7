//! Which source of a setting wins.

use std::{num::NonZeroU64, path::Path, time::Duration};

use super::{File, Host, Retain, RoomSettings, Settings, merge};
use crate::cli::{LogFormat, RoomArguments, RuntimeName, ServeArguments};

fn host(root: bool) -> Host {
    Host {
        root,
        state_home: None,
        runtime_dir: Some("/run/user/7".into()),
        home: Some("/home/me".into()),
        beside: Some("/opt".into()),
    }
}

fn settings(arguments: ServeArguments, file: &str, root: bool) -> Settings {
    let file: File = toml::from_str(file).unwrap();
    merge(arguments, file, &host(root)).unwrap()
}

fn listening(settings: &Settings) -> Vec<String> {
    settings.listen.iter().map(ToString::to_string).collect()
}

#[test]
fn no_flag_is_needed() {
    let root = settings(ServeArguments::default(), "", true);
    assert_eq!(root.data.to_str(), Some("/var/lib/sockerless"));
    assert_eq!(listening(&root), ["unix:///run/sockerless.sock"]);
    assert_eq!(root.shim.to_str(), Some("/opt/sockerless-shim"));
    assert_eq!(root.wasm.to_str(), Some("/opt/sockerless-wasm"));
    assert_eq!(root.default_runtime, RuntimeName::Auto);
    let user = settings(ServeArguments::default(), "", false);
    assert_eq!(user.data.to_str(), Some("/home/me/.local/state/sockerless"));
    assert_eq!(listening(&user), ["unix:///run/user/7/sockerless.sock"]);
    assert!(!user.insecure_tcp && user.ops_listen.is_none());
}

#[test]
fn a_flag_wins_over_the_file() {
    let arguments = ServeArguments {
        listen: vec!["tcp://127.0.0.1:0".parse().unwrap()],
        log_format: Some(LogFormat::Text),
        ..ServeArguments::default()
    };
    let file =
        "listen = ['unix:///tmp/a.sock', 'unix:///tmp/b.sock']\nlog_format = 'json'\nlog = 'warn'";
    let both = settings(arguments, file, true);
    assert_eq!(listening(&both), ["tcp://127.0.0.1:0"]);
    assert_eq!((both.log_format, both.log.as_str()), (LogFormat::Text, "warn"));
    let file_only = settings(ServeArguments::default(), file, true);
    assert_eq!(listening(&file_only), ["unix:///tmp/a.sock", "unix:///tmp/b.sock"]);
    assert_eq!(file_only.log_format, LogFormat::Json);
}

#[test]
fn marks_are_sizes_in_words() {
    let arguments = ServeArguments {
        room: RoomArguments { hard_mark: Some(7), ..RoomArguments::default() },
        ..ServeArguments::default()
    };
    let file = "soft_mark = '8MiB'\nhard_mark = '1g'\nballast = '0'";
    let room = settings(arguments, file, true).room;
    let expected =
        RoomSettings { soft_bytes: Some(8 << 20), hard_bytes: Some(7), ballast_bytes: 0 };
    assert_eq!(room, expected);
    assert_eq!(settings(ServeArguments::default(), "", true).room.ballast_bytes, 256 << 20);
    let file: File = toml::from_str("soft_mark = 'much'").unwrap();
    let error = merge(ServeArguments::default(), file, &host(true)).unwrap_err();
    assert!(format!("{error:#}").contains("soft_mark"), "{error:#}");
}

#[test]
fn what_is_kept_is_a_number_of_records_or_a_time() {
    let kept = |text: &str| settings(ServeArguments::default(), text, true).retain;
    assert_eq!(kept(""), None);
    assert_eq!(kept("retain = '1000'"), NonZeroU64::new(1000).map(Retain::Records));
    assert_eq!(kept("retain = '90d'"), Some(Retain::Span(Duration::from_secs(90 * 86_400))));
    for (text, why) in [("0", "no number"), ("5m", "too short"), ("-1h", "no number"), ("d", "no")]
    {
        let error = text.parse::<Retain>().unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn a_misspelt_key_and_a_bad_address_are_errors() {
    assert!(toml::from_str::<File>("dta = '/x'").is_err());
    let file: File = toml::from_str("listen = ['http://x']").unwrap();
    assert!(merge(ServeArguments::default(), file, &host(true)).is_err());
}

#[test]
fn without_a_home_the_data_directory_must_be_given() {
    let nobody =
        Host { root: false, state_home: None, runtime_dir: None, home: None, beside: None };
    let error = merge(ServeArguments::default(), File::default(), &nobody).unwrap_err();
    assert!(error.to_string().contains("--listen"), "{error}");
}

#[test]
fn pools_are_tables_and_what_contradicts_itself_is_refused_with_its_line() {
    let text = "log = 'warn'\n[pools.web]\nrunning = 4\nqueue = 100\nmemory = '4GiB'\n\n\
        [pools.ci]\ncpus = 2.5\ntenants = ['token:ci']\n";
    let pools = super::read(text).unwrap().checked_pools;
    let names: Vec<_> = pools.iter().map(|pool| pool.name.as_str()).collect();
    assert_eq!(names, ["web", "ci"]);
    assert_eq!(pools[0].memory_bytes.map(NonZeroU64::get), Some(4 << 30));
    assert_eq!(pools[1].nano_cpus.map(NonZeroU64::get), Some(2_500_000_000));
    for (more, why) in [
        ("[pools.more]\nqueue = 1", "line 10: pool more has a queue that nothing ever waits in"),
        ("[pools.a]\ntenants = ['token:ci']", "line 10: pool a names the tenant token:ci"),
        ("[pools.'a b']\nrunning = 1", "line 10: pool a b cannot be"),
        ("[pools.a]\nmemory = '1MiB'", "line 10: pool a has less memory"),
        ("[pools.a]\ncpus = -1", "line 10: pool a '-1' is no number of CPUs"),
        ("[pools.a]\nrunning = 0", "line 11, column"),
        ("[pools.a]\nrunnin = 1", "line 11, column"),
    ] {
        let error = super::read(&format!("{text}{more}")).unwrap_err();
        assert!(format!("{error:#}").contains(why), "{more}: {error:#}");
    }
}

#[test]
fn tenants_are_tables_and_what_contradicts_itself_is_refused_with_its_line() {
    let text = "log = 'warn'\noperators = ['token:root']\n[tenants.red]\nmembers = ['cert:alice', 'group:red']\n\n\
        [tenants.blue]\nmembers = ['token:blue']\n";
    let tenants = super::read(text).unwrap().checked_tenants;
    let names: Vec<_> = tenants.iter().map(|tenant| tenant.name.as_str()).collect();
    assert_eq!(names, ["red", "blue"]);
    for (more, why) in [
        ("[tenants.a]\nmembers = []", "line 8: tenant a has no members"),
        ("[tenants.'A b']\nmembers = ['x']", "line 8: tenant A b cannot be called so"),
        ("[tenants.'../a']\nmembers = ['x']", "line 8: tenant ../a cannot be called so"),
        (
            "[tenants.a]\nmembers = ['token:blue']",
            "line 8: tenant a names token:blue, who is of tenant blue",
        ),
        ("[tenants.a]\nmembers = ['a b']", "line 8: tenant a has a member who is nobody"),
        (
            "[tenants.a]\nmembers = ['token:root']",
            "line 8: tenant a names token:root, who is an operator",
        ),
        ("[tenants.a]", "missing field `members`"),
    ] {
        let error = super::read(&format!("{text}{more}")).unwrap_err();
        assert!(format!("{error:#}").contains(why), "{more}: {error:#}");
    }
}

#[test]
fn operators_are_named_beside_tenants_or_what_is_left_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let named = |more: &str| {
        let file = super::read(&format!("operators = ['token:root']\n{more}")).unwrap();
        let merged = merge(ServeArguments::default(), file, &host(true)).unwrap();
        super::tenants::check_operators(&Settings { data: folder.path().to_owned(), ..merged })
    };
    let error = named("").unwrap_err();
    assert!(format!("{error:#}").contains("there are none"), "{error:#}");
    named("[tenants.red]\nmembers = ['token:red']").unwrap();
    std::fs::create_dir_all(folder.path().join("tenants/red")).unwrap();
    named("").unwrap();
}

#[test]
fn a_tenants_server_has_what_is_its_own_and_the_rest_of_the_settings() {
    let text = "data = '/d'\nops_listen = '127.0.0.1:1'\nkek_file = '/k'\nlisten = ['tcp://127.0.0.1:2']\n\
        [tenants.red]\nmembers = ['token:red']\n[tenants.blue]\nmembers = ['token:blue']\n\
        [pools.a]\nrunning = 1\ntenants = ['token:red']\n[pools.b]\nrunning = 1\n";
    let front =
        || merge(ServeArguments::default(), super::read(text).unwrap(), &host(true)).unwrap();
    let red = super::tenants::of_tenant(front(), "red").unwrap();
    assert_eq!(red.data, Path::new("/d/tenants/red"));
    assert_eq!(red.kek_file, Path::new("/d/tenants/red.kek"));
    assert_eq!(red.listen, ["unix:///d/tenants/red/docker.sock".parse().unwrap()]);
    assert_eq!(red.ops_listen, "unix:///d/tenants/red/ops.sock".parse().ok());
    assert_eq!((red.tenants.len(), red.room.ballast_bytes), (0, 0));
    let pools = |settings: &Settings| -> Vec<String> {
        settings.pools.iter().map(|pool| pool.name.to_string()).collect()
    };
    assert_eq!(pools(&red), ["a"]);
    assert_eq!(pools(&super::tenants::of_tenant(front(), "blue").unwrap()), [""; 0]);
    let mut own = front();
    super::tenants::share_pools(&mut own, None).unwrap();
    assert_eq!(pools(&own), ["b"]);
    own.pools[0].tenants = vec!["token:red".to_owned(), "token:blue".to_owned()];
    assert!(super::tenants::share_pools(&mut own, None).is_err());
    assert!(super::tenants::of_tenant(own, "green").is_err());
}
