/**
 * A pipeline that describes the whole realm it runs in: every object that can be reached from the globals, the std
 * modules and the prototypes that have no name, with its prototype, own keys and descriptors. Two realms with the same
 * text look the same to a script.
 *
 * @module
 */

/** The pipeline; its result is the description, a line for each object. */
export function fingerprintSource(stdModules: readonly string[]): string {
  const imports = stdModules.map((name, index) => `import * as std${index} from ${JSON.stringify(name)};`);
  return `${imports.join("\n")}
const roots = [
  globalThis, ${stdModules.map((_, index) => `std${index}`).join(", ")},
  [].values(), new Map().entries(), new Set().values(), "a".matchAll(/a/g), "a"[Symbol.iterator](), /a/,
  function () {}, function* () {}, async function () {}, async function* () {}, (function* () {})(), (async function* () {})(),
  Iterator.from({ next() {} }), [].values().map((x) => x), Promise.resolve(), new Uint8Array(1), new Error("e"),
];
const numbers = new Map();
const queue = [];
function text(value) {
  if (typeof value === "symbol") return value.toString();
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return typeof value + ":" + String(value);
  if (!numbers.has(value)) {
    numbers.set(value, numbers.size);
    queue.push(value);
  }
  return "#" + numbers.get(value);
}
for (const root of roots) text(root);
const lines = [];
while (queue.length > 0) {
  const object = queue.shift();
  const parts = [text(object), text(Object.getPrototypeOf(object)), Object.isExtensible(object)];
  for (const key of Reflect.ownKeys(object)) {
    // Where these roots stand in this source is not part of the realm.
    if (key === "stack" || key === "lineNumber" || key === "columnNumber") continue;
    const { value, get, set, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(object, key);
    parts.push(text(key), text(value), text(get), text(set), [writable, enumerable, configurable].join());
  }
  lines.push(parts.join(" "));
}
export const result = lines.join("\\n");
`;
}
