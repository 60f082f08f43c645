// Light or dark: as the system says, until the reader says otherwise.

import { recall } from "./memory.js";
import { remember } from "./memory.js";
import { say } from "./language.js";

const systemDark = matchMedia("(prefers-color-scheme: dark)");

/** Makes the button switch the theme; changed() is called when the colours have changed. */
export function offerThemes(button, changed) {
  const apply = () => {
    document.documentElement.dataset.theme = recall("theme") ?? (systemDark.matches ? "dark" : "light");
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
  systemDark.addEventListener("change", apply);
  apply();
}

/** Says on the button what it would do. */
export function labelTheme(button) {
  const dark = document.documentElement.dataset.theme === "dark";
  const words = dark ? say("Light colours") : say("Dark colours");
  button.setAttribute("aria-label", words);
  button.title = words;
}
