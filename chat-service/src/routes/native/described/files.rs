//! Files, described.

use described::{Content, ETAG, LOCATION, Operation, Parameter};
use domain::Code;
use protocol::native::{FileLinkView, FileUploaded, examples::FILE};
use serde_json::json;

/// Bytes of any type; the type of an answer is the file's own.
const BYTES: Content = Content::of("*/*");

pub(super) fn operations() -> Vec<Operation> {
    vec![upload(), read(), link()]
}

fn upload() -> Operation {
    let file = json!({
        "id": FILE, "name": "notes.txt", "media_type": "text/plain", "bytes": 6,
        "sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
        "url": format!("/api/v1/files/{FILE}"),
    });
    Operation::post("/api/v1/files", "upload_file")
        .says(
            "files",
            "Uploads a file, as the part `file` of a form. Its type is told by its bytes; what \
             claims another is refused.",
        )
        .takes_content(Content::of("multipart/form-data"))
        .answers::<FileUploaded>(
            201,
            "The file, to be sent with a message.",
            json!({"file": file}),
        )
        .with_header(LOCATION)
        .refuses(&[
            Code::FileTooLarge,
            Code::FileIncomplete,
            Code::FileTypeRefused,
            Code::FileTypeMismatch,
            Code::TooManyUploads,
            Code::RateLimited,
            Code::Draining,
        ])
}

fn read() -> Operation {
    let range = json!({"type": "string"});
    Operation::get("/api/v1/files/{file}", "read_file")
        .says("files", "Reads a file that you may see, or a part of it.")
        .with(Parameter::header(
            "Range",
            range,
            "Which part, as in `bytes=0-1023`.",
        ))
        .with(Parameter::if_none_match())
        .answers_content(200, "The file.", Some(BYTES))
        .answers_content(206, "The part.", Some(BYTES))
        .answers_nothing(304, "You have it.")
        .with_header(ETAG)
        .refuses(&[Code::FileNotFound, Code::RangeNotSatisfiable])
}

fn link() -> Operation {
    let seconds = json!({"type": "integer", "minimum": 1, "maximum": 3600});
    let link = json!({
        "url": format!("/files/{FILE}/notes.txt?expires=1803980000&sig=x"),
        "expires_at": "2027-03-01T09:35:00Z",
    });
    Operation::get("/api/v1/files/{file}/link", "link_file")
        .says(
            "files",
            "A link to a file that is good for a while, for whoever has it.",
        )
        .with(Parameter::query(
            "seconds",
            seconds,
            "How long it is to be good.",
        ))
        .answers::<FileLinkView>(200, "The link.", link)
        .refuses(&[Code::FileNotFound, Code::InvalidField])
}
