//! A network that is taken away, and what is kept for images.

use super::*;

fn request(body: &str) -> ContainerCreateRequest {
    ContainerCreateRequest::from_json(body.as_bytes()).unwrap()
}

#[test]
fn what_is_asked_of_a_network_goes_with_it_and_its_mode_is_kept() {
    for (sent, kept) in [("", "default"), ("host", "host"), ("shop", "shop")] {
        let mut asked = request(&format!(
            r#"{{"NetworkDisabled":true,"MacAddress":"02:42:ac:11:00:99",
                "HostConfig":{{"NetworkMode":"{sent}","Links":["db:db"]}},
                "NetworkingConfig":{{"EndpointsConfig":{{"shop":{{}}}}}}}}"#
        ));
        let option = without_network(&mut asked).unwrap();
        assert_eq!(option, ContainerOption::NoNetwork(kept.to_owned()));
        let host = asked.host_config.unwrap();
        assert_eq!((host.network_mode.as_str(), host.links.len()), ("none", 0));
        assert!(asked.networking_config.endpoints_config.is_empty());
        assert!(asked.config.mac_address.is_empty());
    }
    let mut plain = request(r#"{"HostConfig":{"NetworkMode":"host"}}"#);
    assert_eq!(without_network(&mut plain), None);
    assert_eq!(plain.host_config.unwrap().network_mode, "host");
}

#[test]
fn triggers_and_shell_are_kept_where_there_are_some() {
    assert_eq!(for_images(&request(r#"{"OnBuild":[],"Shell":[]}"#).config), None);
    let kept = for_images(&request(r#"{"OnBuild":["RUN x"],"Shell":["/bin/ash","-c"]}"#).config);
    let (on_build, shell) =
        (vec!["RUN x".to_owned()], vec!["/bin/ash".to_owned(), "-c".to_owned()]);
    assert_eq!(kept, Some(ForImages { on_build, shell }));
}
