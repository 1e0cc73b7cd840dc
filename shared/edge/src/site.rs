//! The address by which a client asks for this server, and links below it.

use std::{fmt, sync::Arc, time::Duration};

use domain::{Attachment, FileId, Timestamp, ports::Clock};
use hyper::HeaderMap;
use protocol::Links;

use crate::{Context, LinkSigner, request};

/// The address by which a client asks for this server: what it is shown can be opened from there.
#[derive(Clone)]
pub struct Site {
    base: String,
    links: Arc<LinkSigner>,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
}

/// A link that runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lent {
    /// The whole address.
    pub url: String,
    /// When it runs out, in store time.
    pub until: Timestamp,
}

impl Site {
    /// The site that a request came to.
    #[must_use]
    pub fn of(ctx: &Context, headers: &HeaderMap) -> Self {
        Self {
            base: request::base(headers),
            links: Arc::clone(&ctx.links),
            clock: Arc::clone(&ctx.ports.clock),
            lifetime: Duration::from_secs(ctx.settings.files.link_seconds),
        }
    }

    /// What all its addresses begin with, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// How long its links are good.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Lends a file by a link that is good without a token.
    #[must_use]
    pub fn lend(&self, file: FileId, name: &str) -> Lent {
        let now = self.clock.now();
        let link = self.links.link(file, name, now, self.lifetime);
        Lent {
            url: format!("{}{}", self.base, link.path),
            until: Timestamp::from_second(link.expires).unwrap_or(now),
        }
    }
}

impl Links for Site {
    fn link(&self, attachment: &Attachment) -> String {
        self.lend(attachment.file, &attachment.name).url
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}
