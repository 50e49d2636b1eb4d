import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { guest, superuser } from "./support/clients.js";
import { startServer } from "./support/server.js";

let server;

before(async () => {
    server = await startServer();
});
after(() => server?.stop());

test("health.check tells a guest no more than that the server lives", async () => {
    assert.deepEqual(await guest(server.url).health.check(), {
        message: "API is healthy.",
        code: 200,
        data: {},
    });
});

test("health.check tells a superuser about backups and its address", async () => {
    const root = await superuser(server.url);
    const { code, data } = await root.health.check();
    assert.equal(code, 200);
    assert.deepEqual(Object.keys(data).sort(), ["canBackup", "possibleProxyHeader", "realIP"]);
    assert.equal(data.canBackup, true);
    assert.equal(data.realIP, "127.0.0.1");
});

test("fields= narrows the answer", async () => {
    const root = guest(server.url);
    assert.deepEqual(await root.health.check({ fields: "code" }), { code: 200 });
});
