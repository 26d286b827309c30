//! Which requests go through a proxy, by the variables that are set.

use super::*;

fn proxies(variables: &[(&str, &str)]) -> (Proxies, Vec<&'static str>) {
    Proxies::parse(|name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn goes_through(proxies: &Proxies, url: &str) -> Option<String> {
    let uri = url.parse().unwrap();
    proxies.of_request(&uri).map(ToString::to_string)
}

#[test]
fn each_scheme_has_its_proxy() {
    let (both, _) = proxies(&[
        ("HTTP_PROXY", "proxy:3128"),
        ("https_proxy", "https://user:word@secure:8080/path"),
        ("ALL_PROXY", "http://all"),
    ]);
    let cases = [
        ("http://a", "http://proxy:3128 (HTTP_PROXY)"),
        ("https://a", "https://secure:8080 (https_proxy)"),
    ];
    for (url, proxy) in cases {
        assert_eq!(goes_through(&both, url).as_deref(), Some(proxy), "{url}");
    }
    assert!(!format!("{both:?}").contains("word"));
    let (all, _) = proxies(&[("ALL_PROXY", "http://all"), ("HTTPS_PROXY", "")]);
    for url in ["http://a", "https://a"] {
        let proxy = goes_through(&all, url);
        assert_eq!(proxy.as_deref(), Some("http://all (ALL_PROXY)"), "{url}");
    }
    assert_eq!(goes_through(&proxies(&[]).0, "https://a"), None);
}

#[test]
fn variables_that_are_no_url_are_named() {
    let values = [
        ("http//proxy", false),
        ("socks5://proxy", false),
        ("http://", false),
        ("not a url", false),
        ("http://user:word@proxy", true),
        ("10.0.0.1:3128", true),
        ("[fd00::1]:3128", true),
    ];
    for (value, is_usable) in values {
        let (found, unusable) = proxies(&[("https_proxy", value)]);
        assert_eq!(found.https.is_some(), is_usable, "{value}");
        assert_eq!(unusable.is_empty(), is_usable, "{value}");
    }
}

#[test]
fn credentials_and_this_host_are_never_asked_through_a_proxy() {
    let (proxies, _) = proxies(&[("ALL_PROXY", "http://proxy")]);
    let direct = [
        "http://169.254.169.254/latest/api/token",
        "http://169.254.170.2/v2/credentials",
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::254]/latest/api/token",
        "http://[fd00:ec2::23]/v1/credentials",
        "http://127.0.0.1:8000",
        "http://127.1.2.3",
        "http://[::1]:8000",
        "http://[::ffff:127.0.0.1]",
        "https://localhost",
        "http://LocalHost:8000",
    ];
    for url in direct {
        assert_eq!(goes_through(&proxies, url), None, "{url}");
    }
    for url in [
        "http://169.254.169.253",
        "http://[fd00:ec2::253]",
        "http://localhost.example",
    ] {
        assert!(goes_through(&proxies, url).is_some(), "{url}");
    }
}

#[test]
fn no_proxy() {
    let cases: [(&str, &[&str], &[&str]); 9] = [
        ("", &[], &["https://a.example"]),
        ("*", &["https://a.example", "http://10.0.0.1"], &[]),
        (
            "example.com",
            &["https://example.com", "https://a.example.com:8443"],
            &["https://notexample.com"],
        ),
        (
            "*.example.com",
            &["https://a.example.com", "https://a.b.EXAMPLE.com"],
            &["https://notexample.com", "https://example.org"],
        ),
        (
            ".example.com",
            &["https://a.example.com"],
            &["https://notexample.com"],
        ),
        (
            "example.com:8443, a.example.org:443",
            &[
                "https://example.com:8443",
                "https://b.example.com:8443",
                "https://a.example.org",
            ],
            &[
                "https://example.com",
                "https://a.example.org:8443",
                "http://a.example.org",
            ],
        ),
        (
            "10.0.0.0/8,192.168.0.1:80",
            &["https://10.1.2.3", "http://192.168.0.1"],
            &["https://11.1.2.3", "https://192.168.0.1"],
        ),
        (
            "fd00::1,[fd00::2]:8080,[fd00::3]",
            &[
                "http://[fd00::1]",
                "http://[fd00::2]:8080",
                "http://[fd00::3]",
            ],
            &["http://[fd00::2]", "http://[fd00::4]"],
        ),
        (
            "https://example.com",
            &[],
            &["https://example.com", "https://https"],
        ),
    ];
    for (entries, direct, proxied) in cases {
        let (proxies, _) = proxies(&[("ALL_PROXY", "http://proxy"), ("NO_PROXY", entries)]);
        for url in direct {
            assert_eq!(goes_through(&proxies, url), None, "{entries}: {url}");
        }
        for url in proxied {
            assert!(goes_through(&proxies, url).is_some(), "{entries}: {url}");
        }
    }
}
