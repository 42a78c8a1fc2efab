// @ts-check
import { on, onReady } from "./dom.js";

// Parts of a form that only some choices need: data-only="field:value other" is there while the field of the same form has
// one of the values. Without scripts all are there, and say what they are for.

/** @param {HTMLElement} part */
function show(part) {
	const [field, values] = (part.dataset.only ?? "").split(":");
	const form = part.closest("form");
	const chosen = form ? new FormData(form).get(field) : null;
	part.hidden = typeof chosen === "string" && !values.split(" ").includes(chosen);
}

/** @param {ParentNode} root */
const showAll = (root) => root.querySelectorAll("[data-only]").forEach((part) => part instanceof HTMLElement && show(part));

onReady(showAll);
on("change", "form", showAll);
