/** What must not compile; `tsc -p test` has to name each of these lines and nothing else. */

import { newTap, type Client } from "../client.ts";
import { label } from "../labels.ts";

export async function mistakes(client: Client, need_id: string): Promise<void> {
  const path = { need_id };
  await client.get("/api/v1/need", {}); // MISTAKE no such path
  await client.post("/api/v1/needs/{need_id}/acceptance", {
    path,
    body: { answer: "done" }, // MISTAKE no such answer
    tap: newTap(),
  });
  await client.post("/api/v1/needs", {
    body: { words: "想学用手机挂号", phone: "13800138000" }, // MISTAKE no such field
    tap: newTap(),
  });
  await client.post("/api/v1/needs", { body: { words: "想学用手机挂号" } }); // MISTAKE no tap
  for await (const _ of client.each("/api/v1/me")) void _; // MISTAKE no list
  label("NeedStatus", "finished"); // MISTAKE no such status
}
