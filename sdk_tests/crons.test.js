import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { guest, refused, superuser, user } from "./support/clients.js";
import { startServer } from "./support/server.js";

let server;
let root;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
});
after(() => server?.stop());

describe("crons.getFullList", () => {
    test("a superuser gets the jobs of the system", async () => {
        const jobs = await root.crons.getFullList();
        assert.deepEqual(jobs.slice(0, 3), [
            { id: "__pbDBOptimize__", expression: "0 0 * * *" },
            { id: "__pbMFACleanup__", expression: "0 * * * *" },
            { id: "__pbOTPCleanup__", expression: "0 * * * *" },
        ]);
    });

    test("fields picks", async () => {
        const [job] = await root.crons.getFullList({ fields: "id" });
        assert.deepEqual(job, { id: "__pbDBOptimize__" });
    });

    test("guests and users are refused", async () => {
        await refused(guest(server.url).crons.getFullList(), 401);
        const pb = await user(root, "crons@example.com");
        await refused(pb.crons.getFullList(), 403);
        await refused(pb.crons.run("__pbMFACleanup__"), 403);
    });
});

describe("crons.run", () => {
    test("runs a job", async () => {
        for (const { id } of await root.crons.getFullList()) {
            assert.equal(await root.crons.run(id), true);
        }
    });

    test("an unknown job", async () => {
        const error = await refused(root.crons.run("nope"), 404);
        assert.equal(error.response.message, "Missing or invalid cron job.");
    });
});
