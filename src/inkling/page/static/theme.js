// Light or dark: as the system says, until the reader says otherwise.

import { say } from "./language.js";
import { recall, remember } from "./memory.js";

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const printing = matchMedia("print");

/** Makes the button switch the theme; changed() is called when the colors have changed. */
export function offerThemes(button, changed) {
  const apply = () => {
    const wanted = recall("theme") ?? (systemDark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = printing.matches ? "light" : wanted; // dark ink on white paper
    labelTheme(button);
    changed();
  };
  button.addEventListener("click", () => {
    const { dataset } = document.documentElement;
    dataset.theme = dataset.theme === "dark" ? "light" : "dark";
    remember("theme", dataset.theme);
    labelTheme(button);
    changed();
  });
  for (const query of [systemDark, printing]) query.addEventListener("change", apply);
  apply();
}

/** Says on the button what it would do. */
export function labelTheme(button) {
  const dark = document.documentElement.dataset.theme === "dark";
  const words = dark ? say("Light colors") : say("Dark colors");
  button.setAttribute("aria-label", words);
  button.title = words;
}
