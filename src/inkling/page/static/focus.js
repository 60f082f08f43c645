// The keyboard's place: if a button is hidden or disabled by what it did, the next one gets the focus.

let last = null; // what had the focus last; null after a click on what takes none

document.addEventListener("pointerdown", () => { last = null; });
document.addEventListener("focusin", ({ target }) => { last = target; });

/** To be called after parts of a tab's panel were hidden or disabled. */
export function keepFocus() {
  const panel = last?.closest('[role="tabpanel"]');
  const isElsewhere = ![document.body, last].includes(document.activeElement);
  if (!panel || isUsable(last) || isElsewhere) return;
  const places = [last.closest(".row") ?? panel, panel];
  places.flatMap((place) => [...place.querySelectorAll("button")]).find(isUsable)?.focus();
}

function isUsable(element) {
  return element.offsetParent !== null && !element.disabled;
}
