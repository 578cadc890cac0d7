//! Networks: made, listed, shown, removed, and told of.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::told_of;
use super::list::encoded;
use crate::cx::{Cx, merge};
use crate::eventually::eventually;
use crate::row::{Oracle, Row, rows};

/// How long other rows may join and leave the networks that all have, one right after the other.
const QUIET_LIMIT: Duration = Duration::from_secs(10);

pub(super) const ROWS: &[Row] = rows![
    d_150_three_networks_are_always_there,
    d_150_the_predefined_networks_are_looked_up_by_name_and_id,
    d_151_a_network_is_created_shown_and_removed,
    d_151_what_was_asked_of_a_network_is_shown,
    d_151_a_subnet_of_another_network_is_refused,
    d_151_two_networks_of_no_chosen_subnet_have_their_own,
    d_151_a_name_that_is_taken_is_refused,
    d_151_senseless_networks_are_refused,
    // Docker Engine 20.10 makes two of one name unless it is asked not to.
    d_151_names_are_unique_without_being_asked(Oracle::KnowsFrom(1, 44)),
    d_151_a_configuration_is_for_other_networks,
    d_151_nobody_is_in_a_configuration,
    d_151_senseless_configurations_are_refused,
    d_154_filters_choose_networks,
    d_154_networks_of_nobody_are_dangling(Oracle::Differs(
        "Docker Engine 20.10 does not look into them"
    )),
    d_154_a_network_is_found_by_name_id_and_prefix,
    d_156_a_network_in_use_is_not_removed,
    d_156_predefined_networks_stay,
    d_157_labels_choose_what_is_pruned,
    d_157_the_past_chooses_what_is_pruned,
    d_164_a_driver_that_is_not_there_is_named,
    d_181_the_life_of_a_network_is_told,
    d_155_docker_network_does_all_of_it,
];

/// Creates a network with more fields of the body, and returns its name.
pub(super) async fn create(cx: &Cx, part: &str, more: Value) -> Result<String> {
    let name = cx.network(part);
    let mut body = json!({"Name": name, "CheckDuplicate": true, "Labels": {"row": cx.key()}});
    merge(&mut body, more);
    cx.client().post_json("/networks/create", &body).await?.expect_status(201)?;
    Ok(name)
}

/// Shows a network.
pub(super) async fn inspect(cx: &Cx, network: &str) -> Result<Value> {
    cx.client().get(&format!("/networks/{network}")).await?.expect_status(200)?.json()
}

/// The fields of a network with one subnet.
pub(super) fn subnet(text: &str) -> Value {
    json!({"IPAM": {"Config": [{"Subnet": text}]}})
}

async fn refused(cx: &Cx, body: Value) -> Result<(u16, String)> {
    let reply = cx.client().post_json("/networks/create", &body).await?;
    Ok((reply.status.as_u16(), reply.message()))
}

async fn listed(cx: &Cx, filters: Value) -> Result<Vec<String>> {
    let path = format!("/networks?filters={}", encoded(&filters));
    let list = cx.client().get(&path).await?.expect_status(200)?.json()?;
    let name = |network: &Value| network["Name"].as_str().unwrap_or_default().to_owned();
    let mut names: Vec<String> = list.as_array().context("a list")?.iter().map(name).collect();
    names.sort();
    Ok(names)
}

async fn d_150_three_networks_are_always_there(cx: Cx) -> Result<()> {
    let names = listed(&cx, json!({"type": ["builtin"]})).await?;
    assert_eq!(names, ["bridge", "host", "none"]);
    for (name, driver) in [("bridge", "bridge"), ("host", "host"), ("none", "null")] {
        // Other rows join them and leave them meanwhile: what is compared is asked for while nobody did.
        let still = eventually("nobody joins or leaves", QUIET_LIMIT, async || {
            let network = inspect(&cx, name).await?;
            let by_id = inspect(&cx, network["Id"].as_str().context("Id")?).await?;
            Ok((network == inspect(&cx, name).await?).then_some((network, by_id)))
        });
        let (network, by_id) = still.await?;
        assert_eq!((&network["Driver"], &network["Scope"]), (&json!(driver), &json!("local")));
        assert_eq!(network, by_id);
    }
    let bridge = inspect(&cx, "bridge").await?;
    let config = &bridge["IPAM"]["Config"][0];
    ensure!(config["Subnet"].is_string() && config["Gateway"].is_string(), "{bridge}");
    Ok(())
}

async fn d_150_the_predefined_networks_are_looked_up_by_name_and_id(cx: Cx) -> Result<()> {
    let said =
        cx.docker().ok(&["network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"]).await?;
    for name in ["bridge", "host", "none"] {
        let line = said.lines().find(|line| line.ends_with(&format!(" {name}")));
        let (id, _) = line.and_then(|line| line.split_once(' ')).context(name)?;
        assert_eq!(inspect(&cx, &id[..12]).await?["Name"], name);
    }
    Ok(())
}

async fn d_151_a_network_is_created_shown_and_removed(cx: Cx) -> Result<()> {
    let name = create(&cx, "n", json!({})).await?;
    let network = inspect(&cx, &name).await?;
    let id = network["Id"].as_str().context("Id")?;
    ensure!(id.len() == 64, "{id}");
    let common = json!({
        "Name": name, "Id": id, "Scope": "local", "Driver": "bridge", "EnableIPv6": false,
        "Internal": false, "Attachable": false, "Ingress": false, "ConfigFrom": {"Network": ""},
        "ConfigOnly": false, "Containers": {}, "Options": {}, "Labels": {"row": cx.key()},
    });
    for (field, value) in common.as_object().context("an object")? {
        assert_eq!(&network[field], value, "{field}");
    }
    let config = &network["IPAM"]["Config"][0];
    ensure!(config["Subnet"].is_string() && config["Gateway"].is_string(), "{network}");
    assert_eq!(network["IPAM"]["Driver"], "default");
    let path = format!("/networks/{name}");
    cx.client().delete(&path).await?.expect_status(204)?;
    let gone = cx.client().get(&path).await?;
    assert_eq!((gone.status.as_u16(), gone.message()), (404, format!("network {name} not found")));
    assert_eq!(cx.client().delete(&path).await?.status.as_u16(), 404);
    Ok(())
}

async fn d_151_what_was_asked_of_a_network_is_shown(cx: Cx) -> Result<()> {
    let config = json!({
        "Subnet": "10.151.8.0/24", "IPRange": "10.151.8.128/25", "Gateway": "10.151.8.9",
        "AuxiliaryAddresses": {"router": "10.151.8.130"},
    });
    let asked = json!({
        "Internal": true, "Attachable": true,
        "IPAM": {"Driver": "default", "Config": [config]},
        "Options": {"com.docker.network.driver.mtu": "1400"},
    });
    let network = inspect(&cx, &create(&cx, "n", asked).await?).await?;
    assert_eq!(network["IPAM"]["Config"], json!([config]));
    assert_eq!((&network["Internal"], &network["Attachable"]), (&json!(true), &json!(true)));
    assert_eq!(network["Options"], json!({"com.docker.network.driver.mtu": "1400"}));
    Ok(())
}

async fn d_151_a_subnet_of_another_network_is_refused(cx: Cx) -> Result<()> {
    create(&cx, "one", subnet("10.151.0.0/24")).await?;
    for overlapping in ["10.151.0.0/24", "10.151.0.128/25", "10.151.0.0/22"] {
        let mut body = json!({"Name": cx.network("two")});
        merge(&mut body, subnet(overlapping));
        let (status, text) = refused(&cx, body).await?;
        assert_eq!(status, 403, "{overlapping}: {text}");
        assert_eq!(text, "Pool overlaps with other one on this address space");
    }
    Ok(())
}

async fn d_151_two_networks_of_no_chosen_subnet_have_their_own(cx: Cx) -> Result<()> {
    let mut subnets = Vec::new();
    for part in ["one", "two"] {
        let network = inspect(&cx, &create(&cx, part, json!({})).await?).await?;
        subnets.push(network["IPAM"]["Config"][0]["Subnet"].clone());
    }
    ensure!(subnets[0] != subnets[1], "{subnets:?}");
    Ok(())
}

async fn d_151_a_name_that_is_taken_is_refused(cx: Cx) -> Result<()> {
    let name = create(&cx, "n", json!({})).await?;
    let (status, text) = refused(&cx, json!({"Name": name, "CheckDuplicate": true})).await?;
    assert_eq!((status, text), (409, format!("network with name {name} already exists")));
    Ok(())
}

/// Creates a network with exactly these fields beside its name, and returns that.
async fn create_bare(cx: &Cx, part: &str, more: Value) -> Result<String> {
    let name = cx.network(part);
    let mut body = json!({"Name": name, "CheckDuplicate": true});
    merge(&mut body, more);
    cx.client().post_json("/networks/create", &body).await?.expect_status(201)?;
    Ok(name)
}

async fn d_151_a_configuration_is_for_other_networks(cx: Cx) -> Result<()> {
    let pool = json!({"Subnet": "10.151.20.0/24", "Gateway": "10.151.20.9"});
    let asked = json!({
        "ConfigOnly": true, "Labels": {"row": cx.key()}, "IPAM": {"Config": [pool]},
        "Options": {"com.docker.network.driver.mtu": "1400"},
    });
    // Another's configuration may be the same: nothing of it is in use.
    let (name, other) =
        (create(&cx, "a", asked.clone()).await?, create_bare(&cx, "b", asked.clone()).await?);
    let network = inspect(&cx, &name).await?;
    for (field, value) in [
        ("Driver", json!("null")),
        ("Scope", json!("local")),
        ("ConfigOnly", json!(true)),
        ("ConfigFrom", json!({"Network": ""})),
        ("Labels", asked["Labels"].clone()),
        ("Options", asked["Options"].clone()),
        ("Containers", json!({})),
    ] {
        assert_eq!(network[field], value, "{field}");
    }
    assert_eq!(network["IPAM"]["Config"], json!([pool]));
    let from = json!({"ConfigFrom": {"Network": name}, "Internal": true});
    let user = create_bare(&cx, "user", from).await?;
    let network = inspect(&cx, &user).await?;
    for (field, value) in [
        ("Driver", json!("bridge")),
        ("ConfigOnly", json!(false)),
        ("ConfigFrom", json!({"Network": name})),
        ("Labels", asked["Labels"].clone()),
        ("Options", asked["Options"].clone()),
        ("Internal", json!(true)),
    ] {
        assert_eq!(network[field], value, "{field}");
    }
    assert_eq!(network["IPAM"]["Config"], json!([pool]));
    let used = cx.client().delete(&format!("/networks/{name}")).await?.expect_status(403)?;
    let words = format!("configuration network \"{name}\" is in use");
    assert_eq!(used.message(), format!("error while removing network: {words}"));
    // A second one has no room beside the first.
    let body = json!({"Name": cx.network("more"), "ConfigFrom": {"Network": name}});
    assert_eq!(refused(&cx, body).await?.0, 403);
    for name in [&user, &name, &other] {
        cx.client().delete(&format!("/networks/{name}")).await?.expect_status(204)?;
    }
    Ok(())
}

async fn d_151_nobody_is_in_a_configuration(cx: Cx) -> Result<()> {
    let name = create(&cx, "a", json!({"ConfigOnly": true})).await?;
    let text = "cannot create endpoint on configuration-only network";
    let running = cx.start_script("running", "sleep 60", json!({})).await?;
    let body = json!({"Container": running});
    let path = format!("/networks/{name}/connect");
    let reply = cx.client().post_json(&path, &body).await?.expect_status(403)?;
    assert_eq!(reply.message(), text);
    let host = json!({"HostConfig": {"NetworkMode": name}});
    let created = cx.create("created", &["true"], host).await?;
    let reply =
        cx.client().post(&format!("/containers/{created}/start")).await?.expect_status(403)?;
    assert_eq!(reply.message(), text);
    assert_eq!(inspect(&cx, &name).await?["Containers"], json!({}));
    // A prune leaves what is only a plan.
    let filters = encoded(&json!({"label": [format!("row={}", cx.key())]}));
    let path = format!("/networks/prune?filters={filters}");
    let pruned = cx.client().post(&path).await?.expect_status(200)?.json()?;
    ensure!(!super::system::holds(&pruned["NetworksDeleted"], &name), "{pruned}");
    inspect(&cx, &name).await?;
    Ok(())
}

async fn d_151_senseless_configurations_are_refused(cx: Cx) -> Result<()> {
    let config = create(&cx, "a", json!({"ConfigOnly": true})).await?;
    let plain = create(&cx, "b", json!({})).await?;
    let name = cx.network("n");
    let operator = "configuration network can only contain network specific fields. Network operator fields like \
                    [ ingress | internal | attachable | scope ] are not supported.";
    let own = "user specified configurations are not supported if the network depends on a configuration network";
    let from = |name: &str| json!({ "Network": name });
    for (mut body, status, words) in [
        (json!({"ConfigOnly": true, "Internal": true}), 403, operator.to_owned()),
        (json!({"ConfigOnly": true, "Attachable": true}), 403, operator.to_owned()),
        (json!({"ConfigOnly": true, "Scope": "local"}), 403, operator.to_owned()),
        (
            json!({"ConfigOnly": true, "ConfigFrom": from(&config)}),
            403,
            "a configuration network cannot depend on another configuration network".to_owned(),
        ),
        (json!({"ConfigFrom": from(&config), "Labels": {"a": "b"}}), 403, own.to_owned()),
        (json!({"ConfigFrom": from(&config), "EnableIPv6": true}), 403, own.to_owned()),
        (
            json!({"ConfigFrom": from(&config), "Options": {"com.docker.network.driver.mtu": "1400"}}),
            403,
            "network driver options are not supported if the network depends on a configuration network".to_owned(),
        ),
        (
            json!({"ConfigFrom": from("nosuch")}),
            404,
            "configuration network \"nosuch\" does not exist".to_owned(),
        ),
        (
            json!({"ConfigFrom": from(&plain)}),
            404,
            format!("configuration network \"{plain}\" does not exist"),
        ),
    ] {
        merge(&mut body, json!({"Name": name}));
        assert_eq!(refused(&cx, body.clone()).await?, (status, words), "{body}");
    }
    Ok(())
}

async fn d_151_names_are_unique_without_being_asked(cx: Cx) -> Result<()> {
    let name = create(&cx, "n", json!({})).await?;
    assert_eq!(refused(&cx, json!({"Name": name})).await?.0, 409);
    Ok(())
}

async fn d_151_senseless_networks_are_refused(cx: Cx) -> Result<()> {
    let with = |config: Value| json!({"Name": cx.network("n"), "IPAM": {"Config": [config]}});
    // Docker Engine 20.10 takes the blame for most of them itself.
    for (body, word) in [
        (json!({"Name": ""}), "name"),
        (with(json!({"Subnet": "nonsense"})), "nonsense"),
        (with(json!({"Gateway": "10.151.7.1"})), "subnet"),
        (with(json!({"Subnet": "10.151.7.0/24", "Gateway": "10.150.0.1"})), "out of range"),
    ] {
        let (status, text) = refused(&cx, body.clone()).await?;
        ensure!([400, 500].contains(&status), "{body}: {status}");
        ensure!(text.to_lowercase().contains(word), "{body}: {text}");
    }
    for name in ["bridge", "host", "none"] {
        let (status, text) = refused(&cx, json!({"Name": name})).await?;
        assert_eq!(status, 403, "{text}");
    }
    Ok(())
}

async fn d_154_filters_choose_networks(cx: Cx) -> Result<()> {
    let one = create(&cx, "one", json!({"Labels": {"kind": "a"}})).await?;
    let two = create(&cx, "two", json!({"Labels": {"kind": "b"}})).await?;
    let row = format!("row={}", cx.key());
    let both = vec![one.clone(), two.clone()];
    assert_eq!(listed(&cx, json!({"label": [row]})).await?, both);
    assert_eq!(listed(&cx, json!({"label": [row, "kind=b"]})).await?, [two.as_str()]);
    assert_eq!(listed(&cx, json!({"name": [format!("^{one}$")]})).await?, [one.as_str()]);
    assert_eq!(listed(&cx, json!({"name": [cx.key()]})).await?, both);
    let id = inspect(&cx, &one).await?["Id"].as_str().context("Id")?.to_owned();
    assert_eq!(listed(&cx, json!({"id": [&id[..20]]})).await?, [one.as_str()]);
    // Configurations of others are shown with that driver too.
    let builtin = json!({"driver": ["null"], "type": ["builtin"]});
    assert_eq!(listed(&cx, builtin).await?, ["none"]);
    assert_eq!(listed(&cx, json!({"driver": ["bridge"], "label": [row]})).await?, both);
    assert_eq!(listed(&cx, json!({"scope": ["swarm"], "label": [row]})).await?, [""; 0]);
    assert_eq!(listed(&cx, json!({"type": ["custom"], "label": [row]})).await?, both);
    for filters in [json!({"nosuch": ["x"]}), json!({"type": ["nosuch"]})] {
        let path = format!("/networks?filters={}", encoded(&filters));
        let status = cx.client().get(&path).await?.status.as_u16();
        ensure!([400, 500].contains(&status), "{filters}: {status}");
    }
    Ok(())
}

async fn d_154_networks_of_nobody_are_dangling(cx: Cx) -> Result<()> {
    let one = create(&cx, "one", json!({})).await?;
    let two = create(&cx, "two", json!({})).await?;
    let row = format!("row={}", cx.key());
    let host = json!({"HostConfig": {"NetworkMode": one}});
    cx.start_script("in", "sleep 1000", host).await?;
    assert_eq!(listed(&cx, json!({"dangling": ["true"], "label": [row]})).await?, [two.as_str()]);
    assert_eq!(listed(&cx, json!({"dangling": ["false"], "label": [row]})).await?, [one.as_str()]);
    Ok(())
}

async fn d_154_a_network_is_found_by_name_id_and_prefix(cx: Cx) -> Result<()> {
    let name = create(&cx, "n", json!({})).await?;
    let network = inspect(&cx, &name).await?;
    let id = network["Id"].as_str().context("Id")?;
    for target in [id, &id[..12]] {
        assert_eq!(inspect(&cx, target).await?, network, "{target}");
    }
    assert_eq!(cx.client().get("/networks/nosuchnetwork").await?.status.as_u16(), 404);
    Ok(())
}

async fn d_156_a_network_in_use_is_not_removed(cx: Cx) -> Result<()> {
    let name = create(&cx, "n", json!({})).await?;
    let host = json!({"HostConfig": {"NetworkMode": name}});
    let user = cx.start_script("in", "sleep 1000", host).await?;
    let reply = cx.client().delete(&format!("/networks/{name}")).await?;
    assert_eq!(reply.status.as_u16(), 403, "{}", reply.message());
    ensure!(reply.message().ends_with("has active endpoints"), "{}", reply.message());
    // One that does not run keeps nobody's network.
    cx.client().post(&format!("/containers/{user}/kill")).await?.expect_status(204)?;
    cx.wait(&user).await?;
    cx.client().delete(&format!("/networks/{name}")).await?.expect_status(204)?;
    let start = cx.client().post(&format!("/containers/{user}/start")).await?;
    assert_eq!(start.status.as_u16(), 404, "{}", start.message());
    let text = start.message();
    ensure!(text.starts_with("network ") && text.ends_with(" not found"), "{text}");
    Ok(())
}

async fn d_156_predefined_networks_stay(cx: Cx) -> Result<()> {
    for name in ["bridge", "host", "none"] {
        let reply = cx.client().delete(&format!("/networks/{name}")).await?;
        let text = format!("{name} is a pre-defined network and cannot be removed");
        assert_eq!((reply.status.as_u16(), reply.message()), (403, text));
    }
    Ok(())
}

async fn prune(cx: &Cx, filters: Value) -> Result<Vec<String>> {
    let path = format!("/networks/prune?filters={}", encoded(&filters));
    let body = cx.client().post(&path).await?.expect_status(200)?.json()?;
    let names = body["NetworksDeleted"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> =
        names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    names.sort();
    Ok(names)
}

async fn d_157_labels_choose_what_is_pruned(cx: Cx) -> Result<()> {
    let one = create(&cx, "one", json!({"Labels": {"kind": "a"}})).await?;
    let two = create(&cx, "two", json!({})).await?;
    let used = create(&cx, "used", json!({})).await?;
    let host = json!({"HostConfig": {"NetworkMode": used}});
    cx.start_script("in", "sleep 1000", host).await?;
    let row = format!("row={}", cx.key());
    assert_eq!(prune(&cx, json!({"label": [row], "label!": ["kind=a"]})).await?, [two.as_str()]);
    assert_eq!(prune(&cx, json!({"label": [row]})).await?, [one.as_str()]);
    assert_eq!(prune(&cx, json!({"label": [row]})).await?, [""; 0]);
    inspect(&cx, &used).await?;
    Ok(())
}

async fn d_157_the_past_chooses_what_is_pruned(cx: Cx) -> Result<()> {
    let name = create(&cx, "n", json!({})).await?;
    let row = format!("row={}", cx.key());
    assert_eq!(prune(&cx, json!({"label": [row], "until": ["1h"]})).await?, [""; 0]);
    inspect(&cx, &name).await?;
    Ok(())
}

async fn d_164_a_driver_that_is_not_there_is_named(cx: Cx) -> Result<()> {
    let body = json!({"Name": cx.network("n"), "Driver": "nosuchdriver"});
    let (status, text) = refused(&cx, body).await?;
    ensure!((400..500).contains(&status) && text.contains("nosuchdriver"), "{status}: {text}");
    Ok(())
}

async fn d_181_the_life_of_a_network_is_told(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let name = create(&cx, "n", json!({})).await?;
    let id = inspect(&cx, &name).await?["Id"].clone();
    let more = create(&cx, "more", json!({})).await?;
    let host = json!({"HostConfig": {"NetworkMode": name}});
    let user = cx.start_script("in", "sleep 1000", host).await?;
    let container = cx.inspect(&user).await?["Id"].clone();
    let body = json!({"Container": user});
    cx.client().post_json(&format!("/networks/{more}/connect"), &body).await?.expect_status(200)?;
    let path = format!("/networks/{more}/disconnect");
    cx.client().post_json(&path, &body).await?.expect_status(200)?;
    cx.client().post(&format!("/containers/{user}/kill")).await?.expect_status(204)?;
    cx.wait(&user).await?;
    let path = format!("/networks/{name}");
    eventually("the network goes", Duration::from_secs(30), async || {
        Ok((cx.client().delete(&path).await?.status == 204).then_some(()))
    })
    .await?;
    let filters = json!({"type": ["network"], "network": [name, more]});
    let told = told_of(&cx, since, &filters).await?;
    let of = |network: &str| -> Vec<String> {
        let own = told.iter().filter(|event| event["Actor"]["Attributes"]["name"] == network);
        own.map(|event| event["Action"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(of(&name), ["create", "connect", "disconnect", "destroy"]);
    ensure!(of(&more).starts_with(&["create".into(), "connect".into(), "disconnect".into()]));
    let connect = told.iter().find(|event| event["Action"] == "connect").context("connect")?;
    let actor = &connect["Actor"];
    assert_eq!((&actor["ID"], &actor["Attributes"]["container"]), (&id, &container));
    assert_eq!(actor["Attributes"]["type"], "bridge");
    Ok(())
}

async fn d_155_docker_network_does_all_of_it(cx: Cx) -> Result<()> {
    let (name, docker) = (cx.network("n"), cx.docker());
    docker.ok(&["network", "create", "--subnet", "10.155.0.0/24", "--label", "a=b", &name]).await?;
    let user = cx.name("c");
    docker.ok(&["run", "-d", "--name", &user, crate::images::BUSYBOX, "sleep", "1000"]).await?;
    docker
        .ok(&["network", "connect", "--alias", "other", "--ip", "10.155.0.77", &name, &user])
        .await?;
    let format = "{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}";
    let said = docker.ok(&["network", "inspect", "--format", format, &name]).await?;
    assert_eq!(said.trim(), format!("{user} 10.155.0.77/24"));
    let said = docker.ok(&["exec", &user, "ip", "-4", "-o", "addr"]).await?;
    ensure!(said.contains("10.155.0.77/24"), "{said}");
    docker.ok(&["network", "disconnect", &name, &user]).await?;
    let said = docker.ok(&["exec", &user, "ip", "-4", "-o", "addr"]).await?;
    ensure!(!said.contains("10.155.0.77"), "{said}");
    let said = docker.ok(&["network", "rm", &name]).await?;
    assert_eq!(said.trim(), name);
    Ok(())
}
