// @ts-check

/** @type {((root: ParentNode) => void)[]} */
const ready = [];

/**
 * Runs fn for the document, and for every part that is swapped in later.
 * @param {(root: ParentNode) => void} fn
 */
export function onReady(fn) {
	ready.push(fn);
	fn(document);
}

/** @param {ParentNode} root a part that was just put into the document */
export function arrived(root) {
	for (const fn of ready) fn(root);
}

/**
 * Calls fn when something that matches selector, or lies within it, gets an event.
 * @template {keyof DocumentEventMap} K
 * @param {K} type
 * @param {string} selector
 * @param {(el: HTMLElement, event: DocumentEventMap[K]) => void} fn
 */
export function on(type, selector, fn) {
	document.addEventListener(type, (event) => {
		const el = event.target instanceof Element ? event.target.closest(selector) : null;
		if (el instanceof HTMLElement) fn(el, event);
	});
}

/**
 * Lets screen readers say a text.
 * @param {string} text
 */
export function announce(text) {
	const place = document.getElementById("announce");
	if (!place) return;
	place.textContent = "";
	requestAnimationFrame(() => (place.textContent = text));
}

/**
 * A text of the page's language, kept on <body>.
 * @param {string} name
 */
export function text(name) {
	return document.body.dataset[name] ?? "";
}

/**
 * An icon of the sprite.
 * @param {string} name
 */
export function icon(name) {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	svg.setAttribute("class", "icon");
	svg.setAttribute("aria-hidden", "true");
	const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
	use.setAttribute("href", new URL(`../icons.svg#${name}`, import.meta.url).href);
	svg.append(use);
	return svg;
}
