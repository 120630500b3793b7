//! The pages that the shell leads to, in their order, each for who has its right.

use super::route::{self, Wall};
use super::words::Words;
use crate::domain::people::{Person, Reach, Right};

struct Page {
    /// The key of its name in the words.
    name: &'static str,
    path: &'static str,
    right: Right,
}

const PAGES: &[Page] = &[
    Page { name: "nav.today", path: "/office/today", right: Right::SeePayouts },
    Page { name: "nav.payouts", path: "/office/payouts", right: Right::SeePayouts },
    Page { name: "nav.deposits", path: "/office/deposits", right: Right::SeeDeposits },
    Page { name: "nav.customers", path: "/office/customers", right: Right::SeeCustomers },
    Page { name: "nav.ledger", path: "/office/ledger", right: Right::SeeLedger },
    Page { name: "nav.unknown", path: "/office/unknown", right: Right::SeeWork },
    Page { name: "nav.proposals", path: "/office/proposals", right: Right::SeeWork },
    Page { name: "nav.errands", path: "/office/errands", right: Right::SeeWork },
    Page { name: "nav.notices", path: "/office/notices", right: Right::SeeWork },
    Page { name: "nav.processors", path: "/office/processors", right: Right::SeeSetup },
    Page { name: "nav.front_ends", path: "/office/front-ends", right: Right::SeeSetup },
    Page { name: "nav.audit", path: "/office/audit", right: Right::SeeAudit },
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
    let allowed = PAGES.iter().filter(|page| may_see(person, page));
    allowed
        .map(|page| Shown {
            name: words.say(page.name),
            path: page.path,
            current: path == page.path || path.starts_with(&format!("{}/", page.path)),
        })
        .collect()
}

/// Nobody is led to a page of the whole house who may see a part of it only.
fn may_see(person: &Person, page: &Page) -> bool {
    let of_house = route::all().any(|route| route.path == page.path && route.wall == Wall::House);
    person.grants.have(page.right) && (!of_house || person.grants.reach(page.right) == Reach::All)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoffice::route::{Access, Method};

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
