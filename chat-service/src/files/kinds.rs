//! What a file is: its first bytes say so, and what its sender claims must agree.

use domain::{Code, Error, MediaType, Result};

/// How many bytes are looked at. Office documents and videos say what they are by then.
pub(super) const HEAD: usize = 8 * 1024;

/// What every zip begins with, and so do office documents and many others.
const ZIP: &[u8] = b"PK\x03\x04";

/// Claims nothing: what clients send that do not know.
const UNKNOWN: &str = "application/octet-stream";

/// The types that may be uploaded.
pub(super) struct Kinds(Vec<MediaType>);

/// What bytes look like.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    /// A type with a signature.
    Signed(MediaType),
    /// Characters, as far as they were seen.
    Text,
    /// Neither.
    Unknown,
}

impl Kinds {
    /// Takes the allow-list of the settings, which were checked.
    pub(super) fn new(types: &[String]) -> Self {
        Self(types.iter().filter_map(|t| MediaType::parse(t)).collect())
    }

    /// Reads what the sender claims, before any byte is read; `None` when nothing is claimed.
    pub(super) fn claimed(&self, claim: Option<&str>) -> Result<Option<MediaType>> {
        let Some(claim) = claim.filter(|claim| !claim.trim().is_empty()) else {
            return Ok(None);
        };
        match MediaType::parse(claim) {
            Some(claim) if claim.as_str() == UNKNOWN => Ok(None),
            Some(claim) if self.0.contains(&claim) => Ok(Some(claim)),
            _ => Err(self.refused()),
        }
    }

    /// Says what the file is, by its first bytes and what was claimed.
    pub(super) fn decide(&self, claim: Option<MediaType>, head: &[u8]) -> Result<MediaType> {
        let look = Look::of(head);
        let Some(claim) = claim else {
            return self.guess(look);
        };
        let fits = match &look {
            Look::Signed(seen) => claim.is_compatible(seen) || (is_zipped(&claim) && is_zip(head)),
            Look::Text => claim.is_text(),
            Look::Unknown => false,
        };
        if !fits {
            return Err(lied(&claim));
        }
        Ok(claim)
    }

    fn guess(&self, look: Look) -> Result<MediaType> {
        let seen = match look {
            Look::Signed(seen) => Some(seen),
            Look::Text => MediaType::parse("text/plain"),
            Look::Unknown => None,
        };
        let allowed = seen.filter(|seen| self.0.contains(seen));
        allowed.ok_or_else(|| self.refused())
    }

    fn refused(&self) -> Error {
        let types: Vec<&str> = self.0.iter().map(MediaType::as_str).collect();
        let detail = format!("These are taken: {}.", types.join(", "));
        Error::new(Code::FileTypeRefused).with_detail(detail)
    }
}

/// The refusal of a file that is not what it claims to be.
pub(super) fn lied(claim: &MediaType) -> Error {
    let detail = format!("The bytes are not {claim}.");
    Error::new(Code::FileTypeMismatch).with_detail(detail)
}

impl Look {
    fn of(head: &[u8]) -> Self {
        if let Some(signed) = infer::get(head) {
            return match MediaType::parse(signed.mime_type()) {
                // What is written in characters is not run, shown or trusted as anything else.
                Some(seen) if !seen.is_text() => Self::Signed(seen),
                _ => Self::written(head),
            };
        }
        Self::written(head)
    }

    fn written(head: &[u8]) -> Self {
        let whole = match str::from_utf8(head) {
            Ok(_) => true,
            // The last character may go on behind the head.
            Err(error) => error.error_len().is_none(),
        };
        match whole && !head.contains(&0) {
            true => Self::Text,
            false => Self::Unknown,
        }
    }
}

fn is_zip(head: &[u8]) -> bool {
    head.starts_with(ZIP)
}

/// Whether files of this type are zips underneath.
fn is_zipped(claim: &MediaType) -> bool {
    let of_office = ["openxmlformats-officedocument", "oasis.opendocument"];
    let name = claim.as_str();
    name == "application/zip" || of_office.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const GIF: &[u8] = b"GIF89a/*\x01\0";
    const EXE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04";
    const HTML: &[u8] = b"<!DOCTYPE html><script>alert(1)</script>";
    const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>";
    const ODT: &[u8] = b"PK\x03\x04\x14\0\0\x08\0\0mimetypeapplication/vnd.oasis";

    fn decide(claim: &str, head: &[u8]) -> Result<String, Code> {
        let kinds = Kinds::new(&settings::Settings::default().files.types);
        let claimed = kinds.claimed(Some(claim));
        let decided = claimed.and_then(|claim| kinds.decide(claim, head));
        decided.map(|t| t.to_string()).map_err(|error| error.code())
    }

    fn is(name: &str) -> Result<String, Code> {
        Ok(name.to_owned())
    }

    #[test]
    fn what_tells_the_truth_is_taken() {
        assert_eq!(decide("image/png", PNG), is("image/png"));
        assert_eq!(decide("Image/PNG; x=y", PNG), is("image/png"));
        assert_eq!(
            decide("text/plain; charset=utf-8", "naïve".as_bytes()),
            is("text/plain")
        );
        assert_eq!(decide("application/zip", ODT), is("application/zip"));
    }

    #[test]
    fn what_claims_nothing_is_what_it_looks_like() {
        for claim in ["", "application/octet-stream"] {
            assert_eq!(decide(claim, PNG), is("image/png"));
            assert_eq!(decide(claim, b"hello"), is("text/plain"));
            assert_eq!(decide(claim, EXE), Err(Code::FileTypeRefused));
            assert_eq!(decide(claim, &[0, 1, 2]), Err(Code::FileTypeRefused));
        }
    }

    #[test]
    fn what_lies_is_refused() {
        for lie in [HTML, SVG, EXE, GIF, b"hello", &[0, 1, 2], b"%PDF-1.7"] {
            assert_eq!(decide("image/png", lie), Err(Code::FileTypeMismatch));
        }
        for lie in [PNG, EXE, &[0xff, 0xfe, 0x41], b"a\0b"] {
            assert_eq!(decide("text/plain", lie), Err(Code::FileTypeMismatch));
        }
        assert_eq!(decide("application/zip", EXE), Err(Code::FileTypeMismatch));
    }

    #[test]
    fn what_is_not_on_the_list_is_refused_by_its_claim() {
        for claim in [
            "text/html",
            "image/svg+xml",
            "application/x-msdownload",
            "nonsense",
        ] {
            assert_eq!(decide(claim, PNG), Err(Code::FileTypeRefused), "{claim}");
        }
    }

    #[test]
    fn pages_are_text_and_nothing_more() {
        for page in [HTML, SVG] {
            assert_eq!(decide("text/plain", page), is("text/plain"));
            assert_eq!(decide("", page), is("text/plain"));
        }
    }

    #[test]
    fn a_character_may_go_on_behind_the_head() {
        let cut = &"naïve".as_bytes()[..3];
        assert_eq!(decide("text/plain", cut), is("text/plain"));
    }
}
