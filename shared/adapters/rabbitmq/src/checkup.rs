//! Looking at a broker, without keeping anything in it.

use std::time::Duration;

use lapin::Connection;
use tokio::time::timeout;

use crate::{failure::Failure, look::messages, place::Place, plug::Plug, topology};

/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a look at a broker found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is fit; where it is, and what lies in it.
    Fit(String),
    /// It is there, and something should be looked at.
    Unfit(String),
    /// It cannot be asked, and why.
    Away(String),
}

/// Looks at a broker for five seconds at most: whether it can be reached and takes us, and what
/// was set aside there.
pub async fn look(place: &Place) -> Finding {
    let plug = Plug::default();
    let asked = async {
        let connection = plug.connect(place, "look").await?;
        let found = count(&connection, place).await;
        // The answer is there; how the connection ends changes nothing.
        let _ = connection.close(200, "".into()).await;
        Ok(found)
    };
    match timeout(PATIENCE, asked).await {
        Ok(Ok(counted)) => judge(place, counted),
        Ok(Err(failure)) => away(place, &failure),
        Err(_) => away(place, &Failure::TimedOut),
    }
}

/// How many jobs wait, and how many were set aside; `None` where nothing is declared yet.
async fn count(connection: &Connection, place: &Place) -> Option<(u32, u32)> {
    let channel = connection.create_channel().await.ok()?;
    let ready = messages(&channel, &topology::ready(place)).await.ok()?;
    let aside = messages(&channel, &topology::aside(place)).await.ok()?;
    Some((ready, aside))
}

fn judge(place: &Place, counted: Option<(u32, u32)>) -> Finding {
    match counted {
        None => Finding::Fit(format!(
            "{place}; the queues are declared at the first start"
        )),
        Some((ready, 0)) => Finding::Fit(format!("{place}, {ready} jobs wait")),
        Some((ready, aside)) => Finding::Unfit(format!(
            "{place}, {ready} jobs wait; {aside} were set aside — see GET /api/v1/admin/queue/aside"
        )),
    }
}

fn away(place: &Place, failure: &Failure) -> Finding {
    Finding::Away(format!("{place}: {failure}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_aside_is_told() {
        let place = Place::new("amqp://ann:secret@broker").unwrap();
        let judged = |counted| judge(&place, counted);
        assert!(matches!(judged(None), Finding::Fit(_)));
        assert!(matches!(judged(Some((3, 0))), Finding::Fit(_)));
        let Finding::Unfit(told) = judged(Some((3, 1))) else {
            panic!("it is nothing to be content with");
        };
        assert!(told.contains("1 were set aside") && !told.contains("secret"));
    }
}
