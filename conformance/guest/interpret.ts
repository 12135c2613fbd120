/**
 * Runs a case's program: the same code in the sandbox, in Node, and before an adapter. It imports nothing and needs no
 * more than the language, because the sandbox gets this file as it is.
 *
 * @module
 */

import type {
  InnerTrace,
  Outcome,
  Program,
  ProgramCall,
  ProgramStep,
  StepTrace,
  ThrownError,
} from "../program.ts";

type Function = (...args: unknown[]) => unknown;
type Members = Readonly<Record<string, unknown>>;

/** What a mode gives to the interpreter. */
export interface Surroundings {
  /** The std/oauth modules by the last part of their name. */
  readonly modules: Readonly<Record<string, Members>>;
  /** Given instead of the program's storage. */
  readonly storage?: unknown;
  /** Moves the clock; 0 says that the preparation is over. */
  advance(seconds: number): unknown;
}

/** Runs the program to its end, or to the first step that fails without leave. Never throws. */
export async function interpret(around: Surroundings, program: Program): Promise<InnerTrace> {
  const values: Record<string, unknown> = { ...program.values };
  const calls: Record<string, unknown[]> = {};
  const map = new Map<unknown, unknown>();
  const steps: StepTrace[] = [];

  const functionOf = (called: string, on: string): Function => {
    const dot = called.indexOf(".");
    const owner = dot < 0 ? lookUp(values, on) : around.modules[called.slice(0, dot)];
    const name = called.slice(dot + 1);
    const found = typeof owner === "object" && owner !== null ? (owner as Members)[name] : undefined;
    if (typeof found !== "function")
      throw new TypeError(`there is no function ${dot < 0 ? `${on}.` : ""}${called}`);
    return found as Function;
  };

  const make = async ({ call, args }: ProgramCall): Promise<unknown> =>
    await functionOf(call, "")(...args.map(valueOf));

  const recordCall = (name: string, args: readonly unknown[]): void => {
    (calls[name] ??= []).push(args.map(plainOf));
  };

  const guestFunction = (given: Members): Function => {
    const kind = String(given["$fn"]);
    const name = typeof given["name"] === "string" ? given["name"] : kind;
    switch (kind) {
      case "record":
        return (...args) => {
          recordCall(name, args);
          return given["returns"] === undefined ? undefined : valueOf(given["returns"]);
        };
      case "throw":
        return (...args) => {
          recordCall(name, args);
          throw new Error("thrown by the case");
        };
      case "never":
        return (...args) => {
          recordCall(name, args);
          return new Promise(() => {});
        };
      case "steps":
        return async (...args) => {
          recordCall(name, args);
          let last: unknown;
          for (const step of given["steps"] as readonly ProgramStep[]) last = await callOnce(step);
          return last;
        };
      case "lock_spy":
        return async (key, body) => {
          recordCall(name, ["enter", key]);
          await (body as Function)();
          recordCall(name, ["leave", key]);
        };
      case "lock_skip":
        return (key) => recordCall(name, [key]);
      case "map_get":
        return (key) => map.get(key) ?? null;
      case "map_set":
        return (key, set) => void map.set(key, set);
      case "map_delete":
        return (key) => void map.delete(key);
      default:
        throw new TypeError(`the case names the unknown function ${kind}`);
    }
  };

  function valueOf(data: unknown): unknown {
    if (typeof data === "string") return textOf(data, values);
    if (typeof data !== "object" || data === null) return data;
    if (Array.isArray(data)) return data.map(valueOf);
    const members = data as Members;
    if ("$fn" in members) return guestFunction(members);
    if ("$bytes" in members) return bytesOf(String(members["$bytes"]));
    return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, valueOf(value)]));
  }

  async function callOnce({ call, on, args }: ProgramStep): Promise<unknown> {
    return await functionOf(call, on)(...args.map(valueOf));
  }

  async function outcomeOf(step: ProgramStep): Promise<Outcome> {
    try {
      const value = await callOnce(step);
      if (step.as !== null) values[step.as] = value;
      return { value: plainOf(value) ?? null };
    } catch (error) {
      return { error: errorOf(error) };
    }
  }

  async function run(step: ProgramStep): Promise<StepTrace> {
    if (step.advance > 0) await around.advance(step.advance);
    const parts = await Promise.all(step.parallel.map(run));
    const runs =
      step.call === "" ? [] : await Promise.all(Array.from({ length: step.times }, () => outcomeOf(step)));
    return { runs, parts };
  }

  const trace = (
    unprepared: ThrownError | null,
    storage: Members,
    audit: readonly unknown[],
  ): InnerTrace => ({
    unprepared,
    steps,
    values: plainOf(values) as Members,
    calls,
    storage,
    audit,
  });

  try {
    for (const { name, regex } of program.patterns)
      await functionOf("redaction.register_pattern", "")(name, regex);
    values["provider"] = await make(program.provider);
    values["storage"] = program.storage === null ? around.storage : await make(program.storage);
    if (program.client !== null) values["client"] = await make(program.client);
    for (const { key, set } of program.stored)
      await functionOf("set", "$storage")(key ?? lookUp(values, "$client.storage_key"), set);
    await around.advance(0);
  } catch (error) {
    return trace(errorOf(error), {}, []);
  }
  for (const step of program.steps) {
    const made = await run(step);
    steps.push(made);
    if (!isAllowed(step, made)) break;
  }
  const storage: Record<string, unknown> = {};
  for (const key of program.read) {
    try {
      storage[key] = plainOf(await functionOf("get", "$storage")(key)) ?? null;
    } catch (error) {
      storage[key] = { error: errorOf(error) };
    }
  }
  const audit = program.audit
    ? ((await functionOf("redaction.drain_audit", "")()) as readonly unknown[])
    : [];
  return trace(null, storage, audit);
}

/** False when a call failed that may not. */
function isAllowed(step: ProgramStep, { runs, parts }: StepTrace): boolean {
  return (
    (step.mayThrow || runs.every((outcome) => "value" in outcome)) &&
    parts.every((part, index) => {
      const inner = step.parallel[index];
      return inner === undefined || isAllowed(inner, part);
    })
  );
}

/** A text with its references put in: `$name` alone is the value itself, `${name}` becomes part of the text. */
function textOf(text: string, values: Members): unknown {
  if (text.startsWith("$$")) return text.slice(1);
  if (/^\$[a-z_][\w.]*$/.test(text)) {
    const found = lookUp(values, text);
    if (found === undefined) throw new TypeError(`there is no value ${text}`);
    return found;
  }
  return text.replace(/\$\{([a-z_][\w.]*)\}/g, (_, name: string) => {
    const found = lookUp(values, `$${name}`);
    if (typeof found !== "string" && typeof found !== "number")
      throw new TypeError(`there is no text ${name}`);
    return String(found);
  });
}

function lookUp(values: Members, reference: string): unknown {
  let found: unknown = values;
  for (const name of reference.slice(1).split("."))
    found = typeof found === "object" && found !== null ? (found as Members)[name] : undefined;
  return found;
}

/** The data of a value: functions are left out, bytes become `{$bytes}`. */
function plainOf(value: unknown): unknown {
  if (typeof value === "function" || value === undefined) return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { $bytes: btoa(String.fromCharCode(...value)) };
  if (Array.isArray(value)) return value.map((item) => plainOf(item) ?? null);
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, plainOf(member)] as const)
      .filter(([, member]) => member !== undefined),
  );
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** What a thrown value says about itself. */
export function errorOf(error: unknown): ThrownError {
  const said = (typeof error === "object" && error !== null ? error : {}) as Members;
  const text = (name: string): string | null => (typeof said[name] === "string" ? said[name] : null);
  return {
    name: text("name") ?? "(no error)",
    code: text("code"),
    message: text("message") ?? JSON.stringify(error) ?? "(nothing)",
    retryable: said["retryable"] === true,
    hint: text("hint"),
    details: plainOf(said["details"]) ?? null,
  };
}
