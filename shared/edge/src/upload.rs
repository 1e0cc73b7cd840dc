//! Bodies that are too large to be held: they stream in, and have to keep a pace.

use std::time::Duration;

use bytes::Buf;
use domain::{Code, Error, Result, ports::ByteStream};
use futures_util::{Stream, StreamExt, stream};
use hyper::{HeaderMap, header::CONTENT_LENGTH};
use tokio::time::{Instant, timeout};
use warp::{Filter, Rejection};

/// How long a client may be silent, and how far it may fall behind the slowest pace.
const GRACE: Duration = Duration::from_secs(10);

/// The slowest pace, in bytes a second.
const SLOWEST: u32 = 32 * 1024;

/// How long what is refused is still read, so that the client hears of it.
const DISCARD_FOR: Duration = Duration::from_secs(2);

/// A request whose body is still coming in.
pub struct Upload {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body. It ends with `body_too_slow` when nothing comes for 10 s, or when all of it that
    /// was waited for came with less than 32 KiB/s after the first 10 s; with `file_incomplete`
    /// when the client is gone.
    pub body: ByteStream,
}

impl Upload {
    /// How long the body is going to be, if the client says so.
    #[must_use]
    pub fn announced(&self) -> Option<u64> {
        let length = self.headers.get(CONTENT_LENGTH)?;
        length.to_str().ok()?.parse().ok()
    }
}

/// How long a body of so many bytes may take at the slowest pace.
#[must_use]
pub fn longest(bytes: usize) -> Duration {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    GRACE + Duration::from_secs(u64::from(bytes / SLOWEST))
}

/// Extracts a body as it comes in.
pub fn stream() -> impl Filter<Extract = (Upload,), Error = Rejection> + Clone {
    warp::header::headers_cloned()
        .and(warp::body::stream())
        .map(|headers: HeaderMap, body| Upload {
            headers,
            body: paced(body),
        })
}

/// Reads what is left of a refused body, at most `most` bytes and for two seconds, so that the
/// client reads the refusal instead of finding its connection reset.
pub async fn discard(mut body: ByteStream, most: u64) {
    let discard = async {
        let mut left = most;
        while let Some(Ok(piece)) = body.next().await {
            left = left.saturating_sub(piece.len() as u64);
            if left == 0 {
                return;
            }
        }
    };
    // Too much of it is no error: then the connection is reset.
    let _ = timeout(DISCARD_FOR, discard).await;
}

/// Only time spent waiting for the client counts against it, not what the store takes.
#[derive(Default)]
struct Progress {
    waited: Duration,
    bytes: u64,
}

impl Progress {
    /// How long the next piece may take.
    fn patience(&self) -> Duration {
        let earned = Duration::from_secs_f64(self.bytes as f64 / f64::from(SLOWEST));
        (GRACE + earned).saturating_sub(self.waited).min(GRACE)
    }
}

fn paced<S, B>(body: S) -> ByteStream
where
    S: Stream<Item = Result<B, warp::Error>> + Send + 'static,
    B: Buf,
{
    let begun = (Box::pin(body), Progress::default());
    Box::pin(stream::try_unfold(
        begun,
        |(mut body, mut progress)| async move {
            let asked = Instant::now();
            let next = timeout(progress.patience(), body.next()).await;
            let next = next.map_err(|_| Error::new(Code::BodyTooSlow))?;
            let Some(piece) = next else {
                return Ok(None);
            };
            let mut piece = piece.map_err(|_| Error::new(Code::FileIncomplete))?;
            let piece = piece.copy_to_bytes(piece.remaining());
            progress.waited += asked.elapsed();
            progress.bytes += piece.len() as u64;
            Ok(Some((piece, (body, progress))))
        },
    ))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::TryStreamExt;
    use tokio::time::sleep;

    use super::*;

    /// A client that sends `bytes` at a time, `pause` apart, `times` times.
    fn client(bytes: usize, pause: Duration, times: usize) -> ByteStream {
        paced(stream::unfold(0, move |sent| async move {
            sleep(pause).await;
            (sent < times).then(|| (Ok(Bytes::from(vec![0; bytes])), sent + 1))
        }))
    }

    async fn end(body: ByteStream) -> Result<Vec<Bytes>, Code> {
        body.try_collect()
            .await
            .map_err(|error: Error| error.code())
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_line_is_fast_enough() {
        let mobile = client(32 * 1024, Duration::from_millis(900), 300);
        assert_eq!(end(mobile).await.unwrap().len(), 300);
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_not() {
        let begun = Instant::now();
        let trickle = client(1, Duration::from_secs(1), usize::MAX);
        assert_eq!(end(trickle).await.unwrap_err(), Code::BodyTooSlow);
        assert!(begun.elapsed() <= GRACE + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_fast_may_not_stop_for_long() {
        let begun = Instant::now();
        let first = stream::iter([Ok(Bytes::from(vec![0; 10 * 1024 * 1024]))]);
        let stalled = paced(first.chain(stream::pending()));
        assert_eq!(end(stalled).await.unwrap_err(), Code::BodyTooSlow);
        assert_eq!(begun.elapsed(), GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_slow_is_not_the_clients_fault() {
        let mut body = client(1024, Duration::from_millis(1), 20);
        while let Some(piece) = body.next().await {
            piece.unwrap();
            sleep(Duration::from_secs(5)).await;
        }
    }
}
