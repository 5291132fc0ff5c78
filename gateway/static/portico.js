// Everything works without this file; it makes waiting shorter and mistakes rarer.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const root = document.documentElement;

// Menus: one open at a time; Escape, a click elsewhere and going on by Tab close it.
function closeMenus(except) {
  for (const menu of all("details.menu[open]")) if (menu !== except) menu.open = false;
}
for (const left of ["click", "focusin"]) document.addEventListener(left, (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Appearance: shown at once, kept by the server.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-choice]");
  const button = event.submitter;
  if (!form || !button) return;
  event.preventDefault();
  if (button.name === "portico_theme") {
    root.dataset.bsTheme = button.value;
    for (const one of all("button", button.parentElement)) one.setAttribute("aria-pressed", String(one === button));
  }
  if (button.name === "portico_menu") {
    document.body.classList.toggle("menu-closed", button.value === "closed");
    document.body.classList.toggle("menu-open", button.value === "open");
    form.querySelector(button.value === "closed" ? ".show-menu" : ".hide-menu").focus();
  }
  const body = new FormData(form, button);
  fetch(form.action, { method: "POST", body, headers: { "X-Portico": "1" } }).catch(() => form.submit());
});

// What changes the frame alone (a pinned page): sent aside, then the frame's parts are exchanged.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-aside]");
  const button = event.submitter;
  if (!form || !button) return;
  event.preventDefault();
  const { value } = button;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form, button) });
    if (!answer.ok) throw new Error(String(answer.status));
    exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
    const same = (one) => one.offsetParent && one.dataset.aside === form.dataset.aside;
    const place = all("form[data-aside]").find(same);
    // What is gone from the menu with its star leaves the list it stood in.
    (place?.querySelector(`[value="${CSS.escape(value)}"]`) ?? place?.querySelector("summary"))?.focus({ preventScroll: true });
  } catch {
    form.removeAttribute("data-aside");
    HTMLFormElement.prototype.requestSubmit.call(form, button);
  }
});

// Questions before what cannot be undone: <button data-confirm="Erase this?">
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (!button || button.dataset.confirmed || !window.HTMLDialogElement) return;
  event.preventDefault();
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  const text = document.createElement("p");
  text.textContent = button.dataset.confirm;
  const end = document.createElement("div");
  end.className = "form-end";
  for (const [label, style, value] of [
    [button.dataset.yes || button.textContent.trim(), "btn btn-primary", "yes"],
    [button.dataset.no || document.body.dataset.textCancel, "btn btn-outline-secondary", "no"],
  ]) {
    const choice = document.createElement("button");
    choice.className = style;
    choice.textContent = label;
    choice.addEventListener("click", () => dialog.close(value));
    end.append(choice);
  }
  dialog.append(text, end);
  dialog.addEventListener("close", () => {
    dialog.remove();
    button.focus();
    if (dialog.returnValue !== "yes") return;
    button.dataset.confirmed = "1";
    button.click();
    delete button.dataset.confirmed;
  });
  document.body.append(dialog);
  dialog.showModal();
});

// What is typed as a password can be looked at. It is one again before it is sent, so that no browser keeps it.
for (const place of all("[data-secret]")) {
  const field = place.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm";
  const rest = document.createElement("span");
  rest.className = "visually-hidden";
  rest.textContent = ` ${document.body.dataset.textPassword}`;
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    button.replaceChildren(document.body.dataset[shown ? "textHide" : "textShow"], rest);
  };
  button.addEventListener("click", () => show(field.type === "password"));
  field.form?.addEventListener("submit", () => show(false));
  show(false);
  place.append(button);
}

// Recovery codes: copied or printed.
for (const place of all("[data-keep]")) {
  const said = place.querySelector("[role=status]");
  place.querySelector("[data-print]").addEventListener("click", () => window.print());
  place.querySelector("[data-copy]").addEventListener("click", async () => {
    const codes = all("code", document.getElementById(place.dataset.keep)).map((one) => one.textContent);
    try {
      await navigator.clipboard.writeText(codes.join("\n"));
      said.textContent = place.dataset.textCopied;
    } catch {
      said.textContent = place.dataset.textFailed;
    }
  });
  place.hidden = false;
}

// A second click does nothing; the server would recognise it too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]") || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  const button = event.submitter || form.querySelector("button[type=submit], button:not([type])");
  if (!button) return;
  button.dataset.label = button.innerHTML;
  // After this turn, or the button's own name and value would not be sent.
  setTimeout(() => {
    button.disabled = true;
    if (button.dataset.busy) button.textContent = button.dataset.busy;
  });
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of all("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of all("button[data-label]", form)) {
      button.disabled = false;
      button.innerHTML = button.dataset.label;
    }
  }
});

// Live pages: a hint says which read models moved; the page is fetched again and its marked parts are exchanged.
const live = { source: null, timer: 0, last: 0, busy: false, again: false, since: null };

function stamp(fresh) {
  const line = document.getElementById("fresh");
  if (!line || !line.dataset.liveUrl) return;
  const time = (date) => date.toLocaleTimeString(root.lang || undefined, { hour: "2-digit", minute: "2-digit" });
  if (fresh) live.since = null;
  else live.since ||= new Date();
  line.classList.toggle("is-fresh", fresh);
  line.classList.toggle("is-stale", !fresh);
  line.textContent = fresh ? `${line.dataset.textFresh} · ${time(new Date())}` : `${line.dataset.textStale} ${time(live.since)}`;
}

function behind(versions) {
  const line = document.getElementById("fresh");
  const shown = line ? JSON.parse(line.dataset.liveVersions || "{}") : {};
  return Object.entries(versions).some(([model, position]) => {
    const service = model.split(".")[0];
    return position > (shown[model] ?? Infinity) || position > (shown[service] ?? Infinity);
  });
}

function isTyping(region) {
  const active = document.activeElement;
  return region.contains(active) && active.matches("input:not([type=hidden]), textarea, select");
}

/* What a region shows: a form's hidden fields are new each time the page is made, and the old ones as good; what the
   reader has folded stays folded. */
function shape(region) {
  const copy = region.cloneNode(true);
  for (const fold of copy.querySelectorAll("details")) fold.open = false;
  for (const field of copy.querySelectorAll("input[type=hidden]")) field.remove();
  return copy.innerHTML;
}

function exchange(next) {
  for (const region of all("[data-live]")) {
    const fresh = next.querySelector(`[data-live="${CSS.escape(region.dataset.live)}"]`);
    if (!fresh || shape(fresh) === shape(region) || isTyping(region)) continue;
    const active = region.contains(document.activeElement) ? document.activeElement : null;
    const place = active && (active.id ? `#${CSS.escape(active.id)}` : active.getAttribute("href") && `[href="${CSS.escape(active.getAttribute("href"))}"]`);
    region.replaceChildren(...document.importNode(fresh, true).childNodes);
    region.classList.remove("has-changed");
    void region.offsetWidth;
    if (!fresh.querySelector("[data-poll]")) region.classList.add("has-changed");
    if (place) region.querySelector(place)?.focus({ preventScroll: true });
  }
  const line = document.getElementById("fresh");
  const newLine = next.getElementById("fresh");
  if (line && newLine) line.dataset.liveVersions = newLine.dataset.liveVersions;
  if (!next.querySelector("[data-pending]")) for (const note of all("[data-pending]")) note.remove();
}

async function refresh() {
  if (live.busy) {
    live.again = true;
    return;
  }
  live.busy = true;
  live.last = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { "X-Portico": "live" }, cache: "no-store" });
    if (answer.redirected && new URL(answer.url).pathname === "/login") return live.source?.close();
    // The right to see this page was taken away, or has ended: it says so itself.
    if (answer.status === 403) return location.reload();
    if (answer.ok) {
      exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
      stamp(true);
    }
  } catch {
    stamp(false);
  } finally {
    live.busy = false;
    if (live.again) {
      live.again = false;
      soon();
    }
  }
}

// At most one fetch in two seconds, however much is going on.
function soon() {
  clearTimeout(live.timer);
  live.timer = setTimeout(refresh, Math.max(60, live.last + 2000 - Date.now()));
}

function listen() {
  const line = document.getElementById("fresh");
  if (!line?.dataset.liveUrl || !window.EventSource || live.source) return;
  const source = new EventSource(line.dataset.liveUrl, { withCredentials: true });
  live.source = source;
  const heard = (event) => {
    stamp(true);
    if (behind(JSON.parse(event.data))) soon();
  };
  source.addEventListener("versions", heard);
  source.addEventListener("changed", heard);
  // Another business day: every open page hears of it at once, so each waits some time of its own.
  source.addEventListener("day", () => setTimeout(soon, Math.random() * 20000));
  source.addEventListener("bye", () => source.close());
  source.addEventListener("error", () => stamp(false));
}

// A page nobody looks at does not hold a connection.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    live.source?.close();
    live.source = null;
  } else listen();
});

// What this person just sent is still on its way: look again until it is there.
function awaitOwn(pause = 300) {
  if (!document.querySelector("[data-pending]")) return;
  setTimeout(async () => {
    await refresh();
    awaitOwn(Math.min(pause * 1.5, 5000));
  }, pause);
}

// Something is being made: look how far it is until it is done.
function watch() {
  if (document.querySelector("[data-poll]")) setTimeout(() => refresh().finally(watch), 1000);
}

// A report's columns: moved where they stand, without asking the server.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  const row = button?.closest("[data-column]");
  if (!row) return;
  event.preventDefault();
  const other = button.dataset.move === "up" ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  other[button.dataset.move === "up" ? "before" : "after"](row);
  button.focus();
  const rows = all("[data-column]", row.parentElement);
  const said = document.querySelector("[data-moved]");
  said.textContent = said.dataset.text.replace("{place}", rows.indexOf(row) + 1).replace("{count}", rows.length);
});

// Order Pad: Enter goes on to the next field, a paste from a spreadsheet fills lines, there is always an empty line.
function padRows(pad) {
  return all("[data-row]", pad);
}
function padFields(row) {
  return all("input:not([type=hidden]), select", row);
}
function padAdd(pad) {
  const rows = padRows(pad);
  const last = rows[rows.length - 1];
  const row = last.cloneNode(true);
  const number = rows.length;
  row.classList.remove("has-error");
  for (const answer of all("[data-answer]", row)) answer.replaceChildren();
  for (const field of padFields(row)) {
    field.value = "";
    field.removeAttribute("aria-invalid");
    for (const name of ["id", "name", "aria-describedby"]) {
      const old = field.getAttribute(name);
      if (old) field.setAttribute(name, old.replace(/\d+/, String(number)));
    }
  }
  for (const label of all("label[for]", row)) label.htmlFor = label.htmlFor.replace(/\d+/, String(number));
  last.after(row);
  return row;
}
document.addEventListener("keydown", (event) => {
  const pad = event.target.closest?.("[data-pad]");
  if (event.key !== "Enter" || !pad || !event.target.matches("input")) return;
  event.preventDefault();
  const fields = padRows(pad).flatMap(padFields);
  const next = fields[fields.indexOf(event.target) + 1] || padFields(padAdd(pad))[0];
  next.focus();
});
document.addEventListener("paste", (event) => {
  const pad = event.target.closest?.("[data-pad]");
  const text = event.clipboardData?.getData("text") || "";
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  if (!pad || !event.target.matches("input") || (lines.length < 2 && !text.includes("\t"))) return;
  event.preventDefault();
  const rows = padRows(pad);
  let at = rows.indexOf(event.target.closest("[data-row]"));
  const column = padFields(rows[at]).indexOf(event.target);
  for (const line of lines) {
    const row = padRows(pad)[at] || padAdd(pad);
    const cells = line.includes("\t") ? line.split("\t") : line.trim().split(/[;,]\s*|\s+/);
    cells.forEach((cell, index) => {
      const field = padFields(row)[column + index];
      if (field) field.value = cell.trim();
    });
    at += 1;
  }
  const row = padRows(pad)[at] || padAdd(pad);
  padFields(row)[0].focus();
  pad.dispatchEvent(new Event("change", { bubbles: true }));
});

// On a narrow screen the tabs are a strip to be moved: the one at hand is brought into sight.
const here = document.querySelector(".tabs [aria-current]");
if (here) {
  const strip = here.closest(".tabs");
  const [one, whole] = [here.getBoundingClientRect(), strip.getBoundingClientRect()];
  if (one.left < whole.left || one.right > whole.right) strip.scrollLeft += (one.left + one.right - whole.left - whole.right) / 2;
}

document.querySelector("[data-focus]")?.focus();
if (!document.hidden) listen();
awaitOwn();
watch();
