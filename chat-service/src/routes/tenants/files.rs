//! `/api/notifications/chat/upload/`: files that messages show.

use std::sync::Arc;

use domain::{Error, Kind, Result};
use edge::upload::{self, Upload};
use protocol::tenants::http;
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{Request, request, respond};
use crate::routes::{
    House,
    drf::{self, Refused},
};

/// Where files are uploaded, which may take long.
pub(super) const PATHS: [&str; 2] = [
    "/api/notifications/chat/upload/",
    "/api/notifications/chat/upload",
];

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    path!("api" / "notifications" / "chat" / "upload")
        .and(warp::post())
        .and(request(house))
        .and(upload::stream())
        .then(take)
        .map(respond)
        .boxed()
}

async fn take(request: Request, upload: Upload) -> Result<Response, Refused> {
    let Request { house, who, .. } = request;
    let taken = house.files.accept(who, upload).await;
    let file = taken.map_err(|error| refused(error, house.files.most()))?;
    Ok(drf::json(StatusCode::OK, http::uploaded(&file)))
}

fn refused(error: Error, most: u64) -> Refused {
    let unknown = || match error.kind() {
        Kind::Unauthenticated => http::no_caller(&error),
        _ => None,
    };
    let said = http::no_upload(&error, most).or_else(unknown);
    said.map_or(Refused::Error(error), Refused::Said)
}
