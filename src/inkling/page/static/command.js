// The command that trains the same network, bit for bit.

const OPTIONS = { learning_rate: "lr" };
const OF_THE_OPTIMIZER = ["learning_rate", "weight_decay"]; // each optimizer has its own defaults

/** → such as "inkling train --data pen --hidden 64"; null for a run that is one already, or was stopped. */
export function commandOf({ source, settings, stopped }, defaults) {
  if (!source || !settings || !defaults || stopped) return null;
  const changes = changesIn(settings, defaults);
  if ("optimizer" in changes) for (const name of OF_THE_OPTIMIZER) changes[name] = settings[name];
  return ["inkling train", `--data ${quoted(source)}`, ...optionsOf(changes)].join(" ");
}

/** → the settings that differ from the defaults. */
export function changesIn(settings, defaults) {
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => {
    return value !== null && JSON.stringify(value) !== JSON.stringify(defaults[name]);
  }));
}

/** → settings as options of the command line. */
export function optionsOf(settings) {
  return Object.entries(settings).map(([name, value]) => {
    const option = OPTIONS[name] ?? name.replaceAll("_", "-");
    if (typeof value === "boolean") return value ? `--${option}` : `--no-${option}`;
    return `--${option} ${Array.isArray(value) ? value.join(",") || "none" : value}`;
  });
}

function quoted(name) {
  return /^[\w.+][\w./+-]*$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
