/**
 * The `act` claim (RFC 8693 §4.1): who acts for whom, the current actor outermost.
 *
 * @module
 */

import { OAuthError } from "../errors.ts";
import { objectOf } from "../provider-of.ts";

/** An actor and those before it. */
export interface ActorClaim {
  readonly sub: string;
  readonly act?: ActorClaim;
  readonly [claim: string]: unknown;
}

const mostActors = 32;

/**
 * Nests actors, current first: a text is a `sub`, an object has one.
 * @throws OAuthError HARN-OAU-011 for an empty list, more than 32 actors, or one without a `sub`.
 */
export function actorClaim(actors: unknown): ActorClaim {
  if (!Array.isArray(actors) || actors.length === 0)
    throw invalid("the actors must be a list with at least one");
  if (actors.length > mostActors) throw invalid(`at most ${mostActors} actors can be named`);
  return actors.reduceRight<ActorClaim | null>((before, actor: unknown) => {
    const claims = typeof actor === "string" ? { sub: actor } : objectOf(actor);
    const sub = claims?.["sub"];
    if (claims === null || typeof sub !== "string" || sub === "") throw invalid("each actor needs a sub");
    return { ...claims, sub, ...(before === null ? {} : { act: before }) };
  }, null) as ActorClaim;
}

/** The claims with `act` set to the nested actors. @throws OAuthError HARN-OAU-011 as {@link actorClaim}. */
export function delegatedClaims(claims: unknown, actors: unknown): Readonly<Record<string, unknown>> {
  const given = objectOf(claims);
  if (given === null) throw invalid("the claims must be an object");
  return { ...given, act: actorClaim(actors) };
}

function invalid(why: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/token_exchange: ${why}`,
    "Give the actors from the current to the first.",
  );
}
