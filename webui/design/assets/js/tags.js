// @ts-check
import { icon } from "./dom.js";

/**
 * Turns a line of words with commas between them into words that can be removed one by one. What is sent stays the
 * same: a hidden input has the line.
 * @param {Element} box
 */
export function upgradeTags(box) {
	const input = box.querySelector("input");
	if (!input || box.classList.contains("live")) return;
	const sent = document.createElement("input");
	sent.type = "hidden";
	sent.name = input.name;
	sent.disabled = input.disabled;
	input.removeAttribute("name");
	const required = input.required;
	let words = /** @type {string[]} */ ([]);

	/** @param {string} line */
	function add(line) {
		for (const word of line.split(/[,\s、]+/)) {
			if (word && !words.includes(word)) words.push(word);
		}
		draw();
	}
	function draw() {
		box.querySelectorAll(".tag").forEach((tag) => tag.remove());
		for (const word of words) input?.before(tag(word));
		sent.value = words.join(", ");
		if (input) input.required = required && words.length === 0;
	}
	/** @param {string} word */
	function tag(word) {
		const el = document.createElement("span");
		el.className = "tag";
		const remove = document.createElement("button");
		remove.type = "button";
		remove.disabled = sent.disabled;
		remove.setAttribute("aria-label", (box.getAttribute("data-remove") ?? "{0}").replace("{0}", word));
		remove.append(icon("close"));
		remove.addEventListener("click", () => {
			words = words.filter((w) => w !== word);
			draw();
			input?.focus();
		});
		el.append(word, remove);
		return el;
	}

	input.addEventListener("keydown", (event) => {
		if (event.isComposing) return;
		if ((event.key === "Enter" || event.key === ",") && input.value.trim()) {
			event.preventDefault();
			add(input.value);
			input.value = "";
		} else if (event.key === "Backspace" && input.value === "" && words.length > 0) {
			words.pop();
			draw();
		}
	});
	// What was typed and not confirmed counts as well.
	input.addEventListener("change", () => {
		add(input.value);
		input.value = "";
	});
	box.classList.add("live");
	box.append(sent);
	add(input.value);
	input.value = "";
}
