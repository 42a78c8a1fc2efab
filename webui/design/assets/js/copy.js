// @ts-check
import { announce, on, text } from "./dom.js";
import { plainText } from "./reveal.js";

on("click", "[data-copy]", async (button) => {
	const source = document.getElementById(button.dataset.copy ?? "");
	if (!source) return;
	try {
		await navigator.clipboard.writeText(plainText(source));
	} catch {
		select(source);
		announce(text("copyFailed"));
		return;
	}
	announce(text("copied"));
	const label = button.querySelector("[data-copy-label]");
	const use = button.querySelector("use");
	if (!label || !use || button.classList.contains("copied")) return;
	const [words, icon] = [label.textContent, use.getAttribute("href") ?? ""];
	button.classList.add("copied");
	label.textContent = words?.trim() ? text("copied") : "";
	use.setAttribute("href", icon.replace(/#.*/, "#check"));
	setTimeout(() => {
		button.classList.remove("copied");
		label.textContent = words;
		use.setAttribute("href", icon);
	}, 2000);
});

/** @param {HTMLElement} el */
function select(el) {
	if (el instanceof HTMLInputElement || el instanceof HTMLTextAreaElement) el.select();
	else getSelection()?.selectAllChildren(el);
}
