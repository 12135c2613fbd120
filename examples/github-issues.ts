// Lists the open issues of a GitHub repository; logs in by device flow the first time.
//
//   STORE_KEY=… holdfast run examples/github-issues.ts --arg repo=acme/site --arg client_id=… \
//     --allow-net=api.github.com --allow-storage=./github.bin --allow-env=STORE_KEY \
//     --limit wall=15m
//
// The login needs no --allow-net, since its endpoints stand in the catalogue; the API does.
import { env } from "std/env";
import { client, request } from "std/oauth/client";
import { device_flow } from "std/oauth/device_flow";
import { github } from "std/oauth/providers";
import { file } from "std/oauth/storage";

interface Issue {
  readonly number: number;
  readonly title: string;
  readonly pull_request?: unknown;
}

export default async function ({ repo, client_id }: { repo: string; client_id: string }) {
  const key = env("STORE_KEY");
  if (key === null) throw new Error("STORE_KEY is not set");
  const options = { client_id, scopes: ["repo"], storage: file("./github.bin", key) };
  const cli = client(github(), options);
  if ((await cli.current_token()) === null) await device_flow(github(), options);

  const issues: Issue[] = [];
  for (let page = 1; page <= 10; page += 1) {
    const url = `https://api.github.com/repos/${repo}/issues?state=open&per_page=100&page=${page}`;
    const answer = await request(cli, "GET", url, { headers: { accept: "application/vnd.github+json" } });
    if (!answer.ok) throw new Error(`GitHub answered ${answer.status} for ${repo}`);
    const found: Issue[] = JSON.parse(String(answer.body));
    issues.push(...found.filter((issue) => issue.pull_request === undefined));
    if (found.length < 100) break;
  }
  return issues.map(({ number, title }) => `#${number} ${title}`).join("\n");
}
