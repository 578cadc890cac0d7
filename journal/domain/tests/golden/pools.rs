//! Pools, and containers that wait in them.

use journal_domain::*;

use super::{container, name, nameless, text};

fn pool_name() -> PoolName {
    "ci".parse().unwrap()
}

fn pool() -> Pool {
    Pool {
        name: pool_name(),
        running_max: 4.try_into().ok(),
        queue_max: 100,
        nano_cpus: 2_500_000_000.try_into().ok(),
        memory_bytes: None,
        tenants: vec![text("token:ci"), text("group:builders")],
    }
}

pub(crate) fn commands() -> Vec<Command> {
    let create = nameless(Some(name()));
    let options = vec![ContainerOption::Pool(pool_name())];
    vec![
        ContainerCommand::from(CreateContainerWith { create, options }).into(),
        PoolCommand::from(SetPools { pools: vec![pool()] }).into(),
        PoolCommand::from(DrainPool { name: text("ci") }).into(),
        PoolCommand::from(RemovePool { name: text("ci") }).into(),
    ]
}

pub(crate) fn events() -> Vec<Event> {
    let options = vec![ContainerOption::Pool(pool_name())];
    vec![
        ContainerOptionsSet { id: container(), options }.into(),
        PoolSet { pool: pool() }.into(),
        PoolDrained { name: pool_name() }.into(),
        PoolRemoved { name: pool_name() }.into(),
        StartQueued { id: container(), incarnation: 3, endpoint: EndpointId::from_bytes([5; 32]) }
            .into(),
        StartWithdrawn { id: container() }.into(),
    ]
}
