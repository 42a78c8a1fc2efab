// @ts-check
import { announce, on } from "./dom.js";

const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("palette"));
const input = dialog?.querySelector("input") ?? null;
const list = document.getElementById("palette-list");
const recentKey = "portico.search";

/** @type {AbortController | undefined} */
let asking;
/** @type {number | undefined} */
let timer;

if (dialog && input && list) {
	if (/Mac|iP(hone|ad)/.test(navigator.platform)) {
		for (const kbd of document.querySelectorAll("[data-palette-open] kbd")) kbd.textContent = "⌘ K";
	}
	on("click", "[data-palette-open]", (_, event) => {
		const click = /** @type {MouseEvent} */ (event);
		if (click.ctrlKey || click.metaKey || click.shiftKey) return;
		event.preventDefault();
		open();
	});
	document.addEventListener("keydown", (event) => {
		if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
			event.preventDefault();
			open();
		}
	});
	input.addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(ask, 120);
	});
	input.addEventListener("keydown", move);
	list.addEventListener("click", remember);
	dialog.querySelector("form")?.addEventListener("submit", remember);
}

function open() {
	if (!dialog || !input || dialog.open) return;
	input.value = "";
	dialog.showModal();
	showRecent();
	input.focus();
}

/** @returns {string[]} what was looked for lately, newest first */
function recent() {
	try {
		const kept = JSON.parse(localStorage.getItem(recentKey) ?? "[]");
		return Array.isArray(kept) ? kept.filter((q) => typeof q === "string").slice(0, 5) : [];
	} catch {
		return [];
	}
}

function remember() {
	const query = input?.value.trim();
	if (!query) return;
	try {
		localStorage.setItem(recentKey, JSON.stringify([query, ...recent().filter((q) => q !== query)].slice(0, 5)));
	} catch {
		// Without storage there are no recent searches.
	}
}

function showRecent() {
	const queries = recent();
	if (!dialog || !input) return;
	const action = input.form?.action ?? "";
	show(queries.length ? [group(dialog.dataset.recent ?? "")] : [], queries.map((q) => {
		const a = document.createElement("a");
		a.href = `${action}?${new URLSearchParams({ q })}`;
		a.textContent = q;
		return a;
	}));
}

async function ask() {
	asking?.abort();
	const query = input?.value.trim();
	if (!query) return showRecent();
	asking = new AbortController();
	try {
		const url = `${input?.form?.action}?${new URLSearchParams({ q: query, palette: "1" })}`;
		const answer = await fetch(url, { signal: asking.signal, headers: { Accept: "text/html" } });
		if (!answer.ok) return;
		fill(new DOMParser().parseFromString(await answer.text(), "text/html"));
	} catch (err) {
		if (!(err instanceof DOMException && err.name === "AbortError")) show([], []);
	}
}

/** @param {Document} found what the search page answered */
function fill(found) {
	/** @type {HTMLElement[]} */
	const nodes = [];
	/** @type {HTMLAnchorElement[]} */
	const links = [];
	for (const section of found.querySelectorAll("[data-results] section")) {
		nodes.push(group(section.querySelector("h2")?.textContent ?? ""));
		for (const a of section.querySelectorAll("a")) {
			const link = document.importNode(a, true);
			nodes.push(link);
			links.push(link);
		}
	}
	show(nodes, links);
	if (!dialog || !list) return;
	if (links.length === 0) {
		const none = document.createElement("p");
		none.className = "palette-none";
		none.textContent = dialog.dataset.none ?? "";
		list.replaceChildren(none);
		announce(none.textContent);
	} else {
		announce(`${links.length} ${dialog.dataset.count}`);
	}
}

/** @param {string} label */
function group(label) {
	const el = document.createElement("div");
	el.className = "palette-group";
	el.setAttribute("role", "presentation");
	el.textContent = label;
	return el;
}

/**
 * Puts the nodes into the list, and the links where they are not yet among them.
 * @param {HTMLElement[]} nodes
 * @param {HTMLAnchorElement[]} links
 */
function show(nodes, links) {
	links.forEach((a, i) => {
		a.setAttribute("role", "option");
		a.setAttribute("aria-selected", "false");
		a.id = `palette-${i}`;
		a.tabIndex = -1;
	});
	list?.replaceChildren(...nodes, ...links.filter((a) => !nodes.includes(a)));
	input?.setAttribute("aria-expanded", String(links.length > 0));
	input?.removeAttribute("aria-activedescendant");
}

/** @param {KeyboardEvent} event */
function move(event) {
	if (event.isComposing) return; // Enter ends a conversion of Japanese text
	const options = [...(list?.querySelectorAll("[role=option]") ?? [])];
	const at = options.findIndex((o) => o.getAttribute("aria-selected") === "true");
	if (event.key === "Enter" && at >= 0) {
		event.preventDefault();
		/** @type {HTMLElement} */ (options[at]).click();
	}
	const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
	if (!step || options.length === 0) return;
	event.preventDefault();
	const next = at < 0 && step < 0 ? options.length - 1 : (at + step + options.length) % options.length;
	options.forEach((o, i) => o.setAttribute("aria-selected", String(i === next)));
	options[next].scrollIntoView({ block: "nearest" });
	input?.setAttribute("aria-activedescendant", options[next].id);
}
