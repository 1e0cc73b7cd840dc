//! Whether a store may take another one in.

use domain::{
    ports::Source,
    transfer::{Intake, Part},
};
use uuid::Uuid;

use super::{Stop, rests};

/// Where to begin in a store, so that it takes in the one of this epoch; `None` is one that is not
/// there yet.
pub(super) async fn decide(source: Uuid, there: Option<&dyn Source>) -> Result<Intake, Stop> {
    let Some(there) = there else {
        return Ok(Intake::begin(source));
    };
    let name = there.describe();
    if let Some(intake) = there.intake().await? {
        return match intake.source == source {
            true => Ok(intake),
            false => Err(Stop::Other(name)),
        };
    }
    let mut records = 0;
    for part in Part::ALL {
        records += there.count(part).await?;
    }
    match records {
        0 => {}
        _ if there.epoch().await? == Some(source) => return Err(Stop::Already(name)),
        records => return Err(Stop::Taken { name, records }),
    }
    rests(there).await?;
    Ok(Intake::begin(source))
}
