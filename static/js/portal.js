// What every page shares: theme, menus, dialogs, copying. Pages work without any of it.
(() => {
  const root = document.documentElement;
  const dialog = document.getElementById("dialog");
  const toast = document.getElementById("toast");

  // Theme: system → light → dark → system.
  const NEXT = { system: "light", light: "dark", dark: "system" };

  function nameTheme() {
    const label = document.querySelector("[data-theme-label]");
    const theme = root.dataset.theme || "system";
    if (label) label.textContent = `Theme: ${theme}. Change to ${NEXT[theme]}`;
  }

  function changeTheme() {
    const theme = NEXT[root.dataset.theme || "system"];
    try {
      if (theme === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch {
      // The choice then lasts for this page only.
    }
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    nameTheme();
    say(`Theme: ${theme}`);
  }

  function say(text) {
    toast.textContent = text;
    toast.classList.add("toast-shown");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => toast.classList.remove("toast-shown"), 2500);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
    } catch {
      say("The browser did not allow copying; select the text and copy it.");
    }
  }

  function toggleNavigation(button) {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    root.classList.toggle("nav-open", open);
    if (open) document.querySelector("#sidenav a")?.focus();
  }

  // Menus are <details data-menu>: arrow keys move, Escape and a click elsewhere close.
  const openMenus = () => document.querySelectorAll("details[data-menu][open]");
  const entries = (menu) =>
    [...menu.querySelectorAll("a[href], button, input, select")].filter((e) => !e.disabled && e.offsetParent);

  function closeMenu(menu, refocus) {
    menu.open = false;
    if (refocus) menu.querySelector("summary").focus();
  }

  function moveInMenu(event, menu) {
    const list = entries(menu);
    const at = list.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? list.length - 1 : at - 1, Home: 0, End: list.length - 1 }[event.key];
    if (to === undefined || !list.length) return;
    if (document.activeElement.matches("input[type=search], input[type=text]") && /Home|End/.test(event.key)) return;
    event.preventDefault();
    list[(to + list.length) % list.length].focus();
  }

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details[data-menu]");
    if (event.key === "Escape" && menu?.open) {
      event.stopPropagation();
      closeMenu(menu, true);
    } else if (event.key === "Escape" && root.classList.contains("nav-open")) {
      const button = document.querySelector("[data-nav-toggle]");
      toggleNavigation(button);
      button.focus();
    } else if (menu && event.target.matches("summary") && event.key === "ArrowDown") {
      event.preventDefault();
      menu.open = true;
      entries(menu)[0]?.focus();
    } else if (menu?.open) {
      moveInMenu(event, menu);
    }
  });

  document.addEventListener("focusout", (event) => {
    const menu = event.target.closest?.("details[data-menu][open]");
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) closeMenu(menu, false);
  });

  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) closeMenu(menu, false);
    const target = event.target.closest("[data-copy], [data-theme-toggle], [data-nav-toggle], [data-close]");
    if (!target) return;
    if (target.matches("[data-theme-toggle]")) changeTheme();
    else if (target.matches("[data-nav-toggle]")) toggleNavigation(target);
    else if (target.matches("[data-close]")) {
      event.preventDefault();
      target.closest("dialog")?.close();
    } else {
      copy(target.dataset.copy);
      const menu = target.closest("details[data-menu]");
      if (menu) closeMenu(menu, true);
    }
  });

  // A part that is swapped into #dialog opens it; closing empties it.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === dialog && dialog.childElementCount && !dialog.open) {
      for (const menu of openMenus()) closeMenu(menu, true);
      dialog.showModal();
    }
  });
  dialog?.addEventListener("close", () => dialog.replaceChildren());
  dialog?.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  // What takes seconds to fetch is busy meanwhile; screen readers wait with it.
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.target.matches("[data-slow]")) detail.target.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => detail.target.removeAttribute("aria-busy"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    say(status === 403 ? "You may not do that, or the page is too old: reload it." : `The server answered ${status}. Try again, or reload the page.`);
  });
  document.addEventListener("htmx:sendError", () => say("The server did not answer. Is it running?"));

  // "Select all" in a group of boxes: nothing chosen is no filter, and is not sent.
  function groupBoxes(group) {
    return {
      all: group.querySelector("[data-check-all]"),
      each: [...group.querySelectorAll("input[type=checkbox]:not([data-check-all])")],
    };
  }

  function fillGroup(group) {
    const { all, each } = groupBoxes(group);
    if (all.checked) for (const box of each) box.checked = true;
  }

  document.addEventListener(
    "change",
    (event) => {
      const group = event.target.closest?.("[data-check-group]");
      if (!group) return;
      const { all, each } = groupBoxes(group);
      if (event.target === all) for (const box of each) box.checked = all.checked;
      else all.checked = each.every((box) => box.checked);
      // With nothing ticked there is no list to ask for yet: the next tick asks.
      if (!each.some((box) => box.checked)) event.stopPropagation();
    },
    true,
  );

  document.addEventListener("formdata", (event) => {
    for (const group of event.target.querySelectorAll("[data-check-group]")) {
      const { all } = groupBoxes(group);
      if (all.checked) event.formData.delete(all.name);
    }
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.target.closest("form");
    for (const group of form?.querySelectorAll("[data-check-group]") ?? []) {
      const { all } = groupBoxes(group);
      if (all.checked) event.detail.formData.delete(all.name);
    }
    if (event.detail.verb !== "get" || !form?.matches("[data-short-url]")) return;
    for (const [name, value] of [...event.detail.formData.entries()])
      if (value === "") event.detail.formData.delete(name);
  });

  // Going back leads past what was typed letter by letter, and never to the same address again.
  document.addEventListener("htmx:beforeHistoryUpdate", (event) => {
    const { history: step, requestConfig } = event.detail;
    const typed = requestConfig.triggeringEvent?.type === "input";
    if (step.type === "push" && (typed || step.path === location.pathname + location.search)) step.type = "replace";
  });

  for (const group of document.querySelectorAll("[data-check-group]")) fillGroup(group);
  nameTheme();
})();
