// Making elements without markup in strings.

/** Makes an element: make("p", { class: "hint" }, "text", anotherElement). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Returns the element of that id. */
export function byId(id) {
  return document.getElementById(id);
}
