// How Swagger UI is set up: in the portal's page, whose landmarks and headings it joins, and with
// no link inside a button. Read by the script of drf-spectacular, as SWAGGER_UI_SETTINGS says.
"use strict";

const portalDocs = (() => {
  function plugin({ React }) {
    const h = React.createElement;

    // The page has its main landmark and its h1 already, unlike the layout that Swagger UI brings.
    function PortalLayout({ getComponent, specSelectors }) {
      const part = (name) => h(getComponent(name, true));
      const frame = (...inside) => h("div", { className: "swagger-ui" }, part("SvgAssets"), part("errors"), ...inside);
      if (specSelectors.loadingStatus() === "failed") return frame();
      if (!specSelectors.specStr()) return frame(h("p", { role: "status" }, "Reading the schema…"));
      return frame(
        h("div", { className: "docs-head" }, h("h2", null, "Operations"), part("AuthorizeBtnContainer")),
        part("operations"),
        part("Models"),
      );
    }

    const named = (Dialog) => (props) =>
      h("div", { role: "dialog", "aria-modal": true, "aria-label": "Available authorizations" }, h(Dialog, props));

    const labelled = (Icon) => (props) =>
      h(React.Fragment, null, h("span", { className: "visually-hidden" }, "Close"), h(Icon, props));

    return {
      components: { PortalLayout },
      wrapComponents: { authorizationPopup: named, CloseIcon: labelled },
    };
  }

  // What Swagger UI leaves unnamed, or out of the keyboard's reach, in markup that no part owns.
  const CODE = "pre.microlight:not([tabindex])";
  const FIELD = "tr[data-param-name] :is(input, select, textarea):not([aria-label])";
  const NAMES = { ".examples-select-element": "Example", ".body-param__text": "Request body" };

  function mend(root) {
    for (const table of root.querySelectorAll("table[role=region]")) table.removeAttribute("role");
    for (const code of root.querySelectorAll(CODE)) code.tabIndex = 0;
    for (const field of root.querySelectorAll(FIELD)) field.ariaLabel = field.closest("tr").dataset.paramName;
    for (const [selector, name] of Object.entries(NAMES))
      for (const field of root.querySelectorAll(`${selector}:not([aria-label])`)) field.ariaLabel = name;
  }

  const root = document.getElementById("swagger-ui");
  new MutationObserver(() => mend(root)).observe(root, { childList: true, subtree: true });

  // With deep links, the button that opens an operation would have a link within it.  Groups begin
  // closed: of more operations than a hundred, Swagger UI draws only those that are in view.
  return { layout: "PortalLayout", deepLinking: false, docExpansion: "none", plugins: [plugin] };
})();
