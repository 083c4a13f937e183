/** How the client bears what phones bear: expired tokens, lost answers, two taps. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, newTap, Refused, Unreached, type Platform } from "../client.ts";

type Sent = { method: string; url: string; header: Record<string, string>; data?: string };
type Reply = [status: number, data: unknown] | "lost";

const NEW = { body: { words: "想学用手机挂号" } };
const REFUSAL = {
  ...{ type: "/problems/invalid", title: "内容不符合要求", status: 422, detail: "", code: "invalid" },
  ...{ request_id: null, errors: [{ pointer: "/words", code: "too_short", message: "内容过短" }] },
};

/** A phone before a server that says what `answer` says; what was sent, and how often it signed in. */
function phone(answer: (sent: Sent, before: number) => Reply): { wx: Platform; sent: Sent[] } {
  const sent: Sent[] = [];
  const kept = new Map<string, unknown>();
  const reply = (one: Sent): Reply => {
    if (!one.url.includes("/sessions")) return answer(one, sent.filter((each) => each.url === one.url).length);
    return [201, { access_token: `a${sent.length}`, refresh_token: `r${sent.length}` }];
  };
  const wx = {
    login: ({ success }: { success: (found: object) => void }) => success({ code: "c" }),
    request: (one: Sent & { success: (found: object) => void; fail: (error: object) => void }) => {
      const { method, url, header, data, success, fail } = one;
      sent.push({ method, url, header, ...(data && { data }) });
      const said = reply(one);
      setTimeout(() => (said === "lost" ? fail({ errMsg: "lost" }) : success({ statusCode: said[0], data: said[1] })));
    },
    getStorageSync: (key: string) => kept.get(key) ?? "",
    setStorageSync: (key: string, value: unknown) => void kept.set(key, value),
    removeStorageSync: (key: string) => void kept.delete(key),
  };
  return { wx: wx as unknown as Platform, sent };
}

const count = (sent: Sent[], end: string) => sent.filter((each) => each.url.endsWith(end)).length;

test("parallel calls share one login, and later one refresh", async () => {
  let good = "a";
  const { wx, sent } = phone(({ header }) =>
    header["Authorization"]?.startsWith(`Bearer ${good}`) ? [200, {}] : [401, {}],
  );
  const client = new Client("", wx);
  const five = () => Promise.all([1, 2, 3, 4, 5].map(() => client.get("/api/v1/me")));
  await five();
  assert.equal(count(sent, "/api/v1/sessions"), 1);
  good = `a${sent.length + 6}`; // five are refused before it is handed out
  await five();
  assert.equal(count(sent, "/api/v1/sessions/refresh"), 1);
  assert.equal(count(sent, "/api/v1/sessions"), 1);
  await new Client("", wx).get("/api/v1/me"); // opened again, it is still signed in
  assert.equal(count(sent, "/api/v1/sessions"), 1);
});

test("a lost answer is asked for again: a reading, or a tap with its key", async () => {
  const { wx, sent } = phone((_, before) => (before === 1 ? "lost" : before === 2 ? [503, {}] : [200, {}]));
  const client = new Client("", wx);
  await client.get("/api/v1/me");
  await client.post("/api/v1/needs", { ...NEW, tap: newTap() });
  const keys = sent.filter((one) => one.method === "POST").map((one) => one.header["Idempotency-Key"]);
  assert.deepEqual([sent.length, keys.length, new Set(keys).size], [6, 3, 1]);
  assert.match(keys[0]!, /^[\x21-\x7e]{8,80}$/);
});

test("what might count twice is not sent twice", async () => {
  const { wx, sent } = phone(() => "lost");
  const client = new Client("", wx);
  await assert.rejects(client.put("/api/v1/me/phone", { body: { code: "c" } }), Unreached);
  await assert.rejects(client.post("/api/v1/me/calendar"), Unreached);
  assert.equal(sent.length, 2);
});

test("a refusal names its code and field, and is not tried again", async () => {
  const { wx, sent } = phone(() => [422, REFUSAL]);
  await assert.rejects(new Client("", wx).post("/api/v1/needs", { ...NEW, tap: newTap() }), (error) => {
    assert.ok(error instanceof Refused);
    assert.deepEqual([error.code, error.about("/words"), error.about("/door")], ["invalid", "内容过短", undefined]);
    return true;
  });
  assert.equal(sent.length, 1);
});

test("a list is read page by page, as far as it is wanted", async () => {
  const pages: Reply[] = [
    [200, { items: [1, 2], next_cursor: "a b" }],
    [200, { items: [3], next_cursor: null }],
  ];
  const { wx, sent } = phone(() => pages[sent.length - 1]!);
  const found: unknown[] = [];
  for await (const one of new Client("", wx).each("/api/v1/me/seats", { query: { limit: 2 } })) found.push(one);
  assert.deepEqual(found, [1, 2, 3]);
  assert.deepEqual(sent.map((one) => one.url.split("?")[1]), ["limit=2", "limit=2&cursor=a%20b"]);
});

test("a change goes as a POST that says PATCH", async () => {
  const { wx, sent } = phone(() => [200, {}]);
  await new Client("", wx).patch("/api/v1/me", { body: { name: "周阿姨", version: 1 } });
  assert.deepEqual([sent[0]!.method, sent[0]!.header["X-HTTP-Method-Override"]], ["POST", "PATCH"]);
});
