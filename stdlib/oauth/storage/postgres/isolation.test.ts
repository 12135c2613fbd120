import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, startFleet, type TestHost, testEntry } from "./fleet.test.support.ts";

/** Random statements of one run of this file: 100,000 in `npm run test:deep`. */
const statements = Number(process.env["HOLDFAST_DEEP"] ?? "400") * 5;

let fleet: Fleet;
let pool: pg.Pool;
beforeAll(async () => {
  fleet = await startFleet();
  // One connection: what a transaction leaves behind meets the next one.
  pool = fleet.server.pool("app", { max: 1 });
});
afterAll(() => fleet.close());

const tenants = ["acme", "Acme", "o'neil; --"] as const;
const keys = ["one", "two", "thr\\ee\0", "f\u{1f511}ur"] as const;

type Step =
  | { readonly kind: "write" | "read" | "remove" | "lock"; readonly tenant: string; readonly key: string }
  | { readonly kind: "sql"; readonly tenant: string; readonly as: string; readonly text: string };

/** What an embedder's mistake could send: nothing names the tenant that the transaction is of. */
const texts: readonly string[] = [
  "select tenant from holdfast.token",
  "select tenant from holdfast.schedule where tenant = $1 or true",
  "select tenant from holdfast.tenant_key union all select tenant from holdfast.token",
  "select t.tenant from holdfast.token t full join holdfast.schedule s using (key)",
  "update holdfast.token set updated_at = updated_at where tenant = $1 or tenant <> $1 returning tenant",
  "update holdfast.schedule set attempts = attempts where key is not null returning tenant",
  "update holdfast.token set tenant = $1 returning tenant",
  "insert into holdfast.schedule (tenant, scope, key) values ($1, 'x', gen_random_uuid()::text) returning tenant",
  "insert into holdfast.token select * from holdfast.token where tenant = $1 on conflict do nothing returning tenant",
  "delete from holdfast.schedule where scope = 'x' and tenant = $1 returning tenant",
  "select tenant from holdfast.token where tenant = $1 for update",
  "select count(*)::int as others from holdfast.token where tenant <> current_setting('holdfast.tenant', true)",
];

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("write", "read", "remove", "lock"),
    tenant: fc.constantFrom(...tenants),
    key: fc.constantFrom(...keys),
  }),
  fc.record({
    kind: fc.constant("sql"),
    tenant: fc.constantFrom(...tenants, ""),
    as: fc.constantFrom(...tenants),
    text: fc.constantFrom(...texts),
  }),
);

/** Runs a statement in a transaction of a tenant, undoes it, and answers the tenants of the rows that it showed or changed. */
async function seen(tenant: string, as: string, text: string): Promise<readonly string[]> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('holdfast.tenant', $1, true)", [tenant]);
    const { rows } = await client.query(text, text.includes("$1") ? [as] : []);
    return (rows as { tenant?: string; others?: number }[]).flatMap((row) =>
      "others" in row ? Array.from({ length: row.others ?? 0 }, () => "another") : [row.tenant ?? ""],
    );
  } catch (error) {
    expect(error).toMatchObject({ code: "42501" });
    return [];
  } finally {
    await client.query("rollback");
    client.release();
  }
}

test(`${statements} random statements of three tenants see no row of another`, {
  timeout: 1_200_000,
}, async () => {
  const hosts = new Map<string, TestHost>();
  for (const tenant of tenants) hosts.set(tenant, await fleet.host(tenant, { max: 2 }));
  const model = new Map<string, string>();
  const place = (tenant: string, key: string): string => JSON.stringify([tenant, key]);
  let writes = 0;

  async function run(step: Step): Promise<void> {
    if (step.kind === "sql") {
      const found = await seen(step.tenant, step.as, step.text);
      expect(found.filter((tenant) => tenant !== step.tenant)).toEqual([]);
      return;
    }
    const store = hosts.get(step.tenant)?.store;
    const label = model.get(place(step.tenant, step.key));
    const expected = label === undefined ? null : testEntry(label);
    switch (step.kind) {
      case "write": {
        const next = `${step.tenant} ${++writes}`;
        model.set(place(step.tenant, step.key), next);
        await store?.write(step.key, testEntry(next));
        return;
      }
      case "read":
        expect(await store?.read(step.key)).toEqual(expected);
        return;
      case "remove":
        model.delete(place(step.tenant, step.key));
        await store?.remove(step.key);
        return;
      case "lock":
        await store?.withRefreshLock(step.key, async (found) => expect(found).toEqual(expected));
    }
  }

  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 100, maxLength: 100 }), async (steps) => {
      for (const one of steps) await run(one);
    }),
    { numRuns: statements / 100 },
  );
  const stored = await fleet.server.sql(
    "select tenant, count(*)::int as count from holdfast.token group by 1",
  );
  for (const { tenant, count } of stored) {
    const own = [...model.keys()].filter((name) => (JSON.parse(name) as string[])[0] === tenant);
    expect(count).toBe(own.length);
  }
});

describe("the tenant of a transaction", () => {
  test("ends with it, and an operation leaves none behind", async () => {
    const host = await fleet.host("brief", { max: 2 });
    await host.store.write("key", testEntry("one"));
    for (const name of ["holdfast.tenant"]) {
      const { rows } = await host.pool.query(
        "select coalesce(current_setting($1, true), '') as tenant, (select count(*)::int from holdfast.token) as rows",
        [name],
      );
      expect(rows).toEqual([{ tenant: "", rows: 0 }]);
    }
  });

  test.each(["", "a\0b", "\ud800", "x".repeat(257), 7])("cannot be %j", async (tenant) => {
    await expect(fleet.host(tenant as string)).rejects.toMatchObject({ code: "HARN-OAU-011" });
  });
});

describe("the scheduler", () => {
  test("sees the schedule of all tenants, may claim and move what is due, and sees nothing else", async () => {
    const scheduler = fleet.server.pool("scheduler");
    for (const tenant of tenants) {
      const host = await fleet.host(tenant, { max: 2 });
      await host.store.write("due", testEntry("one"));
    }
    const { rows } = await scheduler.query(
      "select distinct tenant from holdfast.schedule where key = 'due' and refresh_at is not null",
    );
    expect(rows).toHaveLength(tenants.length);
    const moved = await scheduler.query(
      "update holdfast.schedule set attempts = attempts + 1, not_before = clock_timestamp() where key = 'due'",
    );
    expect(moved.rowCount).toBe(tenants.length);
    for (const text of [
      "select * from holdfast.token",
      "select * from holdfast.tenant_key",
      "update holdfast.schedule set refresh_hash = null",
      "update holdfast.schedule set generation = 'x'",
      "delete from holdfast.schedule",
      "select holdfast.read_entries('{acme}', '{org}', '{due}')",
    ]) {
      await expect(scheduler.query(text)).rejects.toMatchObject({ code: "42501" });
    }
  });
});
