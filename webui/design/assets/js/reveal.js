// @ts-check
import { on } from "./dom.js";

/** @type {WeakMap<Element, string>} what is hidden behind dots */
const hidden = new WeakMap();

/**
 * The text of an element, or the value of a control, also while it is hidden.
 * @param {Element} el
 */
export function plainText(el) {
	if (el instanceof HTMLInputElement || el instanceof HTMLTextAreaElement) return el.value;
	return hidden.get(el) ?? el.textContent ?? "";
}

// A password one types: show it and hide it again.
on("click", "[data-reveal]", (button) => {
	const input = document.getElementById(button.dataset.reveal ?? "");
	if (!(input instanceof HTMLInputElement)) return;
	const shown = input.type === "password";
	input.type = shown ? "text" : "password";
	button.setAttribute("aria-pressed", String(shown));
	input.focus();
});

// A value one reads: hide it from people nearby and show it again.
on("click", "[data-hide]", (button) => {
	const el = document.getElementById(button.dataset.hide ?? "");
	if (!el) return;
	const kept = hidden.get(el);
	if (kept === undefined) {
		hidden.set(el, el.textContent ?? "");
		el.textContent = "•".repeat(24);
	} else {
		hidden.delete(el);
		el.textContent = kept;
	}
	button.setAttribute("aria-pressed", String(kept === undefined));
});

// Sent passwords are hidden again, so that the browser offers to keep them and does not keep them as texts.
on("submit", "form", (form) => {
	for (const button of form.querySelectorAll("[data-reveal][aria-pressed=true]")) {
		const input = document.getElementById(button.getAttribute("data-reveal") ?? "");
		if (input instanceof HTMLInputElement) input.type = "password";
		button.setAttribute("aria-pressed", "false");
	}
});
