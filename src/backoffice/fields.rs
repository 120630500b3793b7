//! What came in an address or a form: pairs, in the order they came.

/// Pairs of a query or a form body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn read(encoded: &[u8]) -> Fields {
        Fields(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The first value of a name, trimmed; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first value of a name as it was typed.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All values of a name that are not empty.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |(known, _)| known == name);
        values.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// As it stands in an address, without the names in `but` and without empty values.
    pub fn query_without(&self, but: &[&str]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs() {
            if !value.is_empty() && !but.contains(&name) {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// The same address with one name set anew; without it for an empty value.
    pub fn query_with(&self, name: &str, value: &str) -> String {
        let rest = self.query_without(&[name]);
        if value.is_empty() {
            return rest;
        }
        let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        if rest.is_empty() { pair } else { format!("{rest}&{pair}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_written_alike() {
        let fields = Fields::read(b"status=Requested&status=Authorized&q=a%26b+c&after=&x= y ");
        assert_eq!(fields.all("status").collect::<Vec<_>>(), ["Requested", "Authorized"]);
        assert_eq!((fields.text("q"), fields.text("after"), fields.text("x")), ("a&b c", "", "y"));
        assert_eq!(fields.raw("x"), " y ");
        assert_eq!(fields.query_without(&["x"]), "status=Requested&status=Authorized&q=a%26b+c");
        assert_eq!(Fields::read(b"a=1&after=2").query_with("after", "3&4"), "a=1&after=3%264");
        assert_eq!(Fields::read(b"after=2").query_with("after", ""), "");
    }
}
