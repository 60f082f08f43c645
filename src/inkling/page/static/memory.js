// What the browser remembers between visits: language, theme, model, brush and drawing. A page opened from
// a file, or in a private window, may not be allowed to remember; then it does without.

/** Returns what was remembered under a name, or null. */
export function recall(name) {
  try {
    return localStorage.getItem(`inkling-${name}`);
  } catch {
    return null;
  }
}

/** Remembers a text. */
export function remember(name, text) {
  try {
    localStorage.setItem(`inkling-${name}`, text);
  } catch {
    // It lasts until the page is closed.
  }
}
