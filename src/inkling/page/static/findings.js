// What the doctor found in a run, in the reader's language, each with what to try and where it is explained.

import { make } from "./dom.js";
import { say } from "./language.js";

/** Makes an item for each finding. */
export function findingsOf(findings) {
  return findings.map(({ epoch, template, values, advice, link }) => make("li", {},
    make("b", {}, say("Epoch {epoch}: {finding}", { epoch, finding: say(template, inPage(values)) })),
    ` ${say(advice)} `,
    linkTo(link)));
}

/** Values as the page writes them: "88.3%", not "88.3 %". */
function inPage(values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value).replace(/\s%/g, "%")]));
}

/** A link to a page of the documentation, or the path of its file where no site has it. */
function linkTo(link) {
  const page = document.documentElement.lang === "en" ? link : link.replace("howto/", "zh/howto/");
  return /^https?:/.test(page)
    ? make("a", { href: page, target: "_blank", rel: "noreferrer" }, say("Read more"))
    : make("code", {}, page);
}
