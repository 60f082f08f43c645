// The page, put together: a picture from the pad or a photo goes to the network, the answer to the views.
//
//   pad.js, photo.js → picture → distort.js → answer.js, explain.js → result.js, walk.js, why.js, fool.js
//
// How these modules become one script. They are plain modules under three rules, which a test holds:
// every top-level name is unique among them; imports are named, one a line, without `as`, and never go
// in circles; exports are written before what they export, one a line. So whoever needs one script puts
// each module behind those it imports, and drops the lines that begin with `import ` and the word
// `export ` elsewhere: page/bundle.py. Only models.js asks a server for anything.

import { FoolView } from "./fool.js";
import { Pad } from "./pad.js";
import { PhotoView } from "./photo.js";
import { ResultView } from "./result.js";
import { WalkView } from "./walk.js";
import { WhyView } from "./why.js";
import { accuracyOf } from "./about.js";
import { answerTo } from "./answer.js";
import { byId } from "./dom.js";
import { distort } from "./distort.js";
import { explain } from "./explain.js";
import { inDigits } from "./language.js";
import { labelTheme } from "./theme.js";
import { make } from "./dom.js";
import { models } from "./models.js";
import { offerLanguages } from "./language.js";
import { offerThemes } from "./theme.js";
import { repaint } from "./palette.js";
import { say } from "./language.js";
import { showModel } from "./about.js";
import { strokesPicture } from "./strokes.js";

const RETRY_AFTER = 2000; // ms

let picture = null; // what is to be read: see answer.js
let model = null; // the chosen one: see model_file.js
let chosen = null; // its id
let frame = 0; // in which the picture is read

const pad = new Pad(byId("pad"), padChanged);
const result = new ResultView(compare);
const fool = new FoolView(byId("fool"), () => read());
const walk = new WalkView(byId("walk"));
const why = new WhyView(byId("why-title"), byId("why-body"), () => read());
const photo = new PhotoView({
  read: (blob) => models.readPhoto(blob, chosen),
  open: openDigit,
  arrive: () => openTab("photo"),
});

start();

async function start() {
  document.documentElement.classList.toggle("embedded", models.embedded);
  offerThemes(byId("theme"), repaintAll);
  offerLanguages(byId("language"), rewrite);
  listen();
  result.setClasses([..."0123456789"]);
  rewrite();
  listModels();
  await begin();
}

/** Loads the first model, and tries again until there is one. */
async function begin() {
  try {
    await chooseModel(models.default);
  } catch (error) {
    complain(error);
    setTimeout(begin, RETRY_AFTER);
  }
}

function listModels() {
  const options = models.entries.map(({ id, name }) => make("option", { value: id }, name));
  byId("model").replaceChildren(...options);
  byId("model").value = chosen ?? models.default;
}

function listen() {
  byId("model").addEventListener("change", (event) => chooseModel(event.target.value).catch(complain));
  byId("model").addEventListener("focus", () => models.refresh().then(listModels, complain));
  byId("undo").addEventListener("click", () => pad.undo());
  byId("clear").addEventListener("click", () => pad.clear());
  for (const element of document.querySelectorAll("[data-photo]")) element.hidden = !models.server;
  for (const name of ["draw", "photo"]) byId(`tab-${name}`).addEventListener("click", () => openTab(name));
  byId("tabs").addEventListener("keydown", (event) => {
    if (!models.server || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    openTab(isOpen("draw") ? "photo" : "draw");
    byId(isOpen("draw") ? "tab-draw" : "tab-photo").focus();
  });
  document.addEventListener("keydown", shortcut);
  addEventListener("resize", repaintAll);
}

/** Ctrl Z and Esc, wherever the focus is, while the pad is on show. */
function shortcut(event) {
  if (!isOpen("draw") || event.defaultPrevented) return;
  if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
    event.preventDefault();
    pad.undo();
  } else if (event.key === "Escape" && !document.querySelector("dialog[open], :popover-open")) {
    pad.clear();
  }
}

// --- which picture -------------------------------------------------------------------------------------

function isOpen(tab) {
  return byId(`tab-${tab}`).getAttribute("aria-selected") === "true";
}

function openTab(name) {
  if (isOpen(name)) return;
  for (const each of ["draw", "photo"]) {
    byId(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    byId(`tab-${each}`).tabIndex = each === name ? 0 : -1;
    byId(`panel-${each}`).hidden = each !== name;
  }
  byId("desk").classList.toggle("with-photo", name === "photo");
  byId("draw-tools").hidden = name !== "draw";
  byId("photo-tools").hidden = name !== "photo" || byId("photo").hidden;
  if (name === "draw") padChanged();
  else photo.reopen();
}

function padChanged() {
  const empty = pad.strokes.length === 0;
  byId("invitation").hidden = !empty;
  byId("undo").disabled = !pad.canUndo;
  byId("clear").disabled = empty;
  if (empty) why.unpin();
  take(empty ? null : strokesPicture(pad.strokes));
}

function openDigit(digit) {
  why.unpin();
  take(digit && { bytes: Uint8Array.from(digit.pixels), width: 28, height: 28, normalized: true });
}

function take(next) {
  byId("trouble").textContent = "";
  picture = next;
  read();
}

// --- from picture to answer ----------------------------------------------------------------------------

/** Reads the picture in the next frame. */
function read() {
  if (!frame) frame = requestAnimationFrame(readNow);
}

/**
 * Reads the picture: in full, or while the pen is down only as far as the bars need. Whoever embeds the
 * page hears of it by the event "inkling-answer".
 */
function readNow() {
  frame = 0;
  if (picture === null || model === null) return showNothing();
  const plain = answerTo(model, picture);
  const shown = fool.idle ? picture : distorted(plain);
  let answer = fool.idle ? plain : answerTo(model, shown);
  result.show(answer);
  fool.show(answer, plain);
  if (pad.drawing) {
    walk.showPicture(answer.pixels);
  } else {
    answer = { ...answer, ...explain(answer, why.pinned) };
    walk.show(answer);
    why.show(answer);
  }
  document.dispatchEvent(new CustomEvent("inkling-answer", { detail: { picture: shown, answer } }));
}

function distorted({ pixels }) {
  return { bytes: distort(pixels, fool.settings), width: 28, height: 28, normalized: !fool.tidies };
}

function showNothing() {
  result.show(null);
  fool.show(null, null);
  walk.show(null);
  why.show(null);
}

/** Opens the question of why the answer is not this class. */
function compare(name) {
  const { for: wanted } = why.pair ?? {};
  why.pin(name === wanted ? {} : { for: wanted, against: name });
  byId("why").scrollIntoView();
}

// --- the model and the looks ---------------------------------------------------------------------------

async function chooseModel(id) {
  let next;
  try {
    next = await models.load(id);
  } catch (error) {
    if (chosen) byId("model").value = chosen; // the one before stays
    throw error;
  }
  if (byId("model").value !== id) return; // another one was chosen meanwhile
  [model, chosen] = [next, id];
  byId("trouble").textContent = "";
  result.setClasses(model.about.classes);
  walk.setModel(model.about, model.nondigits !== null);
  why.setClasses(model.about.classes);
  rewriteModel();
  if (isOpen("photo")) photo.readAgain();
  else read();
}

function rewriteModel() {
  if (!model) return;
  byId("model-accuracy").textContent = accuracyOf(model.about);
  showModel(byId("about"), model.about);
  byId("representative").hidden = model.members.length === 1;
  byId("representative").textContent = say(
    "{count} networks answer together. From here on you see the one that comes closest to their mean.",
    { count: inDigits(model.members.length) },
  );
}

function rewrite() {
  labelTheme(byId("theme"));
  for (const view of [result, fool, walk, why, photo]) view.render();
  rewriteModel();
}

function repaintAll() {
  pad.paint();
  repaint();
}

/** Says what went wrong, until something goes well. */
function complain(error) {
  byId("trouble").textContent = say(error.message);
}
