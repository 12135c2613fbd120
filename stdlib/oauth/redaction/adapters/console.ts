/**
 * Redaction for the console.
 *
 * @module
 */

import { Console as NodeConsole } from "node:console";
import { Writable } from "node:stream";
import { format, inspect, type InspectOptions } from "node:util";
import { tryCanary } from "./canary.ts";
import { type AdapterRedactor, failClosed, type Redacts, unscannable } from "./fail-closed.ts";
import { inspectable } from "./inspectable.ts";

/** The methods of a console that lines are written with. */
export type ConsoleTarget = Pick<Console, "debug" | "error" | "info" | "log" | "warn"> &
  Partial<Pick<Console, "clear" | "profile" | "profileEnd" | "timeStamp">>;

/**
 * A console that writes redacted text to `target`, without colours. All methods of Node's console are there; what they print is
 * formatted as Node does and arrives as one text at `log`, `info`, `debug`, `warn` or `error` of `target` (`trace` at
 * `error`, `assert` at `warn`, the others at `log`). Objects are redacted by field name before they are formatted, then the text
 * is; errors show stack, cause and own members; a class instance shows its fields without the name of its class.
 *
 * `globalThis.console = redactingConsole(redactor)` covers all code that does not keep the old one or write to the streams itself.
 * The methods of `target` are taken once, so replacing them later changes nothing. No method throws; what cannot be shown becomes
 * `<redacted:unscannable:0>`.
 *
 * @throws OAuthError HARN-OAU-011 when a token that is sent through comes out.
 */
export function redactingConsole(redactor: AdapterRedactor, target: ConsoleTarget = console): Console {
  tryCanary(redactor, "console", (through, secret) => {
    const shown: string[] = [];
    const write = (...parts: unknown[]): void => void shown.push(format(...parts));
    const probe = consoleOver(failClosed(through), {
      debug: write,
      error: write,
      info: write,
      log: write,
      warn: write,
    });
    probe.log("token %s", secret, { text: secret, list: [`Bearer ${secret}`] });
    probe.error(new Error(secret, { cause: new Error(secret) }));
    probe.dir({ deep: { deep: { [secret]: new Map([[secret, secret]]) } } }, { depth: null });
    probe.table([{ text: secret }]);
    probe.count(secret);
    return shown.join("\n");
  });
  return consoleOver(failClosed(redactor), target);
}

type Outlet = "debug" | "error" | "info" | "log" | "warn";

/** `redactor` never throws. */
function consoleOver(redactor: Redacts, target: ConsoleTarget): Console {
  const outlets: Readonly<Record<Outlet, (text: string) => void>> = {
    debug: target.debug.bind(target),
    error: target.error.bind(target),
    info: target.info.bind(target),
    log: target.log.bind(target),
    warn: target.warn.bind(target),
  };
  let outlet: Outlet = "log";
  const stream = new Writable({
    decodeStrings: false,
    write(text: unknown, _encoding, done) {
      try {
        outlets[outlet](redactor.redact(String(text).replace(/\n$/, "")));
      } catch {
        // A target that fails loses its line; the console goes on.
      } finally {
        done();
      }
    },
  });
  // Formats, counts, indents and keeps time as Node does.
  const inner = new NodeConsole({ stdout: stream, stderr: stream, colorMode: false });
  const print = (to: Outlet, call: () => void): void => {
    outlet = to;
    try {
      call();
    } catch {
      stream.write(`${unscannable(0)}\n`);
    }
  };
  const rendered = (parts: readonly unknown[]): string => renderedText(parts, redactor);
  const label = (given: unknown): string => redactor.redact(String(given));
  const printing =
    (to: Outlet, method: Outlet | "group" = to) =>
    (...parts: unknown[]): void =>
      print(to, () => (parts.length === 0 ? inner[method]() : inner[method](rendered(parts))));
  const trace = (...parts: unknown[]): void =>
    print("error", () => {
      const here = new Error(rendered(parts));
      here.name = "Trace";
      Error.captureStackTrace(here, trace);
      inner.error(here.stack);
    });
  return {
    Console: NodeConsole,
    debug: printing("debug"),
    error: printing("error"),
    info: printing("info"),
    log: printing("log"),
    warn: printing("warn"),
    trace,
    dirxml: printing("log"),
    group: printing("log", "group"),
    groupCollapsed: printing("log", "group"),
    groupEnd: () => inner.groupEnd(),
    assert(condition?: unknown, ...parts: unknown[]) {
      if (condition) return;
      print("warn", () => (parts.length === 0 ? inner.assert(false) : inner.assert(false, rendered(parts))));
    },
    dir(value?: unknown, options?: InspectOptions) {
      print("log", () => {
        const shown = typeof value === "string" ? redactor.redact(value) : inspectable(value, redactor);
        // The stand-ins for functions and the like are shown by an inspect function of their own.
        inner.log(redactor.redact(inspect(shown, { ...options, customInspect: true })));
      });
    },
    table(rows?: unknown, columns?: readonly string[]) {
      print("log", () => {
        const shown = typeof rows === "string" ? redactor.redact(rows) : inspectable(rows, redactor);
        inner.table(shown, columns);
      });
    },
    // Node warns of unknown labels past the console, so labels are redacted before.
    count: (given: unknown = "default") => print("log", () => inner.count(label(given))),
    countReset: (given: unknown = "default") => print("log", () => inner.countReset(label(given))),
    time: (given: unknown = "default") => print("log", () => inner.time(label(given))),
    timeEnd: (given: unknown = "default") => print("log", () => inner.timeEnd(label(given))),
    timeLog(given: unknown = "default", ...parts: unknown[]) {
      print("log", () => {
        if (parts.length === 0) inner.timeLog(label(given));
        else inner.timeLog(label(given), rendered(parts));
      });
    },
    clear: () => print("log", () => target.clear?.()),
    profile: (given?: unknown) => print("log", () => target.profile?.(label(given ?? ""))),
    profileEnd: (given?: unknown) => print("log", () => target.profileEnd?.(label(given ?? ""))),
    timeStamp: (given?: unknown) => print("log", () => target.timeStamp?.(label(given ?? ""))),
  };
}

/**
 * `util.format` of the parts, redacted. A text by itself may name a credential by what it begins with (`access_token=…`); only
 * the whole shows that `token=%s` does, or `Bearer` before the next part. So a match at the end of a part is left open
 * until the whole has been redacted.
 */
function renderedText(parts: readonly unknown[], redactor: Redacts): string {
  const [first] = parts;
  const isFormat = typeof first === "string" && parts.length > 1 && /%[sdifjoOc]/.test(first);
  const open = new Map<string, string>();
  const shown = parts.map((part, at) => {
    if (typeof part !== "string") return inspectable(part, redactor);
    if (isFormat && at === 0) return part;
    const alone = redactor.redact(part);
    const opened = openEnded(part, alone);
    if (opened !== alone) open.set(opened, alone);
    return opened;
  });
  let whole = redactor.redact(format(...shown));
  for (const [opened, alone] of open) whole = whole.replaceAll(opened, () => alone);
  return whole;
}

/** The redacted text with the match at its end, if there is one, as it was. */
function openEnded(text: string, redacted: string): string {
  const [last, bytes] = /<redacted:[\w.-]{1,64}:(\d{1,15})>$/.exec(redacted) ?? [];
  if (last === undefined || text.endsWith(last)) return redacted;
  const raw = Buffer.from(text);
  return redacted.slice(0, -last.length) + raw.subarray(raw.length - Number(bytes)).toString();
}
