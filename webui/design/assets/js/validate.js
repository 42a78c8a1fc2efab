// @ts-check
// Forms with data-validate say what is wrong at the field, in the browser's words, as soon as one has left it; the
// server checks everything again.
import { on, onReady } from "./dom.js";

onReady((root) => {
	for (const form of root.querySelectorAll("form[data-validate]")) /** @type {HTMLFormElement} */ (form).noValidate = true;
});

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control */

/**
 * @param {Control} control
 * @returns {boolean} whether its value may be sent
 */
function check(control) {
	if (!control.willValidate) return true;
	const place = control.closest(".field")?.querySelector("[data-error]");
	const valid = control.validity.valid;
	if (place instanceof HTMLElement) {
		place.hidden = valid;
		const words = place.querySelector("span");
		if (words) words.textContent = control.dataset.message && !valid ? control.dataset.message : control.validationMessage;
	}
	control.closest(".field")?.classList.toggle("invalid", !valid);
	if (valid) control.removeAttribute("aria-invalid");
	else control.setAttribute("aria-invalid", "true");
	if (place?.id) describe(control, place.id, !valid);
	return valid;
}

/**
 * @param {Control} control
 * @param {string} id
 * @param {boolean} wanted
 */
function describe(control, id, wanted) {
	const ids = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((x) => x && x !== id);
	if (wanted) ids.push(id);
	if (ids.length) control.setAttribute("aria-describedby", ids.join(" "));
	else control.removeAttribute("aria-describedby");
}

/** @param {EventTarget | null} el */
const isControl = (el) => el instanceof HTMLInputElement || el instanceof HTMLTextAreaElement || el instanceof HTMLSelectElement;

on("focusout", "form[data-validate]", (_, event) => {
	const el = event.target;
	// An empty field that one only passed through is not yet a mistake.
	if (isControl(el) && (el.value !== "" || el.getAttribute("aria-invalid") === "true")) check(el);
});

on("input", "form[data-validate]", (_, event) => {
	if (isControl(event.target) && event.target.getAttribute("aria-invalid") === "true") check(event.target);
});

on("submit", "form[data-validate]", (el, event) => {
	const submitter = /** @type {SubmitEvent} */ (event).submitter;
	if (submitter instanceof HTMLButtonElement && submitter.formNoValidate) return;
	const wrong = [.../** @type {HTMLFormElement} */ (el).elements].filter((c) => isControl(c) && !check(c));
	if (wrong.length === 0) return;
	event.preventDefault();
	/** @type {HTMLElement} */ (wrong[0]).focus();
});
