// Loaded on every page; every form works without it. What it adds:
//   any form[method=post]   a second press while the first is on its way does nothing; coming back
//                           by the back button makes the form usable again. While the device is
//                           offline nothing is sent: the text stays and a sentence says so.
//                           data-offline="…" on <body> is that sentence.
//   [data-error-summary]    gets the focus, so that readers begin there.
//   textarea[data-draft]    its text, and nothing else, is kept in this browser for seven days under
//                           the name given, e.g. data-draft="report". Never use it for names,
//                           phone numbers or on staff pages. The server's own text always wins.
//   [data-draft-clear="report"]   on a submit button: deletes that draft as well. On a
//                           button[type=button][hidden]: empties the field, too; shown while
//                           there is something to delete.
//   [data-draft-done="report"]    any element on the page after success deletes it, too.
//   form[data-unsent]       warns before leaving while something typed has not been sent.

const WEEK_MS = 7 * 24 * 3600 * 1000;
const PREFIX = "hanting-draft:";

// --- Sending once, and only where there is a network ------------------------------------------

function say(form, words) {
  let line = form.querySelector("[data-form-status]");
  if (!line) {
    line = document.createElement("p");
    line.className = "notice";
    line.dataset.kind = "urgent";
    line.dataset.formStatus = "";
    line.setAttribute("role", "alert");
    form.append(line);
  }
  line.hidden = !words;
  line.textContent = words;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  if (navigator.onLine === false) {
    event.preventDefault();
    say(form, document.body.dataset.offline || "");
    return;
  }
  form.dataset.sending = "yes";
  form.setAttribute("aria-busy", "true");
  // An answer that never comes must not lock the form for good.
  setTimeout(() => release(form), 20000);
});

function release(form) {
  delete form.dataset.sending;
  form.removeAttribute("aria-busy");
}

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sending]").forEach(release);
});

window.addEventListener("online", () => {
  document.querySelectorAll("[data-form-status]").forEach((line) => {
    line.hidden = true;
  });
});

// --- Mistakes ----------------------------------------------------------------------------------

const summary = document.querySelector("[data-error-summary]");
if (summary) summary.focus();

// --- Drafts of plain text ----------------------------------------------------------------------

function store() {
  try {
    return window.localStorage;
  } catch (refused) {
    return null;
  }
}

function readDraft(name) {
  try {
    const kept = JSON.parse(store().getItem(PREFIX + name));
    if (kept && Date.now() - kept.at < WEEK_MS) return kept.text;
    store().removeItem(PREFIX + name);
  } catch (unreadable) {
    return "";
  }
  return "";
}

function writeDraft(name, text) {
  try {
    if (text.trim()) store().setItem(PREFIX + name, JSON.stringify({ at: Date.now(), text }));
    else store().removeItem(PREFIX + name);
  } catch (full) {
    // A full or closed storage only means that there is no draft.
  }
}

function dropOldDrafts() {
  try {
    Object.keys(store())
      .filter((key) => key.startsWith(PREFIX))
      .forEach((key) => readDraft(key.slice(PREFIX.length)));
  } catch (refused) {
    // Nothing can be kept here, so nothing is old.
  }
}

dropOldDrafts();

document.querySelectorAll("[data-draft-done]").forEach((mark) => {
  writeDraft(mark.dataset.draftDone, "");
});

document.querySelectorAll("textarea[data-draft]").forEach((area) => {
  const name = area.dataset.draft;
  const buttons = document.querySelectorAll(`button[type=button][data-draft-clear="${name}"]`);
  const show = () => {
    buttons.forEach((button) => {
      button.hidden = !area.value.trim();
    });
  };
  if (!area.value) area.value = readDraft(name);
  show();
  area.addEventListener("input", () => {
    writeDraft(name, area.value);
    show();
  });
  buttons.forEach((button) => {
    button.addEventListener("click", () => {
      area.value = "";
      area.dispatchEvent(new Event("input", { bubbles: true }));
      area.focus();
    });
  });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-draft-clear]");
  if (button) writeDraft(button.dataset.draftClear, "");
});

// --- Leaving with something unsent -------------------------------------------------------------

document.querySelectorAll("form[data-unsent]").forEach((form) => {
  let changed = false;
  form.addEventListener("input", () => {
    changed = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!changed || form.dataset.sending) return;
    event.preventDefault();
    event.returnValue = "";
  });
});

// --- The sheet of further ways closes with Escape or a press outside -----------------------------

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.more[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  document.querySelectorAll("details.more[open]").forEach((sheet) => {
    if (!sheet.contains(event.target)) sheet.open = false;
  });
});
