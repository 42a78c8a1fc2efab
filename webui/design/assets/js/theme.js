// @ts-check
import { on } from "./dom.js";

// Choosing light or dark takes effect at once; the form is sent beside it, so that the next page knows.
on("submit", "[data-theme-form]", (el, event) => {
	const form = /** @type {HTMLFormElement} */ (el);
	const chosen = /** @type {SubmitEvent} */ (event).submitter;
	if (!(chosen instanceof HTMLButtonElement)) return;
	event.preventDefault();
	document.documentElement.dataset.theme = chosen.value;
	for (const b of form.querySelectorAll("button[name=theme]")) b.setAttribute("aria-pressed", String(b === chosen));
	const body = new URLSearchParams({ theme: chosen.value, return: location.pathname + location.search });
	fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {}); // a choice lost is chosen again
	if (form.matches(":popover-open")) form.hidePopover();
});
