// @ts-check
// Parts of pages that refresh by themselves: a link or form with data-refresh="#id" fetches its address and swaps the
// element with that id, as does a form by a button that has it; an element with data-poll does so every so many milliseconds while it is seen.
import { announce, arrived, on, onReady, text } from "./dom.js";

/** @type {Map<string, AbortController>} one request per part; a newer one ends an older one */
const busy = new Map();

/**
 * @param {string} id of the element to swap
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<boolean>} whether it was swapped
 */
async function refresh(id, url, init = {}) {
	busy.get(id)?.abort();
	const control = new AbortController();
	busy.set(id, control);
	document.getElementById(id)?.setAttribute("aria-busy", "true");
	try {
		const answer = await fetch(url, { ...init, signal: control.signal, headers: { Accept: "text/html", "X-Partial": id } });
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		const fresh = page.getElementById(id);
		const old = document.getElementById(id);
		if (!fresh || !old) {
			// The answer is another page, as after the session has ended: go there.
			if (answer.redirected) location.assign(answer.url);
			else throw new Error(`status ${answer.status}`);
			return false;
		}
		const node = document.importNode(fresh, true);
		old.replaceWith(node);
		arrived(node);
		return true;
	} catch (err) {
		if (!(err instanceof DOMException && err.name === "AbortError")) announce(text("failed"));
		return false;
	} finally {
		if (busy.get(id) === control) busy.delete(id);
		document.getElementById(id)?.removeAttribute("aria-busy");
	}
}

on("click", "a[data-refresh]", (el, event) => {
	const click = /** @type {MouseEvent} */ (event);
	if (click.ctrlKey || click.metaKey || click.shiftKey) return;
	event.preventDefault();
	void refresh((el.dataset.refresh ?? "").slice(1), /** @type {HTMLAnchorElement} */ (el).href);
});

on("submit", "form", async (el, event) => {
	const form = /** @type {HTMLFormElement} */ (el);
	const button = /** @type {SubmitEvent} */ (event).submitter;
	const id = (button?.dataset.refresh ?? form.dataset.refresh ?? "").slice(1);
	// What is in no place of this page is shown by another one.
	if (event.defaultPrevented || !document.getElementById(id)) return;
	event.preventDefault();
	button?.setAttribute("aria-busy", "true");
	await send(form, id, button);
	button?.removeAttribute("aria-busy");
});

/**
 * @param {HTMLFormElement} form
 * @param {string} id of the element to swap by the answer's
 * @param {HTMLElement | null} button that sends it
 */
async function send(form, id, button) {
	const data = new FormData(form, button), body = new URLSearchParams();
	for (const [name, value] of data) {
		if (typeof value === "string") body.append(name, value);
	}
	const url = new URL((button instanceof HTMLButtonElement && button.hasAttribute("formaction") && button.formAction) || form.action);
	const get = form.method !== "post";
	if (get) url.search = body.toString();
	await refresh(id, url.href, get ? {} : { method: "POST", body: form.enctype === "multipart/form-data" ? data : body });
}

// A form with data-live="#id" shows what it would make while one fills it in: by its button with data-preview.
on("change", "form[data-live]", (el) => {
	const form = /** @type {HTMLFormElement} */ (el);
	void send(form, (form.dataset.live ?? "").slice(1), form.querySelector("button[data-preview]"));
});

onReady((root) => {
	const own = root instanceof HTMLElement && root.dataset.poll ? [root] : [];
	for (const el of [...own, ...root.querySelectorAll("[data-poll]")]) poll(/** @type {HTMLElement} */ (el));
});

/** @param {HTMLElement} el which is replaced by the answer; the new element polls on */
function poll(el) {
	const again = () => setTimeout(async () => {
		if (!el.isConnected) return;
		if (document.hidden || !(await refresh(el.id, el.dataset.src ?? location.href))) again();
	}, Number(el.dataset.poll));
	again();
}

// A field with data-filter="#id" leaves of that list what contains its words.
on("input", "[data-filter]", (el) => {
	const list = document.querySelector(el.dataset.filter ?? "");
	const words = /** @type {HTMLInputElement} */ (el).value.toLowerCase().split(/\s+/);
	for (const li of list?.querySelectorAll("li") ?? []) {
		const content = li.textContent?.toLowerCase() ?? "";
		li.hidden = !words.every((w) => content.includes(w));
	}
});
