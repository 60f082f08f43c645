// The page's languages. English is the source: a sentence in the page or in say(…) is its own key, and
// chinese.js holds its translation.

import { chinese } from "./chinese.js";
import { recall, remember } from "./memory.js";

const formats = new Map(); // kept, because it takes long to make one
const asked = new URLSearchParams(location.search).get("language"); // by the page that embeds this one
const wanted = asked ?? recall("language") ?? navigator.language;
let language = wanted?.startsWith("zh") ? "zh" : "en";

/** Says an English sentence in the page's language, {names} filled in. */
export function say(sentence, values = {}) {
  const words = (language === "zh" && chinese[sentence]) || sentence;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Formats a number as the page's language does, with a true minus sign. */
export function inDigits(number, places = 0, options = {}) {
  const key = [language, places, ...Object.values(options)].join();
  if (!formats.has(key)) {
    const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
    formats.set(key, new Intl.NumberFormat(language, { ...digits, ...options }));
  }
  return formats.get(key).format(number).replace("-", "−");
}

/** Formats a share of 1; what is not quite certain never reads 100 %, nor what is not quite impossible 0 %. */
export function inPercent(share, places = 1) {
  const step = 10 ** -(places + 2);
  const shown = share < 1 ? Math.min(share, 1 - step) : 1;
  const tiny = share > 0 && share < step / 2;
  return (tiny ? "< " : "") + inDigits(tiny ? step : shown, places, { style: "percent" });
}

/** Formats with a plus or minus in front. */
export function withSign(number, places = 2) {
  return inDigits(number, places, { signDisplay: "exceptZero" });
}

/** Writes every marked text of the page in its language. */
function translatePage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-say]")) {
    element.dataset.say ||= element.textContent.trim(); // the English text
    element.textContent = say(element.dataset.say);
  }
  for (const element of document.querySelectorAll("[data-say-label]")) {
    const words = say(element.dataset.sayLabel);
    element.setAttribute("aria-label", words);
    if (element.tagName === "BUTTON") element.title = words;
  }
}

/** Makes the button switch between the two languages; changed() is called after. */
export function offerLanguages(button, changed) {
  const label = () => {
    const other = language === "zh" ? ["English", "en"] : ["中文", "zh"];
    [button.textContent, button.lang] = other;
  };
  button.addEventListener("click", () => {
    language = language === "zh" ? "en" : "zh";
    remember("language", language);
    translatePage();
    label();
    changed();
  });
  translatePage();
  label();
}
