// The page, put together: a picture from the pad or a photo goes to the network, the answer to the views.
//
//   pad.js, photo.js → picture → distort.js → answer.js → result.js, live.js, inspector.js, and once the
//   pen rests explain.js → walk.js, why.js, fool.js
//
//   training.js (what “inkling app” trains) → learning.js → train.js, teach.js, corrections.js, writing.js
//
// How these modules become one script. They are plain modules under three rules, which a test holds:
// every top-level name is unique among them; imports are named, without `as`, one line for each module, and
// never go in circles; exports are written before what they export, one a line. So whoever needs one script puts
// each module behind those it imports, and drops the lines that begin with `import ` and the word
// `export ` elsewhere: page/bundle.py. Only server.js and training.js turn to a server.

import { accuracyOf, showModel } from "./about.js";
import { answerTo } from "./answer.js";
import { distort } from "./distort.js";
import { byId, make } from "./dom.js";
import { Examples } from "./examples.js";
import { explain } from "./explain.js";
import { FoolView } from "./fool.js";
import { Inspector } from "./inspector.js";
import { inDigits, offerLanguages, say } from "./language.js";
import { Learning } from "./learning.js";
import { LiveView } from "./live.js";
import { recall, remember } from "./memory.js";
import { models } from "./models.js";
import { Pad } from "./pad.js";
import { PhotoView } from "./photo.js";
import { ResultView } from "./result.js";
import { savePicture } from "./save.js";
import { BRUSHES, groupStrokes, strokesPicture } from "./strokes.js";
import { Tabs } from "./tabs.js";
import { offerThemes } from "./theme.js";
import { WalkView } from "./walk.js";
import { WhyView } from "./why.js";

const RETRY_AFTER = 2000; // ms

let picture = null; // what is to be read: see answer.js
let digits = []; // on the pad, from left to right: { strokes, brush, picture, reader, answer }
let at = 0; // which of them is read in full
let model = null; // the chosen one: see model_file.js
let chosen = null; // its id
let blank = null; // its answer to a blank picture
let frame = 0; // in which the picture is read

const pad = new Pad(byId("pad"), padChanged);
const result = new ResultView(compare, pick);
const examples = new Examples();
const inspector = new Inspector(byId("inspector"), examples);
const live = new LiveView(byId("live"), byId("bars"), (unit, byKey) => inspector.look(unit, byKey));
const fool = new FoolView(byId("fool"), () => read());
const walk = new WalkView(byId("walk"));
const why = new WhyView(byId("why-title"), byId("why-body"), () => read());
const photo = new PhotoView({
  read: (blob) => models.readPhoto(blob, chosen),
  open: openDigit,
  arrive: () => inputTabs.open("photo"),
});
const inputTabs = new Tabs(byId("tabs"), sourceOpened);
const learning = new Learning({ pad, draw: () => inputTabs.open("draw"), read, listAgain, useModel, complain });

start();

function start() {
  document.documentElement.classList.toggle("embedded", models.embedded);
  if (models.embedded) byId("model-accuracy").removeAttribute("href"); // what it leads to is hidden
  listModels();
  begin(); // the model comes while the page is painted
  listen();
  result.setClasses([..."0123456789"]);
  offerLanguages(byId("language"), render);
  offerThemes(byId("theme"), render);
  openLastDrawing();
  if (models.server) learning.offer();
}

/** Loads the first model, and tries again until there is one. */
async function begin() {
  try {
    await chooseModel(byId("model").value);
  } catch (error) {
    complain(error);
    setTimeout(begin, RETRY_AFTER);
  }
}

function listModels() {
  const options = models.entries.map(({ id, name }) => make("option", { value: id }, name));
  const known = (id) => models.entries.some((entry) => entry.id === id);
  const id = [byId("model").value, recall(`model-${models.default}`)].find(known) ?? models.default;
  byId("model").replaceChildren(...options);
  byId("model").value = id;
  const other = otherModel();
  byId("other-model").hidden = !other;
  if (!other) return;
  const name = other.architecture.split("-").slice(1, -1).join("-");
  const words = say("Another network: {name}", { name });
  byId("other-model").textContent = name;
  byId("other-model").setAttribute("aria-label", words);
  byId("other-model").title = words;
}

/** Lists the models that there are now; another one takes the place of a chosen one that is gone or replaced. */
async function listAgain() {
  await models.refresh();
  listModels();
  await chooseModel(byId("model").value);
}

/** The model that one click leads to: the smallest, and from there the first of the others. */
function otherModel() {
  const size = ({ architecture }) => architecture.split("-").slice(1).reduce((sum, units) => sum + Number(units), 0);
  const [smallest] = [...models.entries].sort((one, other) => size(one) - size(other));
  return [smallest, ...models.entries].find(({ id }) => id !== byId("model").value);
}

function listen() {
  byId("model").addEventListener("change", (event) => chooseModel(event.target.value).catch(complain));
  byId("model").addEventListener("focus", () => listAgain().catch(complain));
  byId("other-model").addEventListener("click", () => {
    byId("model").value = otherModel().id;
    chooseModel(byId("model").value).catch(complain);
  });
  byId("undo").addEventListener("click", () => pad.undo());
  byId("redo").addEventListener("click", () => pad.redo());
  byId("clear").addEventListener("click", () => pad.clear());
  byId("thinner").addEventListener("click", () => pad.turnBrush(-1));
  byId("thicker").addEventListener("click", () => pad.turnBrush(1));
  byId("save").addEventListener("click", save);
  byId("projector").addEventListener("click", () => {
    const on = document.documentElement.toggleAttribute("data-projector");
    byId("projector").setAttribute("aria-pressed", String(on));
  });
  for (const element of document.querySelectorAll("[data-photo]")) element.hidden = !models.server;
  byId("tabs").hidden = !models.server;
  document.addEventListener("keydown", shortcut);
  addEventListener("resize", () => { pad.paint(); live.render(); }); // also on a screen with another resolution
}

/** Saves a picture, for which the network must be on show. */
async function save() {
  if (learning.open) {
    learning.close();
    await new Promise((painted) => { requestAnimationFrame(() => requestAnimationFrame(painted)); });
  }
  savePicture(result.sentence());
}

/** Ctrl Z and Shift Ctrl Z, wherever the focus is, while the pad is on show. */
function shortcut(event) {
  if (inputTabs.current !== "draw" || event.defaultPrevented) return;
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (event.shiftKey) pad.redo();
  else pad.undo();
}

// --- which picture -------------------------------------------------------------------------------------

function sourceOpened(name) {
  byId("stage").classList.toggle("with-photo", name === "photo");
  byId("draw-tools").hidden = name !== "draw";
  byId("photo-tools").hidden = name !== "photo" || byId("photo").hidden;
  if (name === "draw") padChanged();
  else photo.reopen();
}

function padChanged() {
  const { strokes, brush } = pad;
  const empty = strokes.length === 0;
  byId("invitation").hidden = !empty;
  byId("undo").disabled = !pad.canUndo;
  byId("redo").disabled = !pad.canRedo;
  byId("clear").disabled = byId("save").disabled = empty;
  byId("thinner").disabled = brush === BRUSHES[0];
  byId("thicker").disabled = brush === BRUSHES[BRUSHES.length - 1];
  if (empty) {
    why.unpin();
    fool.undo();
  }
  const newest = strokes[strokes.length - 1];
  digits = groupStrokes(strokes, brush).map((group) => {
    const before = digits.find((one) => one.brush === brush && sameStrokes(one.strokes, group));
    const isNew = !before || group.includes(newest);
    return isNew ? { strokes: group, brush, picture: strokesPicture(group, brush) } : before;
  });
  pick(digits.findIndex((digit) => digit.strokes.includes(newest)));
  if (!pad.drawing) remember("drawing", JSON.stringify(strokes));
  remember("brush", String(brush));
}

function sameStrokes(some, others) {
  return some.length === others.length && some.every((stroke, i) => stroke === others[i]);
}

function openLastDrawing() {
  try {
    const strokes = JSON.parse(recall("drawing")) ?? [];
    const isStroke = (points) => points.length && points.every(({ x, y }) => isFinite(x + y));
    if (strokes.every(isStroke)) pad.open(strokes, Number(recall("brush")));
  } catch {
    // It was not written by this page.
  }
}

/** Looks at one of the digits on the pad. */
function pick(number) {
  at = number;
  take(digits[at]?.picture ?? null);
}

function openDigit(digit) {
  why.unpin();
  digits = [];
  take(digit && pictureOf(digit.pixels));
}

function take(next) {
  byId("trouble").textContent = "";
  picture = next;
  learning.show(picture);
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
  learning.read(plain.pixels);
  const shown = fool.idle ? picture : pictureOf(distort(plain.pixels, fool.settings));
  let answer = fool.idle ? plain : answerTo(model, shown);
  result.show(answer, digits.map((digit, i) => (i === at ? answer : answerOf(digit))), at);
  live.show(answer);
  inspector.show(answer);
  if (!pad.drawing) {
    answer = { ...answer, ...explain(answer, why.pinned) };
    fool.show(answer);
    walk.show(answer);
    why.show(answer);
    examples.show(answer.member, () => inspector.render());
  }
  document.dispatchEvent(new CustomEvent("inkling-answer", { detail: { picture: shown, answer } }));
}

function answerOf(digit) {
  if (digit.reader !== model) [digit.reader, digit.answer] = [model, answerTo(model, digit.picture)];
  return digit.answer;
}

/** The picture of pixels that are as the network sees them. */
function pictureOf(pixels) {
  return { bytes: Uint8Array.from(pixels), width: 28, height: 28, normalized: true };
}

function showNothing() {
  learning.read(null);
  result.show(null);
  live.show(null);
  inspector.show(blank);
  fool.show(null);
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
    if (chosen && [id, ""].includes(byId("model").value)) byId("model").value = chosen; // the one before stays
    throw error;
  }
  if (byId("model").value !== id || next === model) return; // another one was chosen meanwhile, or the same
  [model, chosen] = [next, id];
  byId("trouble").textContent = "";
  result.setClasses(model.about.classes);
  learning.setModel(id, model.about.classes);
  walk.setModel(model.about, model.nondigits !== null);
  why.setClasses(model.about.classes);
  blank = answerTo(model, pictureOf(Array(28 * 28).fill(0)));
  live.setModel(blank);
  examples.show(blank.member, () => inspector.render());
  remember(`model-${models.default}`, id); // or --model would be in vain
  listModels();
  rewriteModel();
  if (inputTabs.current === "photo") photo.readAgain();
  read();
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

/** Writes and paints everything again, in another language or other colors. */
function render() {
  listModels();
  pad.paintNow();
  for (const view of [result, live, inspector, fool, walk, why, photo, learning]) view.render();
  rewriteModel();
}

/** Chooses a model of the app, which may be a new one. */
async function useModel(id) {
  await models.refresh();
  listModels();
  byId("model").value = id;
  await chooseModel(id);
}

/** Says what went wrong, until something goes well: null. */
function complain(error) {
  byId("trouble").textContent = error ? say(error.message) : "";
}
