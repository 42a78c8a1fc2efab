// @ts-check
import { on } from "./dom.js";

let sending = false;

// A page that shows something once asks before one leaves it, until its box is checked or its form is sent.
addEventListener("beforeunload", (event) => {
	// Browsers only ask who has touched the page.
	if (sending || !navigator.userActivation.hasBeenActive) return;
	for (const form of document.querySelectorAll("form[data-confirm-leave]")) {
		const box = form.querySelector("input[type=checkbox][required]");
		if (box instanceof HTMLInputElement && !box.checked) event.preventDefault();
	}
});

// A form is sent once, however often its button is pressed. Its button is not disabled, because then its value
// would not be sent.
on("submit", "form[method=post]", (form, event) => {
	const button = /** @type {SubmitEvent} */ (event).submitter;
	if (event.defaultPrevented || form.dataset.refresh || button?.hasAttribute("formtarget")) return;
	if (form.dataset.sent) {
		event.preventDefault();
		return;
	}
	form.dataset.sent = "true";
	button?.setAttribute("aria-busy", "true");
	sending = true;
});

// A page that comes back out of the browser's memory can be sent again.
addEventListener("pageshow", (event) => {
	if (!event.persisted) return;
	sending = false;
	for (const form of document.querySelectorAll("form[data-sent]")) delete (/** @type {HTMLElement} */ (form).dataset.sent);
	for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
});
