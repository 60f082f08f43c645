// The command that trains the same network, bit for bit.

const OPTIONS = { learning_rate: "lr" };

/** → such as "inkling train --data pen --hidden 64"; null for a run that is one already. */
export function commandOf({ source, settings }, defaults) {
  if (!source || !settings || !defaults) return null;
  const changed = Object.entries(settings).filter(([name, value]) => {
    return value !== null && JSON.stringify(value) !== JSON.stringify(defaults[name]);
  });
  return ["inkling train", `--data ${quoted(source)}`, ...changed.map(option)].join(" ");
}

function option([name, value]) {
  if (name === "shuffle") return "--no-shuffle";
  const words = Array.isArray(value) ? value.join(",") || "none" : value;
  return `--${OPTIONS[name] ?? name.replaceAll("_", "-")} ${words}`;
}

function quoted(name) {
  return /^[\w.+-][\w./+-]*$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
