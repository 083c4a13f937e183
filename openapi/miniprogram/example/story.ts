/**
 * From a resident's need to his answer, as a mini-program would do it, in a standing demo city:
 *
 *     scripts/run                            in one terminal
 *     npm run story                          in another, or with the two addresses behind it
 */

import { Client, newTap, Refused } from "../client.ts";
import { label } from "../labels.ts";
import { phoneOf } from "./phone.ts";

const [app = "http://127.0.0.1:8000", simulator = "http://127.0.0.1:8001"] = process.argv.slice(2);
const ADMIN = "13900000001";
const MEMBER = "13900000043"; // registered in this community
const COMMUNITY = "郭里园社区";
const TO_BE_TAKEN_MS = 4_000;

const admin = await signedIn(ADMIN);
const under = (await admin.get("/api/v1/me")).roles[0]!.organization_id;
const anyone = new Client(app, phoneOf(made("138"), simulator));
const { items } = await anyone.get("/api/v1/communities", { query: { under, q: COMMUNITY } });
const community_id = items[0]!.id;
tell("任何人找到社区", items[0]!.name);

const clerkPhone = made("139");
await admin.post("/api/v1/organizations/{organization_id}/roles", {
  path: { organization_id: community_id },
  body: { phone: clerkPhone, name: "沈岚", role: "community_secretary" },
  tap: newTap(),
});
const secretary = await signedIn(clerkPhone);
tell("书记登录", (await secretary.get("/api/v1/me")).roles.map((each) => each.role).join());

const resident = await signedIn(made("137"), "service_address", "contact_at_service");
const { version } = await resident.get("/api/v1/me");
const renamed = await resident.patch("/api/v1/me", { body: { name: "周阿姨", version } });
tell("居民改名", `${renamed.name}`);
await resident.post("/api/v1/me/residences", {
  body: { community_id, building_text: "5幢" },
  tap: newTap(),
});
const refused = await resident
  .post("/api/v1/needs", { body: { words: "" }, tap: newTap() })
  .catch((error: unknown) => error);
if (!(refused instanceof Refused)) throw refused;
tell("一句话也没有写", `${refused.code}：${refused.about("/words")}`);

const tap = newTap(); // the form is open
const form = { body: { words: "想学用手机挂号", door: "5幢201室" }, tap };
const need = await resident.post("/api/v1/needs", form);
const again = await resident.post("/api/v1/needs", form);
tell("居民点单，手快点了两下", need.id === again.id ? `${need.number}，只有一件` : "两件");

await secretary.post("/api/v1/needs/{need_id}/accept", {
  path: { need_id: need.id },
  body: { route: "order", category: "phone_teaching" },
  tap: newTap(),
});
const starts = Date.now() + TO_BE_TAKEN_MS;
const order = await secretary.post("/api/v1/organizations/{community_id}/orders", {
  path: { community_id },
  body: {
    title: "教老人用手机",
    starts_at: new Date(starts).toISOString(),
    ends_at: new Date(starts + 10 * 60_000).toISOString(),
    need_ids: [need.id],
    publish: true,
  },
  tap: newTap(),
});
tell("书记受理并下单", `${order.number}，${order.status}`);

const member = await signedIn(MEMBER, "registration_core");
const { registration, suited_orders, unread } = await member.get("/api/v1/me/home");
const shown = `${suited_orders.length}项适合的服务，${unread}条未读`;
tell("党员打开首页", `${registration?.community_name}，${shown}`);
let isOffered = false;
const open = "/api/v1/organizations/{community_id}/orders/open";
for await (const each of member.each(open, { path: { community_id }, query: { limit: 1 } })) {
  isOffered ||= each.id === order.id;
}
const seat = await member.post("/api/v1/orders/{order_id}/seats", { path: { order_id: order.id } });
tell(`党员在可接的服务中${isOffered ? "看到" : "没有看到"}，一键接单`, seat.status);

await new Promise((begun) => setTimeout(begun, starts - Date.now()));
await secretary.post("/api/v1/orders/{order_id}/attendance", {
  path: { order_id: order.id },
  body: { present: [seat.id] },
  tap: newTap(),
});
const done = await secretary.post("/api/v1/orders/{order_id}/complete", {
  path: { order_id: order.id },
  body: { minutes: 60 },
  tap: newTap(),
});
tell("到场确认，确认时长", done.status);
const asking = (await resident.get("/api/v1/me/home")).needs_to_answer;
tell("居民首页有待确认的", asking.map((each) => each.number).join());
const solved = await resident.post("/api/v1/needs/{need_id}/acceptance", {
  path: { need_id: need.id },
  body: { answer: "solved" },
  tap: newTap(),
});
tell("居民评单：办好了", label("NeedStatus", solved.status));

/** Who has this phone is signed in, agrees to what he needs, and the phone is his. */
async function signedIn(number: string, ...purposes: string[]): Promise<Client> {
  const phone = phoneOf(number, simulator);
  const client = new Client(app, phone);
  // two pages ask at once, and there is one login
  const [shown] = await Promise.all([client.get("/api/v1/consents"), client.get("/api/v1/me")]);
  for (const { purpose, version } of shown.items) {
    if (["resident_core", ...purposes].includes(purpose)) {
      await client.post("/api/v1/consents", { body: { purpose, version }, tap: newTap() });
    }
  }
  await client.put("/api/v1/me/phone", { body: { code: await phone.bindingCode() } });
  return client;
}

function made(start: string): string {
  return start + String(Math.floor(Math.random() * 1e8)).padStart(8, "0");
}

function tell(what: string, change: string): void {
  console.log(`${what} → ${change}`);
}
