// Light or dark: as the system says, until the reader says otherwise.

import { recall, remember } from "./memory.js";

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const printing = matchMedia("print");

/** Makes the button switch the theme; changed() is called when the colors have changed. */
export function offerThemes(button, changed) {
  let wanted = recall("theme");
  const { dataset } = document.documentElement;
  const apply = () => {
    const theme = wanted ?? (systemDark.matches ? "dark" : "light");
    dataset.theme = printing.matches ? "light" : theme; // dark ink on white paper
  };
  const change = () => { apply(); changed(); };
  button.addEventListener("click", () => {
    wanted = dataset.theme === "dark" ? "light" : "dark";
    remember("theme", wanted);
    change();
  });
  for (const query of [systemDark, printing]) query.addEventListener("change", change);
  apply();
}
