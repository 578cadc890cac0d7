//! Which parts of a query are left out.

use super::without_secrets;

#[test]
fn secrets_are_left_out_and_the_rest_stays() {
    for (query, shown) in [
        ("", ""),
        ("all=1&filters=%7B%7D", "all=1&filters=%7B%7D"),
        ("registryToken=abc&all=1", "registryToken=...&all=1"),
        ("X-Auth=abc", "X-Auth=..."),
        ("from=http%3A%2F%2Fme%3Ahunter2%40host%2Fx", "from=..."),
        ("from=https://me:hunter2@host/x&a", "from=...&a"),
        ("path=/a@b", "path=/a@b"),
        ("term=https://host/a@b", "term=https://host/a@b"),
    ] {
        assert_eq!(without_secrets(query), shown);
    }
}
