//! Files: uploaded, sent, read by those who may, and gone when nobody refers to them.

use bytes::Bytes;
use e2e::{Answer, Rest, Server, SignedIn};
use hyper::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The beginning of a picture, and as much behind it as makes `bytes`.
fn png(bytes: usize) -> Bytes {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.resize(bytes, 7);
    png.into()
}

/// Uploads bytes under a type and a name.
async fn upload(who: &SignedIn, media_type: &str, name: &str, bytes: Bytes) -> Answer {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        ("content-type", media_type),
        ("content-disposition", disposition.as_str()),
    ];
    let path = "/api/v1/files";
    who.rest
        .send(Method::POST, path, &headers, Some(bytes))
        .await
}

/// Uploads a text that everybody can compare.
async fn uploaded(who: &SignedIn, name: &str, text: &'static str) -> Value {
    let answer = upload(who, "text/plain", name, Bytes::from_static(text.as_bytes())).await;
    answer.expect(201)["file"].clone()
}

async fn get_with(rest: &Rest, path: &str, headers: &[(&str, &str)]) -> Answer {
    rest.send(Method::GET, path, headers, None).await
}

fn url(file: &Value) -> &str {
    file["url"].as_str().expect("a url")
}

#[tokio::test]
async fn what_was_uploaded_is_read_by_its_owner_alone() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let bob = server.anon().sign_up("bob").await;
    let file = uploaded(&ann, "../notes/naïve.txt", "hello").await;
    assert_eq!(file["name"], "naïve.txt");
    assert_eq!(
        (&file["media_type"], &file["bytes"]),
        (&json!("text/plain"), &json!(5))
    );
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(file["sha256"], hash);

    let read = ann.rest.get(url(&file)).await;
    assert_eq!((read.status.as_u16(), read.text.as_str()), (200, "hello"));
    let stranger = bob.rest.get(url(&file)).await;
    let nothing = format!("/api/v1/files/{}", uuid::Uuid::from_u128(7));
    for refused in [
        stranger,
        bob.rest.get(&nothing).await,
        bob.rest.get("/api/v1/files/x").await,
    ] {
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (404, "file_not_found")
        );
    }
    let nobody = server.rest().get(url(&file)).await;
    assert_eq!(nobody.code(), "unauthenticated");
    server.stop().await;
}

#[tokio::test]
async fn a_file_is_served_as_nothing_but_a_file() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let page = uploaded(
        &ann,
        "page.html",
        "<!DOCTYPE html><script>alert(1)</script>",
    )
    .await;
    let page = ann.rest.get(url(&page)).await;
    assert_eq!(page.header("content-type"), "text/plain; charset=utf-8");
    assert!(
        page.header("content-disposition")
            .starts_with("attachment; ")
    );
    let picture = upload(&ann, "image/png", "a.png", png(500))
        .await
        .expect(201);
    let picture = ann.rest.get(url(&picture["file"])).await;
    assert_eq!(picture.header("content-type"), "image/png");
    assert!(
        picture
            .header("content-disposition")
            .starts_with("inline; ")
    );
    for answer in [page, picture] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(
            answer.header("content-security-policy"),
            "sandbox; default-src 'none'"
        );
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert!(answer.header("cache-control").starts_with("private, "));
        assert!(answer.header("etag").starts_with('"'));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_form_with_one_field_is_an_upload() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let part = |name: &str, text: &str| {
        format!(
            "--line\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             content-type: text/plain\r\n\r\n{text}\r\n"
        )
    };
    let send = async |body: String| {
        let headers = [("content-type", "multipart/form-data; boundary=line")];
        let body = Some(Bytes::from(body));
        ann.rest
            .send(Method::POST, "/api/v1/files", &headers, body)
            .await
    };
    let one = send(format!("{}--line--\r\n", part("a.txt", "hello")))
        .await
        .expect(201);
    assert_eq!(one["file"]["name"], "a.txt");
    assert_eq!(ann.rest.get(url(&one["file"])).await.text, "hello");

    let two = format!("{}{}--line--\r\n", part("a.txt", "a"), part("b.txt", "b"));
    assert_eq!(send(two).await.code(), "invalid_field");
    assert_eq!(
        send(part("a.txt", "never closed")).await.code(),
        "file_incomplete"
    );
    let nameless = "--line\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nb\r\n--line--\r\n";
    let nameless = send(nameless.to_owned()).await.expect(201);
    assert_eq!(nameless["file"]["media_type"], "text/plain");
    assert_eq!(ann.rest.get(url(&nameless["file"])).await.text, "b");
    let empty = "--line--\r\n".to_owned();
    assert_eq!(send(empty).await.code(), "invalid_field");
    server.stop().await;
}

#[tokio::test]
async fn bad_uploads_are_refused_by_name_and_leave_nothing() {
    let server = Server::start_with(|settings| settings.limits.upload_bytes = 200_000).await;
    let ann = server.anon().sign_up("ann").await;
    let fits = upload(&ann, "image/png", "a.png", png(200_000))
        .await
        .expect(201);
    assert_eq!(fits["file"]["bytes"], 200_000);
    for (media_type, bytes, status, code) in [
        ("image/png", png(200_001), 413, "file_too_large"),
        ("image/png", png(5_000_000), 413, "file_too_large"),
        (
            "image/png",
            "<html><script>".into(),
            415,
            "file_type_mismatch",
        ),
        (
            "image/png",
            "MZ\u{1}\0\u{3}".into(),
            415,
            "file_type_mismatch",
        ),
        ("image/jpeg", png(500), 415, "file_type_mismatch"),
        (
            "text/plain",
            Bytes::from_static(b"a\xff"),
            415,
            "file_type_mismatch",
        ),
        ("text/html", "<html>".into(), 415, "file_type_refused"),
        ("image/svg+xml", "<svg/>".into(), 415, "file_type_refused"),
        (
            "application/octet-stream",
            "\u{1}\0".into(),
            415,
            "file_type_refused",
        ),
        ("text/plain", Bytes::new(), 400, "invalid_field"),
    ] {
        let refused = upload(&ann, media_type, "a.png", bytes).await;
        let told = (refused.status.as_u16(), refused.code());
        assert_eq!(told, (status, code.to_owned()), "{}", refused.text);
    }
    assert_eq!(server.blobs(), 1, "only the one that fitted");
    server.stop().await;
}

/// Without a length that could be looked at first.
#[tokio::test]
async fn a_chunked_upload_is_counted_as_it_comes() {
    let server = Server::start_with(|settings| settings.limits.upload_bytes = 100_000).await;
    let ann = server.anon().sign_up("ann").await;
    let mut raw = begin(&server, &ann, "transfer-encoding: chunked").await;
    let chunk = png(50_000);
    for _ in 0..3 {
        raw.write_all(b"c350\r\n")
            .await
            .expect("an open connection");
        raw.write_all(&chunk).await.expect("an open connection");
        raw.write_all(b"\r\n").await.expect("an open connection");
    }
    let answer = rest_of(raw).await;
    assert!(answer.contains("413"), "{answer}");
    assert!(answer.contains("file_too_large"), "{answer}");
    assert_eq!(server.blobs(), 0);
    server.stop().await;
}

#[tokio::test]
async fn what_is_cut_off_in_the_middle_leaves_nothing() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let mut raw = begin(&server, &ann, "content-length: 1000000").await;
    raw.write_all(&png(500_000))
        .await
        .expect("an open connection");
    e2e::eventually("the draft", async || (server.blobs() == 1).then_some(())).await;
    drop(raw);
    e2e::eventually("nothing", async || (server.blobs() == 0).then_some(())).await;
    server.stop().await;
}

/// Sends the head of an upload.
async fn begin(server: &Server, who: &SignedIn, length: &str) -> TcpStream {
    let mut raw = TcpStream::connect(server.addr()).await.expect("a server");
    let head = format!(
        "POST /api/v1/files HTTP/1.1\r\nhost: hubbub.test\r\nconnection: close\r\n\
         authorization: Bearer {}\r\ncontent-type: image/png\r\n{length}\r\n\r\n",
        who.token
    );
    raw.write_all(head.as_bytes())
        .await
        .expect("an open connection");
    raw
}

async fn rest_of(mut raw: TcpStream) -> String {
    let mut answer = Vec::new();
    let read = raw.read_to_end(&mut answer);
    // A reset after the answer is an end, too.
    let _ = e2e::soon("the answer", read).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_part_can_be_read_and_what_is_known_is_not_sent_again() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let file = uploaded(&ann, "a.txt", "0123456789").await;
    let path = url(&file);
    let part = get_with(&ann.rest, path, &[("range", "bytes=2-5")]).await;
    assert_eq!((part.status.as_u16(), part.text.as_str()), (206, "2345"));
    assert_eq!(part.header("content-range"), "bytes 2-5/10");
    let end = get_with(&ann.rest, path, &[("range", "bytes=-3")]).await;
    assert_eq!(end.text, "789");
    let beyond = get_with(&ann.rest, path, &[("range", "bytes=10-")]).await;
    assert_eq!(
        (beyond.status.as_u16(), beyond.code().as_str()),
        (416, "range_not_satisfiable")
    );
    assert_eq!(beyond.header("content-range"), "bytes */10");

    let tag = end.header("etag").to_owned();
    let known = get_with(&ann.rest, path, &[("if-none-match", &tag)]).await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
    let changed = [("range", "bytes=2-5"), ("if-range", "\"another\"")];
    assert_eq!(get_with(&ann.rest, path, &changed).await.text, "0123456789");
    let head = ann.rest.send(Method::HEAD, path, &[], None).await;
    assert_eq!(
        (head.header("content-length"), head.text.as_str()),
        ("10", "")
    );
    server.stop().await;
}

#[tokio::test]
async fn a_link_is_good_without_a_token_and_only_as_it_was_made() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let file = uploaded(&ann, "my notes.txt", "hello").await;
    let made = ann
        .rest
        .get(&format!("{}/link?seconds=60", url(&file)))
        .await
        .expect(200);
    let link = made["url"].as_str().expect("a link");
    assert!(link.contains("/my%20notes.txt?expires="), "{link}");
    let nobody = server.rest();
    let read = nobody.get(link).await;
    assert_eq!((read.status.as_u16(), read.text.as_str()), (200, "hello"));
    assert_eq!(read.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(
        get_with(&nobody, link, &[("range", "bytes=0-0")])
            .await
            .text,
        "h"
    );

    let other = uploaded(&ann, "other.txt", "other").await;
    let (id, other) = (
        file["id"].as_str().expect("id"),
        other["id"].as_str().expect("id"),
    );
    let later = link.replace("expires=1", "expires=2");
    for forged in [
        link.replace(id, other),
        later,
        link.replace("sig=", "sig=A"),
    ] {
        let refused = nobody.get(&forged).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (403, "link_invalid")
        );
    }
    assert_eq!(
        nobody.get(&format!("/files/{id}/a.txt")).await.code(),
        "link_invalid"
    );
    let too_long = ann
        .rest
        .get(&format!("{}/link?seconds=3601", url(&file)))
        .await;
    assert_eq!(too_long.code(), "invalid_field");
    let bob = server.anon().sign_up("bob").await;
    let refused = bob.rest.get(&format!("{}/link", url(&file))).await;
    assert_eq!(refused.code(), "file_not_found");
    server.stop().await;
}

#[tokio::test]
async fn a_file_that_was_sent_is_its_rooms() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let bob = server.anon().sign_up("bob").await;
    let eve = server.anon().sign_up("eve").await;
    let room = ann.create_room("general").await;
    bob.join(&room).await;
    let (mut socket, _) = bob.native().await;
    let file = uploaded(&ann, "notes.txt", "hello").await;
    assert_eq!(bob.rest.get(url(&file)).await.code(), "file_not_found");

    let path = format!("/api/v1/rooms/{room}/messages");
    let lie = json!({"kind": "file", "file": file["id"], "content": "my notes", "name": "x.exe", "bytes": 1});
    let sent = ann.rest.post(&path, &lie).await.expect(201);
    let shown =
        json!({"file": file["id"], "name": "notes.txt", "media_type": "text/plain", "bytes": 5});
    assert_eq!(sent["message"]["attachment"], shown);
    let heard = socket.next_of("message").await;
    assert_eq!(heard["message"]["attachment"], shown, "{heard}");
    assert_eq!(bob.rest.get(url(&file)).await.text, "hello");
    let made = bob
        .rest
        .get(&format!("{}/link", url(&file)))
        .await
        .expect(200);
    let link = made["url"].as_str().expect("a link");
    assert_eq!(server.rest().get(link).await.text, "hello");
    assert_eq!(eve.rest.get(url(&file)).await.code(), "file_not_found");

    let message = sent["message"]["id"].as_str().expect("an id");
    let deleted = ann
        .rest
        .send(Method::DELETE, &format!("{path}/{message}"), &[], None)
        .await;
    assert!(deleted.status.is_success(), "{}", deleted.text);
    assert_eq!(bob.rest.get(url(&file)).await.code(), "file_not_found");
    assert_eq!(
        ann.rest.get(url(&file)).await.text,
        "hello",
        "it is still its owner's"
    );
    server.stop().await;
}

#[tokio::test]
async fn only_a_file_that_one_may_read_can_be_sent() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let bob = server.anon().sign_up("bob").await;
    let room = bob.create_room("general").await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let file = uploaded(&ann, "notes.txt", "hello").await;
    for id in [file["id"].clone(), json!(uuid::Uuid::from_u128(7))] {
        let stolen = bob
            .rest
            .post(&path, &json!({"kind": "file", "file": id}))
            .await;
        assert_eq!(
            (stolen.status.as_u16(), stolen.code().as_str()),
            (404, "file_not_found")
        );
    }
    server.stop().await;
}
