// What Redocly's own linter says of the contract; it comes with openapi-typescript.
import { createConfig, lint } from "@redocly/openapi-core";

const config = await createConfig({
  extends: ["recommended"],
  rules: { "info-license": "off", "no-invalid-media-type-examples": { severity: "error", allowAdditionalProperties: false } },
});
const found = await lint({ ref: new URL("../../openapi.json", import.meta.url).pathname, config });
for (const { ruleId, message, location } of found) console.log(ruleId, message, location[0].pointer);
process.exit(found.length ? 1 : 0);
