//! Files, described.

use described::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, Content, ETAG, LOCATION, Operation,
    Parameter, Who,
};
use domain::{Code, Rate};
use protocol::native::{FileLinkView, FileUploaded, examples::FILE};
use serde_json::json;

/// Bytes of any type; the type of an answer is the file's own.
const BYTES: Content = Content::of("*/*");

pub(super) fn operations() -> Vec<Operation> {
    vec![upload(), read(), link(), linked()]
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
            "Uploads a file, as the one part of a form or as the body itself. Its type is told by \
             its bytes; what claims another is refused.",
        )
        .with(Parameter::header(
            "Content-Disposition",
            json!({"type": "string"}),
            "What the file is called, where the body is the file itself.",
        ))
        .takes_content(Content::file_form("file", "The file, with its name."))
        .takes_content(Content::of("*/*"))
        .answers::<FileUploaded>(
            201,
            "The file, to be sent with a message.",
            json!({"file": file}),
        )
        .with_header(LOCATION)
        .counted_by(&[Rate::Uploads])
        .refuses(&[
            Code::FileTooLarge,
            Code::StorageFull,
            Code::FileIncomplete,
            Code::FileTypeRefused,
            Code::FileTypeMismatch,
            Code::TooManyUploads,
            Code::Draining,
        ])
}

/// Reads a file, whoever may.
fn reading(operation: Operation) -> Operation {
    let text = || json!({"type": "string"});
    operation
        .with(Parameter::header(
            "Range",
            text(),
            "Which part, as in `bytes=0-1023`.",
        ))
        .with(Parameter::header(
            "If-Range",
            text(),
            "The `ETag` of what you have the rest of: if it is another by now, all of it comes.",
        ))
        .with(Parameter::if_none_match())
        .answers_content(206, "The part.", Some(BYTES))
        .with_header(CONTENT_RANGE)
        .answers_content(200, "The file.", Some(BYTES))
        .answers_nothing(304, "You have it.")
        .with_header(ETAG)
        .with_header(ACCEPT_RANGES)
        .with_header(CONTENT_DISPOSITION)
        .refuses(&[Code::FileNotFound, Code::RangeNotSatisfiable])
}

fn read() -> Operation {
    let read = Operation::get("/api/v1/files/{file}", "read_file");
    reading(read.says("files", "Reads a file that you may see, or a part of it."))
}

fn linked() -> Operation {
    let expires = json!({"type": "integer", "format": "int64"});
    let signature = json!({"type": "string"});
    let linked = Operation::get("/files/{file}/{name}", "read_linked_file")
        .says(
            "files",
            "Reads a file through a link that somebody was given.",
        )
        .of(Who::Anybody)
        .with(Parameter::query("expires", expires, "As the link has it.").required())
        .with(Parameter::query("sig", signature, "As the link has it.").required());
    reading(linked).refuses(&[Code::LinkInvalid, Code::LinkExpired])
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
