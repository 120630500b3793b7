//! A payer's browser between a shop's page, the platform and the bank, without a browser: it posts the forms it is shown.

/// The first form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    ['"', '\''].into_iter().find_map(|quote| {
        let begin = tag.find(&format!(" {name}={quote}"))? + name.len() + 3;
        let end = begin + tag[begin..].find(quote)?;
        Some(tag[begin..end].replace("&amp;", "&").replace("&#38;", "&"))
    })
}

/// Reads the form of a page that came from `base`.
pub fn form_of(page: &str, base: &str) -> Form {
    let form = page.split("<form").nth(1).unwrap_or_else(|| panic!("no form in {page}"));
    let form = form.split("</form>").next().expect("its content");
    let (head, inside) = form.split_once('>').expect("its head");
    let action = attribute(&format!(" {head}"), "action").expect("an action");
    let action = if action.starts_with('/') { format!("{base}{action}") } else { action };
    let inputs = inside.split("<input").skip(1).filter_map(|input| {
        let tag = input.split('>').next()?;
        Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
    });
    Form { action, fields: inputs.collect() }
}

/// Posts a form and gives what comes back.
pub async fn posts(browser: &reqwest::Client, form: &Form) -> String {
    let answer = browser.post(&form.action).form(&form.fields).send().await.expect("an answer");
    answer.text().await.expect("a page")
}

/// The hidden frame: the bank's page posts on by itself. Gives the platform's JSON.
pub async fn method(browser: &reqwest::Client, form: &Form) -> String {
    let page = posts(browser, form).await;
    posts(browser, &form_of(&page, "")).await
}

/// The visible frame: the payer presses a button, and the bank's page posts on by itself.
pub async fn challenge(browser: &reqwest::Client, platform: &str, form: &Form, answer: &str) -> String {
    let page = posts(browser, form).await;
    assert!(page.contains("Is it really you"), "{page}");
    let mut asked = form_of(&page, platform);
    asked.fields.push(("answer".to_owned(), answer.to_owned()));
    let page = posts(browser, &asked).await;
    posts(browser, &form_of(&page, "")).await
}

/// The bank's page of 3-D Secure 1; gives the form that it posts to the shop.
pub async fn first_version(browser: &reqwest::Client, platform: &str, form: &Form, answer: &str) -> Form {
    let page = posts(browser, form).await;
    let mut asked = form_of(&page, platform);
    asked.fields.push(("answer".to_owned(), answer.to_owned()));
    form_of(&posts(browser, &asked).await, "")
}
