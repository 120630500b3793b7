//! The files of the back office, embedded: one stylesheet, one script, one picture.

use super::call::Call;
use super::route::{Access, Route, Wall, get, open};
use super::trouble::{Outcome, Trouble};
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

pub const ROUTES: &[Route] = &[get("/office/static/{file}", Access::Open, Wall::Nothing, open!(file))];

const FILES: &[(&str, &str, &str)] = &[
    ("office.css", "text/css; charset=utf-8", include_str!("static/office.css")),
    ("office.js", "text/javascript; charset=utf-8", include_str!("static/office.js")),
    ("icon.svg", "image/svg+xml", include_str!("static/icon.svg")),
];

/// Changes with any of the files. It stands behind their names, so browsers may keep what they have.
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut digest = Sha256::new();
        FILES.iter().for_each(|(_, _, content)| digest.update(content.as_bytes()));
        hex::encode(digest.finalize())[..12].to_owned()
    })
}

async fn file(call: Call) -> Outcome {
    let found = FILES.iter().find(|(name, _, _)| *name == call.param("file"));
    let (_, kind, content) = found.ok_or(Trouble::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type(*kind)
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(*content))
}
