//! Raw POST: `application/x-www-form-urlencoded`, both ways.

pub(super) fn write(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

pub(super) fn read(body: &str) -> Result<Vec<(String, String)>, String> {
    if body.trim_start().starts_with(['<', '{']) {
        return Err("the reply is not a query string".to_owned());
    }
    Ok(form_urlencoded::parse(body.trim().as_bytes()).into_owned().collect())
}
