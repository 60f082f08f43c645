// The page, put together: a picture from the pad or a photo goes to the network, the answer to the views.
//
//   pad.js, photo.js → picture → distort.js → answers.js → result.js, walk.js, why.js, fool.js
//
// How these modules become one script. They are plain modules under three rules, which a test holds:
// every top-level name is unique among them; imports are named, one a line, without `as`, and never go
// in circles; exports are written before what they export, one a line. So whoever needs one script puts
// each module behind those it imports, and drops the lines that begin with `import ` and the word
// `export ` elsewhere. Only answers.js knows that there is a server; another one can take its place.

import { FoolView } from "./fool.js";
import { Newest } from "./newest.js";
import { Pad } from "./pad.js";
import { PhotoView } from "./photo.js";
import { ResultView } from "./result.js";
import { WalkView } from "./walk.js";
import { WhyView } from "./why.js";
import { accuracyOf } from "./about.js";
import { answers } from "./answers.js";
import { byId } from "./dom.js";
import { distort } from "./distort.js";
import { inDigits } from "./language.js";
import { labelTheme } from "./theme.js";
import { make } from "./dom.js";
import { offerLanguages } from "./language.js";
import { offerThemes } from "./theme.js";
import { repaint } from "./palette.js";
import { say } from "./language.js";
import { showModel } from "./about.js";
import { strokesPicture } from "./strokes.js";

const TROUBLE_STAYS = 8000; // ms

let picture = null; // what is to be read: see answers.js
let model = null; // what /api/model says of the chosen one
let plain = {}; // the last answer to an undistorted picture: { picture, model, answer }

let troubleTimer = 0;

const newest = new Newest(ask, show, complain);
const pad = new Pad(byId("pad"), padChanged);
const result = new ResultView(compare);
const fool = new FoolView(byId("fool"), () => read());
const walk = new WalkView(byId("walk"));
const why = new WhyView(byId("why-title"), byId("why-body"), () => read());
const photo = new PhotoView({
  read: (blob) => answers.read(blob, model.id),
  open: openDigit,
  arrive: () => openTab("photo"),
  fail: complain,
});

start();

async function start() {
  offerThemes(byId("theme"), repaintAll);
  offerLanguages(byId("language"), rewrite);
  listen();
  result.setClasses([..."0123456789"]);
  rewrite();
  try {
    const { models, default: first } = await answers.models();
    byId("model").replaceChildren(...models.map(({ id, name }) => make("option", { value: id }, name)));
    byId("model").value = first;
    await chooseModel(first);
  } catch (error) {
    complain(error);
  }
}

function listen() {
  byId("model").addEventListener("change", (event) => chooseModel(event.target.value).catch(complain));
  byId("undo").addEventListener("click", () => pad.undo());
  byId("clear").addEventListener("click", () => pad.clear());
  for (const element of document.querySelectorAll("[data-photo]")) element.hidden = !answers.read;
  for (const name of ["draw", "photo"]) byId(`tab-${name}`).addEventListener("click", () => openTab(name));
  byId("tabs").addEventListener("keydown", (event) => {
    if (!answers.read || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
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
  picture = next;
  read();
}

// --- from picture to answer ----------------------------------------------------------------------------

/** Reads the picture: in full, or while the pen is down only as far as the bars need. */
function read() {
  if (picture === null || model === null) {
    newest.forget();
    showNothing();
    return;
  }
  const { idle, tidies, settings } = fool;
  const distortion = idle ? null : { tidies, settings };
  newest.request({ picture, model, distortion, inFull: !pad.drawing, pair: why.pinned });
}

async function ask(question) {
  const { picture: drawn, model: reader, distortion, inFull, pair } = question;
  const answer = (what) => inFull
    ? answers.inside(what, pair, reader.id)
    : answers.predict(what, reader.id);
  if (!distortion) return answer(drawn);
  if (plain.picture !== drawn || plain.model !== reader) {
    plain = { picture: drawn, model: reader, answer: await answers.predict(drawn, reader.id) };
  }
  const bytes = distort(plain.answer.pixels, distortion.settings);
  return answer({ bytes, width: 28, height: 28, normalized: !distortion.tidies });
}

function show(answer, question) {
  if (!question.distortion) plain = { picture: question.picture, model: question.model, answer };
  result.show(answer);
  fool.show(answer, plain.answer);
  if (answer.layers) {
    walk.show(answer);
    why.show(answer);
  } else {
    walk.showPicture(answer.pixels);
  }
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
  const next = await answers.model(id);
  if (byId("model").value !== id) return; // another one was chosen meanwhile
  model = next;
  result.setClasses(model.classes);
  walk.setModel(model);
  why.setClasses(model.classes);
  rewriteModel();
  if (isOpen("photo")) photo.readAgain();
  else read();
}

function rewriteModel() {
  if (!model) return;
  byId("model-accuracy").textContent = accuracyOf(model);
  showModel(byId("about"), model);
  byId("representative").hidden = model.members === 1;
  byId("representative").textContent = say(
    "{count} networks answer together. From here on you see the one that comes closest to their mean.",
    { count: inDigits(model.members) },
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

/** Says what went wrong, for a while. */
function complain(error) {
  byId("trouble").textContent = say(error.message);
  clearTimeout(troubleTimer);
  troubleTimer = setTimeout(() => { byId("trouble").textContent = ""; }, TROUBLE_STAYS);
}
