// @ts-check
// A form with data-preview="id" shows what it would do in a frame, as soon as one has stopped typing: the button with
// that id, which leads there, is pressed. Without a script one presses it oneself.
import { on } from "./dom.js";

/** @type {number | undefined} */
let waiting;

on("input", "form[data-preview]", (el) => {
	clearTimeout(waiting);
	waiting = setTimeout(() => {
		const button = document.getElementById(el.dataset.preview ?? "");
		if (button instanceof HTMLButtonElement) /** @type {HTMLFormElement} */ (el).requestSubmit(button);
	}, 400);
});
