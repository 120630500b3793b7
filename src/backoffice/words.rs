//! What pages say, in English and German. The texts are files of `key = text` lines beside this one, a pair for each
//! group of pages; `{name}` is filled in. A test compares the keys of both languages and looks for every key that code
//! and templates ask for.

use std::collections::HashMap;
use std::sync::OnceLock;

/// A language with its texts.
pub struct Words {
    pub language: &'static str,
    texts: HashMap<&'static str, &'static str>,
}

const ENGLISH: &[&str] = &[
    include_str!("words/shell.en.txt"),
    include_str!("words/people.en.txt"),
    include_str!("words/lists.en.txt"),
    include_str!("words/payouts.en.txt"),
    include_str!("words/trail.en.txt"),
];
const GERMAN: &[&str] = &[
    include_str!("words/shell.de.txt"),
    include_str!("words/people.de.txt"),
    include_str!("words/lists.de.txt"),
    include_str!("words/payouts.de.txt"),
    include_str!("words/trail.de.txt"),
];

/// The languages there are, the first one being spoken where none is asked for.
pub const LANGUAGES: [&str; 2] = ["en", "de"];

impl Words {
    /// The words of a language; English where there are none.
    pub fn of(language: &str) -> &'static Words {
        static ALL: OnceLock<[Words; 2]> = OnceLock::new();
        let [english, german] = ALL.get_or_init(|| [Words::read("en", ENGLISH), Words::read("de", GERMAN)]);
        if language == german.language { german } else { english }
    }

    /// The language that a browser asks for first among ours.
    pub fn asked_for(accept_language: &str) -> &'static Words {
        let wishes = accept_language.split(',').map(|wish| wish.trim().to_ascii_lowercase());
        let known = wishes.filter_map(|wish| {
            LANGUAGES.into_iter().find(|language| wish.split(['-', ';']).next() == Some(*language))
        });
        Words::of(known.into_iter().next().unwrap_or(LANGUAGES[0]))
    }

    fn read(language: &'static str, files: &[&'static str]) -> Words {
        let lines = files.iter().flat_map(|file| file.lines());
        let pairs = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
        Words { language, texts: pairs.collect() }
    }

    /// The text of a key. A key without one shows itself, which the tests don't let happen.
    pub fn say<'a>(&'static self, key: &'a str) -> &'a str {
        self.texts.get(key).copied().unwrap_or(key)
    }

    /// The text of a key with what stands in its braces.
    pub fn fill(&'static self, key: &str, values: &[(&str, &str)]) -> String {
        let text = self.say(key).to_owned();
        values.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    #[cfg(test)]
    fn keys(&self) -> std::collections::BTreeSet<&'static str> {
        self.texts.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn both_languages_say_the_same_things() {
        let (english, german) = (Words::of("en"), Words::of("de"));
        assert_eq!(english.keys(), german.keys());
        let named = |text: &str| -> BTreeSet<String> {
            let parts = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
            parts.map(|(name, _)| name.to_owned()).collect()
        };
        for key in english.keys() {
            assert_eq!(named(english.say(key)), named(german.say(key)), "the braces of {key}");
        }
    }

    #[test]
    fn no_key_is_there_twice_or_without_a_text() {
        for files in [ENGLISH, GERMAN] {
            let mut seen = BTreeSet::new();
            for line in files.iter().flat_map(|file| file.lines()) {
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                let (key, text) =
                    line.split_once(" = ").unwrap_or_else(|| panic!("a line without text: {line}"));
                assert!(!text.trim().is_empty() && seen.insert(key), "{key} once, with a text");
            }
        }
    }

    /// `say("…")` and `fill("…")` of code and templates.
    #[test]
    fn every_key_that_is_asked_for_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let known = Words::of("en").keys();
        let mut missing = BTreeSet::new();
        for folder in ["src/backoffice", "templates/backoffice"] {
            for text in texts_under(&root.join(folder)) {
                for call in ["say(\"", "fill(\""] {
                    let keys = text.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                    missing.extend(keys.filter(|key| !known.contains(key)).map(str::to_owned));
                }
            }
        }
        missing.remove("…");
        assert!(missing.is_empty(), "{missing:?}");
    }

    fn texts_under(folder: &Path) -> Vec<String> {
        let mut texts = Vec::new();
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                texts.extend(texts_under(&path));
            } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "html") {
                texts.push(std::fs::read_to_string(&path).expect("a text"));
            }
        }
        texts
    }

    #[test]
    fn a_browser_is_answered_in_its_language() {
        for (asked, spoken) in [
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("fr, de;q=0.5", "de"),
            ("fr", "en"),
            ("", "en"),
            ("en-GB", "en"),
        ] {
            assert_eq!(Words::asked_for(asked).language, spoken, "{asked}");
        }
    }
}
