// Saves the reloading and knows the keyboard. Every page works without it.
"use strict";

(() => {
  const main = () => document.getElementById("main");
  const say = (text) => { document.getElementById("live").textContent = text; };

  // The browser's time zone, for times in it; without it they are in UTC.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes("tillgate_zone=" + zone)) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "tillgate_zone=" + zone + "; Path=/; SameSite=Strict; Max-Age=31536000" + secure;
  }

  // What around the main part may be another with it: where one is, whose forms they are, and all of it in another language.
  const around = (page) =>
    page.documentElement.lang === document.documentElement.lang
      ? [".pages", ".who"]
      : [".skip", ".top", ".pages", "footer", "#keys", "#live"];

  // Puts the main part of a fetched page in the place of ours. What is no page of ours is loaded as a whole.
  const show = async (response, push) => {
    const type = response.headers.get("content-type") || "";
    const page = new DOMParser().parseFromString(type.startsWith("text/html") ? await response.text() : "", "text/html");
    const fresh = page.getElementById("main");
    if (!fresh || !page.querySelector(".who") || !document.querySelector(".who")) {
      location.assign(response.url);
      return;
    }
    main().replaceWith(fresh);
    for (const part of around(page)) {
      const theirs = page.querySelector(part), ours = document.querySelector(part);
      if (theirs && ours) ours.replaceWith(theirs);
    }
    document.documentElement.lang = page.documentElement.lang;
    document.documentElement.dataset.theme = page.documentElement.dataset.theme;
    help();
    document.title = page.title;
    if (push) history.pushState({}, "", response.url);
    const notice = main().querySelector(".notice");
    say(notice ? notice.textContent.trim() : page.title);
    (main().querySelector("[autofocus]") || main()).focus({ preventScroll: Boolean(notice) });
    if (notice) notice.scrollIntoView({ block: "nearest" });
    here = -1;
  };

  // Nothing is sent a second time while it is under way, and no late answer takes the place of a newer page.
  let turn = 0, sending = false;
  const load = async (url, options, push) => {
    if (sending) return;
    const mine = ++turn;
    sending = options.method === "POST";
    main().setAttribute("aria-busy", "true");
    try {
      const response = await fetch(url, { credentials: "same-origin", ...options });
      if (mine === turn) await show(response, push);
    } catch {
      // Not reached, or something that can't be shown in place. What was sent may have arrived or not: that is said, and
      // the form stays. A page is told about better by the browser.
      if (mine !== turn) return;
      if (options.method === "POST") lost(); else location.assign(url);
    } finally {
      if (mine === turn) sending = false;
    }
  };

  const lost = () => {
    main().removeAttribute("aria-busy");
    const notice = document.createElement("div"), text = document.createElement("p");
    text.textContent = document.getElementById("live").dataset.lost;
    notice.className = "notice bad";
    notice.setAttribute("role", "alert");
    notice.append(text);
    main().querySelector(".notice")?.remove();
    main().prepend(notice);
    notice.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("data-whole") || form.method === "dialog") return;
    event.preventDefault();
    const button = event.submitter;
    const fields = new URLSearchParams(new FormData(form, button));
    const action = (button && button.getAttribute("formaction")) || form.getAttribute("action");
    const method = (button && button.getAttribute("formmethod")) || form.method;
    if (method === "get") {
      for (const [name, value] of [...fields]) if (value === "") fields.delete(name, value);
      load(action + (fields.size ? "?" + fields : ""), {}, true);
    } else {
      load(action, { method: "POST", body: fields }, true);
    }
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (link && plain && link.origin === location.origin && link.pathname.startsWith("/office") && !link.hash
        && !link.hasAttribute("data-whole") && !link.hasAttribute("download")) {
      event.preventDefault();
      load(link.href, {}, true);
    }
    if (event.target.closest("[data-keys]")) document.getElementById("keys").showModal();
    const all = event.target.closest("[data-all]");
    if (all) for (const box of main().querySelectorAll("input[name=pick]")) box.checked = all.checked;
  });
  addEventListener("popstate", () => load(location.href, {}, false));

  // The keyboard: j and k walk the rows, Enter opens one, a and r press the page's own buttons, / and ? help.
  let here = -1;
  const rows = () => [...main().querySelectorAll("tr[data-opens]")];
  const walk = (step) => {
    const all = rows();
    if (!all.length) return;
    all.forEach((row) => row.classList.remove("here"));
    here = Math.min(Math.max(here + step, 0), all.length - 1);
    const row = all[here];
    row.classList.add("here");
    row.scrollIntoView({ block: "nearest" });
    const link = row.querySelector("a[href]");
    if (link) link.focus({ preventScroll: true });
    say(row.textContent.trim().replace(/\s+/g, " "));
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const press = (name) => {
      const bulk = main().querySelector("[data-bulk]"), row = rows()[here];
      if (bulk && row) {
        // On a list: the row is picked and the action chosen; the reason is typed, and Enter does it.
        const box = row.querySelector("input[name=pick]"), wish = { a: "approve", r: "reject" }[name];
        if (!box || ![...bulk.act.options].some((option) => option.value === wish)) return false;
        box.checked = true;
        bulk.act.value = wish;
        bulk.reason.focus();
        return true;
      }
      const button = main().querySelector("[data-key='" + name + "']");
      if (!button) return false;
      button.click();
      const field = button.closest("details")?.querySelector("input:not([type=hidden]), textarea");
      (field || button).focus();
      return true;
    };
    const on = {
      j: () => walk(1),
      k: () => walk(-1),
      Enter: () => {
        const row = rows()[here];
        if (!row || event.target.closest("a, button, summary")) return false;
        load(row.dataset.opens, {}, true);
      },
      a: () => press("a"),
      r: () => press("r"),
      "/": () => document.getElementById("search")?.focus(),
      "?": () => document.getElementById("keys").showModal(),
    }[event.key];
    if (on && on() !== false) event.preventDefault();
  });
  function help() {
    for (const button of document.querySelectorAll("[data-keys]")) button.hidden = false;
  }
  help();
})();
