//! The pages that the shell leads to, in their order, each for who has its right.

use super::words::Words;
use crate::domain::people::{Person, Right};

struct Page {
    /// The key of its name in the words.
    name: &'static str,
    path: &'static str,
    right: Right,
}

const PAGES: &[Page] = &[
    Page { name: "nav.payouts", path: "/office/payouts", right: Right::SeePayouts },
    Page { name: "nav.people", path: "/office/people", right: Right::ManageUsers },
];

/// A page as the shell shows it.
pub struct Shown {
    pub name: &'static str,
    pub path: &'static str,
    /// Whether it is the one that is looked at.
    pub current: bool,
}

pub fn shown(person: &Person, path: &str, words: &'static Words) -> Vec<Shown> {
    let allowed = PAGES.iter().filter(|page| person.grants.have(page.right));
    allowed
        .map(|page| Shown {
            name: words.say(page.name),
            path: page.path,
            current: path == page.path || path.starts_with(&format!("{}/", page.path)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoffice::route::{self, Access, Method};

    #[test]
    fn the_shell_leads_to_pages_that_are_there_and_ask_for_the_same_right() {
        for page in PAGES {
            let found = route::all().find(|route| route.method == Method::Get && route.path == page.path);
            let route = found.unwrap_or_else(|| panic!("{} is no page", page.path));
            assert_eq!(route.access, Access::Needs(page.right), "{}", page.path);
            assert_ne!(Words::of("en").say(page.name), page.name, "{} has a name", page.path);
        }
    }
}
