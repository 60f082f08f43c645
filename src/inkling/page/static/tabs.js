// A list of tabs, with ids tab-NAME for panels panel-NAME.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: "first", End: "last" };

export class Tabs {
  /** opened(name) is called when another tab opens. */
  constructor(list, opened) {
    this.opened = opened;
    this.tabs = [...list.querySelectorAll('[role="tab"]')];
    for (const tab of this.tabs) tab.addEventListener("click", () => this.open(nameOf(tab)));
    list.addEventListener("keydown", (event) => this.#keyDown(event));
  }

  get current() {
    return nameOf(this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true"));
  }

  open(name) {
    if (name === this.current) return;
    for (const tab of this.tabs) {
      const isOpen = nameOf(tab) === name;
      tab.setAttribute("aria-selected", String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isOpen;
    }
    this.opened(name);
  }

  #keyDown(event) {
    if (!(event.key in STEPS)) return;
    event.preventDefault(); // or the page would scroll
    const shown = this.tabs.filter((tab) => !tab.hidden);
    const at = shown.findIndex((tab) => nameOf(tab) === this.current);
    const step = STEPS[event.key];
    const next = { first: 0, last: shown.length - 1 }[step] ?? (at + step + shown.length) % shown.length;
    this.open(nameOf(shown[next]));
    shown[next].focus();
  }
}

function nameOf(tab) {
  return tab.id.replace("tab-", "");
}
