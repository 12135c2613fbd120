/**
 * What spans and log records have in common, redacted. The types name what is read of OpenTelemetry's own, in SDK 1 and 2.
 *
 * @module
 */

import { credentialField } from "../../field-names.ts";
import type { Redacts } from "../fail-closed.ts";

/** Attributes by name: text, numbers, booleans, lists of them; in log records also bytes and nested ones. */
export type Attributes = object;

export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean | undefined;
  readonly traceState?: { serialize(): string } | undefined;
}

export interface InstrumentationScope {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  readonly attributes?: Attributes | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

export interface Resource {
  readonly attributes: Attributes;
  readonly schemaUrl?: string | undefined;
  readonly asyncAttributesPending?: boolean | undefined;
  waitForAsyncAttributes?(): Promise<void>;
  merge(other: never): Resource;
}

/** Redacts the parts. Exporters group by the identity of resource and scope, so each of those has one redacted view. */
export class Parts {
  readonly #redactor: Redacts;
  readonly #resources = new WeakMap<Resource, Resource>();
  readonly #scopes = new WeakMap<InstrumentationScope, InstrumentationScope>();

  /** `redactor` never throws. */
  constructor(redactor: Redacts) {
    this.#redactor = redactor;
  }

  text<Text extends string | undefined>(text: Text): Text {
    return (typeof text === "string" ? this.#redactor.redact(text) : text) as Text;
  }

  /** The body of a log record, of any shape. */
  body(body: unknown): unknown {
    return this.#redactor.redactValue(body);
  }

  /**
   * A redacted copy. A name is a path (`http.request.header.authorization`), so its last part counts as the field's name too.
   * Without attributes when they cannot be read.
   */
  attributes(attributes: Attributes): Record<string, unknown> {
    const copy = this.#redactor.redactValue(attributes);
    if (!isRecord(copy)) return {};
    for (const [name, value] of Object.entries(copy)) {
      const last = name.slice(name.lastIndexOf(".") + 1);
      if (last === name || credentialField(last) === null) continue;
      const field = this.#redactor.redactValue({ [last]: value });
      copy[name] = isRecord(field) ? Object.values(field)[0] : field;
    }
    return copy;
  }

  /** Trace state is for machines: one that holds a secret is left out, as no placeholder may stand in it (W3C Trace Context §3.3). */
  spanContext<Context extends SpanContext | undefined>(context: Context): Context {
    if (context === undefined) return context;
    const { traceId, spanId, traceFlags, isRemote, traceState } = context;
    const state = traceState?.serialize();
    return {
      traceId,
      spanId,
      traceFlags,
      ...(isRemote === undefined ? {} : { isRemote }),
      ...(state === undefined || this.text(state) !== state ? {} : { traceState }),
    } as Context;
  }

  resource(resource: Resource): Resource {
    const known = this.#resources.get(resource);
    if (known !== undefined) return known;
    const view = new ResourceView(resource, this);
    this.#resources.set(resource, view);
    return view;
  }

  scope(scope: InstrumentationScope): InstrumentationScope {
    const known = this.#scopes.get(scope);
    if (known !== undefined) return known;
    const view = {
      name: this.text(scope.name),
      version: this.text(scope.version),
      schemaUrl: this.text(scope.schemaUrl),
      ...(scope.attributes === undefined ? {} : { attributes: this.attributes(scope.attributes) }),
      ...(scope.droppedAttributesCount === undefined
        ? {}
        : { droppedAttributesCount: scope.droppedAttributesCount }),
    };
    this.#scopes.set(scope, view);
    return view;
  }
}

/** Reads the resource when it is read itself: its attributes may settle later. */
class ResourceView implements Resource {
  readonly #resource: Resource;
  readonly #parts: Parts;

  constructor(resource: Resource, parts: Parts) {
    this.#resource = resource;
    this.#parts = parts;
  }

  get attributes(): Record<string, unknown> {
    return this.#parts.attributes(this.#resource.attributes);
  }

  get schemaUrl(): string | undefined {
    return this.#parts.text(this.#resource.schemaUrl);
  }

  get asyncAttributesPending(): boolean | undefined {
    return this.#resource.asyncAttributesPending;
  }

  waitForAsyncAttributes(): Promise<void> {
    return this.#resource.waitForAsyncAttributes?.() ?? Promise.resolve();
  }

  merge(other: never): Resource {
    return this.#parts.resource(this.#resource.merge(other));
  }

  getRawAttributes(): [string, unknown][] {
    return Object.entries(this.attributes);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
