import fc from "fast-check";
import { expect, test } from "vitest";
import { isPublicAddress } from "../../runtime/host/address.ts";
import { namesOf } from "./names.ts";

async function addresses(names: ReturnType<typeof namesOf>, name: string): Promise<string[]> {
  return (await names.lookup(name)).map(({ address }) => address);
}

test("a list of lists is used up in order, and its last repeats", async () => {
  const names = namesOf({ "api.example.com": [["93.184.216.34"], ["127.0.0.1", "::1"]] });
  expect(await names.lookup("api.example.com")).toEqual([{ address: "93.184.216.34", family: 4 }]);
  const rebound = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
  expect(await names.lookup("API.example.com.")).toEqual(rebound);
  expect(await names.lookup("api.example.com")).toEqual(rebound);
});

test("a list of addresses is one answer", async () => {
  const names = namesOf({ "two.example": ["10.0.0.1", "10.0.0.2"] });
  expect(await addresses(names, "two.example")).toEqual(["10.0.0.1", "10.0.0.2"]);
  expect(await addresses(names, "two.example")).toEqual(["10.0.0.1", "10.0.0.2"]);
});

test("an empty list is a name that does not exist", async () => {
  const names = namesOf({ "gone.example": [], "later.example": [["10.0.0.1"], []] });
  await expect(names.lookup("gone.example")).rejects.toMatchObject({ code: "ENOTFOUND" });
  expect(await addresses(names, "later.example")).toEqual(["10.0.0.1"]);
  await expect(names.lookup("later.example")).rejects.toMatchObject({ code: "ENOTFOUND" });
});

test("the system's own names and addresses are what they are", async () => {
  const names = namesOf({});
  expect(await addresses(names, "localhost")).toEqual(["127.0.0.1"]);
  expect(await addresses(names, "app.localhost")).toEqual(["127.0.0.1"]);
  expect(await names.lookup("::1")).toEqual([{ address: "::1", family: 6 }]);
});

test("every other name has a public address of its own, the same in each case", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.domain(), { maxLength: 300 }), async (domains) => {
      const names = namesOf({});
      const found = await Promise.all(
        domains.map(async (domain) => (await addresses(names, domain))[0] ?? ""),
      );
      expect(new Set(found).size).toBe(domains.length);
      expect(found.every(isPublicAddress)).toBe(true);
      const [first = "example.com"] = domains;
      expect(await addresses(namesOf({}), first)).toEqual(await addresses(names, first));
    }),
    { numRuns: 20 },
  );
});

test("no name gets an address that the case gives to another", async () => {
  const [own = ""] = await addresses(namesOf({}), "as.example.com");
  const names = namesOf({ "evil.example": [own] });
  expect(await addresses(names, "as.example.com")).not.toEqual([own]);
});
