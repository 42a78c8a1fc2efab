// @ts-check
import { on } from "./dom.js";

// Browsers that do not know commands yet open dialogs here.
if (!("command" in HTMLButtonElement.prototype)) {
	on("click", "[data-dialog]", (button) => {
		const dialog = document.getElementById(button.dataset.dialog ?? "");
		if (dialog instanceof HTMLDialogElement) dialog.showModal();
	});
}

// A click beside a dialog closes it.
on("click", "dialog", (el, event) => {
	if (event.target === el && el instanceof HTMLDialogElement) el.close();
});

on("click", "[data-close]", (button) => button.closest("dialog")?.close());

on("click", "[data-dismiss]", (button) => button.closest("[data-flash]")?.remove());
