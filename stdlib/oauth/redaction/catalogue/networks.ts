/**
 * Networks and clusters.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64, base64url, lowerAlphanumeric } from "./alphabets.ts";

/** Tokens of what guards or joins machines. */
export const networks: readonly TokenFamily[] = [
  {
    name: "tailscale_key",
    confidence: "high",
    since: null,
    source: "https://tailscale.com/kb/1252/key-secret-management",
    shapes: [
      {
        literals: ["tskey-"],
        guard: "none",
        least: [{ of: "A-Za-z0-9-", length: 20 }],
        body: base64url,
      },
    ],
  },
  {
    name: "cloudflare_token",
    confidence: "high",
    since: "2026-04-01",
    source: "https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/",
    shapes: [
      {
        literals: ["cfk_", "cfut_", "cfat_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 40 }],
        body: base64url,
      },
      {
        // Keys of the origin CA.
        literals: ["v1.0-"],
        guard: "none",
        least: [
          { of: lowerAlphanumeric, length: 24 },
          { of: "0-9a-z-", length: 100 },
        ],
        body: base64url,
      },
      {
        // A tunnel's token: base64 of a JSON object with the account first.
        literals: ["eyJhIjoi"],
        guard: "alphanumeric",
        least: [{ of: base64, length: 120 }],
        body: `${base64}=`,
      },
    ],
  },
  {
    name: "defined_networking_token",
    confidence: "high",
    since: null,
    source: "https://docs.defined.net/guides/automating-host-creation/",
    shapes: [
      {
        literals: ["dnkey-"],
        guard: "none",
        least: [{ of: `=${base64url}`, length: 26 }, "-", { of: `=${base64url}`, length: 50 }],
        body: `=${base64url}`,
      },
    ],
  },
  {
    name: "akamai_token",
    confidence: "high",
    since: null,
    source: "https://techdocs.akamai.com/developer/docs/edgegrid",
    shapes: [
      {
        literals: ["akab-"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 16 }, "-", { of: lowerAlphanumeric, length: 16 }],
        body: "A-Za-z0-9-",
      },
    ],
  },
  {
    name: "openshift_token",
    confidence: "high",
    since: null,
    source:
      "https://docs.redhat.com/en/documentation/openshift_container_platform/4.19/html/authentication_and_authorization/",
    shapes: [
      { literals: ["sha256~"], guard: "none", least: [{ of: base64url, length: 43 }], body: base64url },
    ],
  },
  {
    name: "docker_swarm_token",
    confidence: "high",
    since: null,
    source: "https://docs.docker.com/engine/swarm/join-nodes/",
    shapes: [
      {
        literals: ["SWMTKN-1-", "SWMKEY-1-"],
        guard: "none",
        least: [{ of: base64, length: 40 }],
        body: `${base64}-`,
      },
    ],
  },
  {
    name: "proxmox_token",
    confidence: "high",
    since: null,
    source: "https://pve.proxmox.com/wiki/Proxmox_VE_API#API_Tokens",
    shapes: [
      {
        literals: ["PVEAPIToken="],
        guard: "none",
        least: [{ of: "A-Za-z0-9@!=._-", length: 36 }],
        body: "A-Za-z0-9@!=._-",
        trimDots: true,
      },
    ],
  },
];
