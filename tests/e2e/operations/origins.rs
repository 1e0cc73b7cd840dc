//! Pages of other origins: those of the allow-list read answers, all others do not.

use e2e::{Answer, Server};
use hyper::Method;
use serde_json::json;

const PAGE: &str = "https://app.example.org";

async fn served() -> Server {
    Server::start_with(|settings| settings.http.allowed_origins = vec![PAGE.to_owned()]).await
}

async fn preflight(server: &Server, origin: &str, path: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "authorization, content-type",
        ),
    ];
    server
        .rest()
        .send(Method::OPTIONS, path, &headers, None)
        .await
}

#[tokio::test]
async fn a_page_of_the_list_asks_first_and_reads_the_answer() {
    let server = served().await;
    let asked = preflight(&server, PAGE, "/api/v1/auth/login").await;
    assert_eq!(asked.status, 204);
    assert_eq!(asked.header("access-control-allow-origin"), PAGE);
    assert!(
        asked
            .header("access-control-allow-methods")
            .contains("POST")
    );
    assert!(
        asked
            .header("access-control-allow-headers")
            .contains("authorization")
    );
    assert_eq!(asked.header("vary"), "Origin");

    let body = json!({"username": "ann", "password": "correct horse battery"});
    let headers = [("origin", PAGE)];
    let answer = server
        .rest()
        .post_with("/api/v1/auth/signup", &body, &headers)
        .await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        "",
        "no cookies"
    );
    let exposed = answer.header("access-control-expose-headers");
    for name in [
        "etag",
        "link",
        "location",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
    ] {
        assert!(
            exposed.split(", ").any(|known| known == name),
            "{name}: {exposed}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn nobody_elses_page_reads_anything() {
    let server = served().await;
    for origin in ["https://evil.example.org", "null", "http://app.example.org"] {
        let asked = preflight(&server, origin, "/api/v1/auth/login").await;
        assert_eq!(
            (asked.status.as_u16(), asked.code().as_str()),
            (403, "origin_refused")
        );
        let answer = server
            .rest()
            .send(Method::GET, "/livez", &[("origin", origin)], None)
            .await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(answer.header("vary"), "Origin", "caches keep them apart");
    }
    server.stop().await;
}
