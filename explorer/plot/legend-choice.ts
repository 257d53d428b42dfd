/** Which series of a legend are shown. */

/** Keys of hidden series. It outlasts a refresh, so a series that comes back stays hidden. */
export type Hidden = ReadonlySet<string>;

export const NONE_HIDDEN: Hidden = new Set();

/** A click: this series alone, or all again if it is alone already. */
export function toggleAlone(hidden: Hidden, keys: readonly string[], key: string): Hidden {
  const isAlone = !hidden.has(key) && keys.every((one) => one === key || hidden.has(one));
  return isAlone ? NONE_HIDDEN : new Set(keys.filter((one) => one !== key));
}

/** A Ctrl-click: this series more or less. With none left, all are shown again. */
export function toggleOne(hidden: Hidden, keys: readonly string[], key: string): Hidden {
  const next = new Set(hidden);
  if (!next.delete(key)) next.add(key);
  return keys.every((one) => next.has(one)) ? NONE_HIDDEN : next;
}
