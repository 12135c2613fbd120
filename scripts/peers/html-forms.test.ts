import { expect, test } from "vitest";
import { forms } from "./html-forms.ts";
import { consentPage, loginPage } from "./pages.ts";

test("reads fields, entities and buttons, also a button outside its form", () => {
  const html = `<form id="f" method="post" action="/go?a=1&amp;b=2">
    <input type="hidden" name="x" value="&lt;1&gt;"/><input name="y"></form>
    <button form="f" name="abort" value="yes">No</button><button form="f">Yes</button>`;
  expect(forms(html)).toEqual([
    {
      id: "f",
      method: "POST",
      action: "/go?a=1&b=2",
      fields: [
        { name: "x", value: "<1>" },
        { name: "y", value: "" },
      ],
      buttons: [{ name: "abort", value: "yes" }],
    },
  ]);
});

test("reads the pages of the authorization server", () => {
  const [login] = forms(loginPage("/interaction/1", "a<b"));
  expect(login).toMatchObject({ action: "/interaction/1", fields: [{ name: "login", value: "ada" }] });
  const [consent] = forms(consentPage("/interaction/1", "client", ["api:read"]));
  expect(consent).toMatchObject({ fields: [], buttons: [{ name: "deny", value: "yes" }] });
});

test("a page without a form has none", () => {
  expect(forms("<p>Connected</p>")).toEqual([]);
});
