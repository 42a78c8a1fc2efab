// @ts-check
// The entry of every page. Each module watches the document for its own data attributes, so that parts which are
// swapped in later work too.
import "./copy.js";
import "./reveal.js";
import "./theme.js";
import "./dialog.js";
import "./palette.js";
import "./validate.js";
import "./partial.js";
import "./leave.js";
import "./only.js";
import { upgradeTags } from "./tags.js";
import { onReady } from "./dom.js";

onReady((root) => {
	root.querySelectorAll("[data-tags]").forEach(upgradeTags);
	// On a narrow screen the current tab may lie beyond the edge.
	root.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
	const focus = root.querySelector("[data-focus]");
	if (focus instanceof HTMLElement) focus.focus();
});
