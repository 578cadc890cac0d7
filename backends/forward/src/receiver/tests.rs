//! Where output may go.

use super::*;

#[tokio::test]
async fn an_address_that_is_not_admitted_is_refused_when_it_is_looked_up() {
    let place = || "localhost:514".to_owned();
    for address in [SyslogAddress::Udp(place()), SyslogAddress::Tcp(place())] {
        let refused = Receiver::connect(&address, |_| false).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied, "{refused}");
        assert!(refused.to_string().ends_with("must not go"), "{refused}");
    }
    let udp = SyslogAddress::Udp(place());
    assert!(Receiver::connect(&udp, |address| address.is_loopback()).await.is_ok());
}
