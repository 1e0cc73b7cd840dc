//! `/api/notifications/chat/upload/`: files that messages show.

use std::sync::Arc;

use domain::Result;
use edge::upload::{self, Upload};
use protocol::tenants::http;
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{Request, request, respond};
use crate::{
    files::offer,
    routes::{
        House,
        drf::{self, Refused},
    },
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
    let files = &request.house.files;
    let admitted = match request.caller() {
        Ok(who) => files.admit(who).map_err(Refused::from),
        Err(refused) => Err(refused),
    };
    let admitted = match admitted {
        Ok(admitted) => admitted,
        Err(refused) => {
            upload::discard(upload.body, files.most()).await;
            return Err(refused);
        }
    };
    let offered = offer(upload, files.most()).await;
    let taken = match offered {
        Ok(offered) => admitted.take(offered).await,
        Err(error) => Err(error),
    };
    let file = taken.map_err(|error| match http::no_upload(&error, files.most()) {
        Some(said) => Refused::Said(said),
        None => Refused::Error(error),
    })?;
    Ok(drf::json(StatusCode::OK, http::uploaded(&file)))
}
