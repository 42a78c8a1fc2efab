// @ts-check
// What waits for a decision, by keys: J and K go from row to row, A approves, R leads to where a reason is given. They
// are off while one types, and wherever their switch is off.
import { on, onReady } from "./dom.js";

const remembered = "portico-queue-keys";

onReady((root) => {
	for (const box of root.querySelectorAll("[data-queue-keys]")) {
		/** @type {HTMLInputElement} */ (box).checked = localStorage.getItem(remembered) !== "off";
	}
	for (const el of root.querySelectorAll("[data-expires]")) expire(/** @type {HTMLElement} */ (el));
});

on("change", "[data-queue-keys]", (el) => {
	localStorage.setItem(remembered, /** @type {HTMLInputElement} */ (el).checked ? "on" : "off");
});

/** @param {HTMLElement} el which goes when its time is over, unless somebody is at it */
function expire(el) {
	setTimeout(() => {
		if (el.matches(":hover, :focus-within")) expire(el);
		else el.remove();
	}, Number(el.dataset.expires));
}

document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
	const at = event.target instanceof Element ? event.target : document.body;
	if (at.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]")) return;
	if (localStorage.getItem(remembered) === "off") return;
	const rows = [...document.querySelectorAll("[data-queue-row]")];
	const row = at.closest("[data-queue-row]");
	switch (event.key.toLowerCase()) {
		case "j":
			focusRow(rows[Math.min(row ? rows.indexOf(row) + 1 : 0, rows.length - 1)]);
			break;
		case "k":
			focusRow(rows[Math.max(row ? rows.indexOf(row) - 1 : 0, 0)]);
			break;
		case "a":
			act(rows.length ? row : document, "[data-queue-approve]");
			break;
		case "r":
			act(rows.length ? row : document, "[data-queue-reject]");
			break;
		default:
			return;
	}
	event.preventDefault();
});

/** @param {Element | undefined} row */
function focusRow(row) {
	row?.querySelector("input")?.focus();
}

/**
 * @param {ParentNode | null} place the row that one is in, or a page about one thing
 * @param {string} selector
 */
function act(place, selector) {
	const el = place?.querySelector(selector);
	if (el instanceof HTMLTextAreaElement) el.focus();
	else if (el instanceof HTMLElement) el.click();
}
