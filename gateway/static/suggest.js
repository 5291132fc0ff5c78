// Suggestions under a field that has data-suggest: the server makes the list, this shows it. A combobox as ARIA has it.
"use strict";
(() => {
  const PAUSE = 150;
  const root = document.documentElement;
  const list = document.createElement("div");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.hidden = true;
  const said = document.createElement("div");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  document.body.append(said);
  const now = { field: null, timer: 0, asking: null, shown: "" };
  const options = () => [...list.querySelectorAll("[role=option]")];
  const active = () => list.querySelector("[aria-selected=true]");

  function prepare(field) {
    if (list.parentElement !== field.form) field.form.append(list); // in the landmark that the field is in
    if (field.getAttribute("role") === "combobox") return;
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-expanded", "false");
  }
  function choose(option) {
    active()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) now.field.setAttribute("aria-activedescendant", option.id);
    else now.field?.removeAttribute("aria-activedescendant");
  }
  function close() {
    clearTimeout(now.timer);
    now.asking?.abort();
    now.asking = null;
    list.hidden = true;
    now.field?.setAttribute("aria-expanded", "false");
    now.field?.removeAttribute("aria-activedescendant");
  }
  function place() {
    const box = now.field.getBoundingClientRect();
    const wide = Math.min(Math.max(box.width, 360), root.clientWidth - 16);
    list.style.width = `${wide}px`;
    const left = getComputedStyle(now.field).direction === "rtl" ? box.right - wide : box.left;
    list.style.left = `${Math.max(8, Math.min(left, root.clientWidth - wide - 8))}px`;
    list.style.top = `${box.bottom + 4}px`;
    list.style.maxHeight = `${Math.max(120, window.innerHeight - box.bottom - 16)}px`;
  }
  function show(field, part) {
    const made = new DOMParser().parseFromString(part, "text/html").querySelector("[data-status]");
    if (!made || document.activeElement !== field) return;
    list.setAttribute("aria-label", field.dataset.textLabel || "");
    list.replaceChildren(...document.importNode(made, true).childNodes);
    options().forEach((option, index) => (option.id = `suggestion-${index}`));
    list.hidden = !options().length;
    field.setAttribute("aria-expanded", String(!list.hidden));
    field.removeAttribute("aria-activedescendant");
    said.textContent = made.dataset.status;
    if (!list.hidden) place();
  }
  async function ask(field) {
    const text = field.value.trim();
    now.asking?.abort();
    const asking = (now.asking = new AbortController());
    try {
      const headers = { "X-Portico": "1" };
      const answer = await fetch(`${field.dataset.suggest}?q=${encodeURIComponent(text)}`, { headers, signal: asking.signal });
      const part = answer.ok && !answer.redirected ? await answer.text() : "";
      if (part && now.asking === asking) show(field, part);
    } catch {
      // Aborted, or the server is away: the form still works.
    }
  }
  function take(option, event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const field = now.field;
    close();
    if (option.dataset.href) {
      location.href = option.dataset.href;
      return;
    }
    field.value = option.dataset.value;
    const fields = [...field.form.querySelectorAll("input:not([type=hidden])")];
    fields[fields.indexOf(field) + 1]?.focus();
  }

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-suggest]")) prepare(event.target);
    if (now.field && event.target !== now.field) close();
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches("[data-suggest]")) return;
    prepare(field);
    now.field = field;
    clearTimeout(now.timer);
    if (field.value.trim().length < 2) return close();
    now.timer = setTimeout(() => ask(field), PAUSE);
  });
  // Before all others: Enter in the Order Pad goes on to the next field unless something is chosen here.
  document.addEventListener(
    "keydown",
    (event) => {
      const typing = event.target.matches("input, textarea, select, [contenteditable]");
      const box = document.querySelector("form.search [data-suggest]");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && box) {
        event.preventDefault();
        if (box.offsetParent) box.select();
        else document.querySelector(".search-link")?.click();
        return;
      }
      if (list.hidden || event.target !== now.field || event.isComposing) return;
      const all = options();
      const at = all.indexOf(active());
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        // Between the last and the first is the field itself.
        const next = (at + 1 + (event.key === "ArrowDown" ? 1 : all.length)) % (all.length + 1);
        choose(all[next - 1]);
      } else if (event.key === "Enter" && at >= 0) take(all[at], event);
      else if (event.key === "Escape") {
        event.preventDefault();
        event.stopImmediatePropagation();
        close();
      } else if (event.key === "Tab") close();
    },
    true,
  );
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option, event);
  });
  document.addEventListener("click", (event) => {
    if (now.field && event.target !== now.field && !list.contains(event.target)) close();
  });
  for (const moved of ["scroll", "resize"]) window.addEventListener(moved, () => list.hidden || place(), { passive: true, capture: true });
})();
