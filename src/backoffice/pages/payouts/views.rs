//! Views: filters under a title. Some are everybody's from the beginning, others are kept by whoever needs them.

use crate::backoffice::call::Asked;
use crate::backoffice::fields::Fields;
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::parts::pager::AFTER;
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::people::Right;
use crate::operations::people::save_view;
use crate::store::Wants;
use crate::store::people::views::SavedView;

/// The page that the views belong to.
pub const PAGE: &str = "payouts";

/// The views that every house has: the key of the title, and the filter.
const EVERYBODYS: [(&str, &str); 5] = [
    ("views.all", ""),
    ("views.requested", "status=Requested&order=oldest"),
    ("views.authorized", "status=Authorized&order=oldest"),
    ("views.in_progress", "status=InProgress&order=oldest"),
    ("views.unknown", "attempt=Unknown&order=oldest"),
];

/// A view as the list shows it.
pub struct Shown {
    pub title: String,
    pub to: String,
    pub current: bool,
    pub shared: bool,
    /// Where it is taken away, for its owner.
    pub remove: Option<String>,
}

pub fn shown(asked: &Asked, kept: &[SavedView]) -> Vec<Shown> {
    let looked_at = asked.query.query_without(&[AFTER, "cols", "per"]);
    let to = |query: &str| format!("/office/payouts?{query}");
    let everybodys = EVERYBODYS.iter().map(|(key, query)| Shown {
        title: asked.say(key).to_owned(),
        to: to(query),
        current: looked_at == *query,
        shared: false,
        remove: None,
    });
    let kept = kept.iter().map(|view| Shown {
        title: view.title.clone(),
        to: to(&view.query),
        current: looked_at == Fields::read(view.query.as_bytes()).query_without(&["cols", "per"]),
        shared: view.shared,
        remove: (view.user_id == asked.person.id)
            .then(|| format!("/office/payouts/views/{}/remove", view.id)),
    });
    everybodys.chain(kept).collect()
}

const LONGEST_TITLE: usize = 60;
const LONGEST_QUERY: usize = 2_000;

pub async fn keep(asked: Asked) -> Outcome {
    let title = asked.form.text("title").to_owned();
    let length = title.chars().count();
    if length == 0 || length > LONGEST_TITLE || title.chars().any(char::is_control) {
        return Err(Trouble::bad(asked.say("views.title"), asked.say("views.title.wrong")));
    }
    let query = Fields::read(asked.form.raw("query").as_bytes()).query_without(&[AFTER, "csrf"]);
    if query.len() > LONGEST_QUERY {
        return Err(Trouble::bad(asked.say("views.title"), asked.say("views.too_long")));
    }
    let shared = asked.form.text("shared") == "1" && asked.has(Right::ShareViews);
    let to = format!("/office/payouts?{query}");
    let view = SavedView { id: 0, user_id: asked.person.id, page: PAGE.to_owned(), title, query, shared };
    let wish = save_view::Wish::Keep(view);
    asked.write("people", Wants::nothing(), move |tx| save_view::run(tx, &wish)).await?;
    Ok(asked.go_saying(&to, &Notice::good(asked.say("views.kept"))))
}

pub async fn remove(asked: Asked) -> Outcome {
    let id = asked.param("view").parse().map_err(|_| Trouble::NotFound)?;
    let wish = save_view::Wish::Remove { user_id: asked.person.id, id };
    asked.write("people", Wants::nothing(), move |tx| save_view::run(tx, &wish)).await?;
    Ok(asked.go_saying("/office/payouts", &Notice::good(asked.say("views.removed"))))
}
