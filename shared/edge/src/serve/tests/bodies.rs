//! Bodies: too large, too slow, of another form.

use super::*;

fn post(body: &str, headers: &str) -> String {
    format!("POST /names HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{headers}\r\n{body}",)
}

fn with_length(body: &str) -> String {
    let length = body.len();
    post(
        body,
        &format!("content-type: application/json\r\ncontent-length: {length}\r\n"),
    )
}

fn chunked(body: &str) -> String {
    let chunks: String = body
        .as_bytes()
        .chunks(7)
        .map(|chunk| {
            format!(
                "{:x}\r\n{}\r\n",
                chunk.len(),
                String::from_utf8_lossy(chunk)
            )
        })
        .collect();
    let body = format!("{chunks}0\r\n\r\n");
    post(
        &body,
        "content-type: application/json\r\ntransfer-encoding: chunked\r\n",
    )
}

#[tokio::test]
async fn bodies_are_counted_whichever_way_they_come() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    let fits = format!("{{\"name\":\"{}\"}}", "x".repeat(64 - 11));
    let over = format!("{{\"name\":\"{}\"}}", "x".repeat(64 - 10));
    let far_over = format!("{{\"name\":\"{}\"}}", "x".repeat(500_000));
    for request in [with_length(&fits), chunked(&fits)] {
        assert!(served.ask(&request).await.starts_with("HTTP/1.1 200"));
    }
    for request in [
        with_length(&over),
        chunked(&over),
        with_length(&far_over),
        chunked(&far_over),
    ] {
        let answer = served.ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains("body_too_large"), "{answer}");
    }
    let patient = post("", "content-length: 100000\r\nexpect: 100-continue\r\n");
    assert!(served.ask(&patient).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be_are_refused() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    for (request, status) in [
        (post("{\"name\":\"a\"}", "content-length: 12\r\n"), "415"),
        (
            post(
                "{\"name\":\"a\"}",
                "content-type: text/plain\r\ncontent-length: 12\r\n",
            ),
            "415",
        ),
        (with_length("{"), "400"),
        (with_length("{\"name\":7}"), "400"),
        (
            post("x", "content-length: 1\r\ncontent-length: 2\r\n"),
            "400",
        ),
        (
            post("x", "content-length: 1\r\ntransfer-encoding: chunked\r\n"),
            "400",
        ),
        (post("x", "transfer-encoding: xchunked\r\n"), "400"),
        (
            post(
                "zz\r\n",
                "content-type: application/json\r\ntransfer-encoding: chunked\r\n",
            ),
            "400",
        ),
    ] {
        let answer = served.ask(&request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{request} {answer}"
        );
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_no_longer_than_ten_seconds() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    let begun = Instant::now();
    let json = "content-type: application/json\r\ncontent-length: 20\r\n";
    let answer = served.ask(&post("{\"name\":", json)).await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("body_too_slow"),
        "{answer}"
    );
    assert!(begun.elapsed() < body::DEADLINE * 2);
}
