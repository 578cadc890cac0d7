//! What contradicts itself, and what a container has.

use crate::{Limits, Pool, PoolName, Share};

fn pool(name: &str, running: u32, queue_max: u32, memory: u64) -> Pool {
    Pool {
        name: name.parse().unwrap(),
        running_max: running.try_into().ok(),
        queue_max,
        nano_cpus: None,
        memory_bytes: memory.try_into().ok(),
        tenants: vec!["token:ci".into()],
    }
}

#[test]
fn a_pool_that_contradicts_itself_says_how() {
    assert!(pool("a", 1, 3, 0).check().is_ok());
    let wrong = |pool: Pool| pool.check().unwrap_err();
    assert!(wrong(pool("a", 0, 3, 0)).contains("nothing limits what runs"));
    assert!(wrong(pool("a", 1, 10_001, 0)).contains("too long a queue"));
    assert!(wrong(pool("a", 1, 0, 1 << 20)).contains("6MiB"));
    let twice = Pool { tenants: vec!["uid:1".into(), "uid:1".into()], ..pool("a", 1, 0, 0) };
    assert!(wrong(twice).contains("uid:1 twice"));
}

#[test]
fn two_pools_of_one_tenant_clash() {
    let pools = [pool("a", 1, 0, 0), pool("b", 1, 0, 0)];
    let (clashing, text) = Pool::clash(&pools).unwrap();
    assert_eq!(clashing.name.as_str(), "b");
    assert_eq!(text, "names the tenant token:ci, who is of pool a");
    assert!(Pool::clash(&pools[..1]).is_none());
}

#[test]
fn a_share_is_the_quota_of_a_period_where_no_cpus_are_said() {
    let quota = Limits { cpu_quota_micros: 50_000, ..Limits::default() };
    assert_eq!(Share::of(&quota).nano_cpus, 500_000_000);
    let period = Limits { cpu_period_micros: 25_000, ..quota };
    assert_eq!(Share::of(&period).nano_cpus, 2_000_000_000);
    assert_eq!(Share::of(&Limits { nano_cpus: 7, ..period }).nano_cpus, 7);
    assert_eq!(Share::of(&Limits { cpu_quota_micros: -1, ..Limits::default() }).nano_cpus, 0);
}

#[test]
fn a_container_has_to_ask_for_what_is_shared_out() {
    let pool = pool("a", 0, 0, 64 << 20);
    let asks = |memory_bytes| pool.refuses(&Limits { memory_bytes, ..Limits::default() });
    assert!(asks(0).unwrap().contains("--memory"));
    assert!(asks(65 << 20).unwrap().contains("has 67108864 bytes"));
    assert_eq!(asks(64 << 20), None);
}

#[test]
fn a_name_is_one_word() {
    for wrong in ["", "-a", "a b", "a/b", &"a".repeat(64)] {
        assert!(wrong.parse::<PoolName>().is_err(), "{wrong:?}");
    }
    assert!("ci.Large_2-a".parse::<PoolName>().is_ok());
}
