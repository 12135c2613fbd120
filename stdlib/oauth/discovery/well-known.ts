/**
 * Where an issuer, or a protected resource, publishes its metadata.
 *
 * @module
 */

/**
 * The two places of an issuer's metadata, in the order in which they are asked: RFC 8414 §3.1 puts the well-known part
 * between host and path, OpenID Connect Discovery §4 behind the path. Without a path they differ only in the name.
 */
export function issuerMetadataUrls(issuer: URL): readonly [oauth: string, openid: string] {
  const path = issuer.pathname.replace(/\/$/, "");
  return [
    `${issuer.origin}/.well-known/oauth-authorization-server${path}`,
    `${issuer.origin}${path}/.well-known/openid-configuration`,
  ];
}

/** Where a protected resource publishes its metadata (RFC 9728 §3.1). A query of the resource stays at the end. */
export function resourceMetadataUrl(resource: URL): string {
  const path = resource.pathname === "/" ? "" : resource.pathname;
  return `${resource.origin}/.well-known/oauth-protected-resource${path}${resource.search}`;
}
